"""Is what may only grow whole, and does the database still refuse to change it?"""

from collections.abc import Iterator

from sqlalchemy import Connection, func, or_, select, text

from latsar_sync.domain.language import _
from latsar_sync.store.check.contradiction import BY_HAND, Contradiction
from latsar_sync.store.tables import (
    APPEND_ONLY,
    clearance_revocations,
    metadata,
    roster_entries,
    roster_events,
    score_confirmations,
)

NUMBERED_BY_OTHERS = frozenset({clearance_revocations.name, score_confirmations.name})
"""Tables whose rows have the number of the row that they are about: theirs are not one after another."""

ON_SQLITE = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
ON_POSTGRES = text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")


def ledger_is_protected(connection: Connection) -> Iterator[Contradiction]:
    """Every table that may only grow has the triggers by which the database refuses to change it."""
    on_sqlite = connection.dialect.name == "sqlite"
    endings = ("no_update", "no_delete", "no_replace") if on_sqlite else ("append_only", "no_truncate")
    there = set(connection.execute(ON_SQLITE if on_sqlite else ON_POSTGRES).scalars())
    for table in APPEND_ONLY:
        if not there.issuperset(f"{table}_{each}" for each in endings):
            yield Contradiction(
                "ledger_unprotected",
                _("The database no longer refuses to change or delete rows of {table}.").format(table=table),
                _(BY_HAND),
            )


def rows_are_one_after_another(connection: Connection) -> Iterator[Contradiction]:
    """The rows of a participant, or of a programme, are numbered from 1 on, and none is missing."""
    for table in (metadata.tables[each] for each in APPEND_ONLY if each not in NUMBERED_BY_OTHERS):
        if "version" not in table.c:
            continue
        [owner] = (column for column in table.primary_key if column.name != "version")
        rows, last = func.count(), func.max(table.c.version)
        found = select(owner.label("owner"), rows.label("rows"), last.label("last")).group_by(owner)
        for row in connection.execute(found.having(rows != last)):
            yield Contradiction(
                "ledger_row_missing",
                _("Of {owner} {table} has {rows} rows, and the last one is number {last}.").format(
                    owner=row.owner, table=table.name, rows=row.rows, last=row.last
                ),
                _(BY_HAND),
            )


def entries_have_a_line(connection: Connection) -> Iterator[Contradiction]:
    """Whoever came on the roster still stands on it, in whatever state, in the angkatan that its history tells."""
    entry, event = roster_entries.c, roster_events.c
    newest = select(event.participant_id, func.max(event.version).label("version")).group_by(event.participant_id)
    last = newest.subquery()
    rows = connection.execute(
        select(event.participant_id, event.angkatan.label("told"), entry.angkatan, entry.state)
        .join(last, (last.c.participant_id == event.participant_id) & (last.c.version == event.version))
        .outerjoin(roster_entries, entry.participant_id == event.participant_id)
        .where(or_(entry.state.is_(None), func.coalesce(entry.angkatan, "") != func.coalesce(event.angkatan, "")))
    )
    for row in rows:
        if row.state is None:
            said = _("{participant_id} has a history on the roster and stands on it no more.")
            yield Contradiction("entry_missing", said.format(participant_id=row.participant_id), _(BY_HAND))
        else:
            said = _("The roster entry of {participant_id} is in angkatan {angkatan}, its history ends in {told}.")
            values = {"angkatan": row.angkatan or "–", "told": row.told or "–"}
            yield Contradiction("history_differs", said.format(participant_id=row.participant_id, **values), _(BY_HAND))
