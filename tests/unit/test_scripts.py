"""Which Python the scripts take: one compiled without optimization takes half as long again for everything."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).parents[2] / "scripts" / "environment"
SLOWED = ("-X", "tracemalloc")
"""What a Python is slow by: it remembers where everything comes from."""


def taken(folder: Path, **more: str) -> Path:
    """Return the Python that the scripts take where there are no programs but those of a folder."""
    told = subprocess.run(
        [shutil.which("bash") or "", "-euo", "pipefail", "-c", '. "$0"; find_python; echo "$python"', ENVIRONMENT],
        env={"PATH": str(folder), **more},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(told.stdout.strip())


def put(file: Path, *options: str) -> Path:
    """Put a Python into a file, with options that it always has."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(f'#!/bin/sh\nexec {sys.executable} {" ".join(options)} "$@"\n', encoding="utf-8")
    file.chmod(0o755)
    return file


def test_of_two_pythons_of_one_version_the_much_faster_one_is_taken_unless_another_is_named(tmp_path: Path) -> None:
    slow, fast = put(tmp_path / "python3", *SLOWED), put(tmp_path / "python3.11")
    os.symlink(shutil.which("dirname") or "", tmp_path / "dirname")

    assert taken(tmp_path) == fast
    assert taken(tmp_path, PYTHON=str(slow)) == slow
