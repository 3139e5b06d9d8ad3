"""Of whom placing could change anything: it spares the work of placing the others, and decides nothing. Pure.

Whoever follows one person may pass it over.
"""

from collections.abc import Collection, Mapping, Sequence

from latsar_sync.domain.decision import Standing
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.rules.order_of_seats import ground_of, has_courses, keep
from latsar_sync.rules.which_angkatan import Openings
from latsar_sync.rules.why_not_sent import Placement


def who_may_be_placed(
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    all_angkatan: Sequence[Angkatan],
    placement: Placement,
) -> Mapping[str, Standing]:
    """Return of whom placing could change anything: of everybody, or of those alone who have an entry or were moved.

    That is where anybody may sit in any angkatan ("first_qualified"), and none of them has an in-class course.
    """
    if placement.kind != "first_qualified" or not all_angkatan or has_courses(all_angkatan):
        return standings
    return {who: standings[who] for who in (*entries, *placement.moves) if who in standings}


def who_are_ranked(
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    all_angkatan: Sequence[Angkatan],
    placement: Placement,
    pinned: Collection[str],
) -> list[str]:
    """Return who is to be seated in order with others, where ``place`` is given the same; the others keep what they
    have whoever else is placed.
    """
    openings = Openings(placement.kind, all_angkatan, placement.today, placement.barred, placement.gone)

    def waits(who: str, standing: Standing) -> bool:
        before, ground = entries.get(who), ground_of(standing, placement)
        stays = before is not None and keep(before, standing, ground, openings, placement, who in pinned) is not None
        return ground is not None and not standing.merged and not stays

    return [who for who, standing in standings.items() if waits(who, standing)]
