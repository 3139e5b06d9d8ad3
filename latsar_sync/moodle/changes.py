"""What the site tells about changes: which activities changed since a moment, and whose attempts those were."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from latsar_sync.domain.errors import RecordRejected, SiteRefuses
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.materials import read_modules
from latsar_sync.moodle.mooc_values import SeenCourse, SeenPeople, SourceCourse
from latsar_sync.moodle.rights_in_courses import SEPARATE_GROUPS
from latsar_sync.moodle.versions import attempts_function
from latsar_sync.rules.signals import OVERLAP, Changes, explained, signals_of, visitors

ATTEMPTS, GRADES = "userattempts", "usergrades"
SILENT_PLUGIN = "missingcallback"
SETTINGS = frozenset({"configuration", "questions"})


def can_tell(client: MoodleClient) -> bool:
    """Whether the service holds the function that tells changes; without it everybody is asked."""
    return client.supports(Function.UPDATES_SINCE) and client.supports(attempts_function(client))


def with_changes(
    client: MoodleClient, wanted: SourceCourse, course: SeenCourse, checkpoint: Checkpoint, activities_alone: bool
) -> SeenCourse:
    """Return the course with what changed in it since ``checkpoint``; it comes before people are listed.

    With ``activities_alone`` it need be known of the activities only: who is in the course is told otherwise.
    """
    modules = course.modules
    if wanted.mode != "activities" and client.supports(Function.COURSE_CONTENTS):
        modules = read_modules(client, course.payload.id)  # they tell whether groups hide people
    changed = look_back(client, course.payload, modules, checkpoint)
    attempts_told = changed is not None
    if changed is None and activities_alone:
        changed = changes_of_activities(client, course.payload, modules, checkpoint)
    return SeenCourse(course.payload, modules, course.site_time, checkpoint, changed, attempts_told)


def look_back(
    client: MoodleClient, course: payloads.Course, modules: Mapping[int, payloads.Module], checkpoint: Checkpoint
) -> Changes | None:
    """Return what changed in the course since ``checkpoint``; None if the site cannot tell it of everybody.

    With separate groups the attempts of whoever is in no group are left out without a word, and those of groups outside
    the quiz's grouping (Moodle ``lib/grouplib.php``, ``groups_get_activity_shared_group_members``).
    """
    evaluation = modules.get(checkpoint.cmid)
    if checkpoint.course_id != course.id or evaluation is None:
        return None
    told = (
        evaluation.groupmode is not None and not course.groupmodeforce
    )  # else the course's own mode is the likely one
    if (evaluation.groupmode if told else course.groupmode) == SEPARATE_GROUPS:
        return None
    return read_changes(client, course.id, checkpoint.cmid, checkpoint.site_time - OVERLAP)


def changes_of_activities(
    client: MoodleClient, course: payloads.Course, modules: Mapping[int, payloads.Module], checkpoint: Checkpoint
) -> Changes | None:
    """Return which activities changed since ``checkpoint``, whoever's attempts show; None if the site cannot tell."""
    if checkpoint.course_id != course.id or checkpoint.cmid not in modules:
        return None
    return read_changes(client, course.id, checkpoint.cmid, checkpoint.site_time - OVERLAP)


def read_changes(client: MoodleClient, course_id: int, cmid: int, since: datetime) -> Changes | None:
    """Return what changed in the course since a moment of the site's clock; ``cmid`` is the evaluation.

    None if the site cannot tell it of the evaluation. Attempts and grades are those of the evaluation and show only
    with mod/quiz:viewreports, whose lack is silent (Moodle ``mod/quiz/lib.php``, ``quiz_check_updates_since``). In an
    activity whose plugin tells nothing anything may have happened (``course/lib.php``, ``course_check_updates``).
    """
    answer = client.read(Function.UPDATES_SINCE, payloads.UPDATES, since_call(course_id, since))
    silent = {warning.itemid for warning in answer.warnings if warning.itemid is not None}
    if cmid in silent or any(warning.warningcode != SILENT_PLUGIN for warning in answer.warnings):
        return None
    by_module = {
        instance.id: {update.name: update.itemids for update in instance.updates}
        for instance in answer.instances
        if instance.contextlevel == "module"
    }
    evaluation = by_module.get(cmid, {})
    # of the evaluation anything but attempts and grades is a reason to ask everybody
    unusual = {cmid} if evaluation.keys() - {ATTEMPTS, GRADES} else set()
    return Changes(
        attempts=frozenset(evaluation.get(ATTEMPTS, ())),
        grades=len(evaluation.get(GRADES, ())),
        settings=frozenset({module for module, names in by_module.items() if SETTINGS & names.keys()} | unusual),
        touched=frozenset(by_module.keys() | silent),
    )


def read_signals(
    client: MoodleClient,
    checkpoint: Checkpoint,
    seen: SeenPeople,
    now: datetime,
    ask_anyway: bool,
    answered: Sequence[Person],
) -> Signals | None:
    """Return what the site tells of the time since ``checkpoint``; None if everybody must be asked.

    ``ask_anyway``: whoever is open is asked whatever is told of the evaluation. ``answered`` are people of whom
    something was told before.
    """
    course, found = seen.course, seen.course.changes
    signals = signals_of(checkpoint, course.payload.id, course.site_time, now, seen.visits)
    if signals is None or found is None or not seen.people:
        return None
    if ask_anyway:
        return replace(signals, evaluation=True, settings=found.settings, touched=found.touched)
    if not course.attempts_told:
        return None
    # asking for attempts proves the right without which those of other people are left out of the changes
    whom = visitors(signals) if found.attempts or found.grades else []
    try:
        attempts = read_attempt_ids(client, checkpoint.quiz_id, whom or [(answered or seen.people)[0].user_id])
    except SiteRefuses:
        return None
    unexplained = not explained(found, attempts) or checkpoint.cmid in found.settings
    return replace(signals, evaluation=unexplained, settings=found.settings, touched=found.touched)


def since_call(course_id: int, since: datetime) -> Arguments:
    """Return the arguments that ask what changed in a course since a moment."""
    return {"courseid": course_id, "since": int(since.timestamp())}


def attempts_call(quiz_id: int, user_id: int) -> Arguments:
    """Return the arguments that ask for all of somebody's attempts at a quiz."""
    return {"quizid": quiz_id, "userid": user_id, "status": "all"}


def read_attempt_ids(client: MoodleClient, quiz_id: int, user_ids: Sequence[int]) -> dict[int, bool]:
    """Return the attempts of people by id, and whether each is finished.

    Raise SiteRefuses without mod/quiz:viewreports, which this proves to be there if anybody is asked for.
    """
    arguments = [attempts_call(quiz_id, user_id) for user_id in user_ids]
    answers = client.read_each(attempts_function(client), payloads.ATTEMPTS, arguments)
    return {
        attempt.id: attempt.state == "finished"
        for answer in answers
        if not isinstance(answer, RecordRejected)
        for attempt in answer.attempts
    }
