"""What named persons decide of places: moves, decrees, approvals (rules 11, 15, 17)."""

from dataclasses import replace
from datetime import date

import pytest
from builders import NOW, TODAY, YESTERDAY, angkatan, candidate, day, entry, placement
from placements import CONFIRMED, PLANNED, PUSHED, REVIEW, WAITLISTED, WITHDRAWN, roster_after, standing

from latsar_sync.domain.actions import Actions, Override, OverrideKind
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import ENROLMENT_SENT, Admission, Entry, EntryState, Origin
from latsar_sync.domain.in_class import Angkatan, PushKind
from latsar_sync.rules.admissions import admit_again
from latsar_sync.rules.holding_back import (
    hold_back,
    hold_back_as_shown,
    may_be_sent,
    would_wait,
)
from latsar_sync.rules.order_of_seats import rank
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.which_angkatan import why_no_seat
from latsar_sync.rules.who_is_called_up import goes, is_called_up


@pytest.mark.parametrize("kind", ["group", "list", "first_qualified"])
def test_a_move_beats_every_placement(kind: str) -> None:
    moved = candidate("ani", groups=("Angkatan I",), listed="I", moved="II")

    assert standing(roster_after(moved, how=placement(kind))) == {"ani": (PLANNED, "II", None)}


def test_a_planned_entry_that_was_moved_stays_where_it_was_moved() -> None:
    before = entry("ani", PLANNED, "II")

    assert roster_after(candidate("ani", moved="II"), entries=(before,)) == {"ani": before}


def test_whoever_was_moved_to_an_angkatan_that_left_the_configuration_needs_a_person() -> None:
    assert standing(roster_after(candidate("ani", moved="IX"))) == {"ani": (REVIEW, None, "no_angkatan")}


# Finalised and late: rules 15 and 17


def test_after_the_decree_newcomers_are_seated_but_wait_for_an_amendment() -> None:
    how = replace(placement(), finalised={"I": frozenset({"ani"})})
    roster = roster_after(candidate("ani", 1), candidate("budi", 2), entries=(entry("ani", PLANNED),), how=how)

    assert standing(roster) == {"ani": (PLANNED, "I", None), "budi": (PLANNED, "I", "awaiting_amendment")}
    assert (roster["ani"].late, roster["budi"].late) == (False, True)


def test_whoever_an_amendment_took_in_is_sent() -> None:
    waiting = entry("budi", PLANNED, reason="awaiting_amendment")._replace(late=True)
    how = replace(placement(), finalised={"I": frozenset({"budi"})})

    assert roster_after(candidate("budi"), entries=(waiting,), how=how) == {"budi": waiting._replace(reason=None)}


def test_whoever_a_person_admits_after_the_last_day_is_a_late_comer() -> None:
    closed = angkatan("I", closes=YESTERDAY)
    people = (candidate("ani", 1, admitted=True), candidate("budi", 2), candidate("citra", 3, seated="I"))
    roster = roster_after(*people, courses=(closed,))

    assert {name: each.late for name, each in roster.items()} == {"ani": True, "budi": False, "citra": False}
    assert roster["budi"].state is WAITLISTED


@pytest.mark.parametrize(
    ("in_class_course", "reason"),
    [
        (angkatan("I"), None),
        (angkatan("I", 1), "over_capacity"),
        (angkatan("I", 3), "over_capacity"),
        (angkatan("I", 4), None),
        (angkatan("I", closes=TODAY), None),
        (angkatan("I", closes=YESTERDAY), "admission_closed"),
    ],
)
def test_an_angkatan_says_why_it_has_no_seat(in_class_course: Angkatan, reason: str | None) -> None:
    entries = (
        entry("ani", PLANNED),
        entry("budi", WAITLISTED),
        entry("citra", CONFIRMED, "II"),
        entry("dewi", CONFIRMED, "II"),
        entry("eka", WITHDRAWN),
    )

    assert why_no_seat(in_class_course, entries, TODAY, others_there=2) == reason


