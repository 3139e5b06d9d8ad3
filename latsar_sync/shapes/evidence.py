"""The shapes of what was seen of one person: grade, materials, attempts, and when each was read."""

from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.evidence import Evidence, Grade, GradeStatus
from latsar_sync.domain.participant import Enrolment
from latsar_sync.shapes.fields import DecimalText, Moment, moment, number, told
from latsar_sync.shapes.participants import ReadAtShape
from latsar_sync.store.listings import Row


class MaterialsShape(TypedDict):
    """The required activities: how many are done, and which are not (course-module ids; names in ``person export``)."""

    done: int
    total: int
    open: list[int] | list[str]
    failed: list[int] | list[str]
    unknown: list[int] | list[str]


class AttemptsShape(TypedDict):
    """The attempts of the quiz; ``best`` is scaled to its maximum."""

    finished: int
    ungraded: int
    best: DecimalText | None
    reached_at: Moment | None


class SeenShape(TypedDict):
    """What was seen in one reading; the grade is that of the source that counts."""

    source: str
    version: int
    enrolment: Enrolment
    seen_at: Moment
    grade_status: GradeStatus
    grade: DecimalText | None
    grade_min: DecimalText | None
    grade_max: DecimalText | None
    overridden: bool
    graded_at: Moment | None
    materials: MaterialsShape | None
    attempts: AttemptsShape | None


class _AsOf(TypedDict):
    as_of: Moment | None


class EvidenceShape(SeenShape, _AsOf, ReadAtShape):
    """The evidence that the decision in force rests on; ``as_of`` is when its oldest part was last read.

    ``grade_as_of``, ``materials_as_of`` and ``attempts_as_of`` say when each part was last read exactly; null if never,
    or if nobody is judged by it.
    """


def seen_json(stored: Row, zone: ZoneInfo) -> SeenShape:
    """What was seen in one reading; the grade is that of the source that counts, an imported score stands beside it."""
    evidence: Evidence = stored["evidence"]
    grade, materials, attempts, imported = evidence.grade, evidence.materials, evidence.attempts, evidence.imported
    if evidence.source != "lms" and imported is not None:
        status = GradeStatus.NO_GRADE if imported.raw is None else GradeStatus.GRADED
        grade = Grade(status, imported.raw, imported.minimum, imported.maximum, graded_at=imported.at)
    return {
        "source": evidence.source,
        "version": stored["version"],
        "enrolment": evidence.enrolment,
        "seen_at": told(stored["seen_at"], zone),
        "grade_status": grade.status,
        "grade": number(grade.raw),
        "grade_min": number(grade.minimum),
        "grade_max": number(grade.maximum),
        "overridden": grade.overridden,
        "graded_at": moment(grade.graded_at, zone),
        "materials": None
        if materials is None
        else {
            "done": materials.done,
            "total": materials.total,
            "open": list(materials.open),
            "failed": list(materials.failed),
            "unknown": list(materials.unknown),
        },
        "attempts": None
        if attempts is None
        else {
            "finished": attempts.finished,
            "ungraded": attempts.ungraded,
            "best": number(attempts.best),
            "reached_at": moment(attempts.reached_at, zone),
        },
    }
