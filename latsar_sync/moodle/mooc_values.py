"""What is asked of a MOOC course and what comes of it, as plain values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import Checkpoint, SourceIds
from latsar_sync.domain.source_as_read import EVERYBODY, Extent, HowFound, HowWellRead
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.payloads import Course, Module
from latsar_sync.rules.signals import Changes


@dataclass(frozen=True, slots=True)
class SourceCourse:
    """What of the MOOC course to read: ``item`` is the evaluation's course-module idnumber, or ``cmid`` its id.

    ``mode`` is "activities", "course" or "none"; ``include`` and ``exclude`` are course-module ids. ``gated`` False
    reads people only (rule 13). ``groups`` are the names of all the groups in which our people are, none where anybody
    in the course may be ours; ``nips`` the numbers of a list that says who is ours, None where none does.
    ``believed`` is the evaluation as everybody was read last, None where everybody is read now.
    """

    course: str
    participant_key: str
    roles: tuple[str, ...]
    item: str | None = None
    cmid: int | None = None
    gated: bool = True
    mode: str = "activities"
    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    groups: tuple[str, ...] = ()
    nips: frozenset[str] | None = None
    believed: Evaluation | None = None

    @property
    def fields(self) -> str:
        """The fields that are asked of people in a list."""
        return f"id,{self.participant_key},roles,groups,institution,lastcourseaccess"

    @property
    def names_ours(self) -> bool:
        """Whether it is known who is ours, so that nobody else has to be read."""
        return self.nips is not None or bool(self.groups)


class WayOfReading(StrEnum):
    """By which way people of a course are found: those of a list by their NIP, those of our groups, or everybody."""

    BY_LIST = "by list"
    BY_GROUP = "by group"
    WHOLE_COURSE = "whole course"

    @property
    def only_ours(self) -> bool:
        """Whether nobody but our people is read."""
        return self is not WayOfReading.WHOLE_COURSE


@dataclass(frozen=True, slots=True)
class StandIn:
    """The people of a course by a custom report or by its short list, where the list of them is not read.

    ``strangers`` are fingerprints of who is in it and nobody's of ours, ``how_well_read`` says of whom something could
    not be read. Where by ``extent`` only some of those known are looked at, of ``people`` are these and who is new.
    ``visits`` are everybody's as the short list tells them, None by a custom report.
    """

    people: Sequence[Person]
    strangers: frozenset[str] = frozenset()
    how_well_read: HowWellRead = field(default_factory=HowWellRead)
    extent: Extent = EVERYBODY
    visits: Mapping[int, datetime | None] | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """Whom a reading of the course expects, by what is known.

    ``people`` are the groups, by user id, of those of ours who were there: whoever does not show is looked for.
    ``lookup`` are the NIPs of a list whose accounts are asked for. With ``checkpoint`` what changed since is read too.
    ``ids`` are those that an earlier run found; where one of them tells what to ask first, it is asked first.
    """

    people: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    lookup: frozenset[str] = frozenset()
    checkpoint: Checkpoint | None = None
    ids: SourceIds | None = None


@dataclass(frozen=True, slots=True)
class SeenCourse:
    """The course as Moodle shows it (``payload``), before its people are read, with its activities by course-module id.

    ``site_time`` is the site's clock then, None if the site tells none; ``changes`` are what happened since
    ``checkpoint``, None where that is not asked or cannot be told, and ``attempts_told`` whether new attempts stand in
    them.
    """

    payload: Course
    modules: Mapping[int, Module]
    site_time: datetime | None
    checkpoint: Checkpoint | None = None
    changes: Changes | None = None
    attempts_told: bool = False


@dataclass(frozen=True, slots=True)
class SeenPeople:
    """The people of the course before any grade is read, and how they were found.

    ``members`` are the user ids of each group, ``group_names`` what it is called, by its id. ``visits`` is each
    person's last visit by user id, None where it does not show. ``our_groups`` are the groups that were read where
    nobody but our people was, None otherwise; ``by_report`` says that people are known by a custom report only.
    ``ids``, ``how_found`` and ``extent`` are those of ``PeopleAndGrades``.
    """

    course: SeenCourse
    people: Sequence[Person]
    members: Mapping[int, frozenset[int]]
    group_names: Mapping[int, str]
    visits: Mapping[int, datetime | None]
    ids: SourceIds
    how_found: HowFound
    our_groups: frozenset[int] | None = None
    by_report: bool = False
    extent: Extent = EVERYBODY

    @property
    def members_asked(self) -> Mapping[int, frozenset[int]]:
        """The members of those groups about whose people anything may be asked."""
        if self.our_groups is None:
            return self.members
        return {group: self.members[group] for group in self.our_groups & self.members.keys()}

    @property
    def number(self) -> int:
        """How many people there are, with those who stand as known."""
        return len(self.people) + self.extent.as_known


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """Who was found in the course: everybody, or nobody but our people.

    ``active`` are the user ids of active enrolments, None where that was not read. ``group_ids`` are the groups that
    were read, ``groups_unseen`` the names of those that do not show and never had anybody; ``looked_up`` are the people
    of whom no visit is told. ``unread_nips`` are those of a list whose accounts could not be read.
    """

    enrolled: CoursePeople
    active: Collection[int] | None
    group_ids: frozenset[int] = frozenset()
    groups_unseen: tuple[str, ...] = ()
    looked_up: frozenset[int] = frozenset()
    unread_nips: frozenset[str] = frozenset()
