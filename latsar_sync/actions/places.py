"""A named person says at which of several places people come together in class."""

from collections.abc import Mapping

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent, acting
from latsar_sync.actions.overrides import must_be_some
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import plain
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import place_choices
from latsar_sync.store.database import Database
from latsar_sync.store.place_choices import PlaceChoice

LONGEST_PLACE = 100


def choose_places(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    places: Mapping[str, str | None],
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
) -> list[PlaceChoice]:
    """Record the place of people, by internal id; None takes back what was chosen. Return what was new; whoever is
    nobody of the programme is passed over.

    No seat and no decision depends on it: only lists, letters and filters do. Raise UsageError for nobody, too many,
    or a place that there is not, SeenChanged if something else stands of one of them than was shown.
    """
    must_be_some(list(places))
    known = settings.programme(programme)
    named = {who: None if place is None else known_place(known, place) for who, place in places.items()}
    with acting(database, programme, clock, by, sent) as action:
        now = shown_values.of_people(action.connection, programme, list(named), action.now)
        shown_values.require_people_unchanged(action, now, list(named))
        mine = {who: place for who, place in named.items() if who in now}
        return place_choices.choose(action.connection, mine, reason, by, action.now)


def known_place(programme: ProgrammeSettings, text: str) -> str:
    """Return a place as it is configured. Raise UsageError if there is no such place."""
    found = programme.place_named(plain(text))
    if not found or len(found) > LONGEST_PLACE:
        known = ", ".join(programme.place_names) or "–"
        raise UsageError(
            _('"{place}" is no place of the programme.').format(place=text[:LONGEST_PLACE]),
            _("There are: {known}.").format(known=known),
        )
    return found
