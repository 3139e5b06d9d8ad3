"""What each line of the in-class roster needs in the LMS, and what acts of persons make of it. Pure (rules 5, 7, 15).

``reconcile`` compares one entry with what was read in the in-class course; ``admit_again`` and ``move_to`` are what a
named person's admission or move makes of an entry. Who gets which seat is told in ``seats``.
"""

from collections.abc import Sequence

from latsar_sync.model import Account, Admission, Angkatan, Entry, EntryState, Origin, PushKind, TargetCourse

UNPLACED = frozenset({"no_angkatan", "two_angkatan"})
MENDABLE = UNPLACED | {
    "target_account_missing",
    "target_account_ambiguous",
    "target_account_suspended",
    "target_enrolment_inactive",
    "target_role_missing",
    "target_other_group",
    "target_group_left",
    "angkatan_not_configured",
}
"""Causes of ``review`` that are looked at again in each run and clear by themselves; others wait for an override."""


def reconcile(
    entry: Entry, nip: str | None, cohort: Angkatan, course: TargetCourse, sent: bool
) -> tuple[Entry, PushKind | None]:
    """Given an entry and its in-class course as read, return the entry's true state and the write that it needs.

    ``sent`` says that an enrolment of this person was sent before and its outcome is not settled. The write is None
    when nothing is to be done. Nothing about people already there is touched, except that an active participant in
    none of the configured groups is added to theirs; what a manager removed is not put back (rules 5 and 7).
    """
    if entry.state in (EntryState.WAITLISTED, EntryState.WITHDRAWN):
        return entry, None
    if entry.state is EntryState.REVIEW and (entry.reason not in MENDABLE or entry.reason in UNPLACED):
        return entry, None
    here = entry.having(site=course.site, course_id=course.course_id, course=course.shortname, group=cohort.group)
    if entry.origin is None:
        return _arrive(here, nip, cohort, course, sent)
    return _stay(here, nip, cohort, course)


def admit_again(entry: Entry) -> Entry:
    """Return an entry as a person's admission leaves it: out of review or withdrawn it waits to be placed.

    This is the only way out of ``withdrawn`` and of a ``review`` that does not clear by itself (design §3).
    """
    if entry.state is not EntryState.WITHDRAWN and (entry.state is not EntryState.REVIEW or entry.reason in MENDABLE):
        return entry.having(admission=Admission.OVERRIDE)
    return Entry(
        entry.participant_id,
        EntryState.WAITLISTED,
        entry.angkatan,
        Admission.OVERRIDE,
        reached_at=entry.reached_at,
        order_id=entry.order_id,
    )


def move_to(entry: Entry, cohort: Angkatan, late: bool = False) -> Entry:
    """Return an entry as a named person's move to another angkatan leaves it; decision and time reached are kept.

    Whoever holds a seat holds one in the new angkatan from now on, and is to be sent there. A ``review`` that does not
    clear by itself goes along: a move admits nobody. Whoever waits, or was withdrawn from the old class, waits to be
    placed in the new one. The old class is not touched: nothing of it stays in the entry. ``late`` says that the new
    angkatan is closed or finalised already.
    """
    state, reason = EntryState.PLANNED, None
    angkatan: str | None = cohort.id
    if entry.state is EntryState.REVIEW and entry.reason not in MENDABLE:
        # a review without an angkatan holds no seat, and gets none by a move
        state, reason = EntryState.REVIEW, entry.reason
        angkatan = cohort.id if entry.angkatan else None
    elif (
        entry.angkatan is None or cohort.course is None or entry.state in (EntryState.WAITLISTED, EntryState.WITHDRAWN)
    ):
        state = EntryState.WAITLISTED
    return Entry(
        entry.participant_id,
        state,
        angkatan,
        entry.admission,
        reason,
        reached_at=entry.reached_at,
        order_id=entry.order_id,
        late=late and state is EntryState.PLANNED,
    )


def foreign_students(cohort: Angkatan, course: TargetCourse, ours: frozenset[int]) -> int:
    """Count the students in the angkatan's group who are none of ``ours`` (user ids on the target site)."""
    group = course.groups.get(cohort.id)
    return sum(
        1
        for person in course.enrolled.values()
        if group in person.group_ids and cohort.role_id in person.role_ids and person.user_id not in ours
    )


def _arrive(
    entry: Entry, nip: str | None, cohort: Angkatan, course: TargetCourse, sent: bool
) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person was not seen in the in-class course before."""
    account, trouble = _account(course.accounts.get(nip or "", ()))
    if account is None:
        return _review(entry.having(target_user_id=None), trouble), None
    entry = entry.having(target_user_id=account.user_id)
    seen = course.enrolled.get(account.user_id)
    if seen is None:
        return _planned(entry), PushKind.ENROL
    if not seen.active:
        return _review(entry, "target_enrolment_inactive"), None
    problem = _misplaced(seen.role_ids, seen.group_ids, cohort, course)
    if problem:
        return _review(entry, problem), None
    if course.groups.get(cohort.id) in seen.group_ids:
        return _confirmed(entry, cohort, course, Origin.PUSHED if sent else Origin.FOUND), None
    if sent:
        return _planned(entry).having(state=EntryState.PUSHED, reason=None, origin=Origin.PUSHED), PushKind.MEMBERSHIP
    return _planned(entry), PushKind.MEMBERSHIP


def _stay(entry: Entry, nip: str | None, cohort: Angkatan, course: TargetCourse) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person is, or was, in the in-class course."""
    seen = course.enrolled.get(entry.target_user_id or 0)
    if seen is None or not seen.active:
        return entry.having(state=EntryState.WITHDRAWN, reason="target_removed"), None
    if Account(seen.user_id, suspended=True) in course.accounts.get(nip or "", ()):
        return _review(entry, "target_account_suspended"), None
    problem = _misplaced(seen.role_ids, seen.group_ids, cohort, course)
    if problem:
        return _review(entry, problem), None
    if course.groups.get(cohort.id) in seen.group_ids:
        return _confirmed(entry, cohort, course, entry.origin or Origin.FOUND), None
    if entry.group_id is None:  # never seen in the group: nobody has left it
        reason = entry.reason if entry.state is EntryState.PUSHED else None
        return entry.having(state=EntryState.PUSHED, reason=reason), PushKind.MEMBERSHIP
    return _review(entry, "target_group_left"), None


def _account(accounts: Sequence[Account]) -> tuple[Account | None, str]:
    if not accounts:
        return None, "target_account_missing"
    if len(accounts) > 1:
        return None, "target_account_ambiguous"
    if accounts[0].suspended:
        return None, "target_account_suspended"
    return accounts[0], ""


def _misplaced(
    role_ids: frozenset[int], group_ids: frozenset[int], cohort: Angkatan, course: TargetCourse
) -> str | None:
    if cohort.role_id not in role_ids:
        return "target_role_missing"
    others = {group for angkatan, group in course.groups.items() if angkatan != cohort.id}
    return "target_other_group" if others & group_ids else None


def _review(entry: Entry, reason: str) -> Entry:
    return entry.having(state=EntryState.REVIEW, reason=reason)


def _planned(entry: Entry) -> Entry:
    """Back to ``planned`` when what sent the entry to review has been mended."""
    reason = None if entry.state is EntryState.REVIEW else entry.reason
    return entry.having(state=EntryState.PLANNED, reason=reason)


def _confirmed(entry: Entry, cohort: Angkatan, course: TargetCourse, origin: Origin) -> Entry:
    group = course.groups[cohort.id]
    return entry.having(state=EntryState.CONFIRMED, reason=None, origin=origin, group_id=group)
