"""Another configuration than before names whom it lets in, or sends elsewhere (rules 11, 14, 17 and 22)."""

from datetime import date

import pytest
from builders import angkatan, entry

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.records import Baseline, Effects, Finding
from latsar_sync.rules.configuration_guard import configuration_findings, roles_findings
from latsar_sync.rules.placement import Placement

TODAY = date(2026, 11, 2)
PAPERS = frozenset({Gate.CLEARANCE})


def person(who: str, outcome: Outcome = Outcome.NOT_YET, lacks: frozenset[Gate] = frozenset({Gate.MOOC})) -> Standing:
    return Standing(who, 1, None, outcome=outcome, unmet=lacks)


PEOPLE = [
    person("new"),
    person("waits"),
    person("in class"),
    person("in class and moved by it"),
    person("lacks papers", lacks=PAPERS),
    person("qualified", Outcome.QUALIFIED),
    person("unknown", Outcome.UNDETERMINED),
    person("merged")._replace(merged=True),
    person("left the MOOC")._replace(enrolled=False),
]
ENTRIES = {
    "waits": entry("waits", EntryState.WAITLISTED),
    "in class": entry("in class", EntryState.CONFIRMED),
    "in class and moved by it": entry("in class and moved by it", EntryState.CONFIRMED),
}


def found(before: Effects | None, now: Effects) -> list[Finding]:
    day = date.fromisoformat(now.fill_from) if now.fill_from else None
    placement = Placement("group", now.effect, TODAY, day, clearance_effect=now.of_clearances or None)
    people = {each.participant_id: each for each in PEOPLE}
    baseline, moved = Baseline(9, None, (), {}, effects=before), ENTRIES["in class and moved by it"]
    expected = dict.fromkeys(("in class and moved by it", "qualified"), moved)
    return configuration_findings(baseline, "p", now, placement, (), people, ENTRIES, expected, Actions())


def test_whoever_is_let_in_by_another_effect_is_named_unless_in_class_already() -> None:
    by_papers = Effects("block", "warn")

    named = ("in class and moved by it", "lacks papers", "new", "waits")
    assert found(Effects("block"), Effects("warn")) == [Finding("effect_changed", "p", "block", "warn", named)]
    assert found(Effects("block"), by_papers) == [
        Finding("effect_changed", "p", "block", "block, clearances.effect warn", ("lacks papers",))
    ]
    assert found(by_papers, Effects("warn"))[0].people == ("in class and moved by it", "new", "waits")


@pytest.mark.parametrize("day", ["2026-11-01", "2026-11-30"])
def test_whoever_fills_seats_later_is_named_at_once(day: str) -> None:
    [told] = found(Effects("block"), Effects("prioritise", fill_from=day))

    assert (told.now, len(told.people)) == (f"prioritise, fill_from {day}", 4)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, Effects("warn")),
        (Effects("warn"), Effects("warn")),
        (Effects("block"), Effects("block", "block")),
        (Effects("prioritise", fill_from="2026-11-20"), Effects("prioritise", fill_from="2026-11-30")),
    ],
)
def test_what_lets_nobody_in_is_no_finding(before: Effects | None, now: Effects) -> None:
    assert found(before, now) == []


def test_a_day_that_comes_sooner_names_whom_it_lets_in() -> None:
    before, now = Effects("prioritise", fill_from="2026-11-20"), Effects("prioritise", fill_from="2026-11-01")

    assert len(found(before, now)[0].people) == 4


# Without approval

HELD_BACK = {
    "waits for approval": entry("waits for approval", EntryState.PLANNED)._replace(reason="awaiting_approval"),
    "waits for the group": entry("waits for the group", EntryState.PLANNED)._replace(origin=Origin.FOUND),
    "has no account yet": entry("has no account yet", EntryState.REVIEW)._replace(reason="target_account_missing"),
    "is approved": entry("is approved", EntryState.PLANNED)._replace(approved_by="Siti"),
    "was found there": entry("was found there", EntryState.REVIEW)._replace(origin=Origin.FOUND),
    "has no seat": entry("has no seat", EntryState.REVIEW, None)._replace(reason="no_angkatan"),
    "waits for a seat": entry("waits for a seat", EntryState.WAITLISTED),
}


def unapproved(before: Effects, now: Effects) -> list[Finding]:
    baseline = Baseline(9, None, (), {}, effects=before)
    return configuration_findings(
        baseline, "p", now, Placement("group", "block", TODAY), (), {}, HELD_BACK, {}, Actions()
    )


