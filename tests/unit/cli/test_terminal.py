"""Nothing that came from outside commands the terminal on which it is shown."""

import json
from io import StringIO

import pytest
from rich.table import Table

from latsar_sync.cli.screens.console import SafeConsole, as_text, print_json_list, without_commands, write_text

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


def test_a_table_of_text_on_the_terminal_keeps_its_lines_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    write_text(None, "NIP\tName\r\n1\tSiti\x1b[2J\n")

    assert capsys.readouterr().out.splitlines() == ["NIP\tName", "1\tSiti[2J"]
    assert without_commands("one\ntwo") == "one\ntwo"
