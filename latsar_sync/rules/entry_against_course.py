"""What confirms an entry: that its person was seen in the in-class course. Pure (rules 5 and 7).

No answer to a write confirms anybody: ``compare_with_course`` alone makes an entry ``confirmed``, and says what lacks.
"""

from collections.abc import Sequence

from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead, Enrolled, PushKind

LISTED_ANEW = "listed_anew"
"""The reason of whoever may be somebody that left the imported list with a seat, under another NIP."""

PERHAPS_ONE_PERSON = "perhaps_one_person"
"""The reason of whoever has name and birth date of somebody else of the programme, who is before them on the way."""

UNPLACED = frozenset({"no_angkatan", "two_angkatan", LISTED_ANEW, PERHAPS_ONE_PERSON})
MENDABLE = UNPLACED | {
    "target_account_missing",
    "target_account_ambiguous",
    "target_account_suspended",
    "target_account_unconfirmed",
    "target_account_changed",
    "target_account_taken",
    "target_enrolment_inactive",
    "target_role_missing",
    "target_other_group",
    "target_group_left",
    "angkatan_not_configured",
}
"""Causes of ``review`` that are looked at again in each run and clear by themselves; others wait for an override."""

REMOVED = "target_removed"
"""The reason of a withdrawal: a manager took the person out of the course, or made them inactive there."""

NIP_CHANGED = "nip_changed"
"""The reason of an entry whose person's NIP changed since they were seen in class: the account is to be compared."""


def compare_with_course(
    entry: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead, sent: bool
) -> tuple[Entry, PushKind | None]:
    """Given an entry and its in-class course as read, return the entry's true state and the write that it needs.

    ``account_key`` is their NIP, or what stands in its place where a person chose the account (``key_of_account``).
    ``sent`` says that an enrolment of this person was sent before and its outcome is not settled. The write is None
    when nothing is to be done. Whoever was ever seen in the course and is gone is withdrawn, and comes back only by a
    manager's hand or a named person's admission. Nothing about people already there is touched, except that an active
    participant in none of the configured groups, who was not taken out of theirs, is added to it, and that an admission
    sends what is missing (rules 5, 7, 15).
    """
    here = entry.having(site=course.site, course_id=course.course_id, course=course.shortname, group=angkatan.group)
    if entry.reason in UNPLACED:
        return entry, None
    if entry.state is EntryState.WITHDRAWN:
        return _put_back(entry, here, account_key, angkatan, course), None
    if entry.state is EntryState.WAITLISTED or (entry.state is EntryState.REVIEW and entry.reason not in MENDABLE):
        return _watched(entry, here, account_key, angkatan, course), None
    if entry.origin is not None:
        return _seen_before(here, account_key, angkatan, course, sent)
    accounts = course.accounts.get(account_key or "", ())
    seen = course.enrolled.get(accounts[0].user_id) if len(accounts) == 1 else None
    if seen is not None:  # also by an account that cannot be used: who takes them out later must not be overruled
        there = here.having(target_user_id=seen.user_id, origin=Origin.PUSHED if sent else Origin.FOUND)
        return _there_now(there, account_key, angkatan, course, seen)
    account, trouble = _account(accounts)
    if account is None:
        return here.having(state=EntryState.REVIEW, reason=trouble, target_user_id=None), None
    return _planned(here.having(target_user_id=account.user_id)), PushKind.ENROL


