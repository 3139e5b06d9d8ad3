"""What the service remembers between runs, as plain frozen values: records, overrides, findings, the baseline."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from latsar_sync.model import Activity, Decision, Evaluation, Evidence, Participant


class OverrideKind(StrEnum):
    """What a named person decides about one participant against the rule (rule 15)."""

    ADMIT = "admit"
    HOLD = "hold"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class CourseRead:
    """A course that a run read to its end: ``whole`` says that everything of everybody in it was read."""

    site: str
    course: str
    people: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a guard stopped for: a code, what it is about, and the values before and now."""

    code: str
    subject: str
    before: str
    now: str

    @property
    def key(self) -> str:
        """The finding in one line that is equal only for the same finding; ``--accept`` compares it."""
        return f"{self.code}|{self.subject}|{self.before}|{self.now}"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the last complete, unguarded run over everybody saw; guards compare with it (rule 6).

    ``target_people`` maps ``site/course`` to the number of people seen in that in-class course.
    """

    people: int
    evaluation: Evaluation | None
    required: tuple[Activity, ...]
    target_people: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the MOOC course was read: ``site_time`` is by the site's own clock; with the evaluation quiz of then."""

    course_id: int
    cmid: int
    quiz_id: int
    site_time: datetime


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that is known of one participant, and by which rows they were judged.

    ``evidence_version`` and ``decision_version`` are 0 before the first row; ``grade_as_of`` and ``detail_as_of`` say
    when grade and materials (or attempts) were last read, None if never.
    """

    participant: Participant
    evidence: Evidence
    decision: Decision | None
    last_seen_at: datetime
    grade_as_of: datetime | None = None
    detail_as_of: datetime | None = None
    evidence_version: int = 0
    decision_version: int = 0
    threshold_version: int | None = None
    required_version: int | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A person's decision about one participant; the newest counts, until ``until`` (None: without end)."""

    participant_id: str
    version: int
    kind: OverrideKind
    reason: str
    by: str
    at: datetime
    until: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Say whether it still binds: a release binds nothing, and an end that has passed neither."""
        return self.kind is not OverrideKind.RELEASE and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class RequiredSet:
    """The required activities as recorded; a new version is a new row."""

    version: int
    activities: tuple[Activity, ...]
