"""Questions of the web pages: whom somebody looks for, a page at a time, and how many stand where.

One shape counts for all of them (``standing``), by the same columns that find people: what a page counts and what its
link lists cannot differ.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, case, func, null, or_, select

from latsar_sync.domain.stages import NEEDS, WITHOUT
from latsar_sync.store.bulk import batches
from latsar_sync.store.listings import Row, everybody, stored_groups
from latsar_sync.store.moves import STANDING_MOVES
from latsar_sync.store.search_conditions import (
    BY_INSTITUTION,
    Search,
    in_order_of,
    location,
    materials_done,
    narrowed,
    score_passed,
)
from latsar_sync.store.tables import decisions, identities, participants, roster_entries

SORTS = ("name", BY_INSTITUTION, "angkatan", "score", "decided")


def find_people(
    connection: Connection, programme: str, search: Search, offset: int, limit: int, sort: str = "name"
) -> tuple[list[Row], int]:
    """Return one page of a programme's people in an order, and how many there are in all."""
    search = resolved(connection, programme, search)
    total = connection.execute(narrowed(select(func.count()), programme, search)).scalar_one()
    ids = find_ids(connection, programme, search, offset, limit, sort)
    found = {row["participant_id"]: row for row in people_of(connection, programme, ids)}
    return [found[each] for each in ids if each in found], int(total)


def find_ids(
    connection: Connection, programme: str, search: Search, offset: int, limit: int, sort: str = "name"
) -> list[str]:
    """Return the internal ids of the people who are looked for, in an order."""
    search = resolved(connection, programme, search)
    asked = narrowed(select(participants.c.id), programme, search, sort=sort)
    return list(connection.execute(asked.offset(offset).limit(limit)).scalars())


def neighbours(
    connection: Connection, programme: str, search: Search, sort: str, number: int
) -> tuple[str | None, str | None]:
    """Return who stands before and after the one at place ``number`` (from 0) of what was found."""
    first = max(0, number - 1)
    ids = find_ids(connection, programme, search, first, 3 if number else 2, sort)
    before = ids[0] if number and ids else None
    after = ids[number - first + 1] if len(ids) > number - first + 1 else None
    return before, after


def people_of(connection: Connection, programme: str | None, participant_ids: Sequence[str]) -> list[Row]:
    """Return people of a programme by their internal ids, by name; whoever is nobody of it, or not known any more, is
    left out: an id that was sent may be anybody's. None is every programme, for ids that nobody sent.
    """
    statement = everybody().where(participants.c.id.in_(participant_ids)).order_by(*in_order_of("name"))
    if programme is not None:
        statement = statement.where(participants.c.programme.concat("") == programme)  # by their ids, not by this
    return [dict(row._mapping) for row in connection.execute(statement)]


def owners_of(connection: Connection, programme: str, nips: Sequence[str]) -> dict[str, list[str]]:
    """Return by NIP who carries it in a programme; an account that was merged into another carries none."""
    mine = (
        select(identities.c.nip, participants.c.id)
        .join(participants, participants.c.id == identities.c.participant_id)
        .where(participants.c.programme == programme, participants.c.merged_into.is_(None))
    )
    found: dict[str, list[str]] = {}
    for batch in batches(nips):
        for nip, who in connection.execute(mine.where(identities.c.nip.in_(batch))):
            found.setdefault(nip, []).append(who)
    return found


def alike(connection: Connection, programme: str, participant_id: str) -> list[Row]:
    """Return the other accounts of a programme that carry the NIP of this one, or the same name, by name."""
    mine = connection.execute(
        select(identities.c.nip, identities.c.sort_name).where(identities.c.participant_id == participant_id)
    ).first()
    if mine is None:
        return []
    same = [identities.c.sort_name == mine.sort_name] if mine.sort_name else []
    same += [identities.c.nip == mine.nip] if mine.nip else []
    if not same:
        return []
    # by the indexes of what is the same: SQLite would look through all of the programme if it could look that up
    alike_anywhere = select(identities.c.participant_id).where(
        or_(*same), identities.c.participant_id != participant_id
    )
    here = participants.c.programme.concat("") == programme
    statement = everybody().where(here, participants.c.id.in_(alike_anywhere)).order_by(*in_order_of("name"))
    return [dict(row._mapping) for row in connection.execute(statement)]


