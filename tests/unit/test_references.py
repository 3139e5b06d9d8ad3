"""Whoever reads "rule 6" or "trap 41" finds that heading, in docs/rules.md and docs/moodle-traps.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = {"rule": "docs/rules.md", "trap": "docs/moodle-traps.md"}
READ = {".py", ".md", ".html", ".toml", ".sh", ".po", ".js", ".css"}
LIST = re.compile(r"\b(rule|trap)s? (\d+(?:(?:, | and | to | or )\d+)*)", re.IGNORECASE)


def texts() -> Iterator[tuple[str, str]]:
    """Yield every text of the project with its path; scripts have no suffix."""
    for folder in ("latsar_sync", "tests", "docs", "scripts", "config"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and (path.suffix in READ or (folder == "scripts" and not path.suffix)):
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(ROOT.glob("*.md")):
        yield path.name, path.read_text(encoding="utf-8")


def numbers(named: str) -> set[int]:
    """Return the numbers of a list such as "1 to 4, 12"."""
    found: set[int] = set()
    for first, last in re.findall(r"(\d+)(?: to (\d+))?", named):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def headings(kind: str) -> list[int]:
    """Return the numbers that have a heading of their own on the page of ``kind``, in the order of the page."""
    page = (ROOT / PLACES[kind]).read_text(encoding="utf-8")
    return [int(number) for number in re.findall(rf"^##+ {kind} (\d+): ", page, re.IGNORECASE | re.MULTILINE)]


@pytest.mark.parametrize("kind", PLACES)
def test_every_number_that_is_named_has_its_heading(kind: str) -> None:
    known = set(headings(kind))
    named = [
        (path, number)
        for path, text in texts()
        for word, listed in LIST.findall(text)
        if word.lower() == kind
        for number in numbers(listed)
    ]

    assert named
    assert [(path, number) for path, number in named if number not in known] == []


@pytest.mark.parametrize("kind", PLACES)
def test_every_number_stands_once_and_in_order(kind: str) -> None:
    assert headings(kind) == sorted(set(headings(kind)))


def test_no_reference_leads_to_a_page_that_is_not_here() -> None:
    elsewhere = re.compile(r"§ ?\d|design\.md|\.\./shared|moodle-web-services|latsar-domain|reading-strategies")
    found = [(path, text[: at.start()].count("\n") + 1) for path, text in texts() for at in elsewhere.finditer(text)]

    assert [(path, line) for path, line in found if path != "tests/unit/test_references.py"] == []


def rows_of(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading of docs/architecture.md, each as its cells."""
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    text = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")][2:]


def test_the_table_of_folders_shows_the_folders_that_there_are() -> None:
    shown = [row[0].strip("`/") for row in rows_of("The folders")]
    there = [path.parent.name for path in (ROOT / "latsar_sync").glob("*/__init__.py")]

    assert sorted(shown) == sorted(there)
    assert {path.name for path in (ROOT / "latsar_sync").glob("*.py")} <= {"__init__.py", "__main__.py"}


def the_way() -> str:
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    return page.split("## The way of one person\n", 1)[1].split("\n## ", 1)[0]


def test_the_way_of_one_person_names_functions_that_there_are() -> None:
    named_files = (each for each in re.findall(r"`([\w/]+\.py)`", the_way()) if not each.startswith("latsar_sync/"))
    missing = [each for each in named_files if not (ROOT / "latsar_sync" / each).exists()]
    for file, named in re.findall(r"`([\w/]+\.py)`((?:,? `\w+`)+)", the_way()):
        text = (ROOT / "latsar_sync" / file).read_text(encoding="utf-8")
        functions = re.findall(r"\w+", named)
        missing += [f"{file} {each}" for each in functions if not re.search(rf"^ *def {each}\b", text, re.MULTILINE)]

    assert missing == []


def test_the_values_of_the_way_have_what_the_page_says_of_them() -> None:
    table = the_way().split("### What is handed on\n", 1)[1].split("\n### ", 1)[0]
    rows = re.findall(r"^\| `(\w+)` \| `([\w/]+\.py)` \| (.*) \|$", table, re.MULTILINE)
    missing = []
    for value, file, said in rows:
        text = (ROOT / "latsar_sync" / file).read_text(encoding="utf-8")
        kinds = {each.name for each in ast.parse(text).body if isinstance(each, ast.ClassDef)}
        missing += [] if value in kinds else [f"{file} {value}"]
        names = (each for each in re.findall(r"`(\w+)`", said) if each[0].islower())
        missing += [f"{file} {value} {each}" for each in names if not re.search(rf"\b{each}\b", text)]

    assert len(rows) > 15
    assert missing == []


def test_one_function_alone_makes_an_entry_confirmed() -> None:
    made = [
        path
        for path, text in texts()
        if path.startswith("latsar_sync/") and re.search(r"\bstate=EntryState\.CONFIRMED", text)
    ]

    assert made == ["latsar_sync/rules/entry_against_course.py"]
