"""The courses that this database fills, and the moments at which it became a copy of an older one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.domain.entry import HOLDS_A_SEAT
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.rules.filled_courses import FilledCourse
from latsar_sync.rules.restored_database import Restoration
from latsar_sync.store.bulk import add_rows, batches
from latsar_sync.store.tables import (
    course_places,
    identities,
    metadata,
    participants,
    pushes,
    restoration_releases,
    restorations,
    roster_entries,
)
from latsar_sync.store.tables.columns import OF_PROGRAMME

NOTED = frozenset(
    {"at", "read_at", "seen_at", "sent_at", "decided_at", "recorded_at", "started_at", "finished_at", "written_at"}
)
"""Columns that say when something was written down, whatever the table."""


FILLED = select(course_places).where(course_places.c.programme == OF_PROGRAMME)
LAST_READ = select(course_places.c.angkatan, course_places.c.read_at).where(
    course_places.c.programme == OF_PROGRAMME, course_places.c.read_at.is_not(None)
)
NEWEST_RESTORATION = select(restorations).order_by(restorations.c.id.desc()).limit(1)
LAST_RELEASE = select(func.max(restoration_releases.c.restoration)).where(
    restoration_releases.c.programme == OF_PROGRAMME
)


def load_filled_courses(connection: Connection, programme: str) -> dict[str, FilledCourse]:
    """Return the courses that a programme fills, by angkatan id."""
    rows = connection.execute(FILLED, {"of_programme": programme})
    return {row.angkatan: _filled_course(row) for row in rows}


def last_read(connection: Connection, programme: str) -> dict[str, datetime]:
    """Return when the course of each angkatan was last read, of those of which that is known."""
    rows = connection.execute(LAST_READ, {"of_programme": programme})
    return {row.angkatan: row.read_at for row in rows}


def note_read(connection: Connection, programme: str, others_there: Mapping[str, int], now: datetime) -> None:
    """Write down that the courses of these angkatan were read now, and how many others sit in the group of each."""
    by_number: dict[int, list[str]] = {}
    for angkatan, others in others_there.items():
        by_number.setdefault(others, []).append(angkatan)
    for others, all_angkatan in by_number.items():
        for some in batches(all_angkatan):
            mine = course_places.c.programme == programme, course_places.c.angkatan.in_(some)
            connection.execute(update(course_places).where(*mine).values(read_at=now, others_there=others))


def others_there(connection: Connection, programme: str) -> dict[str, int]:
    """Return how many sit in the group of each angkatan without a seat by the roster, as their course was last read."""
    found = select(course_places.c.angkatan, course_places.c.others_there).where(course_places.c.programme == programme)
    return {row.angkatan: row.others_there or 0 for row in connection.execute(found)}


def _filled_course(row: Row[Any]) -> FilledCourse:
    return FilledCourse(
        row.angkatan,
        row.site,
        row.address,
        row.course_id,
        row.course,
        row.group_id,
        row.group_idnumber,
        row.restoration,
    )


def is_recorded(connection: Connection, programme: str) -> bool:
    """Say whether anybody is recorded under this programme."""
    found = select(participants.c.id).where(participants.c.programme == programme).limit(1)
    return connection.execute(found).first() is not None


def shared_people(connection: Connection, programme: str, others: Iterable[str]) -> dict[str, int]:
    """Count the people on this programme's roster who hold a seat in another one too, by that programme."""
    mine, theirs = identities.alias(), identities.alias()
    seat, their_seat = roster_entries.alias(), roster_entries.alias()
    holding = [str(state) for state in HOLDS_A_SEAT]
    # said so that no index serves it: SQLite would go through all of theirs, and for each through all of ours
    programme_of_theirs = func.coalesce(their_seat.c.programme, "")
    rows = connection.execute(
        select(their_seat.c.programme, func.count().label("people"))
        .join(theirs, theirs.c.participant_id == their_seat.c.participant_id)
        .join(mine, mine.c.nip == theirs.c.nip)
        .join(seat, seat.c.participant_id == mine.c.participant_id)
        .where(seat.c.programme == programme, seat.c.state.in_(holding), seat.c.angkatan.is_not(None))
        .where(programme_of_theirs.in_(list(others)), their_seat.c.state.in_(holding))
        .where(their_seat.c.angkatan.is_not(None))
        .group_by(their_seat.c.programme)
        .order_by(their_seat.c.programme)
    )
    return {row.programme: row.people for row in rows}


