"""What pages for administrators ask does not grow with what went well: SQLite's instructions are counted."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert

from latsar_sync.store import retention, webhook_sending, webhooks
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.database import Database
from latsar_sync.store.tables import webhook_deliveries, webhook_events

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FEW, MANY = 100, 1000
NOT_TAKEN = {FEW - 1, FEW}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Give an empty database."""
    database = Database(f"sqlite:///{tmp_path / 'latsar.db'}")
    database.upgrade()
    yield database
    database.close()


def happened(database: Database, numbers: range) -> None:
    """Let a program be told of so many events, and somebody be looked at for each."""
    told = {"event": "admitted", "programme": "latsar-b", "data": {}, "at": NOW, "spread": True}
    due = {"webhook": "sipka", "attempts": 1, "next_try_at": NOW, "settled_at": NOW}
    with database.writing() as connection:
        connection.execute(insert(webhook_events), [{**told, "id": each, "message_id": f"m{each}"} for each in numbers])
        went = [("given_up", "HTTP 500") if each in NOT_TAKEN else ("delivered", None) for each in numbers]
        rows = zip(numbers, went, strict=True)
        sent = [{**due, "event_id": each, "state": state, "error": error} for each, (state, error) in rows]
        connection.execute(insert(webhook_deliveries), sent)
        note_accesses(connection, [Access(NOW, "rina", "web", "roster", f"latsar-{each % 2}", 1) for each in numbers])


def asked(database: Database, ask: Callable[[Connection], Any]) -> tuple[Any, int]:
    """Return what is answered, and how many tens of SQLite's instructions that took."""
    done = []

    def count(_connection: object, cursor: Any, *_rest: object) -> None:
        cursor.connection.set_progress_handler(lambda: done.append(1), 10)

    event.listen(database.engine, "before_cursor_execute", count)
    with database.reading() as connection:
        answer = ask(connection)
    event.remove(database.engine, "before_cursor_execute", count)
    return answer, len(done)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: [each.id for each in webhook_sending.not_taken(connection, ["sipka", "other"], 20)],
        retention.recorded_programmes,
    ],
)
def test_ten_times_as_much_that_went_well_is_no_more_work(database: Database, ask: Callable[[Connection], Any]) -> None:
    happened(database, range(1, FEW + 1))
    few = asked(database, ask)
    happened(database, range(FEW + 1, MANY + 1))

    many = asked(database, ask)

    assert many[0] == few[0] != []
    assert many[1] <= few[1] + 2


def test_how_a_program_is_told_is_counted_and_what_it_did_not_take_comes_first(database: Database) -> None:
    happened(database, range(1, FEW + 1))

    with database.reading() as connection:
        [sipka, other] = webhook_sending.standings(connection, ["sipka", "other"])
        newest = webhook_sending.not_taken(connection, ["sipka"], 1)

    assert (sipka.delivered, sipka.given_up, sipka.waiting, sipka.error) == (FEW - 2, 2, 0, "HTTP 500")
    assert other == webhook_sending.WebhookStanding("other")
    assert [each.id for each in newest] == [FEW]


def test_a_webhook_that_is_tried_is_no_programme_of_which_data_are_kept(database: Database) -> None:
    with database.writing() as connection:
        webhooks.note_test(connection, "sipka", NOW)

    with database.reading() as connection:
        assert retention.recorded_programmes(connection) == []
