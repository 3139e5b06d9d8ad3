"""A decision of all gates: explained, and never from half a reading (rules 4, 5, 10 and 13)."""

from decimal import Decimal

import pytest
from builders import codes, day, done, evidence, graded, rules, threshold

from latsar_sync.domain.decision import Basis, Decision, Outcome, Reason, Rules, Scale
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus, Materials
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.score_against_threshold import could_still_qualify

BY_ATTEMPT = rules(basis=Basis.BEST_ATTEMPT)


# Rule 4: undetermined is an answer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (GradeStatus.GRADE_UNREAD, "grade_unread"),
        (GradeStatus.GRADE_ITEM_MISSING, "grade_item_missing"),
        (GradeStatus.GRADE_HIDDEN, "grade_hidden"),
        (GradeStatus.GRADE_NEEDS_UPDATE, "grade_needs_update"),
    ],
)
def test_a_grade_that_could_not_be_read_is_undetermined(status: GradeStatus, code: str) -> None:
    decision = decide(Evidence(Grade(status, Decimal(10), Decimal(0), Decimal(100)), done()), rules())

    assert (decision.outcome, codes(decision), decision.score) == (Outcome.UNDETERMINED, [code], None)


@pytest.mark.parametrize(
    ("grade", "materials", "expected"),
    [
        (graded("69"), None, ["score_below_threshold", "materials_unread"]),
        (graded("69"), done(9), ["score_below_threshold", "materials_unknown"]),
        (graded("69"), done(0), ["score_below_threshold", "materials_incomplete"]),
        (Grade(GradeStatus.GRADE_UNREAD), done(0), ["materials_incomplete", "grade_unread"]),
    ],
)
def test_one_fully_read_unmet_gate_suffices_and_is_named_first(
    grade: Grade, materials: Materials | None, expected: list[str]
) -> None:
    decision = decide(Evidence(grade, materials), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.NOT_YET, expected)


def test_an_open_activity_decides_nothing_while_another_one_is_unknown() -> None:
    decision = decide(Evidence(graded("80"), done(0, 9)), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.UNDETERMINED, ["materials_unknown"])
    assert decision.reasons[0].values["names"] == "Agenda II"


def test_a_grade_without_its_number_is_undetermined_and_says_so() -> None:
    """Rule 4: whatever is undetermined carries its reason, as a sentence that can be shown."""
    decision = decide(Evidence(Grade(GradeStatus.GRADED), done()), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.UNDETERMINED, ["grade_unread"])
    assert sentence(decision.reasons[0], "en")


def test_two_gates_that_were_not_read_are_both_named() -> None:
    assert codes(decide(Evidence(), rules())) == ["grade_unread", "materials_unread"]


@pytest.mark.parametrize(
    ("seen", "others"),
    [
        (evidence("80"), []),
        (evidence("69"), ["score_below_threshold"]),
        (Evidence(), ["grade_unread", "materials_unread"]),
        (Evidence(graded("69")), ["score_below_threshold", "materials_unread"]),
    ],
)
@pytest.mark.parametrize("code", ["nip_missing", "nip_invalid", "nip_duplicate"])
def test_an_unusable_nip_is_undetermined_whatever_was_reached(code: str, seen: Evidence, others: list[str]) -> None:
    decision = decide(seen, rules(), Reason(code, {"detail": "length"}))

    assert (decision.outcome, codes(decision)) == (Outcome.UNDETERMINED, [code, *others])


# Rule 5 and 13: flags that change nothing, and no gate at all


@pytest.mark.parametrize(
    ("enrolment", "remark"),
    [
        (Enrolment.ACTIVE, []),
        (Enrolment.SUSPENDED, ["enrolment_suspended"]),
        (Enrolment.ENDED, ["enrolment_ended"]),
    ],
)
def test_an_enrolment_that_ended_is_flagged_and_takes_nothing_away(enrolment: Enrolment, remark: list[str]) -> None:
    decision = decide(evidence()._replace(enrolment=enrolment), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.QUALIFIED, remark)


def test_the_classical_method_has_no_gate_but_still_needs_a_nip() -> None:
    classical = rules(gated=False)

    assert decide(Evidence(), classical) == Decision(Outcome.QUALIFIED)
    assert decide(Evidence(), classical, Reason("nip_missing")).outcome is Outcome.UNDETERMINED


# Rule 10: whose materials are worth a call


@pytest.mark.parametrize(
    ("seen", "by", "worth_it"),
    [
        (Evidence(graded("70")), rules(), True),
        (Evidence(graded("69.99999")), rules(), False),
        (Evidence(Grade(GradeStatus.NO_GRADE)), rules(), False),
        (Evidence(Grade(GradeStatus.GRADE_HIDDEN)), rules(), True),
        (Evidence(graded("10", None, None)), rules(threshold("70", Scale.PERCENT)), True),
        (Evidence(attempts=Attempts(1, ungraded=1, best=Decimal(1))), BY_ATTEMPT, True),
        (Evidence(attempts=Attempts(1, best=Decimal(1))), BY_ATTEMPT, False),
        (Evidence(), BY_ATTEMPT, True),
        (Evidence(), rules(gated=False), True),
    ],
)
def test_only_a_fully_read_unmet_score_spares_the_reading_of_materials(
    seen: Evidence, by: Rules, worth_it: bool
) -> None:
    assert could_still_qualify(seen, by) is worth_it


def test_what_was_not_imported_is_said_even_where_attempts_speak_for_the_score() -> None:
    missing = Grade(GradeStatus.SCORE_NOT_IMPORTED)
    attempts = Attempts(finished=1, ungraded=0, best=Decimal(80), reached_at=day(1), maximum=Decimal(100))

    decision = decide(Evidence(missing, None, attempts), rules(basis=Basis.BEST_ATTEMPT))

    assert decision.outcome is Outcome.UNDETERMINED
    assert [reason.code for reason in decision.reasons] == ["materials_unread"]
