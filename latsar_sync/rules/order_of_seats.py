"""Who gets which seat, in which order: decisions and the roster as it is in, entries out. Pure (rules 11 to 15, 17).

Who keeps a seat, or loses it, stands in ``kept_or_lost_seats``; what keeps a planned entry from being sent, in
``holding_back``; by what people are placed, in ``placement``.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, cast

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import WITHOUT_A_SEAT, Admission, Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.packed import EPOCH, MICROSECOND
from latsar_sync.rules.holding_back import hold_back_with_ground
from latsar_sync.rules.kept_or_lost_seats import CLEARANCE_UNMET, kept_entry, left_the_list
from latsar_sync.rules.placement import Placement, where_they_may_sit
from latsar_sync.rules.which_angkatan import PossibleAngkatan, WhichAngkatan, admission_closed

AFTER_EVERYBODY = datetime.max.replace(tzinfo=UTC)
Rank = tuple[int, int, int, int]
RANK_OF_GROUND = {Admission.OVERRIDE: 0, Admission.RULE: 1, Admission.FILLED: 2, Admission.WARNED: 2}


def give_seats(
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    all_angkatan: Sequence[Angkatan],
    placement: Placement,
    taken_besides: Mapping[str, int],
    sitting_in: Mapping[str, str],
    pinned: Collection[str] = (),
) -> MutableMapping[str, Entry]:
    """Given where everybody stands and the roster as it is, return the entries that are new or changed.

    ``taken_besides`` counts by angkatan id who else sits in its group (``who_has_a_seat``). ``sitting_in`` maps
    whoever of ours is in the group of an in-class course already to its angkatan: they keep a seat before anybody else,
    and take one also without holding it: waiting, held or not judged (rule 11).
    ``pinned`` are the participants of whom a write is under way: they stay where it was sent.
    Nobody who was sent or confirmed loses a seat here: whoever no longer qualifies goes to ``review`` (rules 2 and 5).
    Who is only planned and belongs to another angkatan now is placed anew.
    """
    which = placement.which(all_angkatan)
    by_id = {angkatan.id: angkatan for angkatan in all_angkatan}
    used, waiting = Counter(taken_besides), many_people.no_ids_yet(standings)
    changed: MutableMapping[str, Entry] = many_people.none_yet(entries)

    # who keeps a seat, or loses it
    for standing in standings.values():
        if standing.merged:
            continue
        who = standing.participant_id
        before, sits_in = entries.get(who), sitting_in.get(who)
        ground = ground_of(standing, before, placement)
        kept = kept_entry(before, standing, ground, which, placement, by_id, who in pinned)
        if kept is not None and kept != before:
            changed[who] = kept
        if kept is not None and kept.seat_in is not None:
            used[kept.seat_in] += 1
            continue  # where else they sit took a seat already: ``taken_besides`` counts that
        if sits_in is not None:
            used[sits_in] += 1
        if kept is None and ground is not None and not left_the_list(who, ground, placement):
            waiting.append(who)

    # the seats that are left, to those who wait, in their order
    def rank_of(who: str) -> Rank:
        standing = standings[who]
        ground = _ground_of_waiting(standing, entries.get(who), placement)
        return rank(who in sitting_in, ground, standing.reached_at, standing.score, standing.source_user_id)

    for who in many_people.in_order(waiting, rank_of):
        standing, before = standings[who], entries.get(who)
        one = _Waiting(standing, _ground_of_waiting(standing, before, placement), before, sitting_in.get(who))
        entry = _seat(one, which, placement, used)
        if entry is not None and entry != before:
            changed[who] = entry
    return changed


def ground_of(standing: Standing, before: Entry | None, placement: Placement) -> Admission | None:
    """Say on what ground somebody may be placed; on an undetermined decision only by a person (rules 4, 14, 15)."""
    if standing.participant_id in placement.admitted:
        return Admission.OVERRIDE
    if standing.outcome is Outcome.QUALIFIED:
        return Admission.RULE
    return placement.ground_by_effect(standing.unmet, placement.today) if may_come_by_effect(standing, before) else None


def may_come_by_effect(standing: Standing, before: Entry | None) -> bool:
    """Say whether an effect can let somebody in: no one who left the source without reaching what it asks for."""
    never_in_class = before is None or before.origin is None
    left_it_unmet = not standing.enrolled and Gate.MOOC in standing.unmet
    return standing.outcome is Outcome.NOT_YET and not (left_it_unmet and never_in_class)


def _ground_of_waiting(standing: Standing, before: Entry | None, placement: Placement) -> Admission:
    return cast(Admission, ground_of(standing, before, placement))  # nobody waits without one


def rank(
    sat_there_before: bool,
    admission: Admission,
    reached_at: datetime | None,
    score: Decimal | None,
    source_user_id: int,
) -> Rank:
    """Return somebody's rank in the order of seats, the one definition of it: the lower comes first (rule 11).

    Whoever sat in the group already comes first; then whom a person admits, the rule, an effect; then by the time of
    reaching the limit, by the better score of whom the rule alone does not let in, by the account's id in the MOOC.
    """
    moment = ((reached_at or AFTER_EVERYBODY) - EPOCH) // MICROSECOND
    by_score = -int((score or 0) * 100_000) if admission is not Admission.RULE else 0  # five places (rule 1)
    return (RANK_OF_GROUND[admission] + (0 if sat_there_before else 3), moment, by_score, source_user_id)


class _Waiting(NamedTuple):
    """Somebody who waits for a seat, on what ground, and their entry as it was."""

    standing: Standing
    ground: Admission
    before: Entry | None
    sits_in: str | None

    def gets(self, state: EntryState, angkatan: str | None, placement: Placement, **values: Any) -> Entry:
        """Return a new entry of theirs; course and group of an angkatan that was left do not stay behind."""
        standing, before = self.standing, self.before
        entry = Entry(
            standing.participant_id,
            state=state,
            angkatan=angkatan,
            admission=self.ground,
            reached_at=standing.reached_at,
            source_user_id=standing.source_user_id,
            **values,
        )
        if before is not None and angkatan is not None and angkatan == before.angkatan:
            entry = _remembering(entry, before, standing.participant_id in placement.admitted)
        if self.ground is Admission.OVERRIDE and state is EntryState.PLANNED:
            return entry.having(lifted_from=entry.lifted_from or WITHOUT_A_SEAT)
        return entry

    def admitted_to(self, possible: PossibleAngkatan, used: Mapping[str, int], today: date) -> Angkatan:
        """Return where a person's admission lets them in, which beats date and capacity where it must: where they were,
        else the first that is open still, of these the first with a seat left.
        """

        def must_beat(angkatan: Angkatan) -> tuple[bool, bool]:
            is_full = angkatan.capacity is not None and used[angkatan.id] >= angkatan.capacity
            return admission_closed(angkatan, today), is_full

        courses = possible.angkatan_with_course
        known = courses.get(self.before.angkatan or "") if self.before is not None else None
        return known or min(courses.values(), key=must_beat)

    def gets_a_seat(self, angkatan: Angkatan, placement: Placement, **values: Any) -> Entry:
        """Return a planned entry in an angkatan, with what keeps it from being sent."""
        entry = self.gets(EntryState.PLANNED, angkatan.id, placement, **values)
        return hold_back_with_ground(entry, angkatan, placement)


def _seat(waiting: _Waiting, which: WhichAngkatan, placement: Placement, used: Counter[str]) -> Entry | None:
    """Return the entry of one waiting person, taking a seat from ``used`` where there is one."""
    standing, by_a_person = waiting.standing, waiting.ground is Admission.OVERRIDE
    possible, problem = where_they_may_sit(standing, which, placement)
    if possible is not None and not possible.angkatan_with_course:
        # who never had an entry needs none; who had one is told why nothing follows
        without_course = next(iter(possible.all_angkatan))
        return (
            waiting.gets(EntryState.WAITLISTED, without_course, placement, reason="no_class")
            if waiting.before
            else None
        )
    doubt = placement.doubt_who_this_is(standing.participant_id)
    if doubt is not None and not by_a_person:
        return waiting.gets(EntryState.REVIEW, None, placement, reason=doubt)
    if possible is None:
        return waiting.gets(EntryState.REVIEW, None, placement, reason=problem)
    if waiting.sits_in in possible.angkatan_with_course:  # they need no admission: it is only written down
        there = possible.angkatan_with_course[waiting.sits_in]
        return waiting.gets_a_seat(there, placement, sat_there_before=True)
    # a person beats capacity, date and clearance as well (the reason is on record): whom one lets in after it is late
    free = waiting.admitted_to(possible, used, placement.today) if by_a_person else possible.with_a_seat(used)
    by_effect = None
    if free is None:
        # who comes into a course that lacks a clearance of its own sits there on the ground of what follows from that
        by_effect = placement.ground_by_effect({*standing.unmet, Gate.CLEARANCE}, placement.today)
        if by_effect is not None and (free := possible.with_a_seat(used, without_clearance=True)):
            waiting = waiting._replace(ground=by_effect)
    if free is not None:
        used[free.id] += 1
        late = placement.is_not_on_finalised_roster(standing.participant_id, free.id)
        late = late or admission_closed(free, placement.today)
        return waiting.gets_a_seat(free, placement, late=late)
    single = next(iter(possible.angkatan_with_course)) if len(possible.angkatan_with_course) == 1 else None
    return waiting.gets(EntryState.WAITLISTED, single, placement, reason=_why_no_seat(possible, by_effect is not None))


def _why_no_seat(possible: PossibleAngkatan, by_effect: bool) -> str:
    """Return why somebody waits who may sit in one of these courses, ``by_effect`` also without its clearance."""
    if possible.admits_today or (by_effect and possible.admits_without_clearance_today):
        return "over_capacity"
    return "admission_closed" if possible.seats_by_rule or by_effect else CLEARANCE_UNMET


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
    may_wait = [each for each in ready if each[0].admission is not Admission.OVERRIDE]

    def rank_of(each: tuple[Entry, Decimal | None]) -> Rank:
        entry, score = each
        return rank(entry.sat_there_before, entry.admission, entry.reached_at, score, entry.source_user_id)

    in_order = sorted(may_wait, key=rank_of)
    return [entry.having(reason="over_capacity") for entry, _ in in_order[max(0, len(in_order) - excess) :]]


def has_courses(all_angkatan: Sequence[Angkatan]) -> bool:
    """Say whether anybody of the programme is sent anywhere."""
    return any(angkatan.course is not None for angkatan in all_angkatan)
