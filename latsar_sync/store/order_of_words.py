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
    finalisations,
    identities,
    identity_actions,
    imported_scores,
    imports,
    messages,
    overrides,
    participants,
    place_choices,
)

_WORDS = (
    *((each.c.participant_id, each.c.at) for each in (overrides, angkatan_moves, clearances, place_choices)),
    *((each, identity_actions.c.at) for each in (identity_actions.c.participant_id, identity_actions.c.other)),
    (identities.c.participant_id, identities.c.handed_over_at),
)
"""Of whom something is kept, and when it was said or seen."""


RIGHT_AFTER = timedelta(microseconds=1)


def newest_told(connection: Connection, programme: str, people: frozenset[str], now: datetime) -> dict[str, datetime]:
    """Return of whom something else is dated ``now`` or later, and how its newest is: a score that a file tells, a
    decree that takes them in, a message to them.
    """
    late = select(finalisations.c.at, finalisations.c.members)
    late = late.where(finalisations.c.programme == programme, finalisations.c.at >= now)
    dated = [(row.at, people & set(row.members)) for row in connection.execute(late)]
    for some in batches(people):
        by_file = select(imported_scores.c.participant_id, imports.c.at)
        by_file = by_file.join(imports, imports.c.id == imported_scores.c.import_id)
        written = select(messages.c.recipient, messages.c.written_at)
        dated += [
            (at, frozenset({who}))
            for found in (
                by_file.where(imported_scores.c.participant_id.in_(some), imports.c.at >= now),
                written.where(messages.c.recipient.in_(some), messages.c.written_at >= now),
            )
            for who, at in connection.execute(found)
        ]
    newest: dict[str, datetime] = {}
    for at, those in dated:
        newest |= {who: max(at, newest.get(who, at)) for who in those}
    return newest


def not_before(connection: Connection, programme: str, now: datetime) -> datetime:
    """Return how something about many people of a programme is dated that is said now: not before it was seen that an
    account is another person's, or carries another NIP.
    """
    here = select(func.max(identities.c.handed_over_at), func.max(identities.c.nip_since))
    here = here.join(participants, participants.c.id == identities.c.participant_id)
    seen = connection.execute(here.where(participants.c.programme == programme)).one()
    moments: list[datetime] = [each for each in seen if each is not None]
    return max([now, *moments])


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
