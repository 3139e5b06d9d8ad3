"""The words of the service as plain, frozen values. Nothing here reads a clock, a file, a site or a database.

What a run makes anew for everybody is a ``NamedTuple``, which is made faster than a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from latsar_sync.domain.reasons import Reason

RULE_VERSION = "1"
"""Changes whenever the rules of ``admission`` would judge the same evidence differently."""

FIVE_PLACES = Decimal("0.00001")


def quantise(number: Decimal) -> Decimal:
    """Return ``number`` half-up at Moodle's five places, which undoes a float's 69.995999999999995 and no more.

    Source: ``grade_grades.finalgrade`` is NUMERIC(10,5) (Moodle ``lib/db/install.xml``); rule 1.
    """
    return number if number.same_quantum(FIVE_PLACES) else number.quantize(FIVE_PLACES, rounding=ROUND_HALF_UP)


class Outcome(StrEnum):
    """What a decision says of a participant."""

    QUALIFIED = "qualified"
    NOT_YET = "not_yet"
    UNDETERMINED = "undetermined"
    HELD = "held"


class EntryState(StrEnum):
    """State of a roster entry (docs/rules.md)."""

    WAITLISTED = "waitlisted"
    PLANNED = "planned"
    PUSHED = "pushed"
    CONFIRMED = "confirmed"
    REVIEW = "review"
    WITHDRAWN = "withdrawn"


HOLDS_A_SEAT = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED, EntryState.REVIEW})


class Admission(StrEnum):
    """Why somebody is on the roster: by the rule, or by the programme's effect when the rule is unmet (rule 14)."""

    RULE = "rule"
    FILLED = "filled"
    WARNED = "warned"
    OVERRIDE = "override"


class Gate(StrEnum):
    """The gates that a programme can have: the MOOC (score and material), and required clearances (rules 12 to 14)."""

    MOOC = "mooc"
    CLEARANCE = "clearance"


class Origin(StrEnum):
    """Who put the person into the in-class course: this service, or somebody before it."""

    PUSHED = "pushed"
    FOUND = "found"


class RunOutcome(StrEnum):
    """How a run of one programme ended."""

    OK = "ok"
    PARTIAL = "partial"
    GUARDED = "guarded"
    FAILED = "failed"


class PushKind(StrEnum):
    """The writes that the service makes in an LMS."""

    ENROL = "enrol"
    MEMBERSHIP = "membership"
    GROUP = "group"


class PushState(StrEnum):
    """What is known of one attempted write."""

    SENDING = "sending"
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    CONFIRMED = "confirmed"
    ABSENT = "absent"


class Scale(StrEnum):
    """How a threshold counts: in the evaluation's own points, or in per cent of its range."""

    POINTS = "points"
    PERCENT = "percent"


class Basis(StrEnum):
    """Which score is judged: the gradebook's final grade, or the best finished attempt (rule 1)."""

    GRADEBOOK = "gradebook"
    BEST_ATTEMPT = "best_attempt"


class GradeStatus(StrEnum):
    """What was read of one participant's grade."""

    GRADED = "graded"
    NO_GRADE = "no_grade"
    UNREAD = "grade_unread"
    UNREADABLE = "record_unreadable"
    ITEM_MISSING = "grade_item_missing"
    HIDDEN = "grade_hidden"
    NEEDS_UPDATE = "grade_needs_update"
    NOT_IMPORTED = "score_not_imported"
    UNCONFIRMED = "import_unconfirmed"


SCORELESS = frozenset({GradeStatus.NO_GRADE, GradeStatus.NOT_IMPORTED, GradeStatus.UNCONFIRMED})
"""What was fully read and holds no score: only then may an imported one stand in (rule 1)."""


class Enrolment(StrEnum):
    """State of a participant's enrolment in the MOOC course."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The recorded threshold. Rows are never changed; ``version`` counts up within a programme."""

    version: int
    value: Decimal
    scale: Scale
    legal_basis: str
    effective_from: datetime
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True, order=True)
class Activity:
    """One tracked activity of the MOOC: course-module id, name, kind (``page``, ``quiz`` …)."""

    cmid: int
    name: str
    modname: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The evaluation as the LMS shows it. ``grade_to_pass`` is None where it cannot be read."""

    cmid: int
    instance: int
    modname: str
    name: str
    grade_min: Decimal | None
    grade_max: Decimal | None
    grade_to_pass: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Grade:
    """One participant's grade of the evaluation: ``raw`` in points at five places, None when there is none."""

    status: GradeStatus
    raw: Decimal | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    overridden: bool = False
    graded_at: datetime | None = None


UNREAD_GRADE = Grade(GradeStatus.UNREAD)


@dataclass(frozen=True, slots=True)
class Materials:
    """Course-module ids required, not done: ``open`` state 0, ``failed`` 3, ``unknown`` not in the answer (rule 3)."""

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


