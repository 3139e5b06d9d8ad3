"""Indonesian and English: which one is spoken, and that the catalogue has every text that a person can meet."""

import ast
import json
import re
import string
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from inspect import cleandoc
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import latsar_sync.domain.errors
from latsar_sync.cli import app
from latsar_sync.domain import language
from latsar_sync.domain.catalogue import catalogue

PROGRAM = Path(latsar_sync.__file__).parent
COMMAND = "latsar-sync"
KEYWORDS = {"_": None, "mark": None, "counted": (1, 2)}


@pytest.fixture(autouse=True)
def _same_language_afterwards() -> Iterator[None]:
    before = language.in_use()
    yield
    language.choose(before)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "id"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "C.UTF-8"}, "id"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en"}, "en"),
        ({"LANG": "id_ID.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "id_ID"}, "id"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": ""}, "en"),
        ({"LANGUAGE": "en:id", "LC_ALL": "id_ID"}, "en"),
    ],
)
def test_the_environment_chooses_the_language_and_indonesian_is_spoken_where_it_says_nothing(
    environ: dict[str, str], expected: str
) -> None:
    assert language.language_of(environ) == expected


def test_a_text_is_said_in_the_language_that_was_chosen() -> None:
    language.choose("id")
    assert language._("qualified") == "memenuhi"

    language.choose("en")
    assert language._("qualified") == "qualified"


@pytest.mark.parametrize(("number", "indonesian", "english"), [(1, "pesan", "message"), (3, "pesan", "messages")])
def test_one_and_many_are_said_in_both_languages(number: int, indonesian: str, english: str) -> None:
    for chosen, word in (("id", f"{{count}} {indonesian} terkirim"), ("en", f"{{count}} {english} sent")):
        with language.speaking(chosen):
            assert language.counted("{count} message sent", "{count} messages sent", number) == word


def test_what_is_kept_of_a_text_is_told_again_in_the_language_of_its_reader() -> None:
    with language.speaking("id"):
        one = language.counted("{count} message sent", "{count} messages sent", 3).format(count=3)
    kept = language.packed(language.joined(one, "", "(Rina)"))

    for chosen, told in (("id", "3 pesan terkirim (Rina)"), ("en", "3 messages sent (Rina)")):
        with language.speaking(chosen):
            assert language.unpacked(kept) == told
    said = language._("{number} of {day}").format(number="1/2026", day=date(2026, 8, 7))  # of exports.po
    with language.speaking("id"):
        assert language.unpacked(language.packed(said)).endswith(" 7 Agu 2026")
    assert (language.packed("Rina"), language.unpacked("Rina")) == ("Rina", "Rina")


def test_another_language_for_one_block_is_heard_by_nobody_else() -> None:
    language.choose("id")
    heard: list[str] = []

    with language.speaking("en"):
        other = Thread(target=lambda: heard.append(language.in_use()))
        other.start()
        other.join()
        heard.append(language.in_use())

    assert [*heard, language.in_use()] == ["id", "en", "id"]


def said_by_the_program() -> set[str]:
    """Return every text that the program marks as one for a person, and all of its help."""
    texts: set[str] = set(help_of(typer.main.get_command(app)))
    found = extract_from_dir(str(PROGRAM), [("**.py", "python"), ("**.html", "jinja2")], keywords=KEYWORDS)
    for _, _, message, _, _ in found:
        texts.update([message] if isinstance(message, str) else message)
    return texts - {""}


def help_of(command: Any) -> Iterator[str]:
    """Yield the help of a command, of its options and of the commands below it."""
    for text in (command.help, command.epilog):
        if text:
            yield cleandoc(text)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            yield parameter.help.replace("\\[", "[")  # what rich would take for a style is escaped
    for each in getattr(command, "commands", {}).values():
        yield from help_of(each)


@cache
def indonesian() -> list[Message]:
    """Return what stands in the Indonesian catalogue, which Babel takes a second to read."""
    contents = (file.read_bytes() for file in files("latsar_sync").joinpath("locale", "id").iterdir())
    catalogues = (read_po(BytesIO(content), abort_invalid=True) for content in contents)
    return [message for each in catalogues for message in each if message.id]


