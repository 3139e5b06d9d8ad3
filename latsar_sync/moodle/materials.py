"""What must be studied in the MOOC: its activities, the required set among them, and what people have done of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from latsar_sync.domain.errors import ConfigurationError, RecordRejected
from latsar_sync.domain.evidence import Activity, Evaluation
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.mooc_values import SourceCourse
from latsar_sync.moodle.spoiled_records import note_spoiled
from latsar_sync.rules.source_as_read import PeopleAndGrades

COURSE_COMPLETION = 0
"""The stand-in for a course-module id where the whole course's completion is the requirement."""


TOLD_TWICE = -1
"""No state of Moodle's."""


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


def unseen_in_completion(
    found: PeopleAndGrades, wanted: SourceCourse, states: Iterable[Mapping[int, int] | None]
) -> tuple[Activity, ...]:
    """Return the activities that people's completion names and neither the contents nor another answer did."""
    if found.shown is None or wanted.mode != "activities":
        return ()
    named = set[int]().union(*(each.keys() for each in states if each))
    known = found.shown | left_out(wanted, found.evaluation) | {each.cmid for each in found.unseen}
    return tuple(Activity(cmid, "", "") for cmid in sorted(named - known))


def read_materials(
    client: MoodleClient,
    found: PeopleAndGrades,
    wanted: SourceCourse,
    user_ids: Sequence[int],
    spoiled: dict[int, str],
    criteria: set[str],
) -> dict[int, dict[int, int] | None]:
    """Return the completion states (cmid to state) of each person; None for a person whom the site rejects.

    ``spoiled`` takes up whose answer could not be read, and why; ``criteria`` by what the whole course is completed,
    where that is the requirement.
    """
    arguments = [{"courseid": found.course_id, "userid": user_id} for user_id in user_ids]
    if wanted.mode == "course":
        whole = client.read_each(Function.COURSE_COMPLETION_STATUS, payloads.COURSE_COMPLETION, arguments)
        note_spoiled(spoiled, user_ids, whole)
        criteria.update(*(answer.completionstatus.criteria for answer in whole if _is_told(answer)))
        return {
            user_id: None
            if isinstance(answer, RecordRejected)
            else {COURSE_COMPLETION: int(answer.completionstatus.completed)}
            for user_id, answer in zip(user_ids, whole, strict=True)
        }
    answers = client.read_each(Function.ACTIVITIES_COMPLETION_STATUS, payloads.ACTIVITY_STATUSES, arguments)
    note_spoiled(spoiled, user_ids, answers)
    return {
        user_id: None if isinstance(answer, RecordRejected) else _states(answer.statuses)
        for user_id, answer in zip(user_ids, answers, strict=True)
    }


def _is_told(answer: payloads.CourseCompletionStatus | RecordRejected) -> TypeGuard[payloads.CourseCompletionStatus]:
    return not isinstance(answer, RecordRejected)


def _states(statuses: Iterable[payloads.ActivityStatus]) -> dict[int, int]:
    """Return the state of each activity; one that is told twice, and not the same, is not known (rule 4)."""
    found: dict[int, int] = {}
    for each in statuses:
        if found.setdefault(each.cmid, each.state) != each.state:
            found[each.cmid] = TOLD_TWICE
    return found
