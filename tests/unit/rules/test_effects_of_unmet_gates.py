"""Who is placed though a gate is unmet (rules 12 to 14)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import TODAY, TOMORROW, YESTERDAY, angkatan, candidate, day, entry, placement
from placements import CONFIRMED, PLANNED, PUSHED, REVIEW, WAITLISTED, roster_after, standing

from latsar_sync.domain.decision import Gate, Outcome
from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin

OVER, ACCOUNT, GONE = "over_capacity", "target_account_missing", "no_longer_qualifies"


@pytest.mark.parametrize(
    ("effect", "fill_from", "admission"),
    [
        ("block", None, None),
        ("block", YESTERDAY, None),
        ("prioritise", None, None),
        ("prioritise", TOMORROW, None),
        ("prioritise", TODAY, Admission.FILLED),
        ("prioritise", YESTERDAY, Admission.FILLED),
        ("warn", None, Admission.WARNED),
    ],
)
@pytest.mark.parametrize("outcome", [Outcome.NOT_YET, Outcome.UNDETERMINED, Outcome.HELD])
def test_the_effect_admits_only_who_was_fully_read(
    effect: str, fill_from: date | None, admission: Admission | None, outcome: Outcome
) -> None:
    how = replace(placement(effect=effect), fill_from=fill_from)
    roster = roster_after(candidate("ani", outcome=outcome), how=how)

    if admission is None or outcome is not Outcome.NOT_YET:
        assert roster == {}
    else:
        assert (roster["ani"].state, roster["ani"].admission) == (PLANNED, admission)


def test_others_fill_only_what_the_qualified_leave_and_the_best_first() -> None:
    roster = roster_after(
        candidate("weak", 1, Outcome.NOT_YET, score="50"),
        candidate("none", 2, Outcome.NOT_YET),
        candidate("strong", 3, Outcome.NOT_YET, score="69"),
        candidate("open_materials", 4, Outcome.NOT_YET, at=day(20), score="90"),
        candidate("qualified", 5, at=day(23), score="70"),
        courses=(angkatan("I", 3),),
        how=placement(effect="prioritise", fill_from=TODAY),
    )

    assert {name for name, each in roster.items() if each.state is PLANNED} == {
        "qualified",
        "open_materials",
        "strong",
    }


@pytest.mark.parametrize("effect", ["warn", "prioritise"])
def test_nobody_who_left_the_mooc_before_being_in_class_comes_there_for_want_of_an_obstacle(effect: str) -> None:
    not_yet, in_class = Outcome.NOT_YET, entry("seated", CONFIRMED)._replace(admission=Admission.WARNED)
    roster = roster_after(
        candidate("new", 1, not_yet, left=True),
        candidate("waiting", 2, not_yet, left=True),
        candidate("planned", 3, not_yet, left=True),
        candidate("seated", 4, not_yet, left=True),
        candidate("passed", 5, left=True),
        candidate("without_papers", 6, not_yet, left=True, lacks=(Gate.CLEARANCE,)),
        candidate("admitted", 7, not_yet, left=True, admitted=True),
        entries=(
            entry("waiting", WAITLISTED, angkatan=None, reason=OVER)._replace(admission=Admission.WARNED),
            entry("planned", PLANNED)._replace(admission=Admission.WARNED),
            in_class._replace(origin=Origin.PUSHED),
        ),
        how=replace(placement(effect=effect, fill_from=TODAY)),
    )

    assert standing(roster) == {
        "waiting": (REVIEW, None, GONE),
        "planned": (REVIEW, "I", GONE),
        "seated": (CONFIRMED, "I", None),
        "passed": (PLANNED, "I", None),
        "without_papers": (PLANNED, "I", None),
        "admitted": (PLANNED, "I", None),
    }


def test_the_qualified_are_not_ranked_by_score() -> None:
    roster = roster_after(
        candidate("best", 2, at=day(2), score="99"),
        candidate("first", 1, at=day(1), score="70"),
        courses=(angkatan("I", 1),),
    )

    assert roster["first"].state is PLANNED


@pytest.mark.parametrize("state", [PLANNED, PUSHED, CONFIRMED])
@pytest.mark.parametrize("ground", [Admission.FILLED, Admission.WARNED])
def test_whoever_was_let_in_by_an_effect_and_then_qualifies_sits_by_the_rule(
    state: EntryState, ground: Admission
) -> None:
    before = entry("ani", state)._replace(admission=ground)

    assert roster_after(candidate("ani"), entries=(before,))["ani"].admission is Admission.RULE


def test_whom_a_person_let_in_is_shown_as_let_in_by_that_one_though_they_qualify_by_now() -> None:
    before = entry("ani", CONFIRMED)._replace(admission=Admission.OVERRIDE)

    assert roster_after(candidate("ani"), entries=(before,))["ani"].admission is Admission.OVERRIDE


def test_whoever_filled_a_seat_keeps_it() -> None:
    before = tuple(
        entry(name, state)._replace(admission=Admission.FILLED)
        for name, state in (("ani", PLANNED), ("budi", CONFIRMED))
    )
    people = (candidate("ani", 1, Outcome.NOT_YET), candidate("budi", 2, Outcome.NOT_YET), candidate("citra", 3))
    how = placement(effect="prioritise", fill_from=TODAY)
    roster = roster_after(*people, entries=before, courses=(angkatan("I", 2),), how=how)

    assert standing(roster) == {
        "ani": (PLANNED, "I", None),
        "budi": (CONFIRMED, "I", None),
        "citra": (WAITLISTED, "I", "over_capacity"),
    }


@pytest.mark.parametrize("state", [PLANNED, PUSHED, CONFIRMED])
def test_whoever_sat_by_the_rule_and_lost_it_is_reviewed_not_refilled(state: EntryState) -> None:
    how = placement(effect="prioritise", fill_from=TODAY)
    roster = roster_after(candidate("ani", outcome=Outcome.NOT_YET), entries=(entry("ani", state),), how=how)

    assert standing(roster) == {"ani": (REVIEW, "I", "no_longer_qualifies")}


def test_with_a_mere_warning_nobody_is_reviewed_for_the_rule() -> None:
    people = (candidate("ani", 1, Outcome.NOT_YET), candidate("budi", 2, Outcome.NOT_YET))
    before = (entry("ani", PLANNED), entry("budi", CONFIRMED))
    roster = roster_after(*people, entries=before, how=placement(effect="warn"))

    assert standing(roster) == {"ani": (PLANNED, "I", None), "budi": (CONFIRMED, "I", None)}
    assert {each.admission for each in roster.values()} == {Admission.WARNED}


def test_a_filled_seat_goes_to_review_when_the_effect_is_blocked_again() -> None:
    before = entry("ani", CONFIRMED)._replace(admission=Admission.FILLED)

    assert standing(roster_after(candidate("ani", outcome=Outcome.NOT_YET), entries=(before,))) == {
        "ani": (REVIEW, "I", "no_longer_qualifies")
    }


# Several gates: rules 12 to 14


@pytest.mark.parametrize(
    ("lacks", "effect", "clearance_effect", "admission"),
    [
        ([Gate.CLEARANCE], "block", None, None),
        ([Gate.CLEARANCE], "block", "warn", Admission.WARNED),
        ([Gate.CLEARANCE], "warn", "block", None),
        ([Gate.CLEARANCE], "block", "prioritise", Admission.FILLED),
        ([Gate.MOOC], "prioritise", "block", Admission.FILLED),
        ([Gate.MOOC], "block", "warn", None),
        ([Gate.MOOC, Gate.CLEARANCE], "prioritise", None, Admission.FILLED),
        ([Gate.MOOC, Gate.CLEARANCE], "prioritise", "block", None),
        ([Gate.MOOC, Gate.CLEARANCE], "prioritise", "warn", Admission.FILLED),
        ([Gate.MOOC, Gate.CLEARANCE], "warn", "warn", Admission.WARNED),
        ([Gate.MOOC, Gate.CLEARANCE], "warn", None, Admission.WARNED),
    ],
)
def test_of_several_unmet_gates_the_strictest_effect_counts(
    lacks: list[Gate], effect: str, clearance_effect: str | None, admission: Admission | None
) -> None:
    how = replace(placement(effect=effect, fill_from=TODAY), clearance_effect=clearance_effect)
    roster = roster_after(candidate("ani", outcome=Outcome.NOT_YET, lacks=lacks), how=how)

    assert {name: each.admission for name, each in roster.items()} == ({"ani": admission} if admission else {})


PAPERS = [Gate.CLEARANCE]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (entry("ani", PLANNED), (REVIEW, "I", "clearance_unmet")),
        (entry("ani", CONFIRMED)._replace(origin=Origin.PUSHED), (REVIEW, "I", "clearance_unmet")),
        (entry("ani", REVIEW, reason=ACCOUNT), (REVIEW, "I", "clearance_unmet")),
        (entry("ani", WAITLISTED, reason=OVER), (WAITLISTED, "I", "clearance_unmet")),
        (entry("ani", REVIEW, reason=GONE), (REVIEW, "I", "clearance_unmet")),
    ],
)
def test_whoever_lacks_only_a_clearance_is_reviewed_or_waits_on(
    before: Entry, after: tuple[EntryState, str | None, str | None]
) -> None:
    roster = roster_after(candidate("ani", outcome=Outcome.NOT_YET, lacks=PAPERS), entries=(before,))

    assert standing(roster) == {"ani": after}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (entry("ani", REVIEW, reason="clearance_unmet"), (PLANNED, "I", None)),
        (entry("ani", REVIEW, reason=GONE), (PLANNED, "I", None)),
        (entry("ani", REVIEW, reason=GONE)._replace(origin=Origin.PUSHED), (PUSHED, "I", None)),
        (entry("ani", REVIEW, reason="clearance_unmet")._replace(origin=Origin.FOUND), (PUSHED, "I", None)),
        (entry("ani", WAITLISTED, reason="clearance_unmet"), (PLANNED, "I", None)),
    ],
)
def test_a_review_for_want_of_qualification_ends_by_itself_and_the_course_tells_the_rest(
    before: Entry, after: tuple[EntryState, str | None, str | None]
) -> None:
    assert standing(roster_after(candidate("ani"), entries=(before,))) == {"ani": after}


def test_a_seat_stays_with_whoever_waits_for_a_clearance() -> None:
    people = (candidate("ani", 1, Outcome.NOT_YET, lacks=PAPERS), candidate("budi", 2))
    roster = roster_after(*people, entries=(entry("ani", PLANNED),), courses=(angkatan("I", 1),))

    assert standing(roster)["budi"] == (WAITLISTED, "I", OVER)


def test_whoever_lost_the_score_too_is_in_review_for_both() -> None:
    before = entry("ani", REVIEW, reason="clearance_unmet")
    lost = candidate("ani", outcome=Outcome.NOT_YET, lacks=Gate)

    assert standing(roster_after(lost, entries=(before,))) == {"ani": (REVIEW, "I", GONE)}


def test_an_angkatan_without_its_own_clearance_is_passed_over_by_the_rule_but_not_by_a_person() -> None:
    how = replace(placement("first_qualified"), without_clearance=frozenset({"I"}))
    people = (candidate("ani", 1), candidate("budi", 2, admitted=True))

    assert standing(roster_after(*people, how=how)) == {"ani": (PLANNED, "II", None), "budi": (PLANNED, "I", None)}


def test_where_every_angkatan_lacks_its_clearance_people_wait_for_it() -> None:
    how = replace(placement("first_qualified"), without_clearance=frozenset({"I", "II"}))

    assert standing(roster_after(candidate("ani"), how=how)) == {"ani": (WAITLISTED, None, "clearance_unmet")}


@pytest.mark.parametrize(
    ("effects", "lacks", "expected"),
    [
        ({"clearance_effect": "warn"}, (), (PLANNED, "II", None)),
        ({"clearance_effect": "prioritise", "fill_from": TODAY}, (), (PLANNED, "II", None)),
        ({"clearance_effect": "prioritise", "fill_from": TOMORROW}, (), (WAITLISTED, None, OVER)),
        ({}, (), (WAITLISTED, None, OVER)),
        # whoever lacks the score too is let in where that only warns as well
        ({"effect": "warn", "clearance_effect": "block"}, (Gate.MOOC,), (WAITLISTED, None, OVER)),
    ],
)
def test_a_course_that_lacks_its_papers_is_filled_by_their_effect_once_the_others_are_full(
    effects: dict[str, Any], lacks: tuple[Gate, ...], expected: tuple[EntryState, str | None, str | None]
) -> None:
    outcome = Outcome.NOT_YET if lacks else Outcome.QUALIFIED
    how = replace(placement("first_qualified"), without_clearance=frozenset({"II"}), **effects)
    people = (candidate("ani", 1), candidate("budi", 2, outcome, lacks=lacks))

    roster = roster_after(*people, courses=(angkatan("I", 1), angkatan("II", 1)), how=how)

    assert standing(roster) == {"ani": (PLANNED, "I", None), "budi": expected}
    grounds = {"warn": Admission.WARNED, "prioritise": Admission.FILLED}
    if expected[0] is PLANNED:
        assert roster["budi"].admission is grounds[effects["clearance_effect"]]
