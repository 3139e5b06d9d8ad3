"""How many may lose a qualification at once before a guard stops the run, and whose act is no loss (rule 6)."""

from collections.abc import Sequence

import pytest
from builders import AGENDA_1, NOW, graded, nip, rules, threshold

from latsar_sync.domain.decision import Decision, Outcome, Reason, Rules, Scale
from latsar_sync.domain.entry import Admission, Entry, EntryState
from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Finding, Record, Terms
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.guard_limits import GuardLimits, too_many_lost
from latsar_sync.rules.loss_guard import Losses, is_qualified

RULES = rules(by_materials=False)
CLEARED = Evidence(Grade(GradeStatus.NO_GRADE))
LIMITS = GuardLimits()


def record(number: int, evidence: Evidence, judged_by: Rules = RULES, *, decision: Decision | None = None) -> Record:
    """Return a participant of this number with evidence, judged by the rules unless a decision is given."""
    participant = Participant(f"p{number:03}", Person(number, f"Peserta {number}", nip(number)), nip(number))
    version = judged_by.threshold.version if judged_by.threshold else None
    judged = decision or decide(evidence, judged_by)
    return Record(participant, evidence, judged, NOW, evidence_version=1, decision_version=1, threshold_version=version)


def qualified(count: int) -> list[Record]:
    """Return so many people with 75 points."""
    return [record(number, Evidence(graded("75"))) for number in range(1, count + 1)]


def findings(
    before: Sequence[Record], after: Sequence[Record], judged_by: Rules = RULES, limits: GuardLimits = LIMITS
) -> list[Finding]:
    """Return what the guard says of these records before and after a reading."""
    history = {1: threshold()} | ({judged_by.threshold.version: judged_by.threshold} if judged_by.threshold else {})
    losses = noted(Losses(judged_by, history, None, None), before, after)
    return losses.loss_findings("latsar-3", sum(map(is_qualified, before)), limits)


def noted(losses: Losses, before: Sequence[Record], after: Sequence[Record]) -> Losses:
    """Return the losses with these records noted, each beside what was known of the same person."""
    known = {each.participant.id: each for each in before}
    for each in after:
        losses.note(known.get(each.participant.id), each)
    return losses


def test_whoever_would_qualify_is_told_by_name_beside_what_changed_in_the_course() -> None:
    below, above, unknown = record(11, CLEARED), record(11, Evidence(graded("75"))), record(12, Evidence(graded("75")))
    before = [*qualified(10), below]
    none, one = (noted(Losses(RULES, {}, None, None), before, after) for after in (before, [above, unknown]))

    assert none.gain_findings("latsar-3", 10) == []
    assert one.gain_findings("latsar-3", 10) == [Finding("qualified_gained", "latsar-3", "10", "11", ("p011",))]


@pytest.mark.parametrize(
    ("before", "lost", "stops"),
    [
        (79, 79, True),
        (79, 6, True),
        (79, 5, False),
        (6, 6, True),
        (5, 5, False),
        (120, 6, False),
        (119, 6, True),
        (0, 0, False),
    ],
)
def test_more_than_five_and_more_than_a_twentieth_may_not_be_lost_at_once(before: int, lost: int, stops: bool) -> None:
    assert too_many_lost(before, lost, LIMITS) is stops


@pytest.mark.parametrize(
    ("limits", "stops"),
    [(GuardLimits(max_lost=8), False), (GuardLimits(max_lost=7), True), (GuardLimits(max_lost_share=0.8), False)],
)
def test_both_limits_are_the_programme_s_own(limits: GuardLimits, stops: bool) -> None:
    assert too_many_lost(10, 8, limits) is stops


def test_the_finding_holds_everybody_who_would_lose_and_how_many_there_were() -> None:
    before = qualified(10)
    after = [record(number, CLEARED) for number in range(1, 8)] + before[7:]

    [found] = findings(before, after)

    assert (found.code, found.subject, found.before, found.now) == ("qualified_lost", "latsar-3", "10", "3")
    assert found.people == tuple(f"p{number:03}" for number in range(1, 8))


