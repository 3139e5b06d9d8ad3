"""What a run knows of everybody: their records as they are, or those of a large programme packed."""

import marshal
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import compress
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
    are about ``number`` of them.
    """

    def __init__(self, rows: Iterator[Any], number: int) -> None:
        self._packs: list[bytes] = []
        self._outcomes: Counter[Outcome | None] = Counter()
        self._qualified = 0
        self._row: Any = None
        self._ids = ids_of(number)
        self._places = Places(self._packed(rows))
        self._held = bytearray(b"\1" * len(self._places))
        names: tuple[str, ...] = self._row._fields if self._row else ()
        self._moments = [place for place, name in enumerate(names) if name in MOMENTS]
        self._numbers = [place for place, name in enumerate(names) if name in NUMBERS]
        self._id = names.index("p_id") if names else 0
        self._in_hand: dict[int, list[tuple[Any, ...]]] = {}

    def _packed(self, rows: Iterator[Any]) -> Iterator[int]:
        """Pack the rows; yield the user id of each."""
        for some in batches(rows, TOGETHER):
            self._row = type(some[0])
            for row in some:
                self._ids.setdefault(row.p_id, row.p_id)
                outcome = OUTCOMES[row.d_outcome] if row.d_version is not None else None
                self._qualified += outcome is Outcome.QUALIFIED
                if row.p_merged_into is None:
                    self._outcomes[outcome] += 1
                yield row.p_source_user_id
            self._packs.append(zlib.compress(marshal.dumps([tuple(row) for row in some]), 1))

    def __getitem__(self, user_id: int) -> Record:
        at = self._place_of(user_id)
        if at < 0:
            raise KeyError(user_id)
        values = self._values(at)
        for place in self._moments:
            values[place] = moment_of_text(values[place])
        for place in self._numbers:
            values[place] = number_of_text(values[place])
        return record_of(self._row._make(values))

    def __iter__(self) -> Iterator[int]:
        return compress(self._places, self._held)

    def __len__(self) -> int:
        return sum(self._held)

    def __contains__(self, user_id: object) -> bool:
        return self._place_of(user_id) >= 0

    def participant(self, user_id: int) -> Participant | None:
        place = self._place_of(user_id)
        return participant_of(self._row._make(self._values(place))) if place >= 0 else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        nip = person.key if person.key == participant.nip else participant.nip
        return participant._replace(person=person, nip=nip)

    def let_go(self, user_id: int) -> None:
        place = self._place_of(user_id)
        self._held[place] = 0
        pack = place // TOGETHER
        if not any(self._held[pack * TOGETHER : (pack + 1) * TOGETHER]):
            self._packs[pack] = b""

    def ids(self) -> Mapping[str, str] | Ids:
        return self._ids

    def outcomes(self) -> Counter[Outcome | None]:
        return self._outcomes

    def qualified(self) -> int:
        return self._qualified

    def _place_of(self, user_id: object) -> int:
        place = self._places.of(user_id)
        return place if place >= 0 and self._held[place] else -1

    def _values(self, place: int) -> list[Any]:
        pack = place // TOGETHER
        if pack not in self._in_hand:
            if len(self._in_hand) == PACKS_IN_HAND:
                del self._in_hand[next(iter(self._in_hand))]
            rows = marshal.loads(zlib.decompress(self._packs[pack]))  # noqa: S302  our own, of this very process
            self._in_hand[pack] = rows
        values = list(self._in_hand[pack][place % TOGETHER])
        values[self._id] = self._ids.get(values[self._id], values[self._id])  # an internal id is held once
        return values
