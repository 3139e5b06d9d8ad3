"""Many rows at once, on SQLite and PostgreSQL: the same rows, values and errors as one at a time."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from service import drop_postgres, new_postgres
from sqlalchemy import Connection, DateTime, select, text
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import IntegrityError

from latsar_sync.store.bulk import FEW, ROWS_AT_ONCE, add_rows, change_rows, read_rows, set_rows
from latsar_sync.store.database import Database
from latsar_sync.store.tables import participants
from latsar_sync.store.tables.columns import UtcDateTime
from latsar_sync.store.writes_beside import beside

SQLITE = dialect()
NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)


def people(count: int, **changes: Any) -> list[dict[str, Any]]:
    programme = uuid4().hex
    return [
        {
            "id": f'{programme[:20]}\\"{{,{number:08x}',
            "programme": programme,
            "site": "mooc",
            "source_user_id": number,
            "groups": ("Angkatan \t\\N é", f"{number}") if number else (),
            "enrolment": "active",
            "evidence_version": 1,
            "decision_version": 0,
            "first_seen_at": NOON,
            "last_seen_at": NOON + timedelta(seconds=number),
            "grade_as_of": None,
            "materials_as_of": NOON,
            "attempts_as_of": None,
            "report_row": None,
            "chosen_place": None,
            "merged_into": None,
            "reason_codes": "",
            "outcome": None,
            **changes,
        }
        for number in range(count)
    ]


def stored(database: Database, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    statement = select(participants).where(participants.c.programme == rows[0]["programme"]).order_by(participants.c.id)
    with database.reading() as connection:
        return [row._asdict() for row in read_rows(connection, statement)]


def as_read(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "groups": list(row["groups"])} for row in rows]


IN_EACH_WAY = pytest.mark.parametrize("way", [nullcontext, beside])
"""Written by us, and by a server beside us."""
Way = Callable[[Connection], AbstractContextManager[Any]]


@IN_EACH_WAY
@pytest.mark.parametrize("count", [1, FEW + 1, ROWS_AT_ONCE + 1])
def test_what_is_added_and_changed_is_read_back_and_nothing_else_is_touched(
    module_database: Database, count: int, way: Way
) -> None:
    others, rows = people(2), people(count)
    with module_database.writing() as transaction, way(transaction) as connection:
        add_rows(connection, participants, others)
        add_rows(connection, participants, iter(rows))
    assert stored(module_database, rows) == as_read(rows)

    changed = [
        {"id": row["id"], "groups": ("II",), "grade_as_of": NOON, "decision_version": number}
        for number, row in enumerate(rows)
    ]
    with module_database.writing() as transaction, way(transaction) as connection:
        change_rows(connection, participants, "id", iter(changed))
        set_rows(connection, participants, "id", [row["id"] for row in rows], {"materials_as_of": None})
        for nothing in (add_rows, lambda *given: change_rows(given[0], given[1], "id", given[2])):
            nothing(connection, participants, [])

    after = [{**row, **change, "materials_as_of": None} for row, change in zip(rows, changed, strict=True)]
    assert stored(module_database, rows) == as_read(after)
    assert stored(module_database, others) == as_read(others)


def test_a_value_that_only_a_later_batch_has_is_stored_like_any_other(module_database: Database) -> None:
    rows = people(ROWS_AT_ONCE + 1)
    rows[-1]["grade_as_of"] = NOON

    with module_database.writing() as connection:
        add_rows(connection, participants, rows)

    assert stored(module_database, rows) == as_read(rows)


@IN_EACH_WAY
@pytest.mark.parametrize("more", [0, 20])
def test_a_row_that_breaks_a_constraint_is_told_as_of_any_statement_and_leaves_no_trace(
    module_database: Database, way: Way, more: int
) -> None:
    rows = people(3)

    def write() -> None:
        with module_database.writing() as transaction, way(transaction) as connection:
            add_rows(connection, participants, [*rows, {**rows[0], "id": "another"}])
            for _number in range(more):
                set_rows(connection, participants, "id", [rows[0]["id"]], {"last_seen_at": NOON})

    with pytest.raises(IntegrityError):
        write()

    assert stored(module_database, rows) == []


def test_whoever_breaks_off_while_a_server_writes_leaves_no_trace(module_database: Database) -> None:
    rows = people(ROWS_AT_ONCE)

    def write() -> None:
        with module_database.writing() as transaction, beside(transaction) as connection:
            add_rows(connection, participants, rows)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()

    assert stored(module_database, rows) == []


@pytest.mark.postgres
def test_nobody_waits_for_a_server_that_writes(postgres_server: str) -> None:
    address = new_postgres(postgres_server)
    database, rows = Database(address), people(1)
    ids, later = [rows[0]["id"]], NOON + timedelta(hours=1)
    with database.writing() as connection:
        add_rows(connection, participants, rows)

    # as long as that row is another's the server waits for it
    with database.writing() as mine, beside(mine) as connection, database.writing() as other:
        set_rows(other, participants, "id", ids, {"report_row": "theirs"})
        set_rows(connection, participants, "id", ids, {"last_seen_at": later})

    assert stored(database, rows) == as_read([{**rows[0], "report_row": "theirs", "last_seen_at": later}])
    database.close()
    drop_postgres(address)


@pytest.mark.parametrize("moment", [NOON, NOON + timedelta(microseconds=7), datetime(987, 1, 2, 3, 4, 5, 6, UTC)])
def test_sqlite_keeps_a_moment_as_sqlalchemy_would(moment: datetime) -> None:
    """Stored moments are compared as texts: in a database of an older version both stand beside each other."""
    kinds: tuple[Any, ...] = (UtcDateTime(), DateTime())
    ours, theirs = (kind.dialect_impl(SQLITE).bind_processor(SQLITE) for kind in kinds)

    assert ours(moment.astimezone(timezone(timedelta(hours=7)))) == theirs(moment)


def test_a_moment_without_a_zone_is_refused(module_database: Database) -> None:
    rows = people(1, last_seen_at=datetime(2026, 8, 17, 12))  # noqa: DTZ001

    with pytest.raises(ValueError, match="without a time zone"), module_database.writing() as connection:
        add_rows(connection, participants, rows)


@pytest.mark.postgres
def test_whoever_is_read_again_stays_in_the_page_where_they_stand(postgres_server: str) -> None:
    """Once each reading moved every row to another page, and PostgreSQL wrote all their indexes anew."""
    address = new_postgres(postgres_server)
    database, rows = Database(address), people(200)
    page = text("SELECT id, (ctid::text::point)[0] FROM participants WHERE programme = :name ORDER BY id")
    name = {"name": rows[0]["programme"]}
    with database.writing() as connection:
        add_rows(connection, participants, rows)
        before = connection.execute(page, name).all()
    with database.writing() as connection:
        set_rows(connection, participants, "id", [each["id"] for each in rows], {"last_seen_at": NOON})
        after = connection.execute(page, name).all()
    database.close()
    drop_postgres(address)

    assert after == before


@pytest.mark.postgres
def test_no_statement_stays_prepared_on_a_connection_whose_next_transaction_may_have_another(
    postgres_server: str,
) -> None:
    """Behind PgBouncer runs broke off once: a statement that was prepared was not there, or was there already."""
    address = new_postgres(postgres_server)
    database = Database(address)
    with database.writing() as connection:
        for _number in range(10):
            prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
    database.close()
    drop_postgres(address)

    assert prepared == 0
