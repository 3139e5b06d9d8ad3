"""Who would lose a qualification by one reading, and whether that is more than may be believed at once. Pure (rule 6).

What a named person decided costs nobody's word against theirs: a recorded threshold, a hold and a revoked clearance are
left out. Everything else counts, whatever changed in the MOOC, in a file or in the configuration.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from latsar_sync.admission import REMARKS, decide
from latsar_sync.guards import Limits, too_many_lost
from latsar_sync.model import Outcome, Rules, Threshold
from latsar_sync.records import Finding, Record

REVOKED = frozenset({"clearance_revoked", "angkatan_clearance_revoked"})


def loss_findings(
    programme: str,
    known: Mapping[str, Record],
    judged: Iterable[Record],
    rules: Rules,
    thresholds: Mapping[int, Threshold],
    limits: Limits,
) -> list[Finding]:
    """Compare decisions just made with those known, by internal id; ``thresholds`` is the recorded history by version.

    Return the finding ``qualified_lost`` with the ids of all who were qualified and would no longer be, or nothing
    while they are within the limits.
    """
    lost = sorted(
        record.participant.id
        for record in judged
        if _was_qualified(known.get(record.participant.id))
        and not _is_still(record)
        and not _by_a_person(known[record.participant.id], record, rules, thresholds)
    )
    before = sum(map(_was_qualified, known.values())) if lost else 0
    if not too_many_lost(before, len(lost), limits):
        return []
    return [Finding("qualified_lost", programme, str(before), str(before - len(lost)), tuple(lost))]


def _was_qualified(record: Record | None) -> bool:
    return record is not None and record.decision is not None and record.decision.outcome is Outcome.QUALIFIED


def _is_still(record: Record) -> bool:
    return record.decision is not None and record.decision.outcome in (Outcome.QUALIFIED, Outcome.HELD)


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
    return decide(after.evidence, replace(rules, threshold=limit)).outcome is Outcome.QUALIFIED
