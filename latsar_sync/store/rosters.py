"""Roster entries with their history, and the pushes: each attempted write to an LMS, written down before it is sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from latsar_sync.domain.model import Admission, Entry, EntryState, Origin, PushKind, PushState, RunOutcome
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import Row, add_rows, change_rows, read_rows, shared
from latsar_sync.store.tables.core import identities, pushes, roster_entries, roster_events, run_programmes

STATES = {str(each): each for each in EntryState}
ADMISSIONS = {str(each): each for each in Admission}

ASKED_BY_ID = 500
"""Up to so many entries are looked up by their ids."""


def load_entries(
    connection: Connection, programme: str, records: Mapping[str, Record] | None = None
) -> dict[str, Entry]:
    """Return a programme's roster by participant id, without those who were erased.

    ``records`` are people's records by internal id, as far as they are at hand: an id is then held once for both.
    """
    rows = read_rows(
        connection,
        select(roster_entries)
        .join(identities, identities.c.participant_id == roster_entries.c.participant_id)
        .where(roster_entries.c.programme == programme),
    )
    records = records or {}
    entries = (_entry(row, records.get(row.participant_id)) for row in rows)
    return {entry.participant_id: entry for entry in entries}


def _entry(row: Any, record: Record | None) -> Entry:
    return Entry(
        participant_id=record.participant.id if record else row.participant_id,
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


@dataclass(frozen=True, slots=True)
class Push:
    """One attempted write. ``subject`` is a participant id, or an angkatan id where a group is made."""

    kind: PushKind
    subject: str
    site: str
    course_id: int
    target_user_id: int | None = None
    group_id: int | None = None
    role_id: int | None = None


def write_ahead(connection: Connection, programme: str, batch: Sequence[Push], run_id: int, now: datetime) -> list[int]:
    """Write down a batch before it is sent, state ``sending``, and return the row ids in the same order."""
    attempts = _attempts(connection, programme, batch[0].kind, [push.subject for push in batch])
    rows = [
        {
            "programme": programme,
            "kind": str(push.kind),
            "subject": push.subject,
            "attempt": attempts.get(push.subject, 0) + 1,
            "state": str(PushState.SENDING),
            "site": push.site,
            "course_id": push.course_id,
            "target_user_id": push.target_user_id,
            "group_id": push.group_id,
            "role_id": push.role_id,
            "run_id": run_id,
            "sent_at": now,
        }
        for push in batch
    ]
    returned = connection.execute(insert(pushes).returning(pushes.c.id, sort_by_parameter_order=True), rows)
    return [row.id for row in returned]


def settle(
    connection: Connection, push_ids: Sequence[int], state: PushState, now: datetime, error: str | None = None
) -> None:
    """Record what became of pushes; what was once said of an error stays with the row."""
    if push_ids:
        values = {"state": str(state), "settled_at": now} | ({"error": error} if error is not None else {})
        statement = update(pushes).where(pushes.c.id == bindparam("the_id")).values(**values)
        connection.execute(statement, [{"the_id": each} for each in push_ids])


def forget_the_dead(connection: Connection, programme: str, now: datetime) -> None:
    """Turn what a dead run left in ``sending`` into ``unknown``; call it under the lease, before anything else."""
    connection.execute(
        update(pushes)
        .where(pushes.c.programme == programme, pushes.c.state == str(PushState.SENDING))
        .values(state=str(PushState.UNKNOWN), settled_at=now, error="the run ended before an answer came")
    )


@dataclass(frozen=True, slots=True)
class OpenPush:
    """A push that was sent and not yet seen, or found missing, in the LMS."""

    id: int
    push: Push
    run_id: int


def open_pushes(connection: Connection, programme: str) -> list[OpenPush]:
    """Return the pushes of a programme whose outcome no reading has settled."""
    rows = connection.execute(
        select(pushes).where(
            pushes.c.programme == programme,
            pushes.c.state.in_([str(PushState.UNKNOWN), str(PushState.ACKNOWLEDGED)]),
        )
    )
    return [
        OpenPush(
            row.id,
            Push(
                PushKind(row.kind),
                row.subject,
                row.site,
                row.course_id,
                row.target_user_id,
                row.group_id,
                row.role_id,
            ),
            row.run_id,
        )
        for row in rows
    ]


def ever_sent(connection: Connection, programme: str) -> bool:
    """Say whether a programme ever tried to enrol anybody."""
    statement = select(pushes.c.id).where(pushes.c.programme == programme, pushes.c.kind == str(PushKind.ENROL))
    return connection.execute(statement.limit(1)).first() is not None


def first_push_done(connection: Connection, programme: str) -> bool:
    """Say whether the first push is over: a run over everybody that filled at least one course, whatever another did.

    Or one that found all of it done, after the first enrolment that Moodle took: the first push was cut short.
    """
    took = [str(PushState.ACKNOWLEDGED), str(PushState.CONFIRMED)]
    first = select(func.min(pushes.c.run_id)).where(
        pushes.c.programme == programme, pushes.c.kind == str(PushKind.ENROL), pushes.c.state.in_(took)
    )
    statement = select(run_programmes.c.run_id).where(
        run_programmes.c.programme == programme,
        or_(
            run_programmes.c.outcome == str(RunOutcome.OK),
            and_(run_programmes.c.outcome == str(RunOutcome.PARTIAL), run_programmes.c.push_ended),
        ),
        run_programmes.c.kind.in_(["full", "incremental"]),
        run_programmes.c.run_id >= first.scalar_subquery(),
    )
    return connection.execute(statement.limit(1)).first() is not None


def _attempts(connection: Connection, programme: str, kind: PushKind, subjects: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(
        select(pushes.c.subject, func.max(pushes.c.attempt).label("attempt"))
        .where(pushes.c.programme == programme, pushes.c.kind == str(kind), pushes.c.subject.in_(subjects))
        .group_by(pushes.c.subject)
    )
    return {row.subject: row.attempt for row in rows}
