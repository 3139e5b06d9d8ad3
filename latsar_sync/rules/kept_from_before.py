"""What stays of what was known of somebody when a new reading is joined with it. Pure (rules 4, 11, 20).

A part of the evidence that was not read this time keeps its last reading; a part that was asked for and refused is
unread. The time at which somebody first reached the threshold stays whatever is read later: another attempt, or one
that is gone.
"""

from collections.abc import Iterable, Mapping

from latsar_sync.domain.decision import Basis, Decision, Outcome, Reason, Rules, Threshold
from latsar_sync.domain.errors import NOT_CONFIRMED
from latsar_sync.domain.evidence import UNREAD_GRADE, Evidence
from latsar_sync.domain.participant import HANDED_OVER, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.score_against_threshold import could_still_qualify

RECORD_UNREADABLE = Reason("record_unreadable")
ACCOUNT_UNCONFIRMED = Reason("source_account_unconfirmed")
_UNREAD = frozenset({"grade_unread", RECORD_UNREADABLE.code, "attempts_unread", "materials_unread"})


def evidence_after(person: Person, before: Record | None, reading: SourceReading, rules: Rules) -> Evidence:
    """Return one person's evidence after a reading: what was read, else what was known ``before``.

    What nobody is judged by any more is not kept beside a grade that was read anew. A score that came by a file is
    looked up for everybody whose grade is known, however it became known, also where they left the MOOC: two persons
    told it of them.
    """
    was = before.evidence if before else Evidence()
    anew = person.user_id in reading.grades
    grade = reading.grades.get(person.user_id, was.grade)
    looked_up = anew or grade != UNREAD_GRADE
    materials = was.materials if rules.by_materials or not anew else None
    attempts = was.attempts if rules.basis is Basis.BEST_ATTEMPT or not anew else None
    return Evidence(
        grade,
        reading.materials.get(person.user_id, materials),
        reading.attempts.get(person.user_id, attempts),
        person.enrolment,
        reading.imported.get(person.user_id) if looked_up else was.imported,
    )


def scored_otherwise(known: Iterable[Record], counting: Mapping[str, int]) -> set[str]:
    """Return of whom another score of a file counts now than they were judged by, as the next run will see.

    ``known`` is everybody, ``counting`` the version of the score that counts of each, by internal id.
    """
    found = set()
    for record in known:
        participant, evidence = record.participant, record.evidence
        seen = evidence.imported.version if evidence.imported else None
        is_another = counting.get(participant.id) != seen
        if is_another and evidence.grade != UNREAD_GRADE:
            found.add(participant.id)
    return found


def evidence_of(participant: Participant, before: Record | None, reading: SourceReading, rules: Rules) -> Evidence:
    """Return the evidence of a participant: the same, but what a file told of a NIP that was theirs until now is not
    told of them.
    """
    evidence = evidence_after(participant.person, before, reading, rules)
    another = before is not None and participant.has_another_nip_than(before.participant)
    return evidence._replace(imported=None) if another and evidence.imported is not None else evidence


def reached_when_first(
    decision: Decision,
    evidence: Evidence,
    participant: Participant,
    before: Record | None,
    rules: Rules,
    thresholds: Mapping[int, Threshold],
) -> Decision:
    """Let the limit have been reached when it first was: nothing read later may cost a place in line.

    That holds while the score may still qualify, and the limit that the last decision stood on was at least as high.
    ``thresholds`` is the recorded history by version.
    """
    if before is None or _was_anothers(participant, before):
        return decision
    first = before.decision.reached_at if before.decision else None
    if first is None or (decision.reached_at is not None and decision.reached_at <= first):
        return decision
    if not could_still_qualify(evidence, rules):
        return decision
    threshold = rules.threshold
    if threshold is not None and before.threshold_version != threshold.version:
        stood_on = thresholds.get(before.threshold_version or 0)
        if stood_on is None or stood_on.scale is not threshold.scale or stood_on.value < threshold.value:
            return decision
    return decision._replace(reached_at=first)


def _was_anothers(participant: Participant, before: Record) -> bool:
    """Say whether a person told since whose an account is that was another's: the last decision was of that one."""
    reasons = before.decision.reasons if before.decision else ()
    known_whose = participant.handed_over_at is not None and participant.nip_reason != HANDED_OVER
    return known_whose and any(each.code == HANDED_OVER for each in reasons)


def could_not_be_read(decision: Decision) -> bool:
    """Say whether a decision says that something of somebody is unreadable in the LMS: no other limit admits them."""
    return any(each in (RECORD_UNREADABLE, ACCOUNT_UNCONFIRMED) for each in decision.reasons)


def unreadable_still(decision: Decision, before: Record | None, reading: SourceReading, user_id: int) -> Decision:
    """Say that what lacks is unreadable in the LMS, rather than not read; whoever is set aside is not judged (rule 20).

    It stays said until that part is asked for again.
    """
    if user_id in reading.aside:
        return decision._replace(outcome=Outcome.UNDETERMINED, reasons=(RECORD_UNREADABLE,))
    asked = user_id in reading.materials or user_id in reading.attempts
    reasons_before = before.decision.reasons if before and before.decision and not asked else ()
    if decision.outcome is not Outcome.UNDETERMINED:
        return decision
    said = next((each for each in reasons_before if each in (RECORD_UNREADABLE, ACCOUNT_UNCONFIRMED)), None)
    if user_id in reading.unreadable:
        said = ACCOUNT_UNCONFIRMED if reading.unreadable[user_id] == NOT_CONFIRMED else RECORD_UNREADABLE
    if said is None:
        return decision
    reasons = (said if each.code in _UNREAD else each for each in decision.reasons)
    return decision._replace(reasons=tuple(dict.fromkeys(reasons)))
