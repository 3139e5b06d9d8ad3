"""What an entry becomes when its course is read, and what is written then (rules 5, 7, 8)."""

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

from latsar_sync.domain.entry import ENROLMENT_SENT, Admission, Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, Enrolled, PushKind
from latsar_sync.rules.entry_against_course import compare_with_course


def withdrawn(reason: str = "target_removed") -> Entry:
    return confirmed()._replace(state=WITHDRAWN, reason=reason)


IN_GROUP = seen()
NO_GROUP = seen(groups=())
OTHER_GROUP = seen(groups=(GROUP_II,))
BOTH_GROUPS = seen(groups=(GROUP_I, GROUP_II))
FOREIGN_GROUP = seen(groups=(99,))
INACTIVE = seen(active=False)
NO_ROLE = seen(roles=())
OTHER_ROLE = seen(roles=(TEACHER,))
BOTH_ROLES = seen(roles=(TEACHER, STUDENT))


@pytest.mark.parametrize(
    ("before", "people", "state", "reason", "write"),
    [
        # not there yet
        (planned(), [], PLANNED, None, ENROL),
        (planned("push_rejected"), [], PLANNED, "push_rejected", ENROL),
        (planned("push_unknown"), [], PLANNED, "push_unknown", ENROL),
        (review("target_account_missing"), [], PLANNED, None, ENROL),
        (review("target_account_ambiguous"), [], PLANNED, None, ENROL),
        (review("target_account_suspended"), [], PLANNED, None, ENROL),
        # seen there and gone: a manager's doing, whatever they were found as
        (review("target_enrolment_inactive"), [], WITHDRAWN, "target_removed", None),
        (review("target_role_missing"), [], WITHDRAWN, "target_removed", None),
        (review("target_other_group"), [], WITHDRAWN, "target_removed", None),
        (review("no_longer_qualifies", Origin.PUSHED), [], WITHDRAWN, "target_removed", None),
        (review("no_longer_qualifies", Origin.PUSHED), [INACTIVE], WITHDRAWN, "target_removed", None),
        (review("clearance_unmet", Origin.PUSHED), [], WITHDRAWN, "target_removed", None),
        # and put back by a manager
        (withdrawn(), [IN_GROUP], CONFIRMED, None, None),
        (withdrawn(), [INACTIVE], WITHDRAWN, "target_removed", None),
        (withdrawn(), [NO_GROUP], WITHDRAWN, "target_removed", None),
        (withdrawn(), [BOTH_GROUPS], WITHDRAWN, "target_removed", None),
        (withdrawn(), [NO_ROLE], WITHDRAWN, "target_removed", None),
        (withdrawn(), [], WITHDRAWN, "target_removed", None),
        (withdrawn("person_erased"), [IN_GROUP], WITHDRAWN, "person_erased", None),
        # who never was in the group is added to it, as whoever is found there
        (withdrawn()._replace(group_id=None), [NO_GROUP], PLANNED, None, MEMBERSHIP),
        (withdrawn()._replace(group_id=None, origin=Origin.FOUND), [NO_GROUP], PLANNED, None, MEMBERSHIP),
        (withdrawn()._replace(group_id=None), [OTHER_GROUP], WITHDRAWN, "target_removed", None),
        (withdrawn()._replace(group_id=None), [INACTIVE], WITHDRAWN, "target_removed", None),
        # there already, by somebody's hand
        (planned(), [IN_GROUP], CONFIRMED, None, None),
        (planned(), [NO_GROUP], PLANNED, None, MEMBERSHIP),
        (planned(), [FOREIGN_GROUP], PLANNED, None, MEMBERSHIP),
        (planned(), [INACTIVE], REVIEW, "target_enrolment_inactive", None),
        (planned(), [OTHER_GROUP], REVIEW, "target_other_group", None),
        (planned(), [BOTH_GROUPS], REVIEW, "target_other_group", None),
        (planned(), [NO_ROLE], REVIEW, "target_role_missing", None),
        (planned(), [OTHER_ROLE], REVIEW, "target_role_missing", None),
        (planned(), [BOTH_ROLES], CONFIRMED, None, None),
        # mended by itself, or changed
        (review("target_enrolment_inactive"), [IN_GROUP], CONFIRMED, None, None),
        (review("target_enrolment_inactive"), [INACTIVE], REVIEW, "target_enrolment_inactive", None),
        (review("target_other_group"), [IN_GROUP], CONFIRMED, None, None),
        (review("target_other_group"), [NO_GROUP], PLANNED, None, MEMBERSHIP),
        (review("target_other_group"), [NO_ROLE], REVIEW, "target_role_missing", None),
        (review("target_role_missing"), [IN_GROUP], CONFIRMED, None, None),
        (review("target_role_missing"), [NO_ROLE], REVIEW, "target_role_missing", None),
        # sent by this service
        (sent(), [IN_GROUP], CONFIRMED, None, None),
        (sent(), [NO_GROUP], PUSHED, None, MEMBERSHIP),
        (sent(), [], WITHDRAWN, "target_removed", None),
        (sent(), [INACTIVE], WITHDRAWN, "target_removed", None),
        (sent(), [OTHER_GROUP], REVIEW, "target_other_group", None),
        (sent(), [NO_ROLE], REVIEW, "target_role_missing", None),
        (review("target_other_group", Origin.PUSHED), [IN_GROUP], CONFIRMED, None, None),
        (review("target_role_missing", Origin.PUSHED), [IN_GROUP], CONFIRMED, None, None),
        (review("target_account_suspended", Origin.PUSHED), [IN_GROUP], CONFIRMED, None, None),
        (review("target_other_group", Origin.PUSHED), [], WITHDRAWN, "target_removed", None),
        # confirmed before
        (confirmed(), [IN_GROUP], CONFIRMED, None, None),
        (confirmed(), [seen(groups=(GROUP_I, 99))], CONFIRMED, None, None),
        (confirmed(), [NO_GROUP], REVIEW, "target_group_left", None),
        (confirmed(), [OTHER_GROUP], REVIEW, "target_other_group", None),
        (confirmed(), [NO_ROLE], REVIEW, "target_role_missing", None),
        (confirmed(), [INACTIVE], WITHDRAWN, "target_removed", None),
        (confirmed(), [], WITHDRAWN, "target_removed", None),
        (confirmed(Origin.FOUND), [], WITHDRAWN, "target_removed", None),
        (left_group(), [NO_GROUP], REVIEW, "target_group_left", None),
        (left_group(), [IN_GROUP], CONFIRMED, None, None),
        (left_group(), [], WITHDRAWN, "target_removed", None),
    ],
)
def test_reading_the_course_settles_an_entry(
    before: Entry, people: list[Enrolled], state: EntryState, reason: str | None, write: PushKind | None
) -> None:
    after, kind = look(before, *people)

    assert (after.state, after.reason, kind) == (state, reason, write)


