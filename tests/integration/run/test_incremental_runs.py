"""Incremental runs: who is asked again, who is not, and what must never be missed for it (rule 10)."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from service import PROGRAMME, KnownCampus, Service, ServiceFactory
from sqlalchemy import event
from timed_office import BY_SIGNALS, EVALUATION, MOOC, NO_PUSH, Office, Time, keep_the_best_attempt

from latsar_sync.demo import VERSIONS, Campus, seed_large
from latsar_sync.demo.reached import Completion
from latsar_sync.demo.records import COMPLETE, INCOMPLETE, SEPARATE_GROUPS
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules.whom_to_ask_again import IN_TURN
from latsar_sync.store import checkpoints, thresholds

GRADES = "gradereport_user_get_grade_items"
COMPLETION = "core_completion_get_activities_completion_status"
COURSE_COMPLETION = "core_completion_get_course_completion_status"
SHOWS_THE_EVALUATION = 1
"""Somebody whose grade is asked for with what a run is known to ask; where nobody was there, nobody else's is."""
UPDATES = "core_course_get_updates_since"
BATCH = "tool_mobile_call_external_functions"
LACKING_ONLY_MATERIAL = 6
"""People of the campus whose score admits them, with material to do."""
NO_CLASS = "\n".join(
    f'[[programmes.angkatan]]\nid = "{number}"\nsource_group = "Angkatan {number}"' for number in range(1, 41)
)


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


# Few requests


