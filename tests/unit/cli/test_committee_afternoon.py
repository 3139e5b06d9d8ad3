"""docs/committee-afternoon.md is what a committee types and reads: everything in it is typed again, in its order."""

import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from documents import blocks, words
from service import KnownCampus
from typed import Ended, type_command

from latsar_sync.cli.demo_configuration import TOKENS, configure

PAGE = "docs/committee-afternoon.md"
AFTERNOON = datetime(2026, 11, 24, 15, 0, tzinfo=ZoneInfo("Asia/Jakarta"))
WITHOUT_LETTER = "199410222025031048"
"""Whose health letter comes last."""


class Terminal:
    """A terminal in the folder of the demo, after both of its runs."""

    def __init__(self, folder: Path, campus: KnownCampus) -> None:
        self.folder = folder
        self.config = configure(folder, campus, AFTERNOON.date())
        self.environment = {"LATSAR_CONFIG": str(self.config), "LANG": "en_US.UTF-8", "COLUMNS": "80", **TOKENS}

    def type(self, line: str) -> Ended:
        """Type a line: a command of the program, or one whose answer becomes a variable."""
        exported = re.fullmatch(r"export (\w+)=\$\((.+)\)", line)
        ended = type_command(shlex.split(exported[2] if exported else line)[1:], self.folder, self.environment)
        if exported:
            self.environment[exported[1]] = ended.out.strip()
            return Ended(ended.code, "", ended.err)
        return ended

    def write_list(self) -> None:
        """Write the list of health letters that the page speaks of: too long to stand there."""
        roster = self.type("latsar-sync roster --json").json
        nips = sorted({each["nip"] for each in roster if each["nip"]} - {WITHOUT_LETTER})
        lines = [f"{nip},surat_sehat,440/{number},2026-11-20,2026-12-31,RSUD" for number, nip in enumerate(nips)]
        head = "NIP,Jenis,Nomor,Tanggal,Berlaku sampai,Penerbit"
        (self.folder / "surat.csv").write_text("\n".join([head, *lines, ""]), encoding="utf-8")


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with time_machine.travel(AFTERNOON), KnownCampus(int(AFTERNOON.timestamp())) as campus:
        terminal = Terminal(tmp_path, campus)
        for _ in range(2):
            assert terminal.type("latsar-sync sync").code == 0
        yield terminal


def conversations(block: str) -> Iterator[tuple[str, str]]:
    """Yield each line that is typed in a block, with what it is said to answer."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        typed, _, answer = part.partition("\n")
        yield typed, answer


def fits(quote: str, said: str) -> bool:
    """Say whether an answer is what was said, from its beginning on; an ellipsis is whatever was left out."""
    return re.search(re.escape(words(quote)).replace("…", r".*?"), words(said)) is not None


def test_the_page_is_what_a_committee_types_and_reads(terminal: Terminal) -> None:
    files = iter(("nilai.csv", "salah.csv"))
    for kind, text in blocks(PAGE):
        if kind == "csv":
            (terminal.folder / next(files)).write_text(text, encoding="utf-8")
        elif kind == "toml":
            terminal.config.write_text(f"{terminal.config.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
        elif "surat.csv" in text:
            terminal.write_list()
        for typed, answer in conversations(text) if kind == "console" else ():
            ended = terminal.type(typed)
            said = ended.out + ended.err
            assert fits(answer, said), f"$ {typed}\n{said}\n-- is quoted as --\n{answer}"