@pytest.mark.parametrize(
    "settled",
    [
        entry("ani", WITHDRAWN, reason="person_erased"),
        entry("ani", REVIEW, None, "no_angkatan"),
        entry("ani", REVIEW, None, "two_angkatan"),
    ],
)
@pytest.mark.parametrize("person", [None, IN_GROUP, NO_GROUP, OTHER_GROUP, INACTIVE])
def test_what_only_a_person_may_change_stays_and_is_not_written(settled: Entry, person: Enrolled | None) -> None:
    people = [] if person is None else [person]

    assert look(settled, *people) == (settled, None)


@pytest.mark.parametrize(
    "settled",
    [entry("ani", WAITLISTED, reason="over_capacity"), review("no_longer_qualifies"), review("clearance_unmet")],
)
@pytest.mark.parametrize("person", [IN_GROUP, NO_GROUP, OTHER_GROUP, INACTIVE, NO_ROLE])
def test_whoever_waits_or_lost_the_right_is_withdrawn_once_seen_in_the_course_and_gone(
    settled: Entry, person: Enrolled
) -> None:
    """From whatever state (docs/rules.md): else a seat that frees up would put back whom a manager took out."""
    there, write = look(settled, person)
    gone, later_write = look(there)

    assert (there.state, there.reason, write) == (settled.state, settled.reason, None)
    assert (there.target_user_id, there.origin) == (501, Origin.FOUND)
    assert look(there, person) == (there, None)
    assert (gone.state, gone.reason, later_write) == (WITHDRAWN, "target_removed", None)
    assert look(settled) == (settled, None)


@pytest.mark.parametrize("before", [entry("ani", WAITLISTED), review("no_longer_qualifies")])
def test_whoever_waits_and_whose_account_was_not_looked_up_stays_as_they_are(before: Entry) -> None:
    assert compare_with_course(
        before, nip(1), angkatan("I"), classroom(IN_GROUP, accounts={}), enrolment_unsettled=False
    ) == (
        before,
        None,
    )


def test_somebody_active_in_class_while_in_review_is_not_taken_for_gone() -> None:
    held = review("no_longer_qualifies", Origin.PUSHED)

    assert look(held, IN_GROUP)[0].state is REVIEW


def test_whose_account_was_not_looked_up_is_not_sent() -> None:
    after, kind = compare_with_course(
        planned(), nip(1), angkatan("I"), classroom(accounts={}), enrolment_unsettled=False
    )

    assert (after.state, after.reason, kind) == (REVIEW, "target_account_missing", None)


