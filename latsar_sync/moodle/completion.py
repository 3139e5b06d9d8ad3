"""The states of the required set in the MOOC, a call a person. Which count as done: ``rules.material_gate``."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeGuard

from latsar_sync.domain.errors import RecordRejected
from latsar_sync.domain.evidence import Activity
from latsar_sync.domain.source_as_read import PeopleAndGrades
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.materials import COURSE_COMPLETION, left_out
from latsar_sync.moodle.mooc_values import SourceCourse
from latsar_sync.moodle.spoiled_records import note_spoiled

TOLD_TWICE = -1
"""No state of Moodle's."""


def read_completion(
    client: MoodleClient,
    as_read: PeopleAndGrades,
    wanted: SourceCourse,
    user_ids: Sequence[int],
    spoiled: dict[int, str],
    criteria: set[str],
    partly: set[int],
) -> dict[int, dict[int, int] | None]:
    """Return the completion states (cmid to state) of each person; None for a person whom the site rejects.

    ``spoiled`` takes up whose answer could not be read, and why; ``criteria`` by what the whole course is completed,
    where that is the requirement, ``partly`` who has it complete without meeting each of these.
    """
    arguments = [{"courseid": as_read.course_id, "userid": user_id} for user_id in user_ids]
    if wanted.mode == "course":
        told = client.read_each(Function.COURSE_COMPLETION_STATUS, payloads.COURSE_COMPLETION, arguments)
        note_spoiled(spoiled, user_ids, told)
        whose = zip(user_ids, told, strict=True)
        partly.update(who for who, each in whose if _is_told(each) and each.completionstatus.is_partly_met)
        criteria.update(*(answer.completionstatus.criteria for answer in told if _is_told(answer)))
        return {
            user_id: None
            if isinstance(answer, RecordRejected)
            else {COURSE_COMPLETION: int(answer.completionstatus.completed)}
            for user_id, answer in zip(user_ids, told, strict=True)
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


def unseen_in_completion(
    as_read: PeopleAndGrades, wanted: SourceCourse, states: Iterable[Mapping[int, int] | None]
) -> tuple[Activity, ...]:
    """Return the activities that people's completion names and neither the contents nor another answer did."""
    if as_read.activities.shown is None or wanted.mode != "activities":
        return ()
    named = set[int]().union(*(each.keys() for each in states if each))
    seen = as_read.activities.shown | {each.cmid for each in as_read.activities.unseen}
    known = seen | left_out(wanted, as_read.evaluation)
    return tuple(Activity(cmid, "", "") for cmid in sorted(named - known))