class Evidence(NamedTuple):
    """What was seen of one participant. None means *not read*, never *nothing there*; for ``imported``: no score."""

    grade: Grade = UNREAD_GRADE
    materials: Materials | None = None
    attempts: Attempts | None = None
    enrolment: Enrolment = Enrolment.ACTIVE
    imported: Imported | None = None

    @property
    def source(self) -> str:
        """Where the score comes from: "lms", or "import" where the LMS holds none (rule 1)."""
        attempted = self.attempts is not None and (self.attempts.best is not None or self.attempts.ungraded > 0)
        if self.grade.status in (GradeStatus.NOT_IMPORTED, GradeStatus.UNCONFIRMED):
            return "import"
        held = attempted or self.grade.status not in SCORELESS
        return "lms" if held or self.imported is None else "import"


@dataclass(frozen=True, slots=True)
class Person:
    """One account of the MOOC course that counts as a participant (rule 11). ``key`` is the raw NIP field."""

    user_id: int
    name: str
    key: str | None
    groups: tuple[str, ...] = ()
    institution: str = ""
    enrolment: Enrolment = Enrolment.ACTIVE


class Participant(NamedTuple):
    """A participant as known: ``nip`` checked, or ``corrected`` by a person; ``merged_into`` the one that counts."""

    id: str
    person: Person
    nip: str | None
    nip_reason: str | None = None
    nip_detail: str | None = None
    corrected: str | None = None
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a programme demands of evidence: threshold, basis and the recorded required set (rules 1 to 3).

    ``gated`` is False for the classical method, which has no MOOC gate (rule 13); ``materials`` False for mode "none".
    """

    threshold: Threshold | None
    basis: Basis = Basis.GRADEBOOK
    gated: bool = True
    materials: bool = True
    required: tuple[Activity, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one participant, with reasons. ``score`` is in the threshold's scale, at five places."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    score: Decimal | None = None
    reached_at: datetime | None = None
    materials_done: int | None = None
    materials_total: int | None = None


@dataclass(frozen=True, slots=True)
class Angkatan:
    """One angkatan: its place in the MOOC and in the in-class phase. ``course`` None: no in-class phase.

    ``starts`` is its first day in class, ``admission_closes`` the last on which anybody new is sent by the rule.
    """

    id: str
    group: str
    group_idnumber: str
    source_group: str | None = None
    site: str | None = None
    course: str | None = None
    target_key: str = "idnumber"
    role_id: int | None = None
    capacity: int | None = None
    admission_closes: date | None = None
    starts: date | None = None


class Entry(NamedTuple):
    """One participant's line on the roster. ``reason`` is the stable code that explains a state, None when plain.

    ``origin``: was ever seen in, or taken into, the course. ``late``: a late comer (susulan). ``lifted``: a person
    lifted a review or withdrawal, and what lacks is not sent yet. ``seated``: sat in the group before seats were given.
    """

    participant_id: str
    state: EntryState
    angkatan: str | None
    admission: Admission = Admission.RULE
    reason: str | None = None
    reached_at: datetime | None = None
    order_id: int = 0
    origin: Origin | None = None
    site: str | None = None
    course_id: int | None = None
    course: str | None = None
    target_user_id: int | None = None
    group_id: int | None = None
    group: str | None = None
    approved_by: str | None = None
    late: bool = False
    lifted: bool = False
    seated: bool = False

    def having(self, **changes: Any) -> "Entry":
        """Return the entry with these changes: itself if it has them, as of a whole roster nearly every one does."""
        for name, value in changes.items():
            if getattr(self, name) != value:
                return self._replace(**changes)
        return self


@dataclass(frozen=True, slots=True)
class TargetAccount:
    """An account on the target site that carries a participant's key."""

    user_id: int
    suspended: bool = False
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody found in an in-class course: active or not, with role ids and group ids."""

    user_id: int
    active: bool
    role_ids: frozenset[int] = frozenset()
    group_ids: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class TargetCourse:
    """An in-class course, fully read: who is there, and which group belongs to which angkatan.

    ``accounts`` are by NIP, ``groups`` and ``idnumbers`` by angkatan id, ``other_groups`` of other programmes,
    ``carried`` by profile field and user id. ``methods`` are on. ``whole``: nobody lacks; ``unread`` cannot be told of.
    """

    site: str
    course_id: int
    shortname: str
    enrolled: Mapping[int, Enrolled]
    methods: frozenset[str] = frozenset({"manual"})
    accounts: Mapping[str, tuple[TargetAccount, ...]] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    other_groups: frozenset[int] = frozenset()
    carried: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    whole: bool = True
    unread: frozenset[int] = frozenset()
    unread_keys: frozenset[str] = frozenset()
    idnumbers: Mapping[str, str] = field(default_factory=dict)
