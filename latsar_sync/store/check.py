"""The record checker: contradictions in what is stored, each explained, each with a remedy. It changes nothing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, or_, select, text
from sqlalchemy.exc import DatabaseError

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, EntryState
from latsar_sync.domain.in_class import PushState
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.records import ErasureKind
from latsar_sync.domain.spelling import name_form
from latsar_sync.store.identities import merged_otherwise
from latsar_sync.store.tables import (
    decisions,
    erasures,
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
RUN_FULL = mark("Run latsar-sync sync --full; if it stays, restore the last backup and report it.")


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
            said = _("SQLite finds its file damaged: {said}.").format(said=" ".join(line.split()))
            yield Contradiction("file_damaged", said, _("Stop the service and restore the last backup."))


def _rows_point_somewhere(connection: Connection) -> Iterator[Contradiction]:
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL lets nobody delete what others point to
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        yield Contradiction(
            "row_points_nowhere",
            _("A row of {table} points to a missing row of {other}.").format(table=row[0], other=row[2]),
            _(RUN_FULL),
        )


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
                _("Participant {id} points to {name} {pointed}, the newest is {version}.").format(
                    id=row.id, name=name, pointed=row.pointed, version=row.version or 0
                ),
                _(RUN_FULL),
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
        name = _("Decision {version} of participant {participant_id}").format(
            version=row.version, participant_id=row.participant_id
        )
        if row.threshold_version is not None and row.value is None:
            yield Contradiction(
                "threshold_missing",
                _("{name} was judged by a threshold that is not there.").format(name=name),
                _(RUN_FULL),
            )
        if row.seen_at is None:
            yield Contradiction(
                "evidence_missing", _("{name} was made from evidence that is not there.").format(name=name), _(RUN_FULL)
            )
        if row.outcome != str(Outcome.QUALIFIED):
            continue
        if row.value is not None and (row.score is None or row.score < row.value):
            yield Contradiction(
                "qualified_below_limit", _("{name} says qualified below its threshold.").format(name=name), _(RUN_FULL)
            )
        if row.materials_total is not None and row.materials_done != row.materials_total:
            yield Contradiction(
                "qualified_unfinished", _("{name} says qualified with open materials.").format(name=name), _(RUN_FULL)
            )


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
            "entry_incomplete",
            _("The roster entry of {participant_id} is {state} without its place.").format(
                participant_id=row.participant_id, state=row.state
            ),
            _(RUN_FULL),
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
            _("The roster entry of {participant_id} is {state}, its history ends with {told}.").format(
                participant_id=row.participant_id, state=row.state, told=row.told or "–"
            ),
            "Somebody changed the table by hand? The history tells the truth; " + _(RUN_FULL),
        )


def _one_seat_a_person(connection: Connection) -> Iterator[Contradiction]:
    entry = roster_entries.c
    rows = connection.execute(
        # people of two programmes may meet in one course: each has its own group there
        select(entry.site, entry.course_id, entry.target_user_id, func.count().label("times"))
        .join(identities, identities.c.participant_id == entry.participant_id)
        # whoever is in review may sit there by an account that is not theirs
        .where(entry.state.in_(SEATED), entry.state != str(EntryState.REVIEW), entry.target_user_id.is_not(None))
        .group_by(entry.programme, entry.site, entry.course_id, entry.target_user_id)
        .having(func.count() > 1)
    )
    for row in rows:
        yield Contradiction(
            "seat_taken_twice",
            _("{times} roster entries point to user {target_user_id} in course {course_id} of {site}.").format(
                times=row.times, target_user_id=row.target_user_id, course_id=row.course_id, site=row.site
            ),
            _("Two MOOC accounts of one person? See latsar-sync identity merge; or a wrong NIP? identity correct."),
        )


def _merged_accounts(connection: Connection) -> Iterator[Contradiction]:
    for participant_id in merged_otherwise(connection):
        yield Contradiction(
            "merge_differs",
            _("Participant {id} is merged otherwise than the last word about it says.").format(id=participant_id),
            _("Somebody changed the table by hand? Say it again: latsar-sync identity merge."),
        )


def _shared_nips(connection: Connection) -> Iterator[Contradiction]:
    rows = connection.execute(
        select(participants.c.programme, identities.c.nip, participants.c.id)
        .join(identities, identities.c.participant_id == participants.c.id)
        .join(
            decisions,
            and_(
                decisions.c.participant_id == participants.c.id, decisions.c.version == participants.c.decision_version
            ),
        )
        .where(
            identities.c.nip.is_not(None),
            participants.c.merged_into.is_(None),
            decisions.c.outcome == str(Outcome.QUALIFIED),
        )
        .order_by(participants.c.id)
    )
    carriers: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        carriers.setdefault((row.programme, row.nip), []).append(row.id)
    for qualified in carriers.values():
        for each in qualified if len(qualified) > 1 else ():
            yield Contradiction(
                "shared_nip_qualified",
                _("Participant {id} is qualified though others carry the same NIP.").format(id=each),
                _(RUN_FULL),
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
            _("{times} pushes of {programme} were sent by a run that ended without an answer.").format(
                times=row.times, programme=row.programme
            ),
            _("Nothing to mend: the next run reads the course and settles them."),
        )


def _identities_agree(connection: Connection) -> Iterator[Contradiction]:
    """Whoever has no identity was erased, by the register; whoever has one was not, or was taken in again."""
    newest = (
        select(erasures.c.participant_id, func.max(erasures.c.version).label("version"))
        .group_by(erasures.c.participant_id)
        .subquery()
    )
    rows = connection.execute(
        select(participants.c.id, identities.c.participant_id.label("identity"), erasures.c.kind)
        .outerjoin(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(newest, newest.c.participant_id == participants.c.id)
        .outerjoin(
            erasures,
            and_(erasures.c.participant_id == newest.c.participant_id, erasures.c.version == newest.c.version),
        )
        .where(
            or_(
                and_(
                    identities.c.participant_id.is_(None), func.coalesce(erasures.c.kind, "") != str(ErasureKind.ERASED)
                ),
                and_(
                    identities.c.participant_id.is_not(None),
                    func.coalesce(erasures.c.kind, "") == str(ErasureKind.ERASED),
                ),
            )
        )
    )
    for row in rows:
        if row.identity is None:
            said = _("Participant {id} has no identity, and the register of erasures does not say why.")
            remedy = _("Somebody deleted the row by hand: record it with latsar-sync person erase.")
            yield Contradiction("identity_missing", said.format(id=row.id), remedy)
        else:
            said = _("Participant {id} was erased by the register, and has an identity all the same.")
            remedy = _("Erase them again: latsar-sync person erase.")
            yield Contradiction("erased_identity_present", said.format(id=row.id), remedy)


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
        if name_form(row.by) == name_form(row.other):
            said = _("Import {number} was confirmed by the person who imported it.").format(number=row.id)
            remedy = _("Let somebody else compare it with the office's file.")
            yield Contradiction("import_confirmed_alone", said, remedy)
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
        said = _("Evidence of {id} rests on the imported score {number}, which nobody confirmed.")
        said = said.format(id=row.participant_id, number=row.imported_version)
        yield Contradiction("import_unconfirmed", said, _(RUN_FULL))


def _overfull(connection: Connection, capacities: Mapping[tuple[str, str], int]) -> Iterator[Contradiction]:
    entry = roster_entries.c
    rows = connection.execute(
        select(entry.programme, entry.angkatan, func.count().label("seats"))
        # whoever was erased is counted among the strangers of the course, while they sit there
        .join(identities, identities.c.participant_id == entry.participant_id)
        .where(entry.state.in_(SEATED), entry.angkatan.is_not(None))
        .group_by(entry.programme, entry.angkatan)
    )
    for row in rows:
        capacity = capacities.get((row.programme, row.angkatan))
        if capacity is not None and row.seats > capacity:
            yield Contradiction(
                "angkatan_overfull",
                _("Angkatan {angkatan} of {programme} has {seats} seats taken of {capacity}.").format(
                    angkatan=row.angkatan, programme=row.programme, seats=row.seats, capacity=capacity
                ),
                _("Was the capacity lowered? Nobody loses a seat; raise it, or decide by hand."),
            )


CHECKS: tuple[Callable[[Connection], Iterator[Contradiction]], ...] = (
    _rows_point_somewhere,
    _current_rows_exist,
    _decisions_hold,
    _entries_are_whole,
    _history_agrees,
    _one_seat_a_person,
    _merged_accounts,
    _shared_nips,
    _identities_agree,
    _pushes_in_the_air,
    _imports_have_two_pairs_of_eyes,
)
