"""What holds of any roster, whoever is placed in it (rules 5, 8, 11, 14, 17)."""

from collections import Counter
from dataclasses import replace
from random import Random

from builders import TODAY, TOMORROW, YESTERDAY, Candidate, angkatan, candidate, day, entry
from hypothesis import given
from hypothesis import strategies as st
from placements import CONFIRMED, PLANNED, PUSHED, REVIEW, WAITLISTED, WITHDRAWN, place

from latsar_sync.domain.decision import Gate, Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission, Entry, Origin
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules import order_of_seats as rule
from latsar_sync.rules.holding_back import REASONS_HOLDING_BACK
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.whom_placing_concerns import who_may_be_placed

MEMBERSHIPS = [("Angkatan I",), ("Angkatan II",), ("Angkatan III",), (), ("Angkatan I", "Angkatan II")]
STANDINGS = [
    *(
        entry("", PLANNED, angkatan, reason)
        for angkatan in ("I", "II")
        for reason in (None, "push_unknown", "push_rejected", *sorted(REASONS_HOLDING_BACK))
    ),
    *(
        entry("", state, angkatan)._replace(origin=Origin.PUSHED)
        for angkatan in ("I", "II")
        for state in (PUSHED, CONFIRMED)
    ),
    *(entry("", WAITLISTED, angkatan, "over_capacity") for angkatan in ("I", "II", None)),
    entry("", WAITLISTED, "I", "admission_closed"),
    entry("", WAITLISTED, "III", "no_class"),
    entry("", REVIEW, None, "no_angkatan"),
    entry("", REVIEW, None, "two_angkatan"),
    entry("", REVIEW, "I", "target_account_missing"),
    entry("", REVIEW, "II", "target_other_group"),
    entry("", REVIEW, "II", "no_longer_qualifies"),
    entry("", REVIEW, "I", "clearance_unmet"),
    entry("", REVIEW, "II", "clearance_unmet")._replace(origin=Origin.PUSHED),
    entry("", WAITLISTED, "I", "clearance_unmet"),
    entry("", WITHDRAWN, "I", "target_removed"),
]
# made once: making them anew for each example took longer than what is proved
FINALISED = st.sampled_from([{}, {"I": frozenset({"p1"})}, {"I": frozenset(), "II": frozenset({"p2"})}])
WITHOUT_CLEARANCE = st.sampled_from([frozenset(), frozenset({"I"}), frozenset({"I", "II"})])
MOVED = st.sampled_from([None, None, None, "I", "II", "III", "IX"])
PERHAPS_EFFECTS = st.sampled_from([None, "block", "prioritise", "warn"])
KINDS = st.sampled_from(["group", "list", "first_qualified"])
EFFECTS = st.sampled_from(["block", "prioritise", "warn"])
SCORES = st.sampled_from([None, "50", "69.99999", "80"])
BEGINNINGS = st.sampled_from([None, YESTERDAY, TOMORROW])
GATES = st.sets(st.sampled_from(Gate), min_size=1)
LISTED = st.sampled_from([None, "I", "II", "III"])
DAYS = st.none() | st.integers(1, 4).map(day)
KNOWN = st.none() | st.sampled_from(STANDINGS)
SEATED = st.sampled_from([None, "I", "II"])
GROUPS = st.sampled_from(MEMBERSHIPS)
ADMISSIONS = st.sampled_from(Admission)
OUTCOMES = st.sampled_from(Outcome)
SIZES = st.integers(1, 7)
FOREIGN = st.integers(0, 2)
EITHER = st.booleans()
CAPACITIES = st.none() | st.integers(1, 3)
CLOSINGS = st.sampled_from([None, YESTERDAY, TODAY])


