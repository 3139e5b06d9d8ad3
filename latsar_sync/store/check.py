"""The record checker: contradictions in what is stored, each explained, each with a remedy. It changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, text
from sqlalchemy.exc import DatabaseError

from latsar_sync.intake import same_person
from latsar_sync.model import HOLDS_A_SEAT, EntryState, Outcome, PushState
from latsar_sync.store.tables import (
    decisions,
    evidence,
    identities,
    imported_scores,
    imports,
    leases,
    participants,
    pushes,
    roster_entries,
    roster_events,
    score_confirmations,
    thresholds,
)

SEATED = [str(state) for state in HOLDS_A_SEAT]
RUN_FULL = "Run latsar-sync sync --full; if it stays, restore the last backup and report it."


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that cannot be: a stable code, what was found, and what to do. It names people by internal id."""

    code: str
    found: str
    remedy: str


def check_records(connection: Connection, capacities: Mapping[tuple[str, str], int]) -> list[Contradiction]:
    """Return every contradiction; ``capacities`` gives the seats of each programme and angkatan that has a limit.

    From a damaged file nothing else is concluded.
    """
    damage = list(_damage(connection))
    if damage:
        return damage
    found = [each for check in CHECKS for each in check(connection)]
    return found + list(_overfull(connection, capacities))


def _damage(connection: Connection) -> Iterator[Contradiction]:
    if connection.dialect.name != "sqlite":
        return
    try:
        lines = list(connection.execute(text("PRAGMA integrity_check")).scalars())
    except DatabaseError as error:
        lines = [str(error.orig)]
    for line in lines:
        if line != "ok":
            said = f"SQLite finds its file damaged: {' '.join(line.split())}."
            yield Contradiction("file_damaged", said, "Stop the service and restore the last backup.")


def _rows_point_somewhere(connection: Connection) -> Iterator[Contradiction]:
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL lets nobody delete what others point to
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        yield Contradiction("row_points_nowhere", f"A row of {row[0]} points to a missing row of {row[2]}.", RUN_FULL)


def _current_rows_exist(connection: Connection) -> Iterator[Contradiction]:
    for table, column, name in (
        (decisions, participants.c.decision_version, "decision"),
        (evidence, participants.c.evidence_version, "evidence"),
    ):
        newest = (
            select(table.c.participant_id, func.max(table.c.version).label("version"))
            .group_by(table.c.participant_id)
            .subquery()
        )
        rows = connection.execute(
            select(participants.c.id, column.label("pointed"), newest.c.version)
            .outerjoin(newest, newest.c.participant_id == participants.c.id)
            .where(func.coalesce(newest.c.version, 0) != column)
        )
        for row in rows:
            yield Contradiction(
                f"{name}_version_wrong",
                f"Participant {row.id} points to {name} {row.pointed}, the newest is {row.version or 0}.",
                RUN_FULL,
            )


def _decisions_hold(connection: Connection) -> Iterator[Contradiction]:
    """A decision stands on evidence and a threshold; a qualified one on a score that reached it and all materials."""
    rows = connection.execute(
        select(
            decisions.c.participant_id,
            decisions.c.version,
            decisions.c.outcome,
            decisions.c.score,
            decisions.c.materials_done,
            decisions.c.materials_total,
            decisions.c.threshold_version,
            decisions.c.evidence_version,
            evidence.c.seen_at,
            thresholds.c.value,
        )
        .join(participants, participants.c.id == decisions.c.participant_id)
        .outerjoin(
            thresholds,
            and_(
                thresholds.c.programme == participants.c.programme,
                thresholds.c.version == decisions.c.threshold_version,
            ),
        )
        .outerjoin(
            evidence,
            and_(
                evidence.c.participant_id == decisions.c.participant_id,
                evidence.c.version == decisions.c.evidence_version,
            ),
        )
        .execution_options(yield_per=1000)
    )
    for row in rows:
        name = f"Decision {row.version} of participant {row.participant_id}"
        if row.threshold_version is not None and row.value is None:
            yield Contradiction("threshold_missing", f"{name} was judged by a threshold that is not there.", RUN_FULL)
        if row.seen_at is None:
            yield Contradiction("evidence_missing", f"{name} was made from evidence that is not there.", RUN_FULL)
        if row.outcome != str(Outcome.QUALIFIED):
            continue
        if row.value is not None and (row.score is None or row.score < row.value):
            yield Contradiction("qualified_below_limit", f"{name} says qualified below its threshold.", RUN_FULL)
        if row.materials_total is not None and row.materials_done != row.materials_total:
            yield Contradiction("qualified_unfinished", f"{name} says qualified with open materials.", RUN_FULL)


def _entries_are_whole(connection: Connection) -> Iterator[Contradiction]:
    arrived = [str(EntryState.PUSHED), str(EntryState.CONFIRMED)]
    entry = roster_entries.c
    rows = connection.execute(
        select(entry.participant_id, entry.state)
        .where(entry.state.in_([*arrived, str(EntryState.PLANNED)]))
        .where(
            or_(
                entry.angkatan.is_(None),
                and_(entry.state.in_(arrived), or_(entry.target_user_id.is_(None), entry.course_id.is_(None))),
                and_(entry.state == str(EntryState.CONFIRMED), or_(entry.group_id.is_(None), entry.origin.is_(None))),
            )
        )
    )
    for row in rows:
        yield Contradiction(
            "entry_incomplete", f"The roster entry of {row.participant_id} is {row.state} without its place.", RUN_FULL
        )


