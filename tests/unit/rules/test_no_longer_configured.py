"""What is recorded and no longer configured (rule 22): what is a finding, and what becomes of the people."""

from dataclasses import replace

import pytest
from builders import TODAY, angkatan, candidate, entry, placement
from placements import place, roster_after, standing

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules.no_longer_configured import angkatan_findings, as_it_stands, course_findings, programme_findings
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.released_findings import not_mended, stay_true, unreleased
from latsar_sync.rules.which_angkatan import UNCONFIGURED, WhichAngkatan

ROSTER = (EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED, EntryState.REVIEW, EntryState.WAITLISTED)


@pytest.mark.parametrize("state", ROSTER)
def test_an_angkatan_with_anybody_on_its_roster_is_found_with_their_ids(state: EntryState) -> None:
    people = [entry("b", state, "II"), entry("a", state, "II"), entry("c", state, "I")]

    [found] = angkatan_findings("l3", {"II"}, people)

    assert found == Finding("angkatan_unconfigured", "l3 II", "2", "0", ("a", "b"))
    assert "angkatan close l3 II" in finding_text(found, "en")


def test_nobody_withdrawn_and_no_configured_angkatan_is_found() -> None:
    people = [
        entry("a", EntryState.WITHDRAWN, "II"),
        entry("b", EntryState.CONFIRMED, "I"),
        entry("c", EntryState.REVIEW, None),
    ]

    assert angkatan_findings("l3", {"II"}, people) == []
    assert angkatan_findings("l3", (), people) == []


def test_the_people_of_an_angkatan_left_out_are_in_review_or_wait_and_count_as_its_own() -> None:
    entries = {str(state): entry(str(state), state, "II") for state in (*ROSTER, EntryState.WITHDRAWN)}
    entries["review"] = entries["review"].having(reason="target_role_missing")

    changed = as_it_stands(entries, {"II"}, (), ())

    assert {who: (each.state, each.reason, each.angkatan) for who, each in changed.items()} == {
        "planned": (EntryState.REVIEW, UNCONFIGURED, "II"),
        "pushed": (EntryState.REVIEW, UNCONFIGURED, "II"),
        "confirmed": (EntryState.REVIEW, UNCONFIGURED, "II"),
        "waitlisted": (EntryState.WAITLISTED, UNCONFIGURED, "II"),
    }
    assert as_it_stands({**entries, **changed}, {"II"}, (), ()).items() <= changed.items()


def lost(who: str, state: EntryState = EntryState.REVIEW, origin: Origin | None = None) -> Entry:
    return entry(who, state, "II", UNCONFIGURED).having(origin=origin)


def test_once_it_is_configured_again_the_course_tells_where_they_stand_and_the_others_wait_as_before() -> None:
    entries = {"sent": lost("sent", origin=Origin.PUSHED), "waits": lost("waits", EntryState.WAITLISTED)}

    changed = as_it_stands(entries, (), (), ())

    assert changed == {"waits": entry("waits", EntryState.WAITLISTED, "II")}


def test_once_it_is_closed_whoever_was_never_in_its_course_is_placed_anew_and_the_others_stay() -> None:
    entries = {
        "seen": lost("seen", origin=Origin.PUSHED),
        "never": lost("never"),
        "under way": lost("under way"),
        "waits": lost("waits", EntryState.WAITLISTED),
        "unqualified": lost("unqualified").having(reason="no_longer_qualifies"),
        "elsewhere": entry("elsewhere", EntryState.REVIEW, "I", "target_role_missing"),
    }

    changed = as_it_stands(entries, (), {"II"}, {"under way"})

    assert {who: (each.state, each.reason) for who, each in changed.items()} == {
        "never": (EntryState.WAITLISTED, None),
        "waits": (EntryState.WAITLISTED, None),
    }


