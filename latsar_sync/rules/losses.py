"""Who would lose a qualification by one reading, and whether that is more than may be believed at once. Pure (rule 6).

What a named person decided costs nobody's word against theirs: a recorded threshold, a hold and a revoked clearance are
left out. Everything else counts, whatever changed in the MOOC, in a file or in the configuration.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from latsar_sync.domain.decision import Outcome, Rules, Threshold
from latsar_sync.domain.records import Finding, Record, Terms
from latsar_sync.rules.admission import REMARKS, decide
from latsar_sync.rules.guards import GuardLimits, too_many_lost

REVOKED = frozenset({"clearance_revoked", "angkatan_clearance_revoked"})


def loss_findings(
    programme: str,
    known: Mapping[str, Record],
    judged: Iterable[Record],
    rules: Rules,
    thresholds: Mapping[int, Threshold],
    limits: GuardLimits,
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


def terms_findings(
    before: Terms | None, after: Terms, known: Mapping[str, Record], judged: Iterable[Record]
) -> list[Finding]:
    """Return the finding ``terms_changed`` with the ids of those whom other terms than recorded judge otherwise.

    That is who gets another outcome or another NIP; where nobody does, the change can do no harm and is no finding.
    """
    if before is None or before == after:
        return []
    pairs = ((known.get(record.participant.id), record) for record in judged)
    otherwise = sorted(now.participant.id for was, now in pairs if was is not None and _said(was) != _said(now))
    return [Finding("terms_changed", *terms_difference(before, after), tuple(otherwise))] if otherwise else []


def terms_difference(before: Terms, now: Terms) -> tuple[str, str, str]:
    """Return the names of the settings in which two terms differ, and both values, each as one text."""
    named = zip(Terms._fields, map(_value, before), map(_value, now), strict=True)
    names, old, new = zip(*(each for each in named if each[1] != each[2]), strict=True)
    return ", ".join(names), ", ".join(old), ", ".join(new)


def _value(value: Sequence[str]) -> str:
    return (value if isinstance(value, str) else "+".join(value)) or "–"


def _said(record: Record) -> tuple[Outcome | None, str | None]:
    return record.decision.outcome if record.decision else None, record.participant.nip


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
