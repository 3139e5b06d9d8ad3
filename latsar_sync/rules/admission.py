"""Who has met the gates: evidence and rules in, a decision with its reasons out. Pure (rules 1 to 4, 12)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache
from typing import NamedTuple

from latsar_sync.domain.model import (
    FIVE_PLACES,
    Activity,
    Basis,
    Decision,
    Enrolment,
    Evidence,
    Gate,
    GradeStatus,
    Imported,
    Materials,
    Outcome,
    Rules,
    Scale,
    Threshold,
    quantise,
)
from latsar_sync.domain.reasons import Reason

HUNDRED = Decimal(100)
SEEDED_BY = "config"
"""Who is said to have recorded the first threshold where the configuration did; no person may bear this name."""
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


class _Gate(NamedTuple):
    """One gate's answer: True met, False not met, None not known; with the reasons for False and None."""

    met: bool | None
    reasons: tuple[Reason, ...] = ()


class Score(NamedTuple):
    """A score in the threshold's scale, at five places, with the time it was reached."""

    value: Decimal
    at: datetime | None = None


def decide(
    evidence: Evidence, rules: Rules, nip_reason: Reason | None = None, clearances: Sequence[Reason] = ()
) -> Decision:
    """Given one participant's evidence and the programme's rules, return the decision with its reasons.

    ``clearances`` are the reasons of required clearances that are not met, a gate beside score and material (rule 12).
    ``nip_reason`` says why the NIP cannot be used (a reason of ``identity.Sharing``);
    such a person is undetermined whatever the evidence. One fully read unmet gate suffices for ``not_yet``;
    a gate that was not fully read never decides against anybody (rule 4).
    For example: score 70.00000 against 70 points with the required set done is qualified; 69.99999 is not yet.
    Raise ValueError if a gated programme has no threshold: there is no default (rule 2).
    """
    score, score_gate = _judge_score(evidence, rules)
    materials_gate = _judge_materials(evidence, rules)
    gates = (score_gate, materials_gate, _Gate(not clearances, tuple(clearances)))
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
    codes = {reason.code for reason in decision.reasons} - REMARKS
    clearance = {Gate.CLEARANCE} if codes & CLEARANCE_CODES else set()
    return frozenset(clearance | ({Gate.MOOC} if codes - CLEARANCE_CODES else set()))


def threshold_in_force(history: Sequence[Threshold], now: datetime) -> Threshold | None:
    """Return the threshold that judges at ``now``: the latest effective one, the newest record of equal ones.

    What the configuration seeded is in force from always, whatever its clock said: every other is later than it.
    """
    effective = [each for each in history if not is_seed(each) and each.effective_from <= now]
    latest = max(effective, key=lambda threshold: (threshold.effective_from, threshold.version), default=None)
    return latest or next(filter(is_seed, history), None)


def is_seed(threshold: Threshold) -> bool:
    """Say whether the configuration recorded it, as the first of all: it has no moment of its own (rule 2)."""
    return threshold.version == 1 and threshold.recorded_by == SEEDED_BY


def materials_of(states: Mapping[int, int], required: Sequence[Activity]) -> Materials:
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


def in_points(threshold: Threshold, maximum: Decimal) -> Decimal:
    """Return the threshold in points of an evaluation that goes from 0 to ``maximum``."""
    return threshold.value if threshold.scale is Scale.POINTS else threshold.value * maximum / HUNDRED


def could_still_qualify(evidence: Evidence, rules: Rules) -> bool:
    """Return False when the score, fully read, already decides: only then need the materials not be read (rule 10)."""
    return _judge_score(evidence, rules)[1].met is not False


def _all(gates: Sequence[_Gate]) -> list[Reason]:
    return [reason for gate in gates for reason in gate.reasons]


def _judge_score(evidence: Evidence, rules: Rules) -> tuple[Score | None, _Gate]:
    if not rules.gated:
        return None, _Gate(met=True)
    if rules.threshold is None:
        raise ValueError("a gated programme is judged by a threshold; there is no default")
    imported = _standing_in(evidence, rules)
    if imported is not None:
        if imported.raw is None:
            return None, _Gate(False, (Reason("no_grade"),))
        return _compare(imported.raw, imported.minimum, imported.maximum, imported.at, rules.threshold)
    if rules.basis is Basis.BEST_ATTEMPT:
        return _judge_best_attempt(evidence, rules.threshold)
    return _judge_gradebook(evidence, rules.threshold)


