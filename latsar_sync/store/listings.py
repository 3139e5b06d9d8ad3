"""Reads for listings: plain rows, joined and filtered by the database. They show what is stored and judge nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, false, func, or_, select

from latsar_sync.domain.entry import Admission, EntryState
from latsar_sync.rules.order_of_seats import Rank, rank
from latsar_sync.store.moves import STANDING_MOVES
from latsar_sync.store.tables import (
    decisions,
    identities,
    participants,
    roster_entries,
    terms,
    thresholds,
)

Row = Mapping[str, Any]

ROWS_AT_ONCE = 1000

CURRENT_DECISION = and_(
    decisions.c.participant_id == participants.c.id, decisions.c.version == participants.c.decision_version
)
JUDGED_BY = and_(
    thresholds.c.programme == participants.c.programme, thresholds.c.version == decisions.c.threshold_version
)

BY_TERMS = and_(terms.c.programme == participants.c.programme, terms.c.version == decisions.c.terms_version)
TERMS = (terms.c.method, terms.c.basis, terms.c.materials_mode, terms.c.participant_key, terms.c.clearances)


def participant_rows(
    connection: Connection,
    programmes: Sequence[str],
    nip: str | None = None,
    participant_id: str | None = None,
    erased: bool = False,
) -> list[Row]:
    """Return everybody of the programmes with decision and roster state, by programme, angkatan, institution, name.

    With ``erased`` those whose identity was destroyed are among them, without name and NIP.
    """
    statement = _chosen(programmes, (), erased)
    if nip is not None:
        statement = statement.where(identities.c.nip == nip)
    if participant_id is not None:
        statement = statement.where(participants.c.id == participant_id)
    return [dict(row._mapping) for row in connection.execute(statement)]


def each_participant(
    connection: Connection,
    programmes: Sequence[str],
    states: Sequence[str] = (),
    angkatan: str | None = None,
    would_come: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[Counter[str], Iterator[Row]]:
    """Return the same rows as they come, so that memory stays flat; before them how many there are by programme.

    ``would_come`` are by programme the groups, as stored, whose people come into the angkatan once they have a seat.
    """
    statement = _chosen(programmes, states)
    if angkatan is not None:
        statement = statement.outerjoin(STANDING_MOVES, STANDING_MOVES.c.participant_id == participants.c.id)
        without_seat = (
            and_(participants.c.programme == name, is_only_in(groups, angkatan)) for name, groups in would_come.items()
        )
        statement = statement.where(or_(roster_entries.c.angkatan == angkatan, *without_seat))
    numbers = _numbers(connection, statement)
    found = connection.execute(statement.execution_options(yield_per=ROWS_AT_ONCE))
    return numbers, (dict(row._mapping) for row in found)


def is_only_in(texts: Sequence[str] | None, angkatan: str | None = None) -> ColumnElement[bool]:
    """Say whether somebody is on no roster, and was moved to an ``angkatan``, or never moved and is in groups of the
    MOOC that are stored as one of these texts; ``STANDING_MOVES`` must be joined.
    """
    moved = STANDING_MOVES.c.angkatan
    by_group = and_(moved.is_(None), stored_groups().in_(texts)) if texts else false()
    return and_(roster_entries.c.state.is_(None), by_group if angkatan is None else or_(moved == angkatan, by_group))


def stored_groups() -> ColumnElement[str]:
    """Return somebody's groups in the MOOC as stored, JSON text."""
    return cast(participants.c.groups, Text)


def _chosen(programmes: Sequence[str], states: Sequence[str], erased: bool = False) -> Select[Any]:
    statement = (
        everybody()
        .where(participants.c.programme.in_(programmes))
        .order_by(
            participants.c.programme,
            roster_entries.c.angkatan.is_(None),
            roster_entries.c.angkatan,
            identities.c.institution,
            identities.c.name,
        )
    )
    if not erased:
        statement = statement.where(identities.c.participant_id.is_not(None))
    if states:
        statement = statement.where(decisions.c.outcome.in_(states) | roster_entries.c.state.in_(states))
    return statement


