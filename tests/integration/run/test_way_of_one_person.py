"""The way of one person in docs/architecture.md is the order in which a run goes."""

import ast
import re
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from service import Service, ServiceFactory

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
OPENED_FIRST = {"domain/entry.py", "domain/in_class.py"}
"""The files of values that a reader opens before the first step."""
WAY = PAGE.split("## The way of one person\n", 1)[1].split("\n## ", 1)[0]


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    return make_service(sqlite_url)


def steps() -> list[tuple[str, str, str]]:
    """Return the steps that the page tells: the file, the function, and what is said of them."""
    return re.findall(r"^#### \d+\. `([\w/]+\.py)` `(\w+)`\n\n(.*?)(?=^##|\Z)", WAY, re.MULTILINE | re.DOTALL)


def told() -> list[tuple[str, str]]:
    """Return the functions by which steps begin, each with its file, in their order."""
    return [(file, function) for file, function, _ in steps()]


def opened() -> set[tuple[str, str]]:
    """Return every function that the page names to be read, each with its file: the one named last before it."""
    found = set[tuple[str, str]]()
    for file, function, said in steps():
        if not said.startswith(("*Around it:*", "*A guard", "*In the frame.*")):
            found.add((file, function))
        for name in re.findall(r"`([\w/.]+)`", " ".join(re.findall(r"^Open\b.*?\n\n", said, re.MULTILINE | re.DOTALL))):
            if "/" in name:
                file = name
            else:
                found.add((file, name))
    return found


def frame() -> list[tuple[str, str, list[str]]]:
    """Return what the page shows of the functions that call the steps: file, function and lines without notes."""
    [shown] = re.findall(r"^### The frame\n.*?```python\n(.*?)```", WAY, re.MULTILINE | re.DOTALL)
    functions = list[tuple[str, str, list[str]]]()
    for line in shown.splitlines():
        if heading := re.fullmatch(r"# ([\w/]+\.py) (\w+)", line):
            functions.append((heading[1], heading[2], []))
        elif line:
            functions[-1][2].append(line.partition("  #")[0])
    return functions


def in_one_line(code: str) -> str:
    """Return code without what only lays it out."""
    return re.sub(r"\s", "", code).replace(",)", ")")


def test_the_frame_shows_what_stands_in_the_functions_in_its_order() -> None:
    for file, function, lines in frame():
        source = (ROOT / "latsar_sync" / file).read_text(encoding="utf-8")
        functions = [each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)]
        [found] = [ast.get_source_segment(source, each) or "" for each in functions if each.name == function]
        code, at = in_one_line(found), 0
        for part in in_one_line("…".join(lines)).split("…"):
            assert part in code[at:], f"{file} {function}: {part}"
            at = code.index(part, at) + len(part)

    assert {(file, function) for file, function, _ in frame()} >= {
        (file, function) for file, function, said in steps() if said.startswith("*In the frame.*")
    }


def test_each_name_on_the_way_is_one_of_the_code() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "latsar_sync").rglob("*.py"))
    known = set(re.findall(r"\w+", code))
    named = {part for name in re.findall(r"`([A-Za-z_][\w.]*)`", WAY) for part in name.split(".")}

    assert len(named) > 150
    assert named - known == set()
    assert [file for file in re.findall(r"`(\w+/\w+\.py)`", WAY) if not (ROOT / "latsar_sync" / file).exists()] == []


def test_a_run_goes_the_way_that_the_page_tells_in_its_order(service: Service) -> None:
    gone: dict[tuple[str, str], int] = {}

    def follow(frame: FrameType, event: str, _argument: Any) -> None:
        _, inside, file = frame.f_code.co_filename.rpartition("/latsar_sync/")
        if event == "call" and inside:
            gone.setdefault((file, frame.f_code.co_name), len(gone))

    threading.setprofile(follow)
    sys.setprofile(follow)
    try:
        service.run()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)

    assert len(told()) == 20
    assert [each for each in told() if each not in gone] == []
    assert sorted(told(), key=lambda each: gone[each]) == told()
    # and through every function that a reader is told to open
    assert opened() - gone.keys() == set()
    number = f"{len(opened())} functions in {len({file for file, _ in opened()} | OPENED_FIRST)} files"
    assert number in " ".join(WAY.split())
