"""What named persons decided about single participants: rows are added, never changed (rule 15)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from latsar_sync.domain.records import Override, OverrideKind
from latsar_sync.store.tables import overrides, participants


def add_override(connection: Connection, override: Override) -> None:
    """Record one more decision of a person; its ``version`` must be the next one of that participant."""
    connection.execute(
        insert(overrides).values(
            participant_id=override.participant_id,
            version=override.version,
            kind=str(override.kind),
            reason=override.reason,
            by=override.by,
            at=override.at,
            until=override.until,
        )
    )


def override_history(connection: Connection, programme: str, participant_id: str | None = None) -> list[Override]:
    """Return every override of a programme or of one participant, oldest first."""
    # of one participant the rows are numbered; moments of different ones are only for the eye, since clocks jump
    order = [overrides.c.version] if participant_id is not None else [overrides.c.at, overrides.c.version]
    statement = (
        select(overrides)
        .join(participants, participants.c.id == overrides.c.participant_id)
        .where(participants.c.programme == programme)
        .order_by(*order)
    )
    if participant_id is not None:
        statement = statement.where(overrides.c.participant_id == participant_id)
    return [_override(row) for row in connection.execute(statement)]


def overrides_in_force(connection: Connection, programme: str, now: datetime) -> dict[str, Override]:
    """Return the override that binds now, by participant; the newest row of a participant counts alone."""
    history = sorted(override_history(connection, programme), key=lambda each: each.version)
    newest = {each.participant_id: each for each in history}
    return {participant_id: each for participant_id, each in newest.items() if each.in_force(now)}


def _override(row: Any) -> Override:
    return Override(row.participant_id, row.version, OverrideKind(row.kind), row.reason, row.by, row.at, row.until)
