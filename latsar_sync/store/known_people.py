"""What a run knows of everybody: their records as they are, or those of a large programme packed."""

import marshal
import zlib
from collections import Counter, namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import compress, repeat
from typing import Any

from sqlalchemy import Connection, Table, func, select

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.known_people import HeldPeople, KnownPeople
from latsar_sync.domain.many_people import ids_of
from latsar_sync.domain.packed import Places
from latsar_sync.domain.packed_by_id import Ids
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import batches, read_rows
from latsar_sync.store.participants import OUTCOMES, load_records, participant_of, record_of, records_of
from latsar_sync.store.tables import decisions, evidence, identities, imported_scores, participants
from latsar_sync.store.tables.columns import PlainDecimal, UtcDateTime, moment_of_text, number_of_text

PACKED_FROM = 50_000
"""From so many people on they are held packed: that takes a tenth longer, and a tenth of the memory."""

TOGETHER = 64
"""So many people are packed together. They are read from the database in the order in which a site lists them, so that
a run unpacks each pack once whenever it goes through everybody."""

PACKS_IN_HAND = 8
"""So many packs are kept unpacked."""


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


def load_known(connection: Connection, programme: str) -> KnownPeople:
    """Return everybody's record as a run knows it: those of many people packed, since it looks at them all."""
    number = count_known(connection, programme)
    if number < PACKED_FROM:
        return HeldPeople(load_records(connection, programme))
    in_order = records_of(programme, plain=True).order_by(participants.c.source_user_id)
    return PackedPeople(read_rows(connection, in_order), number)


def count_known(connection: Connection, programme: str) -> int:
    """Count everybody of a programme."""
    mine = select(func.count()).where(participants.c.programme == programme)
    return int(connection.execute(mine).scalar_one())


class PackedPeople(KnownPeople):
    """Everybody's record, packed as rows of the database, and made anew whenever it is asked for.

    ``rows`` are those of ``records_of`` in the order of their user ids, with moments and numbers as their text; there
    are about ``number`` of them. Who somebody is, is packed by itself: most that go through everybody ask no more.
    """

    def __init__(self, rows: Iterator[Any], number: int) -> None:
        self._outcomes: Counter[Outcome | None] = Counter()
        self._qualified = 0
        self._ids = ids_of(number)
        self._who, self._rest = _Packs(), _Packs()
        self._places = Places(self._packed(rows))
        self._held = bytearray(b"\1" * len(self._places))
        ids = self._ids
        self._id_at: Callable[[int], str] = ids.at if isinstance(ids, Ids) else list(ids).__getitem__
        self._known_as = _InHand(["p_id", *self._who.names], lambda pack: [self._id_column(pack), *self._who.of(pack)])
        self._rows = _InHand(
            ["p_id", *self._who.names, *self._rest.names],
            lambda pack: [self._id_column(pack), *self._who.of(pack), *self._rest.of(pack)],
        )

    def _packed(self, rows: Iterator[Any]) -> Iterator[int]:
        """Pack the rows; yield the user id of each."""
        for some in batches(rows, TOGETHER):
            columns = dict(zip(some[0]._fields, zip(*some, strict=True), strict=True))
            for who in columns.pop("p_id"):
                self._ids.setdefault(who, who)
            judged = zip(columns["d_version"], columns["d_outcome"], columns["p_merged_into"], strict=True)
            for version, told, merged_into in judged:
                outcome = OUTCOMES[told] if version is not None else None
                self._qualified += outcome is Outcome.QUALIFIED
                if merged_into is None:
                    self._outcomes[outcome] += 1
            who_they_are = {name: each for name, each in columns.items() if name in IDENTITY or name.startswith("i_")}
            self._who.append(who_they_are)
            self._rest.append({name: each for name, each in columns.items() if name not in who_they_are})
            yield from columns["p_source_user_id"]

    def __getitem__(self, user_id: int) -> Record:
        at = self._place_of(user_id)
        if at < 0:
            raise KeyError(user_id)
        return record_of(self._rows.at(at))

    def __iter__(self) -> Iterator[int]:
        return compress(self._places, self._held)

    def __len__(self) -> int:
        return sum(self._held)

    def __contains__(self, user_id: object) -> bool:
        return self._place_of(user_id) >= 0

    def participant(self, user_id: int) -> Participant | None:
        place = self._place_of(user_id)
        return participant_of(self._known_as.at(place)) if place >= 0 else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        nip = person.key if person.key == participant.nip else participant.nip
        return participant._replace(person=person, nip=nip)

    def let_go(self, user_id: int) -> None:
        place = self._place_of(user_id)
        self._held[place] = 0
        pack = place // TOGETHER
        if not any(self._held[pack * TOGETHER : (pack + 1) * TOGETHER]):
            self._who.let_go(pack)
            self._rest.let_go(pack)

    def ids(self) -> Mapping[str, str] | Ids:
        return self._ids

    def outcomes(self) -> Counter[Outcome | None]:
        return self._outcomes

    def qualified(self) -> int:
        return self._qualified

    def _place_of(self, user_id: object) -> int:
        place = self._places.of(user_id)
        return place if place >= 0 and self._held[place] else -1

    def _id_column(self, pack: int) -> Iterable[str]:
        return map(self._id_at, range(pack * TOGETHER, min((pack + 1) * TOGETHER, len(self._places))))


class _Packs:
    """Some columns of rows, ``TOGETHER`` rows in a pack, column by column: what all of a pack share is in it once."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self._packs: list[bytes] = []
        self._told: list[tuple[int, Callable[[str | None], Any]]] = []

    def append(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Put a pack behind the others."""
        if not self._packs:
            self.names = tuple(columns)
            self._told = [(place, moment_of_text) for place, name in enumerate(self.names) if name in MOMENTS]
            self._told += [(place, number_of_text) for place, name in enumerate(self.names) if name in NUMBERS]
        held = [each[0] if each.count(each[0]) == len(each) else each for each in columns.values()]
        self._packs.append(zlib.compress(marshal.dumps(held), 1))

    def of(self, pack: int) -> list[Iterable[Any]]:
        """Return the columns of a pack, moments and numbers as such."""
        held: list[Any] = marshal.loads(zlib.decompress(self._packs[pack]))  # noqa: S302  our own, of this very process
        for place, told in self._told:
            each = held[place]
            held[place] = list(map(told, each)) if isinstance(each, tuple) else told(each)
        return [each if isinstance(each, tuple | list) else repeat(each) for each in held]

    def let_go(self, pack: int) -> None:
        """Hold a pack no longer."""
        self._packs[pack] = b""


class _InHand:
    """Rows with columns of these names, unpacked by ``columns_of`` a pack; ``PACKS_IN_HAND`` of them are kept so."""

    def __init__(self, names: list[str], columns_of: Callable[[int], list[Iterable[Any]]]) -> None:
        kind: Any = namedtuple("Known", names)  # type: ignore[misc]  # its fields are known with the query
        self._make = kind._make
        self._columns_of = columns_of
        self._packs: dict[int, list[Any]] = {}

    def at(self, place: int) -> Any:
        """Return one row."""
        pack = place // TOGETHER
        rows = self._packs.get(pack)
        if rows is None:
            if len(self._packs) == PACKS_IN_HAND:
                del self._packs[next(iter(self._packs))]
            rows = self._packs[pack] = list(map(self._make, zip(*self._columns_of(pack), strict=False)))
        return rows[place % TOGETHER]
