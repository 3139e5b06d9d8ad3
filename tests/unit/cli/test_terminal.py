"""What stands in the terminal: nothing that came from outside commands it, and progress never goes back."""

import json
import tempfile
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from rich.table import Table

from latsar_sync.cli.screens.console import SafeConsole, as_text, print_json_list, without_commands, write_text
from latsar_sync.cli.screens.runs import StepLines
from latsar_sync.domain.request import Step

ODD = "Siti\x1b[2J\x1b]0;x\x07\x9b31m \u202eAminah\x00\r"


def test_a_name_that_holds_escape_sequences_is_printed_without_them() -> None:
    paper = StringIO()
    console = SafeConsole(file=paper, force_terminal=True, width=100)
    table = Table("Name")
    table.add_row(ODD)

    console.print(ODD, markup=False, highlight=False)
    console.print(table)

    said = paper.getvalue()
    assert said.count("Siti[2J]0;x31m Aminah") == 2
    assert not any(command in said for command in ("\x1b[2J", "\x1b]", "\x07", "\x9b", "\u202e", "\x00"))


@pytest.mark.parametrize("columns", ["0", "1"])
def test_a_terminal_that_knows_no_width_of_its_own_shows_everything(columns: str) -> None:
    paper = StringIO()

    SafeConsole(file=paper, _environ={"COLUMNS": columns}).print("Siti Aminah confirmed")

    assert paper.getvalue() == "Siti Aminah confirmed\n"


def test_json_holds_a_name_as_it_is_and_sends_no_command() -> None:
    said = as_text({"name": ODD + "Nur’aini \ud800"})

    assert json.loads(said)["name"] == ODD + "Nur’aini \ud800"
    assert "’" in said
    assert not any(sign in said for sign in "\x1b\x07\x9b\x00\ud800")
    said.encode()


@pytest.mark.parametrize("lines", [[], [{"name": "Siti"}], [{"name": ODD, "codes": ["a"]}, {}, None]])
def test_a_list_that_is_printed_as_it_comes_is_the_same_text(
    lines: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    print_json_list(iter(lines))

    assert capsys.readouterr().out == as_text(lines)


def test_a_short_list_needs_no_folder_for_temporary_files_and_a_long_one_no_memory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    aside: list[object] = []
    made = tempfile.TemporaryFile

    def noted(**how: Any) -> Any:
        aside.append(how)
        return made(**how)

    monkeypatch.setattr(tempfile, "TemporaryFile", noted)
    short, long = [{"name": "Siti"}], [{"name": "Siti" * 1000}] * 300

    print_json_list(iter(short))
    before = len(aside)
    print_json_list(iter(long))

    assert capsys.readouterr().out == as_text(short) + as_text(long)
    assert (before, len(aside)) == (0, 1)


def test_of_a_list_that_breaks_off_half_way_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def lines() -> Iterator[dict[str, str]]:
        yield {"name": "Siti"}
        raise ConnectionError

    with pytest.raises(ConnectionError):
        print_json_list(lines())

    assert capsys.readouterr().out == ""


def test_a_table_of_text_on_the_terminal_keeps_its_lines_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    write_text(None, "NIP\tName\r\n1\tSiti\x1b[2J\n")

    assert capsys.readouterr().out.splitlines() == ["NIP\tName", "1\tSiti[2J"]
    assert without_commands("one\ntwo") == "one\ntwo"


def test_the_number_of_a_step_never_goes_back_though_courses_are_read_after_each_turn_of_writes() -> None:
    shown = StringIO()
    with StepLines(Console(file=shown, width=80)) as lines:
        for step in (Step.ENROL, Step.READ_BACK, Step.ADD_TO_GROUPS, Step.READ_BACK, Step.FINISH):
            lines("latsar", step, 2)
        lines("lain", Step.LEASE, 0)

    said = [line.split(" ", 2) for line in shown.getvalue().replace(":  ", ": ").splitlines()]
    assert [(programme, number) for programme, number, _ in said[:-1]] == [
        ("latsar:", each) for each in ("11/14", "13/14", "13/14", "13/14", "14/14")
    ]
    assert [text for _, _, text in said[:3]] == ["enrol (2)", "read back (2)", "add to groups (2)"]
    assert said[-1][:2] == ["lain:", "1/14"]
