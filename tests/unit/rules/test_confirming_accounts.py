"""Whose account sits in the course, and what a named person's admission sends there (rules 7, 15 and 19)."""

from dataclasses import replace

import pytest
from builders import GROUP_I, GROUP_II, STUDENT, angkatan, classroom, day, entry, nip, seen
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.entry import NIP_CHANGED, UNPLACED, Admission, Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, CourseAsRead, Enrolled, PushKind
from latsar_sync.rules.admissions import admit_again
from latsar_sync.rules.entry_against_course import compare_with_course, needs_reading, to_be_compared
from latsar_sync.rules.moves import waiting_anew

PLANNED, CONFIRMED, REVIEW = EntryState.PLANNED, EntryState.CONFIRMED, EntryState.REVIEW
WITHDRAWN, WAITLISTED = EntryState.WITHDRAWN, EntryState.WAITLISTED
CHANGED = "target_account_changed"
OWN = nip(1)
OTHER = nip(2)


def placed(state: EntryState = CONFIRMED, reason: str | None = None) -> Entry:
    """Return the entry of somebody who was confirmed by the account 501."""
    return entry("ani", state, reason=reason)._replace(origin=Origin.PUSHED, target_user_id=501, group_id=GROUP_I)


def read(
    *people: Enrolled, carried: dict[int, str] | None = None, accounts: tuple[AccountInClass, ...] | None = None
) -> CourseAsRead:
    """Return the course with what its people carry, and the accounts of NIP 1 where they were looked up."""
    course = classroom(*people, accounts={} if accounts is None else {OWN: accounts})
    return course if carried is None else replace(course, nip_by_account={"idnumber": carried})


def settle(before: Entry, course: CourseAsRead, number: str | None = OWN) -> tuple[EntryState, str | None, int | None]:
    after, _ = compare_with_course(before, number, angkatan("I"), course, enrolment_unsettled=False)
    return after.state, after.reason, after.target_user_id


# The account carries the person's NIP


def test_an_account_that_carries_the_nip_is_theirs_without_a_look_up() -> None:
    assert settle(placed(), read(seen(501), carried={501: OWN})) == (CONFIRMED, None, 501)


@pytest.mark.parametrize("state", [CONFIRMED, EntryState.PUSHED])
def test_whose_account_is_out_of_the_course_and_another_one_with_their_nip_in_it_is_not_taken_for_removed(
    state: EntryState,
) -> None:
    both = AccountInClass(501), AccountInClass(502)

    told = [settle(placed(state), read(*people, accounts=both)) for people in ([seen(502)], [seen(502, active=False)])]

    assert told == [(REVIEW, "target_account_ambiguous", 501), (WITHDRAWN, "target_removed", 501)]
    mended = placed(REVIEW, "target_account_ambiguous")
    assert settle(mended, read(seen(502), accounts=both[1:])) == (CONFIRMED, None, 502)
    assert settle(mended, read(accounts=both)) == (WITHDRAWN, "target_removed", 501)


@pytest.mark.parametrize(("state", "reason"), [(REVIEW, "no_longer_qualifies"), (WAITLISTED, "over_capacity")])
def test_who_waits_or_qualifies_no_longer_is_followed_by_the_account_that_took_the_place_of_theirs(
    state: EntryState, reason: str
) -> None:
    before, own = placed(state, reason), (AccountInClass(502),)

    assert settle(before, read(seen(502), accounts=own)) == (state, reason, 502)
    assert settle(before, read(seen(502, active=False), accounts=own)) == (WITHDRAWN, "target_removed", 501)
    assert settle(before, read(seen(502), accounts=(AccountInClass(501), *own))) == (state, reason, 501)
    assert settle(before, read(accounts=own)) == (WITHDRAWN, "target_removed", 501)


@pytest.mark.parametrize("carried", [OTHER, ""])
def test_an_account_that_carries_another_nip_or_none_is_reviewed(carried: str) -> None:
    course = read(seen(501), seen(502), carried={501: carried, 502: nip(3)})

    assert settle(placed(), course) == (REVIEW, CHANGED, 501)
    assert compare_with_course(placed(), OWN, angkatan("I"), course, enrolment_unsettled=False)[1] is None