def test_an_incremental_run_over_two_thousand_people_takes_at_most_ten_requests_and_few_statements(
    make_service: ServiceFactory, sqlite_url: str, time: Time
) -> None:
    with Campus(seed=partial(seed_large, participants=2000), now=time.seconds()) as campus:
        campus.mooc.clock = campus.kelas.clock = time.seconds
        service = make_service(sqlite_url, angkatan=NO_CLASS)
        config = service.config.read_text(encoding="utf-8")
        assert 'site = "kelas"' not in config
        office = Office(_moved(service, campus), campus, time)
        page = next(module for module in campus.mooc.course(MOOC).modules if module.modname == "page")
        for user_id in list(page.completions)[:1000]:
            del page.completions[user_id]
        office.run()

        statements: list[str] = []
        event.listen(service.database.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        quiet, asked_in_turn = office.run(), office.asked(COMPLETION)
        number, of_sightings = len(statements), [each for each in statements if "course_sightings" in each]
        campus.mooc.accounts[MOOC_TOKEN].functions.discard(BATCH)
        singly, without_batches = office.run(), office.asked(COMPLETION)

        for run in (quiet.run, singly.run):
            assert (run.outcome, run.counts["participants"]) == (RunOutcome.OK, 2000)
            assert run.requests <= 10
        assert (asked_in_turn, without_batches) == (IN_TURN, 0)
        assert (0 < number <= 68, of_sightings) == (True, []), f"{number} statements"


def _moved(service: Service, campus: Campus) -> Service:
    """Point a service at another campus."""
    for name, site in service.settings.sites.items():
        object.__setattr__(site, "url", campus.sites[name].url)
    return service


def test_nobody_but_who_lacks_only_material_is_asked_when_nobody_was_there(office: Office) -> None:
    office.run()

    assert office.asked(GRADES) == 1  # one person shows whether the evaluation is still the same
    assert office.asked(COMPLETION) == LACKING_ONLY_MATERIAL
    assert office.asked(UPDATES) == 1


def test_whoever_was_there_is_asked_and_nobody_else(office: Office) -> None:
    person = office.person("page_missing")
    assert office.outcome(person) == "not_yet"
    office.finish_materials(person)

    office.run()

    assert office.outcome(person) == "qualified"
    assert office.asked(GRADES) == 1 + SHOWS_THE_EVALUATION
    assert office.asked(COMPLETION) == LACKING_ONLY_MATERIAL


def test_a_new_attempt_is_seen_in_the_next_run(office: Office) -> None:
    person = office.person("score_69_99")
    office.campus.mooc.add_attempt(person, office.evaluation, Decimal(9))

    office.run()

    assert office.outcome(person) == "qualified"
    assert office.asked(GRADES) == 1 + SHOWS_THE_EVALUATION


def test_a_visit_that_the_site_dates_before_the_last_run_is_caught_by_the_overlap(office: Office) -> None:
    person = office.person("score_69_99")
    five_minutes_before_it = int((office.time.now - timedelta(minutes=20)).timestamp())
    office.campus.mooc.add_attempt(person, office.evaluation, Decimal(9), when=five_minutes_before_it)

    office.run()

    assert office.outcome(person) == "qualified"
    assert office.asked(GRADES) == 1 + SHOWS_THE_EVALUATION


def test_somebody_new_is_read_wholly(office: Office) -> None:
    user = office.campus.mooc.add_user("Baru", "Datang", "199508172025042999")
    office.campus.mooc.enrol(MOOC, user.id)
    office.campus.mooc.add_member(MOOC, "Angkatan I", user.id)

    office.run()

    assert office.row(user.id)["reasons"][0][0] == "no_grade"
    assert office.row(user.id)["grade_as_of"] is not None


def test_whoever_is_confirmed_is_not_asked_even_after_a_visit(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time
) -> None:
    office = Office(make_service(sqlite_url), campus, time)
    office.run()
    nip, row = next((nip, row) for nip, row in office.service.roster().items() if row["state"] == "confirmed")
    campus.mooc.visit(campus.mooc.user_id(nip), office.evaluation)
    office.run()

    result = office.run()

    assert row["state"] == "confirmed"
    assert office.asked(COMPLETION) == LACKING_ONLY_MATERIAL
    assert result.run.outcome is RunOutcome.OK


# What must not be missed


def test_an_attempt_of_somebody_who_was_not_there_makes_everybody_be_asked(office: Office) -> None:
    person = office.person("score_69_99")
    office.campus.mooc.add_attempt(person, office.evaluation, Decimal(9), visiting=False)

    office.run()

    assert office.outcome(person) == "qualified"
    assert office.asked(GRADES) > 1


def test_a_visitor_does_not_hide_that_a_teacher_marked_somebody_else(office: Office) -> None:
    absent, visitor = office.person("score_69_99"), office.person("evaluation_failed")
    quiz = office.campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    office.campus.mooc.mark_attempt(quiz.attempts[absent][-1], office.evaluation, absent, Decimal(9))
    office.campus.mooc.visit(visitor, office.evaluation)

    office.run()

    assert office.outcome(absent) == "qualified"


def test_one_grade_more_than_attempts_finished_is_not_explained_by_visitors(office: Office) -> None:
    absent, visitor = office.person("score_69_99"), office.person("evaluation_failed")
    quiz = office.campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    office.campus.mooc.add_attempt(visitor, office.evaluation, Decimal(3))
    quiz.regraded[absent] = office.time.seconds()
    quiz.grades[absent].final = Decimal(90)

    office.run()

    assert office.outcome(absent) == "qualified"


def test_an_activity_whose_settings_were_saved_makes_everybody_be_asked(office: Office) -> None:
    qualified = office.person("passed")
    page = next(module for module in office.campus.mooc.course(MOOC).modules if module.modname == "page")
    page.completions[qualified] = Completion(INCOMPLETE, office.time.seconds())
    office.campus.mooc.save_settings(page.cmid)

    office.run()

    assert office.outcome(qualified) == "not_yet"


def test_whoever_waits_for_a_practice_quiz_is_asked_when_anything_happened_in_it(office: Office) -> None:
    person = office.person("practice_failed")
    assert office.outcome(person) == "not_yet"
    for number in (1, 2, 3):
        practice = office.campus.mooc.module_named(f"LATIHAN-{number}")
        office.campus.mooc.add_attempt(person, practice.cmid, Decimal(3), visiting=False)
        practice.completions[person] = Completion(COMPLETE, office.time.seconds())

    office.run()

    assert office.outcome(person) == "qualified"


def test_a_lower_limit_makes_completion_be_read_that_was_passed_over(office: Office) -> None:
    person = office.person("score_69_99")
    page = next(module for module in office.campus.mooc.course(MOOC).modules if module.modname == "page")
    page.completions[person] = Completion(INCOMPLETE, office.time.seconds())  # too low a score: nobody looks
    office.campus.mooc.visit(person, page.cmid)
    office.run()
    office.run()
    office.run()
    _set_threshold(office, "60")

    office.run()

    assert office.row(person)["reasons"][0][0] == "materials_incomplete"


@pytest.mark.parametrize("forgotten", [False, True], ids=["", "without a checkpoint"])
def test_a_new_threshold_judges_nobody_by_what_was_read_before_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time, forgotten: bool
) -> None:
    office = Office(make_service(sqlite_url), campus, time)
    office.run()
    if forgotten:
        with office.service.database.writing() as connection:
            checkpoints.save_checkpoint(connection, PROGRAMME, None)
    person = office.person("score_exactly_70")
    nip = campus.mooc.users[person].idnumber
    stood = office.service.roster()[nip]["state"], office.outcome(person)
    campus.mooc.set_grade(person, office.evaluation, Decimal(95), overridden=True)  # nobody who is confirmed is asked
    time.passes(120)
    _set_threshold(office, "90")

    office.run()

    assert stood == ("confirmed", "qualified")
    assert (office.service.roster()[nip]["state"], office.outcome(person)) == stood