# What an admission sends


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize(
    ("person", "lifted", "enrolled"),
    [
        (INACTIVE, (PLANNED, None, ENROL), (WITHDRAWN, "target_removed", None)),
        (NO_ROLE, (PLANNED, None, ENROL), (REVIEW, "target_role_missing", None)),
        (OTHER_GROUP, (PLANNED, None, MEMBERSHIP), (PUSHED, None, MEMBERSHIP)),
        (BOTH_GROUPS, (CONFIRMED, None, None), (CONFIRMED, None, None)),
        (IN_GROUP, (CONFIRMED, None, None), (CONFIRMED, None, None)),
    ],
)
def test_an_admission_sends_the_enrolment_until_that_is_taken_and_the_group_until_that_is(
    person: Enrolled,
    lifted: tuple[EntryState, str | None, PushKind | None],
    enrolled: tuple[EntryState, str | None, PushKind | None],
    origin: Origin,
) -> None:
    admitted = left_group()._replace(
        state=PLANNED, reason=None, origin=origin, admission=Admission.OVERRIDE, lifted_from="target_group_left"
    )
    taken = admitted._replace(state=PUSHED, origin=Origin.PUSHED, group_id=None, lifted_from=ENROLMENT_SENT)

    for before, expected in ((admitted, lifted), (taken, enrolled)):
        after, write = look(before, person)
        assert (after.state, after.reason, write) == expected


# Whose doing it was


@pytest.mark.parametrize(("origin", "kept"), [(Origin.PUSHED, Origin.PUSHED), (None, Origin.FOUND)])
def test_whoever_a_manager_put_back_is_told_with_who_brought_them_there(origin: Origin | None, kept: Origin) -> None:
    after, _ = look(withdrawn()._replace(origin=origin), IN_GROUP)

    assert (after.state, after.origin) == (CONFIRMED, kept)


def test_whoever_was_enrolled_by_hand_is_found() -> None:
    after, _ = look(planned(), IN_GROUP)

    assert after.origin is Origin.FOUND


def test_a_write_without_an_answer_that_arrived_is_ours() -> None:
    after, kind = look(planned("push_unknown"), IN_GROUP, was_sent=True)

    assert (after.state, after.reason, after.origin, kind) == (CONFIRMED, None, Origin.PUSHED, None)


def test_a_write_without_an_answer_that_arrived_still_needs_the_group() -> None:
    after, kind = look(planned("push_unknown"), NO_GROUP, was_sent=True)

    assert (after.state, after.reason, after.origin, kind) == (PUSHED, None, Origin.PUSHED, MEMBERSHIP)


def test_a_write_without_an_answer_that_did_not_arrive_is_sent_again() -> None:
    after, kind = look(planned("push_unknown"), was_sent=True)

    assert (after.state, after.origin, kind) == (PLANNED, None, ENROL)


@pytest.mark.parametrize("origin", Origin)
def test_who_brought_somebody_there_is_not_forgotten(origin: Origin) -> None:
    assert look(confirmed(origin), IN_GROUP)[0].origin is origin
    assert look(sent(origin=origin), IN_GROUP)[0].origin is origin


# Which account


@pytest.mark.parametrize(
    ("accounts", "reason"),
    [
        ((), "target_account_missing"),
        ((ACTIVE, AccountInClass(502)), "target_account_ambiguous"),
        ((AccountInClass(501, suspended=True), AccountInClass(502)), "target_account_ambiguous"),
        ((AccountInClass(501, suspended=True),), "target_account_suspended"),
        ((AccountInClass(501, account_confirmed=False),), "target_account_unconfirmed"),
    ],
)
@pytest.mark.parametrize("person", [None, IN_GROUP, NO_GROUP])
def test_without_one_usable_account_nobody_is_sent(
    accounts: tuple[AccountInClass, ...], reason: str, person: Enrolled | None
) -> None:
    people = [] if person is None else [person]
    for before in (planned(), planned("push_rejected"), review("target_account_missing"), review(reason)):
        after, kind = look(before, *people, accounts=accounts)

        there = person is not None and len(accounts) == 1  # remembered, for the day on which they are gone again
        followed = 501 if there else None
        assert (after.state, after.reason, after.target_user_id, kind) == (REVIEW, reason, followed, None)
        assert (after.origin is not None) is there


def test_without_a_nip_no_account_is_taken() -> None:
    course = classroom(IN_GROUP, accounts={"": (), nip(1): (ACTIVE,)})

    after, kind = compare_with_course(planned(), None, angkatan("I"), course, enrolment_unsettled=False)

    assert (after.state, after.reason, kind) == (REVIEW, "target_account_missing", None)


