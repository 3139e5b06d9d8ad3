"""Who may be one person with two accounts, under two NIPs, and what speaks against it. Pure (rule 19).

The second one waits until a person says so.

Two people of one name and one birth date are hardly ever met in one programme. Birth dates of candidates spread over
some 5,500 days: were one pair of people in 10,000 of one name, one of 30 programmes of 2,000 people would have such a
pair, and one of 50,000 people two dozen; each is settled once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.entry import REMOVED, Entry, EntryState
from latsar_sync.domain.nip import BORN, may_be_mistyped
from latsar_sync.domain.packed_ids import IdList
from latsar_sync.domain.spelling import names_differ
from latsar_sync.rules.order_of_seats import ground_of
from latsar_sync.rules.placement import Placement

FEW = 500
"""Of so many who are still to come those alone are looked at who were born on their days; of more, everybody."""

ACCOUNTS_OF_ONE = 3
"""So many accounts one person may have: the first, one made anew, and one that carries the corrected NIP."""


def still_to_come(
    standings: Mapping[str, Standing], entries: Mapping[str, Entry], placement: Placement
) -> Sequence[str] | IdList:
    """Return, by internal id, who may be placed or sent by the rule and was never seen in a course."""
    found = many_people.no_ids_yet(standings)
    for who, each in standings.items():
        entry = entries.get(who)
        if who not in placement.admitted and ground_of(each, entry, placement) is not None and _never_seen(entry):
            found.append(who)
    return found


def days_of(standings: Mapping[str, Standing], people: Iterable[str]) -> frozenset[str]:
    """Return on which days these were born, as their NIPs begin."""
    return frozenset(nip[:BORN] for who in people if (nip := standings[who].nip) is not None)


def born_on(standings: Mapping[str, Standing], days: Collection[str]) -> Iterator[str]:
    """Yield, by internal id, who was born on any of these days, by the NIP."""
    return (who for who, each in standings.items() if each.nip is not None and each.nip[:BORN] in days)


def alike_by_name(standings: Mapping[str, Standing], names: Iterable[tuple[str, str]]) -> list[frozenset[str]]:
    """Return who may be one person, of those whose ``names`` are told: one name and birth date, several NIPs.

    A name stands with the internal id, in the form of ``sort_form``.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for who, name in names:
        each = standings[who]
        if each.nip is not None and not each.merged and name:
            found.setdefault((each.nip[:BORN], name), {})[who] = each.nip
    return [frozenset(those) for those in found.values() if len({*those.values()}) > 1]


def second_accounts(
    alike: Sequence[Collection[str]],
    coming: Iterable[str],
    standings: Mapping[str, Standing],
    entries: Mapping[str, Entry],
    placement: Placement,
) -> frozenset[str]:
    """Return who is not placed or sent by the rule, since somebody alike comes before them; all by internal id.

    Each of ``alike`` are accounts of one name and birth date, and it is asked where any of those is who are ``coming``.
    Of them comes first who is, or was, in a course, then who has a seat, whom a person holds, and who would get one; of
    these who is enrolled, and who came before. Nobody has more than ``ACCOUNTS_OF_ONE``: a name that so many bear is
    none by which a person is known, as "Peserta".
    """

    def place_of(who: str) -> tuple[int, bool, int] | None:
        rank = _rank(standings[who], entries.get(who), placement)
        return None if rank is None else (rank, not standings[who].enrolled, standings[who].source_user_id)

    found, anybody = set[str](), frozenset(chain.from_iterable(alike))
    asked = {who for who in coming if who in anybody}  # of very many people not all are held at once
    for those in alike:
        if len(those) > ACCOUNTS_OF_ONE or asked.isdisjoint(those):
            continue
        counting = [(place, who) for who in those if who in standings and (place := place_of(who)) is not None]
        found.update(who for _place, who in sorted(counting)[1:])
    return frozenset(found)


def clearly_different(name: str, nip: str | None, other_name: str, other_nip: str | None) -> tuple[str, ...]:
    """Return what speaks against two accounts being one person's: ``"name"``, ``"nip"``, both or nothing.

    A NIP that is unusable (None) says nothing; one in which a digit or two at most differ says that they are.
    """
    names = ("name",) if names_differ(name, other_name) else ()
    if nip is None or other_nip is None:
        return names
    return () if may_be_mistyped(nip, other_nip) else (*names, "nip")


def _never_seen(entry: Entry | None) -> bool:
    return entry is None or (entry.origin is None and entry.state is not EntryState.WITHDRAWN)


def _rank(standing: Standing, entry: Entry | None, placement: Placement) -> int | None:
    """Return how far somebody is on the way to a seat, 0 the furthest; None for who is not on it."""
    if standing.merged:
        return None
    if entry is not None and entry.state is EntryState.WITHDRAWN:
        return 0 if entry.reason == REMOVED else None
    if entry is not None and entry.seat_in is not None:
        return 0 if entry.origin is not None else 1
    if standing.outcome is Outcome.HELD:
        return 2
    return 3 if ground_of(standing, entry, placement) is not None else None