def _standing_in(evidence: Evidence, rules: Rules) -> Imported | None:
    """Return the imported score where it counts: the LMS was fully read and holds none (rule 1)."""
    unread = rules.basis is Basis.BEST_ATTEMPT and evidence.attempts is None
    return None if unread or evidence.source == "lms" else evidence.imported


def _judge_gradebook(evidence: Evidence, threshold: Threshold) -> tuple[Score | None, _Gate]:
    grade = evidence.grade
    if grade.status is GradeStatus.NO_GRADE:
        return None, _Gate(False, (Reason("no_grade"),))
    if grade.status is not GradeStatus.GRADED:
        return None, _Gate(None, (Reason(str(grade.status)),))
    if grade.raw is None:
        return None, _Gate(None, (Reason(str(GradeStatus.UNREAD)),))
    return _compare(grade.raw, grade.minimum, grade.maximum, grade.graded_at, threshold)


def _judge_best_attempt(evidence: Evidence, threshold: Threshold) -> tuple[Score | None, _Gate]:
    attempts = evidence.attempts
    if attempts is None:
        return None, _Gate(None, (Reason("attempts_unread"),))
    if attempts.best is not None:
        score, gate = _compare(attempts.best, Decimal(0), attempts.maximum, attempts.reached_at, threshold)
        if gate.met is not False or not attempts.ungraded:
            return score, gate
        return score, _Gate(None, (Reason("attempt_ungraded"),))
    if attempts.ungraded:
        return None, _Gate(None, (Reason("attempt_ungraded"),))
    return None, _Gate(False, (Reason("no_grade"),))


def _compare(
    raw: Decimal, minimum: Decimal | None, maximum: Decimal | None, at: datetime | None, threshold: Threshold
) -> tuple[Score | None, _Gate]:
    """Compare ``>=`` without any rounding but Moodle's own five places (rule 1)."""
    points = quantise(raw)
    if threshold.scale is Scale.POINTS:
        score, met = points, points >= threshold.value
    elif minimum is None or maximum is None or maximum <= minimum:
        return None, _Gate(None, (Reason("grade_range_missing"),))
    else:
        minimum, maximum = quantise(minimum), quantise(maximum)
        share = (points - minimum) * HUNDRED
        met = share >= threshold.value * (maximum - minimum)
        # shown rounded down, so that a score under the limit never reads as the limit
        score = (share / (maximum - minimum)).quantize(FIVE_PLACES, rounding=ROUND_FLOOR)
    if met:
        return Score(score, at), _Gate(met=True)
    values = {"score": plain(score), "threshold": plain(threshold.value)}
    return Score(score, at), _Gate(False, (Reason("score_below_threshold", values),))


def plain(number: Decimal) -> str:
    """Return a number with a point and five places, never in scientific notation: ``"70.00000"``."""
    return f"{number:.5f}"


def _judge_materials(evidence: Evidence, rules: Rules) -> _Gate:
    if not rules.gated or not rules.materials:
        return _Gate(met=True)
    materials = evidence.materials
    if materials is None:
        # where all comes from one file, that it is missing is said once
        said = evidence.source == "import" and evidence.imported is None and evidence.attempts is None
        return _Gate(None, () if said else (Reason("materials_unread"),))
    if not materials.unknown and not materials.open and not materials.failed:
        return _Gate(met=True)
    names = {activity.cmid: activity.name for activity in rules.required}
    if materials.unknown:
        return _Gate(None, (Reason("materials_unknown", {"names": _listed(materials.unknown, names)}),))
    if materials.open and not names:  # an imported file tells how many are done, not which
        values = {"done": str(materials.done), "total": str(materials.total)}
        return _Gate(False, (Reason("materials_open", values),))
    reasons = []
    if materials.open:
        values = {"done": str(materials.done), "total": str(materials.total), "names": _listed(materials.open, names)}
        reasons.append(Reason("materials_incomplete", values))
    if materials.failed:
        reasons.append(Reason("materials_failed", {"names": _listed(materials.failed, names)}))
    return _Gate(False, tuple(reasons))


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
    if evidence.source == "import":
        standing_in = evidence.grade.status is GradeStatus.NO_GRADE and imported.raw is not None
        return [Reason("score_imported", {"import": str(imported.import_id)})] if standing_in else []
    best = evidence.attempts.best if evidence.attempts else None
    held = best if basis is Basis.BEST_ATTEMPT else evidence.grade.raw
    if imported.raw is None or held is None or quantise(held) == imported.raw:
        return []
    values = {"score": plain(held), "imported": plain(imported.raw), "import": str(imported.import_id)}
    return [Reason("import_differs", values)]
