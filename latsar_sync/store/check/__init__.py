"""The record checker: contradictions in what is stored, each explained, each with a remedy. It changes nothing.

Each check is a function that says what must be so, and yields whatever is not.
"""

from collections.abc import Callable, Iterator, Mapping

from sqlalchemy import Connection

from latsar_sync.store.check import files, judging, ledger, people, roster
from latsar_sync.store.check.contradiction import Contradiction

__all__ = ["Contradiction", "check_records"]

CHECKS: tuple[Callable[[Connection], Iterator[Contradiction]], ...] = (
    files.rows_point_somewhere,
    ledger.ledger_is_protected,
    ledger.rows_are_one_after_another,
    judging.current_rows_exist,
    judging.decisions_are_counted,
    judging.decisions_hold,
    roster.entries_are_whole,
    roster.history_agrees,
    ledger.entries_have_a_line,
    roster.one_seat_a_person,
    people.merged_accounts,
    people.shared_nips,
    people.identities_agree,
    roster.pushes_in_the_air,
    judging.imports_have_two_pairs_of_eyes,
)


def check_records(connection: Connection, capacities: Mapping[tuple[str, str], int]) -> list[Contradiction]:
    """Return every contradiction; ``capacities`` gives the seats of each programme and angkatan that has a limit.

    From a damaged file nothing else is concluded.
    """
    damage = list(files.damage(connection))
    if damage:
        return damage
    found = [each for check in CHECKS for each in check(connection)]
    return found + list(roster.overfull(connection, capacities))