@pytest.mark.parametrize(
    ("state", "reason", "outcome", "there", "called_up"),
    [
        (CONFIRMED, None, "qualified", True, True),
        (CONFIRMED, None, "held", True, False),
        (CONFIRMED, None, "undetermined", True, True),
        (PLANNED, None, "qualified", True, True),
        (PLANNED, "awaiting_approval", "qualified", True, True),
        (PLANNED, "held", "held", False, False),
        (PLANNED, "undetermined", "undetermined", False, False),
        (PLANNED, "over_capacity", "qualified", False, False),
        (PLANNED, "perhaps_one_person", "qualified", False, False),
        (WAITLISTED, None, "qualified", False, False),
        (EntryState.REVIEW, "target_account_missing", "qualified", False, False),
        (None, None, None, False, False),
    ],
)
def test_nobody_is_called_up_who_may_not_come_and_whom_a_person_holds_signs_where_they_sit(
    state: EntryState | None, reason: str | None, outcome: str | None, there: bool, called_up: bool
) -> None:
    assert (goes(state, reason), is_called_up(state, reason, outcome)) == (there, called_up)


HELD, LET_IN = (
    Actions({"ani": Override("ani", 1, kind, "BA", "Ratna", NOW)}) for kind in (OverrideKind.HOLD, OverrideKind.ADMIT)
)


@pytest.mark.parametrize(
    ("outcome", "done", "approval_needed", "approved_by", "closes", "waits"),
    [
        (Outcome.QUALIFIED, Actions(), False, None, None, False),
        (Outcome.NOT_YET, Actions(), False, None, None, False),
        (Outcome.HELD, Actions(), False, None, None, True),
        (Outcome.UNDETERMINED, Actions(), False, None, None, True),
        (Outcome.UNDETERMINED, LET_IN, False, None, None, False),
        (Outcome.QUALIFIED, HELD, False, None, None, True),
        (Outcome.QUALIFIED, Actions(), True, None, None, True),
        (Outcome.QUALIFIED, LET_IN, True, None, None, True),
        (Outcome.QUALIFIED, Actions(), True, "Sari", None, False),
        (Outcome.QUALIFIED, Actions(), False, None, YESTERDAY, True),
        (Outcome.QUALIFIED, LET_IN, False, None, YESTERDAY, False),
        (Outcome.QUALIFIED, Actions(finalised={"I": frozenset({"budi"})}), False, None, None, True),
        (Outcome.QUALIFIED, Actions(finalised={"I": frozenset({"ani"}), "II": frozenset()}), False, None, None, False),
    ],
)
def test_whoever_lacks_an_account_would_be_sent_with_one_or_waits_for_a_word_or_a_date(
    outcome: Outcome, done: Actions, approval_needed: bool, approved_by: str | None, closes: date | None, waits: bool
) -> None:
    lacking = entry("ani", EntryState.REVIEW, reason="target_account_missing").having(approved_by=approved_by)

    assert would_wait(lacking, outcome, angkatan("I", closes=closes), done, approval_needed, TODAY) is waits


# A human may confirm: rule 17


def test_with_push_confirmed_a_planned_entry_waits_for_approval() -> None:
    how = placement(approval_needed=True)
    waiting = roster_after(candidate("ani"), how=how)
    approved = waiting["ani"]._replace(approved_by="Sari")

    assert standing(waiting) == {"ani": (PLANNED, "I", "awaiting_approval")}
    assert standing(roster_after(candidate("ani"), entries=(approved,), how=how)) == {"ani": (PLANNED, "I", None)}


def test_with_push_auto_again_nobody_waits_for_approval() -> None:
    before = entry("ani", PLANNED, reason="awaiting_approval")

    assert standing(roster_after(candidate("ani"), entries=(before,))) == {"ani": (PLANNED, "I", None)}


