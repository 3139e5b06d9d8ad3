"""How a score is held against the limit: exact, in points or as a share (rule 1)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from builders import codes, day, done, evidence, graded, rules, threshold

from latsar_sync.domain.decision import Basis, Decision, Outcome, Scale
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.score_against_threshold import in_points, plain, reaches

PERCENT_70 = threshold("70", Scale.PERCENT)
BY_ATTEMPT = rules(basis=Basis.BEST_ATTEMPT)


@pytest.mark.parametrize(
    ("raw", "score", "outcome"),
    [
        ("70", "70.00000", Outcome.QUALIFIED),
        ("70.00000", "70.00000", Outcome.QUALIFIED),
        ("69.99999", "69.99999", Outcome.NOT_YET),
        ("69.995999999999995", "69.99600", Outcome.NOT_YET),
        ("69.999994999", "69.99999", Outcome.NOT_YET),
        ("69.999995", "70.00000", Outcome.QUALIFIED),
        ("69.999985", "69.99999", Outcome.NOT_YET),
        ("70.000000000000001", "70.00000", Outcome.QUALIFIED),
        ("100", "100.00000", Outcome.QUALIFIED),
        ("0", "0.00000", Outcome.NOT_YET),
        ("-3.5", "-3.50000", Outcome.NOT_YET),
    ],
)
def test_a_score_is_compared_at_five_places_and_not_rounded_further(raw: str, score: str, outcome: Outcome) -> None:
    decision = decide(evidence(raw), rules())

    assert decision.outcome is outcome
    assert decision.score is not None
    assert plain(decision.score) == score


def test_69_99999_does_not_pass_70_and_the_reason_shows_both_numbers() -> None:
    [reason] = decide(evidence("69.99999"), rules()).reasons

    assert sentence(reason, "en") == "The evaluation score 69.99999 has not reached the threshold 70."
    assert sentence(reason, "id") == "Nilai evaluasi 69,99999 belum mencapai batas kelulusan 70."


def test_69_996_passes_a_limit_of_69_996_although_the_float_lies_below_it() -> None:
    decision = decide(evidence("69.995999999999995"), rules(threshold("69.996")))

    assert decision.outcome is Outcome.QUALIFIED


def test_zero_is_a_grade_and_no_grade_is_none() -> None:
    zero = decide(evidence("0"), rules())
    none = decide(evidence()._replace(grade=Grade(GradeStatus.NO_GRADE)), rules())

    assert (zero.outcome, codes(zero), zero.score) == (Outcome.NOT_YET, ["score_below_threshold"], Decimal(0))
    assert (none.outcome, codes(none), none.score) == (Outcome.NOT_YET, ["no_grade"], None)


def test_points_are_judged_without_the_range() -> None:
    assert decide(Evidence(graded("70", None, None), done()), rules()).outcome is Outcome.QUALIFIED


@pytest.mark.parametrize(
    ("raw", "minimum", "maximum", "score", "outcome"),
    [
        ("7", "0", "10", "70.00000", Outcome.QUALIFIED),
        ("6.99999", "0", "10", "69.99990", Outcome.NOT_YET),
        ("76", "20", "100", "70.00000", Outcome.QUALIFIED),
        ("75.99999", "20", "100", "69.99998", Outcome.NOT_YET),
        ("70", "20", "100", "62.50000", Outcome.NOT_YET),
        ("21", "0", "30", "70.00000", Outcome.QUALIFIED),
        ("699.99999", "0", "1000", "69.99999", Outcome.NOT_YET),
        ("20", "20", "100", "0.00000", Outcome.NOT_YET),
    ],
)
def test_per_cent_counts_from_the_minimum_of_the_range(
    raw: str, minimum: str, maximum: str, score: str, outcome: Outcome
) -> None:
    decision = decide(Evidence(graded(raw, minimum, maximum), done()), rules(PERCENT_70))

    assert decision.outcome is outcome
    assert decision.score is not None
    assert plain(decision.score) == score


def test_a_share_that_no_decimal_can_hold_still_reaches_its_limit() -> None:
    """A third of the range is 33.33333 per cent: that limit is reached by it, 33.33334 is not."""
    third = Evidence(graded("1", "0", "3"), done())

    assert decide(third, rules(threshold("33.33333", Scale.PERCENT))).outcome is Outcome.QUALIFIED
    assert decide(third, rules(threshold("33.33334", Scale.PERCENT))).outcome is Outcome.NOT_YET


def test_one_attempt_reaches_the_limit_in_points_or_as_a_share_of_its_best() -> None:
    points, share = threshold("70"), threshold("70", Scale.PERCENT)

    assert [reaches(Decimal(raw), Decimal(100), points) for raw in ("70", "69.99999")] == [True, False]
    assert [reaches(Decimal(raw), Decimal(10), share) for raw in ("7", "6.99999")] == [True, False]


@pytest.mark.parametrize(("minimum", "maximum"), [(None, "100"), ("0", None), (None, None), ("100", "100")])
def test_per_cent_without_a_range_is_undetermined(minimum: str | None, maximum: str | None) -> None:
    decision = decide(Evidence(graded("90", minimum, maximum), done()), rules(PERCENT_70))

    assert (decision.outcome, codes(decision), decision.score) == (Outcome.UNDETERMINED, ["grade_range_missing"], None)


def test_an_override_by_a_teacher_counts_and_is_said() -> None:
    decision = decide(Evidence(graded("71", overridden=True), done()), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.QUALIFIED, ["grade_overridden"])


@pytest.mark.parametrize(
    ("attempts", "outcome", "reason"),
    [
        (None, Outcome.UNDETERMINED, ["attempts_unread"]),
        (Attempts(finished=0), Outcome.NOT_YET, ["no_grade"]),
        (Attempts(finished=2, best=Decimal("70.00000")), Outcome.QUALIFIED, []),
        (Attempts(finished=2, best=Decimal("69.99999")), Outcome.NOT_YET, ["score_below_threshold"]),
        (Attempts(finished=1, best=Decimal(0)), Outcome.NOT_YET, ["score_below_threshold"]),
        (Attempts(finished=2, ungraded=1, best=Decimal("69.99999")), Outcome.UNDETERMINED, ["attempt_ungraded"]),
        (Attempts(finished=1, ungraded=1), Outcome.UNDETERMINED, ["attempt_ungraded"]),
        (Attempts(finished=2, ungraded=1, best=Decimal(70)), Outcome.QUALIFIED, []),
    ],
)
def test_the_best_finished_attempt_decides(attempts: Attempts | None, outcome: Outcome, reason: list[str]) -> None:
    decision = decide(Evidence(materials=done(), attempts=attempts), BY_ATTEMPT)

    assert (decision.outcome, codes(decision)) == (outcome, reason)


def test_by_best_attempt_the_gradebook_says_nothing() -> None:
    attempts = Attempts(finished=1, best=Decimal(85), reached_at=day(3))
    decision = decide(Evidence(graded("10", overridden=True), done(), attempts), BY_ATTEMPT)

    assert decision == Decision(Outcome.QUALIFIED, (), Decimal(85), day(3), 3, 3)


@pytest.mark.parametrize(
    ("maximum", "outcome"),
    [(Decimal(10), Outcome.QUALIFIED), (Decimal(11), Outcome.NOT_YET), (None, Outcome.UNDETERMINED)],
)
def test_a_best_attempt_in_per_cent_is_a_share_of_the_quiz_maximum(maximum: Decimal | None, outcome: Outcome) -> None:
    attempts = Attempts(finished=1, best=Decimal(7), maximum=maximum)

    assert decide(Evidence(materials=done(), attempts=attempts), replace(BY_ATTEMPT, threshold=PERCENT_70)).outcome is (
        outcome
    )


def test_only_a_reached_limit_has_a_time() -> None:
    assert decide(Evidence(graded("70", at=day(4)), done()), rules()).reached_at == day(4)
    assert decide(Evidence(graded("69", at=day(4)), done()), rules()).reached_at is None


def test_the_limit_in_points_of_a_quiz() -> None:
    assert in_points(threshold("70"), Decimal(10)) == 70
    assert in_points(PERCENT_70, Decimal(10)) == 7


def test_numbers_are_shown_plain_with_five_places() -> None:
    assert [plain(Decimal(number)) for number in ("70", "7E+1", "1E-5", "0")] == [
        "70.00000",
        "70.00000",
        "0.00001",
        "0.00000",
    ]
