"""What counts as studied, and how what is open is told (rule 3)."""

import pytest
from builders import AGENDA_2, REQUIRED, codes, done, graded, rules

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.evidence import Activity, Evidence, Materials
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.material_gate import completion_of


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
    decision = decide(Evidence(graded("80")), rules(by_materials=False))

    assert (decision.outcome, decision.materials_done, decision.materials_total) == (Outcome.QUALIFIED, None, None)


def test_materials_not_read_are_no_count() -> None:
    decision = decide(Evidence(graded("80")), rules())

    assert (decision.outcome, codes(decision)) == (Outcome.UNDETERMINED, ["materials_unread"])
    assert (decision.materials_done, decision.materials_total) == (None, None)
