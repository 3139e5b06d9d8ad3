"""Layouts of tables that offices send: named, learned once, used until somebody lets them be forgotten."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from latsar_sync.store.tables import column_profiles

Row = Mapping[str, Any]


def known(connection: Connection, kind: str | None = None) -> list[Row]:
    """Return the profiles in use, by name, of one kind of file or of all."""
    statement = select(column_profiles).where(column_profiles.c.forgotten_at.is_(None)).order_by(column_profiles.c.name)
    if kind is not None:
        statement = statement.where(column_profiles.c.kind == kind)
    return [dict(row._mapping) for row in connection.execute(statement)]


def learn(
    connection: Connection, name: str, kind: str, columns: Mapping[str, str], scores: str, by: str, now: datetime
) -> None:
    """Write a profile down; one of the same name is forgotten by that."""
    forget(connection, name, by, now)
    values = {"name": name, "kind": kind, "columns": dict(columns), "scores": scores, "by": by, "at": now}
    connection.execute(insert(column_profiles).values(**values))


def forget(connection: Connection, name: str, by: str, now: datetime) -> bool:
    """Let a profile be used no more; False if there is none of that name."""
    done = connection.execute(
        update(column_profiles)
        .where(column_profiles.c.name == name, column_profiles.c.forgotten_at.is_(None))
        .values(forgotten_by=by, forgotten_at=now)
    )
    return bool(done.rowcount)
