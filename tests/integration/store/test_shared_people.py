"""Who holds a seat in two programmes is counted without going through all of one for each of the other."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Evidence
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.store import runs
from latsar_sync.store.database import Database
from latsar_sync.store.entries import save_entries
from latsar_sync.store.filled_courses import shared_people
from latsar_sync.store.record_changes import save_records

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)
PEOPLE = 300


def seat(database: Database, programme: str, first: int) -> None:
    """Write a programme of people with rising NIPs, each with a seat."""
    people = []
    for number in range(first, first + PEOPLE):
        nip = f"19850101202504{Decimal(number):04}"
        who = Participant(uuid4().hex, Person(number, "Siti", nip), nip)
        people.append(Record(who, Evidence(), None, NOON))
    with database.writing() as connection:
        run_id = runs.start_run(connection, "sync", "host", 1, NOON)
        save_records(connection, programme, "mooc", [(None, each) for each in people], run_id, NOON)
        entries = [Entry(each.participant.id, EntryState.PLANNED, "I") for each in people]
        save_entries(connection, programme, {}, entries, NOON, run_id)


def test_people_of_another_programme_are_looked_up_and_not_gone_through_for_each_of_ours(
    module_database: Database,
) -> None:
    mine, theirs = uuid4().hex, uuid4().hex
    seat(module_database, mine, first=1000)
    seat(module_database, theirs, first=1000 + PEOPLE - 2)
    steps = Counter[str]()

    with module_database.reading() as connection:
        if module_database.one_writer:  # SQLite counts what it does, in thousands of steps
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(lambda: steps.update(["thousand"]), 1000)
        found = shared_people(connection, mine, [theirs])
        if module_database.one_writer:
            driver.set_progress_handler(None, 0)

    assert found == {theirs: 2}
    assert steps["thousand"] < PEOPLE * PEOPLE / 1000
