"""What a run knows of everybody: their records as they are, or those of a large programme packed."""

import marshal
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, select

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.known_people import HeldPeople, KnownPeople
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
    mine = select(func.count()).where(participants.c.programme == programme)
    if connection.execute(mine).scalar_one() < PACKED_FROM:
        return HeldPeople(load_records(connection, programme))
    in_order = records_of(programme, plain=True).order_by(participants.c.source_user_id)
    return PackedPeople(read_rows(connection, in_order))


class PackedPeople(KnownPeople):
    """Everybody's record, packed as rows of the database, and made anew whenever it is asked for.

    ``rows`` are those of ``records_of``, with moments and numbers as their text.
    """

    def __init__(self, rows: Iterator[Any]) -> None:
        self._pack_of: dict[int, int] = {}
        self._packs: list[bytes] = []
        self._left: list[int] = []
        self._ids: dict[str, str] = {}
        self._outcomes: Counter[Outcome | None] = Counter()
        self._qualified = 0
        names: tuple[str, ...] = ()
        for some in batches(rows, TOGETHER):
            self._row: Any = type(some[0])
            names = self._row._fields
            number = len(self._packs)
            for row in some:
                self._ids[row.p_id] = row.p_id
                self._pack_of[row.p_source_user_id] = number
                outcome = OUTCOMES[row.d_outcome] if row.d_version is not None else None
                self._qualified += outcome is Outcome.QUALIFIED
                if row.p_merged_into is None:
                    self._outcomes[outcome] += 1
            self._packs.append(zlib.compress(marshal.dumps([tuple(row) for row in some]), 1))
            self._left.append(len(some))
        self._moments = [place for place, name in enumerate(names) if name in MOMENTS]
        self._numbers = [place for place, name in enumerate(names) if name in NUMBERS]
        self._id, self._user_id = (names.index(each) if names else 0 for each in ("p_id", "p_source_user_id"))
        self._in_hand: dict[int, dict[int, tuple[Any, ...]]] = {}

    def __getitem__(self, user_id: int) -> Record:
        values = self._values(user_id)
        for place in self._moments:
            values[place] = moment_of_text(values[place])
        for place in self._numbers:
            values[place] = number_of_text(values[place])
        return record_of(self._row._make(values))

    def __iter__(self) -> Iterator[int]:
        return iter(self._pack_of)

    def __len__(self) -> int:
        return len(self._pack_of)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._pack_of

    def participant(self, user_id: int) -> Participant | None:
        return participant_of(self._row._make(self._values(user_id))) if user_id in self._pack_of else None

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        nip = person.key if person.key == participant.nip else participant.nip
        return participant._replace(person=person, nip=nip)

    def let_go(self, user_id: int) -> None:
        number = self._pack_of.pop(user_id)
        self._left[number] -= 1
        if not self._left[number]:
            self._packs[number] = b""

    def ids(self) -> dict[str, str]:
        return self._ids

    def outcomes(self) -> Counter[Outcome | None]:
        return self._outcomes

    def qualified(self) -> int:
        return self._qualified

    def _unpacked(self, number: int) -> dict[int, tuple[Any, ...]]:
        if number not in self._in_hand:
            if len(self._in_hand) == PACKS_IN_HAND:
                del self._in_hand[next(iter(self._in_hand))]
            rows = marshal.loads(zlib.decompress(self._packs[number]))  # noqa: S302  our own, of this very process
            self._in_hand[number] = {row[self._user_id]: row for row in rows}
        return self._in_hand[number]

    def _values(self, user_id: int) -> list[Any]:
        values = list(self._unpacked(self._pack_of[user_id])[user_id])
        values[self._id] = self._ids[values[self._id]]  # an internal id is held once
        return values
