"""A small cast for the tests of the pure folders: one programme of Latsar, its people, its two courses."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from latsar_sync.domain.decision import Basis, Decision, Gate, Outcome, Rules, Scale, Standing, Threshold
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import Activity, Evidence, Grade, GradeStatus, Materials
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead, Enrolled
from latsar_sync.domain.known_people import PeopleInMemory
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import CustomReportShown, Extent, HowFound, PeopleAndGrades, SourceReading
from latsar_sync.rules.material_gate import completion_of
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.records_after_reading import OnRecord, records_after_reading

WIB = timezone(timedelta(hours=7))
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=WIB)
TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)

AGENDA_1 = Activity(11, "Agenda I", "page")
AGENDA_2 = Activity(12, "Agenda II", "page")
AGENDA_3 = Activity(13, "Agenda III", "quiz")
REQUIRED = (AGENDA_1, AGENDA_2, AGENDA_3)

STUDENT, TEACHER = 5, 3
GROUP_I, GROUP_II = 71, 72


def day(number: int) -> datetime:
    """Return noon of a day of November 2026."""
    return datetime(2026, 11, number, 12, tzinfo=UTC)


def nip(number: int) -> str:
    """Return the valid NIP with this sequence number."""
    return f"199508172025042{number:03}"


def threshold(
    value: str = "70",
    scale: Scale = Scale.POINTS,
    version: int = 1,
    effective_from: datetime = NOW,
    by: str = "Rina Kusuma",
    recorded_at: datetime | None = None,
) -> Threshold:
    """Return a threshold that was recorded a day before it is in force, if not at another time."""
    recorded_at = recorded_at or effective_from - timedelta(days=1)
    return Threshold(version, Decimal(value), scale, "SK 893.3/12/2026", effective_from, by, recorded_at)


def rules(
    limit: Threshold | None = None,
    basis: Basis = Basis.GRADEBOOK,
    gated: bool = True,
    by_materials: bool = True,
    required: tuple[Activity, ...] = REQUIRED,
) -> Rules:
    return Rules(limit or (threshold() if gated else None), basis, gated, by_materials, required)


def codes(decision: Decision) -> list[str]:
    """Return the reasons of a decision by their codes."""
    return [reason.code for reason in decision.reasons]


def graded(
    raw: str,
    minimum: str | None = "0",
    maximum: str | None = "100",
    overridden: bool = False,
    at: datetime | None = None,
) -> Grade:
    low, high = (None if bound is None else Decimal(bound) for bound in (minimum, maximum))
    return Grade(GradeStatus.GRADED, Decimal(raw), low, high, overridden, at or day(1))


def done(*states: int) -> Materials:
    """Return the materials where the first required activities are in these states, the others in state 1."""
    seen = dict.fromkeys([activity.cmid for activity in REQUIRED], 1)
    seen |= dict(zip(seen, states, strict=False))
    return completion_of(seen, REQUIRED)


def evidence(raw: str = "80", materials: Materials | None = None) -> Evidence:
    """Return the evidence of somebody with this grade, and everything studied unless told otherwise."""
    return Evidence(graded(raw), done() if materials is None else materials)


def person(number: int, key: str | None = None, enrolment: Enrolment = Enrolment.ACTIVE) -> Person:
    """Return a participant of the MOOC whose user id and NIP end in ``number``."""
    nip_field = nip(number) if key is None else key
    return Person(number, f"Peserta {number}", nip_field, ("Angkatan I",), enrolment=enrolment)


def angkatan(
    name: str = "I",
    capacity: int | None = None,
    closes: date | None = None,
    course: str | None = "KLS",
) -> Angkatan:
    group = f"Angkatan {name}"
    return Angkatan(name, group, f"latsar:l3:{name}", group, "kelas", course, "idnumber", STUDENT, capacity, closes)


class Candidate(NamedTuple):
    """Somebody who may be placed, with what the placement list, a course and named persons say of them."""

    participant_id: str
    outcome: Outcome
    source_user_id: int
    reached_at: datetime | None
    score: Decimal | None
    groups: tuple[str, ...]
    listed: str | None
    seated: str | None
    admitted: bool
    moved: str | None
    lacks: frozenset[Gate]
    left: bool

    @property
    def standing(self) -> Standing:
        """Where they stand; the NIP is the name, for whoever needs one."""
        return Standing(
            self.participant_id,
            self.source_user_id,
            self.participant_id,
            self.groups,
            enrolled=not self.left,
            outcome=self.outcome,
            reached_at=self.reached_at,
            score=self.score,
            unmet=self.lacks,
        )


def candidate(
    name: str,
    source_user_id: int = 1,
    outcome: Outcome = Outcome.QUALIFIED,
    at: datetime | None = None,
    groups: tuple[str, ...] = ("Angkatan I",),
    score: str | None = None,
    listed: str | None = None,
    seated: str | None = None,
    admitted: bool = False,
    moved: str | None = None,
    lacks: Collection[Gate] = (Gate.MOOC,),
    left: bool = False,
) -> Candidate:
    points = None if score is None else Decimal(score)
    return Candidate(
        name, outcome, source_user_id, at, points, groups, listed, seated, admitted, moved, frozenset(lacks), left
    )


def placement(
    kind: str = "group",
    effect: str = "block",
    fill_from: date | None = None,
    approval_needed: bool = False,
    today: date = TODAY,
) -> Placement:
    return Placement(kind, effect, today, fill_from, approval_needed)


def entry(name: str, state: EntryState, angkatan: str | None = "I", reason: str | None = None) -> Entry:
    return Entry(name, state, angkatan, reason=reason)


def seen(
    user_id: int = 501, active: bool = True, roles: tuple[int, ...] = (STUDENT,), groups: tuple[int, ...] = (GROUP_I,)
) -> Enrolled:
    """Return somebody in the in-class course: an active student in the group of angkatan I unless told otherwise."""
    return Enrolled(user_id, active, frozenset(roles), frozenset(groups))


def classroom(
    *people: Enrolled,
    accounts: Mapping[str, tuple[AccountInClass, ...]] | None = None,
    groups: Mapping[str, int] | None = None,
) -> CourseAsRead:
    """Return the in-class course with these people; the account of NIP 1 is user 501 unless told otherwise."""
    return CourseAsRead(
        site="kelas",
        course_id=9,
        shortname="KLS-2026",
        enrolled={each.user_id: each for each in people},
        accounts={nip(1): (AccountInClass(501),)} if accounts is None else accounts,
        groups={"I": GROUP_I, "II": GROUP_II} if groups is None else groups,
    )


def reading_of(
    people: Sequence[Person],
    grades: Mapping[int, Grade] | None = None,
    materials: Mapping[int, Materials | None] | None = None,
    enrolments: bool = True,
    reported: Mapping[int, str] | None = None,
    looked_at: frozenset[int] | None = None,
    **more: Any,
) -> SourceReading:
    """Return a reading of these people; ``more`` are other values of ``SourceReading``."""
    extent, custom_report = Extent(looked_at=looked_at), CustomReportShown(reported or {})
    found = PeopleAndGrades(
        2,
        "MOOC",
        people,
        grades=grades or {},
        how_found=HowFound(suspended_read=enrolments),
        extent=extent,
        custom_report=custom_report,
    )
    return SourceReading(found, materials or {}, **more)


def judge(
    known: Mapping[int, Record],
    reading: SourceReading,
    by: Rules,
    moment: OnRecord,
    new_id: Callable[[], str],
) -> dict[int, Record]:
    """Return the records that a reading makes or touches, by user id in the MOOC."""
    given: dict[int, str] = {}

    def numbered(number: int) -> str:
        if number not in given:
            given[number] = new_id()
        return given[number]

    records = (after for _before, after in records_after_reading(PeopleInMemory(known), reading, by, moment, numbered))
    return {record.participant.person.user_id: record for record in records}
