"""Completion of activities and of a course."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, model_validator

from latsar_sync.moodle.fields import Flag, Id, Text, Whole, plain_text
from latsar_sync.moodle.parsing import Payload, Shape, kept_once

ANY_OF_THEM = 2
"""Moodle's ``COMPLETION_AGGREGATION_ANY``: one criterion is enough."""


def _in_words(completions: object) -> tuple[str, ...]:
    """Return criteria of course completion in words, without what is said of one person: everybody's are the same."""
    rows = [each.get("details") for each in completions if isinstance(each, dict)] if type(completions) is list else []
    told: tuple[str, ...] = kept_once(tuple(sorted(_named(each) for each in rows if isinstance(each, dict))))
    return told


def _named(details: dict[str, Any]) -> str:
    parts = (plain_text(str(details.get(each) or "")) for each in ("type", "criteria", "requirement"))
    return ": ".join(each for each in parts if each)


class ActivityStatus(Payload):
    """State of one activity: 0 not done, 1 done, 2 done and passed, 3 done but failed, 4 the same where
    the failure is hidden from the person.

    When that was is not read: ``timecompleted`` is the last change of the record, not the first completion (trap 20).
    """

    cmid: Id
    modname: Text
    state: Whole


class ActivityStatuses(Payload):
    """Answer of ``activities_completion_status``; a missing activity is unknown, not undone (trap 24)."""

    statuses: tuple[ActivityStatus, ...]


class Criterion(Payload):
    """One criterion of course completion; of an activity ``details`` has, under "criteria", a link to it."""

    details: dict[str, object] = Field(default_factory=dict)


class CompletionCriteria(Payload):
    """The criteria of course completion, of hidden and forbidden activities too."""

    completions: tuple[Criterion, ...] = ()


class CourseCompletion(Payload):
    """Whether the course was complete when the site's cron last looked, and by which criteria, in words.

    However odd these are, the completion itself is read.
    """

    completed: Flag
    aggregation: Any = None
    listed: Annotated[tuple[str, ...], BeforeValidator(_in_words), Field(alias="completions")] = ()
    unmet: bool = False
    """Whether any of the criteria is not met by whoever was asked about."""

    @model_validator(mode="before")
    @classmethod
    def _with_unmet(cls, told: Any) -> Any:
        rows = told.get("completions") if isinstance(told, dict) else None
        any_of_them = isinstance(rows, list) and any(isinstance(r, dict) and r.get("complete") is False for r in rows)
        return {**told, "unmet": any_of_them} if isinstance(told, dict) else told

    @property
    def is_partly_met(self) -> bool:
        """Whether the course counts as complete by a part of several criteria: one of a kind may be enough there."""
        return self.completed and self.unmet and self.aggregation != ANY_OF_THEM

    @property
    def criteria(self) -> tuple[str, ...]:
        """By what the course is completed; that one of them is enough is told like one more."""
        return ("any of", *self.listed) if self.listed and self.aggregation == ANY_OF_THEM else self.listed


class CompletionCriteriaStatus(Payload):
    """Answer of ``course_completion_status``, read for its criteria."""

    completionstatus: CompletionCriteria


class CourseCompletionStatus(Payload):
    """Answer of ``course_completion_status``."""

    completionstatus: CourseCompletion


ACTIVITY_STATUSES = Shape(TypeAdapter(ActivityStatuses))
COURSE_COMPLETION = Shape(TypeAdapter(CourseCompletionStatus))
COMPLETION_CRITERIA = Shape(TypeAdapter(CompletionCriteriaStatus))
