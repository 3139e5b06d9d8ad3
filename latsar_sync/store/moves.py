"""Moves to another angkatan, added and never changed; and the courses in which they left somebody enrolled."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Subquery, func, insert, or_, select, update

from latsar_sync.domain.actions import AngkatanMove, LeftBehind, stands
from latsar_sync.domain.entry import HOLDS_A_SEAT, Entry, EntryState
from latsar_sync.domain.in_class import CourseAsRead
from latsar_sync.rules.whose_account_in_class import found_by_another
from latsar_sync.store.identities import handed_over
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import angkatan_moves, identities, left_behind, participants, roster_entries


def add_move(connection: Connection, move: AngkatanMove) -> None:
    """Record a move; its ``version`` must be the next one of that participant."""
    connection.execute(
        insert(angkatan_moves).values(
            participant_id=move.participant_id,
            version=move.version,
            angkatan=move.angkatan,
            before=move.before,
            reason=move.reason,
            by=move.by,
            at=move.at,
        )
    )


def add_left_behind_by_move(connection: Connection, old: Entry, version: int, now: datetime) -> None:
    """Write down in which course the move of that ``version`` left somebody: nothing is undone there."""
    values = {**_left(old), "version": version, "still_there": True, "seen_at": now}
    connection.execute(insert(left_behind).values(**values))


def add_left_behind(
    connection: Connection, entries: Iterable[Entry], now: datetime, wrong_account: bool = False
) -> None:
    """Write down whom the replacement of a course left in the old one, or who is in a course by an account that is not
    theirs (``wrong_account``); no move tells of it, so they count downwards.
    """
    for entry in entries:
        lowest = select(func.min(left_behind.c.version)).where(left_behind.c.participant_id == entry.participant_id)
        version = min(connection.execute(lowest).scalar_one() or 0, 0) - 1
        connection.execute(
            insert(left_behind).values(
                **_left(entry), version=version, still_there=True, seen_at=now, wrong_account=wrong_account
            )
        )


def _left(entry: Entry) -> dict[str, object]:
    return {
        "participant_id": entry.participant_id,
        "angkatan": entry.angkatan,
        "site": entry.site,
        "course_id": entry.course_id,
        "course": entry.course,
        "group": entry.group,
        "group_id": entry.group_id,
        "target_user_id": entry.target_user_id,
    }


def note_wrong_accounts(
    connection: Connection, known: Mapping[str, Entry], entries: Iterable[Entry], now: datetime
) -> None:
    """Write down the accounts by which people were in a course and that turned out not to be theirs."""
    pairs = ((known.get(entry.participant_id), entry) for entry in entries)
    left = [before for before, after in pairs if before is not None and found_by_another(before, after)]
    add_left_behind(connection, left, now, wrong_account=True)


ALL_MOVES = RowsOfPeople(
    angkatan_moves,
    select(angkatan_moves).join(participants, participants.c.id == angkatan_moves.c.participant_id),
)


def move_history(connection: Connection, programme: str, participant_id: str | None = None) -> list[AngkatanMove]:
    """Return every move of a programme or of one participant, oldest first."""
    # of one participant the rows are numbered; moments of different ones are only for the eye, since clocks jump
    moves = angkatan_moves.c
    order = [moves.version] if participant_id is not None else [moves.at, moves.version]
    which = [moves.participant_id == participant_id] if participant_id is not None else []
    return [
        AngkatanMove(row.participant_id, row.version, row.angkatan, row.before, row.reason, row.by, row.at)
        for row in ALL_MOVES.of(connection, programme, *which, order=order)
    ]


def moved_to(connection: Connection, programme: str) -> Mapping[str, str]:
    """Return the angkatan that people were moved to, by internal id; the newest move counts.

    Nobody is moved by what was said of whoever had their account before.
    """
    history = sorted(move_history(connection, programme), key=lambda each: each.version)
    since = handed_over(connection, programme) if history else {}
    newest = {each.participant_id: each for each in history}
    return {who: each.angkatan for who, each in newest.items() if stands(each.at, who, since)}


def _standing_moves() -> Subquery:
    newest = angkatan_moves.alias("newest")
    last = select(func.max(newest.c.version)).where(newest.c.participant_id == angkatan_moves.c.participant_id)
    since = identities.c.handed_over_at
    return (
        select(angkatan_moves.c.participant_id, angkatan_moves.c.angkatan)
        .outerjoin(identities, identities.c.participant_id == angkatan_moves.c.participant_id)
        .where(angkatan_moves.c.version == last.scalar_subquery(), or_(since.is_(None), angkatan_moves.c.at >= since))
        .subquery("standing_moves")
    )


STANDING_MOVES = _standing_moves()
"""Where people were moved to, as ``moved_to`` tells it: to be joined by ``participant_id``."""


ALL_LEFT = RowsOfPeople(
    left_behind,
    select(left_behind)
    .join(participants, participants.c.id == left_behind.c.participant_id)
    .order_by(left_behind.c.participant_id, left_behind.c.version),
)


def load_left_behind(connection: Connection, programme: str) -> tuple[LeftBehind, ...]:
    """Return where moves of a programme left somebody enrolled, oldest first, those who are gone from there too.

    Whoever rightly sits there by that account now, the same person again or somebody else, is not left behind.
    """
    found = [LeftBehind(**row._mapping) for row in ALL_LEFT.of(connection, programme)]
    if not found:
        return ()
    accounts = {each.target_user_id for each in found}
    entries = select(roster_entries).where(roster_entries.c.target_user_id.in_(accounts))
    seated = connection.execute(entries).all()
    return tuple(replace(each, still_there=False) if _sits_rightly(each, seated) else each for each in found)


def _sits_rightly(left: LeftBehind, entries: Iterable[Any]) -> bool:
    return any(
        (entry.site, entry.course_id, entry.target_user_id) == (left.site, left.course_id, left.target_user_id)
        and left.group_id in (None, entry.group_id)
        and entry.state in (HOLDS_A_SEAT if entry.participant_id == left.participant_id else [EntryState.CONFIRMED])
        for entry in entries
    )


def look_for_the_left_behind(
    connection: Connection, programme: str, courses: Iterable[CourseAsRead], now: datetime
) -> None:
    """Given in-class courses just read, record who of those left behind there is still in them."""
    read = {(course.site, course.course_id): course for course in courses}
    for each in load_left_behind(connection, programme):
        course = read.get((each.site, each.course_id))
        if course is not None:
            connection.execute(
                update(left_behind)
                .where(left_behind.c.participant_id == each.participant_id, left_behind.c.version == each.version)
                .values(still_there=_is_there(each, course), seen_at=now)
            )


def _is_there(left: LeftBehind, course: CourseAsRead) -> bool:
    person = course.enrolled.get(left.target_user_id)
    if person is None or not person.active:
        return False
    return left.group_id is None or left.group_id in person.group_ids
