"""Everybody whom a run knows, by user id in the source, looked at one by one."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.packed_ids import Ids
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Record


class JudgedBy(NamedTuple):
    """The versions of what somebody was judged by: threshold, required set, terms, and the rules themselves."""

    threshold: int | None
    required: int | None
    terms: int | None
    rules: str | None


class Brief(NamedTuple):
    """So much of somebody as tells whether they must be looked at: where they stand, and by what they were judged.

    ``user_id``, ``raw_key`` and ``name`` are those of ``Person``, ``report_row`` and ``materials_as_of`` those of
    ``Record``; ``codes`` are those of their decision's reasons, each between blanks. ``ungraded`` says that an attempt
    waits to be marked; ``score_as_of`` is when grade and attempts, whichever longer ago, were last read exactly.
    """

    user_id: int
    raw_key: str | None
    name: str
    standing: Standing
    judged_by: JudgedBy
    codes: str
    grade: GradeStatus | None
    report_row: str | None
    materials_as_of: datetime | None
    ungraded: bool
    score_as_of: datetime | None


class KnownPeople(Mapping[int, Record]):
    """Everybody's record by user id in the source; those of a large programme may be made anew whenever asked for.

    Records may be read when they are asked for, best together (``look_at``).
    """

    def look_at(self, user_ids: Collection[int], numbers: Collection[str] = ()) -> None:
        """Have the records of these at hand, and of whoever carries these ``numbers``."""

    def look_at_everybody(self) -> None:
        """Have everybody's record at hand, where a run about one person has to go through all."""

    @abstractmethod
    def participant(self, user_id: int) -> Participant | None:
        """Return who is known by this user id, without what is known of them; None if nobody is."""

    def participants(self) -> Iterator[tuple[int, Participant]]:
        """Go through who is known, by user id, without what is known of them: of very many that takes far less."""
        return ((user_id, each) for user_id in self if (each := self.participant(user_id)) is not None)

    @abstractmethod
    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        """Return a participant of whom a reading says the same as is known, so that each word is held once."""

    @abstractmethod
    def let_go(self, user_id: int) -> None:
        """Hold this one no longer."""

    @abstractmethod
    def ids(self) -> Mapping[str, str] | Ids:
        """Return the internal ids in the order of the people, each by itself."""

    @abstractmethod
    def outcomes(self) -> Counter[Outcome | None]:
        """Count people by their decision; an account that was merged into another is nobody of its own."""


class RestingPeople(KnownPeople):
    """Everybody where a run may leave most of them as they are: little is told of each before more is asked for.

    ``restless`` are those whom it looks at whatever it reads. ``briefs`` tell of everybody by user id, which takes
    longer than all else here.
    """

    restless: frozenset[int]

    @property
    @abstractmethod
    def briefs(self) -> Mapping[int, Brief]:
        """A line of everybody."""

    @property
    @abstractmethod
    def enrolled(self) -> Collection[int]:
        """Whose enrolment had not ended when they were last read, in their order."""

    @abstractmethod
    def nip_of(self, user_id: int) -> str | None:
        """Return the NIP that counts for somebody known."""

    @abstractmethod
    def carries(self, user_id: int, raw_key: str | None) -> bool:
        """Say whether somebody known was enrolled and carried this when they were last read."""

    @abstractmethod
    def by_key(self) -> Mapping[str, Sequence[int]]:
        """Return whoever was enrolled, by what they carry, in the form in which it is compared (``number_form``)."""

    @abstractmethod
    def sharing(self, numbers: Collection[str | None]) -> set[int]:
        """Return whoever carries one of these NIPs."""

    @abstractmethod
    def report_rows(self, user_ids: Collection[int]) -> Mapping[int, str | None]:
        """Return of those of these who are known the fingerprint of their row in a report."""

    @abstractmethod
    def waiting(self) -> Sequence[tuple[int, str]]:
        """Return who lacks only material, the longest unread first: user id and internal id."""

    @abstractmethod
    def shows_a_grade(self, user_id: int) -> bool:
        """Say whether it was told of somebody that there is a grade, or none."""

    @abstractmethod
    def preload_lines(self, user_ids: Collection[int]) -> None:
        """Have the lines of these at hand."""

    @abstractmethod
    def line(self, user_id: int) -> Brief:
        """Return the line of somebody known."""

    @abstractmethod
    def user_ids(self) -> Mapping[str, int]:
        """Return by internal id, in the order of the people, the user ids of all who are or were held."""


class StandingsOf(Mapping[str, Standing]):
    """Where everybody stands: as they were ``judged``, the others by the lines of ``known`` once they are asked for."""

    def __init__(self, known: RestingPeople, judged: Mapping[str, Standing]) -> None:
        """Take the judged, and the others who were not let go of since."""
        self._known, self._judged = known, judged
        self._known_ids = known.user_ids()

    def preload(self, people: Collection[str]) -> None:
        """Have these at hand."""
        self._known.preload_lines([at for who in people if (at := self._known_ids.get(who)) is not None])

    @cached_property
    def _everybody(self) -> Mapping[str, Standing]:
        lines = self._known.briefs
        known = {
            who: self._judged[who] if who in self._judged else lines[at].standing for who, at in self._known_ids.items()
        }
        return known | dict(self._judged)

    def __getitem__(self, who: str) -> Standing:
        return self._judged[who] if who in self._judged else self._known.line(self._known_ids[who]).standing

    def __contains__(self, who: object) -> bool:
        return who in self._judged or who in self._known_ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._everybody)

    def __len__(self) -> int:
        return len(self._known_ids.keys() | self._judged.keys())

    def outcomes(self) -> Counter[Outcome | None]:
        """Count people by their decision; an account that was merged into another is nobody of its own."""
        return self._known.outcomes() + Counter(each.outcome for each in self._judged.values() if not each.merged)


ONE_BY_ONE = 64
"""So many people are read singly; who asks for more goes through everybody."""


class PeopleInMemory(dict[int, Record], KnownPeople):
    """Everybody's record as it is."""

    def participant(self, user_id: int) -> Participant | None:
        record = self.get(user_id)
        return record.participant if record else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        return participant

    def let_go(self, user_id: int) -> None:
        del self[user_id]

    def ids(self) -> dict[str, str]:
        return {who: who for who in (record.participant.id for record in self.values())}

    def outcomes(self) -> Counter[Outcome | None]:
        people = (record for record in self.values() if record.participant.merged_into is None)
        return Counter(record.decision.outcome if record.decision else None for record in people)
