"""Roster entries with their history: one a participant, an event for each change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.store import webhooks
from latsar_sync.store.bulk import Row, add_rows, change_rows, read_rows, shared
from latsar_sync.store.tables import identities, roster_entries, roster_events

STATES = {str(each): each for each in EntryState}
ADMISSIONS = {str(each): each for each in Admission}

ASKED_BY_ID = 500
"""Up to so many entries are looked up by their ids."""


def load_entries(connection: Connection, programme: str, ids: Mapping[str, str] | None = None) -> dict[str, Entry]:
    """Return a programme's roster by participant id, without those who were erased.

    ``ids`` are internal ids by themselves, as far as they are at hand: an id is then held once.
    """
    rows = read_rows(
        connection,
        select(roster_entries)
        .join(identities, identities.c.participant_id == roster_entries.c.participant_id)
        .where(roster_entries.c.programme == programme),
    )
    ids = ids or {}
    entries = (_entry(row, ids.get(row.participant_id, row.participant_id)) for row in rows)
    return {entry.participant_id: entry for entry in entries}


def count_entries(connection: Connection, programme: str) -> Counter[EntryState]:
    """Return how many of a programme's roster are in each state, without those who were erased."""
    statement = (
        select(roster_entries.c.state, func.count())
        .join(identities, identities.c.participant_id == roster_entries.c.participant_id)
        .where(roster_entries.c.programme == programme)
        .group_by(roster_entries.c.state)
    )
    return Counter({STATES[state]: number for state, number in connection.execute(statement)})


def _entry(row: Any, participant_id: str) -> Entry:
    return Entry(
        participant_id=participant_id,
        state=STATES[row.state],
        angkatan=shared(row.angkatan),
        admission=ADMISSIONS[row.admission],
        reason=shared(row.reason),
        reached_at=row.reached_at,
        order_id=row.order_id,
        origin=Origin(row.origin) if row.origin else None,
        site=shared(row.site),
        course_id=row.course_id,
        course=shared(row.course),
        target_user_id=row.target_user_id,
        group_id=row.group_id,
        group=shared(row.group),
        approved_by=shared(row.approved_by),
        late=row.late,
        lifted=row.lifted,
        seated=row.seated,
    )


def save_entries(
    connection: Connection,
    programme: str,
    known: Mapping[str, Entry],
    entries: Iterable[Entry],
    now: datetime,
    run_id: int | None,
    by: str | None = None,
) -> None:
    """Write the entries that differ from ``known``, and an event for each new state, angkatan, reason or approval."""
    changed = [entry for entry in entries if known.get(entry.participant_id) != entry]
    versions = _versions(
        connection, programme, [each.participant_id for each in changed if each.participant_id in known]
    )

    def is_told(entry: Entry) -> bool:
        before = known.get(entry.participant_id)
        return before is None or by is not None or _told(before) != _told(entry)

    def row(entry: Entry) -> Row:
        version = versions.get(entry.participant_id, 0) + is_told(entry)
        return {**entry._asdict(), "programme": programme, "version": version}

    new = (entry for entry in changed if entry.participant_id not in known)
    add_rows(connection, roster_entries, map(row, new))
    old = (entry for entry in changed if entry.participant_id in known)
    change_rows(connection, roster_entries, "participant_id", map(row, old))
    events = (
        {
            "participant_id": entry.participant_id,
            "version": versions.get(entry.participant_id, 0) + 1,
            "state": str(entry.state),
            "angkatan": entry.angkatan,
            "reason": entry.reason,
            "by": by,
            "at": now,
            "run_id": run_id,
        }
        for entry in changed
        if is_told(entry)
    )
    add_rows(connection, roster_events, events)
    webhooks.note_people(connection, programme, known, changed, now, run_id)


def _told(entry: Entry) -> tuple[EntryState, str | None, str | None]:
    return entry.state, entry.angkatan, entry.reason


def _versions(connection: Connection, programme: str, participant_ids: Sequence[str]) -> dict[str, int]:
    """Return the versions of these entries: one by one while they are few, else of the whole programme."""
    if not participant_ids:
        return {}
    statement = select(roster_entries.c.participant_id, roster_entries.c.version)
    if len(participant_ids) <= ASKED_BY_ID:
        statement = statement.where(roster_entries.c.participant_id.in_(participant_ids))
    else:
        statement = statement.where(roster_entries.c.programme == programme)
    ours = {each: each for each in participant_ids}  # not the text that was read: it would be held a second time
    rows = read_rows(connection, statement)
    return {ours[row.participant_id]: row.version for row in rows if row.participant_id in ours}
