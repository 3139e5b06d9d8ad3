"""What a run says to a person and to a program: sentences that can be understood, and the same keys each time."""

from latsar_sync.domain.request import RunOutcome
from latsar_sync.domain.source_as_read import HowFound, HowWellRead, PeopleAndGrades, SourceReading
from latsar_sync.run import mooc_remarks
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.shapes.runs import programme_json
from latsar_sync.store.runs import ProgrammeRun


def test_an_account_that_cannot_even_be_named_is_told_by_its_place_in_the_list_and_then_why() -> None:
    how_well_read = HowWellRead(nameless=("behind the account 39: invalidresponse",))
    found = PeopleAndGrades(2, "MOOC-LATSAR", (), how_found=HowFound(how_well_read))

    said = mooc_remarks.of_records("mooc", SourceReading(found), {})

    assert said[0] == (
        "mooc: an account in MOOC-LATSAR cannot be read "
        "(by the order of user ids behind the account 39: invalidresponse); it is set aside."
    )


def test_a_plan_by_which_nobody_moves_has_an_empty_list_in_json_and_a_run_has_none() -> None:
    planned = programme_json(ProgrammeResult(ProgrammeRun("p", "plan", RunOutcome.OK, {})))
    run = programme_json(ProgrammeResult(ProgrammeRun("p", "full", RunOutcome.OK, {})))

    assert planned["plan"] == []
    assert "plan" not in run