def test_somebody_else_who_loses_is_another_finding() -> None:
    before = qualified(20)
    one = findings(before, [record(number, CLEARED) for number in range(1, 8)])
    other = findings(before, [record(number, CLEARED) for number in range(2, 9)])

    assert one[0].key != other[0].key


@pytest.mark.parametrize(
    "evidence",
    [
        CLEARED,
        Evidence(graded("60")),
        Evidence(Grade(GradeStatus.GRADE_HIDDEN)),
        Evidence(graded("75", maximum="200"), enrolment=Enrolment.SUSPENDED)._replace(grade=graded("69.99999")),
    ],
)
def test_whatever_the_mooc_shows_instead_counts_as_lost(evidence: Evidence) -> None:
    before = qualified(8)

    assert findings(before, [record(number, evidence) for number in range(1, 9)])


def test_another_required_activity_counts_as_lost() -> None:
    harder = rules(required=(AGENDA_1,))
    before = qualified(8)

    assert findings(before, [replace_decision(each, decide(each.evidence, harder)) for each in before], harder)


def replace_decision(each: Record, decision: Decision) -> Record:
    """Return a record with another decision."""
    return each._replace(decision=decision)


def test_nobody_loses_what_they_never_had() -> None:
    before = [record(number, Evidence(graded("60"))) for number in range(1, 30)]

    assert findings(before, [record(number, CLEARED) for number in range(1, 40)]) == []


@pytest.mark.parametrize("scale", Scale)
def test_a_recorded_threshold_is_the_word_of_whoever_recorded_it(scale: Scale) -> None:
    raised = rules(threshold("80", scale, version=2), by_materials=False)
    before = qualified(20)

    assert findings(before, [record(number, Evidence(graded("75")), raised) for number in range(1, 21)], raised) == []


def test_a_recorded_threshold_is_that_also_where_the_evidence_of_a_second_account_counts() -> None:
    raised = rules(threshold("80", version=2), by_materials=False)
    own, of_the_other = Evidence(graded("40")), Evidence(graded("75"))
    before = [record(number, own, decision=decide(of_the_other, RULES)) for number in range(1, 21)]
    after = [record(number, own, raised, decision=decide(of_the_other, raised)) for number in range(1, 21)]

    assert findings(before, after, raised) == []


def test_a_threshold_recorded_at_the_same_time_hides_no_loss_of_grades() -> None:
    raised = rules(threshold("80", version=2), by_materials=False)
    before = qualified(20)

    for evidence in (CLEARED, Evidence(graded("40"))):
        [found] = findings(before, [record(number, evidence, raised) for number in range(1, 21)], raised)
        assert len(found.people) == 20


def test_a_threshold_that_is_not_on_record_excuses_nothing() -> None:
    before = [each._replace(threshold_version=None) for each in qualified(20)]

    assert findings(before, [record(number, Evidence(graded("60"))) for number in range(1, 21)])


@pytest.mark.parametrize(
    ("outcome", "reason", "stops"),
    [
        (Outcome.HELD, "held_by_override", False),
        (Outcome.HELD, "held_by_override no_grade", False),
        (Outcome.NOT_YET, "clearance_revoked", False),
        (Outcome.NOT_YET, "angkatan_clearance_revoked", False),
        (Outcome.NOT_YET, "angkatan_clearance_missing", True),
        (Outcome.NOT_YET, "clearance_expired", True),
        (Outcome.UNDETERMINED, "nip_duplicate", True),
    ],
)
def test_an_action_of_a_person_stops_nothing_and_everything_else_does(
    outcome: Outcome, reason: str, stops: bool
) -> None:
    before = qualified(20)
    decision = Decision(outcome, tuple(map(Reason, reason.split())))
    after = [record(number, Evidence(graded("75")), decision=decision) for number in range(1, 21)]

    assert bool(findings(before, after)) is stops


