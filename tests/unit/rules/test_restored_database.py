"""When the database may not know what happened (rule 22): what is a finding, whom it names, and what ends it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from builders import angkatan, classroom

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.domain.records import Finding
from latsar_sync.rules.filled_courses import CLAIMED, FilledCourse
from latsar_sync.rules.restored_database import (
    MANY_NEWCOMERS,
    Restoration,
    doubted,
    in_doubt,
    is_doubtful,
    memory_findings,
    newcomers,
    waiting_for,
)

RESTORED = Restoration(3, datetime(2026, 11, 20, 1, 5, tzinfo=UTC))
MARK = "latsar:l3:I"


def filled(restoration: int = 0) -> FilledCourse:
    return FilledCourse("I", "kelas", "https://kelas.example", 9, "KLS-2026", 71, MARK, restoration)


def a_course(mark: str = MARK) -> tuple[Angkatan, CourseAsRead]:
    return angkatan("I"), replace(classroom(), idnumbers={"I": mark})


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]


@pytest.mark.parametrize(
    ("kept", "newest", "released", "doubtful"),
    [([0], 0, 0, False), ([], 0, 0, False), ([2], 3, 2, True), ([3], 3, 3, False), ([], 3, 0, True), ([2], 3, 3, True)],
)
def test_a_restoration_makes_doubtful_until_it_is_released_for_the_programme_and_each_course(
    kept: list[int], newest: int, released: int, doubtful: bool
) -> None:
    assert is_doubtful(map(filled, kept), newest, released) is doubtful


@pytest.mark.parametrize(
    ("known", "newest", "released", "mark", "made", "restored", "new"),
    [
        ({"I": filled(2)}, 3, 3, MARK, frozenset(), 1, 0),
        ({"I": filled(3)}, 3, 0, MARK, frozenset(), 0, 0),
        ({}, 3, 2, "", frozenset(), 1, 0),
        ({}, 3, 3, "", frozenset(), 0, 0),
        ({}, 0, 0, MARK, frozenset(), 0, 1),
        ({}, 0, 0, MARK, frozenset({"I"}), 0, 0),
        ({}, 0, 0, "KELAS-1", frozenset(), 0, 0),
        ({"I": filled()}, 0, 0, MARK, frozenset(), 0, 0),
    ],
)
def test_a_course_is_doubted_after_a_restoration_or_with_our_mark_on_a_group_never_filled(
    known: Mapping[str, FilledCourse],
    newest: int,
    released: int,
    mark: str,
    made: frozenset[str],
    restored: int,
    new: int,
) -> None:
    found = doubted(known, newest, released, [a_course(mark)], made)

    assert found == ([a_course(mark)] * restored, [a_course(mark)] * new)


def test_a_group_that_is_not_there_yet_or_without_an_idnumber_makes_no_database_doubtful() -> None:
    assert doubted({}, 0, 0, [(angkatan("I"), classroom())], frozenset()) == ([], [])


def test_a_restored_database_names_everybody_whom_it_would_send_and_since_when_it_knows_nothing() -> None:
    [found] = memory_findings("p", RESTORED, True, [], {"b", "a"}, (), 0, (), False)

    assert found == Finding("memory_restored", "p", "2026-11-20 01:05 UTC", "2", ("a", "b"))
    assert "after 20 Nov 2026 01:05 UTC; it would send 2 people" in finding_text(found, "en")


@pytest.mark.parametrize(
    ("restored", "new", "found"), [(True, [], "memory_restored"), (False, [a_course()], "memory_new")]
)
def test_a_database_that_would_send_nobody_is_a_finding_only_where_people_are_written_to(
    restored: bool, new: list[tuple[Angkatan, CourseAsRead]], found: str
) -> None:
    assert codes(memory_findings("p", RESTORED, restored, new, (), (), 0, (), True)) == [found]
    assert memory_findings("p", RESTORED, restored, new, (), (), 0, (), False) == []


def test_whoever_waits_for_a_seat_in_a_doubted_course_would_be_sent_sooner_or_later() -> None:
    lines = [
        Entry("waits", EntryState.WAITLISTED, "I"),
        Entry("planned", EntryState.PLANNED, "I"),
        Entry("waits anywhere", EntryState.WAITLISTED, None),
        Entry("waits elsewhere", EntryState.WAITLISTED, "II"),
        Entry("there", EntryState.CONFIRMED, "I", origin=Origin.FOUND),
        Entry("seen there", EntryState.WAITLISTED, "I", origin=Origin.FOUND),
    ]
    waits = waiting_for({"I"}, {each.participant_id: each for each in lines})

    assert waits == {"waits", "waits anywhere", "planned"}
    [found] = memory_findings("p", None, False, [a_course()], {"a"}, waits, 0, (), False)
    assert (found.now, found.people) == ("4", ("a", "planned", "waits", "waits anywhere"))


def test_a_new_database_names_everybody_whom_it_would_send_into_whatever_course() -> None:
    [found] = memory_findings("p", None, False, [a_course()], {"a", "b"}, (), 0, (), False)

    assert found == Finding("memory_new", "kelas/KLS-2026", MARK, "2", ("a", "b"))
    assert f"the mark of this service ({MARK})" in finding_text(found, "en")


def test_several_courses_that_were_never_filled_are_named_with_their_marks() -> None:
    other = angkatan("II"), replace(classroom(), shortname="KLS-B", idnumbers={"II": "latsar:l3:II"})

    [found] = memory_findings("p", None, False, [other, a_course()], {"a"}, (), 0, (), False)

    assert (found.subject, found.before) == ("kelas/KLS-2026, kelas/KLS-B", "latsar:l3:I, latsar:l3:II")


@pytest.mark.parametrize(
    ("strangers", "sends", "found"),
    [
        (MANY_NEWCOMERS, 4, ["memory_behind"]),
        (MANY_NEWCOMERS - 1, 4, []),
        (MANY_NEWCOMERS, 5, []),
        (MANY_NEWCOMERS, 0, []),
    ],
)
def test_more_strangers_in_class_than_people_to_send_make_an_old_copy_likely(
    strangers: int, sends: int, found: list[str]
) -> None:
    people = [str(each) for each in range(sends)]

    assert codes(memory_findings("p", None, False, [], people, (), strangers, (), False)) == found


def test_one_person_to_send_is_enough_for_an_old_copy_and_is_named_with_the_number_of_strangers() -> None:
    [found] = memory_findings("p", None, False, [], ["a"], (), 7, (), False)

    assert found == Finding("memory_behind", "p", "7", "1", ("a",))


def test_whoever_only_waits_beside_people_of_whom_the_database_knows_nothing_is_named_too() -> None:
    [found] = memory_findings("p", None, False, [], (), (), 7, {"a"}, False)

    assert found == Finding("memory_behind", "p", "7", "1", ("a",))
    assert waiting_for((), {"a": Entry("a", EntryState.WAITLISTED, "I")}) == frozenset()


def test_an_old_copy_stays_a_finding_once_its_strangers_are_on_the_roster() -> None:
    held = [Finding("too_many_pushes", "p", "1", "2"), Finding("memory_behind", "p", "7", "2", ("a", "b"))]

    [found] = memory_findings("p", None, False, [], ["a"], (), 0, (), False, held)

    assert found == Finding("memory_behind", "p", "7", "1", ("a",))


def test_newcomers_are_found_in_class_without_a_word_of_them_in_the_database() -> None:
    def line(who: str, state: EntryState, origin: Origin | None) -> Entry:
        return Entry(who, state, "I", origin=origin)

    after = {
        "unheard of": line("unheard of", EntryState.CONFIRMED, Origin.FOUND),
        "was planned": line("was planned", EntryState.CONFIRMED, Origin.FOUND),
        "was seen": line("was seen", EntryState.CONFIRMED, Origin.FOUND),
        "was sent": line("was sent", EntryState.CONFIRMED, Origin.FOUND),
        "we sent": line("we sent", EntryState.CONFIRMED, Origin.PUSHED),
        "to send": line("to send", EntryState.PLANNED, None),
    }
    before = {
        "was planned": line("was planned", EntryState.PLANNED, None),
        "was seen": line("was seen", EntryState.WITHDRAWN, Origin.FOUND),
    }
    only_planned = {"was planned": before["was planned"]}

    assert newcomers(before, after, ["was sent"]) == {"I": 2}
    assert newcomers(only_planned, {"was planned": after["was planned"]}, []) == {"I": 1}
    assert newcomers(before, {"was seen": after["was seen"]}, []) == {}


def test_a_finding_of_another_kind_puts_no_message_in_doubt() -> None:
    assert in_doubt([Finding("memory_new", "p", "", "0")])
    assert not in_doubt([Finding("source_dropped", "p", "9", "1")])


def test_a_course_that_a_run_began_to_fill_is_as_doubtful_as_one_never_filled() -> None:
    claimed = {"I": filled(CLAIMED)}

    assert doubted(claimed, 0, 0, [a_course()], frozenset()) == ([], [a_course()])
    assert doubted(claimed, 2, 1, [a_course()], frozenset()) == ([a_course()], [])
    assert is_doubtful(claimed.values(), 0, 0)
