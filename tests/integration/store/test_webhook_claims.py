"""Of two daemons that take webhooks in the same moment, one tells a program at a time, so that nothing overtakes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread

import pytest

from latsar_sync.store import webhook_sending, webhooks
from latsar_sync.store.database import Database

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a database in which a program is to be told two things."""
    database = Database(database_url)
    database.upgrade()
    with database.writing() as connection:
        for _each in range(2):
            webhooks.note_test(connection, "sinilai", NOW)
    yield database
    database.close()


def test_of_two_claims_in_the_same_moment_one_is_refused(database: Database) -> None:
    with database.reading() as connection:
        first, second = webhook_sending.waiting(connection, "sinilai", NOW, 2)
    taken: list[bool] = []

    def claim_too() -> None:
        with database.writing() as connection:
            taken.append(webhook_sending.claim(connection, second, NOW))

    other = Thread(target=claim_too)
    with database.writing() as connection:
        assert webhook_sending.claim(connection, first, NOW)
        other.start()
        other.join(0.3)
        assert taken == []  # it waits to see what becomes of the first
    other.join(10)

    assert taken == [False]
