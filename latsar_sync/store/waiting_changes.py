"""What actions do to roster entries: at once, or when the run has ended that works on them (rule 15).

A run holds the roster in its memory from its beginning to its end. What somebody decides meanwhile is recorded at once,
and what that makes of an entry waits: whoever gives the lease back, or takes it next, does it in the same transaction.
"""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from latsar_sync.domain.entry import BY_MANAGERS, Entry
from latsar_sync.rules.entry_changes import (
    ChangeKind,
    EntryChange,
    changed,
    is_left_for_another,
    leaves_wrong_account,
    stays_in_old_course,
)
from latsar_sync.rules.merged_entries import give_back, take_over
from latsar_sync.store import merged_accounts, moves
from latsar_sync.store.bulk import batches
from latsar_sync.store.entries import load_entries, save_entries
from latsar_sync.store.tables import roster_entries, waiting_changes


def put_off(connection: Connection, programme: str, changes: Sequence[EntryChange]) -> None:
    """Write down changes that wait until the run under way has ended; of an admission, which entry it was about."""
    admitted = [each.participant_id for each in changes if each.kind is ChangeKind.ADMIT]
    about = _versions(connection, admitted)
    rows = [
        {
            "programme": programme,
            **asdict(each),
            "kind": str(each.kind),
            "version": about.get(each.participant_id, 0) if each.kind is ChangeKind.ADMIT else each.version,
        }
        for each in changes
    ]
    if rows:
        connection.execute(insert(waiting_changes), rows)


def waiting(connection: Connection, programme: str) -> list[EntryChange]:
    """Return the changes of a programme that wait, in the order in which they were decided."""
    rows = connection.execute(
        select(waiting_changes).where(waiting_changes.c.programme == programme).order_by(waiting_changes.c.id)
    )
    return [
        EntryChange(row.participant_id, ChangeKind(row.kind), row.by, row.angkatan, row.course, row.late, row.version)
        for row in rows
    ]


def as_moved(connection: Connection, programme: str, entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return entries, by internal id, as the moves that wait will leave them: another move is judged by that."""
    after = dict(entries)
    for change in waiting(connection, programme):
        if change.kind is ChangeKind.MOVE and change.participant_id in after:
            after[change.participant_id] = changed(after[change.participant_id], change)
    return after


def catch_up(connection: Connection, programme: str, now: datetime) -> None:
    """Carry out what waits. Whose entry, or identity, is gone meanwhile is passed over.

    So is an admission of whom the run found a manager to have taken out of the course, their group or their role:
    nobody admitted them knowing that (rule 5).
    """
    found = waiting(connection, programme)
    if found:
        admitted = [each.participant_id for each in found if each.kind is ChangeKind.ADMIT]
        by_managers = _versions(connection, admitted, roster_entries.c.reason.in_(BY_MANAGERS))
        known = [
            each
            for each in found
            if each.kind is not ChangeKind.ADMIT or by_managers.get(each.participant_id, each.version) == each.version
        ]
        carry_out(connection, programme, known, now)
        connection.execute(delete(waiting_changes).where(waiting_changes.c.programme == programme))


def _versions(connection: Connection, people: Iterable[str], *those: ColumnElement[bool]) -> dict[str, int]:
    """Return the versions of people's entries, by internal id; of ``those`` alone, if any are named."""
    columns = select(roster_entries.c.participant_id, roster_entries.c.version)
    found: dict[str, int] = {}
    for some in batches(people):
        mine = columns.where(roster_entries.c.participant_id.in_(some), *those)
        found |= {row.participant_id: row.version for row in connection.execute(mine)}
    return found


def forget(connection: Connection, people: Iterable[str]) -> None:
    """Let what was decided of people, by internal id, that lets them in or moves them be carried out no more."""
    lets_in = [str(kind) for kind in (ChangeKind.ADMIT, ChangeKind.APPROVE, ChangeKind.TAKE_IN, ChangeKind.MOVE)]
    for some in batches(people):
        mine = waiting_changes.c.participant_id.in_(some), waiting_changes.c.kind.in_(lets_in)
        connection.execute(delete(waiting_changes).where(*mine))


def carry_out(connection: Connection, programme: str, changes: Sequence[EntryChange], now: datetime) -> None:
    """Change entries, in order; where somebody stays behind in a course by that, it is written down."""
    known = load_entries(connection, programme)
    for by, theirs in groupby(changes, lambda each: each.by):
        after: dict[str, Entry] = {}
        followed = set[tuple[str | None, int | None]]()
        entries = ChainMap(after, known)
        for change in theirs:
            who = change.participant_id
            entry = entries.get(who)
            if change.kind is ChangeKind.TAKE_OVER:
                taken = _taken_over(connection, programme, who, entries, now)
                if taken is not None:
                    after[who] = taken
                    followed.add((taken.site, taken.target_user_id))
                continue
            if entry is None:
                continue
            if change.kind is ChangeKind.WAIT_AGAIN and (counted := merged_accounts.parted_from(connection, who)):
                own, after[who] = give_back(entries.get(counted), entry)
                after |= {} if own is None else {counted: own}
                continue
            new = after[who] = changed(entry, change)
            left = new != entry and (entry.site, entry.target_user_id) not in followed
            if left and leaves_wrong_account(entry, new, change):
                moves.add_left_behind(connection, [entry], now, wrong_account=True)
            if stays_in_old_course(entry, change):
                moves.add_left_behind_by_move(connection, entry, change.version, now)
        save_entries(connection, programme, known, after.values(), now, run_id=None, by=by)
        known |= after


def _taken_over(
    connection: Connection, programme: str, who: str, entries: Mapping[str, Entry], now: datetime
) -> Entry | None:
    """Return the entry of somebody into whose account others were merged, with what theirs hold; None without any."""
    before = entry = entries.get(who)
    moved = moves.moved_to(connection, programme)
    for merge in merged_accounts.merges_into(connection, who):
        other, to = entries.get(merge.account), None if who in moved else moved.get(merge.account)
        entry = take_over(entry, other, who, to) if other is not None else entry
    if before is not None and entry is not None and is_left_for_another(before, entry):
        moves.add_left_behind(connection, [before], now, wrong_account=before.angkatan == entry.angkatan)
    return entry
