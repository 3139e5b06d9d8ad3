"""Whole runs that a guard holds: nothing is pushed, the reason is said, a named person releases exactly that."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from few_people import CONFIRMED
from seen_in_runs import is_in_class, writes_in
from service import TOKENS, Service, ServiceFactory
from troubled_campus import (
    LATE,
    MOOC,
    NAME,
    NEWCOMER,
    add_an_activity,
    answer_empty,
    change_grade_to_pass,
    change_maximum,
    empty_the_course,
    hide_a_page,
    let_pass,
    lose_half_the_course,
    lose_half_the_people,
    mooc_course,
    rename_a_source_group,
    replace_evaluation,
    take_the_grade_to_pass_away,
)

from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


Trouble = Callable[[Campus], None]

TROUBLES: list[tuple[Trouble, str]] = [
    (lose_half_the_people, "source_dropped"),
    (replace_evaluation, "evaluation_changed"),
    (change_maximum, "evaluation_changed"),
    (take_the_grade_to_pass_away, "evaluation_changed"),
    (hide_a_page, "required_changed"),
    (add_an_activity, "required_changed"),
    (rename_a_source_group, "source_group_gone"),
    (empty_the_course, "target_emptied"),
    (lose_half_the_course, "target_dropped"),
]
every_trouble = pytest.mark.parametrize(("trouble", "code"), TROUBLES, ids=[each.__name__ for each, _ in TROUBLES])
"""Each change that a guard must stop for, while somebody waits to be enrolled, and what the finding is called."""


@every_trouble
def test_a_suspicious_change_holds_the_run_until_a_person_accepts_it_for_good(
    service: Service, campus: Campus, trouble: Trouble, code: str
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    trouble(campus)
    before, written = campus.kelas.snapshot(), writes_in(campus)

    held = service.run(full=True)

    assert held.run.outcome is RunOutcome.GUARDED
    told = {finding.code: finding.people for finding in held.run.findings}
    assert next(iter(told)) == code
    assert told.keys() <= {code, "qualified_gained", "qualified_lost"}  # with a change of the course: whom it moves
    if "qualified_gained" in told:
        assert service.participants()[NEWCOMER]["participant_id"] in told["qualified_gained"]
    assert (campus.kelas.snapshot(), writes_in(campus)) == (before, written)
    assert not is_in_class(campus, NEWCOMER)

    accepted = service.run(accept=True, by=NAME)
    written = writes_in(campus)
    later = service.run(full=True)

    assert (accepted.run.outcome, accepted.run.accepted_by) == (RunOutcome.OK, NAME)
    assert is_in_class(campus, NEWCOMER)
    assert (later.run.outcome, later.run.findings, later.run.accepted_by) == (RunOutcome.OK, (), None)
    assert writes_in(campus) == written


def save_another_grade_to_pass(campus: Campus) -> None:
    """Change what Moodle itself takes for a pass, in the settings of the evaluation."""
    change_grade_to_pass(campus)
    campus.mooc.save_settings(campus.mooc.module_named("EVAL-AKADEMIK").cmid)


@pytest.mark.parametrize(
    "trouble",
    [lose_half_the_people, hide_a_page, empty_the_course, save_another_grade_to_pass],
    ids=lambda each: each.__name__,
)
def test_an_ordinary_run_is_held_too_and_every_kind_of_run_until_the_first_acceptance(
    service: Service, campus: Campus, trouble: Trouble
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    trouble(campus)
    written = writes_in(campus)

    held = [service.run(), service.run(nip=NEWCOMER), service.run()]

    assert [each.run.outcome for each in held] == [RunOutcome.GUARDED] * 3
    assert (writes_in(campus), is_in_class(campus, NEWCOMER)) == (written, False)

    accepted = service.run(accept=True, by=NAME)
    written = writes_in(campus)
    quiet = service.run()

    assert accepted.run.outcome is RunOutcome.OK
    assert is_in_class(campus, NEWCOMER)
    assert (quiet.run.outcome, quiet.run.findings, quiet.run.accepted_by) == (RunOutcome.OK, (), None)
    assert writes_in(campus) == written


def test_questions_that_weigh_otherwise_admit_nobody_by_their_attempts_before_a_person_released_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    limit = 'threshold = { value = 70, scale = "points", legal_basis = "Uji" }'
    service = make_service(sqlite_url, evaluation=f'item = "EVAL-AKADEMIK"\nbasis = "best_attempt"\n{limit}')
    service.first_run()
    evaluation = campus.mooc.module_named("EVAL-AKADEMIK")
    assert evaluation.quiz is not None
    evaluation.quiz.marks /= 2  # a question was taken out, and no attempt regraded yet: 52 of 100 would be 104
    campus.mooc.save_settings(evaluation.cmid)
    written = writes_in(campus)

    held = service.run()

    changed, gained = held.run.findings
    assert changed.key == "evaluation_changed|MOOC-LATSAR|marks 10.00000|marks 5.00000"
    assert (gained.code, len(gained.people)) == ("qualified_gained", 13)
    assert (held.run.outcome, writes_in(campus)) == (RunOutcome.GUARDED, written)


def test_a_renamed_group_of_the_mooc_puts_nobody_into_the_angkatan_that_is_left(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    rename_a_source_group(campus)

    held = service.run()
    service.config.write_text(service.config.read_text("utf-8").replace('"Angkatan II"', '"Angkatan 2"'), "utf-8")
    mended = replace(service, settings=load_settings(service.config, TOKENS)).run()

    in_two = str(CASES["two_angkatan"][0])
    assert service.participants()[in_two]["participant_id"] in held.run.findings[0].people
    assert (mended.run.outcome, mended.run.findings) == (RunOutcome.OK, ())
    assert service.roster()[in_two]["roster_reason"] == "two_angkatan"


def test_a_mooc_that_answers_empty_takes_nobody_s_seat_and_needs_no_acceptance_once_it_is_back(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    roster, decisions, courses = service.roster(), service.count("decisions"), campus.kelas.snapshot()
    written = writes_in(campus)
    answer_empty(campus)

    held = service.run()

    assert held.run.outcome is RunOutcome.GUARDED
    assert [finding.code for finding in held.run.findings] == ["source_emptied"]
    assert (service.roster(), service.count("decisions")) == (roster, decisions)
    assert (campus.kelas.snapshot(), writes_in(campus)) == (courses, written)
    campus.mooc.accounts[campus.mooc.token].capabilities.add("moodle/user:viewdetails")

    back = service.run()

    assert (back.run.outcome, back.run.findings) == (RunOutcome.OK, ())
    assert is_in_class(campus, NEWCOMER)


def test_a_mooc_that_was_emptied_on_purpose_is_accepted_once(service: Service, campus: Campus) -> None:
    service.first_run()
    roster, courses = service.roster(), campus.kelas.snapshot()
    for user_id in list(mooc_course(campus).enrolments):
        campus.mooc.unenrol(MOOC, user_id)

    held = service.run()
    accepted = service.run(accept=True, by=NAME)
    after = [service.run(), service.run(full=True)]

    assert (held.run.outcome, accepted.run.outcome) == (RunOutcome.GUARDED, RunOutcome.OK)
    assert [each.run.outcome for each in after] == [RunOutcome.OK] * 2
    assert {nip: row["state"] for nip, row in service.roster().items()} == {
        nip: row["state"] for nip, row in roster.items()
    }
    assert campus.kelas.snapshot() == courses


def test_an_activity_that_is_back_needs_no_acceptance(service: Service, campus: Campus) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    service.run()
    campus.mooc.hide_module(campus.mooc.module_named("Modul 7: Adaptif").cmid, hidden=False)

    back = service.run()

    assert (back.run.outcome, back.run.findings) == (RunOutcome.OK, ())
    assert is_in_class(campus, NEWCOMER)


def test_accepting_one_finding_releases_neither_another_nor_one_of_the_same_kind_that_came_since(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    service.run()
    written = writes_in(campus)
    campus.mooc.hide_module(campus.mooc.module_named("Modul 8: Kolaboratif").cmid)

    same_kind = service.run(accept=True, by=NAME)
    lose_half_the_people(campus)
    another = service.run(accept=True, by=NAME)
    untouched = writes_in(campus)
    accepted = service.run(accept=True, by=NAME)

    assert same_kind.run.outcome is another.run.outcome is RunOutcome.GUARDED
    assert {finding.code for finding in another.run.findings} == {"required_changed", "source_dropped"}
    assert untouched == written
    assert accepted.run.outcome is RunOutcome.OK
    assert is_in_class(campus, NEWCOMER)


def test_a_plan_shows_the_guard_and_releases_nothing(service: Service, campus: Campus) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    written = writes_in(campus)

    planned = service.run(dry_run=True)
    with pytest.raises(UsageError, match="nothing to accept"):
        service.run(accept=True, by=NAME)

    assert planned.run.outcome is RunOutcome.GUARDED
    assert (is_in_class(campus, NEWCOMER), writes_in(campus)) == (False, written)


def test_a_failed_run_in_between_does_not_use_the_acceptance_up(service: Service, campus: Campus) -> None:
    service.first_run()
    let_pass(campus, NEWCOMER)
    hide_a_page(campus)
    service.run()
    campus.mooc.web_services_enabled = False
    failed = service.run(accept=True, by=NAME)
    campus.mooc.web_services_enabled = True

    accepted = service.run(accept=True, by=NAME)

    assert (failed.run.outcome, accepted.run.outcome) == (RunOutcome.FAILED, RunOutcome.OK)
    assert is_in_class(campus, NEWCOMER)


def test_a_course_that_cannot_be_read_any_more_does_not_release_what_was_found_in_it(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    empty_the_course(campus)
    service.run(full=True)
    in_another_course = next(nip for nip in LATE if "Angkatan II" in service.participants()[nip]["groups"])
    let_pass(campus, in_another_course)
    written = writes_in(campus)
    unread = campus.faults.add(Fault("bad_gateway", site="kelas", function="core_group_get_course_groups", count=1))

    held = service.run()

    assert unread.hits == 1
    assert held.run.outcome is RunOutcome.GUARDED
    assert writes_in(campus) == written


def test_a_programme_set_up_before_anybody_is_enrolled_is_not_held_when_people_come(
    service: Service, campus: Campus
) -> None:
    course = mooc_course(campus)
    enrolments, roles = dict(course.enrolments), dict(course.roles)
    for user_id in enrolments.keys() - set(CASES["mooc_teacher"]):
        del course.enrolments[user_id], course.roles[user_id]
    empty = service.run()
    course.enrolments.update(enrolments)
    course.roles.update(roles)

    filled = service.run()

    assert (empty.run.outcome, filled.run.outcome) == (RunOutcome.OK, RunOutcome.OK)
    assert filled.run.findings == ()
    assert filled.run.counts["confirmed"] == CONFIRMED
