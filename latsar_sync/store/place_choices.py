"""At which of several places people come together in class, as named persons say; added and never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select, update

from latsar_sync.store.bulk import add_rows, batches
from latsar_sync.store.tables import participants, place_choices


class PlaceChoice(NamedTuple):
    """One choice; ``place`` None: as the list or their angkatan says. ``version`` counts a person's choices."""

    participant_id: str
    version: int
    place: str | None
    reason: str
    by: str
    at: datetime


def choose(
    connection: Connection, places: Mapping[str, str | None], reason: str, by: str, now: datetime
) -> list[PlaceChoice]:
    """Record where people come together, by internal id, and return the choices that differ from the newest one."""
    made: list[PlaceChoice] = []
    for batch in batches(list(places)):
        last = select(place_choices.c.participant_id, func.max(place_choices.c.version))
        last = last.where(place_choices.c.participant_id.in_(batch)).group_by(place_choices.c.participant_id)
        versions: dict[str, int] = dict(map(tuple, connection.execute(last)))
        standing = select(participants.c.id, participants.c.chosen_place).where(participants.c.id.in_(batch))
        chosen: dict[str, str | None] = dict(map(tuple, connection.execute(standing)))
        made += [
            PlaceChoice(who, versions.get(who, 0) + 1, places[who], reason, by, now)
            for who in batch
            if chosen.get(who) != places[who]
        ]
    add_rows(connection, place_choices, [each._asdict() for each in made])
    by_place: dict[str | None, list[str]] = {}
    for each in made:
        by_place.setdefault(each.place, []).append(each.participant_id)
    for place, people in by_place.items():
        for batch in batches(people):
            connection.execute(update(participants).where(participants.c.id.in_(batch)).values(chosen_place=place))
    return made


def carry_on(connection: Connection, account: str, into: str, reason: str, by: str, now: datetime) -> None:
    """Let the place chosen for an account be that of the one it was merged ``into``, where none was chosen for that."""
    found = _newest(connection, [account, into])
    if account in found and found[account].place and not (into in found and found[into].place):
        choose(connection, {into: found[account].place}, reason, by, now)


def take_back(connection: Connection, into: str, at: datetime, reason: str, by: str, now: datetime) -> None:
    """Take back what was carried on ``at`` that moment, unless something else was chosen since."""
    found = _newest(connection, [into])
    if into in found and found[into].at == at:
        choose(connection, {into: None}, reason, by, now)


def _newest(connection: Connection, people: Sequence[str]) -> dict[str, PlaceChoice]:
    theirs = select(place_choices).where(place_choices.c.participant_id.in_(people)).order_by(place_choices.c.version)
    return {row.participant_id: PlaceChoice(**row._mapping) for row in connection.execute(theirs)}


def chosen_places(connection: Connection, programme: str) -> dict[str, str]:
    """Return where named persons said that people come together, by internal id."""
    mine = participants.c.programme == programme, participants.c.chosen_place.is_not(None)
    rows = connection.execute(select(participants.c.id, participants.c.chosen_place).where(*mine))
    return {row.id: row.chosen_place for row in rows}
