"""Another effect of unmet gates names whom it lets in, or no longer (rules 14 and 22)."""

from datetime import date

import pytest
from builders import entry

from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.records import Effects, Finding
from latsar_sync.rules.effect_guard import effect_findings
from latsar_sync.rules.placement import Placement

TODAY = date(2026, 11, 2)
PAPERS = frozenset({Gate.CLEARANCE})


def person(who: str, outcome: Outcome = Outcome.NOT_YET, lacks: frozenset[Gate] = frozenset({Gate.MOOC})) -> Standing:
    return Standing(who, 1, None, outcome=outcome, lacks=lacks)


PEOPLE = [
    person("new"),
    person("waits"),
    person("in class"),
    person("in class and moved by it"),
    person("lacks papers", lacks=PAPERS),
    person("qualified", Outcome.QUALIFIED),
    person("unknown", Outcome.UNDETERMINED),
    person("merged")._replace(merged=True),
]
ENTRIES = {
    "waits": entry("waits", EntryState.WAITLISTED),
    "in class": entry("in class", EntryState.CONFIRMED),
    "in class and moved by it": entry("in class and moved by it", EntryState.CONFIRMED),
}


def found(before: Effects | None, now: Effects) -> list[Finding]:
    day = date.fromisoformat(now.fill_from) if now.fill_from else None
    placement = Placement("group", now.effect, TODAY, day, clearance_effect=now.of_clearances or None)
    return effect_findings(before, now, "p", placement, PEOPLE, ENTRIES, {"in class and moved by it", "qualified"})


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
