"""What the database holds of programmes and angkatan that the configuration no longer names (rule 22)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, bindparam, func, or_, select, union

from latsar_sync.domain.language import _, counted, for_admins, joined
from latsar_sync.rules.no_longer_configured import ON_THE_ROSTER
from latsar_sync.store.tables import (
    angkatan_actions,
    baselines,
    course_places,
    destructions,
    identities,
    participants,
    required_sets,
    roster_entries,
    thresholds,
)

RENAMED, CLOSED = "renamed", "closed"
"""What a named person said of an angkatan or a programme."""


@dataclass(frozen=True, slots=True)
class Unconfigured:
    """A programme, or an ``angkatan`` of it, that is recorded and no longer configured, with its people."""

    programme: str
    angkatan: str | None
    people: int

    @property
    def lost(self) -> str | None:
        """The programme, if it is not configured at all: every run tells of it."""
        return self.programme if self.angkatan is None else None

    @property
    def text(self) -> str:
        """What to tell a person, with what can be done."""
        people = counted("{count} person", "{count} people", self.people).format(count=self.people)
        if self.angkatan is None:
            said = _(
                "Programme {programme} with {people} is recorded and no longer configured: nobody reads or sends them."
            ).format(programme=self.programme, people=people)
            remedy = _(
                "Renamed? latsar-sync programme rename {programme} NEW. Over? latsar-sync programme close {programme}."
            ).format(programme=self.programme)
            return joined(said, for_admins(remedy))
        said = _(
            "Angkatan {angkatan} of programme {programme} with {people} on the roster is no longer configured: nobody "
            "reads its in-class course."
        ).format(angkatan=self.angkatan, programme=self.programme, people=people)
        remedy = _(
            "Renamed? latsar-sync angkatan rename {programme} {angkatan} NEW. Over? latsar-sync angkatan close "
            "{programme} {angkatan}."
        ).format(angkatan=self.angkatan, programme=self.programme)
        return joined(said, for_admins(remedy))


OF_THE_SAME = angkatan_actions.c.programme == course_places.c.programme
OPEN_AGAIN = or_(
    and_(OF_THE_SAME, angkatan_actions.c.angkatan == course_places.c.angkatan),
    and_(OF_THE_SAME, angkatan_actions.c.angkatan.is_(None)),
)
"""What was closed fills no course, until it was configured again: if it is taken out after that, nobody closed it."""
CLOSED_ONES = select(angkatan_actions.c.programme, angkatan_actions.c.angkatan).where(
    angkatan_actions.c.kind == CLOSED, ~select(course_places.c.angkatan).where(OPEN_AGAIN).exists()
)
DESTROYED = select(destructions.c.programme).distinct()
RECORDED = union(*(select(table.c.programme) for table in (baselines, course_places, thresholds, required_sets)))
NAMED = (
    select(roster_entries.c.programme, roster_entries.c.angkatan)
    .distinct()
    .where(roster_entries.c.programme.in_(bindparam("programmes", expanding=True)))
    .where(roster_entries.c.angkatan.is_not(None))
)
"""All that the roster names, as an index tells it: few of very many people, if any, are looked at besides."""
SEATED = (
    select(roster_entries.c.programme, roster_entries.c.angkatan, func.count().label("people"))
    .join(identities, identities.c.participant_id == roster_entries.c.participant_id)
    .where(roster_entries.c.programme.in_(bindparam("programmes", expanding=True)))
    .where(roster_entries.c.angkatan.in_(bindparam("all_angkatan", expanding=True)))
    .where(roster_entries.c.state.in_(map(str, ON_THE_ROSTER)))
    .group_by(roster_entries.c.programme, roster_entries.c.angkatan)
    .order_by(roster_entries.c.programme, roster_entries.c.angkatan)
)


def find(
    connection: Connection, known: Mapping[str, Collection[str]], programme: str | None = None
) -> list[Unconfigured]:
    """Return what is recorded and not configured, closed and destroyed programmes and closed angkatan left out.

    ``known`` are the configured angkatan by programme. With a ``programme`` only its angkatan are looked at, whatever
    the number of people in others.
    """
    over = closed_anywhere(connection)
    gone = set(connection.execute(DESTROYED).scalars())
    lost = [
        each for each in _recorded(connection) if each not in known and each not in gone and (each, None) not in over
    ]
    found = [each for name in lost for each in [Unconfigured(name, None, _people(connection, name))] if each.people]
    here = {"programmes": list(known if programme is None else [programme])}
    named = ((row.programme, row.angkatan) for row in connection.execute(NAMED, here))
    loose = {each for each in named if each[1] not in known[each[0]] and each not in over}
    if loose:
        seated = connection.execute(SEATED, {**here, "all_angkatan": [angkatan for _, angkatan in loose]})
        by_angkatan = {(row.programme, row.angkatan): row.people for row in seated}
        found += [Unconfigured(*each, people) for each, people in by_angkatan.items() if each in loose]
    return found


def people_of(connection: Connection, programmes: Collection[str]) -> dict[tuple[str, str], frozenset[str]]:
    """Return the internal ids of those on the roster of programmes, by programme and angkatan."""
    if not programmes:
        return {}
    rows = connection.execute(
        select(roster_entries.c.programme, roster_entries.c.angkatan, roster_entries.c.participant_id)
        .join(identities, identities.c.participant_id == roster_entries.c.participant_id)
        .where(roster_entries.c.programme.in_(programmes), roster_entries.c.angkatan.is_not(None))
        .where(roster_entries.c.state.in_(map(str, ON_THE_ROSTER)))
    )
    found: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        found.setdefault((row.programme, row.angkatan), set()).add(row.participant_id)
    return {whose: frozenset(people) for whose, people in found.items()}


def _recorded(connection: Connection) -> list[str]:
    """Return the programmes that ever came to anything, by tables that hold few rows of each."""
    return sorted(connection.execute(RECORDED).scalars())


def _people(connection: Connection, programme: str) -> int:
    mine = select(func.count()).select_from(participants).where(participants.c.programme == programme)
    return int(connection.execute(mine).scalar_one())


def closed_anywhere(connection: Connection) -> frozenset[tuple[str, str | None]]:
    """Return the programmes (angkatan None) and angkatan that a named person closed."""
    return frozenset((row.programme, row.angkatan) for row in connection.execute(CLOSED_ONES))


def closed(connection: Connection, programme: str) -> frozenset[str]:
    """Return the closed angkatan of a programme: their people stay as they were last seen."""
    return frozenset(
        angkatan for name, angkatan in closed_anywhere(connection) if name == programme and angkatan is not None
    )