def _set_threshold(office: Office, value: str) -> None:
    with office.service.database.writing() as connection:
        row = Threshold(2, Decimal(value), Scale.POINTS, "SK", office.time.now, "uji", office.time.now)
        thresholds.add_threshold(connection, PROGRAMME, row)


def test_course_completion_that_waits_for_cron_is_asked_until_it_is_there(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time
) -> None:
    office = Office(make_service(sqlite_url, programme=NO_PUSH, materials='mode = "course"'), campus, time)
    office.run()
    person = office.person("page_missing")
    office.finish_materials(person)
    for _ in range(3):
        office.run()
    assert office.outcome(person) == "not_yet"
    campus.mooc.run_cron()

    office.run()

    assert office.outcome(person) == "qualified"


@pytest.mark.parametrize("basis", ["gradebook", "best_attempt"])
def test_what_the_signals_cannot_see_is_found_by_the_full_run(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time, basis: str
) -> None:
    limit = 'threshold = { value = 70, scale = "points", legal_basis = "Uji" }'
    evaluation = f'item = "{EVALUATION}"\nbasis = "{basis}"\n{limit}'
    office = Office(make_service(sqlite_url, programme=NO_PUSH, evaluation=evaluation), campus, time)
    office.run()
    reset = office.person("passed")
    page = next(module for module in campus.mooc.course(MOOC).modules if module.modname == "page")
    page.completions[reset] = Completion(INCOMPLETE, time.seconds())

    office.run()
    assert office.outcome(reset) == "qualified"
    office.run(full=True)

    assert office.outcome(reset) == "not_yet"


def test_a_grade_set_in_the_gradebook_is_found_by_the_full_run_and_by_a_run_about_that_person(office: Office) -> None:
    first, second = office.person("score_69_99", 0), office.person("score_69_99", 1)
    for person in (first, second):
        office.campus.mooc.set_grade(person, office.evaluation, Decimal(80), overridden=True)
    office.run()
    assert (office.outcome(first), office.outcome(second)) == ("not_yet", "not_yet")

    office.run(nip=office.campus.mooc.users[first].idnumber)
    assert (office.outcome(first), office.outcome(second)) == ("qualified", "not_yet")
    office.run(full=True)

    assert office.outcome(second) == "qualified"


