"""What decides: the evaluation's grades, the completion of the material, the attempts, as a few people show them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from latsar_sync.domain.errors import ConfigurationError, RecordRejected
from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads, visibility
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.grade_ranges import RangesShown
from latsar_sync.moodle.grades import find_evaluation, grade_in_report, grade_to_pass_of
from latsar_sync.moodle.materials import left_out, read_modules, required_of
from latsar_sync.moodle.mooc_values import SourceCourse
from latsar_sync.moodle.rights import Right
from latsar_sync.moodle.visibility import read_closed, read_criteria
from latsar_sync.run.configured import source_course_of
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.mooc_people import SourcePeople
from latsar_sync.setup.doctor.visibility import Named, compare_with_completion, examine_hidden, examine_sights
from latsar_sync.setup.rights import prove_right

PEOPLE_ASKED = 10
"""Enough to see a value of everything; a diagnosis is no pull."""


def examine_evidence(
    page: Page, client: MoodleClient, programme: ProgrammeSettings, found: SourcePeople
) -> Evaluation | None:
    """Examine grades, material and attempts of a few participants; return the evaluation if it was found."""
    wanted = source_course_of(programme)
    asked = [user.id for user in found.people[:PEOPLE_ASKED]]
    evaluation, reports = _examine_grades(page, client, programme, found, asked)
    if wanted.mode == "activities":
        _examine_activities(page, client, wanted, found, evaluation, reports, asked)
    if wanted.mode == "course":
        _examine_course_completion(page, client, found, asked)
    if evaluation is not None and asked:
        evaluation = _examine_attempts(page, client, programme, evaluation, asked)
    if len(asked) > 1 and client.supports(Function.CALL_EXTERNAL_FUNCTIONS):
        page.ok("batch", _("{count} calls in one request are answered one by one.").format(count=len(asked)))
    return evaluation


def _examine_grades(
    page: Page, client: MoodleClient, programme: ProgrammeSettings, found: SourcePeople, asked: Sequence[int]
) -> tuple[Evaluation | None, Sequence[payloads.UserGrades]]:
    wanted = source_course_of(programme)
    # in a course without participants the account's own report still shows which activities are graded
    user_ids = asked or [client.site_info().userid]
    arguments: list[Arguments] = [{"courseid": found.course.id, "userid": user_id} for user_id in user_ids]
    answers = page.tried("grades", lambda: client.read_each(Function.GRADE_ITEMS, payloads.GRADE_REPORT, arguments))
    if answers is None:
        return None, ()
    reports = [report for answer in answers if not isinstance(answer, RecordRejected) for report in answer.usergrades]
    page.ok(Right.GRADEREPORT_USER_VIEW, _("The grade report is readable."))
    if asked:
        page.ok(Right.GRADE_VIEWALL, _("So are the grades of others."))
    names = found.course.shortname, wanted.item, wanted.cmid
    evaluation = page.tried("evaluation", lambda: find_evaluation(*names, reports, must_be_found=True))
    if evaluation is None:
        return None, reports
    shown = RangesShown()
    for _each in shown.noting((each.userid, grade_in_report(each, evaluation)) for each in reports):
        continue
    evaluation = shown.put_into(evaluation, None)
    name = f"{evaluation.name} ({evaluation.modname}, cmid {evaluation.cmid})"
    page.ok("evaluation", _("The evaluation is there: {name}.").format(name=name))
    if asked:
        items = [item for report in reports for item in report.gradeitems if item.cmid == evaluation.cmid]
        without = sum(all(item.cmid != evaluation.cmid for item in report.gradeitems) for report in reports)
        _examine_grade_keys(page, programme, items, without)
    return evaluation, reports


def _examine_grade_keys(
    page: Page, programme: ProgrammeSettings, items: Sequence[payloads.GradeItem], without: int
) -> None:
    """Examine what the course's display settings and the item's own leave of a grade (traps 12 to 14).

    ``without`` are how many of the people have no such item in their report: their grade alone is hidden.
    """
    report_settings = _(
        "Course > Grades > Course grade settings > User report: let it show {what} (or leave the site's default, which "
        "Site administration > Grades > Report settings > User report must then show)."
    )
    if all("graderaw" not in item.model_fields_set for item in items):
        page.fail(
            "grade_shown",
            _("The user report of the course hides grades, so none can be read."),
            report_settings.format(what=_("grades")),
        )
        return
    hidden = any(item.gradeishidden for item in items)
    if hidden and all(item.graderaw is None for item in items):
        page.fail(
            Right.GRADE_VIEWHIDDEN,
            _("The evaluation's grade is hidden, and the account sees none of {count}.").format(count=len(items)),
            _("Allow moodle/grade:viewhidden in the service account's role in that course."),
        )
        return
    if without:
        page.warn(
            Right.GRADE_VIEWHIDDEN,
            _("Of {without} of {count} people the evaluation's grade does not show: it is hidden for them.").format(
                without=without, count=len(items) + without
            ),
            _("Allow moodle/grade:viewhidden in the service account's role in that course."),
        )
    elif hidden:
        page.ok(Right.GRADE_VIEWHIDDEN, _("The evaluation's grade is hidden, and the account sees it."))
    page.ok("grade_shown", _("Grades are shown as numbers."))
    if any(item.grademin is None or item.grademax is None for item in items):
        threshold = programme.evaluation.threshold if programme.evaluation else None
        tell = page.fail if threshold is not None and threshold.scale == "percent" else page.warn
        tell(
            "grade_range",
            _("The user report of the course hides the grade range: no percentage, and no guard on its change."),
            report_settings.format(what=_("ranges")),
        )
    if any(item.gradeneedsupdate for item in items):
        page.warn(
            "grade_update",
            _("The gradebook waits to be calculated anew."),
            _("Open Course > Grades once, or wait for the site's cron."),
        )


def _examine_activities(
    page: Page,
    client: MoodleClient,
    wanted: SourceCourse,
    found: SourcePeople,
    evaluation: Evaluation | None,
    reports: Sequence[payloads.UserGrades],
    asked: Sequence[int],
) -> None:
    modules = page.tried("materials", lambda: read_modules(client, found.course.id))
    required = None
    if modules is not None:
        required = page.tried("materials", partial(required_of, found.course, modules, wanted, evaluation))
    if modules is not None and required is not None:
        page.ok("materials", _("{count} activities are required besides the evaluation.").format(count=len(required)))
        examine_hidden(page, modules.values())
    arguments: list[Arguments] = [{"courseid": found.course.id, "userid": user_id} for user_id in asked]
    answers = page.tried(
        Right.REPORT_PROGRESS_VIEW,
        partial(client.read_each, Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, arguments),
    )
    if not answers:
        return
    page.ok(Right.REPORT_PROGRESS_VIEW, _("The completion of others is readable."))
    seen = [{status.cmid for status in answer.statuses} for answer in answers if not isinstance(answer, RecordRejected)]
    if required is not None and seen:
        compare_with_completion(page, required, set.intersection(*seen))
    if modules is not None:
        criteria = Page(page.subject).tried("activities_seen", partial(read_criteria, client, found.course.id, asked))
        ask = partial(read_closed, client, found.course.id, modules, visibility.IDS_OF_A_DIAGNOSIS)
        closed = Page(page.subject).tried("activities_seen", ask)
        named = Named(reports, criteria, set[int]().union(*seen), closed)
        examine_sights(page, modules, left_out(wanted, evaluation), named)


def _examine_course_completion(page: Page, client: MoodleClient, found: SourcePeople, asked: Sequence[int]) -> None:
    arguments: list[Arguments] = [{"courseid": found.course.id, "userid": user_id} for user_id in asked]
    answers = page.tried(
        Right.REPORT_COMPLETION_VIEW,
        lambda: client.read_each(Function.COURSE_COMPLETION_STATUS, payloads.COURSE_COMPLETION, arguments),
    )
    if answers:
        page.ok(Right.REPORT_COMPLETION_VIEW, _("Course completion is readable and has conditions."))


def _examine_attempts(
    page: Page, client: MoodleClient, programme: ProgrammeSettings, evaluation: Evaluation, asked: Sequence[int]
) -> Evaluation:
    """Examine the attempts where they decide, else only the quiz's own grade; return it with its grade to pass."""
    basis = programme.evaluation.basis if programme.evaluation else "gradebook"
    if basis == "best_attempt":
        _examine_quiz(page, client, evaluation, asked)
    if evaluation.modname != "quiz" or not client.supports(Function.BEST_GRADE):
        return evaluation
    arguments: Arguments = {"quizid": evaluation.instance, "userid": asked[0]}
    trial = Page(page.subject)
    best = trial.tried(
        Right.MOD_QUIZ_VIEWREPORTS, lambda: client.read(Function.BEST_GRADE, payloads.BEST_GRADE, arguments)
    )
    if best is None:
        text = _("The grade to pass cannot be compared with the threshold.")
        for refused in trial.checks:
            page.warn(refused.name, f"{text} {refused.text}", refused.remedy)
        return evaluation
    if basis != "best_attempt":
        page.ok(Right.MOD_QUIZ_VIEWREPORTS, _("The quiz's own grade is readable."))
    return replace(evaluation, grade_to_pass=grade_to_pass_of(client, best))


def _examine_quiz(page: Page, client: MoodleClient, evaluation: Evaluation, asked: Sequence[int]) -> None:
    function = Function.USER_ATTEMPTS
    if client.supports(Function.USER_QUIZ_ATTEMPTS):
        function = Function.USER_QUIZ_ATTEMPTS

    def attempts() -> object:
        if evaluation.modname != "quiz":
            raise ConfigurationError(
                _('basis = "best_attempt" works with quizzes only; the evaluation is a {kind}.').format(
                    kind=evaluation.modname
                ),
                _('Set basis = "gradebook".'),
            )
        wanted: list[Arguments] = [{"quizid": evaluation.instance, "userid": asked[0], "status": "all"}]
        return client.read_each(function, payloads.ATTEMPTS, wanted)

    prove_right(page, Right.MOD_QUIZ_VIEWREPORTS, _("The attempts of others are readable."), attempts)
