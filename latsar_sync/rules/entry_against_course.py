"""What confirms an entry: that its person was seen in the in-class course. Pure (rules 5 and 7).

No answer to a write confirms anybody: ``compare_with_course`` alone makes an entry ``confirmed``, and says what lacks.
The cases are read from top to bottom: the first that holds decides. What the facts say that they ask stands in
``facts_in_class``.
"""

from typing import Any

from latsar_sync.domain.entry import (
    ACCOUNT_UNREADABLE,
    MENDABLE,
    NIP_CHANGED,
    REMOVED,
    UNPLACED,
    Entry,
    EntryState,
    Origin,
)
from latsar_sync.domain.in_class import Angkatan, CourseAsRead, PushKind
from latsar_sync.rules.facts_in_class import FactsInClass


def compare_with_course(
    entry: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead, enrolment_unsettled: bool
) -> tuple[Entry, PushKind | None]:
    """Given an entry and its in-class course as read, return the entry's true state and the write that it needs.

    ``account_key`` is their NIP, or what stands in its place where a person chose the account (``key_of_account``).
    ``enrolment_unsettled`` says that an enrolment of this person was sent, of which no reading has told yet whether it
    arrived. The write is None when nothing is to be done. Whoever was ever seen in the course and is gone is withdrawn,
    and comes back only by a manager's hand or a named person's admission. Nothing about people already there is
    touched, except that an active participant in none of the configured groups, who was not taken out of theirs, is
    added to it, and that an admission sends what is missing (rules 5, 7, 15).
    """
    facts = FactsInClass.of(entry, account_key, angkatan, course)
    if entry.reason in UNPLACED:
        return entry, None
    if entry.state is EntryState.WITHDRAWN:
        return _put_back(facts)
    if entry.state is EntryState.WAITLISTED or (entry.state is EntryState.REVIEW and entry.reason not in MENDABLE):
        return _watched(facts), None
    return (
        _never_seen(facts, enrolment_unsettled) if entry.origin is None else _sent_or_seen(facts, enrolment_unsettled)
    )


def _never_seen(facts: FactsInClass, enrolment_unsettled: bool) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person was never seen in the course, nor acknowledged: there now, or to be enrolled."""
    if there := facts.own_account_there:  # one that cannot be used, too: who takes them out later is not overruled
        return _there_now(facts.following(there.user_id, origin=Origin.PUSHED if enrolment_unsettled else Origin.FOUND))
    if why_not := facts.why_no_account:
        return facts.in_this_course(state=EntryState.REVIEW, reason=why_not, target_user_id=None), None
    return _planned(facts, target_user_id=facts.accounts[0].user_id), PushKind.ENROL


def _sent_or_seen(facts: FactsInClass, enrolment_unsettled: bool) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person was seen in the course, or whose enrolment Moodle acknowledged: by the account that
    carries their NIP (rule 19).

    An account that carries another NIP stays where it is, for a person to look at; once it is out of the course, the
    person's own account is sent there as if nobody had been.
    """
    if not facts.followed_is_theirs:
        if own := facts.own_usable_account_there:
            return _there_now(facts.following(own.user_id, origin=Origin.FOUND, group_id=None))
        if facts.active:
            return facts.in_this_course(state=EntryState.REVIEW, reason="target_account_changed"), None
        if facts.entry.reason in (NIP_CHANGED, "target_account_changed"):
            anew = facts.entry.having(reason=None, origin=None, group_id=None)
            return _never_seen(facts._replace(entry=anew), enrolment_unsettled)
    if facts.followed_there:
        return _there_now(facts)
    if facts.perhaps_there:
        return facts.in_this_course(state=EntryState.REVIEW, reason="target_account_ambiguous"), None
    # gone, also where no run saw them but an earlier one had their enrolment acknowledged: a manager may have ended it
    # since (rule 5). The run that sent it asks not here, but in ``run.reading_back``: an answer of just now proves
    # nothing
    return facts.in_this_course(state=EntryState.WITHDRAWN, reason=REMOVED), None


