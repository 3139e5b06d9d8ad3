"""Who waits since they may be somebody else of the programme: whose names are compared, and with whom (rule 19).

Whoever follows one person may pass it over, where nobody has a second account.
"""

from collections.abc import Mapping

from latsar_sync.domain.entry import Entry
from latsar_sync.domain.spelling import sort_form
from latsar_sync.rules import two_nips_one_person
from latsar_sync.rules.order_of_seats import has_courses
from latsar_sync.rules.why_not_sent import Placement
from latsar_sync.run.context import RunContext
from latsar_sync.run.decisions import Judged
from latsar_sync.store import identities


def second_accounts(
    context: RunContext, judged: Judged, entries: Mapping[str, Entry], placement: Placement
) -> frozenset[str]:
    """Return who waits until a person says whether they are somebody else of the programme, too (rule 19)."""
    standings, alike_by_name = judged.standings, two_nips_one_person.alike_by_name
    if not has_courses(context.all_angkatan):
        return frozenset()  # nobody is sent anywhere
    coming = two_nips_one_person.still_to_come(standings, entries, placement)
    if not coming:
        return frozenset()
    if not context.writes:  # a plan records nobody who is new
        alike = alike_by_name(standings, ((who, sort_form(each.name)) for who, each in standings.items()))
    else:
        with context.tools.database.reading() as connection:
            if len(coming) > two_nips_one_person.FEW:
                alike = identities.alike(connection, context.name)
            else:
                of_their_days = two_nips_one_person.born_on_their_days(standings, coming)
                alike = alike_by_name(standings, identities.sort_names(connection, of_their_days).items())
    return two_nips_one_person.second_accounts(alike, coming, standings, entries, placement)
