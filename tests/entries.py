"""Roster entries as they may stand, and each held against a course, for the tests of what a course tells of them."""

from builders import GROUP_I, angkatan, classroom, entry, nip

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, Angkatan, Enrolled, PushKind
from latsar_sync.rules.entry_against_course import compare_with_course

PLANNED, PUSHED, CONFIRMED = EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED
WAITLISTED, REVIEW, WITHDRAWN = EntryState.WAITLISTED, EntryState.REVIEW, EntryState.WITHDRAWN
ENROL, MEMBERSHIP = PushKind.ENROL, PushKind.MEMBERSHIP
ACTIVE = AccountInClass(501)


def planned(reason: str | None = None) -> Entry:
    return entry("ani", PLANNED, reason=reason)


def review(reason: str, origin: Origin | None = None) -> Entry:
    """Return an entry in review; with an origin the person was in the course before, but never seen in the group."""
    if reason in SEEN_IN_CLASS:
        origin = origin or Origin.FOUND
    return entry("ani", REVIEW, reason=reason)._replace(origin=origin, target_user_id=501 if origin else None)


SEEN_IN_CLASS = ("target_enrolment_inactive", "target_role_missing", "target_other_group")
"""What can only be said of somebody who was seen there."""


def sent(state: EntryState = PUSHED, origin: Origin = Origin.PUSHED) -> Entry:
    return entry("ani", state)._replace(origin=origin, target_user_id=501)


def confirmed(origin: Origin = Origin.PUSHED) -> Entry:
    return sent(CONFIRMED, origin)._replace(group_id=GROUP_I)


def left_group() -> Entry:
    return confirmed()._replace(state=REVIEW, reason="target_group_left")


def look(
    before: Entry,
    *people: Enrolled,
    accounts: tuple[AccountInClass, ...] = (ACTIVE,),
    was_sent: bool = False,
    groups: dict[str, int] | None = None,
    in_class_course: Angkatan | None = None,
) -> tuple[Entry, PushKind | None]:
    course = classroom(*people, accounts={nip(1): accounts}, groups=groups)
    return compare_with_course(before, nip(1), in_class_course or angkatan("I"), course, was_sent)