def test_an_angkatan_whose_course_was_taken_out_is_found_with_those_who_were_sent_there() -> None:
    people = [
        entry("b", EntryState.CONFIRMED, "II").having(origin=Origin.FOUND),
        entry("a", EntryState.REVIEW, "II", "target_role_missing").having(origin=Origin.PUSHED),
        entry("c", EntryState.PLANNED, "II"),
        entry("d", EntryState.WAITLISTED, "II").having(origin=Origin.FOUND),
        entry("e", EntryState.CONFIRMED, "I").having(origin=Origin.FOUND),
    ]

    [found] = course_findings("l3", {"II"}, people)

    assert found == Finding("class_unconfigured", "l3 II", "2", "0", ("a", "b"))
    assert course_findings("l3", (), people) == []


def test_in_a_course_taken_out_nobody_is_shown_as_confirmed_and_whoever_never_came_waits() -> None:
    entries = {
        "seen": entry("seen", EntryState.CONFIRMED, "II").having(origin=Origin.FOUND),
        "planned": entry("planned", EntryState.PLANNED, "II"),
        "under way": entry("under way", EntryState.PLANNED, "II"),
        "waits": entry("waits", EntryState.WAITLISTED, "II", "no_class"),
    }

    changed = as_it_stands(entries, (), (), {"under way"}, {"II"})

    assert {who: (each.state, each.reason) for who, each in changed.items()} == {
        "seen": (EntryState.REVIEW, UNCONFIGURED),
        "planned": (EntryState.WAITLISTED, None),
    }


GONE = {"II": "Angkatan II"}
BOTH = ("Angkatan I", "Angkatan II")


@pytest.mark.parametrize(
    ("groups", "gone", "problem"),
    [
        (BOTH, GONE, "two_angkatan"),
        (BOTH, {}, None),
        (BOTH, {"II": None}, None),
        (BOTH[1:], GONE, UNCONFIGURED),
        (BOTH[1:], {}, "no_angkatan"),
        (BOTH[:1], GONE, None),
        (BOTH[:1], {"SATU": "Angkatan I"}, None),
    ],
)
def test_a_group_of_an_angkatan_left_out_counts_until_that_is_closed(
    groups: tuple[str, ...], gone: dict[str, str | None], problem: str | None
) -> None:
    possible, found = WhichAngkatan("group", (angkatan("I"),), TODAY, unconfigured=gone).possible_for(
        groups, None, None
    )

    assert found == problem
    assert (possible is None) == (problem is not None)


@pytest.mark.parametrize(
    ("kind", "listed", "moved", "problem"),
    [
        ("list", "II", None, UNCONFIGURED),
        ("list", "I", None, None),
        ("list", None, None, "no_angkatan"),
        ("list", "I", "II", UNCONFIGURED),
        ("group", None, "I", None),
        ("first_qualified", None, None, None),
        ("first_qualified", None, "II", UNCONFIGURED),
    ],
)
def test_a_list_and_a_move_may_name_an_angkatan_left_out(
    kind: str, listed: str | None, moved: str | None, problem: str | None
) -> None:
    assert (
        WhichAngkatan(kind, (angkatan("I"),), TODAY, unconfigured=GONE).possible_for(BOTH, listed, moved)[1] == problem
    )


def seated(who: Entry | None, groups: tuple[str, ...], gone: dict[str, str | None]) -> Entry | None:
    """Return where somebody qualified stands after placing; None where nothing changed."""
    entries = {"ani": who} if who is not None else {}
    how = Placement("group", "block", TODAY, unconfigured=gone)
    return place([candidate("ani", groups=groups)], entries, (angkatan("I"),), how, {}).get("ani")


def test_somebody_in_two_groups_takes_no_seat_of_the_one_that_remains_before_the_other_is_closed() -> None:
    two = entry("ani", EntryState.REVIEW, None, "two_angkatan")

    kept = seated(two, BOTH, GONE)
    assert kept is not None
    assert (kept.state, kept.angkatan, kept.reason) == (EntryState.REVIEW, None, "two_angkatan")
    given = seated(two, BOTH, {})
    assert given is not None
    assert (given.state, given.angkatan) == (EntryState.PLANNED, "I")


