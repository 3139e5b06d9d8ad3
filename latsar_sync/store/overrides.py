"""What named persons decided about single participants: rows are added, never changed (rule 15)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.rules import merged_accounts
from latsar_sync.store import identities
from latsar_sync.store.merged_accounts import merges as merges_of
from latsar_sync.store.merged_accounts import merges_into
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import identities as identity_rows
from latsar_sync.store.tables import overrides, participants

ROWS_AT_ONCE = 1_000
"""So many rows of a long list are in hand together."""

ALL_SAID = RowsOfPeople(
    overrides, select(overrides).join(participants, participants.c.id == overrides.c.participant_id)
)


def add_overrides(connection: Connection, added: Sequence[Override]) -> None:
    """Record more decisions of a person; each ``version`` must be the next one of that participant."""
    rows = [
        {
            "participant_id": each.participant_id,
            "version": each.version,
            "kind": str(each.kind),
            "reason": each.reason,
            "by": each.by,
            "at": each.at,
            "until": each.until,
            "token_of": each.token_of,
        }
        for each in added
    ]
    if rows:
        connection.execute(insert(overrides), rows)


def override_history(connection: Connection, programme: str, participant_id: str | None = None) -> list[Override]:
    """Return every override of a programme or of one participant, oldest first."""
    # of one participant the rows are numbered; moments of different ones are only for the eye, since clocks jump
    order = [overrides.c.version] if participant_id is not None else [overrides.c.at, overrides.c.version]
    which = [overrides.c.participant_id == participant_id] if participant_id is not None else []
    return [_override(row) for row in ALL_SAID.of(connection, programme, *which, order=order)]


def each_with_name(connection: Connection, programme: str) -> Iterator[tuple[Override, str | None, str | None]]:
    """Yield every override of a programme, oldest first and as they come, with NIP and name of whom it is about.

    Whoever was erased has neither.
    """
    statement = (
        ALL_SAID.on(connection)
        .add_columns(identity_rows.c.nip, identity_rows.c.name)
        .outerjoin(identity_rows, identity_rows.c.participant_id == overrides.c.participant_id)
        .order_by(overrides.c.at, overrides.c.version)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    return ((_override(row), row.nip, row.name) for row in connection.execute(statement, {"of_programme": programme}))


def count_overrides(connection: Connection, programme: str) -> int:
    """Count the overrides of a programme."""
    counted = ALL_SAID.on(connection).with_only_columns(func.count())
    return int(connection.execute(counted, {"of_programme": programme}).scalar_one())


def newest(connection: Connection, programme: str) -> dict[str, Override]:
    """Return the newest override of everybody who has any, by participant; it counts alone."""
    history = sorted(override_history(connection, programme), key=lambda each: each.version)
    return {each.participant_id: each for each in history}


def in_force_of(connection: Connection, participant_id: str, now: datetime) -> Override | None:
    """Return the override that binds one participant now, None if there is none."""
    merges = merges_into(connection, participant_id)
    found = (_newest_of(connection, who) for who in (participant_id, *(each.account for each in merges)))
    by_id = {each.participant_id: each for each in found if each is not None}
    since = identities.handed_over_of(connection, by_id)
    return merged_accounts.overrides_in_force(by_id, merges, now, since).get(participant_id)


def _newest_of(connection: Connection, participant_id: str) -> Override | None:
    mine = select(overrides).where(overrides.c.participant_id == participant_id)
    row = connection.execute(mine.order_by(overrides.c.version.desc()).limit(1)).one_or_none()
    return None if row is None else _override(row)


def overrides_in_force(connection: Connection, programme: str, now: datetime) -> dict[str, Override]:
    """Return the override that binds now, by participant; what was said of an account that was merged binds both."""
    said = newest(connection, programme)
    if not said:
        return {}
    merges, since = merges_of(connection, programme), identities.handed_over(connection, programme)
    return merged_accounts.overrides_in_force(said, merges, now, since)


def _override(row: Any) -> Override:
    kind = OverrideKind(row.kind)
    return Override(row.participant_id, row.version, kind, row.reason, row.by, row.at, row.until, row.token_of)
