"""The in-class roster: who gets which seat, and what each entry needs in the LMS. Pure (design §3, rules 5, 7, 11, 14).

``place`` turns decisions into entries; ``reconcile`` compares one entry with what was read in the in-class course.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any

from latsar_sync.model import (
    HOLDS_A_SEAT,
    Account,
    Admission,
    Angkatan,
    Entry,
    EntryState,
    Origin,
    Outcome,
    PushKind,
    TargetCourse,
)
from latsar_sync.offers import Offers, is_closed

NEVER = datetime.max.replace(tzinfo=UTC)

UNPLACED = frozenset({"no_angkatan", "two_angkatan"})
MENDABLE = UNPLACED | {
    "target_account_missing",
    "target_account_ambiguous",
    "target_account_suspended",
    "target_enrolment_inactive",
    "target_role_missing",
    "target_other_group",
    "target_group_left",
}
"""Causes of ``review`` that are looked at again in each run and clear by themselves; others wait for an override."""

NOT_SENT = frozenset({"undetermined", "held", "admission_closed", "awaiting_approval"})
"""Reasons that hold a planned entry back."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A participant as placement sees them.

    ``order_id`` breaks ties (the LMS's user id in the MOOC; the enrolment id is in no web service). ``listed`` is the
    angkatan of the placement list; ``seated`` the one in whose group of the in-class course the person sits already,
    and so keeps a seat before anybody else. ``admitted`` says that a named person admits them against the rule.
    """

    participant_id: str
    outcome: Outcome
    order_id: int
    reached_at: datetime | None = None
    score: Decimal | None = None
    groups: tuple[str, ...] = ()
    listed: str | None = None
    seated: str | None = None
    admitted: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """How a programme places people: ``kind`` "group", "list" or "first_qualified"; ``effect`` of an unmet rule.

    ``approval_needed`` is True for ``push = "confirmed"`` (rule 17). ``today`` is the date in the programme's zone.
    """

    kind: str
    effect: str
    today: date
    fill_from: date | None = None
    approval_needed: bool = False


def place(
    candidates: Iterable[Candidate],
    entries: Mapping[str, Entry],
    angkatan: Sequence[Angkatan],
    placement: Placement,
    foreign: Mapping[str, int],
    pinned: Collection[str] = (),
) -> dict[str, Entry]:
    """Given everybody's decisions and the roster as it stands, return the entries that are new or changed.

    ``foreign`` counts per angkatan id the students in its group who are not ours; they take seats too (rule 11).
    ``pinned`` are the participants of whom a write is under way: they stay where it was sent.
    Nobody who was admitted loses a seat here; whoever no longer qualifies goes to ``review`` (rules 2 and 5).
    """
    cohorts = {cohort.id: cohort for cohort in angkatan}
    offers = Offers(placement.kind, angkatan, placement.today)
    changed: dict[str, Entry] = {}
    waiting: list[tuple[Candidate, Admission, Entry | None]] = []
    used = Counter(foreign)
    for candidate in candidates:
        entry = entries.get(candidate.participant_id)
        admission = _admission(candidate, placement)
        pin = candidate.participant_id in pinned
        kept = _keep(entry, candidate, admission, offers, pin) if entry is not None else None
        if kept is not None:
            if kept.state is EntryState.PLANNED:
                outcome = Outcome.QUALIFIED if candidate.admitted else candidate.outcome
                kept = hold_back(kept, cohorts.get(kept.angkatan or ""), placement, outcome)
            if kept != entry:
                changed[kept.participant_id] = kept
            if kept.state in HOLDS_A_SEAT and kept.angkatan is not None:
                used[kept.angkatan] += 1
        elif admission is not None:
            waiting.append((candidate, admission, entry))
    for candidate, admission, entry in sorted(waiting, key=_turn):
        placed = _seat(candidate, admission, entry, offers, placement, used)
        if placed is not None and placed != entry:
            changed[placed.participant_id] = placed
    return changed


def hold_back(
    entry: Entry, cohort: Angkatan | None, placement: Placement, outcome: Outcome = Outcome.QUALIFIED
) -> Entry:
    """Return a planned entry with the reason that keeps it from being sent, or without one (rules 4, 11, 15, 17)."""
    if outcome in (Outcome.UNDETERMINED, Outcome.HELD):
        return _with(entry, reason=str(outcome))
    if cohort is not None and is_closed(cohort, placement.today) and entry.admission is not Admission.OVERRIDE:
        return _with(entry, reason="admission_closed")
    if placement.approval_needed and entry.approved_by is None:
        return _with(entry, reason="awaiting_approval")
    return _with(entry, reason=None if entry.reason in NOT_SENT else entry.reason)


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
    here = _with(entry, site=course.site, course_id=course.course_id, course=course.shortname, group=cohort.group)
    if entry.origin is None:
        return _arrive(here, nip, cohort, course, sent)
    return _stay(here, nip, cohort, course)


def admit_again(entry: Entry) -> Entry:
    """Return an entry as a person's admission leaves it: out of review or withdrawn it waits to be placed.

    This is the only way out of ``withdrawn`` and of a ``review`` that does not clear by itself (design §3).
    """
    if entry.state is not EntryState.WITHDRAWN and (entry.state is not EntryState.REVIEW or entry.reason in MENDABLE):
        return replace(entry, admission=Admission.OVERRIDE)
    return Entry(
        entry.participant_id,
        EntryState.WAITLISTED,
        entry.angkatan,
        Admission.OVERRIDE,
        reached_at=entry.reached_at,
        order_id=entry.order_id,
    )


def foreign_students(cohort: Angkatan, course: TargetCourse, ours: frozenset[int]) -> int:
    """Count the students in the angkatan's group who are none of ``ours`` (user ids on the target site)."""
    group = course.groups.get(cohort.id)
    return sum(
        1
        for person in course.enrolled.values()
        if group in person.group_ids and cohort.role_id in person.role_ids and person.user_id not in ours
    )


def _admission(candidate: Candidate, placement: Placement) -> Admission | None:
    """Say on what ground somebody may be placed; on an undetermined decision only by a person (rules 4, 14, 15)."""
    if candidate.admitted:
        return Admission.OVERRIDE
    if candidate.outcome is Outcome.QUALIFIED:
        return Admission.RULE
    if candidate.outcome is not Outcome.NOT_YET:
        return None
    if placement.effect == "warn":
        return Admission.WARNED
    if placement.effect == "prioritise" and placement.fill_from and placement.today >= placement.fill_from:
        return Admission.FILLED
    return None


def _keep(
    entry: Entry,
    candidate: Candidate,
    admission: Admission | None,
    offers: Offers,
    pinned: bool,
) -> Entry | None:
    """Return the entry as it must stay or become without a new placement; None when it is to be placed (again)."""
    if entry.state is EntryState.WITHDRAWN:
        return entry
    if entry.state is EntryState.REVIEW and entry.reason not in MENDABLE:
        return entry
    if candidate.outcome is Outcome.NOT_YET and (admission is None or _lost_the_rule(entry, admission)):
        # who only waited for a seat must not take one by losing the right to it
        angkatan_id = None if entry.state is EntryState.WAITLISTED else entry.angkatan
        return replace(entry, state=EntryState.REVIEW, angkatan=angkatan_id, reason="no_longer_qualifies")
    if admission is None:
        return entry
    if entry.state is EntryState.PLANNED:
        stays = pinned or _still_there(entry, candidate, offers)
        return _with(entry, admission=admission) if stays else None
    if entry.state is EntryState.WAITLISTED or entry.reason in UNPLACED:
        return None
    return entry


def _lost_the_rule(entry: Entry, admission: Admission) -> bool:
    return entry.admission is Admission.RULE and admission is Admission.FILLED


def _still_there(entry: Entry, candidate: Candidate, offers: Offers) -> bool:
    """Say whether a planned entry's angkatan is still its person's."""
    offer, _ = offers.to(candidate.groups, candidate.listed)
    return offer is not None and entry.angkatan in offer.cohorts


TURNS = {Admission.OVERRIDE: 0, Admission.RULE: 1, Admission.FILLED: 2, Admission.WARNED: 2}


def _turn(waiting: tuple[Candidate, Admission, Entry | None]) -> tuple[bool, int, datetime, Decimal, int]:
    """Seated people first, then by a person, by the rule, by effect; then by the time of reaching the limit, by id."""
    candidate, admission, _ = waiting
    ranked_by_score = -(candidate.score or Decimal(0)) if admission is not Admission.RULE else Decimal(0)
    return (
        candidate.seated is None,
        TURNS[admission],
        candidate.reached_at or NEVER,
        ranked_by_score,
        candidate.order_id,
    )


def _seat(
    candidate: Candidate,
    admission: Admission,
    entry: Entry | None,
    offers: Offers,
    placement: Placement,
    used: Counter[str],
) -> Entry | None:
    """Return the entry of one waiting person, taking a seat from ``used`` where there is one."""
    # made anew: course and group of an angkatan that was left must not stay behind
    anew = partial(
        Entry,
        candidate.participant_id,
        admission=admission,
        reached_at=candidate.reached_at,
        order_id=candidate.order_id,
    )
    offer, problem = offers.to(candidate.groups, candidate.listed)
    if offer is None:
        return anew(state=EntryState.REVIEW, angkatan=None, reason=problem)
    if not offer.classes:
        # who never had an entry needs none; who had one is told why nothing follows
        without_class = next(iter(offer.cohorts))
        return anew(state=EntryState.WAITLISTED, angkatan=without_class, reason="no_class") if entry else None
    if candidate.seated in offer.classes:  # whoever sits there needs no admission: it is only written down
        cohort: Angkatan | None = offer.classes[candidate.seated]
    elif admission is Admission.OVERRIDE:  # who beats capacity and date as well: the reason is on record
        cohort = next(iter(offer.classes.values()))
    else:
        cohort = offer.with_a_seat(used)
    if cohort is not None:
        used[cohort.id] += 1
        return hold_back(anew(state=EntryState.PLANNED, angkatan=cohort.id), cohort, placement)
    single = next(iter(offer.classes)) if len(offer.classes) == 1 else None
    reason = "over_capacity" if offer.admits else "admission_closed"
    return anew(state=EntryState.WAITLISTED, angkatan=single, reason=reason)


def _arrive(
    entry: Entry, nip: str | None, cohort: Angkatan, course: TargetCourse, sent: bool
) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person was not seen in the in-class course before."""
    account, trouble = _account(course.accounts.get(nip or "", ()))
    if account is None:
        return _review(_with(entry, target_user_id=None), trouble), None
    entry = _with(entry, target_user_id=account.user_id)
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
        return _with(_planned(entry), state=EntryState.PUSHED, reason=None, origin=Origin.PUSHED), PushKind.MEMBERSHIP
    return _planned(entry), PushKind.MEMBERSHIP


def _stay(entry: Entry, nip: str | None, cohort: Angkatan, course: TargetCourse) -> tuple[Entry, PushKind | None]:
    """Settle an entry whose person is, or was, in the in-class course."""
    seen = course.enrolled.get(entry.target_user_id or 0)
    if seen is None or not seen.active:
        return _with(entry, state=EntryState.WITHDRAWN, reason="target_removed"), None
    if Account(seen.user_id, suspended=True) in course.accounts.get(nip or "", ()):
        return _review(entry, "target_account_suspended"), None
    problem = _misplaced(seen.role_ids, seen.group_ids, cohort, course)
    if problem:
        return _review(entry, problem), None
    if course.groups.get(cohort.id) in seen.group_ids:
        return _confirmed(entry, cohort, course, entry.origin or Origin.FOUND), None
    if entry.group_id is None:  # never seen in the group: nobody has left it
        reason = entry.reason if entry.state is EntryState.PUSHED else None
        return _with(entry, state=EntryState.PUSHED, reason=reason), PushKind.MEMBERSHIP
    return _review(entry, "target_group_left"), None


def _account(accounts: Sequence[Account]) -> tuple[Account | None, str]:
    if not accounts:
        return None, "target_account_missing"
    if len(accounts) > 1:
        return None, "target_account_ambiguous"
    if accounts[0].suspended:
        return None, "target_account_suspended"
    return accounts[0], ""


ENTRY_FIELDS = tuple(each.name for each in fields(Entry))
_values_of = attrgetter(*ENTRY_FIELDS)


def _with(entry: Entry, **changes: Any) -> Entry:
    """Return the entry with these changes: itself if it has them, which of a whole roster nearly every one does."""
    if all(getattr(entry, name) == value for name, value in changes.items()):
        return entry
    return Entry(**(dict(zip(ENTRY_FIELDS, _values_of(entry), strict=True)) | changes))


def _misplaced(
    role_ids: frozenset[int], group_ids: frozenset[int], cohort: Angkatan, course: TargetCourse
) -> str | None:
    if cohort.role_id not in role_ids:
        return "target_role_missing"
    others = {group for angkatan, group in course.groups.items() if angkatan != cohort.id}
    return "target_other_group" if others & group_ids else None


def _review(entry: Entry, reason: str) -> Entry:
    return _with(entry, state=EntryState.REVIEW, reason=reason)


def _planned(entry: Entry) -> Entry:
    """Back to ``planned`` when what sent the entry to review has been mended."""
    reason = None if entry.state is EntryState.REVIEW else entry.reason
    return _with(entry, state=EntryState.PLANNED, reason=reason)


def _confirmed(entry: Entry, cohort: Angkatan, course: TargetCourse, origin: Origin) -> Entry:
    group = course.groups[cohort.id]
    return _with(entry, state=EntryState.CONFIRMED, reason=None, origin=origin, group_id=group)
