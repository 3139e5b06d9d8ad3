"""Whom somebody means who asks for an erasure: the accounts that a NIP or an id names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, literal, select, union

from latsar_sync.store.bulk import ROWS_AT_ONCE
from latsar_sync.store.merged_accounts import merges_into
from latsar_sync.store.tables import (
    identities,
    participants,
    roster_entries,
)


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One participant as far as the identity goes; ``identity`` is empty when it was erased.

    ``counts`` is the internal id of the account that counts for the person: another one where this one was merged.
    """

    participant_id: str
    programme: str
    enrolment: str
    roster_state: str | None
    identity: Mapping[str, str | None]
    counts: str

    @property
    def nip(self) -> str | None:
        """The checked NIP."""
        return self.identity.get("nip")

    @property
    def name(self) -> str | None:
        """The name."""
        return self.identity.get("name")

    @property
    def numbers(self) -> list[str]:
        """Every number that stands for the person."""
        return [
            number for number in {self.nip, self.identity.get("raw_key"), self.identity.get("corrected_nip")} if number
        ]


def find_people(connection: Connection, nip_or_id: str) -> list[FoundPerson]:
    """Return every participant with this NIP, in all programmes that were ever read; else the one with this id."""
    with_this_nip = select(identities.c.participant_id).where(identities.c.nip == nip_or_id)
    # one list of ids: an OR over two tables would read everybody
    return _known(connection, participants.c.id.in_(union(with_this_nip, select(literal(nip_or_id)))))


def with_other_accounts(connection: Connection, people: Sequence[FoundPerson]) -> list[FoundPerson]:
    """Return people with the accounts that named persons said to be theirs, too (rule 19)."""
    counting = {each.counts for each in people}
    merged = {merge.account for each in counting for merge in merges_into(connection, each)}
    return _known(connection, participants.c.id.in_(sorted(counting | merged)))


def some_of(connection: Connection, programme: str, after: str) -> list[FoundPerson]:
    """Return participants of a programme whose identity is there, so many of them as are destroyed together: the first
    of those whose internal id comes ``after`` this.
    """
    there = participants.c.programme == programme, identities.c.participant_id.is_not(None)
    return _known(connection, *there, participants.c.id > after, limit=ROWS_AT_ONCE)


def _known(connection: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[FoundPerson]:
    statement = (
        select(
            participants.c.id,
            participants.c.programme,
            participants.c.enrolment,
            participants.c.merged_into,
            roster_entries.c.state,
            identities,
        )
        .outerjoin(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
        .where(*conditions)
        .order_by(participants.c.programme, participants.c.id)
        .limit(limit)
    )
    return [
        FoundPerson(
            row.id,
            row.programme,
            row.enrolment,
            row.state,
            {} if row.participant_id is None else {column.name: row._mapping[column] for column in identities.columns},
            row.merged_into or row.id,
        )
        for row in connection.execute(statement)
    ]