@pytest.mark.parametrize("before", [sent(), confirmed(), review("target_other_group", Origin.FOUND), left_group()])
def test_an_account_suspended_later_is_reviewed(before: Entry) -> None:
    after, kind = look(before, IN_GROUP, accounts=(AccountInClass(501, suspended=True),))

    assert (after.state, after.reason, kind) == (REVIEW, "target_account_suspended", None)


def test_of_an_inactive_enrolment_it_is_said_before_what_its_account_lacks() -> None:
    after, kind = look(planned(), INACTIVE, accounts=(AccountInClass(501, suspended=True),))

    assert (after.state, after.reason, kind) == (REVIEW, "target_enrolment_inactive", None)


def test_why_somebody_sent_is_not_in_the_group_yet_stays_said() -> None:
    after, kind = look(sent()._replace(reason="push_rejected"), NO_GROUP)

    assert (after.state, after.reason, kind) == (PUSHED, "push_rejected", MEMBERSHIP)


def test_whoever_is_confirmed_stays_so_where_accounts_were_not_looked_up() -> None:
    """Rule 10: the confirmed are not asked again except in the full pull."""
    after, kind = compare_with_course(
        confirmed(), nip(1), angkatan("I"), classroom(IN_GROUP, accounts={}), enrolment_unsettled=False
    )

    assert (after.state, after.reason, kind) == (CONFIRMED, None, None)


def test_somebody_elses_suspended_account_is_not_taken_for_ones_own() -> None:
    """A reason must be true: user 501 sits in the course and is active, the suspended account 502 is another one."""
    after, _ = look(confirmed(), IN_GROUP, accounts=(ACTIVE, AccountInClass(502, suspended=True)))

    assert after.reason != "target_account_suspended"


def test_whoever_sits_there_by_another_account_of_theirs_is_confirmed_by_that_one() -> None:
    after, kind = look(confirmed(), seen(502), accounts=(AccountInClass(502),))

    assert (after.state, after.target_user_id, after.origin, kind) == (CONFIRMED, 502, Origin.FOUND, None)


def test_a_new_account_does_not_bring_back_whom_a_manager_took_out() -> None:
    after, kind = look(confirmed(), accounts=(AccountInClass(502),))

    assert (after.state, kind) == (WITHDRAWN, None)


# Which group


@pytest.mark.parametrize("origin", Origin)
@pytest.mark.parametrize("cause", ["target_other_group", "target_role_missing", "target_account_suspended"])
def test_whoever_never_was_in_the_group_is_added_once_the_cause_is_mended(cause: str, origin: Origin) -> None:
    """Rule 7: present, active people in none of the configured groups are added to theirs; mended reviews clear.

    Acknowledged, then found in another group (or without role, or suspended) before ever being seen in the own group;
    the manager mends that. Nobody left a group here, so nothing that a manager removed would be put back.
    """
    after, kind = look(review(cause, origin), NO_GROUP)

    state = PUSHED if origin is Origin.PUSHED else PLANNED  # nothing was sent yet to whoever was found there
    assert (after.state, after.reason, kind) == (state, None, MEMBERSHIP)


@pytest.mark.parametrize(
    ("people", "write"), [([], ENROL), ([NO_GROUP], MEMBERSHIP), ([OTHER_GROUP], None), ([INACTIVE], None)]
)
def test_a_group_that_is_not_made_yet_is_nobodys(people: list[Enrolled], write: PushKind | None) -> None:
    after, kind = look(planned(), *people, groups={"II": GROUP_II})

    assert after.state is not CONFIRMED
    assert kind is write


@pytest.mark.parametrize("groups", [{}, {"I": 73}])
def test_nobody_has_left_a_group_that_is_gone_itself(groups: dict[str, int]) -> None:
    """The course guard holds it before; once accepted, everybody belongs into the group that is there or made again."""
    after, kind = look(confirmed(), NO_GROUP, groups=groups)

    assert (after.state, after.reason, kind) == (PUSHED, None, MEMBERSHIP)


def test_whoever_had_left_the_group_before_it_went_is_not_put_into_the_new_one() -> None:
    assert look(left_group(), NO_GROUP, groups={"I": 73}) == (left_group()._replace(
        site="kelas", course_id=9, course="KLS-2026", group="Angkatan I"
    ), None)  # fmt: skip


def test_a_confirmed_entry_shows_where_somebody_sits() -> None:
    after, _ = look(planned(), IN_GROUP)

    assert after == Entry(
        "ani",
        CONFIRMED,
        "I",
        origin=Origin.FOUND,
        site="kelas",
        course_id=9,
        course="KLS-2026",
        target_user_id=501,
        group_id=GROUP_I,
        group="Angkatan I",
    )


def test_the_role_is_the_one_of_the_angkatan() -> None:
    after, kind = look(planned(), seen(roles=(42,)), in_class_course=replace(angkatan("I"), role_id=42))

    assert (after.state, kind) == (CONFIRMED, None)
