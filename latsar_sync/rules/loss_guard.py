"""Who would lose a qualification by one reading, or gain it: are they too many to be believed? Pure (rule 6).

How many, and which share, are too many stands in ``guard_limits``, as configured.

What a named person decided costs nobody's word against theirs: a recorded threshold, a hold and a revoked clearance are
left out. Everything else counts, whatever changed in the MOOC, in a file or in the configuration.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from latsar_sync.domain.decision import Outcome, Rules, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.records import Finding, Record, Terms
from latsar_sync.rules.deciding import REMARKS, decide
from latsar_sync.rules.guard_limits import GuardLimits, too_many_lost
from latsar_sync.rules.kept_or_lost_seats import BY_EFFECT
from latsar_sync.rules.terms import terms_difference

REVOKED = frozenset({"clearance_revoked", "angkatan_clearance_revoked"})
OF_ANGKATAN = frozenset({"angkatan_clearance_missing", "angkatan_clearance_expired", "angkatan_clearance_revoked"})


class Losses:
    """What one reading would cost, noted of one after another as they are judged.

    ``rules`` judge now, ``thresholds`` is the recorded history by version; ``before`` are the terms on record, None
    before the first, and ``after`` those that judge now; ``entries`` is the roster, by internal id.
    """

    def __init__(
        self,
        rules: Rules,
        thresholds: Mapping[int, Threshold],
        before: Terms | None,
        after: Terms | None,
        entries: Mapping[str, Entry] = MappingProxyType({}),
    ) -> None:
        self._rules = rules
        self._entries = entries
        self._thresholds = thresholds
        self._terms = None if before is None or after is None or before == after else (before, after)
        self._lost: list[str] = []
        self._gained: list[str] = []
        self._otherwise: list[str] = []

    def note(self, before: Record | None, after: Record) -> None:
        """Note one person's record before and after; an account that was merged into another is nobody of its own."""
        if before is None or after.participant.merged_into is not None:
            return
        if self._terms and _said(before) != _said(after):
            self._otherwise.append(after.participant.id)
        if not is_qualified(before) and is_qualified(after):
            self._gained.append(after.participant.id)
        lost = is_qualified(before) and not _is_still(after)
        if (
            lost
            and not _by_a_person(before, after, self._rules, self._thresholds)
            and not _known_when_seated(after, self._entries.get(after.participant.id))
        ):
            self._lost.append(after.participant.id)

    def terms_findings(self) -> list[Finding]:
        """Return the finding ``terms_changed`` with the ids of those whom other terms than recorded judge otherwise.

        That is who gets another outcome or another NIP; where nobody does, the change can do no harm and is no finding.
        """
        if self._terms is None or not self._otherwise:
            return []
        return [Finding("terms_changed", *terms_difference(*self._terms), tuple(sorted(self._otherwise)))]

    def gain_findings(self, programme: str, qualified: int) -> list[Finding]:
        """Return the finding ``qualified_gained`` with the ids of all who were known, did not qualify, and would now.

        It is told beside what changed in the course, of which it may come.
        """
        if not self._gained:
            return []
        now = str(qualified + len(self._gained))
        return [Finding("qualified_gained", programme, str(qualified), now, tuple(sorted(self._gained)))]

    def loss_findings(self, programme: str, qualified: int, limits: GuardLimits) -> list[Finding]:
        """Return the finding ``qualified_lost`` with the ids of all who were qualified and would no longer be.

        Nothing while they are within the limits; ``qualified`` counts those who were before, of everybody known.
        """
        if not too_many_lost(qualified, len(self._lost), limits):
            return []
        left = str(qualified - len(self._lost))
        return [Finding("qualified_lost", programme, str(qualified), left, tuple(sorted(self._lost)))]


def _said(record: Record) -> tuple[Outcome | None, str | None]:
    return record.decision.outcome if record.decision else None, record.participant.nip


def is_qualified(record: Record) -> bool:
    """Say whether the decision on record is that somebody qualifies."""
    return record.decision is not None and record.decision.outcome is Outcome.QUALIFIED


def _is_still(record: Record) -> bool:
    return record.decision is not None and record.decision.outcome in (Outcome.QUALIFIED, Outcome.HELD)


def _known_when_seated(after: Record, entry: Entry | None) -> bool:
    """Say whether somebody lacks nothing but the papers of their angkatan, and was seated there all the same: who
    qualified might have come into another one then (``first_qualified``).
    """
    reasons = after.decision.reasons if after.decision else ()
    unmet = {reason.code for reason in reasons} - REMARKS
    return entry is not None and entry.admission in BY_EFFECT and unmet <= OF_ANGKATAN


def _by_a_person(before: Record, after: Record, rules: Rules, thresholds: Mapping[int, Threshold]) -> bool:
    """Say whether nothing but a named person's recorded act cost the qualification."""
    reasons = after.decision.reasons if after.decision else ()
    unmet = {reason.code for reason in reasons} - REMARKS
    if unmet <= REVOKED:
        return True
    limit = thresholds.get(before.threshold_version or 0)
    if limit is None or before.threshold_version == after.threshold_version or unmet != {"score_below_threshold"}:
        return False
    # what the same evidence would be worth under the limit of before tells a new limit from new evidence
    score, in_force = after.decision.score if after.decision else None, rules.threshold
    if score is not None and in_force is not None and in_force.scale is limit.scale:
        return score >= limit.value  # the score that counts, of whichever account of theirs
    return decide(after.evidence, replace(rules, threshold=limit)).outcome is Outcome.QUALIFIED
