"""Who has met the MOOC gate (rules 1 to 5 and 10): exact, explained, and never from half a reading."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from builders import AGENDA_2, NOW, REQUIRED, WIB, day, done, evidence, graded, rules, threshold
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.decision import Basis, Decision, Outcome, Reason, Rules, Scale, Threshold
from latsar_sync.domain.evidence import Activity, Attempts, Evidence, Grade, GradeStatus, Materials
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.moodle.completion import completion_of
from latsar_sync.rules.admission import decide
from latsar_sync.rules.score_gate import could_still_qualify, in_points, plain, reaches
from latsar_sync.rules.threshold import SEEDED_BY, next_threshold, threshold_in_force

PERCENT_70 = threshold("70", Scale.PERCENT)
BY_ATTEMPT = rules(basis=Basis.BEST_ATTEMPT)


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


# Rule 1: the score


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


# Rule 2: the threshold in force


def test_there_is_no_default_threshold() -> None:
    with pytest.raises(ValueError, match="no default"):
        decide(evidence(), Rules(threshold=None, required=REQUIRED))


@pytest.mark.parametrize(
    ("now", "version"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=WIB), None),
        (datetime(2026, 11, 1, 0, 0, tzinfo=WIB), 1),
        (datetime(2026, 11, 9, 23, 59, 59, tzinfo=WIB), 1),
        (datetime(2026, 11, 10, 0, 0, tzinfo=WIB), 2),
        (datetime(2026, 11, 9, 17, 0, tzinfo=UTC), 2),
        (datetime(2026, 11, 20, 0, 0, tzinfo=WIB), 4),
        (datetime(2027, 1, 1, 0, 0, tzinfo=WIB), 4),
    ],
)
def test_the_latest_effective_threshold_judges(now: datetime, version: int | None) -> None:
    history = [
        threshold("70", version=1, effective_from=datetime(2026, 11, 1, tzinfo=WIB)),
        threshold("75", version=2, effective_from=datetime(2026, 11, 10, tzinfo=WIB)),
        threshold("80", version=3, effective_from=datetime(2026, 11, 20, tzinfo=WIB)),
        threshold("65", version=4, effective_from=datetime(2026, 11, 20, tzinfo=WIB)),
    ]

    for rows in (history, history[::-1]):
        in_force = threshold_in_force(rows, now)
        assert (in_force.version if in_force else None) == version


def test_a_row_recorded_later_for_an_earlier_day_does_not_replace_the_later_day() -> None:
    history = [threshold("80", version=1, effective_from=day(20)), threshold("75", version=2, effective_from=day(10))]

    in_force = threshold_in_force(history, day(21))

    assert in_force is not None
    assert in_force.value == 80
    assert next_threshold(history, history[1].effective_from) == history[0]
    assert next_threshold([*history, replace(history[0], version=3)], day(12)) == replace(history[0], version=3)
    assert next_threshold(history, day(20)) is None


def test_what_the_configuration_recorded_first_judges_before_its_own_clock_says_and_a_persons_does_not() -> None:
    seeded = threshold("70", version=1, effective_from=day(20), by=SEEDED_BY)
    by_a_person = threshold("70", version=1, effective_from=day(20))
    a_later_one_of_that_name = threshold("75", version=2, effective_from=day(20), by=SEEDED_BY)

    assert threshold_in_force([seeded], day(10)) == seeded
    assert threshold_in_force([by_a_person], day(10)) is None
    assert threshold_in_force([a_later_one_of_that_name], day(10)) is None
    assert threshold_in_force([seeded, a_later_one_of_that_name], day(21)) == a_later_one_of_that_name


# Rule 3: the materials


@pytest.mark.parametrize(
    ("state", "outcome", "reason"),
    [
        (0, Outcome.NOT_YET, ["materials_incomplete"]),
        (1, Outcome.QUALIFIED, []),
        (2, Outcome.QUALIFIED, []),
        (3, Outcome.NOT_YET, ["materials_failed"]),
        (4, Outcome.NOT_YET, ["materials_failed"]),
        (None, Outcome.UNDETERMINED, ["materials_unknown"]),
        (9, Outcome.UNDETERMINED, ["materials_unknown"]),
    ],
)
def test_an_activity_is_done_in_state_1_or_2_only(state: int | None, outcome: Outcome, reason: list[str]) -> None:
    states = {11: 1, 12: 2} | ({} if state is None else {13: state})
    decision = decide(Evidence(graded("80"), completion_of(states, REQUIRED)), rules())

    assert (decision.outcome, codes(decision)) == (outcome, reason)
    assert (decision.materials_done, decision.materials_total) == (2 + (outcome is Outcome.QUALIFIED), 3)


def test_activities_that_are_not_required_count_for_nothing() -> None:
    assert completion_of({11: 1, 12: 1, 99: 0, 98: 1}, REQUIRED[:2]) == Materials(total=2)


def test_what_is_open_and_what_was_failed_are_named_apart() -> None:
    decision = decide(Evidence(graded("80"), done(0, 3)), rules())

    assert [sentence(reason, "en") for reason in decision.reasons] == [
        "1 of 3 activities done; open: Agenda I.",
        "Done but failed: Agenda II.",
    ]


def test_a_long_list_of_open_activities_is_cut_with_a_count() -> None:
    required = tuple(Activity(cmid, f"Materi {cmid}", "page") for cmid in range(1, 8))
    states = dict.fromkeys(range(1, 8), 0)
    decision = decide(Evidence(graded("80"), completion_of(states, required)), rules(required=required))

    assert decision.reasons[0].values["names"] == "Materi 1, Materi 2, Materi 3, Materi 4 (+3)"


def test_an_activity_that_left_the_required_set_is_named_by_its_number() -> None:
    decision = decide(Evidence(graded("80"), done(0)), rules(required=(AGENDA_2,)))

    assert decision.reasons[0].values["names"] == "cmid 11"


def test_without_a_materials_rule_the_score_alone_decides() -> None:
    decision = decide(Evidence(graded("80")), rules(materials=False))

    assert (decision.outcome, decision.materials_done, decision.materials_total) == (Outcome.QUALIFIED, None, None)


def test_materials_not_read_are_no_count() -> None:
    decision = decide(Evidence(graded("80")), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.UNDETERMINED, ["materials_unread"])
    assert (decision.materials_done, decision.materials_total) == (None, None)


# Rule 4: undetermined is an answer


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (GradeStatus.UNREAD, "grade_unread"),
        (GradeStatus.ITEM_MISSING, "grade_item_missing"),
        (GradeStatus.HIDDEN, "grade_hidden"),
        (GradeStatus.NEEDS_UPDATE, "grade_needs_update"),
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
        (Grade(GradeStatus.UNREAD), done(0), ["materials_incomplete", "grade_unread"]),
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
        (Evidence(Grade(GradeStatus.HIDDEN)), rules(), True),
        (Evidence(graded("10", None, None)), rules(PERCENT_70), True),
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


# For any evidence

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
    studied = seen.materials == done() or not by.materials
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
    assert (decision.outcome is Outcome.NOT_YET) == (refused or (by.materials and unstudied))


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


def test_what_was_not_imported_is_said_even_where_attempts_speak_for_the_score() -> None:
    missing = Grade(GradeStatus.NOT_IMPORTED)
    attempts = Attempts(finished=1, ungraded=0, best=Decimal(80), reached_at=day(1), maximum=Decimal(100))

    decision = decide(Evidence(missing, None, attempts), rules(basis=Basis.BEST_ATTEMPT))

    assert decision.outcome is Outcome.UNDETERMINED
    assert [reason.code for reason in decision.reasons] == ["materials_unread"]