def test_an_account_that_the_look_up_does_not_find_by_the_nip_is_reviewed() -> None:
    assert settle(placed(), read(seen(501), accounts=())) == (REVIEW, CHANGED, 501)
    assert settle(placed(), read(seen(501), accounts=(AccountInClass(502),))) == (REVIEW, CHANGED, 501)


def test_what_was_not_read_proves_nothing_against_an_account() -> None:
    assert settle(placed(), read(seen(501))) == (CONFIRMED, None, 501)
    assert settle(placed(), read(seen(501), carried={501: OTHER}), number=None) == (CONFIRMED, None, 501)


def test_the_review_ends_by_itself_when_the_account_carries_the_nip_again() -> None:
    assert settle(placed(REVIEW, CHANGED), read(seen(501), carried={501: OWN})) == (CONFIRMED, None, 501)


@pytest.mark.parametrize("wrong", [None, seen(501, active=False)])
@pytest.mark.parametrize("before", [placed(REVIEW, CHANGED), placed(CONFIRMED, NIP_CHANGED)])
def test_once_the_wrong_account_is_out_the_person_s_own_is_sent(before: Entry, wrong: Enrolled | None) -> None:
    course = read(*([wrong] if wrong else []), carried={501: OTHER}, accounts=(AccountInClass(502),))

    after, write = compare_with_course(before, OWN, angkatan("I"), course, enrolment_unsettled=False)

    assert (after.state, after.target_user_id, after.origin, write) == (PLANNED, 502, None, PushKind.ENROL)
    assert (after.reason, after.group_id) == (None, None)


def test_of_the_person_s_own_account_in_the_course_nothing_is_known_from_the_wrong_one() -> None:
    course = read(seen(501), seen(502, groups=()), carried={501: OTHER, 502: OWN}, accounts=(AccountInClass(502),))

    after, write = compare_with_course(placed(), OWN, angkatan("I"), course, enrolment_unsettled=False)

    assert (after.state, after.target_user_id, after.origin, after.group_id) == (PLANNED, 502, Origin.FOUND, None)
    assert write is PushKind.MEMBERSHIP


def test_whoever_waits_to_be_placed_anew_keeps_their_place_in_line_and_nothing_else() -> None:
    before = placed()._replace(
        admission=Admission.OVERRIDE, reached_at=day(3), source_user_id=5, late=True, lifted_from="held"
    )

    assert waiting_anew(before) == Entry(
        "ani", WAITLISTED, "I", Admission.OVERRIDE, reached_at=day(3), source_user_id=5
    )


def test_the_person_s_own_account_in_the_course_is_the_one_that_counts() -> None:
    course = read(seen(501), seen(502), carried={501: OTHER, 502: OWN}, accounts=(AccountInClass(502),))

    assert settle(placed(REVIEW, CHANGED), course) == (CONFIRMED, None, 502)


def test_whoever_was_taken_out_while_nobody_doubted_the_account_is_withdrawn() -> None:
    assert settle(placed(), read(accounts=(AccountInClass(502),)))[:2] == (WITHDRAWN, "target_removed")


def test_somebody_put_back_by_an_account_of_another_is_not_confirmed_again() -> None:
    withdrawn = placed(WITHDRAWN, "target_removed")

    assert settle(withdrawn, read(seen(501), carried={501: OTHER}))[0] is WITHDRAWN
    assert settle(withdrawn, read(seen(501), accounts=(AccountInClass(501, suspended=True),)))[0] is WITHDRAWN
    assert settle(withdrawn, read(seen(502), accounts=(AccountInClass(502),))) == (CONFIRMED, None, 502)


def test_somebody_in_class_by_an_account_that_is_not_confirmed_is_reviewed() -> None:
    course = read(seen(501), accounts=(AccountInClass(501, account_confirmed=False),))

    assert settle(placed(), course) == (REVIEW, "target_account_unconfirmed", 501)


def test_somebody_in_a_group_of_another_programme_is_in_another_group() -> None:
    course = replace(read(seen(501, groups=(99,)), accounts=(AccountInClass(501),)), groups_of_others=frozenset({99}))

    assert settle(entry("ani", PLANNED), course) == (REVIEW, "target_other_group", 501)


