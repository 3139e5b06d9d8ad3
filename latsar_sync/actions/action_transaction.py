"""The one way in which an action is recorded: once, about what was seen, and not refused by a run that is under way.

Whoever acts at a page or by the API sends along a fingerprint of what they saw and a key; a command shows and acts at
once, and has neither.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from latsar_sync.domain.errors import SeenChanged, UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.rules.entry_changes import EntryChange
from latsar_sync.rules.fingerprints import difference
from latsar_sync.store import action_keys, identities, waiting_changes
from latsar_sync.store.acting import acting as acting_in_store
from latsar_sync.store.database import Database

Clock = Callable[[], datetime]
NAMED_AT_MOST = 20
"""So many of the people of whom something is new are told by name, the rest is counted."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What comes with an action: ``seen``, the fingerprint of what was shown, and the ``key`` by which the same form is
    known when it is sent again. None: nothing was shown, or it cannot be sent twice.

    ``nips`` are those of whom it is about, by internal id, as they were when people were looked up for it. ``token_of``
    is who made the token by which it came: they count as whoever does it (rule 21). ``only_tried``: whether it would be
    taken is to be found out, and nothing is recorded.
    """

    seen: str | None = None
    key: str | None = None
    nips: Mapping[str, str | None] = field(default_factory=dict)
    token_of: str | None = None
    only_tried: bool = False


class WouldBeTaken(Exception):
    """An action that was only tried met nothing that refuses it; none of it is recorded."""


BY_COMMAND = Sent()


def about(rows: Iterable[Mapping[str, Any]], seen: str | None = None, token_of: str | None = None) -> Sent:
    """Return what comes with an action about people who were just looked up, given their rows of a listing."""
    return Sent(seen, nips={row["participant_id"]: row["nip"] for row in rows}, token_of=token_of)


@dataclass(frozen=True, slots=True)
class Action:
    """An action that is being recorded: in one transaction, at a moment, by a named person.

    ``free`` says that no run is under way that has the roster in its hands.
    """

    connection: Connection
    programme: str
    now: datetime
    by: str
    free: bool
    sent: Sent

    def change(self, changes: Sequence[EntryChange]) -> None:
        """Change roster entries now, or when the run under way has ended."""
        if self.free:
            waiting_changes.carry_out(self.connection, self.programme, changes, self.now)
        else:
            waiting_changes.put_off(self.connection, self.programme, changes)

    def require_unchanged(
        self,
        now: Mapping[str, str],
        tell: Callable[[str], str],
        chosen: Collection[str] | None = None,
        known: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """Raise SeenChanged unless what was shown is so still; ``now`` are the same things with their values.

        ``tell`` says of one thing what is new; ``chosen`` are the things that the action is about, None for all.
        ``known`` returns all that can have been shown: of those that are gone it is told which they are.
        """
        if self.sent.seen is None:
            return
        found = difference(self.sent.seen, now, chosen)
        if not found:
            return
        names = [*found.new, *(found.gone_of(known()) if found.gone else ())]
        told = list(dict.fromkeys(tell(name) for name in names[:NAMED_AT_MOST]))
        if more := len(found.new) + len(found.gone) - len(names[:NAMED_AT_MOST]):
            told.append(counted("And {number} more.", "And {number} more.", more).format(number=more))
        raise SeenChanged(tuple(told))


@contextmanager
def acting(database: Database, programme: str, clock: Clock, by: str, sent: Sent = BY_COMMAND) -> Iterator[Action]:
    """Open the transaction of an action, once a run that is writing has written.

    Raise WouldBeTaken at the end of one that is only tried, AlreadyDone if the same form was taken before, UsageError
    if somebody's NIP is another one than when they were looked up: their account may have been found to be another
    person's meanwhile.
    """
    with acting_in_store(database, programme, clock) as (connection, free):
        now = clock()
        if sent.key is not None:
            action_keys.claim(connection, by, sent.key, now)
        if others := identities.with_another_nip(connection, sent.nips):
            raise UsageError(
                _("Nothing was recorded: the NIP of somebody is another one than a moment ago."),
                _("Look whose the account is now, then decide again."),
                tuple(others),
            )
        yield Action(connection, programme, now, by, free, sent)
        if sent.only_tried:
            raise WouldBeTaken
