"""Reads for the ledger of decisions: its rows and counts, and who arrived in class."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from latsar_sync.domain.entry import EntryState
from latsar_sync.store.listings import BY_TERMS, JUDGED_BY, ROWS_AT_ONCE, TERMS, Row
from latsar_sync.store.tables import (
    decisions,
    identities,
    participants,
    roster_entries,
    roster_events,
    terms,
    thresholds,
)


def ledger_rows(connection: Connection, programme: str) -> Iterator[Row]:
    """Yield every decision of a programme in the order in which they were made, with person and threshold row.

    The rows come in parts, so that memory stays flat.
    """
    statement = (
        select(
            decisions,
            identities.c.nip,
            identities.c.name,
            thresholds.c.value.label("threshold"),
            *TERMS,
        )
        .join(participants, participants.c.id == decisions.c.participant_id)
        .outerjoin(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(thresholds, JUDGED_BY)
        .outerjoin(terms, BY_TERMS)
        .where(participants.c.programme == programme)
        .order_by(decisions.c.decided_at, decisions.c.participant_id, decisions.c.version)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for row in connection.execute(statement):
        yield dict(row._mapping)


def ledger_counts(connection: Connection, programme: str) -> Iterator[Row]:
    """Yield how many decisions (``number``) each participant of a programme has, by outcome and rule version."""
    told = (decisions.c.participant_id, decisions.c.outcome, decisions.c.rule_version)
    statement = (
        select(*told, func.count().label("number"))
        .join(participants, participants.c.id == decisions.c.participant_id)
        .where(participants.c.programme == programme)
        .group_by(*told)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    return (dict(row._mapping) for row in connection.execute(statement))


def arrivals(connection: Connection, programme: str, angkatan: str) -> dict[str, Row]:
    """Return for each participant of an angkatan when they were first ``pushed`` and ``confirmed``, None if never."""

    def first(state: EntryState) -> ColumnElement[Any]:
        return func.min(case((roster_events.c.state == str(state), roster_events.c.at))).label(str(state))

    statement = (
        select(roster_events.c.participant_id, first(EntryState.PUSHED), first(EntryState.CONFIRMED))
        .join(roster_entries, roster_entries.c.participant_id == roster_events.c.participant_id)
        .where(roster_entries.c.programme == programme, roster_entries.c.angkatan == angkatan)
        .group_by(roster_events.c.participant_id)
    )
    return {row.participant_id: dict(row._mapping) for row in connection.execute(statement)}