def accounts_of(connection: Connection, programme: str, site: str) -> frozenset[int]:
    """Return the user ids of a programme's people in a MOOC."""
    mine = participants.c.programme == programme, participants.c.site == site
    return frozenset(connection.execute(select(participants.c.source_user_id).where(*mine)).scalars())


def filled_by_other_programmes(connection: Connection, programme: str) -> tuple[tuple[str, FilledCourse], ...]:
    """Return the courses that other programmes fill, each with its programme."""
    rows = connection.execute(select(course_places).where(course_places.c.programme != programme))
    return tuple((row.programme, _filled_course(row)) for row in rows)


def save_filled_courses(connection: Connection, programme: str, filled: Sequence[FilledCourse], now: datetime) -> None:
    """Write down which courses these angkatan fill from now on, in the order given."""
    if not filled:
        return
    mine = course_places.c.programme == programme
    recorded = set(connection.execute(select(course_places.c.angkatan).where(mine)).scalars())
    for is_recorded, these in groupby(filled, lambda each: each.angkatan in recorded):
        rows = [{**asdict(each), "programme": programme, "recorded_at": now} for each in these]
        if is_recorded:
            told: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name not in ("programme", "angkatan")}
            one = update(course_places).where(mine, course_places.c.angkatan == bindparam("the_angkatan"))
            connection.execute(one.values(**told), [{**row, "the_angkatan": row["angkatan"]} for row in rows])
        else:
            add_rows(connection, course_places, rows)


def claim_courses(
    connection: Connection, programme: str, filled: Sequence[FilledCourse], now: datetime
) -> dict[str, tuple[str, str]]:
    """Write down which groups these angkatan fill; return by angkatan whose a group is already (programme, angkatan).

    Of two that claim one group at the same moment, the second waits for the first, and is told of it. All are written
    together; one by one only where one of them is somebody's.
    """
    try:
        with connection.begin_nested():
            save_filled_courses(connection, programme, filled, now)
    except IntegrityError:
        if len(filled) > 1:
            told = [claim_courses(connection, programme, [each], now) for each in filled]
            return {angkatan: holder for each in told for angkatan, holder in each.items()}
        [one] = filled
        same = course_places.c.address == one.address, course_places.c.course_id == one.course_id
        row = connection.execute(select(course_places).where(*same, course_places.c.group_id == one.group_id)).one()
        return {one.angkatan: (row.programme, row.angkatan)}
    return {}


MADE = select(pushes.c.subject).where(
    pushes.c.programme == OF_PROGRAMME,
    pushes.c.kind == str(PushKind.GROUP),
    pushes.c.state != str(PushState.REJECTED),
)


def groups_made(connection: Connection, programme: str) -> frozenset[str]:
    """Return the angkatan whose group this database sent to Moodle, whatever became of it unless it was refused."""
    return frozenset(connection.execute(MADE, {"of_programme": programme}).scalars())


def newest_restoration(connection: Connection) -> Restoration | None:
    """Return the newest moment at which this database became a copy, None if it never did."""
    row = connection.execute(NEWEST_RESTORATION).first()
    return None if row is None else Restoration(row.id, row.as_of)


def last_release(connection: Connection, programme: str) -> int:
    """Return the newest restoration of which a person released what it made doubtful, 0 if there is none."""
    return int(connection.execute(LAST_RELEASE, {"of_programme": programme}).scalar_one() or 0)


def note_release(connection: Connection, programme: str, restoration: int, now: datetime) -> None:
    """Write down that a programme's courses were compared after a restoration."""
    connection.execute(insert(restoration_releases).values(programme=programme, restoration=restoration, at=now))


def note_restoration(connection: Connection, as_of: datetime, now: datetime) -> None:
    """Write down that what this database knows ends with ``as_of``."""
    connection.execute(insert(restorations).values(as_of=as_of, recorded_at=now))


def last_noted(connection: Connection) -> datetime | None:
    """Return when anything was last written down in this database, None if it is empty."""
    moments: Iterable[datetime | None] = [
        connection.execute(select(func.max(column))).scalar_one()
        for table in metadata.sorted_tables
        for column in table.c
        if column.name in NOTED
    ]
    return max((moment for moment in moments if moment is not None), default=None)
