"""What holds of a decision whatever was read (rules 1 to 5 and 10)."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from builders import NOW, REQUIRED, done, rules, threshold
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.decision import Basis, Outcome, Reason, Rules, Scale, Threshold
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.material_gate import completion_of
from latsar_sync.rules.score_against_threshold import could_still_qualify

marks = st.decimals(-5, 105, places=5, allow_nan=False)
limits = st.builds(
    lambda value, scale: threshold(str(value), scale), st.decimals("0.00001", 100, places=5), st.sampled_from(Scale)
)
bounds = st.none() | st.sampled_from([Decimal(0), Decimal(20), Decimal(30), Decimal(100)])
scoreless = st.sampled_from([Grade(status) for status in GradeStatus if status is not GradeStatus.GRADED])
moments = st.none() | st.just(NOW)
grades = scoreless | st.builds(Grade, st.just(GradeStatus.GRADED), marks, bounds, bounds, st.booleans(), moments)
attempts = st.builds(
    Attempts,
    finished=st.integers(0, 3),
    ungraded=st.integers(0, 1),
    best=st.none() | marks,
    reached_at=moments,
    maximum=bounds,
)
materials = st.builds(
    lambda states: completion_of(states, REQUIRED),
    st.dictionaries(st.sampled_from([11, 12, 13]), st.integers(0, 5), max_size=3),
)
any_evidence = st.builds(
    Evidence,
    grade=grades,
    materials=st.none() | st.just(done()) | materials,
    attempts=st.none() | attempts,
    enrolment=st.sampled_from(Enrolment),
    imported=st.none(),
)
any_rules = st.builds(
    lambda limit, basis, gates: Rules(limit, basis, True, gates, REQUIRED),
    limits,
    st.sampled_from(Basis),
    st.booleans(),
)


def share(raw: Decimal, low: Decimal | None, high: Decimal | None, scale: Scale) -> Fraction | None:
    """Return the score in fractions, None where it cannot be told: the rule as docs/rules.md words it."""
    if scale is Scale.POINTS:
        return Fraction(raw)
    if low is None or high is None or high <= low:
        return None
    return (Fraction(raw) - Fraction(low)) / (Fraction(high) - Fraction(low)) * 100


def score_by_the_book(seen: Evidence, by: Rules) -> Fraction | None:
    assert by.threshold is not None
    scale = by.threshold.scale
    if by.basis is Basis.BEST_ATTEMPT:
        best = seen.attempts.best if seen.attempts else None
        return None if best is None or not seen.attempts else share(best, Decimal(0), seen.attempts.maximum, scale)
    if seen.grade.raw is None:
        return None
    return share(seen.grade.raw, seen.grade.minimum, seen.grade.maximum, scale)


@given(any_evidence, any_rules, st.none() | st.just(Reason("nip_duplicate")))
def test_whoever_qualifies_reached_the_limit_did_everything_and_was_fully_read(
    seen: Evidence, by: Rules, nip_reason: Reason | None
) -> None:
    decision = decide(seen, by, nip_reason)

    assert by.threshold is not None
    score = score_by_the_book(seen, by)
    reached = score is not None and score >= Fraction(by.threshold.value)
    studied = seen.materials == done() or not by.by_materials
    assert (decision.outcome is Outcome.QUALIFIED) == (nip_reason is None and reached and studied)
    if decision.outcome is Outcome.QUALIFIED:
        assert decision.score is not None
        assert decision.score >= by.threshold.value


@given(any_evidence, any_rules)
def test_nobody_is_refused_unless_a_gate_was_fully_read_and_not_met(seen: Evidence, by: Rules) -> None:
    decision = decide(seen, by)

    assert by.threshold is not None
    score = score_by_the_book(seen, by)
    below = score is not None and score < Fraction(by.threshold.value)
    if by.basis is Basis.BEST_ATTEMPT:
        ungraded = seen.attempts is None or seen.attempts.ungraded > 0
        refused = not ungraded and (below or (seen.attempts is not None and seen.attempts.best is None))
    else:
        refused = below or seen.grade.status is GradeStatus.NO_GRADE
    unstudied = seen.materials is not None and not seen.materials.unknown and seen.materials != done()
    assert (decision.outcome is Outcome.NOT_YET) == (refused or (by.by_materials and unstudied))


@given(any_evidence, any_rules, st.none() | st.just(Reason("nip_missing")), st.sampled_from(["id", "en"]))
def test_every_answer_but_a_plain_yes_is_explained_in_both_languages(
    seen: Evidence, by: Rules, nip_reason: Reason | None, language: str
) -> None:
    decision = decide(seen, by, nip_reason)

    sentences = [sentence(reason, language) for reason in decision.reasons]
    assert sentences or decision.outcome is Outcome.QUALIFIED
    assert not any("{" in each for each in sentences)


@given(marks, st.decimals(0, 50, places=5), bounds, bounds, limits)
def test_a_higher_grade_never_costs_a_qualification(
    raw: Decimal, more: Decimal, low: Decimal | None, high: Decimal | None, limit: Threshold
) -> None:
    by = replace(rules(), threshold=limit)
    grade = Grade(GradeStatus.GRADED, raw, low, high)
    before = decide(Evidence(grade, done()), by)
    after = decide(Evidence(grade._replace(raw=raw + more), done()), by)

    assert after.outcome is Outcome.QUALIFIED or before.outcome is not Outcome.QUALIFIED


@given(any_evidence, any_rules)
def test_who_is_not_asked_for_materials_could_not_have_qualified(seen: Evidence, by: Rules) -> None:
    if not could_still_qualify(seen, by):
        assert decide(seen._replace(materials=done()), by).outcome is Outcome.NOT_YET
