"""Who looked at or acted on whose data: rows are added, never changed (rule 16; UU 27/2022 article 31)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select

from latsar_sync.store.tables import access_log


@dataclass(frozen=True, slots=True)
class Access:
    """One look at personal data, or one act. ``via`` is "cli", "web" or "api", ``action`` what was done or listed.

    ``participant_id`` names the one person it was about; None for a listing of ``people`` people (0: an action on the
    programme). ``about`` is the account that was added, changed or removed, with its rights.
    """

    at: datetime
    by: str
    via: str
    action: str
    programme: str
    people: int
    participant_id: str | None = None
    about: str | None = None


def note_accesses(connection: Connection, accesses: Sequence[Access]) -> None:
    """Write accesses down; nothing happens for none."""
    if accesses:
        rows = [{name: getattr(each, name) for name in Access.__slots__} for each in accesses]
        connection.execute(insert(access_log), rows)


def count_accesses(connection: Connection, programmes: Sequence[str]) -> int:
    """Count the accesses to the data of these programmes (none: of all)."""
    statement = select(func.count()).select_from(access_log)
    if programmes:
        statement = statement.where(access_log.c.programme.in_(programmes))
    return int(connection.execute(statement).scalar_one())


def recorded_accesses(connection: Connection, programmes: Sequence[str], limit: int, offset: int = 0) -> list[Access]:
    """Return the newest accesses to the data of these programmes (none: of all), newest first."""
    statement = _newest_first().offset(offset).limit(limit)
    if programmes:
        statement = statement.where(access_log.c.programme.in_(programmes))
    return [_access(row) for row in connection.execute(statement)]


def accesses_to(connection: Connection, participant_id: str, programme: str, since: datetime) -> list[Access]:
    """Return every access to one person, newest first, with the listings of their programme since ``since``."""
    of_everybody = access_log.c.participant_id.is_(None) & (access_log.c.people > 0) & (access_log.c.at >= since)
    statement = _newest_first().where(
        access_log.c.programme == programme, or_(access_log.c.participant_id == participant_id, of_everybody)
    )
    return [_access(row) for row in connection.execute(statement)]


def _newest_first() -> Select[Any]:
    return select(access_log).order_by(access_log.c.id.desc())


def _access(row: Any) -> Access:
    return Access(**{name: getattr(row, name) for name in Access.__slots__})