def _history_agrees(connection: Connection) -> Iterator[Contradiction]:
    rows = connection.execute(
        select(roster_entries.c.participant_id, roster_entries.c.state, roster_events.c.state.label("told"))
        .outerjoin(
            roster_events,
            and_(
                roster_events.c.participant_id == roster_entries.c.participant_id,
                roster_events.c.version == roster_entries.c.version,
            ),
        )
        .where(or_(roster_events.c.state.is_(None), roster_events.c.state != roster_entries.c.state))
    )
    for row in rows:
        yield Contradiction(
            "history_differs",
            f"The roster entry of {row.participant_id} is {row.state}, its history ends with {row.told or 'nothing'}.",
            "Somebody changed the table by hand? The history tells the truth; " + RUN_FULL,
        )


def _one_seat_a_person(connection: Connection) -> Iterator[Contradiction]:
    entry = roster_entries.c
    rows = connection.execute(
        select(entry.site, entry.course_id, entry.target_user_id, func.count().label("times"))
        .where(entry.state.in_(SEATED), entry.target_user_id.is_not(None))
        .group_by(entry.site, entry.course_id, entry.target_user_id)
        .having(func.count() > 1)
    )
    for row in rows:
        yield Contradiction(
            "seat_taken_twice",
            f"{row.times} roster entries point to user {row.target_user_id} in course {row.course_id} of {row.site}.",
            "Two MOOC accounts of one person? Mend the NIP in the MOOC, then run latsar-sync sync --full.",
        )


def _shared_nips(connection: Connection) -> Iterator[Contradiction]:
    sharers = (
        select(participants.c.programme, identities.c.nip)
        .join(identities, identities.c.participant_id == participants.c.id)
        .where(identities.c.nip.is_not(None))
        .group_by(participants.c.programme, identities.c.nip)
        .having(func.count() > 1)
        .subquery()
    )
    rows = connection.execute(
        select(participants.c.id, decisions.c.outcome)
        .join(identities, identities.c.participant_id == participants.c.id)
        .join(sharers, and_(sharers.c.programme == participants.c.programme, sharers.c.nip == identities.c.nip))
        .join(
            decisions,
            and_(
                decisions.c.participant_id == participants.c.id, decisions.c.version == participants.c.decision_version
            ),
        )
        .where(decisions.c.outcome == str(Outcome.QUALIFIED))
    )
    for row in rows:
        yield Contradiction(
            "shared_nip_qualified", f"Participant {row.id} is qualified though others carry the same NIP.", RUN_FULL
        )


def _pushes_in_the_air(connection: Connection) -> Iterator[Contradiction]:
    held = select(leases.c.programme)
    rows = connection.execute(
        select(pushes.c.programme, func.count().label("times"))
        .where(pushes.c.state == str(PushState.SENDING), pushes.c.programme.not_in(held))
        .group_by(pushes.c.programme)
    )
    for row in rows:
        yield Contradiction(
            "pushes_in_the_air",
            f"{row.times} pushes of {row.programme} were sent by a run that ended without an answer.",
            "Nothing to mend: the next run reads the course and settles them.",
        )


def _imports_have_two_pairs_of_eyes(connection: Connection) -> Iterator[Contradiction]:
    """Look at who confirmed imported scores, and whether evidence rests on any that nobody did."""
    score, seen = imported_scores.c, evidence.c
    confirmed = and_(
        score_confirmations.c.participant_id == score.participant_id, score_confirmations.c.version == score.version
    )
    rows = connection.execute(
        select(imports.c.id, imports.c.by, score_confirmations.c.by.label("other"))
        .join(imported_scores, score.import_id == imports.c.id)
        .join(score_confirmations, confirmed)
        .distinct()
    )
    for row in rows:
        if same_person(row.by, row.other):
            said = f"Import {row.id} was confirmed by the person who imported it."
            yield Contradiction("import_confirmed_alone", said, "Let somebody else compare it with the office's file.")
    rows = connection.execute(
        select(seen.participant_id, seen.imported_version)
        .outerjoin(
            score_confirmations,
            and_(
                score_confirmations.c.participant_id == seen.participant_id,
                score_confirmations.c.version == seen.imported_version,
            ),
        )
        .where(seen.imported_version.is_not(None), score_confirmations.c.version.is_(None))
    )
    for row in rows:
        said = f"Evidence of {row.participant_id} rests on the imported score {row.imported_version}, not confirmed."
        yield Contradiction("import_unconfirmed", said, RUN_FULL)


def _overfull(connection: Connection, capacities: Mapping[tuple[str, str], int]) -> Iterator[Contradiction]:
    entry = roster_entries.c
    rows = connection.execute(
        select(entry.programme, entry.angkatan, func.count().label("seats"))
        .where(entry.state.in_(SEATED), entry.angkatan.is_not(None))
        .group_by(entry.programme, entry.angkatan)
    )
    for row in rows:
        capacity = capacities.get((row.programme, row.angkatan))
        if capacity is not None and row.seats > capacity:
            yield Contradiction(
                "angkatan_overfull",
                f"Angkatan {row.angkatan} of {row.programme} has {row.seats} seats taken of {capacity}.",
                "Was the capacity lowered? Nobody loses a seat; raise it, or decide by hand.",
            )


CHECKS: tuple[Callable[[Connection], Iterator[Contradiction]], ...] = (
    _rows_point_somewhere,
    _current_rows_exist,
    _decisions_hold,
    _entries_are_whole,
    _history_agrees,
    _one_seat_a_person,
    _shared_nips,
    _pushes_in_the_air,
    _imports_have_two_pairs_of_eyes,
)
