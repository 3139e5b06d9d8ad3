"""What was seen of a participant: grade, attempts, materials, imported scores. Plain frozen values.

What a run makes anew for everybody is a ``NamedTuple``, which is made faster than a frozen dataclass.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from latsar_sync.domain.participant import Enrolment


class GradeStatus(StrEnum):
    """What was read of one participant's grade."""

    GRADED = "graded"
    NO_GRADE = "no_grade"
    GRADE_UNREAD = "grade_unread"
    RECORD_UNREADABLE = "record_unreadable"
    GRADE_ITEM_MISSING = "grade_item_missing"
    GRADE_HIDDEN = "grade_hidden"
    GRADE_NEEDS_UPDATE = "grade_needs_update"
    GRADE_RANGE_DIFFERS = "grade_range_differs"
    SCORE_NOT_IMPORTED = "score_not_imported"
    IMPORT_UNCONFIRMED = "import_unconfirmed"


SCORELESS = frozenset({GradeStatus.NO_GRADE, GradeStatus.SCORE_NOT_IMPORTED, GradeStatus.IMPORT_UNCONFIRMED})
"""What was fully read and holds no score: only then may an imported one stand in (rule 1)."""


@dataclass(frozen=True, slots=True, order=True)
class Activity:
    """One tracked activity of the MOOC: course-module id, name, kind (``page``, ``quiz`` …)."""

    cmid: int
    name: str
    modname: str


NOBODY = "–"
"""Whoever is in a group that shows nobody."""


class OpenTo(NamedTuple):
    """Which groups an activity is open to, where groups decide that: by their ids, and as they are shown."""

    ids: str
    shown: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation as the LMS shows it. ``grade_to_pass`` is 0 where Moodle has none and None where it cannot be
    read, ``marks`` (those of all questions of a quiz together) where no attempts are.
    """

    cmid: int
    instance: int
    modname: str
    name: str
    grade_min: Decimal | None
    grade_max: Decimal | None
    grade_to_pass: Decimal | None = None
    marks: Decimal | None = None

    @property
    def score_range(self) -> tuple[Decimal, Decimal] | None:
        """The least and the greatest grade, None where the LMS shows none."""
        return None if self.grade_max is None else (self.grade_min or Decimal(0), self.grade_max)


class Grade(NamedTuple):
    """One participant's grade of the evaluation: ``raw`` in points at five places, None when there is none."""

    status: GradeStatus
    raw: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    overridden: bool = False
    graded_at: datetime | None = None


UNREAD_GRADE = Grade(GradeStatus.GRADE_UNREAD)


@dataclass(frozen=True, slots=True)
class Materials:
    """Ids of required modules not done: ``open`` state 0, ``failed`` 3 or 4, ``unknown`` not in the answer (rule 3)."""

    total: int
    open: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()

    @property
    def done(self) -> int:
        """Number of required activities in state 1 or 2."""
        return self.total - len(self.open) - len(self.failed) - len(self.unknown)


@dataclass(frozen=True, slots=True)
class Attempts:
    """Quiz attempts: ``best`` is the highest scaled mark of a finished one, ``reached_at`` when it was handed in."""

    finished: int
    ungraded: int = 0
    best: Decimal | None = None
    reached_at: datetime | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A confirmed score from a file: ``version`` counts a participant's imported scores, ``import_id`` is the file's.

    ``raw`` is None where the file says that there is no score yet. ``materials_total`` None: the file says nothing.
    """

    version: int
    import_id: int
    raw: Decimal | None
    minimum: Decimal
    maximum: Decimal
    at: datetime | None = None
    materials_done: int | None = None
    materials_total: int | None = None
    line: int | None = None
    source: str = "import"


class Evidence(NamedTuple):
    """What was seen of one participant. None means *not read*, never *nothing there*; for ``imported``: no score."""

    grade: Grade = UNREAD_GRADE
    materials: Materials | None = None
    attempts: Attempts | None = None
    enrolment: Enrolment = Enrolment.ACTIVE
    imported: Imported | None = None

    @property
    def source(self) -> str:
        """Where the score comes from: "lms", or where that holds none "import" (a file) or "certificate" (rule 1)."""
        elsewhere = self.imported.source if self.imported else "import"
        attempted = self.attempts is not None and (self.attempts.best is not None or self.attempts.ungraded > 0)
        if self.grade.status in (GradeStatus.SCORE_NOT_IMPORTED, GradeStatus.IMPORT_UNCONFIRMED):
            return elsewhere
        held = attempted or self.grade.status not in SCORELESS
        return "lms" if held or self.imported is None else elsewhere
