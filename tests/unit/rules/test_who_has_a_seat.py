"""Who takes up a seat in the group of a course: everybody who sits there, once (rule 11)."""

from dataclasses import replace

from builders import GROUP_I, GROUP_II, STUDENT, TEACHER, angkatan, classroom, entry, nip, seen

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, CourseAsRead, Enrolled
from latsar_sync.rules.who_has_a_seat import InTheGroups, Owners, others_there, seats_taken, who_sits_where

FIRST, SECOND = angkatan("I"), angkatan("II")
PEOPLE = {nip(1): "ani", nip(2): "budi"}


def look(
    *people: Enrolled, entries: tuple[Entry, ...] = (), placed: dict[tuple[str | None, int | None], str] | None = None
) -> InTheGroups:
    course = classroom(*people, accounts={nip(1): (AccountInClass(501),), nip(2): (AccountInClass(502),)})
    known = {each.participant_id: each for each in entries}
    return who_sits_where([(FIRST, course), (SECOND, course)], known, owners(placed or {}))


def owners(placed: dict[tuple[str | None, int | None], str]) -> Owners:
    found = Owners(PEOPLE)
    for (site, user_id), who in placed.items():
        found.note_placed(site, user_id, who)
    return found


def taken(*people: Enrolled, entries: tuple[Entry, ...] = ()) -> dict[str, int]:
    return dict(seats_taken({each.participant_id: each for each in entries}, look(*people, entries=entries)))


def test_students_of_the_group_who_are_no_participants_count_whoever_else_does_not() -> None:
    strangers = (seen(900), seen(901, roles=(TEACHER,)), seen(902, groups=()), seen(903, groups=(GROUP_II,)))

    assert look(*strangers) == ({"I": 1, "II": 1}, {}, {"I": 1, "II": 1})


def test_whoever_does_not_count_hides_nobody_who_does() -> None:
    left = Owners(PEOPLE)
    left.note_left_behind("kelas", 9, 502, "budi")
    people = (seen(902, groups=()), seen(501, active=False), seen(502), seen(900), seen(901))
    course = classroom(*people, accounts={nip(1): (AccountInClass(501),), nip(2): (AccountInClass(502),)})

    assert who_sits_where([(FIRST, course)], {}, left) == ({"I": 2}, {}, {"I": 2})


def test_whoever_sits_in_several_courses_without_a_home_there_is_counted_in_each() -> None:
    seats = tuple(entry(name, EntryState.CONFIRMED, "II") for name in ("ani", "budi"))

    assert look(seen(501), seen(502), entries=seats)[0] == {"I": 2}


def test_accounts_are_told_apart_by_the_course_that_they_were_read_for() -> None:
    one = classroom(seen(501), accounts={nip(1): (AccountInClass(501),)})
    other = replace(classroom(seen(501, groups=(GROUP_II,)), accounts={nip(2): (AccountInClass(501),)}), site="lain")

    assert who_sits_where([(FIRST, one), (SECOND, other)], {}, Owners(PEOPLE)) == ({}, {"ani": "I", "budi": "II"}, {})


def test_an_account_that_a_move_left_behind_is_no_stranger_s_though_nobody_was_found_by_it() -> None:
    left = Owners(PEOPLE)
    left.note_left_behind("kelas", 9, 777, "ani")
    course = classroom(seen(777), accounts={})

    assert who_sits_where([(FIRST, course)], {"ani": entry("ani", EntryState.CONFIRMED, "III")}, left) == ({}, {}, {})
    assert left.strangers([(FIRST, course)]) == set()


def test_a_stranger_with_the_user_id_that_a_participant_has_on_another_site_is_a_stranger() -> None:
    ours = {("other", 900): "ani"}

    assert look(seen(900), placed=ours) == ({"I": 1}, {}, {"I": 1})
    assert look(seen(900), placed={("kelas", 900): "ani"}) == ({}, {"ani": "I"}, {})


def test_a_participant_whose_seat_is_there_counts_once() -> None:
    seat = entry("ani", EntryState.CONFIRMED)._replace(origin=Origin.PUSHED)

    assert look(seen(501), entries=(seat,)) == ({}, {"ani": "I"}, {})
    assert taken(seen(501), entries=(seat,)) == {"I": 1}


def test_a_participant_without_a_seat_who_sits_there_takes_one() -> None:
    for state in (EntryState.WAITLISTED, EntryState.WITHDRAWN):
        assert taken(seen(501), entries=(entry("ani", state),)) == {"I": 1}
    assert taken(seen(501)) == {"I": 1}


def test_whoever_a_move_left_behind_takes_no_seat_in_the_old_course() -> None:
    left = Owners(PEOPLE)
    left.note_left_behind("kelas", 9, 501, "ani")
    moved = entry("ani", EntryState.CONFIRMED, "III")
    course = classroom(seen(501), accounts={nip(1): (AccountInClass(501),)})

    assert who_sits_where([(FIRST, course)], {"ani": moved}, left) == ({}, {}, {})
    assert who_sits_where([(FIRST, course)], {"ani": moved}, Owners(PEOPLE)) == ({"I": 1}, {}, {})


def test_somebody_made_inactive_leaves_the_seat() -> None:
    assert taken(seen(501, active=False), entries=(entry("ani", EntryState.WITHDRAWN),)) == {}


def test_a_stranger_who_is_not_active_leaves_no_seat_since_perhaps_they_begin_later() -> None:
    assert taken(seen(900, active=False)) == {"I": 1}


def test_whoever_holds_a_seat_elsewhere_and_sits_here_takes_both() -> None:
    seat = entry("ani", EntryState.CONFIRMED, "II")

    assert taken(seen(501, groups=(GROUP_I, GROUP_II)), entries=(seat,)) == {"I": 1, "II": 1}
    assert taken(seen(501, groups=(GROUP_I, GROUP_II))) == {"I": 1, "II": 1}


def test_an_account_is_whose_nip_it_carries_before_whom_was_placed_on_it() -> None:
    course = replace(classroom(seen(777), accounts={}), nip_by_account={"idnumber": {777: nip(2)}})

    found = who_sits_where([(FIRST, course)], {}, owners({("kelas", 777): "ani"}))

    assert found.sitting_in == {"budi": "I"}


def test_a_group_that_is_not_there_yet_has_nobody_in_it() -> None:
    course: CourseAsRead = classroom(Enrolled(501, True, frozenset({STUDENT}), frozenset()), groups={})

    assert who_sits_where([(FIRST, course)], {}, Owners(PEOPLE)) == ({}, {}, {})


def test_strangers_are_those_in_a_group_whose_account_carries_no_participant_s_nip() -> None:
    course = classroom(seen(501), seen(900), seen(901, groups=()), accounts={nip(1): (AccountInClass(501),)})

    assert Owners(PEOPLE).strangers([(FIRST, course)]) == {("kelas", 900)}


def test_others_are_strangers_and_whoever_waits_or_is_not_judged_and_nobody_with_a_seat() -> None:
    people = (seen(501), seen(502), seen(900), seen(901))

    def others(*entries: Entry) -> dict[str, int]:
        return dict(others_there({each.participant_id: each for each in entries}, look(*people, entries=entries)))

    assert others() == {"I": 4}
    assert others(entry("ani", EntryState.CONFIRMED), entry("budi", EntryState.WAITLISTED)) == {"I": 3}
    assert others(entry("ani", EntryState.CONFIRMED), entry("budi", EntryState.REVIEW, "II")) == {"I": 2}