@pytest.mark.parametrize(
    ("closes", "approved_by", "outcome", "reason"),
    [
        (YESTERDAY, None, Outcome.UNDETERMINED, "undetermined"),
        (YESTERDAY, None, Outcome.HELD, "held"),
        (YESTERDAY, None, Outcome.QUALIFIED, "admission_closed"),
        (TODAY, None, Outcome.QUALIFIED, "awaiting_approval"),
        (TODAY, "Sari", Outcome.QUALIFIED, None),
    ],
)
def test_the_gravest_cause_holds_a_planned_entry_back(
    closes: date | None, approved_by: str | None, outcome: Outcome, reason: str | None
) -> None:
    planned = entry("ani", PLANNED, reason="awaiting_approval")._replace(approved_by=approved_by)
    in_class_course = replace(angkatan("I"), admit_until=closes)

    assert hold_back(planned, in_class_course, placement(approval_needed=True), outcome).reason == reason


MISSING, ENROL, QUALIFIED = "target_account_missing", PushKind.ENROL, Outcome.QUALIFIED


@pytest.mark.parametrize(
    ("as_shown", "next_write", "makes_accounts", "outcome", "reason", "is_sent"),
    [
        (entry("ani", PLANNED), ENROL, False, QUALIFIED, "awaiting_approval", False),
        (entry("ani", PLANNED)._replace(approved_by="Sari"), ENROL, False, QUALIFIED, None, True),
        (entry("ani", PUSHED), PushKind.MEMBERSHIP, False, QUALIFIED, None, True),
        (entry("ani", PUSHED), PushKind.MEMBERSHIP, False, Outcome.HELD, "held", False),
        (entry("ani", PUSHED), None, False, Outcome.HELD, None, False),
        (
            entry("ani", REVIEW, reason="target_role_missing"),
            None,
            False,
            QUALIFIED,
            "target_role_missing",
            True,
        ),
        # an account is made for whom it would be used
        (entry("ani", REVIEW, reason=MISSING), None, True, QUALIFIED, "awaiting_approval", False),
        (
            entry("ani", REVIEW, reason=MISSING)._replace(approved_by="Sari"),
            None,
            True,
            QUALIFIED,
            MISSING,
            True,
        ),
        (entry("ani", REVIEW, reason=MISSING), None, False, QUALIFIED, MISSING, True),
    ],
)
def test_the_next_write_is_held_back_by_what_the_course_shows(
    as_shown: Entry,
    next_write: PushKind | None,
    makes_accounts: bool,
    outcome: Outcome,
    reason: str | None,
    is_sent: bool,
) -> None:
    how = replace(placement(approval_needed=True), makes_accounts=makes_accounts)

    held = hold_back_as_shown(as_shown, next_write, angkatan("I"), how, outcome)

    assert (held.reason, may_be_sent(held, outcome)) == (reason, is_sent)


@pytest.mark.parametrize("as_shown", [entry("ani", PLANNED), entry("ani", REVIEW, reason=MISSING)])
def test_nobody_is_sent_whom_the_course_shows_absent_once_admission_closed_or_who_is_held(as_shown: Entry) -> None:
    closed, how = angkatan("I", closes=YESTERDAY), replace(placement(), makes_accounts=True)

    found = [
        hold_back_as_shown(as_shown, PushKind.ENROL, where, how, outcome)
        for where, outcome in ((closed, QUALIFIED), (angkatan("I"), Outcome.HELD))
    ]

    assert [(each.state, each.reason) for each in found] == [(PLANNED, "admission_closed"), (PLANNED, "held")]


def test_an_angkatan_that_left_the_configuration_closes_nothing() -> None:
    assert hold_back(entry("ani", PLANNED, "IX"), None, placement(), Outcome.QUALIFIED).reason is None


# Admitted, and released before anything was sent: rule 15