@st.composite
def programmes(
    draw: st.DrawFn,
) -> tuple[list[Candidate], dict[str, Entry], tuple[Angkatan, ...], Placement, dict[str, int]]:
    """Draw a programme of two courses and an angkatan without one, with people in every standing that can be."""
    people, entries = [], {}
    for source_user_id in range(1, draw(SIZES) + 1):
        name = f"p{source_user_id}"
        people.append(
            candidate(
                name,
                source_user_id,
                outcome=draw(OUTCOMES),
                at=draw(DAYS),
                groups=draw(GROUPS),
                score=draw(SCORES),
                listed=draw(LISTED),
                seated=draw(SEATED),
                moved=draw(MOVED),
                lacks=draw(GATES),
            )
        )
        known = draw(KNOWN)
        if known is not None:
            entries[name] = known._replace(participant_id=name, admission=draw(ADMISSIONS))
    courses = (
        angkatan("I", draw(CAPACITIES), draw(CLOSINGS)),
        angkatan("II", draw(CAPACITIES), draw(CLOSINGS)),
        angkatan("III", course=None),
    )
    how = Placement(
        kind=draw(KINDS),
        effect=draw(EFFECTS),
        today=TODAY,
        fill_from=draw(BEGINNINGS),
        approval_needed=draw(EITHER),
        clearance_effect=draw(PERHAPS_EFFECTS),
        finalised=draw(FINALISED),
        without_clearance=draw(WITHOUT_CLEARANCE),
    )
    foreign = {name: draw(FOREIGN) for name in ("I", "II")}
    return people, entries, courses, how, foreign


Programme = tuple[list[Candidate], dict[str, Entry], tuple[Angkatan, ...], Placement, dict[str, int]]


@given(programmes())
def test_placing_twice_changes_nothing(programme: Programme) -> None:
    """Rule 8."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}
    # whoever sat in a group by hand and got a seat elsewhere is counted there among the others from now on
    left = [each for each in people if each.seated and each.participant_id not in entries]
    for each in left:
        at = after[each.participant_id].angkatan if each.participant_id in after else None
        if at not in (None, each.seated):
            foreign[each.seated or ""] += 1

    assert place(people, after, courses, how, foreign) == {}


@given(programmes())
def test_whoever_is_found_where_they_are_planned_moves_nobody(programme: Programme) -> None:
    """So seats that were given before the in-class courses were read need not be given again for them."""
    people, entries, courses, how, _foreign = programme
    before = place([each._replace(seated=None) for each in people], entries, courses, how, {})
    where = {name: entry.angkatan for name, entry in entries.items() if entry.state is PLANNED and name not in before}
    found = [each._replace(seated=where.get(each.participant_id)) for each in people]

    assert place(found, entries, courses, how, {}) == before


@given(programmes(), st.randoms(use_true_random=False))
def test_the_order_in_which_people_are_read_seats_nobody(programme: Programme, random: Random) -> None:
    people, entries, courses, how, foreign = programme
    shuffled = people[:]
    random.shuffle(shuffled)

    assert place(shuffled, entries, courses, how, foreign) == place(people, entries, courses, how, foreign)


@given(programmes())
def test_no_new_seat_is_given_beyond_capacity(programme: Programme) -> None:
    """Rule 11: seats that are held already and students of others count; nobody new sits beyond the capacity."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}

    sitting = {each.participant_id for each in people if each.seated is not None}
    held = Counter(each.angkatan for name, each in after.items() if each.state in HOLDS_A_SEAT and name not in sitting)
    new = {
        each.angkatan
        for name, each in after.items()
        if each.state is PLANNED
        and (name not in entries or not _holds(entries[name], each.angkatan))
        and name not in sitting
    }
    for in_class_course in courses:
        if in_class_course.id in new and in_class_course.capacity is not None:
            assert held[in_class_course.id] + foreign[in_class_course.id] <= in_class_course.capacity


def _holds(each: Entry, angkatan: str | None) -> bool:
    return each.state in HOLDS_A_SEAT and each.angkatan == angkatan


