"""An in-class course while it is filled, and the writes into it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.in_class import Angkatan, CourseAsRead, CourseKey, PushKind
from latsar_sync.run.report import RunReport
from latsar_sync.run.seats_by_courses import Entrant


@dataclass(slots=True)
class CourseWithEntrants:
    """One in-class course while it is filled: as it was read last, and the entrants for whom it goes on.

    ``error`` ended a round in it, ``ended`` all that is done in it. ``to_be_read_back`` is set
    after a round that sent something there, or may have.
    """

    key: CourseKey
    course: CourseAsRead
    entrants: list[Entrant]
    error: LatsarError | None = None
    to_be_read_back: bool = False
    ended: bool = False
    went_well: bool = True

    def take_groups(self, made: Mapping[str, int], all_angkatan: Iterable[Angkatan]) -> None:
        """Take the groups that were made for these angkatan, by their ids."""
        marks = {each.id: each.group_idnumber for each in all_angkatan if each.id in made}
        groups, idnumbers = {**self.course.groups, **made}, {**self.course.idnumbers, **marks}
        self.course = replace(self.course, groups=groups, idnumbers=idnumbers)

    def note(self, report: RunReport, error: LatsarError, ends: bool) -> None:
        """Note an error, which may end all that is done in the course."""
        report.problems.append(error)
        self.went_well, self.ended = False, self.ended or ends


class Write(NamedTuple):
    """One write into a course, of one kind, for an entrant: a group is made for the first who needs it."""

    kind: PushKind
    into: CourseWithEntrants
    entrant: Entrant

    @property
    def angkatan(self) -> Angkatan:
        """Whose group it is, or is to be."""
        return self.entrant.angkatan

    @property
    def entry(self) -> Entry:
        """The entry of the entrant as it was when this was to be sent."""
        return self.entrant.entry


def go_on_without_others(writes: Sequence[Write], batch: Sequence[Write]) -> None:
    """Let the people of those ``writes`` that are not in the ``batch`` be entrants of their course no more."""
    if len(batch) == len(writes):
        return
    stopped = {each.entry.participant_id for each in writes} - {each.entry.participant_id for each in batch}
    for into, _ in positions_by_course(writes):
        into.entrants = [each for each in into.entrants if each.entry.participant_id not in stopped]


def go_on_with(entries: Iterable[Entry], writes: Sequence[Write]) -> None:
    """Let the courses of writes go on with their people as these ``entries`` say; what they need next stays as it was
    read (``Entrant.next_write``).
    """
    as_now = {entry.participant_id: entry for entry in entries}
    for into, _ in positions_by_course(writes):
        into.entrants = [
            replace(each, entry=as_now.get(each.entry.participant_id, each.entry)) for each in into.entrants
        ]


def positions_by_course(writes: Sequence[Write]) -> list[tuple[CourseWithEntrants, list[int]]]:
    """Return the courses of some writes, each with the positions of its writes, in their order."""
    found: dict[CourseKey, tuple[CourseWithEntrants, list[int]]] = {}
    for position, write in enumerate(writes):
        found.setdefault(write.into.key, (write.into, []))[1].append(position)
    return list(found.values())
