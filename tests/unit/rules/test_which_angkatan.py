"""Which angkatan somebody belongs to, and which is offered: looked up, and yet what trying each of them would find."""

from collections import Counter
from dataclasses import replace

import pytest
from builders import TODAY, YESTERDAY, angkatan
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.which_angkatan import Belonging, WhichAngkatan, elsewhere, home_of

NAMES = ("I", "II", "III", "IV")
KINDS = ("group", "list", "first_qualified")
name = st.none() | st.sampled_from((*NAMES, "V"))
configured = st.lists(st.tuples(st.sampled_from(NAMES), name), unique_by=lambda pair: pair[0]).map(
    lambda pairs: [replace(angkatan(each), source_group=group) for each, group in pairs]
)


@given(st.sampled_from(KINDS), configured, st.lists(st.sampled_from((*NAMES, "V")), unique=True), name, name)
def test_looking_up_finds_what_trying_every_angkatan_finds(
    kind: str, angkatan: list[Angkatan], groups: list[str], listed: str | None, moved: str | None
) -> None:
    def belongs(each: Angkatan) -> bool:
        if moved is not None:
            return each.id == moved
        return {"group": each.source_group in groups, "list": each.id == listed}.get(kind, True)

    assert list(Belonging(kind, angkatan).of(groups, listed, moved)) == [each for each in angkatan if belongs(each)]


def test_the_first_course_that_is_open_allowed_and_not_full_is_offered() -> None:
    full, closed, lacking = angkatan("I", capacity=1), angkatan("II", closes=YESTERDAY), angkatan("III")
    which = WhichAngkatan("first_qualified", (full, closed, lacking, angkatan("IV"), angkatan("V")), TODAY, {"III"})
    possible, _ = which.possible_for((), None, None)

    assert possible is not None
    assert possible.with_a_seat(Counter()) == full
    assert possible.with_a_seat(Counter({"I": 1})) == angkatan("IV")


@pytest.mark.parametrize(("kind", "problem"), [("group", "two_angkatan"), ("first_qualified", None)])
def test_two_homes_are_a_problem_where_everybody_has_one(kind: str, problem: str | None) -> None:
    groups = ("Angkatan I", "Angkatan II")

    assert WhichAngkatan(kind, (angkatan("I"), angkatan("II")), TODAY).possible_for(groups, None, None)[1] == problem


def test_what_all_are_offered_is_not_what_somebody_moved_to_one_of_them_is() -> None:
    which = WhichAngkatan("first_qualified", (angkatan("I"), angkatan("II")), TODAY)

    everything, one, again = (
        which.possible_for((), None, None)[0],
        which.possible_for((), None, "I")[0],
        which.possible_for((), None, None)[0],
    )

    assert everything is not None
    assert one is not None
    assert again is everything
    assert (list(everything.all_angkatan), list(one.all_angkatan)) == (["I", "II"], ["I"])


def test_a_move_to_an_angkatan_that_is_no_longer_configured_leaves_nobody_a_home() -> None:
    assert WhichAngkatan("first_qualified", (angkatan("I"),), TODAY).possible_for((), None, "IX") == (
        None,
        "no_angkatan",
    )


def test_where_courses_are_filled_in_turn_nobody_belongs_to_one_that_is_no_longer_configured() -> None:
    which = WhichAngkatan("first_qualified", (), TODAY, unconfigured={"IX": "Angkatan IX"})

    assert which.possible_for(("Angkatan IX",), "IX", None) == (None, "no_angkatan")


@pytest.mark.parametrize(
    ("kind", "line", "groups", "found"),
    [
        ("group", Entry("ani", EntryState.CONFIRMED, "I"), ("II",), "II"),
        ("group", Entry("ani", EntryState.CONFIRMED, "I"), ("I", "II"), None),
        ("group", Entry("ani", EntryState.CONFIRMED, "I"), ("of the course's own",), None),
        ("group", Entry("ani", EntryState.WAITLISTED, "I"), ("II",), None),
        ("group", Entry("ani", EntryState.REVIEW, None, reason="no_angkatan"), ("II",), None),
        ("first_qualified", Entry("ani", EntryState.CONFIRMED, "I"), ("II",), None),
    ],
)
def test_whoever_has_a_seat_belongs_elsewhere_only_where_all_that_is_said_of_them_names_another_angkatan(
    kind: str, line: Entry, groups: tuple[str, ...], found: str | None
) -> None:
    both = [replace(angkatan(each), source_group=each) for each in ("I", "II")]

    assert elsewhere(Belonging(kind, both), line, groups, None) == found


def test_home_is_where_the_roster_says_else_the_only_angkatan_that_is_told_of_somebody() -> None:
    by_group = Belonging("group", [replace(angkatan(each), source_group=each) for each in ("I", "II")])
    sits, waits = Entry("ani", EntryState.CONFIRMED, "II"), Entry("ani", EntryState.REVIEW, None)

    assert [home_of(by_group, sits, groups, None, None) for groups in (("I",), ())] == ["II", "II"]
    assert [home_of(by_group, waits, groups, None, None) for groups in (("I",), ("I", "II"), ())] == ["I", None, None]
    assert home_of(by_group, None, ("I",), None, "II") == "II"
