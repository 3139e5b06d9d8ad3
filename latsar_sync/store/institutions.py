"""The institutions that send people: how many of theirs are called up, and how many still lack something."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from latsar_sync.domain.decision import Outcome
from latsar_sync.rules.who_is_called_up import GOING, NOT_GOING_YET
from latsar_sync.store.listings import Row
from latsar_sync.store.search_conditions import Search, location
from latsar_sync.store.searches import found_origins
from latsar_sync.store.tables import identities, participants, roster_entries


def called_up(
    connection: Connection,
    programme: str,
    angkatan: Sequence[str],
    homes: Sequence[tuple[str, str]],
    places: Sequence[str] | None = None,
) -> list[Row]:
    """Count by ``institution`` those on the roster of these angkatan who are called up and have a name: ``people``.

    ``letters`` are the angkatan in which they come. ``homes`` as in ``Search``; ``places`` are those that are meant.
    """
    letters = func.count(roster_entries.c.angkatan.distinct()).label("letters")
    statement = (
        select(identities.c.institution, letters, func.count().label("people"))
        .select_from(roster_entries)
        .join(participants, participants.c.id == roster_entries.c.participant_id)
        .join(identities, identities.c.participant_id == participants.c.id)
        .where(
            roster_entries.c.programme == programme, identities.c.name != "", roster_entries.c.angkatan.in_(angkatan)
        )
        # as ``is_called_up`` says of one
        .where(roster_entries.c.state.in_([str(each) for each in GOING]))
        .where(func.coalesce(roster_entries.c.reason, "").not_in(NOT_GOING_YET))
        .where(func.coalesce(participants.c.outcome, "") != str(Outcome.HELD))
        .group_by(identities.c.institution)
    )
    if places is not None:
        statement = statement.where(location(homes).in_(places))
    return [dict(row._mapping) for row in connection.execute(statement)]


def lacking_by_institution(connection: Connection, programme: str) -> dict[str, int]:
    """Count by institution, in the order of their names, who stands on the chase list of a programme."""
    return found_origins(connection, programme, Search(lacking=True))[0]
