"""What cannot be written ends no command and is told in one sentence; letters that an encoding lacks have stand-ins."""

import errno
import io
import os
import subprocess
import sys

import pytest

from latsar_sync.cli.screens.outlets import Outlet

SHOWING = """
import sys
from latsar_sync.domain import language
from latsar_sync.cli.screens.outlets import ways_out
language.choose("en")
with ways_out():
    for _ in range(3000):
        print("é · Nur’aini – dua → tiga ✓ 👩")
    sys.stderr.write("galat – satu\\n")
sys.exit(3)
"""


def run(shell: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    """Run ``SHOWING`` as a shell command says, where $SHOW stands for it."""
    environment = {**os.environ, "SHOW_CODE": SHOWING, **environ}
    command = shell.replace("$SHOW", f'{sys.executable} -c "$SHOW_CODE"')
    return subprocess.run(["bash", "-c", command], env=environment, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("shell", "reason"),
    [
        ("$SHOW >&-", "Bad file descriptor"),
        ("$SHOW >/dev/full", "No space left on device"),
        ("$SHOW | true; exit ${PIPESTATUS[0]}", "Broken pipe"),
    ],
)
def test_output_that_cannot_be_written_changes_no_exit_code_and_is_told_in_one_sentence(
    shell: str, reason: str
) -> None:
    ended = run(shell)

    assert ended.returncode == 3
    lines = ended.stderr.decode().splitlines()
    assert lines == [
        "galat – satu",
        f"Not everything could be shown: standard output cannot be written ({reason}).",
    ]


@pytest.mark.parametrize("shell", ["$SHOW 2>/dev/full", "$SHOW >&- 2>&-"])
def test_errors_that_cannot_be_written_change_no_exit_code(shell: str) -> None:
    assert run(shell).returncode == 3


def test_a_file_opened_later_never_gets_the_number_of_a_closed_stream() -> None:
    code = (
        "from latsar_sync.cli.screens.outlets import ways_out\n"
        "with ways_out():\n"
        "    number = open('/dev/null').fileno()\n"
        "import sys; sys.exit(0 if number > 2 else 1)"
    )
    ended = subprocess.run(
        ["bash", "-c", f'{sys.executable} -c "$CODE" 0<&- 1>&- 2>&-'], env={**os.environ, "CODE": code}
    )

    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("iso-8859-1", "é · Nur'aini - dua > tiga v :woman:"), ("ascii", "e - Nur'aini - dua > tiga v :woman:")],
)
def test_a_letter_that_the_encoding_lacks_has_a_stand_in_on_both_ways_out(encoding: str, shown: str) -> None:
    ended = run("$SHOW", PYTHONIOENCODING=encoding)

    assert ended.returncode == 3
    assert ended.stdout.decode(encoding).splitlines()[0] == shown
    assert ended.stderr.decode(encoding) == "galat - satu\n"


def test_after_the_first_refusal_nothing_more_is_tried() -> None:
    class Full(io.RawIOBase):
        tried = 0

        def write(self, piece: object, /) -> int:
            self.tried += 1
            raise OSError(errno.ENOSPC, "full")

    full = Full()
    outlet = Outlet(full)

    assert [outlet.write(b"abc"), outlet.write(b"de")] == [3, 2]
    assert outlet.refused is not None
    assert outlet.refused.strerror == "full"
    assert full.tried == 1