def test_whoever_would_be_sent_without_the_approval_that_was_asked_for_is_named() -> None:
    by_hand, by_itself = Effects("block", push="confirmed"), Effects("block", push="auto")

    named = ("has no account yet", "waits for approval", "waits for the group")
    assert unapproved(by_hand, by_itself) == [Finding("push_changed", "p", "confirmed", "auto", named)]
    assert unapproved(by_itself, by_hand) == []
    assert unapproved(by_itself, by_itself) == []


# Where people are placed

PLACES = {"stays": "Angkatan I", "goes elsewhere": "Angkatan II", "was moved": "Angkatan II"}
STAND = {who: Standing(who, 1, None, outcome=Outcome.QUALIFIED, groups=(group,)) for who, group in PLACES.items()}


def placed_by(before: Baseline | None, kind: str, expected: dict[str, Entry]) -> list[Finding]:
    entries = {who: entry(who, EntryState.PLANNED, "I") for who in PLACES}
    moves = Actions(moves={"was moved": "II"})
    placement, both = Placement(kind, "block", TODAY), (angkatan("I"), angkatan("II"))
    return configuration_findings(before, "p", Effects("block"), placement, both, STAND, entries, expected, moves)


def test_another_placement_names_whoever_would_belong_elsewhere() -> None:
    expected = {"stays": entry("stays", EntryState.PLANNED, "I"), "is new": entry("is new", EntryState.PLANNED, "I")}
    expected["goes elsewhere"] = entry("goes elsewhere", EntryState.PLANNED, "II")
    before = Baseline(9, None, (), {}, placement="group", effects=Effects("block"))

    [found] = placed_by(before, "first_qualified", expected)

    assert found == Finding("placement_changed", "p", "group", "first_qualified", ("goes elsewhere", "is new"))
    assert placed_by(before, "group", expected) == []
    assert placed_by(before, "list", {}) == []
    assert placed_by(None, "list", expected) == []


def test_groups_of_the_mooc_that_change_places_name_whoever_would_go_to_the_other_angkatan() -> None:
    expected = {who: entry(who, EntryState.PLANNED, "II") for who in PLACES}
    swapped = {"I": "Angkatan II", "II": "Angkatan I", "III": "Angkatan III"}
    before = Baseline(9, None, (), {}, placement="group", source_groups=swapped, effects=Effects("block"))
    renamed = Baseline(9, None, (), {}, placement="group", source_groups={"I": "Kelas 1"}, effects=Effects("block"))

    [found] = placed_by(before, "group", expected)

    told = "group (I: Angkatan II, II: Angkatan I)", "group (I: Angkatan I, II: Angkatan II)"
    assert found == Finding("placement_changed", "p", *told, ("goes elsewhere", "stays"))
    assert placed_by(before, "list", expected)[0].now == "list"
    assert placed_by(renamed, "group", expected) == []  # nobody is in a group of the old name: it has another name now


def test_what_an_older_version_did_not_keep_is_taken_as_it_is_configured_now() -> None:
    now = Effects("warn", push="auto", roles="student")

    old, newer = Baseline(9, None, (), {}), Baseline(9, None, (), {}, placement="list", effects=Effects("block"))

    assert old.completed("group", now) == Baseline(9, None, (), {}, placement="group", effects=now)
    assert newer.completed("group", now).placement == "list"
    assert newer.completed("group", now).effects == Effects("block", push="auto", roles="student")


@pytest.mark.parametrize(
    ("before", "now", "newcomers", "is_held"),
    [
        ("student", "editingteacher, student", 1, True),
        ("student", "editingteacher, student", 0, False),
        ("editingteacher, student", "student", 1, False),
        ("student", "student", 1, False),
        ("", "student", 1, False),
        (None, "student", 1, False),
    ],
)
def test_holders_of_more_roles_are_no_participants_before_a_person_released_it(
    before: str | None, now: str, newcomers: int, is_held: bool
) -> None:
    baseline = Baseline(9, None, (), {}, effects=None if before is None else Effects("block", roles=before))

    found = roles_findings(baseline, "p", Effects("block", roles=now), range(newcomers))

    assert found == ([Finding("roles_changed", "p", before or "", now)] if is_held else [])
    assert roles_findings(None, "p", Effects("block", roles=now), range(newcomers)) == []
