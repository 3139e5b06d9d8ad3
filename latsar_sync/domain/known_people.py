"""Everybody whom a run knows, by user id in the source, looked at one by one."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.packed_by_id import Ids
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

    ``user_id``, ``key`` and ``name`` are those of ``Person``, ``report_row`` and ``materials_as_of`` those of
    ``Record``; ``codes`` are those of their decision's reasons, each between blanks. ``ungraded`` says that an attempt
    waits to be marked; ``score_as_of`` is when grade and attempts, whichever longer ago, were last read exactly.
    """

    user_id: int
    key: str | None
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

    Where a run may leave most of them as they are, ``briefs`` tell of everybody by user id, and records are read when
    they are asked for, best together (``look_at``). ``restless`` are then those whom it looks at whatever it reads.
    """

    briefs: Mapping[int, Brief] = {}
    restless: frozenset[int] = frozenset()

    def look_at(self, user_ids: Collection[int]) -> None:
        """Have the records of these at hand."""

    @abstractmethod
    def participant(self, user_id: int) -> Participant | None:
        """Return who is known by this user id, without what is known of them; None if nobody is."""

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

    @abstractmethod
    def qualified(self) -> int:
        """Count the records whose decision is that somebody qualifies."""


class HeldPeople(dict[int, Record], KnownPeople):
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

    def qualified(self) -> int:
        return sum(
            record.decision is not None and record.decision.outcome is Outcome.QUALIFIED for record in self.values()
        )
