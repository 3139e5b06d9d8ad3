"""The decrees that fixed a roster, and their amendments: rows are added, never changed (rule 17)."""

from sqlalchemy import Connection, insert, select

from latsar_sync.domain.actions import Finalisation
from latsar_sync.store.tables import finalisations
from latsar_sync.store.tables.columns import OF_PROGRAMME

HISTORY = select(finalisations).where(finalisations.c.programme == OF_PROGRAMME).order_by(finalisations.c.version)


def add_finalisation(connection: Connection, programme: str, added: Finalisation) -> None:
    """Record one more decree; its ``version`` must be the next one of the programme."""
    connection.execute(
        insert(finalisations).values(
            programme=programme,
            version=added.version,
            angkatan=added.angkatan,
            number=added.number,
            dated=added.dated,
            by=added.by,
            at=added.at,
            members=list(added.members),
            left=list(added.left),
        )
    )


def finalisation_history(connection: Connection, programme: str) -> list[Finalisation]:
    """Return every finalisation and amendment of a programme, oldest first."""
    rows = connection.execute(HISTORY, {"of_programme": programme})
    return [
        Finalisation(
            row.version, row.angkatan, row.number, row.dated, row.by, row.at, tuple(row.members), tuple(row.left)
        )
        for row in rows
    ]
