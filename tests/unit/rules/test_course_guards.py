"""What befalls a course as a whole is found before anybody in it moves, named with those whom it is about (rule 6)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from builders import GROUP_I, GROUP_II, angkatan, classroom, entry, nip, seen

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, CourseAsRead, Enrolled
from latsar_sync.domain.records import Baseline
from latsar_sync.rules.course_guards import (
    CourseChange,
    called_otherwise,
    change_findings,
    change_of,
    found_otherwise,
    found_otherwise_findings,
    settled,
    unreadable,
    with_courses,
)
from latsar_sync.rules.entry_against_course import to_be_compared
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.rules.released_findings import stay_true

LABEL = "kelas/KLS-2026"
PEOPLE = 40


def confirmed(number: int) -> Entry:
    return entry(f"p{number:02}", EntryState.CONFIRMED)._replace(
        origin=Origin.PUSHED, target_user_id=500 + number, group_id=GROUP_I, site="kelas", course_id=9
    )


ENTRIES = [confirmed(number) for number in range(1, PEOPLE + 1)]
NIPS = {f"p{number:02}": nip(number) for number in range(1, PEOPLE + 1)}


def read(gone: int = 0, inactive: int = 0, in_no_group: int = 0) -> CourseAsRead:
    """Return the course of 40 in which the first are gone, the next inactive, the next in no group."""
    people = [
        seen(
            500 + number,
            active=number > gone + inactive,
            groups=() if number <= gone + inactive + in_no_group else (71,),
        )
        for number in range(gone + 1, PEOPLE + 1)
    ]
    accounts = {nip(number): (AccountInClass(500 + number),) for number in range(1, PEOPLE + 1)}
    return classroom(*people, accounts=accounts)


def change(course: CourseAsRead, entries: list[Entry] = ENTRIES) -> CourseChange:
    return change_of(course, [(angkatan("I"), entries)], NIPS.__getitem__)


def codes(
    course: CourseAsRead, baseline: Baseline | None = None, entries: list[Entry] = ENTRIES, **limits: float
) -> list[str]:
    found = change_findings(baseline, change(course, entries), GuardLimits(**limits))  # type: ignore[arg-type]
    return [each.code for each in found]


def first(number: int) -> tuple[str, ...]:
    return tuple(f"p{each:02}" for each in range(1, number + 1))


def test_a_course_as_it_was_is_no_finding() -> None:
    assert codes(read()) == []


@pytest.mark.parametrize("how", ["gone", "inactive"])
@pytest.mark.parametrize(("lost", "found"), [(5, []), (6, ["target_lost"])])
def test_more_people_than_max_lost_who_are_gone_or_inactive_are_a_finding_with_their_names(
    how: str, lost: int, found: list[str]
) -> None:
    course = read(**{how: lost})

    assert codes(course) == found
    for each in change_findings(None, change(course), GuardLimits()):
        assert (each.subject, each.before, each.now) == (LABEL, "40", str(PEOPLE - lost))
        assert each.people == first(lost)


@pytest.mark.parametrize(("lost", "found"), [(8, []), (9, ["target_lost"])])
def test_and_more_than_max_lost_share_of_those_confirmed_there(lost: int, found: list[str]) -> None:
    assert codes(read(gone=lost), max_lost_share=0.2) == found


def test_who_was_lost_before_is_not_lost_again() -> None:
    withdrawn = [each._replace(state=EntryState.WITHDRAWN, reason="target_removed") for each in ENTRIES[:20]]

    changed = change(read(gone=21), withdrawn + ENTRIES[20:])

    assert codes(read(gone=20), entries=withdrawn + ENTRIES[20:]) == []
    assert (changed.lost, changed.lost_confirmed, changed.confirmed) == (("p21",), 1, 20)


def test_who_never_was_in_the_course_is_not_lost_there_whatever_stands_beside_the_name() -> None:
    elsewhere = [each._replace(origin=None) for each in ENTRIES[:20]]

    assert change(read(gone=21), elsewhere + ENTRIES[20:]).lost == ("p21",)


def test_who_sits_in_the_course_by_another_account_of_theirs_is_not_lost() -> None:
    course = read(gone=1)
    by_another = seen(900)
    course = replace(
        course,
        enrolled={**course.enrolled, 900: by_another},
        accounts={**course.accounts, nip(1): (AccountInClass(900),)},
    )

    assert change(course).lost == ()


def test_somebody_in_review_who_is_gone_is_named_but_was_not_confirmed() -> None:
    in_review = [each._replace(state=EntryState.REVIEW, reason="no_longer_qualifies") for each in ENTRIES[:6]]
    changed = change(read(gone=6), in_review + ENTRIES[6:])

    assert (changed.lost, changed.lost_confirmed, changed.confirmed) == (first(6), 0, 34)
    assert change_findings(None, changed, GuardLimits()) == []


@pytest.mark.parametrize("how", ["gone", "inactive"])
def test_one_person_lost_is_a_finding_while_the_enrolment_method_is_off(how: str) -> None:
    off = replace(read(**{how: 1}), methods=frozenset({"self"}))

    [found] = change_findings(None, change(off), GuardLimits())

    assert (found.code, found.before, found.now, found.people) == ("target_method_off", "manual", "self", ("p01",))
    assert found.subject == LABEL


def test_methods_are_listed_by_name_and_a_course_without_any_shows_a_dash() -> None:
    before = Baseline(100, None, (), {LABEL: PEOPLE}, target_methods={LABEL: ("self", "manual")})

    [found] = change_findings(before, change(replace(read(gone=1), methods=frozenset())), GuardLimits())

    assert (found.before, found.now) == ("manual, self", "-")


def test_a_method_that_is_off_and_touched_nobody_is_no_finding() -> None:
    assert codes(replace(read(), methods=frozenset())) == []


BASELINE = Baseline(100, None, (), {LABEL: PEOPLE}, target_methods={LABEL: ("self",)})


def test_methods_are_compared_with_those_that_were_on() -> None:
    """A course that is filled by self-enrolment never had manual enrolment: that it is off tells nothing there."""
    without_manual = replace(read(inactive=1), methods=frozenset({"self"}))
    without_self = replace(read(inactive=1), methods=frozenset({"manual"}))

    assert codes(without_manual, BASELINE) == []
    assert codes(without_self, BASELINE) == ["target_method_off"]


def test_the_drop_of_active_people_is_one_finding_that_names_who_would_be_withdrawn() -> None:
    """Whoever is inactive does not count: switched off, a method leaves everybody in the list of people."""
    course = read(inactive=9)
    baseline = replace(BASELINE, target_methods={})

    [found] = change_findings(baseline, change(course), GuardLimits())

    assert (found.code, found.before, found.now, found.people) == ("target_dropped", "40", "31", first(9))


def test_a_course_without_anybody_left_is_one_finding_that_names_everybody() -> None:
    [found] = change_findings(replace(BASELINE, target_methods={}), change(read(gone=PEOPLE)), GuardLimits())

    assert (found.code, found.before, found.now, found.people) == ("target_emptied", "40", "0", first(PEOPLE))


def test_a_group_that_is_gone_is_a_finding_about_those_who_were_in_it() -> None:
    gone = replace(read(in_no_group=PEOPLE), groups={"II": 72})

    [found] = change_findings(None, change(gone), GuardLimits())

    assert (found.code, found.before, found.now, found.people) == ("target_group_gone", "I", "40", first(PEOPLE))
    assert found.subject == LABEL


def test_a_group_made_anew_with_everybody_in_it_is_no_finding() -> None:
    people = [seen(500 + number, groups=(99,)) for number in range(1, PEOPLE + 1)]
    anew = replace(classroom(*people, accounts=read().accounts), groups={"I": 99})

    assert codes(anew) == []


def test_somebody_who_only_left_the_group_is_no_finding() -> None:
    assert codes(read(in_no_group=3)) == []


def without_role(each: Enrolled) -> Enrolled:
    return replace(each, role_ids=frozenset())


def out_of_the_group(each: Enrolled) -> Enrolled:
    return replace(each, group_ids=frozenset())


def in_the_other_group(each: Enrolled) -> Enrolled:
    return replace(each, group_ids=frozenset({GROUP_II}))


def as_it_was(each: Enrolled) -> Enrolled:
    return each


def changed_for(
    number: int, how: Callable[[Enrolled], Enrolled], account: AccountInClass | None = None
) -> CourseAsRead:
    """Return the course of 40 in which so many are there otherwise; ``account`` replaces what theirs says."""
    course = read()
    people = {each: how(seen) if each <= 500 + number else seen for each, seen in course.enrolled.items()}
    accounts = dict(course.accounts)
    if account is not None:
        accounts |= {nip(each): (replace(account, user_id=500 + each),) for each in range(1, number + 1)}
    return replace(course, enrolled=people, accounts=accounts)


@pytest.mark.parametrize(
    ("how", "account"),
    [
        (without_role, None),
        (out_of_the_group, None),
        (in_the_other_group, None),
        (as_it_was, AccountInClass(0, suspended=True)),
        (as_it_was, AccountInClass(0, account_confirmed=False)),
    ],
)
@pytest.mark.parametrize(("displaced", "found"), [(5, []), (6, ["target_displaced"])])
def test_more_people_than_max_lost_who_lose_role_group_or_account_at_once_are_a_finding_with_their_names(
    how: Callable[[Enrolled], Enrolled], account: AccountInClass | None, displaced: int, found: list[str]
) -> None:
    course = changed_for(displaced, how, account)

    assert codes(course) == found
    for each in change_findings(None, change(course), GuardLimits()):
        assert (each.subject, each.before, each.now) == (LABEL, "40", str(PEOPLE - displaced))
        assert each.people == first(displaced)


def test_profiles_that_lost_their_nip_at_once_are_a_finding_about_the_course() -> None:
    carried = {"idnumber": {500 + number: None if number <= 6 else nip(number) for number in range(1, PEOPLE + 1)}}
    course = replace(read(), accounts={}, nip_by_account=carried)

    assert codes(course) == ["target_displaced"]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        (None, None),
        ({}, None),
        ({"I": "idnumber, 5"}, None),
        ({"I": "idnumber, 3"}, ("I: idnumber, 3", "I: idnumber, 5")),
    ],
)
def test_one_person_who_is_not_found_as_theirs_by_another_configuration_is_a_finding(
    before: dict[str, str] | None, found: tuple[str, str] | None
) -> None:
    mine = angkatan("I")
    baseline = None if before is None else Baseline(PEOPLE, None, (), {}, found_by=before)
    otherwise = found_otherwise(baseline, [mine])
    course = change_of(changed_for(1, without_role), [(mine, ENTRIES)], NIPS.__getitem__, otherwise)

    told = found_otherwise_findings(baseline, course, [mine])

    assert (course.displaced, course.found_otherwise) == ((), first(1)) if found else (first(1), ())
    assert [(each.before, each.now, each.people) for each in told] == ([(*found, first(1))] if found else [])


@pytest.mark.parametrize(("displaced", "found"), [(8, []), (9, ["target_displaced"])])
def test_and_more_than_max_lost_share_of_those_confirmed_there_for_role_and_group_too(
    displaced: int, found: list[str]
) -> None:
    course = changed_for(displaced, without_role)

    assert codes(course, max_lost_share=0.2) == found


def test_those_whose_nip_was_corrected_in_the_mooc_are_no_finding_about_the_course() -> None:
    compared = [to_be_compared(each) for each in ENTRIES[:9]]
    course = replace(read(), accounts={}, nip_by_account={"idnumber": {500 + each: nip(99) for each in range(1, 10)}})

    assert (
        codes(replace(course, enrolled={k: v for k, v in course.enrolled.items() if k < 510}), entries=compared) == []
    )


def test_whoever_was_never_seen_in_the_course_is_not_lost_there() -> None:
    planned = [entry("p01", EntryState.PLANNED)]

    assert change(read(gone=PEOPLE), planned).lost == ()


def test_a_course_that_cannot_be_read_is_a_finding_if_people_were_seen_in_it() -> None:
    [closed] = unreadable("kelas", "KLS-2026", ENTRIES)

    assert (closed.subject, closed.before) == (LABEL, "40")
    never_seen, removed = entry("p01", EntryState.PLANNED), ENTRIES[0]._replace(state=EntryState.WITHDRAWN)
    assert unreadable("kelas", "KLS-2026", (never_seen, removed)) == []


def test_what_was_accepted_of_a_course_is_what_it_is_compared_with_from_then_on() -> None:
    """One event is one question: whoever was withdrawn because the method is off is not missed once more."""
    off = replace(read(inactive=PEOPLE), methods=frozenset())
    known = replace(BASELINE, target_people={LABEL: PEOPLE, "kelas/KLS-II": 20})
    released = change_findings(known, change(off), GuardLimits())
    withdrawn = [each._replace(state=EntryState.WITHDRAWN, reason="target_removed") for each in ENTRIES]

    after = settled(known, released, [off])

    assert codes(off, known, withdrawn) == ["target_emptied"]
    assert codes(off, after, withdrawn) == []
    assert after == replace(known, target_people={LABEL: 0, "kelas/KLS-II": 20}, target_methods={LABEL: ()})
    assert settled(known, [], [off]) == known


def test_accepting_that_a_course_cannot_be_read_is_remembered_and_changes_nothing_else() -> None:
    closed = unreadable("kelas", "KLS-2026", ENTRIES)

    assert settled(BASELINE, closed, []) == replace(BASELINE, released=stay_true(closed))


def test_a_complete_reading_forgets_courses_that_are_no_longer_read_and_keeps_those_that_could_not_be() -> None:
    known = replace(BASELINE, target_people={LABEL: 39, "kelas/KLS-II": 20})
    now = {LABEL: PEOPLE}

    assert with_courses(BASELINE, [read()], None).target_people == now
    assert with_courses(BASELINE, [read()], known).target_people == {**now, "kelas/KLS-II": 20}


def test_a_course_is_compared_by_the_name_that_it_has_now() -> None:
    now = called_otherwise(BASELINE, {LABEL: "kelas/KLS-2027"})

    assert now == replace(BASELINE, target_people={"kelas/KLS-2027": 40}, target_methods={"kelas/KLS-2027": ("self",)})
    assert called_otherwise(BASELINE, {}) is BASELINE
    assert called_otherwise(None, {LABEL: "kelas/KLS-2027"}) is None
