"""What holds for any roster entry that is held against any in-class course (rules 5, 19)."""

from dataclasses import replace

import pytest
from builders import GROUP_I, GROUP_II, STUDENT, TEACHER, angkatan, classroom, entry, nip, seen
from entries import (
    ACTIVE,
    CONFIRMED,
    ENROL,
    MEMBERSHIP,
    PLANNED,
    PUSHED,
    REVIEW,
    WAITLISTED,
    WITHDRAWN,
    confirmed,
    left_group,
    look,
    planned,
    review,
    sent,
)
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.entry import Entry, Origin
from latsar_sync.domain.in_class import AccountInClass, CourseAsRead
from latsar_sync.rules.entry_against_course import as_untold, can_tell, compare_with_course

# For any entry and any course

any_person = st.builds(
    seen,
    user_id=st.sampled_from([501, 502]),
    active=st.booleans(),
    roles=st.sampled_from([(), (STUDENT,), (TEACHER,), (STUDENT, TEACHER)]),
    groups=st.sampled_from([(), (GROUP_I,), (GROUP_II,), (GROUP_I, GROUP_II), (99,)]),
)
any_account = st.builds(AccountInClass, st.sampled_from([501, 502]), st.booleans())
any_course = st.builds(
    lambda people, accounts, groups: classroom(*people, accounts={nip(1): tuple(accounts)}, groups=groups),
    st.lists(any_person, max_size=2, unique_by=lambda each: each.user_id),
    st.lists(any_account, max_size=2, unique_by=lambda each: each.user_id),
    st.sampled_from([{}, {"I": GROUP_I}, {"II": GROUP_II}, {"I": GROUP_I, "II": GROUP_II}]),
)
MENDABLE_CAUSES = (
    "target_account_missing",
    "target_account_suspended",
    "target_account_unreadable",
    "target_enrolment_inactive",
    "target_role_missing",
    "target_other_group",
)
any_entry = st.sampled_from(
    [
        planned(),
        planned("push_unknown"),
        planned("push_rejected"),
        planned("awaiting_approval"),
        *map(review, MENDABLE_CAUSES),
        *(review(cause, Origin.PUSHED) for cause in MENDABLE_CAUSES[1:]),
        *(sent(origin=origin) for origin in Origin),
        *(confirmed(origin) for origin in Origin),
        left_group(),
        review("no_longer_qualifies", Origin.PUSHED),
        entry("ani", REVIEW, None, "no_angkatan"),
        entry("ani", WAITLISTED, reason="over_capacity"),
        entry("ani", WITHDRAWN, reason="target_removed"),
    ]
)


@given(any_entry, any_course, st.booleans())
def test_an_unchanged_course_gives_an_unchanged_entry(before: Entry, course: CourseAsRead, was_sent: bool) -> None:
    """Rule 8: reading the same course twice settles the same and asks for the same write."""
    once, kind = compare_with_course(before, nip(1), angkatan("I"), course, was_sent)

    assert compare_with_course(once, nip(1), angkatan("I"), course, was_sent) == (once, kind)


@given(any_entry, any_course, st.booleans())
def test_nothing_is_written_about_people_already_there_but_a_missing_group(
    before: Entry, course: CourseAsRead, was_sent: bool
) -> None:
    """Rule 7: only the absent are enrolled; only the active with the role and in no configured group are added."""
    after, kind = compare_with_course(before, nip(1), angkatan("I"), course, was_sent)

    there = course.enrolled.get(after.target_user_id or 0)
    if kind is ENROL:
        assert (after.state, there) == (PLANNED, None)
        assert course.accounts[nip(1)] == (AccountInClass(after.target_user_id or 0),)
    if kind is MEMBERSHIP:
        assert after.state in (PLANNED, PUSHED)
        assert there is not None
        assert there.active
        assert STUDENT in there.role_ids
        assert not there.group_ids & set(course.groups.values())


@given(any_entry, any_course, st.booleans())
def test_nobody_is_confirmed_who_was_not_seen_in_the_group(before: Entry, course: CourseAsRead, was_sent: bool) -> None:
    after, _ = compare_with_course(before, nip(1), angkatan("I"), course, was_sent)

    if after.state is CONFIRMED:
        there = course.enrolled[after.target_user_id or 0]
        assert there.active
        assert course.groups["I"] in there.group_ids
        assert (after.group_id, after.reason) == (course.groups["I"], None)


@given(any_entry, any_course, st.booleans())
def test_nobody_is_enrolled_twice(before: Entry, course: CourseAsRead, was_sent: bool) -> None:
    """Rule 5: who was in the course once and is gone is not put back."""
    after, kind = compare_with_course(before, nip(1), angkatan("I"), course, was_sent)

    if before.origin is not None:
        assert kind is not ENROL
        assert after.origin is before.origin or after.target_user_id != before.target_user_id


@pytest.mark.parametrize(
    ("course", "user_id", "told"),
    [
        (classroom(), 501, True),
        (replace(classroom(), unread=frozenset({501})), 501, False),
        (replace(classroom(), unread=frozenset({502})), 501, True),
        (replace(classroom(), unread=frozenset({502})), 502, False),
        (replace(classroom(accounts={}), whole=False), None, True),
        (replace(classroom(accounts={}), whole=False), 502, False),
        (replace(classroom(accounts={nip(1): (ACTIVE,)}), unread=frozenset({501})), None, False),
        (replace(classroom(), unread_keys=frozenset({nip(1)})), None, False),
        (replace(classroom(), whole=False), 501, False),
        (replace(classroom(seen(501)), whole=False), 501, True),
    ],
)
def test_who_was_not_read_is_neither_there_nor_gone(course: CourseAsRead, user_id: int | None, told: bool) -> None:
    assert can_tell(course, user_id, nip(1)) is told


@given(any_entry, any_course)
def test_an_account_that_cannot_be_read_is_told_of_who_is_on_the_way_and_moves_nobody_else(
    before: Entry, course: CourseAsRead
) -> None:
    unread = replace(course, unread_keys=frozenset({nip(1)}))
    on_the_way = before.origin is None and (before.state is PLANNED or before.reason in MENDABLE_CAUSES)

    after = as_untold(before, nip(1), unread)

    assert as_untold(before, nip(1), course) == before
    assert (after.state, after.reason) == (
        (REVIEW, "target_account_unreadable") if on_the_way else (before.state, before.reason)
    )


def test_whose_account_is_gone_is_followed_by_none() -> None:
    followed = planned()._replace(target_user_id=501)

    after, kind = look(followed, accounts=())

    assert (after.state, after.reason, after.target_user_id, kind) == (REVIEW, "target_account_missing", None, None)