def _there_now(facts: FactsInClass) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person is in the course, by the first thing that lacks; whom nothing lacks is confirmed."""
    entry = facts.entry
    if not facts.active and facts.must_have_been_active:
        return facts.in_this_course(state=EntryState.WITHDRAWN, reason=REMOVED), None
    if trouble := facts.trouble_of_account:
        reason = trouble if facts.active else "target_enrolment_inactive"
        return facts.in_this_course(state=EntryState.REVIEW, reason=reason), None
    if not facts.active:
        return _for_a_person(facts, "target_enrolment_inactive")
    if not facts.in_their_role:
        return _for_a_person(facts, "target_role_missing")
    if facts.in_a_wrong_group and not entry.group_lifted:
        return facts.in_this_course(state=EntryState.REVIEW, reason="target_other_group"), None
    if facts.in_their_group:
        return _confirmed(facts), None
    if facts.were_in_their_group and not entry.group_lifted:
        return facts.in_this_course(state=EntryState.REVIEW, reason="target_group_left"), None
    if facts.sent_by_us and (entry.state is EntryState.PUSHED or not facts.in_a_wrong_group):
        why_still = entry.reason if entry.state is EntryState.PUSHED else None
        return facts.in_this_course(state=EntryState.PUSHED, reason=why_still), PushKind.MEMBERSHIP
    return _planned(facts), PushKind.MEMBERSHIP


def _confirmed(facts: FactsInClass) -> Entry:
    """Return the entry of whom nothing lacks: nowhere else is one made ``confirmed``."""
    origin, group = facts.entry.origin or Origin.FOUND, facts.group
    return facts.in_this_course(
        state=EntryState.CONFIRMED, reason=None, origin=origin, group_id=group, lifted_from=None
    )


def _for_a_person(facts: FactsInClass, reason: str) -> tuple[Entry, PushKind | None]:
    """An enrolment that was not ours to change waits for a person, whose admission has it sent."""
    if facts.entry.lifted:
        return _planned(facts), PushKind.ENROL
    return facts.in_this_course(state=EntryState.REVIEW, reason=reason), None


def _planned(facts: FactsInClass, **changes: Any) -> Entry:
    """Return the entry as planned in this course; the reason of a review is dropped, since that is mended."""
    reason = None if facts.entry.state is EntryState.REVIEW else facts.entry.reason
    return facts.in_this_course(state=EntryState.PLANNED, reason=reason, **changes)


def _put_back(facts: FactsInClass) -> tuple[Entry, PushKind | None]:
    """Confirm a withdrawn entry whose person a manager has made active and grouped again; else it stays as it is.

    Who never was in the group cannot be grouped again: they are added to it as whoever is found there without it, if a
    seat is left, since theirs was given up.
    """
    entry, there = facts.entry, facts.person_there
    if entry.reason != REMOVED or there is None:
        return entry, None
    now, write = _there_now(facts.following(there.user_id, origin=entry.origin or Origin.FOUND, reason=None))
    if write is PushKind.MEMBERSHIP and entry.group_id is None:
        return now.having(state=EntryState.PLANNED, origin=Origin.FOUND), write
    return (now, write) if now.state is EntryState.CONFIRMED else (entry, None)


def _watched(facts: FactsInClass) -> Entry:
    """Remember that somebody who waits, or is in another review, was seen in the course; withdrawn once gone.

    Whoever is there by another account of theirs is followed by that one.
    """
    entry = facts.entry
    if entry.origin is None:
        there = facts.own_account_there
        return facts.in_this_course(target_user_id=there.user_id, origin=Origin.FOUND) if there else entry
    if facts.followed_there and (facts.active or not facts.must_have_been_active):
        return entry
    if (there := facts.person_there) and there.active:
        return facts.in_this_course(target_user_id=there.user_id)
    if facts.perhaps_there and not facts.followed_there:
        return entry
    return facts.in_this_course(state=EntryState.WITHDRAWN, reason=REMOVED)


def can_tell(course: CourseAsRead, user_id: int | None, account_key: str | None = None) -> bool:
    """Say whether it was read at all where a person stands in the course, by account there or by its key (rule 20)."""
    numbers = {account.user_id for account in course.accounts.get(account_key or "", ())}
    numbers |= set() if user_id is None else {user_id}
    if account_key in course.unread_keys or numbers & course.unread:
        return False
    return course.whole or numbers <= course.enrolled.keys()


def as_untold(entry: Entry, account_key: str | None, course: CourseAsRead) -> Entry:
    """Return the entry of whom ``can_tell`` tells nothing: as it was known, and in review who cannot be sent for it.

    Whoever is on the way waits until their account can be read; nobody who was seen in class is moved by it (rule 20).
    """
    on_the_way = entry.state is EntryState.PLANNED or (entry.state is EntryState.REVIEW and needs_reading(entry))
    if entry.origin is None and on_the_way and account_key in course.unread_keys:
        return entry.having(state=EntryState.REVIEW, reason=ACCOUNT_UNREADABLE)
    return entry


def to_be_compared(entry: Entry) -> Entry:
    """Mark somebody in class whose NIP is another one now: whose account it is shows once the course was read."""
    in_class = entry.origin is not None and entry.state in (EntryState.CONFIRMED, EntryState.PUSHED)
    return entry.having(reason=NIP_CHANGED) if in_class else entry


def needs_reading(entry: Entry) -> bool:
    """Say whether an entry's course is to be read for its sake: something was sent, is to be, or can be mended."""
    if entry.state is EntryState.REVIEW:
        return entry.reason in MENDABLE - UNPLACED
    return entry.state in (EntryState.PLANNED, EntryState.PUSHED) or entry.reason == NIP_CHANGED
