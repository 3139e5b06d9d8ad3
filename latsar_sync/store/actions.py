"""What named persons decided in a programme, read together for a run (rules 12, 15, 17)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, select

from latsar_sync.domain.records import Actions, OverrideKind, on_the_list
from latsar_sync.store.clearances import load_clearances
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.identities import chosen_accounts
from latsar_sync.store.moves import load_left_behind, moved_to
from latsar_sync.store.overrides import overrides_in_force
from latsar_sync.store.tables import participants


def load_actions(connection: Connection, programme: str, now: datetime) -> Actions:
    """Return all that binds now in a programme by the decision of a person."""
    return Actions(
        overrides_in_force(connection, programme, now),
        moved_to(connection, programme),
        load_clearances(connection, programme),
        on_the_list(finalisation_history(connection, programme)),
        tuple(each for each in load_left_behind(connection, programme) if not each.wrong_account),
        chosen_accounts(connection, programme),
    )


def stopped_since(
    connection: Connection, programme: str, places: Mapping[str, str], known: Actions, now: datetime
) -> set[str]:
    """Return of whom a named person decided, since ``known`` was read, what speaks against sending them.

    ``places`` are the angkatan into which people are to be sent, by internal id: who is held or no longer admitted,
    moved elsewhere, another account's, merged into another, or not on a list that was fixed by decree.
    """
    newest = load_actions(connection, programme, now)
    merged = select(participants.c.id).where(
        participants.c.id.in_(places.keys()), participants.c.merged_into.is_not(None)
    )
    return set(connection.execute(merged).scalars()) | {
        who for who, angkatan in places.items() if _stops(who, angkatan, known, newest)
    }


def _stops(who: str, angkatan: str, known: Actions, newest: Actions) -> bool:
    binding, fixed = newest.overrides.get(who), newest.finalised.get(angkatan)
    admitted = binding is not None and binding.kind is OverrideKind.ADMIT
    return (
        (known.overrides.get(who) != binding and not admitted)
        or known.moves.get(who) != newest.moves.get(who)
        or known.accounts.get(who) != newest.accounts.get(who)
        or (fixed is not None and fixed != known.finalised.get(angkatan) and who not in fixed)
    )