def roster_rows(
    connection: Connection,
    programmes: Sequence[str],
    angkatan: str | None = None,
    institutions: Sequence[str] | None = None,
    participant_ids: Sequence[str] | None = None,
) -> list[Row]:
    """Return the roster entries of all states: by angkatan, who waits last, each in the order in which seats are given.

    Whoever was erased keeps a line without name and NIP, so that the roster still adds up. ``institutions`` are those
    whose people alone are meant, as they are stored; with ``participant_ids`` those of these people only.
    """
    statement = _on_the_roster(programmes, angkatan, of_some=participant_ids is not None)
    if institutions is not None:
        statement = statement.where(identities.c.institution.in_(institutions))
    if participant_ids is not None:
        statement = statement.where(participants.c.id.in_(participant_ids))
    return list(_in_order(connection, statement))


def each_on_the_roster(
    connection: Connection, programmes: Sequence[str], angkatan: str | None = None
) -> tuple[Counter[str], Iterator[Row]]:
    """Return the same rows as they come, an angkatan at a time; before them how many there are by programme."""
    statement = _on_the_roster(programmes, angkatan)
    return _numbers(connection, statement), _in_order(connection, statement)


def _on_the_roster(programmes: Sequence[str], angkatan: str | None, of_some: bool = False) -> Select[Any]:
    # some are looked up by their ids: SQLite would go through all of a programme if it could look that up
    theirs = participants.c.programme.concat("") if of_some else participants.c.programme
    statement = (
        everybody()
        .where(theirs.in_(programmes), roster_entries.c.state.is_not(None))
        .order_by(
            participants.c.programme,
            roster_entries.c.angkatan.is_(None),
            roster_entries.c.angkatan,
        )
    )
    if angkatan is None:
        return statement
    # the programme once more, by which an angkatan is found without looking through everybody
    return statement.where(roster_entries.c.angkatan == angkatan, roster_entries.c.programme.in_(programmes))


def _in_order(connection: Connection, statement: Select[Any]) -> Iterator[Row]:
    found = connection.execute(statement.execution_options(yield_per=ROWS_AT_ONCE))
    rows = (dict(row._mapping) for row in found)
    for _list, members in groupby(rows, key=itemgetter("programme", "angkatan")):  # the database puts each together
        yield from sorted(members, key=_rank)


def _numbers(connection: Connection, statement: Select[Any]) -> Counter[str]:
    """Return how many rows a statement of ``everybody`` gives, by programme."""
    told = statement.order_by(None).with_only_columns(participants.c.programme, func.count())
    return Counter(dict(map(tuple, connection.execute(told.group_by(participants.c.programme)))))


def _rank(row: Row) -> tuple[bool, Rank]:
    admission = Admission(row["admission"])
    order = rank(row["seated"], admission, row["reached_at"], row["score"], row["order_id"])
    return row["state"] == str(EntryState.WAITLISTED), order


@cache
def everybody() -> Select[Any]:
    """Return the question for everybody with identity, decision, threshold and roster entry, to be narrowed down."""
    return (
        select(
            participants.c.id.label("participant_id"),
            participants.c.programme,
            participants.c.site.label("source_site"),
            participants.c.source_user_id,
            participants.c.groups,
            participants.c.enrolment,
            participants.c.first_seen_at,
            participants.c.last_seen_at,
            participants.c.grade_as_of,
            participants.c.materials_as_of,
            participants.c.attempts_as_of,
            participants.c.merged_into,
            identities.c.nip,
            identities.c.name,
            identities.c.institution,
            func.coalesce(participants.c.chosen_place, identities.c.place).label("place"),
            decisions.c.outcome,
            decisions.c.reasons,
            decisions.c.score,
            decisions.c.materials_done,
            decisions.c.materials_total,
            decisions.c.decided_at,
            decisions.c.rule_version,
            decisions.c.threshold_version,
            thresholds.c.value.label("threshold"),
            roster_entries.c.state,
            roster_entries.c.angkatan,
            roster_entries.c.admission,
            roster_entries.c.reason.label("roster_reason"),
            roster_entries.c.reached_at,
            roster_entries.c.order_id,
            roster_entries.c.seated,
            roster_entries.c.origin,
            roster_entries.c.site,
            roster_entries.c.course,
            roster_entries.c.course_id,
            roster_entries.c.target_user_id,
            roster_entries.c.group,
            roster_entries.c.group_id,
            roster_entries.c.approved_by,
            roster_entries.c.late,
        )
        .select_from(participants)
        .outerjoin(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(decisions, CURRENT_DECISION)
        .outerjoin(thresholds, JUDGED_BY)
        .outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
    )
