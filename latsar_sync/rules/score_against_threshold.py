"""The score against the threshold, by the gradebook or the best attempt: is that gate met? Pure (rule 1)."""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from latsar_sync.domain.decision import MET, Basis, GateAnswer, Reason, Rules, Scale, Threshold
from latsar_sync.domain.evidence import Evidence, GradeStatus, Imported
from latsar_sync.domain.rounding import FIVE_PLACES, quantise

HUNDRED = Decimal(100)


class Score(NamedTuple):
    """A score in the threshold's scale, at five places, with the time it was reached."""

    value: Decimal
    at: datetime | None = None


def judge_score(evidence: Evidence, rules: Rules) -> tuple[Score | None, GateAnswer]:
    """Return the score that counts, None if there is none, and whether it reaches the threshold (rule 1).

    Raise ValueError if a gated programme has no threshold: there is no default (rule 2).
    """
    if not rules.gated:
        return None, MET
    if rules.threshold is None:
        raise ValueError("a gated programme is judged by a threshold; there is no default")
    imported = evidence.imported
    if imported is not None and _may_stand_in(evidence, rules):
        if imported.raw is None:
            return None, GateAnswer(False, (Reason("no_grade"),))
        if (another := _of_another_range(imported, rules)) is not None:
            return None, GateAnswer(None, (another,))
        return _against_threshold(imported.raw, imported.minimum, imported.maximum, imported.at, rules.threshold)
    if rules.basis is Basis.BEST_ATTEMPT:
        return _judge_best_attempt(evidence, rules.threshold)
    grade = evidence.grade
    if grade.status is GradeStatus.NO_GRADE:
        return None, GateAnswer(False, (Reason("no_grade"),))
    if grade.status is not GradeStatus.GRADED:
        return None, GateAnswer(None, (Reason(str(grade.status)),))
    if grade.raw is None:
        return None, GateAnswer(None, (Reason(str(GradeStatus.GRADE_UNREAD)),))
    return _against_threshold(grade.raw, grade.minimum, grade.maximum, grade.graded_at, rules.threshold)


def _may_stand_in(evidence: Evidence, rules: Rules) -> bool:
    """Say whether a file's score may stand in: where Moodle was read fully, and holds none (rule 1)."""
    unread = rules.basis is Basis.BEST_ATTEMPT and evidence.attempts is None  # the attempts, which count here
    return evidence.source != "lms" and not unread


def _of_another_range(imported: Imported, rules: Rules) -> Reason | None:
    """Say that a file's score in points was given by another range than the evaluation has now.

    The paper does not change with the evaluation: in per cent such a score counts by its own range, and in points it
    cannot be told what it is worth.
    """
    by_points, told = rules.threshold is not None and rules.threshold.scale is Scale.POINTS, rules.score_range
    if not by_points or told is None or told == (imported.minimum, imported.maximum):
        return None
    values = {"least": imported.minimum, "greatest": imported.maximum, "lowest": told[0], "highest": told[1]}
    return Reason("import_range_differs", {name: plain(value) for name, value in values.items()})


def _judge_best_attempt(evidence: Evidence, threshold: Threshold) -> tuple[Score | None, GateAnswer]:
    attempts = evidence.attempts
    if attempts is None:
        return None, GateAnswer(None, (Reason("attempts_unread"),))
    if attempts.best is not None:
        score, gate = _against_threshold(attempts.best, Decimal(0), attempts.maximum, attempts.reached_at, threshold)
        if gate.met is not False or not attempts.ungraded:
            return score, gate
        return score, GateAnswer(None, (Reason("attempt_ungraded"),))
    if attempts.ungraded:
        return None, GateAnswer(None, (Reason("attempt_ungraded"),))
    return None, GateAnswer(False, (Reason("no_grade"),))


def _against_threshold(
    raw: Decimal, minimum: Decimal | None, maximum: Decimal | None, at: datetime | None, threshold: Threshold
) -> tuple[Score | None, GateAnswer]:
    """Compare ``>=`` without any rounding but Moodle's own five places (rule 1)."""
    points = quantise(raw)
    if threshold.scale is Scale.POINTS:
        score, met = points, points >= threshold.value
    elif minimum is None or maximum is None or maximum <= minimum:
        return None, GateAnswer(None, (Reason("grade_range_missing"),))
    else:
        minimum, maximum = quantise(minimum), quantise(maximum)
        share = (points - minimum) * HUNDRED
        met = share >= threshold.value * (maximum - minimum)
        # shown rounded down, so that a score under the limit never reads as the limit
        score = (share / (maximum - minimum)).quantize(FIVE_PLACES, rounding=ROUND_FLOOR)
    if met:
        return Score(score, at), MET
    values = {"score": plain(score), "threshold": plain(threshold.value)}
    return Score(score, at), GateAnswer(False, (Reason("score_below_threshold", values),))


def could_still_qualify(evidence: Evidence, rules: Rules) -> bool:
    """Return False when the score, fully read, already decides: only then need the materials not be read (rule 10)."""
    return judge_score(evidence, rules)[1].met is not False


def reaches(score: Decimal, maximum: Decimal, threshold: Threshold) -> bool:
    """Say whether one attempt's score, from 0 to ``maximum``, reaches the threshold (rule 1)."""
    return _against_threshold(score, Decimal(0), maximum, None, threshold)[1].met is True


def in_points(threshold: Threshold, maximum: Decimal) -> Decimal:
    """Return the threshold in points of an evaluation that goes from 0 to ``maximum``."""
    return threshold.value if threshold.scale is Scale.POINTS else threshold.value * maximum / HUNDRED


def plain(number: Decimal) -> str:
    """Return a number with a point and five places, never in scientific notation: ``"70.00000"``."""
    return f"{number:.5f}"
