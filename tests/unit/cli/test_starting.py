"""A command starts fast because it loads what it needs and nothing else."""

import subprocess
import sys

import pytest

HEAVY = ("alembic", "apprise", "apscheduler", "fastapi", "fpdf", "openpyxl", "pydantic", "requests", "sqlalchemy")


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("latsar_sync.cli", HEAVY),
        ("latsar_sync.cli.status", ("apprise", "fastapi", "fpdf", "openpyxl", "requests", "latsar_sync.run.pipeline")),
    ],
)
def test_a_command_loads_no_library_that_it_does_not_use(module: str, unneeded: tuple[str, ...]) -> None:
    told = f"import sys, {module}; print(*sorted(set(sys.modules) & {set(unneeded)!r}))"

    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout

    assert loaded.split() == []


def test_a_command_is_loaded_without_collecting_and_collects_from_then_on() -> None:
    told = (
        "import gc, sys; from latsar_sync import cli; sys.argv = ['latsar-sync', 'status', '--help']; begun = []\n"
        "gc.callbacks.append(lambda phase, info: begun.append(len(sys.modules)))\n"
        "try: cli.main()\n"
        "except SystemExit: print('\\n', 'latsar_sync.cli.status' in sys.modules, len(begun), gc.isenabled())"
    )

    said = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout

    assert said.splitlines()[-1].split() == ["True", "0", "True"]
