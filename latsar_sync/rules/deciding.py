"""Who has met the gates: evidence and rules in, a decision with its reasons out. Pure (rules 1 to 4, 12).

What persons decided comes after it, in ``records_after_reading``: until when an override binds stands in
``domain.actions`` (``Override.in_force``), and for which of several accounts in ``merged_accounts``.
"""

from collections.abc import Iterable, Sequence

from latsar_sync.domain.decision import MET, NO_GATES, Basis, Decision, Gate, GateAnswer, Outcome, Reason, Rules
from latsar_sync.domain.evidence import Evidence, GradeStatus, Imported
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.rounding import quantise
from latsar_sync.rules.material_gate import judge_materials
from latsar_sync.rules.score_against_threshold import judge_score, plain

CLEARANCE_CODES = (
    "clearance_missing",
    "clearance_expired",
    "clearance_revoked",
    "angkatan_clearance_missing",
    "angkatan_clearance_expired",
    "angkatan_clearance_revoked",
)
"""The reasons of a decision that are about clearances, in the order in which they are shown."""
REMARKS = frozenset(
    {
        "grade_overridden",
        "score_imported",
        "import_differs",
        "enrolment_suspended",
        "enrolment_ended",
        "merged_evidence",
        "merged_account",
        "admitted_by_override",
        "held_by_override",
    }
)
"""Reasons that are about no gate."""

_LACKING = {
    (False, False): NO_GATES,
    (False, True): frozenset({Gate.CLEARANCE}),
    (True, False): frozenset({Gate.MOOC}),
    (True, True): frozenset({Gate.MOOC, Gate.CLEARANCE}),
}
"""Which gates lack, by whether the MOOC and the clearances do: held once for everybody of whom the same is said."""


def decide(
    evidence: Evidence, rules: Rules, nip_reason: Reason | None = None, clearances: Sequence[Reason] = ()
) -> Decision:
    """Given one participant's evidence and the programme's rules, return the decision with its reasons.

    ``clearances`` are the reasons of required clearances that are not met, a gate beside score and material (rule 12).
    ``nip_reason`` says why the NIP cannot be used (a reason of ``mooc_accounts_of_one_nip.AboutAccount``);
    such a person is undetermined whatever the evidence. One fully read unmet gate suffices for ``not_yet``;
    a gate that was not fully read never decides against anybody (rule 4).
    For example: score 70.00000 against 70 points with the required set done is qualified; 69.99999 is not yet.
    Raise ValueError if a gated programme has no threshold: there is no default (rule 2).
    """
    score, score_answer = judge_score(evidence, rules)
    materials_answer = judge_materials(evidence, rules)
    gates = (score_answer, materials_answer, GateAnswer(False, tuple(clearances)) if clearances else MET)
    met = (score_answer.met, materials_answer.met, not clearances)
    if nip_reason is not None:
        outcome = Outcome.UNDETERMINED
    elif False in met:
        outcome = Outcome.NOT_YET
    else:
        outcome = Outcome.UNDETERMINED if None in met else Outcome.QUALIFIED
    reasons = [nip_reason] if nip_reason is not None else []
    for one in (False, None) if outcome is not Outcome.QUALIFIED else ():
        reasons += [reason for gate in gates if gate.met is one for reason in gate.reasons]
    materials = evidence.materials
    return Decision(
        outcome,
        (*reasons, *_remarks(evidence, rules)),
        score.value if score else None,
        score.at if score and score_answer.met else None,
        materials.done if materials else None,
        materials.total if materials else None,
    )


def gates_lacking(decision: Decision) -> frozenset[Gate]:
    """Return which gates a decision names reasons of; one that was not fully read counts, since it was not met."""
    return gates_of(reason.code for reason in decision.reasons)


def gates_of(codes: Iterable[str]) -> frozenset[Gate]:
    """Return which gates these codes of reasons are about."""
    about = set(codes) - REMARKS
    return _LACKING[bool(about.difference(CLEARANCE_CODES)), bool(about.intersection(CLEARANCE_CODES))]


def _remarks(evidence: Evidence, rules: Rules) -> tuple[Reason, ...]:
    """Things that change no outcome but must be seen with it."""
    remarks = []
    if rules.gated and rules.basis is Basis.GRADEBOOK and evidence.grade.overridden:
        remarks.append(Reason("grade_overridden"))
    if rules.gated and evidence.imported is not None:
        remarks += _import_remarks(evidence, evidence.imported, rules.basis)
    if evidence.enrolment is Enrolment.SUSPENDED:
        remarks.append(Reason("enrolment_suspended"))
    elif evidence.enrolment is Enrolment.ENDED:
        remarks.append(Reason("enrolment_ended"))
    return tuple(remarks)


def _import_remarks(evidence: Evidence, imported: Imported, basis: Basis) -> list[Reason]:
    """Say that a score comes from a file though there is an LMS, or that the LMS says otherwise and wins (rule 1)."""
    if evidence.source != "lms":
        standing_in = evidence.grade.status is GradeStatus.NO_GRADE and imported.raw is not None
        return [Reason("score_imported", {"import": str(imported.import_id)})] if standing_in else []
    best = evidence.attempts.best if evidence.attempts else None
    score = best if basis is Basis.BEST_ATTEMPT else evidence.grade.raw
    if imported.raw is None or score is None or quantise(score) == imported.raw:
        return []
    values = {"score": plain(score), "imported": plain(imported.raw), "import": str(imported.import_id)}
    return [Reason("import_differs", values)]
