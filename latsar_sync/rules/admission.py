"""Who has met the gates: evidence and rules in, a decision with its reasons out. Pure (rules 1 to 4, 12)."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from latsar_sync.domain.decision import NO_GATES, Basis, Decision, Gate, Outcome, Reason, Rules
from latsar_sync.domain.evidence import Activity, Evidence, GradeStatus, Imported, Materials, quantise
from latsar_sync.domain.participant import Enrolment
from latsar_sync.rules.score_gate import GateAnswer, judge_score, plain

NAMES_SHOWN = 4

CLEARANCE_CODES = frozenset(
    {
        "clearance_missing",
        "clearance_expired",
        "clearance_revoked",
        "angkatan_clearance_missing",
        "angkatan_clearance_expired",
        "angkatan_clearance_revoked",
    }
)
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
    ``nip_reason`` says why the NIP cannot be used (a reason of ``identity.Relations``);
    such a person is undetermined whatever the evidence. One fully read unmet gate suffices for ``not_yet``;
    a gate that was not fully read never decides against anybody (rule 4).
    For example: score 70.00000 against 70 points with the required set done is qualified; 69.99999 is not yet.
    Raise ValueError if a gated programme has no threshold: there is no default (rule 2).
    """
    score, score_gate = judge_score(evidence, rules)
    materials_gate = _judge_materials(evidence, rules)
    gates = (score_gate, materials_gate, GateAnswer(not clearances, tuple(clearances)))
    unmet = [gate for gate in gates if gate.met is False]
    unknown = [gate for gate in gates if gate.met is None]
    if nip_reason is not None:
        outcome, reasons = Outcome.UNDETERMINED, [nip_reason, *_all(unmet), *_all(unknown)]
    elif unmet:
        outcome, reasons = Outcome.NOT_YET, [*_all(unmet), *_all(unknown)]
    elif unknown:
        outcome, reasons = Outcome.UNDETERMINED, _all(unknown)
    else:
        outcome, reasons = Outcome.QUALIFIED, []
    materials = evidence.materials
    return Decision(
        outcome=outcome,
        reasons=(*reasons, *_remarks(evidence, rules)),
        score=score.value if score else None,
        reached_at=score.at if score and score_gate.met else None,
        materials_done=materials.done if materials else None,
        materials_total=materials.total if materials else None,
    )


def gates_lacking(decision: Decision) -> frozenset[Gate]:
    """Return which gates a decision names reasons of; one that was not fully read counts, since it was not met."""
    return gates_of(reason.code for reason in decision.reasons)


def gates_of(codes: Iterable[str]) -> frozenset[Gate]:
    """Return which gates these codes of reasons are about."""
    about = set(codes) - REMARKS
    return _LACKING[bool(about - CLEARANCE_CODES), bool(about & CLEARANCE_CODES)]


def completion_of(states: Mapping[int, int], required: Sequence[Activity]) -> Materials:
    """Given the completion states that were read (cmid to 0..4), return how the required set stands.

    States 1 and 2 are done; 3 and 4 are done but failed; an activity without a state is unknown, since a missing
    right or a hidden activity drops it silently (rule 3; Moodle ``completion/classes/external.php``).
    """
    return _kept_once(
        Materials(
            total=len(required),
            open=tuple(each.cmid for each in required if states.get(each.cmid) == 0),
            failed=tuple(each.cmid for each in required if states.get(each.cmid) in (3, 4)),
            unknown=tuple(each.cmid for each in required if states.get(each.cmid) not in (0, 1, 2, 3, 4)),
        )
    )


@lru_cache(4096)
def _kept_once(materials: Materials) -> Materials:
    """Return one and the same value for equal ones: most people have done the same activities as somebody else."""
    return materials


def _all(gates: Sequence[GateAnswer]) -> list[Reason]:
    return [reason for gate in gates for reason in gate.reasons]


def _judge_materials(evidence: Evidence, rules: Rules) -> GateAnswer:
    if not rules.gated or not rules.materials:
        return GateAnswer(met=True)
    materials = evidence.materials
    if materials is None:
        # where all comes from one file, that it is missing is said once
        said = evidence.source == "import" and evidence.imported is None and evidence.attempts is None
        return GateAnswer(None, () if said else (Reason("materials_unread"),))
    if not materials.unknown and not materials.open and not materials.failed:
        return GateAnswer(met=True)
    names = {activity.cmid: activity.name for activity in rules.required}
    if materials.unknown:
        return GateAnswer(None, (Reason("materials_unknown", {"names": _listed(materials.unknown, names)}),))
    if materials.open and not names:  # an imported file tells how many are done, not which
        values = {"done": str(materials.done), "total": str(materials.total)}
        return GateAnswer(False, (Reason("materials_open", values),))
    reasons = []
    if materials.open:
        values = {"done": str(materials.done), "total": str(materials.total), "names": _listed(materials.open, names)}
        reasons.append(Reason("materials_incomplete", values))
    if materials.failed:
        reasons.append(Reason("materials_failed", {"names": _listed(materials.failed, names)}))
    return GateAnswer(False, tuple(reasons))


def _listed(cmids: Sequence[int], names: Mapping[int, str]) -> str:
    shown = [names.get(cmid, f"cmid {cmid}") for cmid in cmids[:NAMES_SHOWN]]
    more = len(cmids) - len(shown)
    return ", ".join(shown) + (f" (+{more})" if more else "")


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
    held = best if basis is Basis.BEST_ATTEMPT else evidence.grade.raw
    if imported.raw is None or held is None or quantise(held) == imported.raw:
        return []
    values = {"score": plain(held), "imported": plain(imported.raw), "import": str(imported.import_id)}
    return [Reason("import_differs", values)]
