"""Who waits since they may be somebody else of the programme: whose names are compared, and with whom (rule 19).

Whoever follows one person may pass it over, where nobody has a second account.
"""

from itertools import chain

from latsar_sync.domain.spelling import sort_form
from latsar_sync.domain.standings_of_one import Sought, StandingsOfOne
from latsar_sync.rules import two_nips_of_one_person
from latsar_sync.rules.order_of_seats import has_courses
from latsar_sync.run.context import RunContext
from latsar_sync.run.roster import Roster
from latsar_sync.store import identities


def second_accounts(context: RunContext, roster: Roster) -> frozenset[str]:
    """Return who waits until a person says whether they are somebody else of the programme, too (rule 19).

    In a run about one person, of those who matter to where that one is placed.
    """
    standings, entries, placement = roster.standings, roster.entries, roster.placement
    alike_by_name = two_nips_of_one_person.alike_by_name
    if not has_courses(context.all_angkatan):
        return frozenset()  # nobody is sent anywhere
    some = roster.who_matter() if isinstance(standings, StandingsOfOne) else standings
    coming = two_nips_of_one_person.still_to_come(some, entries, placement)
    if not coming:
        return frozenset()
    if not context.writes:  # a plan records nobody who is new
        alike = alike_by_name(standings, ((who, sort_form(each.name)) for who, each in standings.items()))
    else:
        with context.tools.database.reading() as connection:
            if len(coming) > two_nips_of_one_person.FEW:
                alike = identities.alike(connection, context.name)
            else:
                days = two_nips_of_one_person.days_of(some, coming)
                born = standings.sought(Sought(born=days)) if isinstance(standings, StandingsOfOne) else standings
                of_their_days = two_nips_of_one_person.born_on(born, days)
                alike = alike_by_name(standings, identities.sort_names(connection, of_their_days).items())
    roster.preload(chain.from_iterable(alike))
    return two_nips_of_one_person.second_accounts(alike, coming, standings, entries, placement)