@pytest.mark.parametrize("others", [1, 2])
@pytest.mark.parametrize(
    ("before", "outcome"),
    [
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.QUALIFIED),
        (entry("ani", REVIEW, reason="target_group_left"), Outcome.QUALIFIED),
        (entry("ani", REVIEW, reason="no_longer_qualifies"), Outcome.NOT_YET),
        (entry("ani", REVIEW, None, "no_longer_qualifies"), Outcome.NOT_YET),
        (entry("ani", REVIEW, reason="no_longer_qualifies"), Outcome.HELD),
    ],
)
def test_whoever_was_admitted_and_released_is_what_they_were_whether_or_not_a_seat_is_left(
    before: Entry, outcome: Outcome, others: int
) -> None:
    courses, seats = (angkatan("I", 2),), tuple(entry(f"sits {each}", CONFIRMED) for each in range(others))
    people = [candidate(each.participant_id) for each in seats]
    admitted = admit_again(before)
    placed = roster_after(
        candidate("ani", outcome=outcome, admitted=True),
        *people,
        entries=(admitted, *seats),
        courses=courses,
        how=replace(placement(), approval_needed=True),
    )["ani"]

    for lifted in (admitted, placed) if before.angkatan else (admitted,):
        after = roster_after(candidate("ani", outcome=outcome), *people, entries=(lifted, *seats), courses=courses)[
            "ani"
        ]
        assert standing({"ani": after}) == standing({"ani": before})
        assert not after.lifted
    assert standing({"ani": placed}) == {"ani": (PLANNED, "I", "awaiting_approval")}


@pytest.mark.parametrize("seats", [1, None])
@pytest.mark.parametrize(
    "before",
    [entry("ani", WITHDRAWN, "II", "target_removed"), entry("ani", REVIEW, "II", "target_enrolment_inactive")],
)
def test_whoever_is_admitted_again_goes_where_they_were_though_anybody_may_sit_anywhere(
    before: Entry, seats: int | None
) -> None:
    anywhere, courses = placement("first_qualified"), (angkatan("I"), angkatan("II", seats))

    after = roster_after(
        candidate("ani", admitted=True),
        candidate("sits"),
        entries=(admit_again(before), entry("sits", CONFIRMED, "II")),
        courses=courses,
        how=anywhere,
    )["ani"]

    assert (after.state, after.angkatan, after.lifted_from) == (PLANNED, "II", before.reason)


@pytest.mark.parametrize(
    ("first", "second", "goes_to"),
    [
        (angkatan("I", 1), angkatan("II", 1), "II"),
        (angkatan("I", 1), angkatan("II", 0), "I"),
        (replace(angkatan("I", 2), admit_until=YESTERDAY), angkatan("II", 0), "II"),
    ],
)
def test_whoever_is_admitted_where_anybody_may_sit_anywhere_gets_a_seat_that_is_free_if_there_is_one(
    first: Angkatan, second: Angkatan, goes_to: str
) -> None:

    after = roster_after(
        candidate("ani", admitted=True, outcome=Outcome.NOT_YET),
        candidate("sits"),
        entries=(entry("sits", CONFIRMED, "I"),),
        courses=(first, second),
        how=placement("first_qualified"),
    )

    assert (after["ani"].state, after["ani"].angkatan) == (PLANNED, goes_to)


def test_whose_review_was_lifted_by_an_older_version_waits_as_somebody_new() -> None:
    lifted = entry("ani", WAITLISTED)._replace(lifted_from="")

    assert standing(roster_after(candidate("ani"), entries=(lifted,))) == {"ani": (PLANNED, "I", None)}


@pytest.mark.parametrize(("lifted_from", "pinned"), [("target_removed", ("ani",)), (ENROLMENT_SENT, ())])
def test_an_admission_that_ends_while_a_write_is_under_way_or_taken_leaves_it_to_the_course(
    lifted_from: str, pinned: tuple[str, ...]
) -> None:
    lifted = entry("ani", PLANNED)._replace(lifted_from=lifted_from)

    after = roster_after(candidate("ani"), entries=(lifted,), pinned=pinned)["ani"]

    assert (after.state, after.group_lifted) == (PLANNED, False)


