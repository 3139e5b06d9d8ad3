"""Destroying one data class of a programme when its time is over, and the reports of it (rule 16).

The only deletion that the ledger's triggers let through: a report is written first and a permit points to it; both
stand in the transaction that deletes, and none that leaves a permit behind can be committed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    Table,
    delete,
    distinct,
    exists,
    func,
    insert,
    select,
    union,
)

from latsar_sync.domain import figures, language
from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.store import certificates, erasable_people, erasure, received
from latsar_sync.store.counts import people_by_programme
from latsar_sync.store.destruction_reports import Destruction, find_reports
from latsar_sync.store.forgetting import owe_rewriting
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import (
    access_log,
    destruction_permits,
    destructions,
    erasures,
    identities,
    leases,
    metadata,
    participants,
    webhook_events,
)
from latsar_sync.store.tables.columns import OF_PROGRAMME
from latsar_sync.store.tables.reading import source_ids

OUTLIVE = frozenset({access_log, destructions, destruction_permits, leases})
"""Tables with rows of a programme that do not go with its ledger: some have a period of their own, some pass anyway."""
PASSING = frozenset({leases, destruction_permits, webhook_events})
"""Tables of what is under way: there nothing is kept of a programme of which nothing else is."""
NO_SUCH_ID = -1
"""What a permit points to so that no transaction can end with it."""


def recorded_programmes(connection: Connection) -> list[str]:
    """Return the id of every programme of which anything is kept, a report of its destruction included."""
    return sorted(connection.execute(_names_anywhere()).scalars())


@cache
def _names_anywhere() -> CompoundSelect[str]:
    """Return the query for the programmes that any table names."""
    return union(
        *(_names_in(table) for table in metadata.sorted_tables if "programme" in table.c and table not in PASSING)
    )


def _names_in(table: Table) -> Select[str]:
    """Return the query for the programmes that a table names: from each to the next by its index, no row besides."""
    first = select(func.min(table.c.programme).label("name")).cte(f"in_{table.name}", recursive=True)
    following = select(func.min(table.c.programme)).where(table.c.programme > first.c.name).scalar_subquery()
    every = first.union_all(select(following).where(first.c.name.is_not(None)))
    return select(every.c.name).where(every.c.name.is_not(None))


def count_rows(connection: Connection, programme: str, data_class: DataClass) -> dict[str, int]:
    """Count what a destruction would delete, by table; tables without a row are left out."""
    counts = {
        table.name: connection.execute(_counting(connection, table, rows), {OF_PROGRAMME.key: programme}).scalar_one()
        for table, rows in rows_of(programme, data_class)
    }
    return {name: count for name, count in counts.items() if count}


def is_kept(connection: Connection, programme: str, data_class: DataClass) -> bool:
    """Say whether a destruction would delete anything; as soon as one row is found."""
    if data_class is DataClass.IDENTITIES:
        return count_named(connection, programme) > 0
    tables = rows_of(programme, data_class)
    # what names the programme itself is found at once, and where there is anything there are people
    return any(
        connection.execute(select(1).select_from(table).where(rows).limit(1)).first() is not None
        for table, rows in sorted(tables, key=lambda each: (each[0] is not participants, "programme" not in each[0].c))
    )


def count_named(connection: Connection, programme: str) -> int:
    """Count the people of a programme whose names are kept: all but whoever was erased, who are few.

    Who has no identity was erased; ``store.check`` looks whether that is so.
    """
    if any(each.data_class is DataClass.IDENTITIES for each in _reports_of(connection, programme)):
        return 0  # nobody is collected again
    erased = (
        select(func.count(distinct(participants.c.id)))
        .select_from(erasures.join(participants, participants.c.id == erasures.c.participant_id))
        .where(~exists().where(identities.c.participant_id == participants.c.id))
    )
    gone = connection.execute(RowsOfPeople(erasures, erased).on(connection), {OF_PROGRAMME.key: programme}).scalar_one()
    return people_by_programme(connection, [programme])[programme] - int(gone)


def _reports_of(connection: Connection, programme: str) -> list[Destruction]:
    return [each for each in find_reports(connection) if each.programme == programme]


def last_entry(connection: Connection, programme: str) -> datetime | None:
    """Return when the programme's ledger was last written to, None if it is empty."""
    moments = [
        connection.execute(select(func.max(table.c[column])).where(rows)).scalar_one()
        for table, rows in rows_of(programme, DataClass.LEDGER)
        for column in ("decided_at", "at", "sent_at")
        if column in table.c
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def destroy(connection: Connection, keeping: Keeping, legal_basis: str, by: str, now: datetime) -> Destruction:
    """Destroy one data class of one programme and return the report; call it under the programme's lease.

    ``keeping`` must be due. Raise LatsarError, with nothing deleted, if rows came or went meanwhile.
    """
    if keeping.ended_on is None or keeping.months is None:
        raise ValueError("what has no period is never destroyed")
    programme, data_class = keeping.programme, keeping.data_class
    counts = count_rows(connection, programme, data_class)
    report = {
        "programme": programme,
        "data_class": str(data_class),
        "ended_on": keeping.ended_on,
        "months": keeping.months,
        "legal_basis": legal_basis,
        "counts": counts,
        "by": by,
        "at": now,
    }
    number = connection.execute(insert(destructions).values(**report).returning(destructions.c.id)).scalar_one()
    if data_class is DataClass.IDENTITIES:
        _erase_everybody(connection, programme, legal_basis, by, now)
    else:
        _delete_under_permit(connection, programme, data_class, number, counts)
    return find_reports(connection, number)[0]


OF_PEOPLE = (
    select(destructions)
    .where(destructions.c.programme == OF_PROGRAMME)
    .where(destructions.c.data_class.in_([str(DataClass.IDENTITIES), str(DataClass.LEDGER)]))
    .limit(1)
)


def is_destroyed(connection: Connection, programme: str) -> bool:
    """Say whether the people of a programme were destroyed."""
    return connection.execute(OF_PEOPLE, {"of_programme": programme}).first() is not None


def require_not_destroyed(connection: Connection, programme: str) -> None:
    """Raise UsageError if the programme's people were destroyed: a run, or a file, would bring them all back."""
    row = connection.execute(OF_PEOPLE, {"of_programme": programme}).first()
    if row is not None:
        raise UsageError(
            _("The data of programme {programme} were destroyed on {day} (report {number}).").format(
                programme=programme,
                day=figures.day(row.at.astimezone(language.zone_in_use() or UTC).date()),
                number=row.id,
            ),
            for_admins(
                _("Nothing of it is collected again: take it out of the configuration, and never use its id again."), ""
            ),
        )


def _erase_everybody(connection: Connection, programme: str, reason: str, by: str, now: datetime) -> None:
    after, touched = "", set[str]()
    while some := erasable_people.some_of(connection, programme, after):  # not all of very many are held at once
        after = some[-1].participant_id
        touched |= erasure.destroy_identities(connection, some, reason, by, now)
    # what still waits names them, too, and nobody will take it any more
    certificates.delete_those_of(connection, [programme], None, None)
    received.set_all_aside(connection, programme, by, reason, now)
    # offices name such files by the person
    certificates.forget_names(connection, programme)
    received.forget_names(connection, programme)
    # fingerprints of numbers in a report, from which these could be guessed
    connection.execute(delete(source_ids).where(source_ids.c.programme == programme))
    owe_rewriting(connection, {*touched, source_ids.name})


def _delete_under_permit(
    connection: Connection, programme: str, data_class: DataClass, number: int, counts: Mapping[str, int]
) -> None:
    permit = {"programme": programme, "data_class": str(data_class), "destruction_id": number, "never": NO_SUCH_ID}
    connection.execute(insert(destruction_permits).values(**permit))
    for table, rows in rows_of(programme, data_class):
        gone = connection.execute(delete(table).where(rows)).rowcount
        if gone != counts.get(table.name, 0):
            raise LatsarError(
                _("{table} changed while it was counted for the report; nothing was destroyed.").format(
                    table=table.name
                ),
                _("Run the command again."),
            )
    connection.execute(delete(destruction_permits))


def rows_of(programme: str, data_class: DataClass) -> list[tuple[Table, ColumnElement[bool]]]:
    """Return the tables of a data class with the condition of the programme's rows, in an order to delete in."""
    if data_class is DataClass.IDENTITIES:
        mine = select(participants.c.id).where(participants.c.programme == programme)
        return [(identities, identities.c.participant_id.in_(mine))]
    if data_class is DataClass.ACCESS_LOG:
        return [(access_log, access_log.c.programme == programme)]
    found = []
    for table in reversed(metadata.sorted_tables):
        rows = None if table in OUTLIVE else _belongs(table, programme)
        if rows is not None:
            found.append((table, rows))
    return found


def _counting(connection: Connection, table: Table, rows: ColumnElement[bool]) -> Select[Any]:
    """Return what counts these rows: joined with their people, in half the time of looking each up, few from there."""
    counted = select(func.count())
    for key in table.foreign_keys:
        if key.column is participants.c.id and "programme" not in table.c:
            joined = counted.select_from(table.join(participants, key.parent == participants.c.id))
            return RowsOfPeople(table, joined).on(connection)
    return counted.select_from(table).where(rows)


def _belongs(table: Table, programme: str) -> ColumnElement[bool] | None:
    """Return the condition of a programme's rows: it is named there, or by the row that is pointed to; else None."""
    if "programme" in table.c:
        return table.c.programme == programme
    for key in table.foreign_keys:
        owner = key.column.table
        rows = None if owner in (table, *OUTLIVE) else _belongs(owner, programme)
        if rows is not None:
            return key.parent.in_(select(key.column).where(rows))
    return None
