"""Which course an angkatan fills (rules 7 and 22): replaced, claimed, or somebody else's."""

from dataclasses import replace

import pytest
from builders import angkatan, classroom, nip, seen

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.in_class import CourseAsRead
from latsar_sync.domain.records import Finding
from latsar_sync.rules.filled_courses import (
    CLAIMED,
    FilledCourse,
    by_group,
    claims,
    filled_by,
    is_moved,
    is_the_same_place,
    placed_anew,
    replaced_findings,
    with_group_idnumbers_in_use,
)

MARK = "latsar:l3:I"


def filled(restoration: int = 0) -> FilledCourse:
    return FilledCourse("I", "kelas", "https://kelas.example", 9, "KLS-2026", 71, MARK, restoration)


def entry(who: str, state: EntryState = EntryState.CONFIRMED, course: int = 9, angkatan: str = "I") -> Entry:
    return Entry(
        who,
        state,
        angkatan,
        origin=Origin.PUSHED,
        site="kelas",
        course_id=course,
        course="KLS-2026",
        target_user_id=501,
        group_id=71,
    )


ELSEWHERE = replace(filled(), address="https://lain.example")


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        (filled(), filled(), False),
        (filled(), replace(filled(), course_id=10), True),
        (filled(), ELSEWHERE, True),
        (replace(filled(), address="?kelas"), filled(), False),
        (replace(filled(), address="?kelas"), replace(filled(), course_id=10), True),
        (replace(filled(), address="?lain"), filled(), True),
        (filled(), replace(filled(), group_id=72, course="KLS-BARU"), False),
    ],
)
def test_a_course_is_another_if_its_course_or_the_address_of_its_site_is(
    before: FilledCourse, now: FilledCourse, moved: bool
) -> None:
    assert is_moved(before, now) is moved
    found = replaced_findings({"I": before}, [("kelas/KLS", now)], [entry("a"), entry("b", course=10)])
    assert [each.code for each in found] == (["target_replaced"] if moved else [])
    if moved:
        assert found[0].people == ("a",)


def test_a_replaced_course_is_told_with_where_it_was_and_is_and_hides_no_other() -> None:
    kept, gone = replace(filled(), angkatan="II"), replace(filled(), address="?lama")
    now = [("kelas/X", replace(filled(), angkatan="X")), ("kelas/KLS-2", kept), ("kelas/KLS", ELSEWHERE)]

    [found] = replaced_findings({"II": kept, "I": gone}, now, [entry("a")])

    assert found == Finding(
        "target_replaced", "kelas/KLS", "I: lama KLS-2026 (9)", "I: https://lain.example KLS-2026 (9)", ("a",)
    )


def test_a_course_that_was_never_filled_is_not_replaced() -> None:
    assert replaced_findings({}, [("kelas/KLS", filled())], [entry("a")]) == []


def test_who_was_in_a_replaced_course_is_placed_anew_and_who_was_removed_from_it_is_not() -> None:
    seated, gone = entry("a"), entry("b", EntryState.WITHDRAWN).having(reason="target_removed")
    planned = entry("c", EntryState.PLANNED).having(origin=None, target_user_id=None)
    seated = seated.having(late=True, approved_by="Siti")
    entries = {each.participant_id: each for each in (entry("d", course=10), seated, gone, planned)}

    changed, left = placed_anew(entries, angkatan("I"), filled())

    assert left == (seated,)
    assert {who: (each.state, each.target_user_id, each.origin) for who, each in changed.items()} == {
        "a": (EntryState.PLANNED, None, None),
        "b": (EntryState.WITHDRAWN, None, None),
        "c": (EntryState.PLANNED, None, None),
    }
    assert changed["b"].reason == "target_removed"
    assert (changed["a"].late, changed["a"].approved_by) == (True, "Siti")
    assert (changed["c"].late, changed["c"].approved_by) == (False, None)


def test_a_group_is_filled_by_one_angkatan_of_one_programme() -> None:
    others = [("p2", replace(filled(), group_id=72)), ("p3", replace(filled(), angkatan="X"))]

    assert filled_by(filled(), by_group(others)) == ("p3", "X")
    assert filled_by(filled(), by_group(others[:1])) is None
    assert filled_by(filled(), by_group([("p4", replace(filled(), address="?kelas"))])) == ("p4", "I")
    assert filled_by(filled(), by_group([("p5", ELSEWHERE)])) is None


def test_a_group_is_claimed_before_it_is_filled_and_what_a_person_has_yet_to_release_stays_so() -> None:
    other = replace(filled(), angkatan="II", group_id=70)
    moved = replace(filled(restoration=2), group_id=72)

    assert claims({}, [filled(), other]) == [replace(other, restoration=CLAIMED), filled(CLAIMED)]
    assert claims({"I": filled(restoration=1)}, [moved]) == [replace(moved, restoration=1)]
    assert claims({"I": filled(restoration=1)}, [filled(restoration=2)]) == []
    assert claims({}, [replace(filled(), group_id=None)]) == []


def test_a_group_is_looked_for_by_the_mark_that_it_was_made_with() -> None:
    renamed = replace(angkatan("I"), group_idnumber="latsar:neu:EINS")
    own = replace(angkatan("II"), group_idnumber="KELAS-2")
    known = {"I": filled(), "II": replace(filled(), angkatan="II")}

    found = with_group_idnumbers_in_use([renamed, own, angkatan("III")], known)

    assert [each.group_idnumber for each in found] == [MARK, "KELAS-2", "latsar:l3:III"]
    assert with_group_idnumbers_in_use([renamed], {"I": replace(filled(), group_idnumber="")}) == (renamed,)


@pytest.mark.parametrize(
    ("before", "course", "account_key", "the_same"),
    [
        (filled(), classroom(seen(501)), nip(1), True),
        (filled(), classroom(seen(502)), nip(1), False),
        (filled(), classroom(seen(501)), nip(2), False),
        (filled(), classroom(seen(501)), None, False),
        (replace(filled(), course_id=10), classroom(seen(501)), nip(1), False),
    ],
)
def test_whoever_sits_by_the_same_account_in_the_course_of_that_number_was_not_left_behind(
    before: FilledCourse, course: CourseAsRead, account_key: str | None, the_same: bool
) -> None:
    assert is_the_same_place(entry("ani"), account_key, before, course) is the_same
