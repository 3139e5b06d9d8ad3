"""Which of the accounts that carry one NIP counts, or that belong to one person. Pure (rules 4, 19).

That two accounts under two NIPs may be one person's is in ``two_nips_of_one_person``; whose an account in class is, in
``whose_account_in_class``.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from latsar_sync.domain import many_people
from latsar_sync.domain.actions import Override
from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.participant import HANDED_OVER, Enrolment, Participant
from latsar_sync.domain.spelling import names_differ
from latsar_sync.rules.clearances import ClearanceRules

_BETTER = {Outcome.NOT_YET: 0, Outcome.UNDETERMINED: 1, Outcome.QUALIFIED: 2}
"""What may still be found out of one account beats what was fully read of the other (rule 4)."""


class AboutAccount(NamedTuple):
    """What is to be known of one account beside its evidence: why its NIP cannot be used, the clearances that lack,
    those that were merged into it, and the user id of the account that it was merged into itself.
    """

    nip_reason: Reason | None
    lacking: Sequence[Reason]
    merged: Sequence[Participant]
    merged_into: int | None


class AllAccounts:
    """How the accounts of a programme relate. ``everybody`` gives all that are known, ``judged`` those to be judged;
    ``clearances`` None where none is required, ``entries`` is the roster as it stands, by internal id; ``bound`` are
    those whom a person holds, admits or moved.
    """

    def __init__(
        self,
        everybody: Callable[[], Iterable[Participant]],
        judged: Iterable[Participant],
        clearances: ClearanceRules | None,
        entries: Mapping[str, Entry],
        bound: Collection[str] = (),
    ) -> None:
        self._entries = entries
        self._bound = bound
        self._merged: dict[str, list[Participant]] = {}
        self._of_before: dict[str, list[str]] = {}
        twice = many_people.twice(self._numbers_of(everybody()))
        carrying, counting = Counter[str](), Counter[str]()
        for each in everybody() if twice else ():
            if each.merged_into is None and each.nip is not None and hash(each.nip) in twice:
                carrying[each.nip] += 1
                counting[each.nip] += self._counts(each)
        self._counting = {nip: counting[nip] for nip, times in carrying.items() if times > 1}
        self._numbers = {each.id: each.person.user_id for each in everybody()} if self._merged else {}
        self._unmet = clearances.unmet(judged) if clearances else {}

    def _numbers_of(self, everybody: Iterable[Participant]) -> Iterator[int]:
        """Yield a number for each NIP, which is in one's hand sooner than the text; note who was merged, and the names
        of whoever is bound by the NIP that their account does not carry any more.
        """
        for each in everybody:
            if each.owner is not None and each.owner.nip not in (None, each.nip) and each.id in self._bound:
                self._of_before.setdefault(each.owner.nip or "", []).append(each.owner.name)
            if each.merged_into is not None:
                self._merged.setdefault(each.merged_into, []).append(each)
            elif each.nip is not None:
                yield hash(each.nip)

    def about(self, participant: Participant) -> AboutAccount:
        """Return what is to be known of one account."""
        merged = self._merged.get(participant.id, ())
        if merged:
            merged = [each for each in merged if each.nip_reason != HANDED_OVER]
        lacking: Sequence[Reason] = self._unmet.get(participant.id, ())
        into = participant.merged_into
        merged_into = None if into is None else self._numbers.get(into)
        return AboutAccount(self._nip_reason(participant), lacking, merged, merged_into)

    def _nip_reason(self, participant: Participant) -> Reason | None:
        """Return why somebody's NIP cannot be used, None if it can.

        Of several accounts that carry it those count that are enrolled in the MOOC, hold a seat, or are ``bound``: who
        was unenrolled there for carrying somebody else's NIP stands in nobody's way any more, and nobody gets rid of
        what a person decided by another account, nor by letting the one that was bound carry another NIP.
        """
        if participant.merged_into is not None and participant.nip_reason != HANDED_OVER:
            return None  # another account stands for this person
        if participant.nip_reason is not None:
            return Reason(participant.nip_reason, {"detail": participant.nip_detail or ""})
        name, before = participant.person.name, self._of_before.get(participant.nip or "", ())
        if before and any(not names_differ(name, each) for each in before):
            return Reason("nip_duplicate")
        counting = self._counting.get(participant.nip or "")
        if counting is None:
            return None
        if self._counts(participant):
            return Reason("nip_duplicate") if counting > 1 else None
        return Reason("other_account_counts" if counting else "nip_duplicate")

    def _counts(self, participant: Participant) -> bool:
        return participant.id in self._bound or counts(participant, self._entries)


def bound_by_persons(overrides: Mapping[str, Override], moved: Collection[str]) -> frozenset[str]:
    """Return whom a person holds, admits or moved, by internal id; ``overrides`` are those in force."""
    return frozenset(overrides).union(moved)


def counts(participant: Participant, entries: Mapping[str, Entry]) -> bool:
    """Say whether a participant is enrolled in the MOOC, or was and holds a seat in a course."""
    if participant.person.enrolment is not Enrolment.ENDED:
        return True
    entry = entries.get(participant.id)
    return entry is not None and entry.seat_in is not None


def better(own: Decision, others: Sequence[tuple[int, Decision]]) -> Decision:
    """Return the decision about one person with several accounts: the best of what each of them alone would give.

    ``others`` are the decisions by the evidence of the other accounts, with their user ids in the MOOC. The limit was
    reached when the first of the best accounts reached it.
    """
    best, account = own, None
    for user_id, decision in others:
        if _rank(decision) > _rank(best):
            best, account = decision, user_id
    reached = [
        each.reached_at
        for each in (own, *(decision for _, decision in others))
        if each.outcome is best.outcome and each.reached_at is not None
    ]
    best = best._replace(reached_at=min(reached, default=None))
    if account is None:
        return best
    return best._replace(reasons=(*best.reasons, Reason("merged_evidence", {"account": str(account)})))


def _rank(decision: Decision) -> tuple[int, bool, Decimal]:
    return _BETTER[decision.outcome], decision.score is not None, decision.score or Decimal(0)