@pytest.mark.parametrize("state", [EntryState.REVIEW, EntryState.WAITLISTED])
def test_who_counts_as_of_an_angkatan_left_out_is_not_placed_elsewhere(state: EntryState) -> None:
    assert seated(lost("ani", state), BOTH, GONE) is None


def test_who_comes_from_the_group_of_an_angkatan_left_out_is_in_review_until_something_becomes_of_it() -> None:
    new = seated(None, BOTH[1:], GONE)

    assert new is not None
    assert (new.state, new.angkatan, new.reason) == (EntryState.REVIEW, None, UNCONFIGURED)
    assert seated(new, BOTH[1:], GONE) is None
    after = seated(new, BOTH[1:], {})
    assert after is not None
    assert after.reason == "no_angkatan"


PEOPLE = {("lama", "I"): frozenset({"b", "a"}), ("lama", "II"): frozenset({"c"})}


def test_a_group_that_a_programme_left_out_fills_is_found_with_its_people() -> None:
    taken = [("kelas/KLS", "lama", "I"), ("kelas/KLS", "lama", "II"), ("kelas/KLS-B", "lain", "I")]

    [found] = programme_findings(taken, PEOPLE)

    assert found == Finding("programme_unconfigured", "lama", "3", "kelas/KLS", ("a", "b", "c"))
    assert "programme close lama" in finding_text(found, "en")
    assert programme_findings([("kelas/KLS", "lama", "III")], PEOPLE) == []


def test_what_was_accepted_of_ids_left_out_is_not_asked_again_and_another_one_is() -> None:
    second, third = (Finding("angkatan_unconfigured", f"l3 {name}", "2", "0", ("a",)) for name in ("II", "III"))
    renamed = Finding("programme_renamed", "baru", "lama", "9")
    lost_one = Finding("programme_unconfigured", "lama", "3", "kelas/KLS")
    known = Baseline(9, None, (), {}, released=stay_true([second, renamed]))

    assert unreleased([replace(second, before="1"), third, lost_one], (), known) == [third]


def test_what_was_mended_is_forgotten_by_the_first_run_that_can_tell_it() -> None:
    without, other = (Finding("angkatan_unconfigured", f"l3 {each}", "4", "0") for each in ("II", "III"))
    hidden, filled = (
        Finding("target_unreadable", "kelas/KLS", "4", "0"),
        Finding("programme_unconfigured", "l2", "", ""),
    )
    remembered = stay_true([without, other, hidden, filled])

    assert not_mended(remembered, [other], []) == stay_true([other, hidden, filled]), "no course was read"
    assert not_mended(remembered, [without, other], ["kelas/KLS"]) == stay_true([without, other, filled])
    assert not_mended(remembered, [without, other, hidden], ["kelas/KLS-2"]) == remembered


@pytest.mark.parametrize(
    ("courses", "gone", "after"),
    [
        ((angkatan("I"),), {"II": "Angkatan II"}, (EntryState.REVIEW, "II", UNCONFIGURED)),
        ((angkatan("I"), angkatan("II", course=None)), {}, (EntryState.REVIEW, "II", UNCONFIGURED)),
        ((angkatan("I"), angkatan("II")), {}, (EntryState.PUSHED, "II", None)),
    ],
    ids=["angkatan", "course", "neither"],
)
def test_whoever_qualifies_again_and_was_seen_in_a_course_that_nobody_reads_stays_in_review(
    courses: tuple[Angkatan, ...], gone: dict[str, str | None], after: tuple[EntryState, str, str | None]
) -> None:
    """Else they were on the way for one run, and in review again from the next one on."""
    before = entry("ani", EntryState.REVIEW, "II", "no_longer_qualifies").having(origin=Origin.FOUND)
    ani = candidate("ani", groups=("Angkatan II",))

    roster = roster_after(ani, entries=(before,), courses=courses, how=replace(placement(), unconfigured=gone))

    assert standing(roster) == {"ani": after}
