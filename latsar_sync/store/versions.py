"""How often what is shown of people has been written: another number says that something else stands there now.

In a list the NIP stands beside the numbers: with another one somebody may be another person.
"""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import Connection, select

from latsar_sync.rules.entry_changes import ChangeKind
from latsar_sync.store.bulk import batches
from latsar_sync.store.tables import identities, participants, roster_entries, waiting_changes

SHOWN = (
    select(
        participants.c.id,
        participants.c.decision_version,
        roster_entries.c.version,
        roster_entries.c.state,
        roster_entries.c.approved_by,
        identities.c.nip,
    )
    .join(identities, identities.c.participant_id == participants.c.id)
    .outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
)


def of_people(connection: Connection, programme: str, people: Collection[str]) -> dict[str, str]:
    """Return what stands of each of these people of a programme; whoever is not there, or was erased, is left out."""
    changes = _waiting(connection, programme)
    mine = SHOWN.where(participants.c.programme.concat("") == programme)  # each is looked up by the id, not by this
    return {
        row.id: f"{row.decision_version} {row.version} {row.state} {row.approved_by} {changes[row.id]} {row.nip}"
        for batch in batches(people)
        for row in connection.execute(mine.where(participants.c.id.in_(batch)))
    }


def of_person(connection: Connection, participant_id: str) -> tuple[str, str]:
    """Return what stands of one person: of the decision, and of the place on the roster."""
    row = connection.execute(SHOWN.where(participants.c.id == participant_id)).first()
    if row is None:
        return "", ""
    changes = waits(connection, participant_id)
    return str(row.decision_version), f"{row.version} {row.state} {row.approved_by} {changes}"


def waits(connection: Connection, participant_id: str) -> int:
    """Return how many changes of somebody's place wait for the end of a run."""
    mine = select(waiting_changes.c.id).where(waiting_changes.c.participant_id == participant_id)
    return len(connection.execute(mine).all())


def everybody(connection: Connection, programme: str) -> list[str]:
    """Return the internal ids of all who were ever read in a programme."""
    return list(connection.execute(select(participants.c.id).where(participants.c.programme == programme)).scalars())


def on_roster(connection: Connection, programme: str, angkatan: str) -> list[str]:
    """Return the internal ids of everybody on the roster of an angkatan."""
    statement = select(roster_entries.c.participant_id).where(
        roster_entries.c.programme == programme, roster_entries.c.angkatan == angkatan
    )
    return list(connection.execute(statement).scalars())


def awaiting_approval(connection: Connection, programme: str, angkatan: str | None) -> dict[str, str]:
    """Return who waits for approval and does not have it yet, of an angkatan or of all, by internal id: in which."""
    approved = select(waiting_changes.c.participant_id).where(waiting_changes.c.kind == ChangeKind.APPROVE)
    statement = (
        select(roster_entries.c.participant_id, roster_entries.c.angkatan)
        .join(identities, identities.c.participant_id == roster_entries.c.participant_id)
        .where(roster_entries.c.programme == programme, roster_entries.c.reason == "awaiting_approval")
        .where(roster_entries.c.participant_id.not_in(approved))
    )
    if angkatan is not None:
        statement = statement.where(roster_entries.c.angkatan == angkatan)
    return {row.participant_id: row.angkatan for row in connection.execute(statement)}


def _waiting(connection: Connection, programme: str) -> Counter[str]:
    """Count the changes that wait for a run to end, by internal id."""
    mine = select(waiting_changes.c.participant_id).where(waiting_changes.c.programme == programme)
    return Counter(connection.execute(mine).scalars())
