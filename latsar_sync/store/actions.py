"""What named persons decided in a programme, read together for a run (rules 12, 15, 17)."""

from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.records import Actions, on_the_list
from latsar_sync.store.clearances import load_clearances
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.identities import chosen_accounts
from latsar_sync.store.moves import load_left_behind, moved_to
from latsar_sync.store.overrides import overrides_in_force


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
