"""New ids of programmes and angkatan: everything that is kept under the old one follows, in one transaction.

Ledgers refuse changes; here their triggers rest inside the transaction, and only the columns that hold the id change.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from latsar_sync.domain.in_class import PushKind
from latsar_sync.rules.sent_messages import ONCE_AN_ANGKATAN
from latsar_sync.store.tables import (
    APPEND_ONLY,
    accounts,
    angkatan_actions,
    angkatan_moves,
    course_places,
    destruction_permits,
    leases,
    messages,
    metadata,
    participants,
    pushes,
    roster_events,
    run_requests,
    site_addresses,
    thresholds,
)

PASSING = frozenset({leases, run_requests, destruction_permits})
"""Tables of what is under way; nothing there outlives a run."""


def is_seeded_only(connection: Connection, programme: str, seeded_by: str) -> bool:
    """Say whether no person recorded a threshold of this programme."""
    found = select(thresholds.c.version).where(
        thresholds.c.programme == programme, thresholds.c.recorded_by != seeded_by
    )
    return connection.execute(found.limit(1)).first() is None


def has_place(connection: Connection, programme: str, angkatan: str) -> bool:
    """Say whether an angkatan fills a group already."""
    found = select(course_places.c.group_id).where(
        course_places.c.programme == programme,
        course_places.c.angkatan == angkatan,
        course_places.c.group_id.is_not(None),
    )
    return connection.execute(found).first() is not None


def rename_programme(connection: Connection, old: str, new: str) -> None:
    """Let everything of programme ``old`` be of ``new``, of which nobody is recorded and only a seeded threshold."""
    tables = [table for table in metadata.sorted_tables if "programme" in table.c and table not in PASSING]
    with at_rest(connection, [thresholds, *tables]):
        for table in (thresholds, site_addresses):  # what a run writes down before it is held
            connection.execute(delete(table).where(table.c.programme == new))
        for table in tables:
            connection.execute(update(table).where(table.c.programme == old).values(programme=new))
    for row in connection.execute(select(accounts.c.name, accounts.c.programmes)).all():
        if row.programmes and old in row.programmes:
            names = [new if each == old else each for each in row.programmes]
            connection.execute(update(accounts).where(accounts.c.name == row.name).values(programmes=names))


def rename_angkatan(connection: Connection, programme: str, old: str, new: str) -> None:
    """Let everything of one angkatan of a programme go by its new id; ``new`` fills no group yet."""
    mine = select(participants.c.id).where(participants.c.programme == programme)
    tables = [table for table in metadata.sorted_tables if "angkatan" in table.c and table is not angkatan_actions]
    gone = course_places.c.programme == programme, course_places.c.angkatan == new
    connection.execute(delete(course_places).where(*gone))
    with at_rest(connection, [*tables, angkatan_moves, roster_events]):
        for table in tables:
            own = table.c.programme == programme if "programme" in table.c else table.c.participant_id.in_(mine)
            connection.execute(update(table).where(own, table.c.angkatan == old).values(angkatan=new))
        moved = angkatan_moves.c.participant_id.in_(mine), angkatan_moves.c.before == old
        connection.execute(update(angkatan_moves).where(*moved).values(before=new))
    groups = pushes.c.programme == programme, pushes.c.kind == str(PushKind.GROUP), pushes.c.subject == old
    connection.execute(update(pushes).where(*groups).values(subject=new))
    once = messages.c.event.in_(map(str, ONCE_AN_ANGKATAN))
    told = messages.c.programme == programme, once, messages.c.occasion == old
    connection.execute(update(messages).where(*told).values(occasion=new))


def leave_groups(connection: Connection, programme: str, angkatan: str | None) -> None:
    """Let others fill the group of an angkatan, or those of a whole programme, from now on."""
    mine = course_places.c.programme == programme
    connection.execute(
        delete(course_places).where(mine if angkatan is None else mine & (course_places.c.angkatan == angkatan))
    )


def note_action(
    connection: Connection,
    programme: str,
    angkatan: str | None,
    kind: str,
    before: str | None,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Write down what a named person said of a programme or an angkatan."""
    newest = select(func.max(angkatan_actions.c.version)).where(angkatan_actions.c.programme == programme)
    version = (connection.execute(newest).scalar_one() or 0) + 1
    values = {"programme": programme, "version": version, "angkatan": angkatan, "kind": kind, "before": before}
    connection.execute(insert(angkatan_actions).values(**values, reason=reason, by=by, at=now))


@contextmanager
def at_rest(connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """Let the append-only triggers of tables rest; they are back before the transaction can end."""
    ledgers = sorted({table.name for table in tables} & set(APPEND_ONLY))
    if connection.dialect.name != "sqlite":
        for name in ledgers:
            connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
        yield
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))  # a table with events still due cannot be altered
        for name in ledgers:
            connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))
        return
    found = connection.execute(text("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    resting = [row for row in found if row.tbl_name in ledgers]
    for row in resting:
        connection.execute(text(f"DROP TRIGGER {row.name}"))
    yield
    for row in resting:
        connection.exec_driver_sql(row.sql)
