"""Whom to ask, by a custom report of the MOOC, which in an incremental run stands in for the list of people (rule 10).

It never decides: whoever has a row is as known, whose row reads otherwise is asked, and who has a new row or none any
more is read as the course shows them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses
from latsar_sync.domain.known_people import RestingPeople
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import number_form
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import SourceIds
from latsar_sync.domain.source_as_read import CustomReportShown, PeopleAndGrades
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.custom_report import NEEDED, cells_of, look_up, read_page, read_report, report_call
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.mooc_values import SeenCourse, StandIn
from latsar_sync.moodle.standing_in import with_looked_up
from latsar_sync.moodle.visibility import ask_for_groups
from latsar_sync.rules.report_rows import Cells, Reported, ReportTable, by_key, compare_keys, is_newest_first
from latsar_sync.run.whom_to_look_for import KnownInMooc

MOST_UNSETTLED = 100
"""New and missing people whom an incremental run looks up one by one; where they are more, it reads the list."""
WHOLE_UP_TO = 5000
"""Rows that are read whole in every run: half a second of a real site."""
WHOLE_EVERY = timedelta(hours=1)
"""How often all rows of a longer report are read; between, those of whoever was in the course last."""
FRONT = 1000
"""Rows of one page of them."""
MOST_PAGES = 5
AS_IT_STOOD = 10
"""Rows of ours that read as before, by which it is known that no newer one stands behind them; one alone may be that of
somebody who came back within the minute."""


@dataclass(slots=True)
class CustomReport:
    """One reading of the custom report ``number`` of a MOOC course, which tells nothing where that is None.

    The ids of ``known_in_mooc`` say what the last run saw of the report: its order, and fingerprints of keys in it that
    are nobody's of ours. ``now`` is the time of the run, which reads all rows if it is a ``full_or_night`` one.

    ``problem`` says why it cannot be used, once that was seen, ``stood_aside`` that the list had to be read besides,
    ``part`` that the rows are those of whoever was in the course last; ``here`` are the people who were there before,
    ``keys`` their user ids by what stands for them in the report.
    """

    client: MoodleClient
    known_in_mooc: KnownInMooc
    number: int | None
    now: datetime
    full_or_night: bool
    table: ReportTable = field(default_factory=ReportTable)
    problem: str = ""
    stood_aside: bool = False
    part: bool = False
    here: Sequence[Person] | None = None
    keys: Mapping[str, Sequence[int]] | None = None

    @property
    def strangers(self) -> frozenset[str]:
        """Fingerprints of keys that are known to be nobody's of ours."""
        return frozenset(self.known_in_mooc.ids.strangers) if self.known_in_mooc.ids else frozenset()

    @property
    def first_call(self) -> Arguments | None:
        """The arguments by which it is asked for first; None where it was of no use last, or there is none."""
        if self.number is None:
            return None
        if not (
            self.known_in_mooc.ids.by_report
            if self.known_in_mooc.knows_the_course and self.known_in_mooc.ids
            else self.full_or_night
        ):
            return None
        return report_call(self.number, 0, FRONT) if self._begins_at_the_front else report_call(self.number)

    @property
    def _begins_at_the_front(self) -> bool:
        """Whether the rows of whoever was in the course last tell enough: in a long report, whole not long ago."""
        if self.full_or_night or self.known_in_mooc.ids is None or self.known_in_mooc.ids.newest_first <= WHOLE_UP_TO:
            return False
        return (
            timedelta(0)
            <= self.now - datetime.fromtimestamp(self.known_in_mooc.ids.report_at, self.now.tzinfo)
            < WHOLE_EVERY
        )

    @property
    def _rests(self) -> bool:
        """Whether most people may be left as they are."""
        return isinstance(self.known_in_mooc.known, RestingPeople)

    @property
    def serves(self) -> bool:
        """Say whether the next run may count on it, and asks ahead for no list."""
        return not (self.problem or self.stood_aside)

    def look_for_ours(self) -> None:
        """Find out by what ours are found in the first rows, if these are read: it takes no answer to do so."""
        if self._rests and self.first_call is not None and self._begins_at_the_front:
            self._keys(())

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
            self.part = self._begins_at_the_front and self._read_the_front(self.number)
            if not self.part:
                self.table = ReportTable(cells_of(read_report(self.client, self.number)))
        except (RecordRejected, SiteRefuses, ConfigurationError) as error:
            self.problem = str(error)

    def _read_the_front(self, number: int) -> bool:
        """Read the first rows until some read as they stood; say whether there were such, and so none newer behind."""
        ours, rows = self._keys(() if self._rests else self.known_in_mooc.not_erased(self._there())), list[Cells]()
        for page in range(MOST_PAGES):
            rows += cells_of(read_page(self.client, number, page, FRONT))
            table = ReportTable(rows)
            found = compare_keys(table, ours, part=True)
            if found is not None and len(found.rows) - len(self.changed(found)) >= AS_IT_STOOD:
                self.table = table
                return True
        return False

    def of(self, people: Sequence[Person]) -> Reported | None:
        """Return what the report shows of people who were not erased; None where it is not about them."""
        if self.number is None or self.problem:
            return None
        people = self.known_in_mooc.not_erased(people)
        ours = self._keys(people)
        found = compare_keys(self.table, ours, self.part)
        if found is None and (people or self._rests):
            self.problem = _("{name}: the report {number} shows fewer than half of our people.").format(
                name=self.client.name, number=self.number
            )
        return found

    def changed(self, found: Reported | None) -> frozenset[int]:
        """Return whose row reads otherwise than when their values were last read exactly."""
        if found is None:
            return frozenset()
        if isinstance(self.known_in_mooc.known, RestingPeople):
            rows = self.known_in_mooc.known.report_rows(found.rows.keys())
        else:
            rows = {
                each: self.known_in_mooc.known[each].report_row
                for each in found.rows
                if each in self.known_in_mooc.known
            }
        return frozenset(each for each, row in found.rows.items() if each not in rows or rows[each] != row)

    def remembered(self, ids: SourceIds, shown: Reported | None, visits: Mapping[int, datetime | None]) -> SourceIds:
        """Return the ids with what the next run is to know of the report, of which ``shown`` is what was read now.

        ``visits`` are people's last visits as the course shows them, none where they were not read: they prove in which
        order the rows stand.
        """
        before = self.known_in_mooc.ids.newest_first if self.known_in_mooc.ids else 0
        if shown is not None and self.part and self.known_in_mooc.ids:
            return replace(ids, by_report=self.serves, newest_first=before, report_at=self.known_in_mooc.ids.report_at)
        ordered = shown is not None and (is_newest_first(shown.rows, visits) if visits else before > 0)
        rows, at = (len(self.table), int(self.now.timestamp())) if ordered else (0, 0)
        return replace(ids, by_report=self.serves, newest_first=rows, report_at=at)

    def noted_in(self, as_read: PeopleAndGrades, visits: Mapping[int, datetime | None]) -> PeopleAndGrades:
        """Return the same with what the report shows of people, and what the next run is to know of it.

        ``visits`` as in ``remembered``.
        """
        shown = self.of(as_read.people)
        rows, missing = (shown.rows, len(shown.missing)) if shown else ({}, 0)
        ids = self.remembered(as_read.ids, shown, visits) if as_read.ids else None
        return replace(as_read, ids=ids, custom_report=CustomReportShown(rows, missing, self.problem))

    def stand_in(self, course: SeenCourse, exactly: Collection[object] = ()) -> StandIn | None:
        """Return the people of the course by the report and what is known; None where the list must be read.

        That is where the report cannot be used, shows too many changes, or groups decide what is asked of whom.
        ``exactly`` are looked at whatever is told.
        """
        few = self._rests and not (course.changes and course.changes.settings)
        found, stand_in = self.of(() if few else self._there()), None
        if found is not None and not ask_for_groups(course.modules.values()) and all(map(self.client.supports, NEEDED)):
            looked_at = None
            if few:
                touched = course.changes is not None and bool(course.changes.touched)
                looked_at = self.known_in_mooc.looked_at({*self.changed(found), *found.missing, *exactly}, touched)
            stand_in = self._with_looked_up(course.payload, looked_at, found)
        self.stood_aside = stand_in is None
        return stand_in

    def _with_looked_up(
        self, course: payloads.Course, looked_at: frozenset[int] | None, found: Reported
    ) -> StandIn | None:
        """Return who was there with those looked up who are new in the report, or missing in it."""
        key, strangers, changed = self.known_in_mooc.wanted.participant_key, self.strangers, self.changed(found)
        strange = [each for each in found.strange if _mark_of(each) not in strangers]
        # a row too many may be that of another account with the number
        shared = [each for each, theirs in found.several.items() if not changed.isdisjoint(theirs)]
        if len(strange) + len(shared) + len(found.missing) > MOST_UNSETTLED:
            return None
        here = self._there() if looked_at is None else self.known_in_mooc.those(looked_at)
        if not (strange or shared or found.missing):
            return self.known_in_mooc.standing_in(here, looked_at, strangers)
        try:
            read = look_up(
                self.client, course.id, key, self.known_in_mooc.wanted.roles, [*strange, *shared], found.missing
            )
        except LatsarError:
            return None  # whoever it is, the list tells
        now, known = with_looked_up(here, read, key, found.missing), {person.user_id for person in here}
        new = self.known_in_mooc.not_erased([person for person in now if person.user_id not in known])
        theirs = {number_form(person.raw_key or "") for person in new}
        others = {_mark_of(each) for each in strange if number_form(each) not in theirs}
        if self.known_in_mooc.erased:  # a key may be that of somebody of whom nothing is kept: it is looked up anew
            others = set()
        return self.known_in_mooc.standing_in(now, looked_at, strangers | others, read.how_well_read)

    def _there(self) -> Sequence[Person]:
        """Return whoever was in the course when it was read last."""
        if self.here is None:  # each record of a large course is made anew whenever it is asked for
            self.here = self.known_in_mooc.those(self.known_in_mooc.known)
        return self.here

    def _keys(self, people: Sequence[Person]) -> Mapping[str, Sequence[int]]:
        """Return the user ids of these people by their keys, where most stand as known of those too."""
        if not isinstance(self.known_in_mooc.known, RestingPeople):
            return by_key(people)
        if self.keys is None:
            self.keys = self.known_in_mooc.known.by_key()
        new = by_key(person for person in people if self.known_in_mooc.reads_otherwise(person))
        return {**self.keys, **{key: [*self.keys.get(key, ()), *ids] for key, ids in new.items()}} if new else self.keys


def _mark_of(key: str) -> str:
    """Return the fingerprint of a key: whose it is says nothing to anybody."""
    return sha256(number_form(key).encode()).hexdigest()[:12]
