"""Where everybody stands while they are judged one after the other, held so that it may be very many people.

Whoever follows one person may pass it over: it decides nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, MutableMapping

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.known_people import RestingPeople, StandingsOf
from latsar_sync.domain.records import Record
from latsar_sync.domain.standings_of_one import StandingsOfOne
from latsar_sync.rules.records_after_reading import standing_of
from latsar_sync.run.known import KnownProgramme
from latsar_sync.store.known_of_one import KnownOfOne

NOT_JUDGED = Standing("", 0, None)


def none_judged(known: KnownProgramme, number: int) -> MutableMapping[str, Standing]:
    """Return what takes where everybody stands, by internal id; about so many are judged.

    Whoever is known keeps their rank, in which order places are given.
    """
    standings: MutableMapping[str, Standing] = many_people.by_id(Standing, known.ids, number)
    if isinstance(standings, dict) and not isinstance(known.people, RestingPeople):
        standings |= dict.fromkeys(known.ids, NOT_JUDGED)
    return standings


def let_go(known: KnownProgramme, judged: Iterable[tuple[Record | None, Record]]) -> None:
    """Hold no longer who was judged; an account that was merged into another stays, which is judged by it too."""
    for before, after in judged:
        if before is not None and before.participant.merged_into is None:
            known.people.let_go(after.participant.person.user_id)


def with_those_not_read(
    standings: MutableMapping[str, Standing], known: KnownProgramme, with_names: bool
) -> Mapping[str, Standing]:
    """Return with these where those stand of whom nothing was read, as they are known; ``with_names`` or without."""
    if isinstance(known.people, RestingPeople):
        everybody = StandingsOf(known.people, standings)
        everybody.preload(known.entries)
        return everybody
    for record in known.people.values():
        who = known.ids.get(record.participant.id, record.participant.id)
        if standings.get(who, NOT_JUDGED) is NOT_JUDGED:
            standings[who] = standing_of(record, who, with_names)
    return known.people.standings(standings) if isinstance(known.people, KnownOfOne) else standings


def those_near(standings: Mapping[str, Standing]) -> Mapping[str, Standing]:
    """Return those among whom somebody is found by their NIP: where a run is about one, who has to do with that one."""
    return standings.near if isinstance(standings, StandingsOfOne) else standings


def outcomes_of(standings: Mapping[str, Standing]) -> Counter[Outcome | None]:
    """Count people by their decision; an account that was merged into another is nobody of its own."""
    if isinstance(standings, StandingsOf | StandingsOfOne):
        return standings.outcomes()
    stand = many_people.fields(standings, "outcome", "merged")
    return Counter(outcome for outcome, merged in stand if not merged)
