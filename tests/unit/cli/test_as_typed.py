"""What is typed twice, empty or not at all is refused before a command is called, for every option that there is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typed import type_command

from latsar_sync.cli import app
from latsar_sync.cli.as_typed import PATHS, strict
from latsar_sync.domain.errors import UsageError

Option = tuple[str, Any, Any]
REPEATED = {
    "demo --fault",
    "init --angkatan",
    "sync --participant",
    "resync --participant",
    "participants --state",
    "import participants --column",
    "import scores --column",
    "user add --programme",
    "user add --course",
}
"""What docs/commands.md says may be given again."""


def commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield every command and group of the program."""
    yield " ".join(words), command
    for name in getattr(command, "commands", {}):
        yield from commands(command.commands[name], (*words, name))


EVERY = list(commands(strict(typer.main.get_command(app))))
OPTIONS: list[Option] = [
    (" ".join(filter(None, (words, max(each.opts, key=len)))), command, each)
    for words, command in EVERY
    for each in command.params
    if each.param_type_name == "option" and not each.is_flag
]


def parsed(command: Any, *arguments: str) -> Any:
    """Return what the parser makes of arguments."""
    return command.make_parser(typer.Context(command)).parse_args(list(arguments))


def refusal(command: Any, *arguments: str) -> str:
    with pytest.raises(UsageError) as refused:
        parsed(command, *arguments)
    return refused.value.message


def test_an_option_counts_once_but_for_those_that_may_be_given_again() -> None:
    again = set()
    for words, command, option in OPTIONS:
        name = max(option.opts, key=len)
        for opt in option.opts:
            if option.multiple:
                parsed(command, name, "a", opt, "b")
                again.add(words)
            else:
                said = refusal(command, name, "a", opt, "b")
                assert said == f"{name} is given 2 times, and one of them would count."

    assert again == REPEATED


def test_no_option_is_empty_or_takes_the_next_one_for_its_value() -> None:
    assert len(OPTIONS) > 200
    for _words, command, option in OPTIONS:
        name = max(option.opts, key=len)
        for empty in ("", "  ", "\u200b", "\u00a0"):
            assert refusal(command, name, empty) == refusal(command, f"{name}={empty}") == f"{name} is empty."
        for other in ("--help", "--help=x", *(opt for each in command.params for opt in each.opts if opt[0] == "-")):
            assert refusal(command, name, other) == f"{name} has no value: {other.partition('=')[0]} follows it."


def test_no_argument_is_empty_and_several_are_several() -> None:
    by_name = dict(EVERY)

    for words, command in EVERY:
        if any(each.param_type_name == "argument" for each in command.params):
            assert refusal(command, "").endswith(" is empty."), words
    assert refusal(by_name["override hold"], "199508172025042003", "") == "NIP is empty."
    values, _rest, _order = parsed(by_name["override hold"], "a", "a", "--until", "-", "--by=a=--by")
    assert (values["nip"], values["until"], values["by"]) == (("a", "a"), "-", "a=--by")


def test_a_file_is_named_and_neither_a_dash_nor_a_sign_between() -> None:
    """Once -o - made a file called -, and -o=list.csv one called =list.csv."""
    paths = [(command, each) for _words, command, each in OPTIONS if each.bare_type() in PATHS]
    assert len(paths) > 10
    for command, option in paths:
        name = max(option.opts, key=len)
        assert refusal(command, name, "-") == f'{name}: "-" is no name of a file.'
        assert refusal(command, name, "=list.csv") == f'{name}: "=list.csv" begins with an equals sign.'
        parsed(command, name, "./-")
    by_name = dict(EVERY)
    assert refusal(by_name["db backup"], "-") == 'FILE: "-" is no name of a file.'


def test_a_whole_number_is_digits_alone() -> None:
    every = [(words, command, each) for words, command in EVERY for each in command.params]
    numbers = [each for each in every if each[2].bare_type() == "int"]
    assert len(numbers) > 10
    for words, command, number in numbers:
        name = [max(number.opts, key=len)] if number.param_type_name == "option" else []
        for wrong in ("1_0", "5.0", " 5 ", "+5", "1e2", "７", "٧"):
            assert refusal(command, *name, wrong).endswith(f'"{wrong}" is no whole number.'), words
        parsed(command, *name, "07")


@pytest.mark.parametrize("before", [["--programme", "a"], ["--angkatan", "I"], ["--json"], ["-o", "x"], ["--by", "X"]])
def test_options_of_the_roster_before_another_command_are_not_dropped(tmp_path: Path, before: list[str]) -> None:
    ended = type_command(["roster", *before, "approve", "--by", "Rina"], tmp_path, {"LANGUAGE": "en"})

    assert ended.code == 2
    assert "What stands before approve would not count there." in ended.err
