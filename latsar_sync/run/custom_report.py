"""What a report of the MOOC says of whom to ask, and how it stands in for the list of people in a quiet run (rule 10).

It never decides: whoever has a row is as known, whose row reads otherwise is asked, and who has a new row or none any
more is read as the course shows them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import number_form
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.custom_report import NEEDED, cells_of, look_up, read_report
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.source import persons_of
from latsar_sync.moodle.survey import SourceCourse, StandIn
from latsar_sync.moodle.visibility import ask_for_groups
from latsar_sync.rules.report_rows import Cells, Reported, compare

MOST_UNSETTLED = 100
"""New and missing people whom a quiet run looks up one by one; where they are more, it reads the list."""


@dataclass(slots=True)
class MoocReport:
    """One reading of the report ``number`` of a MOOC course, which tells nothing where that is None.

    ``known`` is by user id; ``strangers`` are fingerprints of keys in it that are known to be nobody's of ours,
    ``erased`` accounts that are taken for nobody.

    ``problem`` says why it cannot be used, once that was seen, ``stood_aside`` that the list had to be read besides.
    """

    client: MoodleClient
    wanted: SourceCourse
    number: int | None
    known: Mapping[int, Record]
    erased: Collection[int]
    strangers: frozenset[str]
    table: Sequence[Cells] = ()
    problem: str = ""
    stood_aside: bool = False

    @property
    def serves(self) -> bool:
        """Say whether the next run may count on it, and asks ahead for no list."""
        return not (self.problem or self.stood_aside)

    def read(self) -> None:
        """Read the rows; what goes wrong with them is only told."""
        if self.number is None:
            return
        if not self.client.supports(Function.RETRIEVE_REPORT):
            self.problem = _("{name}: the service lacks the function {function}.").format(
                name=self.client.name, function=Function.RETRIEVE_REPORT
            )
            return
        try:
            self.table = cells_of(read_report(self.client, self.number))
        except (RecordRejected, SiteRefuses, ConfigurationError) as error:
            self.problem = str(error)

    def of(self, people: Sequence[Person]) -> Reported | None:
        """Return what the report shows of people who were not erased; None where it is not about them."""
        if self.number is None or self.problem:
            return None
        people = [person for person in people if person.user_id not in self.erased]
        found = compare(self.table, people)
        if found is None and people:
            self.problem = _("{name}: the report {number} shows fewer than half of our people.").format(
                name=self.client.name, number=self.number
            )
        return found

    def changed(self, found: Reported | None) -> frozenset[int]:
        """Return whose row reads otherwise than when their values were last read exactly."""
        if found is None:
            return frozenset()
        return frozenset(
            user_id
            for user_id, row in found.rows.items()
            if user_id not in self.known or self.known[user_id].report_row != row
        )

    def stand_in(self, course: payloads.Course, modules: Mapping[int, payloads.Module]) -> StandIn | None:
        """Return the people of the course by the report and what is known; None where the list must be read.

        That is where the report cannot be used, shows too many changes, or groups decide what is asked of whom.
        """
        standing = self._stand_in(course, modules)
        self.stood_aside = standing is None
        return standing

    def _stand_in(self, course: payloads.Course, modules: Mapping[int, payloads.Module]) -> StandIn | None:
        people = [each.participant.person for each in self.known.values()]
        here = [person for person in people if person.enrolment is not Enrolment.ENDED]
        found = self.of(here)
        if found is None or ask_for_groups(modules.values()) or not all(map(self.client.supports, NEEDED)):
            return None
        strange = [key for key in found.strange if _mark_of(key) not in self.strangers]
        if len(strange) + len(found.missing) > MOST_UNSETTLED:
            return None
        key, roles = self.wanted.participant_key, self.wanted.roles
        try:
            read = (
                look_up(self.client, course.id, key, roles, strange, found.missing)
                if strange or found.missing
                else None
            )
        except LatsarError:
            return None  # whoever it is, the list tells
        if read is None:
            return StandIn(tuple(here), self.strangers)
        as_read = {person.user_id: person for person in persons_of(read.values(), key)}
        stay = [
            as_read.pop(person.user_id, person)
            for person in here
            if person.user_id not in found.missing or person.user_id in as_read or person.user_id in read.spoiled
        ]
        ours = {number_form(person.key or "") for person in as_read.values() if person.user_id not in self.erased}
        new = {_mark_of(each) for each in strange if number_form(each) not in ours}
        return StandIn((*stay, *as_read.values()), self.strangers | new, read.roll)


def _mark_of(key: str) -> str:
    """Return the fingerprint of a key: whose it is says nothing to anybody."""
    return sha256(number_form(key).encode()).hexdigest()[:12]
