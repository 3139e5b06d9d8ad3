"""What a run read of a programme's source, as plain frozen values in the order in which it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from latsar_sync.domain.evidence import (
    Activity,
    Attempts,
    Evaluation,
    Grade,
    Imported,
    Materials,
    OpenTo,
)
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import SourceIds


@dataclass(frozen=True, slots=True)
class HowWellRead:
    """How well a list of people was read: as ``moodle.course_people.CoursePeople`` says it."""

    whole: bool = True
    spoiled: Mapping[int, str] = field(default_factory=dict)
    twice: int = 0
    nameless: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signals:
    """What the site says of the time since the last good run.

    Visits from ``since`` on count (the site's clock), which is ``ahead`` of ours; ``visits`` is the last visit by user
    id. ``evaluation`` says that the evaluation changed for people who were not there; ``settings`` are the activities
    whose settings or questions changed, ``touched`` those in which anything did, by course-module id.
    """

    since: datetime
    ahead: timedelta
    visits: Mapping[int, datetime]
    evaluation: bool = False
    settings: frozenset[int] = frozenset()
    touched: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Extent:
    """Of whom a reading is: of everybody, or of fewer, and by what it was narrowed to them (rule 10).

    ``signals`` tell of whom something may have changed; ``exactly`` are read whatever these say, ``left_alone`` not,
    since the site told nothing of them before. ``looked_at`` are those, of whom was known before, that the reading is
    about, None for everybody: so many others stand ``as_known``, and carry no number that these carry. ``sparing`` says
    that what no visit tells was left to a later run.
    """

    signals: Signals | None = None
    exactly: frozenset[int] = frozenset()
    left_alone: frozenset[int] = frozenset()
    looked_at: frozenset[int] | None = None
    as_known: int = 0
    sparing: bool = False

    @property
    def reads_everything(self) -> bool:
        """Whether nothing tells what stayed as it was, so that all is read of whoever is looked at."""
        return self.signals is None


EVERYBODY = Extent()


@dataclass(frozen=True, slots=True)
class CustomReportShown:
    """What a custom report of the MOOC shows: the fingerprints of people's ``rows`` by user id, and how many have none.

    ``problem`` says why it tells nothing.
    """

    rows: Mapping[int, str] = field(default_factory=dict)
    missing: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HowFound:
    """How it was found out who is there; ``how_well_read`` is that of the list itself.

    ``only_ours`` says that nobody else was read, ``of_one`` that only the one person whom the run is about was looked
    for, and a few to compare. ``suspended_read`` says whether suspended enrolments were told apart, ``anybody`` whether
    a single person was seen, teachers included. ``groups_unseen`` are those of ours that do not show (yet),
    ``unfound`` are the numbers of a placement list that nobody who was seen carries.
    """

    how_well_read: HowWellRead = field(default_factory=HowWellRead)
    only_ours: bool = False
    of_one: bool = False
    suspended_read: bool = True
    anybody: bool = True
    groups_unseen: tuple[str, ...] = ()
    unfound: frozenset[str] = frozenset()

    @property
    def all_of_ours_alone(self) -> bool:
        """Whether all of ours were looked for, and nobody else."""
        return self.only_ours and not self.of_one


@dataclass(frozen=True, slots=True)
class WithoutGrade:
    """Whose grade is not told: ``unreadable`` says by user id why, of the ``refused`` the site told nothing."""

    unreadable: Mapping[int, str] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ActivitiesSeen:
    """What the account sees of the course's activities, where these are the requirement; ``shown`` None where not.

    ``shown`` are those of the contents, ``unseen`` those that other answers name besides. ``barred`` is by user id what
    is closed to somebody's groups, ``open_to`` by activity the groups that settle it (None where not everybody's are
    known); ``untold`` are the names of those of which it cannot be told to whom they are open.
    """

    shown: frozenset[int] | None = None
    unseen: tuple[Activity, ...] = ()
    barred: Mapping[int, frozenset[int]] = field(default_factory=dict)
    open_to: Mapping[int, OpenTo] | None = None
    untold: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleAndGrades:
    """The source as read: who is there, the evaluation, what is required of everybody, and the ``grades`` by user id.

    How well that was read is in ``how_found``, ``without_grade`` and ``activities``. By ``extent`` not everybody was
    read, and ``custom_report`` is what such a one shows of people; a reading of everything leaves both as they are.
    ``ids`` are those by which the next run guesses what it will ask; ``remarks`` are sentences of what a person should
    know.
    """

    course_id: int
    shortname: str
    people: Sequence[Person]
    evaluation: Evaluation | None = None
    required: tuple[Activity, ...] = ()
    grades: Mapping[int, Grade] = field(default_factory=dict)
    how_found: HowFound = field(default_factory=HowFound)
    without_grade: WithoutGrade = field(default_factory=WithoutGrade)
    activities: ActivitiesSeen = field(default_factory=ActivitiesSeen)
    extent: Extent = EVERYBODY
    custom_report: CustomReportShown = field(default_factory=CustomReportShown)
    site_time: datetime | None = None
    ids: SourceIds | None = None
    remarks: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many people there are, with those who stand as known."""
        return len(self.people) + self.extent.as_known


@dataclass(frozen=True, slots=True)
class SourceReading:
    """What a run judges by: people and grades as found, without those who were erased, and what is known besides."""

    as_read: PeopleAndGrades
    materials: Mapping[int, Materials | None] = field(default_factory=dict)
    """Of whoever was asked; None for whom the site rejected."""
    attempts: Mapping[int, Attempts | None] = field(default_factory=dict)
    """Of whoever was asked; None for whom the site rejected."""
    looks_for_everybody: bool = True
    """False when only the one whom a run is about was looked for: nobody is taken for gone then."""
    imported: Mapping[int, Imported] = field(default_factory=dict)
    """The confirmed scores of files."""
    unseen: tuple[Activity, ...] = ()
    """Activities that people's completion names and the course's contents do not."""
    aside: Mapping[int, str] = field(default_factory=dict)
    """People whose entry in the list could not be read, each with what was wrong."""
    unreadable: Mapping[int, str] = field(default_factory=dict)
    """People of whose grade, attempts or materials that is so, each with what was wrong."""
    elsewhere: frozenset[int] = frozenset()
    """People known from a time when the whole course was read, in no group of ours: they were not looked for, and stay
    what they were."""
    unanswered: tuple[tuple[int, int], ...] = ()
    """People (user id) about whom the site refused to answer, and when they were last asked (seconds since 1970)."""
    quiz_marks: Decimal | None = None
    """Those of all questions of the evaluation quiz together, None where no attempts were asked for."""
    criteria: tuple[str, ...] | None = None
    """Those of course completion, None where it is not the requirement, or nobody's was asked for."""
    partly: int = 0
    """Of how many the course counts as complete though one of its criteria is not met."""

    @property
    def people(self) -> Sequence[Person]:
        """Who is there, as read."""
        return self.as_read.people

    @property
    def grades(self) -> Mapping[int, Grade]:
        """What was read of them, by user id."""
        return self.as_read.grades

    @property
    def extent(self) -> Extent:
        """Of whom the reading is."""
        return self.as_read.extent

    @property
    def how_found(self) -> HowFound:
        """How it was found out who is there."""
        return self.as_read.how_found
