"""Housekeeping, retention and restoring cost what they touch: nothing is asked once a person, none read for one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, text

from latsar_sync.domain.actions import Erasure, ErasureKind
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.store import erasable_people, erasure, histories, housekeeping, imports, names_in_texts, retention
from latsar_sync.store.database import Database
from latsar_sync.store.tables import decisions, identities, metadata, participants, runs

PROGRAMME = "latsar-2026-iii"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = 60


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give a database with a programme of many people, each decided about by a run of long ago."""
    database = Database(f"sqlite:///{tmp_path / 'latsar.db'}")
    database.upgrade()
    someone = [f"{number:032x}" for number in range(PEOPLE)]
    row = {"groups": [], "enrolment": "active", "first_seen_at": LONG_AGO, "last_seen_at": LONG_AGO}
    decided = {"outcome": "not_yet", "reasons": [], "rule_version": "1", "decided_at": LONG_AGO, "evidence_version": 0}
    run = {"command": "run", "host": "h", "pid": 1, "started_at": LONG_AGO}
    with database.writing() as connection:
        connection.execute(insert(runs), [{**run, "id": number} for number in range(1, PEOPLE + 101)])
        connection.execute(
            insert(participants),
            [
                {
                    **row,
                    "id": each,
                    "programme": PROGRAMME,
                    "site": "mooc",
                    "source_user_id": number,
                    "evidence_version": 0,
                    "decision_version": 1,
                }
                for number, each in enumerate(someone)
            ],
        )
        connection.execute(
            insert(identities),
            [{"participant_id": each, "raw_key": each, "name": "N", "institution": "I"} for each in someone],
        )
        connection.execute(
            insert(decisions),
            [
                {**decided, "participant_id": each, "version": 1, "run_id": number}
                for number, each in enumerate(someone, 1)
            ],
        )
    yield database
    database.close()


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect what the database is asked in the meantime."""
    asked: list[str] = []

    def note(_connection: object, _checkpoint: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


def test_every_reference_is_found_by_an_index_when_what_it_points_to_is_to_go() -> None:
    unfound = []
    for table in metadata.sorted_tables:
        keys = [index.columns for index in table.indexes] + [
            constraint.columns for constraint in table.constraints if not hasattr(constraint, "elements")
        ]
        heads = {next(iter(columns)).name for columns in [*keys, table.primary_key.columns] if len(columns)}
        unfound += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in heads]

    # a permit stands for the length of one transaction, so these two never hold more than a row
    assert sorted(unfound) == ["destruction_permits.destruction_id", "destruction_permits.never"]


def test_tidying_looks_old_runs_up_in_indexes_and_holds_the_write_lock_for_the_deletions_alone(
    database: Database,
) -> None:
    with statements(database) as asked:
        assert housekeeping.tidy(database, NOW) == 100

    [search] = [each for each in asked if each.startswith("SELECT runs.id")]
    assert len([each for each in asked if each.startswith("DELETE")]) == 4
    with database.reading() as connection:
        plan = [
            row.detail
            for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + search, ("2026-11-01 00:00:00.000000",))
        ]
    wholly_read = [each for each in plan if each.startswith("SCAN") and "INDEX" not in each]
    assert wholly_read == ["SCAN runs"]
    position = asked.index(search)
    assert all(not each.startswith("SELECT") for each in asked[position + 1 :])


def test_destroying_the_identities_of_a_programme_asks_as_little_for_many_as_for_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = Keeping(PROGRAMME, DataClass.IDENTITIES, date(2025, 1, 31), 1)
    # a pattern that finds 20,000 people in texts took 4.5 GB and a minute, with the database locked
    monkeypatch.delattr(names_in_texts, "pattern_of")

    with statements(database) as asked, database.writing() as connection:
        report = retention.destroy(connection, due, "Perka", "Rina", NOW)

    assert report.counts == {"identities": PEOPLE}
    assert len(asked) < 20
    with database.reading() as connection:
        assert len(erasure.register(connection)) == PEOPLE


def test_restoring_repeats_the_erasures_of_a_whole_programme_without_reading_its_roster_for_each(
    database: Database,
) -> None:
    lines = [
        Erasure(f"{number:032x}", version, kind, "Perka", "Rina", NOW + timedelta(days=when))
        for number in range(PEOPLE)
        for version, kind, when in ((1, ErasureKind.ERASED, 2), (2, ErasureKind.RESUMED, 1))
        if version == 1 or number == 0
    ]

    with statements(database) as asked, database.writing() as connection:
        assert erasure.repeat(connection, lines) == PEOPLE + 1

    assert sum("FROM roster_entries" in each for each in asked) < 10
    with database.reading() as connection:
        left = list(connection.execute(text("SELECT participant_id, name FROM identities")))
    assert [tuple(row) for row in left] == [(f"{0:032x}", "")], "the later line counts, whatever the clocks said"


def test_a_person_is_looked_up_by_number_without_reading_everybody(database: Database) -> None:
    with statements(database) as asked, database.reading() as connection:
        [found] = erasable_people.find_people(connection, f"{7:032x}")
        [search] = [each for each in asked if each.startswith("SELECT")]
        plan = [row.detail for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + search, ("x", "x"))]

    assert found.participant_id == f"{7:032x}"
    assert not [each for each in plan if each.startswith(("SCAN participants", "SCAN identities"))]


def test_what_was_sent_about_a_person_is_found_without_reading_all_that_was_ever_sent(database: Database) -> None:
    with statements(database) as asked, database.reading() as connection:
        histories.push_history(connection, f"{7:032x}")
        [search] = [each for each in asked if each.startswith("SELECT")]
        plan = [row.detail for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + search, ("x",))]

    assert not [each for each in plan if each.startswith("SCAN pushes")]


def test_the_scores_of_other_programmes_are_not_gone_through_to_count_those_of_one(database: Database) -> None:
    with statements(database) as asked, database.reading() as connection:
        imports.recorded_imports(connection, [PROGRAMME])
        [counts] = [each for each in asked if "GROUP BY imported_scores.import_id" in each]
        plan = [
            row.detail for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + counts, ("x",) * counts.count("?"))
        ]

    assert not [each for each in plan if each.startswith("SCAN imported_scores")]