def _there_now(
    entry: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead, seen: Enrolled
) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person is in the in-class course: who has everything there is confirmed.

    What lacks to somebody who was not sent waits for a person, whose admission sends it.
    """
    if not seen.active and _was_active(entry):
        return entry.having(state=EntryState.WITHDRAWN, reason=REMOVED), None
    troubles = (each.trouble for each in course.accounts.get(account_key or "", ()) if each.user_id == seen.user_id)
    if trouble := next(troubles, None):
        return entry.having(
            state=EntryState.REVIEW, reason=trouble if seen.active else "target_enrolment_inactive"
        ), None
    group = course.groups.get(angkatan.id)
    left_the_group = entry.reason == "target_group_left" or (group is not None and entry.group_id == group)
    if not seen.active:
        lacking, write = "target_enrolment_inactive", PushKind.ENROL
    elif angkatan.role_id not in seen.role_ids:
        lacking, write = "target_role_missing", PushKind.ENROL
    elif _misplaced(entry, seen, angkatan, course):
        lacking, write = "target_other_group", PushKind.MEMBERSHIP
    elif group in seen.group_ids:
        origin = entry.origin or Origin.FOUND
        there = entry.having(state=EntryState.CONFIRMED, reason=None, origin=origin, group_id=group, lifted_from=None)
        return there, None
    elif left_the_group and not entry.lifted:
        lacking, write = "target_group_left", PushKind.MEMBERSHIP
    elif entry.origin is Origin.PUSHED:  # never seen in this group: nobody has left it; or a person admits them again
        reason = entry.reason if entry.state is EntryState.PUSHED else None
        return entry.having(state=EntryState.PUSHED, reason=reason), PushKind.MEMBERSHIP
    else:
        return _planned(entry), PushKind.MEMBERSHIP
    if entry.lifted:
        return _planned(entry), write
    return entry.having(state=EntryState.REVIEW, reason=lacking), None


def _was_active(entry: Entry) -> bool:
    """Say whether somebody is known to have been active in the course: of others, being inactive is nothing new.

    Nor is it of whom a person admits again.
    """
    return not entry.lifted and (entry.origin is Origin.PUSHED or entry.group_id is not None)


def _misplaced(entry: Entry, seen: Enrolled, angkatan: Angkatan, course: CourseAsRead) -> bool:
    """Say that somebody sits in another configured group; whom a person admitted may sit in one beside their own."""
    own = course.groups.get(angkatan.id)
    others = (set(course.groups.values()) | course.other_groups) - {own}
    admitted_beside_it = entry.admission is Admission.OVERRIDE and own in seen.group_ids
    return bool(others & seen.group_ids) and not admitted_beside_it


def _account(accounts: Sequence[AccountInClass]) -> tuple[AccountInClass | None, str]:
    """Return somebody's one account that can be used, or why there is none."""
    if len(accounts) != 1:
        return None, "target_account_ambiguous" if accounts else "target_account_missing"
    [account] = accounts
    return (None, account.trouble) if account.trouble else (account, "")


def _planned(entry: Entry) -> Entry:
    """Back to ``planned`` when what sent the entry to review has been mended."""
    reason = None if entry.state is EntryState.REVIEW else entry.reason
    return entry.having(state=EntryState.PLANNED, reason=reason)


def can_tell(course: CourseAsRead, user_id: int | None, account_key: str | None = None) -> bool:
    """Say whether it was read at all where a person stands in the course, by account there or by its key (rule 20)."""
    numbers = {account.user_id for account in course.accounts.get(account_key or "", ())}
    numbers |= set() if user_id is None else {user_id}
    if account_key in course.unread_keys or numbers & course.unread:
        return False
    return course.whole or numbers <= course.enrolled.keys()


def to_be_compared(entry: Entry) -> Entry:
    """Mark somebody in class whose NIP is another one now: whose account it is shows once the course was read."""
    in_class = entry.origin is not None and entry.state in (EntryState.CONFIRMED, EntryState.PUSHED)
    return entry.having(reason=NIP_CHANGED) if in_class else entry


def needs_reading(entry: Entry) -> bool:
    """Say whether an entry's course is to be read for its sake: something was sent, is to be, or can be mended."""
    if entry.state is EntryState.REVIEW:
        return entry.reason in MENDABLE - UNPLACED
    return entry.state in (EntryState.PLANNED, EntryState.PUSHED) or entry.reason == NIP_CHANGED