@pytest.mark.parametrize("site", ["", "max_lms_share = 0.00001"], ids=["", "though the schedule is slowed down"])
def test_of_few_who_are_not_confirmed_every_run_reads_the_grade_that_a_teacher_gave_or_took(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus, time: Time, site: str
) -> None:
    every_minute = f'{NO_PUSH}\nschedule = "* * * * *"'
    office = Office(make_service(sqlite_url, programme=every_minute, site=site), campus, time)
    office.begin(runs=3)
    given, taken = office.person("score_69_99"), office.person("score_exactly_70")
    before = office.outcome(given), office.outcome(taken)

    campus.mooc.set_grade(given, office.evaluation, Decimal(80), overridden=True)
    time.passes(-12)  # three minutes after the last one
    office.run(scheduled=True)
    quietly = office.asked(COMPLETION)
    campus.mooc.set_grade(taken, office.evaluation, Decimal(20), overridden=True)
    time.passes(-12)
    office.run(scheduled=True)

    assert before == ("not_yet", "qualified")
    assert (office.outcome(given), office.outcome(taken)) == ("qualified", "not_yet")
    assert quietly <= LACKING_ONLY_MATERIAL + 1  # that was no run that reads everything of everybody


def test_whoever_lacks_only_material_is_asked_in_turn_since_the_mobile_app_tells_no_visit(office: Office) -> None:
    person = office.person("page_missing")
    office.finish_materials(person, visiting=False)

    office.run()

    assert office.outcome(person) == "qualified"
    assert office.asked(COMPLETION) <= IN_TURN


def test_without_the_batch_function_nobody_is_asked_in_turn(office: Office) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(BATCH)
    person = office.person("page_missing")
    office.finish_materials(person, visiting=False)

    office.run()

    assert (office.outcome(person), office.asked(COMPLETION)) == ("not_yet", 0)


def test_a_full_run_that_nobody_scheduled_is_made_after_a_day_and_a_half(office: Office) -> None:
    reset = office.person("passed")
    page = next(module for module in office.campus.mooc.course(MOOC).modules if module.modname == "page")
    page.completions[reset] = Completion(INCOMPLETE, office.time.seconds())
    office.time.passes(35 * 60)
    office.run()
    assert office.outcome(reset) == "qualified"
    office.time.passes(60)

    office.run()

    assert office.outcome(reset) == "not_yet"
    assert office.asked(COMPLETION) > 70


# When the signals cannot be trusted


def test_with_separate_groups_in_the_evaluation_everybody_is_asked(office: Office) -> None:
    office.campus.mooc.module_named(EVALUATION).group_mode = SEPARATE_GROUPS
    person = office.person("score_69_99")
    for group in office.campus.mooc.course(MOOC).groups.values():
        group.members.pop(person, None)  # changes tell of nobody who is in no group
    office.campus.mooc.add_attempt(person, office.evaluation, Decimal(9), visiting=False)

    office.run()

    assert office.outcome(person) == "qualified"
    assert office.asked(GRADES) > 70


def test_a_plugin_that_tells_no_changes_does_not_make_everybody_be_asked(office: Office) -> None:
    office.campus.mooc.add_module(MOOC, "customcert", "Sertifikat")

    office.run()

    assert office.asked(GRADES) == 1


def test_without_the_right_to_see_attempts_everybody_is_asked(office: Office) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("mod/quiz:viewreports")
    person = office.person("score_69_99")
    office.campus.mooc.set_grade(person, office.evaluation, Decimal(80), overridden=True)

    office.run()

    assert office.outcome(person) == "qualified"


@pytest.mark.parametrize("function", [UPDATES, "mod_quiz_get_user_attempts"])
def test_without_the_functions_everybody_is_asked(office: Office, function: str) -> None:
    office.campus.mooc.moodle = VERSIONS["4.3"]
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(function)
    person = office.person("score_69_99")
    office.campus.mooc.set_grade(person, office.evaluation, Decimal(80), overridden=True)

    office.run()

    assert office.outcome(person) == "qualified"


def test_a_site_whose_clock_was_set_back_makes_everybody_be_asked(office: Office) -> None:
    person = office.person("score_69_99")
    ours = office.time.now
    office.time.passes(-300)
    office.campus.mooc.add_attempt(person, office.evaluation, Decimal(9))

    office.run(now=ours)

    assert office.outcome(person) == "qualified"


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_wrong_clock_of_our_own_hides_no_visit(office: Office, hours: int) -> None:
    office.run(now=office.time.now + timedelta(hours=hours))
    person = office.person("page_missing")
    office.finish_materials(person)
    office.time.passes(15)

    office.run()

    assert office.outcome(person) == "qualified"
