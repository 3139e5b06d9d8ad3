"""Completion of activities and of a course."""

from pydantic import Field, TypeAdapter

from latsar_sync.moodle.fields import Flag, Id, Seconds, Text, Whole
from latsar_sync.moodle.parsing import Payload, Shape


class ActivityStatus(Payload):
    """State of one activity: 0 not done, 1 done, 2 done and passed, 3 done but failed.

    ``timecompleted`` (Unix seconds) is the last change of the record, not the first completion (trap 20).
    """

    cmid: Id
    modname: Text
    state: Whole
    timecompleted: Seconds = None
    overrideby: Id | None = None


class ActivityStatuses(Payload):
    """Answer of ``activities_completion_status``; a missing activity is unknown, not undone (trap 24)."""

    statuses: tuple[ActivityStatus, ...]


class Criterion(Payload):
    """One criterion of course completion; of an activity ``details`` has, under "criteria", a link to it."""

    details: dict[str, object] = Field(default_factory=dict)


class CompletionCriteria(Payload):
    """The criteria of course completion, of hidden and forbidden activities too."""

    completions: tuple[Criterion, ...] = ()


class CourseCompletion(CompletionCriteria):
    """Whether the course was complete when the site's cron last looked, and by which criteria."""

    completed: Flag


class CompletionCriteriaStatus(Payload):
    """Answer of ``course_completion_status``, read for its criteria."""

    completionstatus: CompletionCriteria


class CourseCompletionStatus(Payload):
    """Answer of ``course_completion_status``."""

    completionstatus: CourseCompletion


ACTIVITY_STATUSES = Shape(TypeAdapter(ActivityStatuses))
COURSE_COMPLETION = Shape(TypeAdapter(CourseCompletionStatus))
COMPLETION_CRITERIA = Shape(TypeAdapter(CompletionCriteriaStatus))
