"""A command starts fast because it loads what it needs and nothing else."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typed import type_command

HEAVY = ("alembic", "apprise", "apscheduler", "fastapi", "fpdf", "openpyxl", "pydantic", "requests", "sqlalchemy")
UNUSED_BY_RUNS = ("apprise", "fastapi", "fpdf", "openpyxl", "sqlalchemy.dialects.postgresql", "latsar_sync.exports")


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("latsar_sync.cli", HEAVY),
        ("latsar_sync.cli.status", (*UNUSED_BY_RUNS, "requests", "latsar_sync.run.pipeline")),
        ("latsar_sync.cli.sync", (*UNUSED_BY_RUNS, "latsar_sync.files.opening")),
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


def test_ctrl_c_while_a_command_is_still_loaded_ends_it_without_a_traceback() -> None:
    begin = "import os, signal; signal.signal(signal.SIGINT, signal.default_int_handler); import latsar_sync.__main__; "

    ended = subprocess.run([sys.executable, "-c", begin + "os.kill(os.getpid(), signal.SIGINT)"], capture_output=True)

    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, b"")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["status"], 130), (["run"], 0), (["--config", "run", "status"], 130), (["--config", "x.toml", "serve"], 0)],
)
def test_a_service_that_is_told_to_stop_while_it_starts_ends_well_and_a_command_tells_of_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], code: int
) -> None:
    def stop(*_told: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("latsar_sync.cli.context.load_settings", stop)

    assert type_command(arguments, tmp_path, {}).code == code


def test_a_library_that_makes_another_error_of_a_signal_is_no_fault_of_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_told: object) -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise ValueError("as pydantic-core does while it builds a schema") from None

    monkeypatch.setattr("latsar_sync.cli.context.load_settings", interrupted)
    monkeypatch.setattr("latsar_sync.cli.stopping._received", [])

    ended = type_command(["status"], tmp_path, {"LANG": "en"})

    assert (ended.code, ended.err.startswith("Stopped.")) == (143, True)
