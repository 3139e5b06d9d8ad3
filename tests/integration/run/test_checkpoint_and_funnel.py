"""How far a run has read is kept by whoever read well, and only of whom it can matter more is read (rule 10)."""

from datetime import timedelta
from typing import Any

import pytest
from service import PROGRAMME, KnownCampus, ServiceFactory
from timed_office import BY_SIGNALS, EVALUATION, MOOC, NO_PUSH, START, Office, Time, keep_the_best_attempt

from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import participants

COMPLETION = "core_completion_get_activities_completion_status"
ATTEMPTS = "mod_quiz_get_user_quiz_attempts"
UPDATES = "core_course_get_updates_since"


@pytest.fixture
def campus(timed_campus: KnownCampus) -> KnownCampus:
    return timed_campus


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus, time: Time) -> Office:
    """Give a service that has made its first, full run; the evaluation keeps the best attempt."""
    campus.begin_with(keep_the_best_attempt)
    office = Office(make_service(sqlite_url, programme=NO_PUSH, source=BY_SIGNALS), campus, time)
    assert office.begin().run.outcome is RunOutcome.OK
    return office


# The checkpoint


def test_a_good_run_moves_the_checkpoint_to_where_its_reading_began(office: Office) -> None:
    before = office.checkpoint()
    began = office.time.now

    office.run()

    after = office.checkpoint()
    assert before is not None
    assert after is not None
    assert (before.site_time, after.site_time) == (START, began)


@pytest.mark.parametrize("wanted", [{"dry_run": True}, {"nip": "page_missing"}])
def test_a_plan_and_a_run_about_one_person_leave_the_checkpoint_where_it_was(
    office: Office, wanted: dict[str, Any]
) -> None:
    before = office.checkpoint()
    if "nip" in wanted:
        wanted = {"nip": CASES["page_missing"][0]}

    assert office.run(**wanted).run.outcome is RunOutcome.OK

    assert office.checkpoint() == before


def test_a_failed_run_leaves_the_checkpoint_and_the_next_one_looks_back_to_it(office: Office) -> None:
    person = office.person("page_missing")
    office.finish_materials(person)
    before = office.checkpoint()
    fault = office.campus.faults.add(Fault("bad_gateway", "mooc", "core_course_get_contents"))
    for _ in range(3):
        assert office.run().run.outcome is RunOutcome.FAILED
    assert office.checkpoint() == before
    office.campus.faults.remove(fault)

    office.run()

    assert office.outcome(person) == "qualified"


def test_a_guarded_run_leaves_the_checkpoint(office: Office) -> None:
    before = office.checkpoint()
    for user_id in list(office.campus.mooc.course(MOOC).enrolments)[:60]:
        office.campus.mooc.unenrol(MOOC, user_id)

    assert office.run().run.outcome is RunOutcome.GUARDED

    assert office.checkpoint() == before


def test_the_checkpoint_is_kept_on_both_databases(
    make_service: ServiceFactory, database_url: str, campus: Campus, time: Time
) -> None:
    office = Office(make_service(database_url, programme=NO_PUSH), campus, time)
    office.run()
    first = office.checkpoint()
    office.run()
    second = office.checkpoint()

    assert first is not None
    assert second is not None
    assert second.site_time - first.site_time == timedelta(minutes=15)


def test_what_was_not_asked_again_keeps_the_time_at_which_it_was_read(office: Office) -> None:
    still, visitor = office.person("passed"), office.person("page_missing")
    office.finish_materials(visitor)
    began = office.time.now

    office.run()

    for part in ("grade_as_of", "materials_as_of"):
        assert office.row(visitor)[part] == began
        assert office.row(still)[part] == START


# The funnel


def test_completion_is_read_only_where_the_score_can_still_admit(office: Office) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(UPDATES)

    result = office.run()

    too_low = sum("score_below_threshold" in codes or "no_grade" in codes for codes in _codes(office))
    assert too_low > 20
    confirmed = sum(row["state"] == "confirmed" for row in office.service.roster().values())
    assert office.asked(COMPLETION) == result.run.counts["participants"] - too_low - confirmed
    assert office.asked(ATTEMPTS) <= 1  # of one, asked ahead: it would prove that attempts of other people are shown


def test_attempts_are_read_only_for_the_basis_that_needs_them(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time
) -> None:
    limit = 'threshold = { value = 70, scale = "points", legal_basis = "Uji" }'
    evaluation = f'item = "{EVALUATION}"\nbasis = "best_attempt"\n{limit}'
    office = Office(make_service(sqlite_url, programme=NO_PUSH, evaluation=evaluation, source=BY_SIGNALS), campus, time)

    full = office.run()
    assert office.asked(ATTEMPTS) == full.run.counts["participants"]
    office.run()

    assert office.asked(ATTEMPTS) == 1  # the proof that attempts of other people are shown


def test_the_full_run_reads_everything_of_everybody(office: Office) -> None:
    result = office.run(full=True)

    assert office.asked(COMPLETION) == result.run.counts["participants"]
    assert all(row["materials_done"] is not None for row in office.service.participants().values())


def _codes(office: Office) -> list[list[str]]:
    """Return everybody's reason codes; those who share a NIP too."""
    with office.service.database.reading() as connection:
        known = participants.load_records(connection, PROGRAMME).values()
    return [[reason.code for reason in record.decision.reasons] for record in known if record.decision]
