"""No decision from what was not fully seen, and which materials count."""

from decimal import Decimal

import pytest
from judged_people import (
    COMPLETION,
    EVALUATION,
    MOOC,
    NO_PUSH,
    Judged,
    calls_of,
    judged,
    outcome_of,
    outcomes,
    reasons_of,
    source_id,
    take_away,
)
from service import ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.errors import ConfigurationError, SiteRefuses
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.moodle import calls_ahead


def test_an_account_that_sees_no_numbers_is_refused_with_the_capability_it_lacks(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    take_away(campus, "moodle/user:viewalldetails")
    service = make_service(sqlite_url, programme=NO_PUSH)

    result = service.run()

    assert isinstance(result.error, SiteRefuses)
    assert "idnumber" in result.error.message
    assert "moodle/user:viewalldetails" in result.error.remedy
    assert service.count("decisions") == 0


def test_an_account_that_sees_no_quizzes_is_told_what_it_sees_instead_of_judging(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    take_away(campus, "mod/quiz:view")
    service = make_service(sqlite_url, programme=NO_PUSH)

    result = service.run()

    assert isinstance(result.error, ConfigurationError)
    assert EVALUATION in result.error.message
    assert "mod/quiz:view" in result.error.remedy
    assert service.count("decisions") == 0


def test_an_account_that_loses_sight_of_the_quizzes_changes_no_decision(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme=NO_PUSH)
    service.first_run()
    before, decisions = judged(service), service.count("decisions")
    take_away(campus, "mod/quiz:view")

    results = [service.run(), service.run(full=True)]

    assert all(isinstance(result.error, ConfigurationError) for result in results)
    assert judged(service) == before
    assert service.count("decisions") == decisions


def test_an_evaluation_hidden_in_the_gradebook_judges_nobody(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    quiz = campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.item_hidden = True
    take_away(campus, "moodle/grade:viewhidden")
    service = make_service(sqlite_url, programme=NO_PUSH)

    result = service.run()

    assert {"qualified", "not_yet"} & outcomes(service).keys() == set()
    assert result.error is not None
    assert EVALUATION in result.error.message
    assert "Latihan Agenda 1" in result.error.remedy


def test_an_evaluation_hidden_in_the_gradebook_is_read_by_whoever_may_see_hidden_grades(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    quiz = campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.item_hidden = True
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    graded = {user_id for user_id, (evidence, _) in plain.items() if evidence.grade.raw is not None}
    seen = judged(service)
    assert {user_id: seen[user_id] for user_id in graded} == {user_id: plain[user_id] for user_id in graded}
    # an empty hidden grade may be one that is kept from us: that alone decides against nobody
    assert outcome_of(service, source_id(campus, "attempt_in_progress")) == "undetermined"
    assert reasons_of(service, source_id(campus, "attempt_in_progress")) == ["grade_hidden"]


def test_one_older_range_holds_no_run_and_judges_nobody(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    """The gradebook calculates by the initial ranges of grades, and one was given when the evaluation went to 200."""
    nip = CASES["score_exactly_70"][0]
    user_id = source_id(campus, "score_exactly_70")
    service = make_service(sqlite_url, programme=NO_PUSH)
    service.first_run()
    quiz = campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.grades[user_id].maximum = Decimal(200)

    runs = [service.run(nip=nip).run, service.run(full=True).run, service.run(nip=nip).run, service.run().run]

    assert [(each.outcome, each.findings) for each in runs] == [(RunOutcome.OK, ())] * 4
    assert (outcome_of(service, user_id), reasons_of(service, user_id)) == ("undetermined", ["grade_range_differs"])
    others = outcomes(service)
    quiz.grades[user_id].maximum = None
    service.run(full=True)
    assert outcome_of(service, user_id) == "qualified"
    assert outcomes(service) - others == {"qualified": 1}


def test_another_range_holds_a_quiet_run_too_where_everybody_whom_it_reads_has_a_grade(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    evaluation = campus.mooc.module_named(EVALUATION)
    assert evaluation.quiz is not None
    for user_id in campus.mooc.course(MOOC).enrolments:
        if user_id not in evaluation.quiz.grades:
            campus.mooc.set_grade(user_id, evaluation.cmid, Decimal(10), overridden=True)
    service = make_service(sqlite_url, programme=NO_PUSH)
    service.first_run()
    before, decisions = judged(service), service.count("decisions")
    evaluation.quiz.maximum = Decimal(120)
    campus.mooc.save_settings(evaluation.cmid)

    held = service.run().run

    assert [(each.code, each.now) for each in held.findings][:1] == [("evaluation_changed", "greatest grade 120.00000")]
    assert (judged(service), service.count("decisions")) == (before, decisions)


@pytest.fixture
def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a course be one of very many people, whose completion is read after the grades and not beside them."""
    monkeypatch.setattr(calls_ahead, "MOST_ABOUT", 0)


@pytest.mark.usefixtures("step_by_step")
def test_an_activity_that_the_completion_answer_leaves_out_is_unknown_and_never_unfinished(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    take_away(campus, "moodle/course:ignoreavailabilityrestrictions")
    service = make_service(sqlite_url)

    def restrict_meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.READ_DETAILS:
            campus.mooc.module_named("LATIHAN-2").restricted = True

    service.run(progress=restrict_meanwhile)

    passed, failed = source_id(campus, "passed"), source_id(campus, "score_69_99")
    assert (outcome_of(service, passed), reasons_of(service, passed)) == ("undetermined", ["materials_unknown"])
    assert outcome_of(service, failed) == "not_yet"
    assert "qualified" not in outcomes(service)
    assert service.count("pushes") == 0


@pytest.mark.usefixtures("step_by_step")
def test_people_who_cannot_be_read_are_undetermined_and_do_not_stop_the_others(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    gone = source_id(campus, "passed")
    service = make_service(sqlite_url, programme=NO_PUSH)

    def delete_meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.READ_DETAILS:
            campus.mooc.delete_user(gone)

    service.run(progress=delete_meanwhile)

    assert (outcome_of(service, gone), reasons_of(service, gone)) == ("undetermined", ["materials_unread"])
    assert {user_id: seen for user_id, seen in judged(service).items() if user_id != gone} == {
        user_id: seen for user_id, seen in plain.items() if user_id != gone
    }


# Materials


def test_course_completion_decides_like_the_activities_where_the_lms_has_worked_it_out(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    campus.mooc.run_cron()
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "course"')

    service.run()

    suspended = source_id(campus, "mooc_suspended")
    now = {user_id: decision.outcome for user_id, (_, decision) in judged(service).items() if decision}
    before = {user_id: decision.outcome for user_id, (_, decision) in plain.items() if decision}
    # Moodle tells the course completion of active people only
    assert (now.pop(suspended), reasons_of(service, suspended)[0]) == ("undetermined", "materials_unread")
    before.pop(suspended)
    assert now == before


def test_a_course_that_is_completed_by_fewer_criteria_than_before_lets_nobody_in_unasked(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    passed = source_id(campus, "passed")
    course = campus.mooc.course(MOOC)
    done = course.completed.pop(passed)
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "course"')
    service.run(full=True)
    dropped = next(each for each in course.modules if each.tracking and each.modname == "page")
    dropped.tracking = 0
    course.completed[passed] = done  # as Moodle's schedule finds once fewer criteria are left

    held = service.run()
    accepted = service.run(accept=True, by="Rina")

    finding, gained = held.run.findings
    assert (gained.code, len(gained.people)) == ("qualified_gained", 1)
    assert not any("each of its criteria" in each for each in accepted.run.messages)
    campus.mooc.module_named("Modul 7: Adaptif").completions.pop(passed)
    assert any("complete for 1 participant who" in each for each in service.run(full=True).run.messages)
    assert (held.run.outcome, finding.code) == ("guarded", "required_changed")
    assert dropped.name in finding.before
    assert dropped.name not in finding.now
    assert accepted.run.outcome == "ok"
    assert outcome_of(service, passed) == "qualified"
    assert service.run(full=True).run.findings == ()


def test_course_completion_that_the_lms_has_not_worked_out_yet_is_not_yet(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    passed = source_id(campus, "passed")
    campus.mooc.course(MOOC).completed.pop(passed)
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "course"')

    service.run()

    assert (outcome_of(service, passed), reasons_of(service, passed)) == ("not_yet", ["materials_incomplete"])


def test_without_a_material_requirement_only_the_score_decides(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme=NO_PUSH, materials='mode = "none"')

    service.first_run()

    assert outcome_of(service, source_id(campus, "page_missing")) == "qualified"
    assert outcome_of(service, source_id(campus, "practice_failed")) == "qualified"
    assert outcome_of(service, source_id(campus, "score_69_99999")) == "not_yet"
    assert calls_of(campus, COMPLETION) == (0, 0)


def test_an_excluded_activity_is_not_required(make_service: ServiceFactory, sqlite_url: str, campus: Campus) -> None:
    cmid = campus.mooc.module_named("LATIHAN-2").cmid
    service = make_service(sqlite_url, programme=NO_PUSH, materials=f"exclude = [{cmid}]")

    service.run()

    assert outcome_of(service, source_id(campus, "practice_failed")) == "qualified"
    assert outcome_of(service, source_id(campus, "page_missing")) == "not_yet"
    assert judged(service)[source_id(campus, "passed")][0].materials.total == 11


def test_a_hidden_activity_is_required_only_when_it_is_included(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, plain: Judged
) -> None:
    draft = next(module for module in campus.mooc.course(MOOC).modules if not module.visible)
    user_id = source_id(campus, "passed")
    campus.mooc.set_completion(user_id, draft.cmid, 1)
    included = make_service(sqlite_url, programme=NO_PUSH, materials=f"include = [{draft.cmid}]")

    included.run()

    assert plain[user_id][0].materials.total == 12
    assert judged(included)[user_id][0].materials.total == 13
    assert [outcome_of(included, user_id), outcomes(included)["qualified"]] == ["qualified", 1]
    assert reasons_of(included, source_id(campus, "passed", 1)) == ["materials_incomplete"]


def test_including_an_activity_that_the_lms_does_not_track_is_refused_by_name(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    forum = campus.mooc.module_named("Pengumuman").cmid
    service = make_service(sqlite_url, programme=NO_PUSH, materials=f"include = [{forum}]")

    result = service.run()

    assert isinstance(result.error, ConfigurationError)
    assert str(forum) in result.error.message
    assert service.count("decisions") == 0


def test_a_page_hidden_before_the_first_run_is_not_required(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    pages = [module for module in campus.mooc.course(MOOC).modules if module.modname == "page" and module.visible]
    for page in pages[7:]:
        campus.mooc.hide_module(page.cmid)
    service = make_service(sqlite_url, programme=NO_PUSH)

    service.run()

    # has read seven pages of nine; the other two are hidden now
    assert outcome_of(service, source_id(campus, "page_missing")) == "qualified"
