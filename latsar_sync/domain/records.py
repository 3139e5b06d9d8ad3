"""What runs remember of a programme, as plain frozen values: records, findings, the baseline, how far was read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from latsar_sync.domain.decision import Decision
from latsar_sync.domain.evidence import Activity, Evaluation, Evidence, OpenTo
from latsar_sync.domain.participant import Participant


@dataclass(frozen=True, slots=True)
class CourseRead:
    """A course that a run read to its end: ``whole`` says that everything of everybody in it was read."""

    site: str
    course: str
    people: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a guard stopped for: a code, what it is about, and the values before and now.

    ``people`` are the internal ids of those whom releasing it would move, sorted; empty where it is about no persons.
    """

    code: str
    subject: str
    before: str
    now: str
    people: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The finding in one line that is equal only for the same finding; ``--accept`` compares it."""
        line = f"{self.code}|{self.subject}|{self.before}|{self.now}"
        if not self.people:
            return line
        return f"{line}|{sha256(' '.join(self.people).encode()).hexdigest()[:16]}"


class Effects(NamedTuple):
    """By what people are let in beside what judges them, in the configuration's words (rules 11, 14, 17).

    ``of_clearances`` is empty where unmet clearances have the same effect, ``fill_from`` (a date) where it is not set.
    ``push`` and ``roles`` (the roles that count) are empty where an older version did not keep them; so are roles where
    a list says who takes part.
    """

    effect: str
    of_clearances: str = ""
    fill_from: str = ""
    push: str = ""
    roles: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the last complete, unguarded run over everybody saw; guards compare with it (rule 6).

    ``target_people`` maps ``site/course`` to the number of people active in that in-class course, ``target_methods`` to
    its enrolment methods that were on; ``unseen`` are the course-module ids that only other answers than the contents
    named; ``released`` the findings that a person accepted and that stay true (``released_findings.stay_true``), and
    the keys of those that were accepted with a run that something else held;
    ``source_groups`` where the people of each angkatan came from in the MOOC, None where no group tells it;
    ``placement`` by what people were placed, empty where an older version did not keep it; ``effects`` by what they
    were let in, None there. ``found_by`` tells of each angkatan with a course how people are found there
    (``course_guards.how_found``). ``open_to`` tells of each activity that groups decide about whom it is open to,
    None where that was not told; ``criteria`` are those of course completion, None where it is not the requirement.
    """

    people: int
    evaluation: Evaluation | None
    required: tuple[Activity, ...]
    target_people: Mapping[str, int]
    unseen: frozenset[int] = frozenset()
    target_methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    released: frozenset[str] = frozenset()
    source_groups: Mapping[str, str | None] = field(default_factory=dict)
    placement: str = ""
    effects: Effects | None = None
    open_to: Mapping[int, OpenTo] | None = None
    criteria: tuple[str, ...] | None = None
    found_by: Mapping[str, str] = field(default_factory=dict)

    def completed(self, placement: str, effects: Effects) -> "Baseline":
        """Return the baseline with what an older version did not keep as it is configured now."""
        kept = self.effects or effects
        kept = kept._replace(push=kept.push or effects.push, roles=kept.roles or effects.roles)
        return replace(self, placement=self.placement or placement, effects=kept)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the MOOC course was read: ``site_time`` is by the site's own clock; with the evaluation quiz of then.

    ``full_at`` is when everything of everybody was last read, by ours; ``night_at`` when everybody who waits was last,
    with some in turn, None before the first such night.
    """

    course_id: int
    cmid: int
    quiz_id: int
    site_time: datetime
    full_at: datetime
    night_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceIds:
    """Ids in a MOOC course, named ``course``, by which a run guesses what to ask; ``groups`` are ours, ``strangers``
    fingerprints of others in its list, or in a report, which could be used if ``by_report``; ``unanswered`` are user
    ids of those about whom the site refused to answer, and when (seconds since 1970). ``newest_first`` are the rows of
    the report if whoever was in the course last stands first in it, 0 if not; ``report_at`` is when all of them were
    last read.
    """

    course: str
    course_id: int
    cmid: int | None = None
    quiz_id: int | None = None
    modules: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    strangers: tuple[str, ...] = ()
    by_report: bool = True
    unanswered: tuple[tuple[int, int], ...] = ()
    newest_first: int = 0
    report_at: int = 0


class Terms(NamedTuple):
    """What decisions are made by beside threshold and required set, in the configuration's words (rule 22).

    ``clearances`` are the kinds that are required; a gate that the programme does not have is told by method and mode.
    """

    method: str
    basis: str
    materials_mode: str
    participant_key: str
    clearances: tuple[str, ...] = ()


class RecordedTerms(NamedTuple):
    """Terms as recorded; ``version`` counts up within a programme."""

    version: int
    terms: Terms


class Record(NamedTuple):
    """Everything that is known of one participant, and by which rows they were judged.

    ``evidence_version`` and ``decision_version`` are 0 before the first row; ``grade_as_of``, ``materials_as_of`` and
    ``attempts_as_of`` say when each was last read exactly, None if never or if nobody is judged by it; ``report_row``
    is the fingerprint of the row that a report showed then.
    """

    participant: Participant
    evidence: Evidence
    decision: Decision | None
    last_seen_at: datetime
    grade_as_of: datetime | None = None
    materials_as_of: datetime | None = None
    attempts_as_of: datetime | None = None
    report_row: str | None = None
    evidence_version: int = 0
    decision_version: int = 0
    threshold_version: int | None = None
    required_version: int | None = None
    terms_version: int | None = None

    @property
    def evidence_as_of(self) -> datetime | None:
        """How old the evidence is at its oldest part that was read at all."""
        return oldest(self.grade_as_of, self.materials_as_of, self.attempts_as_of)


def oldest(*moments: datetime | None) -> datetime | None:
    """Return the earliest of the moments that there are."""
    return min((each for each in moments if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class RequiredSet:
    """The required activities as recorded; a new version is a new row."""

    version: int
    activities: tuple[Activity, ...]