def placeholders(text: str) -> set[str]:
    """Return the names that a text leaves to be filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.fixture(scope="module")
def sources() -> dict[Path, ast.Module]:
    """Give every file of the program, read by Python."""
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(PROGRAM.rglob("*.py"))}


def calls_in_the_program(sources: Mapping[Path, ast.Module]) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call in the program's own source with its place; the campus speaks Moodle's English."""
    for file, tree in sources.items():
        if "demo" not in file.relative_to(PROGRAM).parts:
            for node in ast.walk(tree):
                if isinstance(node, ast.Call):
                    yield f"{file.relative_to(PROGRAM)}:{node.lineno}", node


def name_of(call: ast.Call) -> str:
    """Return the last part of the name that is called."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def is_plain_text(node: ast.expr) -> bool:
    """Say whether somebody would read this as it stands: words in the source that no catalogue translates."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    whole = "".join(texts).replace("Moodle", "")
    return COMMAND not in whole and re.search(r"[A-Za-z]{2}", whole) is not None


def test_every_error_and_every_line_on_the_screen_can_be_translated(sources: Mapping[Path, ast.Module]) -> None:
    errors = {name for name, each in vars(latsar_sync.domain.errors).items() if isinstance(each, type)}
    found = [
        place
        for place, call in calls_in_the_program(sources)
        if (name_of(call) in errors and any(map(is_plain_text, call.args[:2])))
        or (name_of(call) in {"Problem", "Contradiction"} and any(map(is_plain_text, call.args[1:3])))
        or (name_of(call) == "_problem" and any(map(is_plain_text, call.args[2:])))
        or (name_of(call) in {"print", "say", "line", "rule"} and any(map(is_plain_text, call.args)))
    ]

    assert found == []


def test_no_text_stands_inside_another_where_the_extraction_does_not_find_it(
    sources: Mapping[Path, ast.Module],
) -> None:
    found = [
        f"{file.relative_to(PROGRAM)}:{inner.lineno}"
        for file, tree in sources.items()
        for outer in ast.walk(tree)
        if isinstance(outer, ast.JoinedStr)
        for inner in ast.walk(outer)
        if isinstance(inner, ast.Call) and name_of(inner) in KEYWORDS and isinstance(inner.args[0], ast.Constant)
    ]

    assert found == []


def test_the_catalogue_has_every_text_and_none_that_is_not_said_any_more() -> None:
    translated = {text for message in indonesian() for text in one_or_both(message.id)}

    said = said_by_the_program()

    assert said - translated == set()
    assert translated - said == set()


def test_every_indonesian_text_is_there_and_fills_in_the_same_values() -> None:
    for message in indonesian():
        english, said = one_or_both(message.id), one_or_both(message.string)
        assert all(said), f"not translated: {message.id}"
        assert not message.fuzzy, f"not sure: {message.id}"
        assert all(placeholders(text) == placeholders(english[-1]) for text in said), message.id


def test_the_catalogue_is_read_as_babel_reads_it() -> None:
    read = {one_or_both(message.id)[0]: one_or_both(message.string)[0] for message in indonesian()}

    assert catalogue("id") == read


def one_or_both(text: Any) -> list[str]:
    """Return a text, or its two forms for one and for many, as a list."""
    return [text] if isinstance(text, str) else list(text)


def test_a_moment_of_utc_is_said_as_the_clocks_of_the_office_show_it_also_after_it_was_kept() -> None:
    at = datetime(2026, 11, 30, 22, 31, tzinfo=UTC)
    kept = json.loads(json.dumps(language.packed(language._("The clock shows {ours}.").format(ours=at))))
    language.choose_zone(ZoneInfo("Asia/Makassar"))

    with language.speaking("en"):
        assert language.moment(at) == language.moment(at.replace(tzinfo=None), "UTC") == "1 Dec 2026 06:31 WITA"
        assert language.unpacked(kept) == "The clock shows 1 Dec 2026 06:31 WITA."
        assert language.moment(at.astimezone(ZoneInfo("Asia/Jayapura"))) == "1 Dec 2026 07:31 WIT"
