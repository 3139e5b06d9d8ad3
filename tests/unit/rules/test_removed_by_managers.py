"""Whom a manager took out though no entry tells it is not put back (rule 5)."""

from datetime import UTC, datetime, timedelta

import pytest
from builders import classroom, entry, nip, seen
from entries import ACTIVE, planned, review

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass
from latsar_sync.domain.records import Finding
from latsar_sync.rules.removed_by_managers import (
    idle_and_gone,
    removed_unbeknown,
    sent_again_by_word,
    shown_as_gone_since,
)


def test_whoever_was_seen_in_a_course_and_is_about_to_be_enrolled_there_again_was_taken_out_by_a_manager() -> None:
    names = ("seen", "elsewhere", "followed", "moved on", "lifted", "admitted")
    sends = [
        Entry(name, EntryState.PLANNED, "I", site="kelas", course_id=9, target_user_id=number)
        for number, name in enumerate(names, 1)
    ]
    sends[4] = sends[4].having(lifted_from="target_removed")
    before = {
        "elsewhere": sends[1].having(target_user_id=77),
        "followed": sends[2].having(origin=Origin.FOUND),
        "moved on": sends[3].having(origin=Origin.FOUND, course_id=8),
    }
    sightings = {("kelas", 9, 1), ("mooc", 9, 2), ("kelas", 9, 5), ("kelas", 9, 6)}

    found = removed_unbeknown(sends, before, sightings, {"admitted"})

    assert sorted(found) == ["followed", "seen"]
    assert {(each.state, each.reason, each.origin) for each in found.values()} == {
        (EntryState.WITHDRAWN, "target_removed", Origin.FOUND)
    }


COURSE = classroom(accounts={nip(1): (ACTIVE,)})
HERE = (COURSE.site, COURSE.course_id, ACTIVE.user_id)
TWO = classroom(accounts={nip(1): (ACTIVE, AccountInClass(502))})


@pytest.mark.parametrize(
    "before", [entry("ani", EntryState.WAITLISTED, reason="over_capacity"), review("no_longer_qualifies")]
)
def test_whoever_waits_or_is_in_review_and_was_seen_in_a_course_that_they_left_is_gone(before: Entry) -> None:
    gone = idle_and_gone(before, nip(1), COURSE, {HERE})

    assert gone is not None
    withdrawn = removed_unbeknown([gone], {"ani": before}, {HERE}, ())["ani"]
    assert (withdrawn.state, withdrawn.reason) == (EntryState.WITHDRAWN, "target_removed")
    assert (withdrawn.site, withdrawn.course_id, withdrawn.target_user_id) == HERE
    for course in (TWO, classroom(seen(), accounts=COURSE.accounts), classroom(accounts={})):
        assert idle_and_gone(before, nip(1), course, {HERE}) is None
    assert idle_and_gone(before, nip(1), COURSE, ()) is None


@pytest.mark.parametrize(
    "before", [planned(), review("target_account_missing"), review("no_longer_qualifies", Origin.FOUND)]
)
def test_what_is_held_against_the_course_anyway_is_left_to_that(before: Entry) -> None:
    assert idle_and_gone(before, nip(1), COURSE, {HERE}) is None


def test_whom_a_person_admits_since_they_were_shown_as_gone_is_lifted_and_nobody_else() -> None:
    shown = datetime(2026, 12, 1, tzinfo=UTC)
    later, earlier = shown + timedelta(hours=1), shown - timedelta(hours=1)
    entries = {who: review("no_longer_qualifies", Origin.PUSHED) for who in ("since", "before", "held", "nobody said")}
    words = {
        "since": Override("since", 1, OverrideKind.ADMIT, "backup", "Rina", later),
        "before": Override("before", 1, OverrideKind.ADMIT, "surat", "Rina", earlier),
        "held": Override("held", 1, OverrideKind.HOLD, "surat", "Rina", later),
        "still there": Override("still there", 1, OverrideKind.ADMIT, "backup", "Rina", later),
    }
    lost = Finding("target_lost", "kelas/KLS", "9", "5", tuple(sorted(entries)))
    about_groups = Finding("target_group_gone", "kelas/KLS", "I", "1", ("still there",))

    found = sent_again_by_word([lost, about_groups], entries, words, dict.fromkeys([*entries, "still there"], shown))

    assert {who: (each.state, each.lifted_from) for who, each in found.items()} == {
        "since": (EntryState.WAITLISTED, "target_removed")
    }
    assert sent_again_by_word([lost], entries, words, {}) == {}


def test_a_person_is_shown_as_gone_since_the_first_of_the_runs_that_name_them_so_without_a_break() -> None:
    """A programme may be held for something else before; who was admitted then was not admitted for being gone."""
    times = [datetime(2026, 12, 1, hour, tzinfo=UTC) for hour in range(4)]
    other = Finding("source_dropped", "mooc", "40", "9", ("all along",))
    named = [(other,), (lost_ones("all along", "came back"), other), (lost_ones("all along"),)]
    again = lost_ones("all along", "came back", "last")

    since = shown_as_gone_since(zip(times, [*named, (again,)], strict=True))

    assert since == {"all along": times[1], "came back": times[3], "last": times[3]}


def lost_ones(*people: str) -> Finding:
    return Finding("target_lost", "kelas/KLS", "9", "5", people)
