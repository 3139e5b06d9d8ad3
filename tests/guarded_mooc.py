"""A MOOC as the guards compare it: what was read last, and what is read now."""

from decimal import Decimal

from builders import REQUIRED, person

from latsar_sync.domain.evidence import Activity, Evaluation
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.rules.source_guards import group_findings, source_findings

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


def people(number: int) -> list[str]:
    """Return so many internal ids."""
    return [f"p{each}" for each in range(number)]


GROUPS_BEFORE = {"ani": "Angkatan I", "budi": "Angkatan I", "citra": "Angkatan II"}
"""The groups of the MOOC by which people belonged to an angkatan."""


def groups_now(groups: dict[str, str]) -> list[Finding]:
    """Return what is found once people are in these groups; whoever is not named has left the course."""
    numbers = {name: number for number, name in enumerate(GROUPS_BEFORE)}
    known = {
        numbers[name]: Participant(name, _in_group(numbers[name], group), None) for name, group in GROUPS_BEFORE.items()
    }
    people = [_in_group(numbers.get(name, 99), group) for name, group in groups.items()]
    return group_findings("MOOC", ("Angkatan I", "Angkatan II"), people, known.get)


def _in_group(number: int, group: str) -> Person:
    return person(number)._replace(groups=(group,) if group else ())
