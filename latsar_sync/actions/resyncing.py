"""Asking for a run by scope: a programme, an angkatan, some people, one person.

Of a few people each is asked for alone. Of more people everything of everybody of the programme is read: less work for
the LMS than to be asked for each of them. Of an angkatan everybody is read, and of the others what may have changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import Settings
from latsar_sync.settings.for_the_rules import require_angkatan
from latsar_sync.store import queue
from latsar_sync.store.database import Database

SINGLY = 3
"""Up to so many people are asked for one by one."""
PARTICIPANT, INCREMENTAL = "participant", "incremental"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be read again: everything of everybody (``full``), an ``angkatan``, or people by their ``nips``."""

    full: bool = False
    angkatan: str | None = None
    nips: Sequence[str] = ()

    @classmethod
    def of_people(cls, nips: Sequence[str | None]) -> "Scope":
        """Return the scope of people by their NIPs; whoever has none can only be read with everybody."""
        known = [nip for nip in nips if nip is not None]
        return cls(full=True) if len(known) < len(nips) else cls(nips=known)


def runs_for(settings: Settings, programme: str, scope: Scope) -> list[tuple[str, str]]:
    """Return the runs that a scope takes: each with its scope in the queue and its subject, a NIP or nothing.

    Raise UsageError for an unknown angkatan, or if people and everybody are named at once.
    """
    if scope.angkatan is not None:
        require_angkatan(settings.programme(programme), scope.angkatan)
    if scope.nips and (scope.full or scope.angkatan is not None):
        raise UsageError(
            _("Some people, and everybody or an angkatan, do not go together."),
            _("A participant is always read whole."),
        )
    if scope.nips and len(set(scope.nips)) <= SINGLY:
        return [(PARTICIPANT, nip) for nip in dict.fromkeys(scope.nips)]
    if scope.full or scope.nips:
        return [(queue.FULL, "")]
    return [(INCREMENTAL, "")] if scope.angkatan is None else [(queue.ANGKATAN, scope.angkatan)]


def ask(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    scope: Scope,
    by: str,
    sent: Sent = BY_COMMAND,
) -> list[int]:
    """Ask for the runs that a scope takes, and return the numbers of the requests; the same one waits once."""
    wanted = runs_for(settings, programme, scope)
    if by == queue.SCHEDULE:
        raise UsageError(
            _('"{name}" is what the timetable is called.').format(name=queue.SCHEDULE),
            _("Give the name of a person."),
        )
    return queue.ask_together(database, programme, wanted, by, clock(), sent.key)
