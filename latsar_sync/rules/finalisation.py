"""Whom a decree takes into an angkatan's roster, and what stands in its way. Pure (rule 17).

On the list come those whose place is settled: confirmed in the course, or in a ``review`` that clears by itself when
the in-class LMS is mended. Whoever waits, is held, cannot be judged, or was withdrawn is not on it, also where they sit
in class: an amendment takes them in once that is settled. What persons said after the last run counts as well: a hold
at once; that an admission, a clearance or a merge ended, or a score was confirmed, once a run has judged by it. After
the first decree newcomers wait (``awaiting_amendment``) until an amendment takes them in.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import HOLDS_A_SEAT, MENDABLE, Entry, EntryState
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.rules.holding_back import UNCLEAR_WHO, is_held_back

FRESH_HOURS = 24
"""Evidence older than this finalises nothing (rule 17)."""

NOT_ON_THE_LIST = UNCLEAR_WHO | {"undetermined", "held", "admission_closed"}
"""Reasons of whoever waits for a decision or a date, not for the LMS."""

NEWCOMER = "awaiting_amendment"


@dataclass(frozen=True, slots=True)
class DecreeDraft:
    """What a decree would say now, all by internal id: who comes on the list, who leaves it and who stays on it.

    ``unsettled`` are on their way into the course or wait for approval, ``undecided`` are in a ``review`` that a person
    must settle, ``stale`` have evidence that is too old, and of the ``outdated`` a person said since they were judged
    what the next run judges by; any of these stands in the way.
    """

    members: tuple[str, ...]
    left: tuple[str, ...]
    unsettled: tuple[str, ...]
    undecided: tuple[str, ...]
    stale: tuple[str, ...]
    outdated: tuple[str, ...]
    stays: frozenset[str] = frozenset()


def draft(
    angkatan: str,
    entries: Mapping[str, Entry],
    records: Mapping[str, Record],
    listed: frozenset[str],
    done: Actions,
    told_since: Collection[str],
    now: datetime,
) -> DecreeDraft:
    """Given the roster of a programme and who is on the list of one angkatan already, return what a decree would say.

    ``records`` is everybody by internal id, ``done`` what binds now by the decision of persons, also of those after the
    last run; ``told_since`` are the participants and angkatan of whom a clearance was revoked, or a score confirmed,
    after it. Who is on the list stays there, whatever happened since, until they hold no seat there any more.
    """
    mine = [entry for entry in entries.values() if entry.angkatan == angkatan]
    # whose other account stands on the list stands on it: nothing new is said of them (rule 19)
    counts = {each: (records[each].participant.merged_into or each) if each in records else each for each in listed}
    known = listed.union(counts.values())
    new = [entry for entry in mine if entry.participant_id not in known]
    settled = [entry.participant_id for entry in new if _is_settled(entry)]
    not_held = [entry for entry in new if entry.participant_id not in done.held]
    left_out = done.held | {who for who, moved_to in done.moves.items() if moved_to != angkatan}
    judged_anew = {(records[each].participant.merged_into or each) if each in records else each for each in told_since}
    members = [who for who in settled if who not in left_out and _may_be_listed(records[who])]
    seated = {entry.participant_id for entry in mine if entry.state in HOLDS_A_SEAT}
    others = {
        str(each.participant.person.user_id): each
        for each in records.values()
        if each.participant.merged_into is not None
    }
    return DecreeDraft(
        members=tuple(members),
        left=tuple(sorted(each for each in listed - seated if counts[each] not in seated)),
        unsettled=tuple(each.participant_id for each in not_held if _is_unsettled(each)),
        undecided=tuple(
            each.participant_id for each in not_held if each.state is EntryState.REVIEW and each.reason not in MENDABLE
        ),
        stale=tuple(who for who in members if any(_is_stale(each, now) for each in _judged_by(records[who], others))),
        outdated=tuple(
            who
            for who in members
            if not judged_anew.isdisjoint({who, angkatan}) or _is_let_in_no_more(records[who], done, others)
        ),
        stays=known & seated,
    )


def _is_settled(entry: Entry) -> bool:
    if entry.state is EntryState.REVIEW:
        return entry.reason in MENDABLE
    return entry.state is EntryState.CONFIRMED or (entry.state is EntryState.PLANNED and entry.reason == NEWCOMER)


def _may_be_listed(record: Record) -> bool:
    """Say that nobody holds somebody who sits in class, and that who they are and what they did can be told."""
    return record.decision is None or not is_held_back(record.decision)


def _is_let_in_no_more(record: Record, done: Actions, others: Mapping[str, Record]) -> bool:
    """Say whether an admission by which somebody was judged is over, or the account parted by whose evidence they were.

    ``others`` are the accounts that are merged into another, by user id.
    """
    who, decision = record.participant.id, record.decision
    if decision is None:
        return False
    if who not in done.admitted and decision.by_admission:
        return True
    accounts = [each.values["account"] for each in decision.reasons if each.code == "merged_evidence"]
    return any(each not in others or others[each].participant.merged_into != who for each in accounts)


def _is_unsettled(entry: Entry) -> bool:
    under_way = entry.state is EntryState.PUSHED or (entry.state is EntryState.PLANNED and entry.reason != NEWCOMER)
    return under_way and entry.reason not in NOT_ON_THE_LIST


def _judged_by(record: Record, others: Mapping[str, Record]) -> list[Record]:
    """Return a record, and that of the other account by whose evidence its person was judged (rule 19)."""
    reasons = record.decision.reasons if record.decision else ()
    accounts = [each.values["account"] for each in reasons if each.code == "merged_evidence"]
    return [record, *(others[each] for each in accounts if each in others)]


def _is_stale(record: Record, now: datetime) -> bool:
    """Say whether a newer reading would have told more: it cannot of who left the MOOC."""
    if record.participant.person.enrolment is Enrolment.ENDED:
        return False
    return record.evidence_as_of is not None and is_old(record.evidence_as_of, now)


def files_are_old(newest: datetime | None, hours: float | None, now: datetime) -> bool:
    """Say whether the newest imported file is older than ``hours``; None for the hours is without limit."""
    return hours is not None and (newest is None or now - newest > timedelta(hours=hours))


def is_old(moment: datetime, now: datetime) -> bool:
    """Say whether what was read at ``moment`` is too old; of a moment that far in the future the age is not known."""
    return abs(now - moment) > timedelta(hours=FRESH_HOURS)
