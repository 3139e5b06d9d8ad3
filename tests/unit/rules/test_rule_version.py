"""A rule that judges the same evidence otherwise has another version: decisions of a fixed table, by RULE_VERSION."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from pathlib import Path

from builders import day, done, evidence, graded, rules, threshold

from latsar_sync.domain.decision import RULE_VERSION, Basis, Decision, Reason, Rules, Scale
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus, Imported
from latsar_sync.domain.participant import Enrolment
from latsar_sync.rules.deciding import decide

GOLDEN = Path(__file__).parent / "golden"

GRADES = {
    "no grade": Grade(GradeStatus.NO_GRADE),
    "unread": Grade(GradeStatus.GRADE_UNREAD),
    "hidden": Grade(GradeStatus.GRADE_HIDDEN),
    "item missing": Grade(GradeStatus.GRADE_ITEM_MISSING),
    "needs update": Grade(GradeStatus.GRADE_NEEDS_UPDATE),
    "not imported": Grade(GradeStatus.SCORE_NOT_IMPORTED),
    "unconfirmed": Grade(GradeStatus.IMPORT_UNCONFIRMED),
    "0": graded("0"),
    "69.99999": graded("69.99999"),
    "69.999994": graded("69.999994"),
    "69.999995": graded("69.999995"),
    "70": graded("70"),
    "70 by a teacher": graded("70", overridden=True),
    "70 of 140": graded("70", maximum="140"),
    "98 of 140": graded("98", maximum="140"),
    "46.69 of 66.7": graded("46.69", maximum="66.7"),
    "85 of 50 to 100": graded("85", minimum="50"),
    "84.99999 of 50 to 100": graded("84.99999", minimum="50"),
    "70 without a maximum": graded("70", maximum=None),
    "70 without a minimum": graded("70", minimum=None),
}
MATERIALS = {
    "all": done(),
    "by passing": done(2, 1, 2),
    "open": done(0),
    "failed": done(1, 3),
    "unknown": replace(done(), unknown=(11,)),
    "unread": None,
}
ATTEMPTS = {
    "no attempts read": None,
    "none finished": Attempts(0),
    "best 70": Attempts(2, best=Decimal(70), reached_at=day(3), maximum=Decimal(100)),
    "best 69.99999": Attempts(1, best=Decimal("69.99999"), reached_at=day(3), maximum=Decimal(100)),
    "ungraded": Attempts(1, ungraded=1),
    "ungraded beside 70": Attempts(2, ungraded=1, best=Decimal(70), reached_at=day(3), maximum=Decimal(100)),
}
IMPORTED = {
    "no file": None,
    "file 70": Imported(1, 7, Decimal(70), Decimal(0), Decimal(100), day(2)),
    "file 69": Imported(1, 7, Decimal(69), Decimal(0), Decimal(100), day(2), 3, 3),
    "file none": Imported(1, 7, None, Decimal(0), Decimal(100)),
    "file 70, materials open": Imported(1, 7, Decimal(70), Decimal(0), Decimal(100), day(2), 2, 3),
}
RULES = {
    "points": rules(),
    "percent": rules(threshold(scale=Scale.PERCENT)),
    "attempts": rules(basis=Basis.BEST_ATTEMPT),
    "no material": rules(by_materials=False),
    "no gate": rules(gated=False),
}
NARROWER = {name: replace(RULES[name], score_range=(Decimal(0), Decimal(50))) for name in ("points", "percent")}
NOBODY_S_NIP = Reason("nip_duplicate")
NO_PAPER = (Reason("clearance_missing", {"kind": "surat_sehat"}),)


def told(decision: Decision) -> str:
    """Return a decision in one line: outcome, reasons with their values, score, time reached, materials."""
    reasons = [each.code + str(sorted(each.values.items())) for each in decision.reasons]
    at = decision.reached_at.isoformat() if decision.reached_at else None
    return f"{decision.outcome} {reasons} {decision.score} {at} {decision.materials_done}/{decision.materials_total}"


def table() -> dict[str, str]:
    """Return every line of the table: what is judged by what, and the decision."""
    judged: dict[str, tuple[Evidence, Rules]] = {}
    for (grade, each), (how, by) in product(GRADES.items(), RULES.items()):
        judged[f"{how}: {grade}"] = (replace_grade(each), by)
    for (name, materials), (how, by) in product(MATERIALS.items(), RULES.items()):
        judged[f"{how}: 80, materials {name}"] = (evidence()._replace(materials=materials), by)
        judged[f"{how}: 60, materials {name}"] = (evidence("60")._replace(materials=materials), by)
    for (name, attempts), (grade, each) in product(
        ATTEMPTS.items(), list(GRADES.items())[:2] + list(GRADES.items())[11:12]
    ):
        judged[f"attempts: {grade}, {name}"] = (replace_grade(each)._replace(attempts=attempts), RULES["attempts"])
    for (name, imported), (grade, each) in product(IMPORTED.items(), GRADES.items()):
        judged[f"points: {grade}, {name}"] = (replace_grade(each)._replace(imported=imported), RULES["points"])
    for (name, imported), (how, by) in product(IMPORTED.items(), NARROWER.items()):
        none = replace_grade(GRADES["no grade"])._replace(imported=imported)
        judged[f"{how}, evaluation up to 50: no grade, {name}"] = (none, by)
    for enrolment in Enrolment:
        judged[f"points: 80, enrolment {enrolment}"] = (evidence()._replace(enrolment=enrolment), RULES["points"])
    lines = {name: told(decide(*each)) for name, each in judged.items()}
    for name in ("80", "60"):
        lines[f"points: {name}, shared NIP"] = told(decide(evidence(name), RULES["points"], NOBODY_S_NIP))
        lines[f"points: {name}, no paper"] = told(decide(evidence(name), RULES["points"], None, NO_PAPER))
    return lines


def replace_grade(grade: Grade) -> Evidence:
    return evidence()._replace(grade=grade)


def test_the_rules_of_this_version_decide_as_they_did_when_it_was_recorded() -> None:
    """Fails when a rule changes: then raise RULE_VERSION, and record its table beside the ones of before.

    ``python tests/unit/rules/test_rule_version.py`` writes the table of a version that has none yet.
    """
    recorded = (GOLDEN / f"decisions-{RULE_VERSION}.txt").read_text(encoding="utf-8").splitlines()

    assert [f"{name} → {decision}" for name, decision in table().items()] == recorded


if __name__ == "__main__":
    with (GOLDEN / f"decisions-{RULE_VERSION}.txt").open("x", encoding="utf-8") as file:
        file.writelines(f"{name} → {decision}\n" for name, decision in table().items())
