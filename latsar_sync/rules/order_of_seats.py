"""Who gets which seat, in which order: decisions and the roster as it is in, entries out. Pure (rules 11 to 15, 17).

By what people are placed, and what keeps a planned entry from being sent, stands in ``why_not_sent``.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import WITHOUT_A_SEAT, Admission, Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.packed import EPOCH, MICROSECOND
from latsar_sync.rules.entry_against_course import MENDABLE, UNPLACED
from latsar_sync.rules.moves import as_before_admission
from latsar_sync.rules.seats_taken import HOLDS_A_SEAT
from latsar_sync.rules.which_angkatan import UNCONFIGURED, Opening, Openings, is_closed
from latsar_sync.rules.why_not_sent import LEFT_THE_LIST, Placement, say_why_not_sent

CLEARANCE_UNMET = "clearance_unmet"
UNQUALIFIED = frozenset({"no_longer_qualifies", CLEARANCE_UNMET})
"""The ``review`` of somebody who lacks the right to the seat: it ends by itself once they qualify again (rule 5)."""

NEVER = datetime.max.replace(tzinfo=UTC)
Rank = tuple[int, int, int, int]
RANK_OF_GROUND = {Admission.OVERRIDE: 0, Admission.RULE: 1, Admission.FILLED: 2, Admission.WARNED: 2}


def place(
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    all_angkatan: Sequence[Angkatan],
    placement: Placement,
    taken_by_others: Mapping[str, int],
    seated: Mapping[str, str],
    pinned: Collection[str] = (),
) -> MutableMapping[str, Entry]:
    """Given where everybody stands and the roster as it is, return the entries that are new or changed.

    ``taken_by_others`` counts by angkatan id who else sits in its group (``seats_taken``). ``seated`` maps whoever
    of ours is in the group of an in-class course already to its angkatan: they keep a seat before anybody else, and
    take one also without holding it: waiting, held or not judged (rule 11).
    ``pinned`` are the participants of whom a write is under way: they stay where it was sent.
    Nobody who was admitted loses a seat here; whoever no longer qualifies goes to ``review`` (rules 2 and 5).
    """
    openings = Openings(placement.kind, all_angkatan, placement.today, placement.barred, placement.gone)
    by_id = {angkatan.id: angkatan for angkatan in all_angkatan}
    used, waiting = Counter(taken_by_others), many_people.no_ids_yet(standings)
    changed: MutableMapping[str, Entry] = many_people.none_yet(entries)

    # who keeps a seat, or loses it
    for standing in standings.values():
        if standing.merged:
            continue
        who = standing.participant_id
        before, sits_in, ground = entries.get(who), seated.get(who), ground_of(standing, placement)
        kept = _kept(before, standing, ground, openings, placement, by_id, who in pinned)
        if kept is not None and kept != before:
            changed[who] = kept
        if kept is not None and kept.state in HOLDS_A_SEAT and kept.angkatan is not None:
            used[kept.angkatan] += 1
            continue  # where else they sit is counted in ``used`` already
        if sits_in is not None:
            used[sits_in] += 1
        if kept is None and ground is not None and not _left_the_list(who, ground, placement):
            waiting.append(who)

    # the seats that are left, to those who wait, in their order
    def rank_of(who: str) -> Rank:
        standing = standings[who]
        ground = ground_of(standing, placement) or Admission.WARNED  # whoever waits may be placed: there always is one
        return rank(who in seated, ground, standing.reached_at, standing.score, standing.order_id)

    for who in many_people.in_order(waiting, rank_of):
        standing, before = standings[who], entries.get(who)
        ground = ground_of(standing, placement) or Admission.WARNED
        entry = _seat(standing, ground, before, seated.get(who), openings, placement, used)
        if entry is not None and entry != before:
            changed[who] = entry
    return changed


def _kept(
    before: Entry | None,
    standing: Standing,
    ground: Admission | None,
    openings: Openings,
    placement: Placement,
    all_angkatan: Mapping[str, Angkatan],
    pinned: bool,
) -> Entry | None:
    """Return the entry that somebody keeps, with what keeps it from being sent; None where there is none to keep."""
    who = standing.participant_id
    kept = keep(before, standing, ground, openings, placement, pinned) if before is not None else None
    if kept is not None and kept.state is EntryState.PLANNED:
        outcome = Outcome.QUALIFIED if who in placement.admitted else standing.outcome
        angkatan = all_angkatan.get(kept.angkatan or "")
        return say_why_not_sent(kept, angkatan, placement, outcome or Outcome.UNDETERMINED)
    waited = kept is None and before is not None and before.state is EntryState.WAITLISTED
    if waited and before is not None and _left_the_list(who, ground, placement):
        return before.having(reason=LEFT_THE_LIST)
    return kept


def _left_the_list(who: str, ground: Admission | None, placement: Placement) -> bool:
    """Say whether an imported list names somebody no more whom no person admits."""
    return who in placement.off_the_list.gone and ground is not Admission.OVERRIDE


def has_courses(all_angkatan: Sequence[Angkatan]) -> bool:
    """Say whether anybody of the programme is sent anywhere."""
    return any(angkatan.course is not None for angkatan in all_angkatan)


def ground_of(standing: Standing, placement: Placement) -> Admission | None:
    """Say on what ground somebody may be placed; on an undetermined decision only by a person (rules 4, 14, 15)."""
    if standing.participant_id in placement.admitted:
        return Admission.OVERRIDE
    if standing.outcome is Outcome.QUALIFIED:
        return Admission.RULE
    return placement.ground_by_effect(standing.lacks, placement.today) if standing.outcome is Outcome.NOT_YET else None


def keep(
    entry: Entry,
    standing: Standing,
    ground: Admission | None,
    openings: Openings,
    placement: Placement,
    pinned: bool,
) -> Entry | None:
    """Return the entry of somebody who needs no seat given, as it is now; None where they are to be given one."""
    if entry.lifted_from is not None and standing.participant_id not in placement.admitted:
        # what a write under way came to is told by the course
        entry = entry.having(lifted_from=None) if pinned else as_before_admission(entry)
    in_review = entry.state is EntryState.REVIEW
    if entry.state is EntryState.WITHDRAWN or (in_review and entry.reason not in MENDABLE | UNQUALIFIED):
        return entry
    lost_the_rule = entry.admission is Admission.RULE and ground is Admission.FILLED
    if standing.outcome is Outcome.NOT_YET and (ground is None or lost_the_rule):
        return _without_the_right(entry, standing)
    if ground is None:
        return _without_ground(entry, standing)
    if entry.state is EntryState.REVIEW and entry.reason in UNQUALIFIED:
        if entry.angkatan is None:
            return None  # who only waited when the right was lost waits again
        # the right is there again; the course, read in this same run, tells the true state
        entry = entry.having(state=EntryState.PUSHED if entry.origin else EntryState.PLANNED, reason=None)
    if entry.state is EntryState.PLANNED:
        opening, _ = _opening_to(standing, openings, placement)
        stays = pinned or (opening is not None and entry.angkatan in opening.all_angkatan)
        return entry.having(admission=ground) if stays else None
    if entry.reason == UNCONFIGURED and entry.angkatan is not None:
        return entry  # it counts there until a person says what became of it
    if entry.state is EntryState.WAITLISTED or entry.reason in UNPLACED or entry.reason == UNCONFIGURED:
        return None
    return entry


def _without_ground(entry: Entry, standing: Standing) -> Entry:
    """Return the entry of somebody whom nothing lets in or keeps out now: it stays, and says of who waits why."""
    if entry.state is not EntryState.WAITLISTED:
        return entry
    if standing.outcome is Outcome.HELD:
        return entry.having(reason=str(Outcome.HELD))
    # who waits anew by a person's word, or is held no more, would wait without a reason
    return entry.having(reason=str(Outcome.UNDETERMINED)) if entry.reason in (None, str(Outcome.HELD)) else entry


def _without_the_right(entry: Entry, standing: Standing) -> Entry:
    """Return the entry of somebody who was admitted, or waited, and would not be now: nothing is undone (rule 5)."""
    if standing.lacks == {Gate.CLEARANCE}:
        state = entry.state if entry.state is EntryState.WAITLISTED else EntryState.REVIEW
        return entry.having(state=state, reason=CLEARANCE_UNMET)
    # who only waited for a seat must not take one by losing the right to it
    angkatan_id = None if entry.state is EntryState.WAITLISTED else entry.angkatan
    return entry.having(state=EntryState.REVIEW, angkatan=angkatan_id, reason="no_longer_qualifies")


def _opening_to(standing: Standing, openings: Openings, placement: Placement) -> tuple[Opening | None, str | None]:
    """Return the angkatan that somebody may sit in, or the reason why there is none."""
    listed, moved = placement.listed.get(standing.nip or ""), placement.moves.get(standing.participant_id)
    return openings.to(standing.groups, listed, moved)


def rank(seated: bool, admission: Admission, reached_at: datetime | None, score: Decimal | None, order_id: int) -> Rank:
    """Return somebody's rank in the order of seats, the one definition of it: the lower comes first (rule 11).

    Whoever sat in the group already comes first; then whom a person admits, the rule, an effect; then by the time of
    reaching the limit, by the better score where the rule is unmet, by the account's id in the MOOC.
    """
    moment = ((reached_at or NEVER) - EPOCH) // MICROSECOND
    by_score = -int((score or 0) * 100_000) if admission is not Admission.RULE else 0  # five places (rule 1)
    return (RANK_OF_GROUND[admission] + (0 if seated else 3), moment, by_score, order_id)


def _seat(
    standing: Standing,
    ground: Admission,
    before: Entry | None,
    sits_in: str | None,
    openings: Openings,
    placement: Placement,
    used: Counter[str],
) -> Entry | None:
    """Return the entry of one waiting person, taking a seat from ``used`` where there is one."""
    who, by_a_person = standing.participant_id, ground is Admission.OVERRIDE

    def anew(state: EntryState, angkatan: str | None, **values: Any) -> Entry:
        # course and group of an angkatan that was left must not stay behind
        entry = Entry(
            who,
            state=state,
            angkatan=angkatan,
            admission=ground,
            reached_at=standing.reached_at,
            order_id=standing.order_id,
            **values,
        )
        if before is not None and angkatan is not None and angkatan == before.angkatan:
            entry = _remembering(entry, before, who in placement.admitted)
        if by_a_person and state is EntryState.PLANNED:
            return entry.having(lifted_from=entry.lifted_from or WITHOUT_A_SEAT)
        return entry

    opening, problem = _opening_to(standing, openings, placement)
    if opening is not None and not opening.with_course:
        # who never had an entry needs none; who had one is told why nothing follows
        without_course = next(iter(opening.all_angkatan))
        return anew(EntryState.WAITLISTED, without_course, reason="no_class") if before else None
    doubt = placement.doubt_about(who)
    if doubt is not None and not by_a_person:
        return anew(EntryState.REVIEW, None, reason=doubt)
    if opening is None:
        return anew(EntryState.REVIEW, None, reason=problem)
    if sits_in in opening.with_course:  # whoever sits there needs no admission: it is only written down
        angkatan = opening.with_course[sits_in]
        return say_why_not_sent(anew(EntryState.PLANNED, angkatan.id, seated=True), angkatan, placement)
    # a person beats capacity, date and clearance as well: the reason is on record
    free = next(iter(opening.with_course.values())) if by_a_person else opening.with_a_seat(used)
    if free is not None:
        used[free.id] += 1
        late = placement.is_newcomer(who, free.id) or is_closed(free, placement.today)
        return say_why_not_sent(anew(EntryState.PLANNED, free.id, late=late), free, placement)
    single = next(iter(opening.with_course)) if len(opening.with_course) == 1 else None
    reason = "over_capacity" if opening.admits else "admission_closed" if opening.unbarred else CLEARANCE_UNMET
    return anew(EntryState.WAITLISTED, single, reason=reason)


def _remembering(entry: Entry, before: Entry, admitted: bool) -> Entry:
    """Return a new entry in the course of the one ``before``, with what that one knew: where somebody was seen there.

    What a person lifted stays lifted while they admit somebody still.
    """
    return entry.having(
        origin=before.origin,
        site=before.site,
        course_id=before.course_id,
        course=before.course,
        target_user_id=before.target_user_id,
        group_id=before.group_id,
        group=before.group,
        lifted_from=before.lifted_from if admitted else None,
    )


def beyond_capacity(capacity: int | None, taken: int, ready: Iterable[tuple[Entry, Decimal | None]]) -> list[Entry]:
    """Return who of ``ready`` must wait because the angkatan is fuller than it may be, with the reason (rule 11).

    ``ready`` are planned entries that are about to be sent, each with the person's score; ``taken`` counts every seat
    that is held or sat on, theirs too. The last in the order of seats wait; whom a named person admits does not.
    """
    excess = 0 if capacity is None else max(0, taken - capacity)
    by_the_rule = [each for each in ready if each[0].admission is not Admission.OVERRIDE]

    def rank_of(each: tuple[Entry, Decimal | None]) -> Rank:
        entry, score = each
        return rank(entry.seated, entry.admission, entry.reached_at, score, entry.order_id)

    in_order = sorted(by_the_rule, key=rank_of)
    return [entry.having(reason="over_capacity") for entry, _ in in_order[max(0, len(in_order) - excess) :]]
