"""When something is said about people: after all that was said of them until then, whatever the clock shows. Clocks are
set back, and hosts have one each; which word was the later one decides what binds (rules 15 and 19).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from latsar_sync.store.bulk import batches
from latsar_sync.store.tables import (
    angkatan_moves,
    clearances,
    identities,
    identity_actions,
    overrides,
    place_choices,
)

_WORDS = (
    *((each.c.participant_id, each.c.at) for each in (overrides, angkatan_moves, clearances, place_choices)),
    *((each, identity_actions.c.at) for each in (identity_actions.c.participant_id, identity_actions.c.other)),
    (identities.c.participant_id, identities.c.handed_over_at),
)
"""Of whom something is kept, and when it was said or seen."""


RIGHT_AFTER = timedelta(microseconds=1)


def newest_words(connection: Connection, people: Iterable[str], now: datetime) -> dict[str, datetime]:
    """Return of whom, by internal id, something is dated ``now`` or later, and how the newest of it is dated.

    What is said now is dated so too, or ``RIGHT_AFTER`` it where of one moment the other would count as the later.
    """
    found: dict[str, datetime] = {}
    for some in batches(people):
        for who, at in _WORDS:
            late = select(who, func.max(at)).where(who.in_(some), at >= now).group_by(who)
            for name, newest in connection.execute(late):
                found[name] = max(newest, found.get(name, now))
    return found
