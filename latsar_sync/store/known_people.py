"""What a run knows of everybody: their records as they are, or those of a large programme packed."""

import marshal
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Table, func, select

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import HeldPeople, KnownPeople, Record
from latsar_sync.store.bulk import read_rows
from latsar_sync.store.participants import OUTCOMES, load_records, participant_of, record_of, records_of
from latsar_sync.store.tables import decisions, evidence, identities, imported_scores, participants
from latsar_sync.store.tables.columns import PlainDecimal, UtcDateTime, moment_of_text, number_of_text

PACKED_FROM = 50_000
"""From so many people on they are held packed: that takes a fifth longer, and a third of the memory."""


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

OWN = frozenset({"p_id", "p_report_row", "i_raw_key", "i_nip", "i_name", "i_email", "i_corrected_nip"})
"""The columns that say something else of everybody."""

DIFFERENT_TEXTS = 50_000
"""So many texts are held once; what comes after them stands in each row."""


def load_known(connection: Connection, programme: str) -> KnownPeople:
    """Return everybody's record as a run knows it: those of many people packed, since it looks at them all."""
    mine = select(func.count()).where(participants.c.programme == programme)
    if connection.execute(mine).scalar_one() < PACKED_FROM:
        return HeldPeople(load_records(connection, programme))
    return PackedPeople(read_rows(connection, records_of(programme, plain=True)))


class PackedPeople(KnownPeople):
    """Everybody's record, each as the bytes of its row, and made anew whenever it is asked for.

    ``rows`` are those of ``records_of``, with moments and numbers as their text. A text that may be said of many people
    is held once, and stands in the bytes by its number.
    """

    def __init__(self, rows: Iterator[Any]) -> None:
        self._packed: dict[int, bytes] = {}
        self._ids: dict[str, str] = {}
        self._outcomes: Counter[Outcome | None] = Counter()
        self._qualified = 0
        self._row: Any = None
        self._alike: list[int] = []
        self._numbered: dict[str, int] = {}
        for row in rows:
            if self._row is None:
                self._row = type(row)
                self._alike = [place for place, name in enumerate(self._row._fields) if name not in OWN]
            self._ids[row.p_id] = row.p_id
            outcome = OUTCOMES[row.d_outcome] if row.d_version is not None else None
            self._qualified += outcome is Outcome.QUALIFIED
            if row.p_merged_into is None:
                self._outcomes[outcome] += 1
            self._packed[row.p_source_user_id] = self._pack(row)
        self._texts = list(self._numbered)
        names = self._row._fields if self._packed else ()
        self._moments = [place for place, name in enumerate(names) if name in MOMENTS]
        self._numbers = [place for place, name in enumerate(names) if name in NUMBERS]
        self._id = names.index("p_id") if names else 0

    def __getitem__(self, user_id: int) -> Record:
        values = self._values(self._packed[user_id])
        for place in self._moments:
            values[place] = moment_of_text(values[place])
        for place in self._numbers:
            values[place] = number_of_text(values[place])
        return record_of(self._row._make(values))

    def __iter__(self) -> Iterator[int]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, user_id: object) -> bool:
        return user_id in self._packed

    def participant(self, user_id: int) -> Participant | None:
        packed = self._packed.get(user_id)
        return None if packed is None else participant_of(self._row._make(self._values(packed)))

    def in_words_of(self, person: Person, participant: Participant) -> Participant:
        nip = person.key if person.key == participant.nip else participant.nip
        return participant._replace(person=person, nip=nip)

    def let_go(self, user_id: int) -> None:
        del self._packed[user_id]

    def ids(self) -> dict[str, str]:
        return self._ids

    def outcomes(self) -> Counter[Outcome | None]:
        return self._outcomes

    def qualified(self) -> int:
        return self._qualified

    def _pack(self, row: Any) -> bytes:
        values = list(row)
        for place in self._alike:
            value = values[place]
            if isinstance(value, str):
                number = self._numbered.get(value)
                if number is None and len(self._numbered) < DIFFERENT_TEXTS:
                    number = self._numbered[value] = len(self._numbered)
                # a number alone would look like a value of the row
                values[place] = value if number is None else (number,)
        return marshal.dumps(values)

    def _values(self, packed: bytes) -> list[Any]:
        values: list[Any] = marshal.loads(packed)  # noqa: S302  our own bytes, of this very process
        for place in self._alike:
            if type(values[place]) is tuple:
                values[place] = self._texts[values[place][0]]
        values[self._id] = self._ids[values[self._id]]  # an internal id is held once
        return values
