"""The report of the MOOC that tells whom to ask: does it answer, what does it show, and of whom."""

from latsar_sync.domain.language import _, joined
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_people import persons_of, visits_of
from latsar_sync.moodle.custom_report import NEEDED, cells_of, read_report
from latsar_sync.moodle.functions import Function
from latsar_sync.rules.report_rows import Reported, compare, is_newest_first
from latsar_sync.run.custom_report import WHOLE_UP_TO
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.mooc_people import SourcePeople

NAME = "report"
TELLING = ("Grade", "Last access to course", "Completed", "Time completed")
"""What the columns that tell a change are headed; the service asks for English."""
KEYS = ("ID number", "Username")
SLOW = "Student progress"
BY_TIME = ("Days taking course", "Days until completion", "Time taking course", "Time until completion")
"""Columns that change as time passes, by their names up to 4.4 and since 4.5."""


def examine_report(page: Page, client: MoodleClient, programme: ProgrammeSettings, found: SourcePeople) -> None:
    """Examine the configured report against the participants as the course shows them."""
    number = programme.source.report
    if number is None:
        return
    how = _("docs/moodle-setup.md says step by step how to make it.")
    if not client.supports(Function.RETRIEVE_REPORT):
        page.fail(
            NAME,
            _("The service lacks the function {function}.").format(function=Function.RETRIEVE_REPORT),
            _("Add it to the external service (Moodle before 4.1 has none: take report out of the configuration)."),
        )
        return
    told = page.tried(NAME, lambda: read_report(client, number))
    if told is None:
        return
    people = persons_of(found.people, programme.source.participant_key)
    shown = compare(cells_of(told), people)
    if people and shown is None:
        page.fail(
            NAME,
            _("No column of the report {number} holds the {key} of at least half of the participants.").format(
                number=number, key=programme.source.participant_key
            ),
            joined(_("Show that column, and set the report's conditions to this course."), how),
        )
        return
    page.ok(NAME, _("The report {number} shows {count} rows.").format(number=number, count=len(told.rows)))
    if shown is not None:
        _examine_people(page, shown, how)
        if len(told.rows) > WHOLE_UP_TO:
            _examine_order(page, shown, found, how)
    _examine_columns(page, told.headers, how)
    if lacking := [function for function in NEEDED if not client.supports(function)]:
        page.warn(
            NAME,
            _("The list of people is read in every run besides: the service lacks {functions}.").format(
                functions=", ".join(lacking)
            ),
            _("Add them: who is new and who is gone is then read by their accounts."),
        )


def _examine_people(page: Page, shown: Reported, how: str) -> None:
    """Tell of whom the report says too little or too much."""
    if shown.missing:
        page.warn(
            NAME,
            _("{count} participants have no row in it: each is asked for singly in every run.").format(
                count=len(shown.missing)
            ),
            joined(_("Widen its conditions."), how),
        )
    if shown.strange:
        page.warn(
            NAME,
            _("It shows {count} people who are no participants, though the service needs nothing of them.").format(
                count=len(shown.strange)
            ),
            joined(_("Set a condition on the role, so that it shows the participants alone."), how),
        )
    if shown.several:
        page.warn(
            NAME,
            _("{count} participants have more than one row in it: of another course, or one a group.").format(
                count=len(shown.several)
            ),
            joined(_("Set a condition on this course, and take columns of groups and roles out."), how),
        )


def _examine_order(page: Page, shown: Reported, found: SourcePeople, how: str) -> None:
    if is_newest_first(shown.rows, visits_of(found.people)):
        page.ok(NAME, _("Whoever was in the course last stands first: incremental runs read the first rows of it."))
        return
    page.warn(
        NAME,
        _("All its rows are read in every run: whoever was in the course last does not stand first, or is not shown."),
        joined(_("Sort it by the last access to the course, descending."), how),
    )


def _examine_columns(page: Page, headers: tuple[str, ...], how: str) -> None:
    lacking = [each for each in TELLING if each not in headers]
    if lacking:
        page.warn(
            NAME,
            _("No column of it is headed {headings}: such changes do not show, unless the heading was changed.").format(
                headings=", ".join(lacking)
            ),
            how,
        )
    if SLOW in headers:
        page.warn(
            NAME,
            _("The column {heading} makes it many times slower.").format(heading=SLOW),
            _("Take it out: completion is asked exactly of whom it matters."),
        )
    if by_time := [each for each in headers if each in BY_TIME]:
        page.warn(
            NAME,
            _("It has the column {headings}: that changes by itself, and everybody is asked each time.").format(
                headings=", ".join(by_time)
            ),
            _("Take it out."),
        )
    if others := [each for each in headers if each not in (*TELLING, *KEYS, SLOW, *BY_TIME)]:
        page.warn(
            NAME,
            _("It has columns that the service needs nothing of: {headings}.").format(headings=", ".join(others)),
            _("Take them out, or give them back their own headings if these were changed."),
        )
