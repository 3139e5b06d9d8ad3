"""What named persons decided about few is looked up from there, not looked for with everybody of a programme."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.evidence import Evidence, Imported
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.store import (
    identities,
    imports,
    listings,
    moves,
    overrides,
    participants,
    rows_of_people,
    runs,
    searches,
    versions,
)
from latsar_sync.store.database import Database
from latsar_sync.store.erasure import erased_people
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.scores_of_files import add_scores, scores_by_participant, scores_of_one, scores_that_wait

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)
ASKED: tuple[Callable[[Connection, str], Any], ...] = (
    overrides.override_history,
    overrides.count_overrides,
    moves.move_history,
    moves.load_left_behind,
    identities.identity_history,
    scores_by_participant,
    erased_people,
)


def on_the_roster(connection: Connection, programme: str, people: list[str]) -> Any:
    return listings.roster_rows(connection, [programme], participant_ids=people)


ASKED_OF_SOME: tuple[Callable[..., Any], ...] = (searches.people_of, versions.of_people, on_the_roster)


def held_one_of(database: Database, programme: str, people: int) -> str:
    """Write a programme of so many people, one of whom a person holds; return the internal id of that one."""
    records = [
        Record(Participant(uuid4().hex, Person(number, "Siti", None), None), Evidence(), None, NOON)
        for number in range(people)
    ]
    who = records[0].participant.id
    with database.writing() as connection:
        run_id = runs.start_run(connection, "sync", "host", 1, NOON)
        save_records(connection, programme, "mooc", [(None, each) for each in records], run_id, NOON)
        overrides.add_overrides(connection, [Override(who, 1, OverrideKind.HOLD, "SK 7", "rina", NOON, None)])
    return who


@contextmanager
def counted(database: Database, connection: Connection) -> Iterator[list[int]]:
    """Count what SQLite does, in tens of its instructions; of another database nothing."""
    done: list[int] = []
    driver: Any = connection.connection.driver_connection
    if database.one_writer:
        driver.set_progress_handler(lambda: done.append(1), 10)
    yield done
    if database.one_writer:
        driver.set_progress_handler(None, 0)


def test_ten_times_the_people_are_no_more_work_while_little_was_decided(module_database: Database) -> None:
    few, many = uuid4().hex, uuid4().hex
    held_of_few = held_one_of(module_database, few, 30)
    held = held_one_of(module_database, many, 300)

    with module_database.reading() as connection:
        for ask in (*ASKED, *ASKED_OF_SOME):
            nobody = [uuid4().hex for _ in range(49)]  # with whom they are as many as on a page
            with counted(module_database, connection) as of_few:
                ask(connection, few, *([[held_of_few, *nobody]] if ask in ASKED_OF_SOME else ()))
            with counted(module_database, connection) as of_many:
                ask(connection, many, *([[held, *nobody]] if ask in ASKED_OF_SOME else ()))
            assert len(of_many) <= len(of_few) + 2, ask.__name__
        assert [each.participant_id for each in overrides.override_history(connection, many)] == [held]


def test_what_files_told_of_one_or_left_waiting_takes_no_look_at_every_score(
    module_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows_of_people, "FEW", 0)
    programme, score = uuid4().hex, Imported(1, 0, Decimal(80), Decimal(0), Decimal(100), NOON, line=1)
    held = held_one_of(module_database, programme, 300)
    with module_database.writing() as connection:
        everybody = list(participants.load_records(connection, programme).values())
        for some in ([each.participant.id for each in everybody], [held]):
            file = imports.record_import(connection, programme, imports.SCORES, "nilai.csv", "0", {}, "Siti", NOON)
            add_scores(connection, {who: replace(score, import_id=file) for who in some})
            if some != [held]:
                assert imports.confirm(connection, file, "Rina", NOON) == 300

    with module_database.reading() as connection:
        with counted(module_database, connection) as of_all:
            scores = scores_by_participant(connection, programme)
        with counted(module_database, connection) as of_one:
            standing = scores_of_one(connection, programme, held)
        with counted(module_database, connection) as of_waiting:
            waiting = [(who, each.import_id) for who, each in scores_that_wait(connection, programme)]
    assert (scores[held], waiting) == (standing, [(held, file)])
    assert max(len(of_one), len(of_waiting)) <= len(of_all) / 2


def test_the_same_is_told_where_much_was_decided(module_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = uuid4().hex, uuid4().hex
    held = held_one_of(module_database, mine, 3)
    held_one_of(module_database, theirs, 3)
    told = []

    for few in (rows_of_people.FEW, 0):
        monkeypatch.setattr(rows_of_people, "FEW", few)
        with module_database.reading() as connection:
            told.append([ask(connection, mine) for ask in ASKED])

    assert told[0] == told[1]
    assert ([each.participant_id for each in told[0][0]], told[0][1]) == ([held], 1)
