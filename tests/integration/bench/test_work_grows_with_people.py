"""What a run does itself grows with its people and its in-class courses, and no faster: lines of code are counted.

So is what SQLite does for each statement, in hundreds of its instructions.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from sqlalchemy import event

import latsar_sync
from latsar_sync.domain.request import Request
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database

sys.path.append(str(Path(__file__).parents[2] / "bench"))

import made_up
import own_work
from made_up import IN_CLASS, ImportedFile, MadeUpReading

OURS = str(Path(latsar_sync.__file__).parent)
FEWER = 60
TWICE_THE_WORK, A_FEW = 2.3, 100
"""Twice the people in twice the courses: so many times the lines at most in each function, and a few. Whatever goes
through all courses for each of them comes to four times."""
Work = Counter[CodeType | str]
"""Lines by the function that they stand in, and hundreds of SQLite's instructions by statement."""


@contextmanager
def counted(database: Database) -> Iterator[Work]:
    """Count the lines of our own code that are come through, and what SQLite does beneath them."""
    work = Work()

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            work[frame.f_code] += 1
            return trace
        return trace if frame.f_code.co_filename.startswith(OURS) else None

    def count(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        """What is done from now on is done for this statement: how many values it is told makes it no other one."""
        said = re.sub(r"\?(, \?)+", "?", statement)
        cursor.connection.set_progress_handler(lambda: work.update([said]), 100)

    before = sys.gettrace()
    event.listen(database.engine, "before_cursor_execute", count)
    sys.settrace(trace)
    try:
        yield work
    finally:
        sys.settrace(before)
        event.remove(database.engine, "before_cursor_execute", count)


def rounds_of(people: int, folder: Path) -> dict[int, Work]:
    """Return what is done in a first run, an incremental one and one that finds all in class, beside as many others."""
    written = folder / f"{people}.toml"
    written.write_text(own_work.configuration(f"sqlite:///{folder}/{people}.db", [people, people]), encoding="utf-8")
    settings = load_settings(written, {**os.environ, **own_work.TOKENS})
    database = Database(settings.database_url)
    database.upgrade()
    found = {}
    for programme, number in ((1, 0), (0, 0), (0, 1), (0, IN_CLASS)):
        imported_file = ImportedFile(programme, people)
        imported_file.round = number
        MadeUpReading.prepare(imported_file)
        request = Request("bench", (settings.programmes[programme].id,), full=True)
        with counted(database) as work:
            [done] = pipeline.run(settings, database, request, lambda: datetime.now(UTC), lambda *_: None).programmes
        assert str(done.run.outcome) == "ok"
        found[number] = work
    database.close()
    return found


def test_twice_the_people_in_twice_the_courses_are_twice_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, stands_in in made_up.stand_ins():
        monkeypatch.setattr(module, name, stands_in)
    for module in (made_up, own_work):
        monkeypatch.setattr(module, "SEATS", 2)

    fewer, twice = rounds_of(FEWER, tmp_path), rounds_of(2 * FEWER, tmp_path)

    for number, work in twice.items():
        assert sum(times for what, times in work.items() if isinstance(what, CodeType)) > 30_000, "nothing was counted"
        assert any(isinstance(what, str) for what in work), "nothing was counted of SQLite"
        grown = {
            what if isinstance(what, str) else f"{what.co_filename[len(OURS) :]} {what.co_qualname}": (before, times)
            for what, times in work.items()
            if times > TWICE_THE_WORK * (before := fewer[number][what]) + A_FEW
        }
        assert not grown, f"{own_work.ROUNDS[number]}: in the smaller and in the larger programme"
