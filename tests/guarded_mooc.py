"""A MOOC as the guards compare it: what was read last, and what is read now."""

from decimal import Decimal

from builders import REQUIRED

from latsar_sync.domain.evidence import Activity, Evaluation
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.rules.source_guards import source_findings

LIMITS = GuardLimits()
QUIZ = Evaluation(40, 7, "quiz", "Evaluasi Akademik", Decimal(0), Decimal(100), Decimal(70))
BASELINE = Baseline(100, QUIZ, REQUIRED, {"kelas/KLS-I": 40})


def source(
    people: int = 100,
    evaluation: Evaluation | None = QUIZ,
    required: tuple[Activity, ...] = REQUIRED,
    baseline: Baseline | None = BASELINE,
    limits: GuardLimits = LIMITS,
) -> list[Finding]:
    return source_findings(baseline, "MOOC-LATSAR", people, evaluation, required, limits)