def test_two_revoked_papers_at_once_are_still_the_action_of_a_person() -> None:
    before = qualified(20)
    decision = Decision(Outcome.NOT_YET, (Reason("clearance_revoked"), Reason("angkatan_clearance_revoked")))

    assert (
        findings(before, [record(number, Evidence(graded("75")), decision=decision) for number in range(1, 21)]) == []
    )


def test_a_raised_threshold_hides_no_paper_that_is_missing_too() -> None:
    raised = rules(threshold("80", version=2), by_materials=False)
    before = qualified(20)
    decision = Decision(Outcome.NOT_YET, (Reason("score_below_threshold"), Reason("clearance_missing")))
    after = [record(number, Evidence(graded("75")), raised, decision=decision) for number in range(1, 21)]

    assert findings(before, after, raised)


# Other terms


GRADEBOOK = Terms("blended", "gradebook", "activities", "idnumber")
ATTEMPTS = GRADEBOOK._replace(basis="best_attempt", clearances=("surat_sehat", "surat_tugas"))


def other_terms(before: Terms | None, after: Terms, known: Sequence[Record], judged: Sequence[Record]) -> list[Finding]:
    """Return what is found when other terms judge these records."""
    return noted(Losses(RULES, {}, before, after), known, judged).terms_findings()


def test_other_terms_are_found_with_everybody_whom_they_judge_otherwise() -> None:
    known = qualified(4)
    key_moved = known[2]._replace(participant=known[2].participant._replace(nip=None))
    newcomer = record(9, CLEARED)
    judged = [record(2, CLEARED), known[0], key_moved, newcomer]

    [found] = other_terms(GRADEBOOK, ATTEMPTS, known, judged)

    assert (found.code, found.subject) == ("terms_changed", "basis, clearances")
    assert (found.before, found.now) == ("gradebook, –", "best_attempt, surat_sehat+surat_tugas")
    assert found.people == ("p002", "p003")


@pytest.mark.parametrize("before", [None, ATTEMPTS])
def test_the_first_terms_and_the_same_ones_are_no_change(before: Terms | None) -> None:
    assert other_terms(before, ATTEMPTS, qualified(1), [record(1, CLEARED)]) == []


def test_terms_that_judge_nobody_otherwise_do_no_harm() -> None:
    undecided = record(3, CLEARED)._replace(decision=None)

    assert other_terms(GRADEBOOK, ATTEMPTS, [*qualified(2), undecided], [*qualified(2), undecided]) == []


@pytest.mark.parametrize(
    ("admission", "codes", "lost"),
    [
        (Admission.WARNED, ("angkatan_clearance_missing",), 0),
        (Admission.FILLED, ("angkatan_clearance_expired",), 0),
        (Admission.WARNED, ("angkatan_clearance_missing", "no_grade"), 10),
        (Admission.RULE, ("angkatan_clearance_missing",), 10),
    ],
)
def test_what_was_known_of_an_angkatan_when_somebody_was_seated_there_is_no_loss(
    admission: Admission, codes: Sequence[str], lost: int
) -> None:
    before = qualified(10)
    less = Decision(Outcome.NOT_YET, tuple(map(Reason, codes)), None)
    after = [record(number, Evidence(graded("75")), decision=less) for number in range(1, 11)]
    entries = {
        each.participant.id: Entry(each.participant.id, EntryState.CONFIRMED, "III", admission) for each in after
    }

    losses = noted(Losses(RULES, {}, None, None, entries), before, after)

    assert [len(each.people) for each in losses.loss_findings("latsar-3", 10, LIMITS)] == ([lost] if lost else [])


def test_a_person_with_two_accounts_loses_it_once() -> None:
    before, after = qualified(6), [record(number, CLEARED) for number in range(1, 7)]
    second = [
        each._replace(participant=each.participant._replace(merged_into="p001")) for each in (before[5], after[5])
    ]

    assert len(findings(before, after)) == 1
    assert findings([*before[:5], second[0]], [*after[:5], second[1]]) == []