@given(programmes())
def test_nobody_loses_a_seat_for_somebody_else(programme: Programme) -> None:
    """Rule 5: whoever holds a seat fares as if they were alone, and whoever was sent leaves it only for review."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}

    for each in people:
        before = entries.get(each.participant_id)
        if before is not None and before.state in (PUSHED, CONFIRMED):
            now = after[each.participant_id]
            alone = place([each], {each.participant_id: before}, courses, how, foreign)
            assert now == alone.get(each.participant_id, before)
            assert now.angkatan == before.angkatan
            assert now.state is before.state or (now.state is REVIEW and each.outcome is Outcome.NOT_YET)
            assert now.origin is before.origin


@given(programmes())
def test_nobody_is_seated_without_a_ground(programme: Programme) -> None:
    """Rules 4 and 14: only the qualified, or the fully read where the effect lets them, get a seat or a turn."""
    people, entries, courses, how, foreign = programme
    outcomes = {each.participant_id: each.outcome for each in people}
    lacks = {each.participant_id: each.lacks for each in people}

    for name, each in place(people, entries, courses, how, foreign).items():
        if each.state in (PLANNED, WAITLISTED) and (name not in entries or entries[name].state is not each.state):
            by_effect = outcomes[name] is Outcome.NOT_YET and "block" not in how.effects_on(lacks[name])
            assert outcomes[name] is Outcome.QUALIFIED or by_effect
            assert (each.admission is Admission.RULE) == (outcomes[name] is Outcome.QUALIFIED)


@given(programmes())
def test_no_one_waits_while_a_seat_is_free(programme: Programme) -> None:
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}
    held = Counter(each.angkatan for each in after.values() if each.state in HOLDS_A_SEAT)
    # whoever sits in a group and is on the roster of another takes up both until a manager moves them
    seats = {who: entry.angkatan for who, entry in after.items() if entry.state in HOLDS_A_SEAT}
    held.update(each.seated for each in people if each.seated and seats.get(each.participant_id) != each.seated)

    for each in people:
        now = after.get(each.participant_id)
        if now is not None and now.state is WAITLISTED and each.outcome is Outcome.QUALIFIED:
            for in_class_course in courses[:2]:
                if now.angkatan in (None, in_class_course.id):
                    full = (
                        in_class_course.capacity is not None
                        and held[in_class_course.id] + foreign[in_class_course.id] >= in_class_course.capacity
                    )
                    closed = in_class_course.admit_until == YESTERDAY
                    assert (
                        full
                        or closed
                        or in_class_course.id in how.without_clearance
                        or each.moved not in (None, in_class_course.id)
                    )


@given(programmes())
def test_a_gate_that_blocks_lets_nobody_in(programme: Programme) -> None:
    """Rules 12 and 14: whoever lacks something that blocks gets no new seat, whatever the other gates say."""
    people, entries, courses, how, foreign = programme
    after = place(people, entries, courses, how, foreign)

    for each in people:
        now, before = after.get(each.participant_id), entries.get(each.participant_id)
        if each.outcome is Outcome.NOT_YET and "block" in how.effects_on(each.lacks) and now is not None:
            assert now.state not in (PLANNED, PUSHED, CONFIRMED) or (before is not None and now.state is before.state)
            assert now.state is not PLANNED


@given(programmes())
def test_nobody_new_is_sent_into_a_finalised_roster(programme: Programme) -> None:
    """Rule 17: newcomers wait for an amendment."""
    people, entries, courses, how, foreign = programme
    after = {**entries, **place(people, entries, courses, how, foreign)}

    for each in people:
        now = after.get(each.participant_id)
        if (
            now is not None
            and now.state is PLANNED
            and how.is_not_on_finalised_roster(now.participant_id, now.angkatan)
        ):
            assert now.reason in REASONS_HOLDING_BACK


@given(programmes())
def test_where_no_angkatan_has_a_course_only_those_are_placed_whom_placing_could_change(programme: Programme) -> None:
    people, entries, courses, how, _foreign = programme
    without = [replace(each, course=None) for each in courses]
    how = replace(how, moves={each.participant_id: each.moved for each in people if each.moved is not None})
    standings = {each.participant_id: each.standing for each in people}

    some = who_may_be_placed(standings, entries, without, how)

    everybody, those = (rule.give_seats(each, entries, without, how, {}, {}) for each in (standings, some))
    assert dict(everybody) == dict(those)
    assert how.kind != "first_qualified" or some.keys() <= {*entries, *how.moves}
    assert who_may_be_placed(standings, entries, courses, how) is standings