def test_only_whoever_is_in_class_is_marked_when_their_nip_changes() -> None:
    assert to_be_compared(placed()) == placed(reason=NIP_CHANGED)
    for other in (entry("ani", PLANNED), placed(WITHDRAWN, "target_removed"), placed(REVIEW, CHANGED)):
        assert to_be_compared(other) == other


# What an admission sends


def admitted(before: Entry) -> Entry:
    """Return the entry as an admission leaves it, and placement seats it."""
    return admit_again(before)._replace(state=PLANNED)


@pytest.mark.parametrize(
    ("person", "write"),
    [
        (None, PushKind.ENROL),
        (seen(active=False), PushKind.ENROL),
        (seen(roles=()), PushKind.ENROL),
        (seen(groups=()), PushKind.MEMBERSHIP),
        (seen(groups=(GROUP_II,)), PushKind.MEMBERSHIP),
        (seen(), None),
        (seen(groups=(GROUP_I, GROUP_II)), None),
    ],
)
@pytest.mark.parametrize(
    "before",
    [placed(WITHDRAWN, "target_removed"), placed(REVIEW, "target_group_left"), placed(REVIEW, "no_longer_qualifies")],
)
def test_an_admission_sends_whatever_is_missing(before: Entry, person: Enrolled | None, write: PushKind | None) -> None:
    course = read(*([person] if person else []), accounts=(AccountInClass(501),))

    after, found = compare_with_course(admitted(before), OWN, angkatan("I"), course, enrolment_unsettled=False)

    assert (after.state, found) == (PLANNED if write else CONFIRMED, write)
    assert after.lifted is bool(write)


@pytest.mark.parametrize(
    "account",
    [
        (),
        (AccountInClass(501, suspended=True),),
        (AccountInClass(501, account_confirmed=False),),
        (AccountInClass(501), AccountInClass(502)),
    ],
)
@pytest.mark.parametrize("person", [None, seen(active=False), seen(roles=())])
def test_an_admission_sends_nothing_to_an_account_that_cannot_be_used_and_waits_for_it(
    account: tuple[AccountInClass, ...], person: Enrolled | None
) -> None:
    people = [person] if person else []
    waiting, write = compare_with_course(
        admitted(placed(WITHDRAWN)), OWN, angkatan("I"), read(*people, accounts=account), enrolment_unsettled=False
    )
    _, later = compare_with_course(
        waiting, OWN, angkatan("I"), read(*people, accounts=(AccountInClass(501),)), enrolment_unsettled=False
    )

    assert (waiting.state, waiting.lifted, write) == (REVIEW, True, None)
    assert later is PushKind.ENROL


def test_an_admission_of_somebody_who_is_not_in_trouble_only_notes_it() -> None:
    for before in (
        entry("ani", WAITLISTED),
        placed(),
        *(entry("ani", REVIEW, None, each) for each in sorted(UNPLACED)),
    ):
        assert admit_again(before) == before._replace(admission=Admission.OVERRIDE)


@given(
    st.sampled_from(EntryState),
    st.sampled_from([None, "target_group_left", "no_longer_qualifies", "target_removed"]),
    st.builds(seen, active=st.booleans(), roles=st.sampled_from([(), (STUDENT,)]), groups=st.sampled_from([(), (71,)])),
)
def test_nothing_is_sent_about_somebody_seen_in_class_without_a_person_s_word(
    state: EntryState, reason: str | None, person: Enrolled
) -> None:
    """But the group of whoever was never seen in it."""
    before = placed(state, reason)
    _, write = compare_with_course(
        before, OWN, angkatan("I"), read(person, accounts=(AccountInClass(501),)), enrolment_unsettled=False
    )

    assert write is None


@pytest.mark.parametrize(
    ("before", "needed"),
    [
        (placed(REVIEW, "target_role_missing"), True),
        (placed(REVIEW, "no_longer_qualifies"), False),
        (placed(REVIEW, "no_angkatan"), False),
        (placed(PLANNED), True),
        (placed(CONFIRMED), False),
        (placed(CONFIRMED, NIP_CHANGED), True),
        (placed(WITHDRAWN, "target_removed"), False),
    ],
)
def test_a_course_is_read_for_whoever_waits_for_something_there(before: Entry, needed: bool) -> None:
    assert needs_reading(before) is needed
