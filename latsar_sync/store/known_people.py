"""What a run knows of everybody: their records as they are, or those of a large programme packed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

from sqlalchemy import Connection, Table, func, select

from latsar_sync.domain import packs
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.known_people import KnownPeople, PeopleInMemory
from latsar_sync.domain.many_people import ids_of
from latsar_sync.domain.packed_by_number import Positions
from latsar_sync.domain.packed_ids import Ids
from latsar_sync.domain.packs import InHand, Packs
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import ROWS_IN_HAND, batches, kind_of_row
from latsar_sync.store.participant_values import OUTCOMES, made, participants_of, record_of
from latsar_sync.store.participants import load_records, records_of
from latsar_sync.store.tables import decisions, evidence, identities, imported_scores, participants
from latsar_sync.store.tables.columns import OF_PROGRAMME, PlainDecimal, UtcDateTime, moment_of_text, number_of_text

PACKED_FROM = 50_000
"""From so many people on they are held packed: that takes a tenth longer, and a tenth of the memory."""


def _told_as(kind: type) -> frozenset[str]:
    """Return the columns of ``records_of`` that are of a type, as they are labelled."""
    tables: dict[str, Table] = {"p": participants, "i": identities, "e": evidence, "s": imported_scores, "d": decisions}
    return frozenset(
        f"{prefix}_{column.name}"
        for prefix, table in tables.items()
        for column in table.columns
        if isinstance(column.type, kind)
    )


MOMENTS, NUMBERS = _told_as(UtcDateTime), _told_as(PlainDecimal)

IDENTITY = ("p_source_user_id", "p_groups", "p_enrolment", "p_merged_into")
"""What tells who somebody is, with their internal id and all that ``identities`` has of them."""


NUMBER_OF = select(func.count()).where(participants.c.programme == OF_PROGRAMME)


def load_known(connection: Connection, programme: str) -> KnownPeople:
    """Return everybody's record as a run knows it: those of many people packed, since it looks at them all."""
    number = count_known(connection, programme)
    if number < PACKED_FROM:
        return PeopleInMemory(load_records(connection, programme))
    in_order = records_of(programme, plain=True).order_by(participants.c.site, participants.c.source_user_id)
    return PackedPeople(iter(connection.execute(in_order, execution_options={"yield_per": ROWS_IN_HAND})), number)


def count_known(connection: Connection, programme: str) -> int:
    """Count everybody of a programme."""
    return int(connection.execute(NUMBER_OF, {"of_programme": programme}).scalar_one())


class PackedPeople(KnownPeople):
    """Everybody's record, packed as rows of the database, and made anew whenever it is asked for.

    ``rows`` are those of ``records_of`` in the order of their user ids, with moments and numbers as their text; there
    are about ``number`` of them. Sites list people in that order, so that each pack is made out once whenever a run
    goes through everybody. Who somebody is, is packed by itself: most that go through everybody ask no more.
    """

    def __init__(self, rows: Iterator[Any], number: int) -> None:
        self._outcomes: Counter[Outcome | None] = Counter()
        self._ids = ids_of(number)
        self._who, self._rest = Packs(), Packs()
        self._who_names, self._rest_names = list[str](), list[str]()
        self._positions = Positions(self._packed(rows))
        self._held = bytearray(b"\1" * len(self._positions))
        ids = self._ids
        self._id_at: Callable[[int], str] = ids.at if isinstance(ids, Ids) else list(ids).__getitem__
        self._known_as, self._rows = InHand(self._participants_in), InHand(self._rows_in)

    def _packed(self, rows: Iterator[Any]) -> Iterator[int]:
        """Pack the rows; yield the user id of each."""
        for some in batches(rows, packs.TOGETHER):
            columns = dict(zip(some[0]._fields, zip(*some, strict=True), strict=True))
            for who in columns.pop("p_id"):
                self._ids.setdefault(who, who)
            judged = zip(columns["d_version"], columns["d_outcome"], columns["p_merged_into"], strict=True)
            for version, told, merged_into in judged:
                outcome = OUTCOMES[told] if version is not None else None
                if merged_into is None:
                    self._outcomes[outcome] += 1
            self._who_names = [name for name in columns if name in IDENTITY or name.startswith("i_")]
            self._rest_names = [name for name in columns if name not in self._who_names]
            self._who.append(columns[name] for name in self._who_names)
            self._rest.append(columns[name] for name in self._rest_names)
            yield from columns["p_source_user_id"]

    def __getitem__(self, user_id: int) -> Record:
        at = self._position_of(user_id)
        if at < 0:
            raise KeyError(user_id)
        return record_of(self._rows.at(at), self._known_as.at(at))

    def get(self, user_id: int, other: Any = None) -> Any:
        """Return the record of somebody known, else ``other``: without an error for each newcomer."""
        at = self._position_of(user_id)
        return other if at < 0 else record_of(self._rows.at(at), self._known_as.at(at))

    def __iter__(self) -> Iterator[int]:
        return compress(self._positions, self._held)

    def __len__(self) -> int:
        return sum(self._held)

    def __contains__(self, user_id: object) -> bool:
        return self._position_of(user_id) >= 0

    def participant(self, user_id: int) -> Participant | None:
        position = self._position_of(user_id)
        return self._known_as.at(position) if position >= 0 else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        who, _same, nip, *rest = participant
        told: Any = rest
        return Participant(who, person, person.raw_key if person.raw_key == nip else nip, *told)

    def let_go(self, user_id: int) -> None:
        position = self._position_of(user_id)
        self._held[position] = 0
        pack, together = position // packs.TOGETHER, packs.TOGETHER
        if not any(self._held[pack * together : (pack + 1) * together]):
            self._who.let_go(pack)
            self._rest.let_go(pack)

    def ids(self) -> Mapping[str, str] | Ids:
        return self._ids

    def outcomes(self) -> Counter[Outcome | None]:
        return self._outcomes

    def _position_of(self, user_id: object) -> int:
        position = self._positions.of(user_id)
        return position if position >= 0 and self._held[position] else -1

    def _participants_in(self, pack: int) -> list[Participant]:
        first = pack * packs.TOGETHER
        ids = map(self._id_at, range(first, min(first + packs.TOGETHER, len(self._positions))))
        columns = dict(zip(self._who_names, self._who.of(pack), strict=True))
        return list(participants_of({"p_id": ids} | {name: _values(name, each) for name, each in columns.items()}))

    def _rows_in(self, pack: int) -> list[Any]:
        columns = zip(self._rest_names, self._rest.of(pack), strict=True)
        return list(made(kind_of_row(tuple(self._rest_names)), (_values(*each) for each in columns)))


def _values(name: str, column: Any) -> Sequence[Any]:
    """Return the values of a pack's column, as ``Packs`` gives it: moments and numbers as such."""
    told = column if isinstance(column, list) else [column]
    if name in MOMENTS:
        told = list(map(moment_of_text, told))
    elif name in NUMBERS:
        told = list(map(number_of_text, told))
    return told if isinstance(column, list) else told * packs.TOGETHER
