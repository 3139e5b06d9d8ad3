"""What must be studied in the MOOC: its activities, and the required set among them."""

from collections.abc import Mapping

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.evidence import Activity, Evaluation
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.mooc_values import SourceCourse

COURSE_COMPLETION = 0
"""The stand-in for a course-module id where the whole course's completion is the requirement."""


def contents_call(course_id: int) -> Arguments:
    """Return the arguments that ask for the activities of a course, without their texts and files."""
    return {"courseid": course_id, "options": [{"name": "excludecontents", "value": 1}]}


def read_modules(client: MoodleClient, course_id: int) -> dict[int, payloads.Module]:
    """Return every activity of the course that the account sees, by course-module id."""
    sections = client.read(Function.COURSE_CONTENTS, payloads.COURSE_CONTENTS, contents_call(course_id))
    return {
        module.id: module.model_copy(update={"in_restricted_section": True}) if section.availabilityinfo else module
        for section in sections
        for module in section.modules
    }


def required_of(
    course: payloads.Course, modules: Mapping[int, payloads.Module], wanted: SourceCourse, evaluation: Evaluation | None
) -> tuple[Activity, ...]:
    """Return the required set (rule 3): visible tracked activities but the evaluation, with include and exclude.

    Raise ConfigurationError if it is empty, or ``include`` names what is not tracked.
    """
    if wanted.mode == "none":
        return ()
    if wanted.mode == "course":
        return (Activity(COURSE_COMPLETION, course.fullname, "course"),)
    evaluation_cmid = evaluation.cmid if evaluation else wanted.cmid
    unusable = [str(cmid) for cmid in wanted.include if cmid not in modules or not modules[cmid].completion]
    if unusable:
        raise ConfigurationError(
            _("materials.include names activities that {shortname} does not track: cmid {unusable}.").format(
                shortname=course.shortname, unusable=", ".join(unusable)
            ),
            _("Correct the list, or turn completion on in those activities."),
        )
    # sorted, since moving an activity inside the course changes nothing
    required = tuple(
        Activity(module.id, module.name, module.modname)
        for _, module in sorted(modules.items())
        if module.completion
        and module.id != evaluation_cmid
        and module.id not in wanted.exclude
        and (module.visible is not False or module.id in wanted.include)
    )
    if not required:
        raise ConfigurationError(
            _("The course {shortname} has no tracked activity besides the evaluation; nobody is admitted.").format(
                shortname=course.shortname
            ),
            _("Turn activity completion on in the course, check mod/…:view of the account, or set materials.mode."),
        )
    return required


def left_out(wanted: SourceCourse, evaluation: Evaluation | None) -> frozenset[int]:
    """Return the activities that are no material: the evaluation, and what the configuration excludes."""
    evaluated = evaluation.cmid if evaluation else wanted.cmid
    return frozenset({*wanted.exclude, *([evaluated] if evaluated is not None else [])})
