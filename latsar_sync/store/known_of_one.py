"""What a run about one person knows of a large programme: them, whoever has to do with them, and counts of the others.

Where everybody stands is read only if the seat of the one depends on it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from json import dumps
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Text, cast, exists, func, or_, select

from latsar_sync.domain.decision import NO_GATES, Outcome, Standing
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.known_people import KnownPeople
from latsar_sync.domain.nip import BORN
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.standings_of_one import Sought, StandingsOfOne
from latsar_sync.store.brief_lines import gates_of_text
from latsar_sync.store.bulk import batches, read_rows
from latsar_sync.store.database import Database
from latsar_sync.store.erasure import erased_people
from latsar_sync.store.participant_values import ENROLMENTS, OUTCOMES, listed, records_in
from latsar_sync.store.participants import load_records, records_of
from latsar_sync.store.tables import decisions, identities, participants, roster_entries
from latsar_sync.store.tables.columns import OF_PROGRAMME, moment_of_text, number_of_text

OTHERS = 18 - BORN
"""So many digits of a NIP follow the birth date."""


class KnownOfOne(KnownPeople):
    """The records of whoever has to do with one person, as they stood when each was first asked for.

    Gone through are those alone who were: the accounts of the ``nip``, some ``beside`` them who are enrolled, with all
    who carry or carried a number of these or are merged with one of them, of those whom named persons decided about
    (``bound``) too. Of each user id that is asked for the same is read.
    """

    def __init__(
        self,
        database: Database,
        programme: str,
        site: str,
        connection: Connection,
        nip: str,
        bound: Collection[str],
        beside: int,
    ) -> None:
        self._database, self._programme, self._site = database, programme, site
        self._records: dict[int, Record] = {}
        self._ids: dict[str, str] = {}
        self._asked = set[int]()
        self._numbers = set[str]()
        self._is_whole = False
        counted = _counted(connection, programme)
        self._number = counted.total()
        self._outcomes = Counter[Outcome | None]()
        for (merged, outcome), number in counted.items():
            if not merged:
                self._outcomes[OUTCOMES[outcome] if outcome is not None else None] += number
        self._before = Counter[Outcome | None]()
        self._merged = connection.execute(_merged(programme)).all() if any(merged for merged, _ in counted) else []
        self._have(connection, self._owners_of_before(connection, bound), {nip})
        # with the site SQLite takes them as they stand in an index
        here = participants.c.site == site, participants.c.enrolment != str(Enrolment.ENDED)
        first = _user_ids(programme, some=False).where(*here)
        first = first.order_by(participants.c.source_user_id).limit(beside + len(self._records))
        self._have(connection, connection.execute(first).scalars())

    def _owners_of_before(self, connection: Connection, bound: Collection[str]) -> Iterator[int]:
        """Yield the user ids of those of these whose account carried another number before."""
        of_another = _user_ids(self._programme).where(identities.c.owner_nip.is_not(None))
        for some in batches(bound):
            yield from connection.execute(of_another.where(participants.c.id.in_(some))).scalars()

    def _have(self, connection: Connection, user_ids: Iterable[int], numbers: Iterable[str] = ()) -> None:
        wanted, carried = set(user_ids), set(numbers)
        while not self._is_whole:
            carried -= self._numbers
            for some in batches(carried):
                carrying = _user_ids(self._programme).where(identities.c.nip.in_(some))
                wanted |= set(connection.execute(carrying).scalars())
            self._numbers |= carried
            wanted -= self._asked
            if not wanted:
                break
            self._asked |= wanted
            for these in batches(wanted):
                of_these = participants.c.site == self._site, participants.c.source_user_id.in_(these)
                chosen = records_of(self._programme).where(*of_these)
                for _user_id, record in records_in(read_rows(connection, chosen)):
                    self._take(record)
                    each = record.participant
                    numbers_of = each.nip, each.corrected, each.owner.nip if each.owner else None
                    carried |= {number for number in numbers_of if number is not None}
            merged = (each for each in self._merged if not wanted.isdisjoint(each))
            wanted = {user_id for each in merged for user_id in each}

    def _take(self, record: Record) -> None:
        self._records[record.participant.person.user_id] = record
        self._ids[record.participant.id] = record.participant.id
        if record.participant.merged_into is None:
            self._before[record.decision.outcome if record.decision else None] += 1

    def look_at(self, user_ids: Collection[int], numbers: Collection[str] = ()) -> None:
        if self._is_whole or (self._asked.issuperset(user_ids) and self._numbers.issuperset(numbers)):
            return
        with self._database.reading() as connection:
            self._have(connection, user_ids, numbers)

    def look_at_everybody(self) -> None:
        if not self._is_whole:
            with self._database.reading() as connection:
                for user_id, record in load_records(connection, self._programme).items():
                    if user_id not in self._asked:
                        self._take(record)
            self._is_whole = True

    def __getitem__(self, user_id: int) -> Record:
        self.look_at([user_id])
        return self._records[user_id]

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, user_id: object) -> bool:
        if isinstance(user_id, int):
            self.look_at([user_id])
        return user_id in self._records

    def participant(self, user_id: int) -> Participant | None:
        return self[user_id].participant if user_id in self else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        return participant

    def let_go(self, user_id: int) -> None:
        del self._records[user_id]

    def ids(self) -> dict[str, str]:
        return self._ids

    def outcomes(self) -> Counter[Outcome | None]:
        return self._outcomes

    def standings(self, judged: Mapping[str, Standing]) -> StandingsOfOne:
        """Return where everybody stands, in the order in which all who are known are gone through, the new ones last;
        those whose records are held, or were let go of, as they were ``judged``."""
        others = self._outcomes.copy()
        others.subtract(self._before)
        near = dict(sorted(judged.items(), key=lambda each: (each[0] not in self._ids, each[1].source_user_id)))
        return StandingsOfOne(near, self._number + len(near) - len(self._ids), others, self._read_standings)

    def _read_standings(self, sought: Sought | None) -> Iterator[Standing]:
        """Go through where whoever is sought stands, or everybody, as it is recorded now, in the order of user ids."""
        with self._database.reading() as connection:
            if sought is None:
                everybody = _standings_of(self._programme).order_by(participants.c.source_user_id)
                yield from map(_standing, read_rows(connection, everybody))
                return
            some = chain(
                map(_standings_of(self._programme, some=True).where, _named_in(sought)),
                map(_standings_of(self._programme).where, _told_by(sought)),
            )
            found = {row.id: _standing(row) for each in some for row in read_rows(connection, each)}
        yield from sorted(found.values(), key=attrgetter("source_user_id"))


def _standing(row: Any) -> Standing:
    outcome = None if row.outcome is None else OUTCOMES[row.outcome]
    return Standing(
        row.id,
        row.source_user_id,
        row.nip,
        listed(row.groups),
        ENROLMENTS[row.enrolment] is not Enrolment.ENDED,
        row.merged_into is not None,
        outcome,
        moment_of_text(row.reached_at),
        number_of_text(row.score),
        gates_of_text(row.reason_codes) if outcome is Outcome.NOT_YET else NO_GATES,
    )


def _named_in(sought: Sought) -> Iterator[Any]:
    """Yield conditions of which each person who is named fulfils one."""
    for column, values in ((participants.c.id, sought.people), (identities.c.nip, sought.numbers)):
        for some in batches(values):
            yield column.in_(some)
    for day in sought.born:
        yield identities.c.nip.between(day + "0" * OTHERS, day + "9" * OTHERS)


def _told_by(sought: Sought) -> Iterator[Any]:
    """Yield conditions of which whoever else is sought fulfils one; more people may."""
    p, d, r = participants.c, decisions.c, roster_entries.c
    for group in sought.groups:
        yield cast(p.groups, Text).contains(dumps(group), autoescape=True)
    if sought.outcomes:
        confirmed = exists().where(r.participant_id == p.id, r.state == str(EntryState.CONFIRMED), r.reason.is_(None))
        yield or_(p.merged_into.is_not(None), d.outcome.in_(sorted(map(str, sought.outcomes))) & ~confirmed)


def _of_all(chosen: Any, programme: str, some: bool = False) -> Any:
    """Return a query about a programme's people; of ``some``, whose ids or NIPs it names, SQLite would go through all
    of the programme if it could look that up.
    """
    theirs = participants.c.programme.concat("") if some else participants.c.programme
    return (
        chosen.select_from(participants)
        .join(identities, identities.c.participant_id == participants.c.id)
        .where(theirs == programme)
    )


def _with_decisions(chosen: Any, programme: str, some: bool = False) -> Any:
    p, d = participants.c, decisions.c
    current = (d.participant_id == p.id) & (d.version == p.decision_version)
    return _of_all(chosen, programme, some).outerjoin(decisions, current)


def _user_ids(programme: str, some: bool = True) -> Any:
    return _of_all(select(participants.c.source_user_id), programme, some)


_BY_DECISION = participants.c.merged_into, participants.c.outcome
_ALL = select(*_BY_DECISION, func.count()).where(participants.c.programme == OF_PROGRAMME).group_by(*_BY_DECISION)
"""Everybody, in the order of an index that holds all of it: to look up who has an identity takes ten times as long."""


def _counted(connection: Connection, programme: str) -> Counter[tuple[bool, str | None]]:
    """Count everybody by whether they were merged into others, and their decision; whoever was erased is none."""
    counted = Counter[tuple[bool, str | None]]()
    for merged_into, outcome, number in connection.execute(_ALL, {OF_PROGRAMME.key: programme}):
        counted[merged_into is not None, outcome] += number
    for some in batches(erased_people(connection, programme).values()):
        gone = connection.execute(select(*_BY_DECISION).where(participants.c.id.in_(some)))
        counted.subtract((merged_into is not None, outcome) for merged_into, outcome in gone)
    return +counted


def _merged(programme: str) -> Any:
    """Return the query for the accounts that were merged, each with the one that it was merged into."""
    into = participants.alias()
    both = select(participants.c.source_user_id, into.c.source_user_id)
    return both.join(into, into.c.id == participants.c.merged_into).where(participants.c.programme == programme)


def _standings_of(programme: str, some: bool = False) -> Any:
    p, i, d = participants.c, identities.c, decisions.c
    line = select(
        *(p.id, p.source_user_id, i.nip, cast(p.groups, Text).label("groups"), p.enrolment, p.merged_into),
        *(d.outcome, cast(d.reached_at, Text).label("reached_at"), cast(d.score, Text).label("score"), p.reason_codes),
    )
    return _with_decisions(line, programme, some)