@pytest.mark.parametrize("outcome", [Outcome.QUALIFIED, Outcome.NOT_YET])
@pytest.mark.parametrize("before", [None, entry("ani", WAITLISTED, reason="over_capacity")])
def test_whoever_had_no_seat_gets_none_by_an_admission_that_was_released_before_it_was_sent(
    before: Entry | None, outcome: Outcome
) -> None:
    seats = entry("sits", CONFIRMED), entry("waits", WAITLISTED, reason="over_capacity")
    others = candidate("sits", 1), candidate("waits", 2)
    how, full = replace(placement(), approval_needed=True), (angkatan("I", 1),)
    admitted = candidate("ani", 3, outcome=outcome, admitted=True)
    planned = roster_after(admitted, *others, entries=(*seats, *([before] if before else [])), courses=full, how=how)

    released = roster_after(candidate("ani", 3, outcome=outcome), *others, entries=(*planned.values(),), courses=full)
    again = roster_after(admitted, *others, entries=(*planned.values(),), courses=full, how=how)

    assert standing(planned)["ani"] == standing(again)["ani"] == (PLANNED, "I", "awaiting_approval")
    waits = (WAITLISTED, "I", "over_capacity")
    assert standing(released)["ani"] == (
        waits if outcome is Outcome.QUALIFIED else (REVIEW, None, "no_longer_qualifies")
    )
    assert not planned["ani"].lifted


def test_whoever_gets_a_seat_by_the_rule_once_their_admission_ended_was_lifted_out_of_nothing() -> None:
    planned = roster_after(candidate("ani", admitted=True))["ani"]

    after = roster_after(candidate("ani"), entries=(planned,))["ani"]

    assert (planned.lifted_from, after.lifted_from, after.admission) == ("without_a_seat", None, Admission.RULE)


def test_whoever_sits_in_the_group_comes_before_whom_a_person_admits() -> None:
    assert rank(True, Admission.WARNED, day(9), None, 2) < rank(False, Admission.OVERRIDE, day(1), None, 1)


def test_whoever_was_seen_in_the_course_while_they_were_admitted_stays_as_the_course_shows() -> None:
    seen = entry("ani", PLANNED)._replace(lifted_from="without_a_seat", origin=Origin.FOUND)

    after = roster_after(candidate("ani"), entries=(seen,))["ani"]

    assert (after.state, after.angkatan, after.lifted_from) == (PLANNED, "I", None)


def test_who_comes_in_only_because_a_person_said_so_after_the_date_or_the_decree_is_a_late_comer() -> None:
    closed, planned = angkatan("I", closes=YESTERDAY), entry("ani", PLANNED)
    fixed = replace(placement(), finalised={"I": frozenset()})

    def after(before: Entry, where: Angkatan, how: Placement, admission: Admission = Admission.RULE) -> Entry:
        return hold_back(before.having(admission=admission), where, how, Outcome.QUALIFIED)

    assert after(planned, closed, placement()) == planned.having(reason="admission_closed")
    admitted = after(planned.having(reason="admission_closed"), closed, placement(), Admission.OVERRIDE)
    assert (admitted.reason, admitted.late) == (None, True)
    waits = after(planned, angkatan("I"), fixed)
    assert (waits.reason, waits.late) == ("awaiting_amendment", True)
    assert after(waits, angkatan("I"), replace(fixed, finalised={"I": frozenset({"ani"})})).late
    assert not after(planned, angkatan("I"), placement(), Admission.OVERRIDE).late


def test_whoever_is_enrolled_without_the_group_yet_says_why_nothing_more_is_sent_as_long_as_that_is_so() -> None:
    pushed = entry("ani", EntryState.PUSHED)

    def shown(before: Entry, outcome: Outcome) -> Entry:
        return hold_back_as_shown(before, PushKind.MEMBERSHIP, angkatan("I"), placement(), outcome)

    held = shown(pushed, Outcome.HELD)

    assert (held.reason, shown(held, Outcome.UNDETERMINED).reason) == ("held", "undetermined")
    assert shown(held, Outcome.QUALIFIED) == shown(pushed, Outcome.QUALIFIED) == pushed
    refused = pushed.having(reason="push_rejected")
    assert shown(refused, Outcome.QUALIFIED) is refused