def _seen_before(
    entry: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead, sent: bool
) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person is, or was, in the in-class course: by the account that carries their NIP (rule 19).

    An account that carries another NIP stays where it is, for a person to look at; once it is out of the course, the
    person's own account is sent there as if nobody had been.
    """
    seen = course.enrolled.get(entry.target_user_id or 0)
    if not _carries(entry.target_user_id or 0, account_key, angkatan, course):
        own, _ = _account(course.accounts.get(account_key or "", ()))
        if own is not None and own.user_id in course.enrolled:
            theirs = entry.having(target_user_id=own.user_id, origin=Origin.FOUND, group_id=None)
            return _there_now(theirs, account_key, angkatan, course, course.enrolled[own.user_id])
        if seen is not None and seen.active:
            return entry.having(state=EntryState.REVIEW, reason="target_account_changed"), None
        if entry.reason in (NIP_CHANGED, "target_account_changed"):
            anew = entry.having(state=EntryState.PLANNED, reason=None, origin=None, group_id=None)
            return compare_with_course(anew, account_key, angkatan, course, sent)
    if seen is None and _is_there_by_one_of_several(account_key, course):
        return entry.having(state=EntryState.REVIEW, reason="target_account_ambiguous"), None
    if seen is None:
        return entry.having(state=EntryState.WITHDRAWN, reason=REMOVED), None
    return _there_now(entry, account_key, angkatan, course, seen)


def _put_back(entry: Entry, here: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead) -> Entry:
    """Confirm a withdrawn entry whose person a manager has made active and grouped again; else it stays as it is."""
    seen = _in_class(entry, account_key, angkatan, course)
    if entry.reason != REMOVED or seen is None:
        return entry
    now, _ = _there_now(here.having(target_user_id=seen.user_id), account_key, angkatan, course, seen)
    return now if now.state is EntryState.CONFIRMED else entry


def _watched(entry: Entry, here: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead) -> Entry:
    """Remember that somebody who waits, or is in another review, was seen in the course; withdrawn once gone.

    Whoever is there by another account of theirs is followed by that one.
    """
    if entry.origin is not None:
        seen = course.enrolled.get(entry.target_user_id or 0)
        if seen is not None and (seen.active or not _was_active(entry)):
            return entry
        now = _in_class(entry, account_key, angkatan, course)
        if now is not None and now.active:
            return here.having(target_user_id=now.user_id)
        if seen is None and _is_there_by_one_of_several(account_key, course):
            return entry
        return here.having(state=EntryState.WITHDRAWN, reason=REMOVED)
    accounts = course.accounts.get(account_key or "", ())
    if len(accounts) != 1 or accounts[0].user_id not in course.enrolled:
        return entry
    return here.having(target_user_id=accounts[0].user_id, origin=Origin.FOUND)


def _in_class(entry: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead) -> Enrolled | None:
    """Return the person as seen in the course: by the account followed if it carries their NIP, else by theirs.

    An account that somebody else carries now is nobody's of theirs.
    """
    if entry.target_user_id in course.enrolled and _carries(entry.target_user_id or 0, account_key, angkatan, course):
        return course.enrolled[entry.target_user_id or 0]
    account, _ = _account(course.accounts.get(account_key or "", ()))
    return course.enrolled.get(account.user_id) if account is not None else None


def _carries(user_id: int, account_key: str | None, angkatan: Angkatan, course: CourseAsRead) -> bool:
    """Say whether an account carries the person's NIP; what was not read, or is without a NIP, is no proof against it.

    The list of the course tells it in every run, the look-up of accounts wherever there was one.
    """
    if account_key is None:
        return True
    accounts = course.accounts.get(account_key)
    if any(account.user_id == user_id for account in accounts or ()):
        return True
    carried = course.carried.get(angkatan.target_key)
    if carried is not None and user_id in course.enrolled:
        return carried.get(user_id) == account_key
    return accounts is None


def _is_there_by_one_of_several(account_key: str | None, course: CourseAsRead) -> bool:
    """Say whether one of several accounts that carry somebody's NIP is active in the course: perhaps they are there."""
    accounts = course.accounts.get(account_key or "", ())
    here = [course.enrolled[each.user_id] for each in accounts if each.user_id in course.enrolled]
    return len(accounts) > 1 and any(each.active for each in here)
