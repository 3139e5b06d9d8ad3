"""Of whom placing could change anything: it spares the work of placing the others, and decides nothing. Pure.

Whoever follows one person may pass it over.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.standings_of_one import Sought
from latsar_sync.rules.kept_or_lost_seats import entry_without_new_seat
from latsar_sync.rules.order_of_seats import ground_of, has_courses
from latsar_sync.rules.placement import Placement, where_they_may_sit


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


def who_bears_on(
    who: str,
    standing: Standing,
    entries: Mapping[str, Entry],
    all_angkatan: Sequence[Angkatan],
    placement: Placement,
    sitting_in: Mapping[str, str],
) -> Sought:
    """Return by whom it may be told where ``place`` puts somebody; of all others the ``seats_kept`` tell enough.

    By a group or a list nobody but who may sit in the same angkatan. By who qualifies first: whoever may get or lose a
    seat anywhere.
    """
    if placement.kind == "first_qualified":
        unsure = (each for each, entry in entries.items() if not _keeps_a_seat(entry))
        grounds = frozenset({Outcome.QUALIFIED, *([Outcome.NOT_YET] if placement.lets_in_by_effect() else ())})
        return Sought(frozenset({*unsure, *placement.moves, *placement.admitted, *sitting_in}), outcomes=grounds)
    which = placement.which(all_angkatan)
    possible, _ = where_they_may_sit(standing, which, placement)
    theirs = possible.all_angkatan if possible is not None else {}
    by_list = placement.listed if placement.kind == "list" else {}
    return Sought(
        frozenset(
            {each for each, entry in many_people.among(entries, angkatan=theirs).items() if entry.angkatan in theirs}
            | {each for told in (placement.moves, sitting_in) for each, angkatan in told.items() if angkatan in theirs}
        ),
        numbers=frozenset(nip for nip, angkatan in by_list.items() if angkatan in theirs),
        groups=frozenset(each.source_group for each in theirs.values() if each.source_group is not None),
    )


def seats_kept(entries: Mapping[str, Entry], standings: Mapping[str, Standing]) -> Counter[str]:
    """Count by angkatan id the seats that nothing could take from those of whom it is not told where they stand."""
    kept = (entry.angkatan for who, entry in entries.items() if who not in standings and _keeps_a_seat(entry))
    return Counter(angkatan for angkatan in kept if angkatan is not None)


def _keeps_a_seat(entry: Entry) -> bool:
    """Say whether somebody, who is nobody else's second account, keeps their seat wherever they stand."""
    sits = entry.state in (EntryState.PUSHED, EntryState.CONFIRMED) and entry.angkatan is not None
    return sits and entry.reason is None and entry.lifted_from is None


def who_are_ranked(
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    all_angkatan: Sequence[Angkatan],
    placement: Placement,
    pinned: Collection[str],
) -> list[str]:
    """Return who is to be seated in order with others, where ``give_seats`` is given the same; the others
    keep what they have whoever else is placed.
    """
    which = placement.which(all_angkatan)

    def waits(who: str, standing: Standing) -> bool:
        before = entries.get(who)
        ground = ground_of(standing, before, placement)
        if ground is None or standing.merged:
            return False
        return (
            before is None or entry_without_new_seat(before, standing, ground, which, placement, who in pinned) is None
        )

    return [who for who, standing in standings.items() if waits(who, standing)]
