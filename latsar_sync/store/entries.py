"""Roster entries with their history: one a participant, an event for each change."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from latsar_sync.domain.entries_of_one import EntriesOfOne, EntriesRead, Told
from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.domain.many_people import by_id
from latsar_sync.domain.packed_ids import Ids
from latsar_sync.store import webhooks
from latsar_sync.store.bulk import Row, add_rows, batches, change_rows, read_rows, shared
from latsar_sync.store.database import Database
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import erasures, identities, participants, roster_entries, roster_events
from latsar_sync.store.tables.columns import OF_PROGRAMME, STATEMENTS_KEPT
from latsar_sync.store.writes_beside import WritesBeside

STATES = {str(each): each for each in EntryState}
ADMISSIONS = {str(each): each for each in Admission}
ORIGINS: Mapping[str | None, Origin | None] = {None: None, **{str(each): each for each in Origin}}

CALLED_OTHERWISE = {"source_user_id": "order_id", "sat_there_before": "seated"}
COLUMNS = tuple(CALLED_OTHERWISE.get(name, name) for name in Entry._fields)
"""The columns of an entry's fields, in their order."""

TOGETHER = 5_000
"""So many entries are compared and written together."""


def load_entries(connection: Connection, programme: str) -> dict[str, Entry]:
    """Return a programme's roster by participant id, without those who were erased."""
    return {row.participant_id: _entry(row, row.participant_id) for row in read_rows(connection, _rows(programme))}


def load_entries_of(connection: Connection, programme: str, participant_ids: Collection[str]) -> dict[str, Entry]:
    """Return the same of these people alone."""
    theirs = roster_entries.c.programme.concat("")  # SQLite would go through all of it if it could look that up
    rows = _all_rows().where(theirs == programme)
    some = (rows.where(roster_entries.c.participant_id.in_(batch)) for batch in batches(participant_ids))
    found = (row for each in some for row in read_rows(connection, each))
    return {row.participant_id: _entry(row, row.participant_id) for row in found}


def load_roster(connection: Connection, programme: str, ids: Mapping[str, str] | Ids) -> Mapping[str, Entry]:
    """Return the same for a run, which holds internal ids once: ``ids`` are those at hand, each by itself.

    Where they are packed, so is the roster.
    """
    entries: MutableMapping[str, Entry] = by_id(Entry, ids)
    for row in read_rows(connection, _rows(programme)):
        who = ids.get(row.participant_id, row.participant_id)
        entries[who] = _entry(row, who)
    return entries


def roster_of_one(database: Database, programme: str) -> EntriesOfOne:
    """Return the same for a run about one person: entries are read once they are asked for."""

    def read(told: Told, most: int | None) -> Iterator[Entry]:
        with database.reading() as connection:
            if "participant_id" in told:
                yield from load_entries_of(connection, programme, told["participant_id"]).values()
                return
            for conditions in product(*(_is_one_of(roster_entries.c[field], told[field]) for field in told)):
                some = _rows(programme).where(*conditions).limit(most)
                yield from (_entry(row, row.participant_id) for row in read_rows(connection, some))

    return EntriesOfOne(EntriesRead(read))


def _is_one_of(column: ColumnElement[Any], values: Collection[Any]) -> Iterator[ColumnElement[bool]]:
    """Yield conditions one of which holds where a column has one of these values."""
    told = (str(each) if isinstance(each, str) else each for each in values if each is not None)
    for some in batches(told):
        yield column.in_(some)
    if None in values:
        yield column.is_(None)


@lru_cache(STATEMENTS_KEPT)
def _rows(programme: str) -> Select[Any]:
    return _all_rows().where(roster_entries.c.programme == programme)


@lru_cache(1)
def _all_rows() -> Select[Any]:
    of_somebody = identities.c.participant_id == roster_entries.c.participant_id
    return select(*(roster_entries.c[name] for name in COLUMNS)).join(identities, of_somebody)


# in the order of an index that holds all of it: to look up who has an identity takes ten times as long
_BY_STATE = (
    select(roster_entries.c.state, func.count())
    .where(roster_entries.c.programme == OF_PROGRAMME)
    .group_by(roster_entries.c.angkatan, roster_entries.c.state)
)
_OF_ERASED = RowsOfPeople(
    erasures,
    select(roster_entries.c.participant_id, roster_entries.c.state)
    .distinct()
    .select_from(erasures)
    .join(participants, participants.c.id == erasures.c.participant_id)
    .join(roster_entries, roster_entries.c.participant_id == participants.c.id)
    .where(~exists().where(identities.c.participant_id == participants.c.id)),
)


def count_entries(connection: Connection, programme: str) -> Counter[EntryState]:
    """Return how many of a programme's roster are in each state, without those who were erased."""
    counted = Counter[EntryState]()
    for state, number in connection.execute(_BY_STATE, {OF_PROGRAMME.key: programme}):
        counted[STATES[state]] += number
    counted.subtract(STATES[row.state] for row in _OF_ERASED.of(connection, programme))
    return counted


def _entry(row: Any, participant_id: str) -> Entry:
    # by their order, of which there are very many: by name each would take half as long again
    (_, state, angkatan, admission, reason, reached_at, source_user_id, origin, site, course_id, course, target_user_id,
     group_id, group, approved_by, late, lifted_from, sat_there_before) = row  # fmt: skip
    return Entry(
        participant_id,
        STATES[state],
        shared(angkatan),
        ADMISSIONS[admission],
        shared(reason),
        reached_at,
        source_user_id,
        ORIGINS[origin],
        shared(site),
        course_id,
        shared(course),
        target_user_id,
        group_id,
        shared(group),
        shared(approved_by),
        late,
        shared(lifted_from),
        sat_there_before,
    )


def save_entries(
    connection: Connection | WritesBeside,
    programme: str,
    known: Mapping[str, Entry],
    entries: Iterable[Entry],
    now: datetime,
    run_id: int | None,
    by: str | None = None,
) -> None:
    """Write the entries that differ from ``known``, and an event for each new state, angkatan, reason or approval."""
    differing = (entry for entry in entries if known.get(entry.participant_id) != entry)
    for some in batches(differing, TOGETHER):  # of many people not all are held at once
        _save_some(connection, programme, known, some, now, run_id, by)


def _save_some(
    connection: Connection | WritesBeside,
    programme: str,
    known: Mapping[str, Entry],
    changed: Sequence[Entry],
    now: datetime,
    run_id: int | None,
    by: str | None,
) -> None:
    versions = _versions(connection, [each.participant_id for each in changed if each.participant_id in known])

    def is_told(entry: Entry) -> bool:
        before = known.get(entry.participant_id)
        return before is None or by is not None or _told(before) != _told(entry)

    def row(entry: Entry) -> Row:
        told: dict[str, Any] = dict(zip(COLUMNS, entry, strict=True))
        told["programme"], told["version"] = programme, versions.get(entry.participant_id, 0) + is_told(entry)
        return told

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


def _versions(connection: Connection | WritesBeside, participant_ids: Sequence[str]) -> dict[str, int]:
    """Return the versions of these entries."""
    found: dict[str, int] = {}
    for some in batches(participant_ids):
        statement = select(roster_entries.c.participant_id, roster_entries.c.version)
        statement = statement.where(roster_entries.c.participant_id.in_(some))
        asked = connection if isinstance(connection, Connection) else connection.settled()
        found |= {row.participant_id: row.version for row in read_rows(asked, statement)}
    return found