def found_origins(connection: Connection, programme: str, search: Search) -> tuple[dict[str, int], dict[str, int]]:
    """Return the institutions of those who are looked for, and the places where they come together in class.

    Each with how many people, by name; whoever has none is left out.
    """
    search = resolved(connection, programme, search)
    told = identities.c.institution, location(search.homes)
    counted = narrowed(select(*told, func.count()), programme, search, named=True).group_by(*told)
    institutions, places = Counter[str](), Counter[str]()
    for institution, place, people in connection.execute(counted):
        institutions[institution or ""] += people
        places[place or ""] += people
    return _without_nobodys(institutions), _without_nobodys(places)


def _without_nobodys(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: counted[name] for name in sorted(counted) if name}


def standing(connection: Connection, programme: str, search: Search | None = None) -> list[Row]:
    """Count the people of a programme by where they stand: a row for each kind of standing, with ``people``.

    Of those on no roster ``groups`` are the MOOC's, as JSON text, and ``moved_to`` is where a person moved them;
    ``materials`` and ``passed`` are 1 where all activities are done and where the limit was reached; ``codes`` are the
    reasons of the decision between blanks; the rest as stored.
    """
    columns = (  # what differs most stands first: putting them together compares one column after another
        roster_entries.c.angkatan,
        case((roster_entries.c.state.is_(None), stored_groups())).label("groups"),
        roster_entries.c.state,
        decisions.c.outcome,
        participants.c.reason_codes.label("codes"),
        materials_done().label("materials"),
        score_passed().label("passed"),
        case((roster_entries.c.state.is_(None), STANDING_MOVES.c.angkatan)).label("moved_to"),
        roster_entries.c.reason,
        roster_entries.c.admission,
    )
    names = [*(each.name for each in columns), "people"]
    asked = select(*columns, func.count().label("people"))
    search = resolved(connection, programme, search or Search())
    counted = narrowed(asked, programme, search, judged=True).group_by(*columns)
    return [dict(zip(names, row, strict=True)) for row in connection.execute(counted)]


def standing_in_brief(connection: Connection, programme: str) -> list[Row]:
    """Count the people of a programme by decision, and those on the roster by state and reason.

    Each alone, in its index: it is the joining that takes the time. The few entries of accounts that were merged are
    taken off again by rows of their own, with ``people`` below 0.
    """
    r, p = roster_entries.c, participants.c
    people = func.count().label("people")
    by_decision = select(p.outcome, null().label("state"), null().label("reason"), people)
    by_decision = by_decision.where(p.programme == programme, p.merged_into.is_(None)).group_by(p.outcome)
    # in the order of the index first: else each of a million entries goes through a tree of its own
    in_order = select(r.state, r.reason, people).where(r.programme == programme)
    entries = in_order.group_by(r.angkatan, r.state, r.reason).subquery().c
    by_entry = select(null().label("outcome"), entries.state, entries.reason, func.sum(entries.people).label("people"))
    by_entry = by_entry.group_by(entries.state, entries.reason)
    of_merged = select(null().label("outcome"), r.state, r.reason, (-func.count()).label("people"))
    of_merged = of_merged.select_from(participants).join(roster_entries, p.id == r.participant_id)
    of_merged = of_merged.where(p.programme == programme, p.merged_into.is_not(None)).group_by(r.state, r.reason)
    return [dict(row._mapping) for counted in (by_decision, by_entry, of_merged) for row in connection.execute(counted)]


def resolved(connection: Connection, programme: str, search: Search) -> Search:
    """Return a search that names the groups of those on no roster whom it means: few differ, and Python reads them.

    Whoever asks several things about the same people resolves their search once.
    """
    nowhere = search.angkatan == WITHOUT or (search.need in NEEDS and NEEDS[search.need].nowhere)
    if search.texts is not None or not (search.angkatan or nowhere):
        return search
    stored = (
        select(stored_groups())
        .distinct()
        .select_from(participants)
        .outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
        .where(participants.c.programme == programme, roster_entries.c.angkatan.is_(None))
    )
    groups = frozenset(search.groups or ((search.group,) if search.group else ()))

    def is_meant(text: str | None) -> bool:
        """Say whether somebody is in the group meant and no other of the office's, or by them in no angkatan."""
        theirs = groups.intersection(json.loads(text or "[]"))
        return len(theirs) != 1 if nowhere else theirs == {search.group}

    texts = filter(is_meant, connection.execute(stored).scalars())
    return replace(search, texts=tuple(texts))
