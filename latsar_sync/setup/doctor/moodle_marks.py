"""Marks inside Moodle: may the account leave those that are switched on. Nothing is left anywhere."""

from latsar_sync.domain.language import _
from latsar_sync.moodle import marks, payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.error_codes import allow
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.rights import Right
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.rights import prove_right

NOTES, EVENTS = Right.NOTES_MANAGE, Right.CALENDAR_MANAGEENTRIES
SIGHT_OF_NOTES = Right.NOTES_VIEW


def functions_of(programme: ProgrammeSettings) -> frozenset[Function]:
    """Return the functions that the marks which are switched on need."""
    return frozenset().union(*(marks.NEEDED[kind] for kind in programme.marks.kinds))


def examine_marks(
    page: Page, client: MoodleClient, programme: ProgrammeSettings, course: payloads.Course, nobody: int
) -> None:
    """Examine the rights in one course; what the service lacks of functions stands with the site."""
    kinds = [kind for kind in programme.marks.kinds if all(map(client.supports, marks.NEEDED[kind]))]
    if "note" in kinds:
        prove_right(page, NOTES, _("Notes may be written."), lambda: marks.prove_notes(client, course.id, nobody))
        prove_right(page, SIGHT_OF_NOTES, _("Notes are seen."), lambda: marks.noted_people(client, course.id))
    if "event" in kinds:
        may = page.tried(EVENTS, lambda: marks.may_enter_events(client, course.id))
        if may:
            page.ok(EVENTS, _("Events may be entered for the groups."))
        elif may is not None:
            page.fail(EVENTS, _("Events may not be entered for the groups."), str(allow(EVENTS)))
    # a description needs moodle/course:managegroups alone, which has its line
