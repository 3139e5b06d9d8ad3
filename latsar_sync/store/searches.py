"""Questions of the web pages: whom somebody looks for, a page at a time, and how many stand where.

One shape counts for all of them (``standing``), by the same columns that find people: what a page counts and what its
link lists cannot differ.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, cast, false, func, or_, select

from latsar_sync.domain.entry import HOLDS_A_SEAT
from latsar_sync.domain.spelling import search_form
from latsar_sync.domain.stages import (
    FOLLOW_UP,
    FOLLOWED_UP,
    NEEDS,
    ON_NO_ROSTER,
    ON_THE_WAY,
    SEATED,
    STAGES,
    UNDER_WAY,
    UNSEATED,
    WITHOUT,
    Need,
)
from latsar_sync.store.bulk import batches
from latsar_sync.store.listings import CURRENT_DECISION, Row, everybody, is_only_in, stored_groups
from latsar_sync.store.tables import decisions, identities, participants, roster_entries

BY_INSTITUTION = "institution"
SORTS = ("name", BY_INSTITUTION, "angkatan", "score", "decided")


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for; an empty field asks nothing.

    ``text``: words of name and institution in any order, or digits of a NIP. ``state``: a decision or a roster state.
    ``location`` is a place where people come together in class; ``homes`` are those of the angkatan, by id, which count
    where nobody says another. ``decision``, ``place`` (a roster state, or one of those of ``domain.stages`` instead),
    ``admission``, ``reason``, ``stage`` (so far or farther), ``need`` (``domain.stages``).
    ``angkatan`` may be ``WITHOUT``; ``group`` is its group in the MOOC: by it those are found who are on no roster
    yet; ``groups`` are those of all angkatan.
    """

    text: str = ""
    state: str = ""
    angkatan: str = ""
    institution: str = ""
    reason: str = ""
    group: str = ""
    decision: str = ""
    place: str = ""
    admission: str = ""
    stage: str = ""
    need: str = ""
    location: str = ""
    lacking: bool = False
    """Whether those alone are meant who lack something, as ``exports.chase_list.lacks_something`` tells it."""
    homes: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] = ()
    texts: tuple[str, ...] | None = None
    """The groups, as stored, of those on no roster whom ``angkatan`` or ``need`` means; found by ``resolved``."""


def find_people(
    connection: Connection, programme: str, search: Search, offset: int, limit: int, sort: str = "name"
) -> tuple[list[Row], int]:
    """Return one page of a programme's people in an order, and how many there are in all."""
    search = resolved(connection, programme, search)
    total = connection.execute(_narrowed(select(func.count()), programme, search)).scalar_one()
    ids = find_ids(connection, programme, search, offset, limit, sort)
    found = {row["participant_id"]: row for row in people_of(connection, ids)}
    return [found[each] for each in ids if each in found], int(total)


def find_ids(
    connection: Connection, programme: str, search: Search, offset: int, limit: int, sort: str = "name"
) -> list[str]:
    """Return the internal ids of the people who are looked for, in an order."""
    search = resolved(connection, programme, search)
    asked = _narrowed(select(participants.c.id), programme, search, sort=sort)
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


def people_of(connection: Connection, participant_ids: Sequence[str]) -> list[Row]:
    """Return people by their internal ids, by name; whoever is not known any more is left out."""
    statement = everybody().where(participants.c.id.in_(participant_ids)).order_by(*_order("name"))
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
    others = participants.c.programme == programme, participants.c.id != participant_id
    statement = everybody().where(*others, or_(*same)).order_by(*_order("name"))
    return [dict(row._mapping) for row in connection.execute(statement)]


def found_origins(connection: Connection, programme: str, search: Search) -> tuple[dict[str, int], dict[str, int]]:
    """Return the institutions of those who are looked for, and the places where they come together in class.

    Each with how many people, by name; whoever has none is left out.
    """
    search = resolved(connection, programme, search)
    told = identities.c.institution, location(search.homes)
    counted = _narrowed(select(*told, func.count()), programme, search, named=True).group_by(*told)
    institutions, places = Counter[str](), Counter[str]()
    for institution, place, people in connection.execute(counted):
        institutions[institution or ""] += people
        places[place or ""] += people
    return _without_nobodys(institutions), _without_nobodys(places)


def _without_nobodys(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: counted[name] for name in sorted(counted) if name}


def standing(connection: Connection, programme: str, search: Search | None = None) -> list[Row]:
    """Count the people of a programme by where they stand: a row for each kind of standing, with ``people``.

    ``groups`` are the MOOC's groups of those on no roster, as JSON text; ``materials`` and ``passed`` are 1 where all
    activities are done and where the limit was reached; ``codes`` are the reasons of the decision between blanks; the
    rest as stored.
    """
    columns = (
        case((roster_entries.c.state.is_(None), stored_groups())).label("groups"),
        _materials().label("materials"),
        _passed().label("passed"),
        participants.c.reason_codes.label("codes"),
        decisions.c.outcome,
        roster_entries.c.state,
        roster_entries.c.angkatan,
        roster_entries.c.reason,
        roster_entries.c.admission,
    )
    names = [*(each.name for each in columns), "people"]
    asked = select(*columns, func.count().label("people"))
    search = resolved(connection, programme, search or Search())
    counted = _narrowed(asked, programme, search, judged=True).group_by(*columns)
    return [dict(zip(names, row, strict=True)) for row in connection.execute(counted)]


def standing_in_brief(connection: Connection, programme: str) -> list[Row]:
    """Count the people of a programme by decision, and by state and reason on the roster, alone: half of the work."""
    columns = decisions.c.outcome, roster_entries.c.state, roster_entries.c.reason
    asked = select(*columns, func.count().label("people"))
    counted = _narrowed(asked, programme, Search(), judged=True).group_by(*columns)
    return [dict(row._mapping) for row in connection.execute(counted)]


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
    groups = search.groups or ((search.group,) if search.group else ())
    order = {group: place for place, group in reversed([*enumerate(groups)])}
    wanted = None if nowhere else order.get(search.group, -1)

    def first(text: str | None) -> int | None:
        """Return the place of somebody's first group among those of the office, None if it has none of them."""
        return min((order[group] for group in json.loads(text or "[]") if group in order), default=None)

    texts = (each for each in connection.execute(stored).scalars() if first(each) == wanted)
    return replace(search, texts=tuple(texts))


def _narrowed(
    question: Select[Any], programme: str, search: Search, sort: str = "", named: bool = False, judged: bool = False
) -> Select[Any]:
    """Return a question about participants, narrowed to whom a search means; an account that was merged is nobody."""
    words = search_form(search.text).split()
    asked = question.select_from(participants).where(participants.c.programme == programme)
    # whoever looks for somebody by name finds the merged account too, and reads there which one counts
    if not words:
        asked = asked.where(participants.c.merged_into.is_(None))
    decided = judged or search.state or search.decision or search.stage or search.need or search.lacking
    by_place = search.angkatan or search.place or search.admission or search.location
    # where an angkatan meets counts for whoever is on its roster
    on_roster = decided or search.reason or by_place or sort == "angkatan" or (named and search.homes)
    if named or words or search.institution or search.location or sort:
        asked = asked.outerjoin(identities, identities.c.participant_id == participants.c.id)
    if decided or sort in ("score", "decided"):
        asked = asked.outerjoin(decisions, CURRENT_DECISION)
    if on_roster:
        asked = asked.outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
    if search.text.strip() and not words:
        asked = asked.where(false())  # signs alone are in nobody's name
    asked = asked.where(*_by_words(words), *_by_choice(search))
    return asked.order_by(*_order(sort)) if sort else asked


def _by_words(words: Sequence[str]) -> list[ColumnElement[bool]]:
    if words and all(word.isdecimal() for word in words):
        return [identities.c.nip.contains("".join(words), autoescape=True)]
    return [
        or_(identities.c.search_words.contains(word, autoescape=True), identities.c.nip.contains(word, autoescape=True))
        if word.isdecimal()
        else identities.c.search_words.contains(word, autoescape=True)
        for word in words
    ]


def _by_choice(search: Search) -> list[ColumnElement[bool]]:
    plain = (
        (decisions.c.outcome, search.decision),
        (roster_entries.c.admission, search.admission),
        (identities.c.institution, search.institution),
    )
    found: list[ColumnElement[bool]] = [column == value for column, value in plain if value]
    if search.state:
        found.append(or_(decisions.c.outcome == search.state, roster_entries.c.state == search.state))
    if search.place:
        found.append(_is_at(search.place))
    if search.angkatan == WITHOUT:
        found.append(_is_nowhere(search.texts))
    elif search.angkatan:
        found.append(or_(roster_entries.c.angkatan == search.angkatan, is_only_in(search.texts)))
    if search.lacking:
        qualifies = func.coalesce(decisions.c.outcome, "") == "qualified"
        found.append(or_(~qualifies, roster_entries.c.reason.is_not(None)))
    if search.location:
        found.append(location(search.homes) == search.location)
    if search.reason:
        found.append(or_(roster_entries.c.reason == search.reason, _says(search.reason)))
    if search.stage in STAGES:
        found.append(_stage() >= list(STAGES).index(search.stage))
    if search.need in NEEDS:
        found.append(_needs(NEEDS[search.need], search.texts))
    return found


def _is_at(place: str) -> ColumnElement[bool]:
    """Return the condition that somebody is at a place of the roster: in a state, or in one of several."""
    state = roster_entries.c.state
    if place in (SEATED, UNSEATED):
        seated = func.coalesce(state, "").in_(sorted(HOLDS_A_SEAT))
        return seated if place == SEATED else ~seated
    if place == ON_NO_ROSTER:
        return state.is_(None)
    several = {UNDER_WAY: ("planned", "pushed"), FOLLOW_UP: FOLLOWED_UP}
    return state.in_(several[place]) if place in several else state == place


def _needs(need: Need, texts: Sequence[str] | None) -> ColumnElement[bool]:
    """Return the condition that ``Need.concerns`` is for a row that was counted."""
    if need.nowhere:
        return _is_nowhere(texts)
    found: list[ColumnElement[bool]] = []
    if need.outcomes:
        found.append(decisions.c.outcome.in_(need.outcomes))
    if need.states:
        found.append(roster_entries.c.state.in_(need.states))
    if need.reasons:
        found.append(roster_entries.c.reason.in_(need.reasons))
    if need.not_reasons:
        reason = roster_entries.c.reason
        found.append(or_(reason.is_(None), reason.not_in(need.not_reasons)))
    if need.codes:
        found.append(or_(*map(_says, need.codes)))
    return and_(*found)


def _materials() -> ColumnElement[int]:
    return case((decisions.c.materials_done == decisions.c.materials_total, 1), else_=0)


def _passed() -> ColumnElement[int]:
    below = or_(_says("score_below_threshold"), _says("no_grade"))
    return case((and_(decisions.c.score.is_not(None), ~below), 1), else_=0)


def _stage() -> ColumnElement[int]:
    """Return how far somebody is, as ``domain.stages.stage_of`` tells it."""
    seated = roster_entries.c.state.in_(ON_THE_WAY)
    return case(
        (roster_entries.c.state == "confirmed", 5),
        (seated, 4),
        (decisions.c.outcome == "qualified", 3),
        (and_(_materials() == 1, _passed() == 1), 2),
        (_materials() == 1, 1),
        else_=0,
    )


def _order(sort: str) -> tuple[ColumnElement[Any], ...]:
    by_name = (identities.c.sort_name, identities.c.name, participants.c.id)
    if sort == BY_INSTITUTION:
        return (identities.c.institution.is_(None), identities.c.institution, *by_name)
    if sort == "angkatan":
        return (roster_entries.c.angkatan.is_(None), roster_entries.c.angkatan, *by_name)
    if sort == "score":
        # scores are kept as texts of five places: by their length first they stand in the order of numbers
        score = cast(decisions.c.score, Text)
        return (decisions.c.score.is_(None), func.length(score).desc(), score.desc(), *by_name)
    if sort == "decided":
        return (decisions.c.decided_at.is_(None), decisions.c.decided_at.desc(), *by_name)
    return by_name


def location(homes: Sequence[tuple[str, str]]) -> ColumnElement[Any]:
    """Return where somebody comes together in class, as ``exports.places.place_of`` tells it; null for nowhere."""
    own = func.nullif(identities.c.place, "")
    if not homes:
        return func.coalesce(participants.c.chosen_place, own)
    home = case(dict(homes), value=roster_entries.c.angkatan)
    return func.coalesce(participants.c.chosen_place, own, home)


def _is_nowhere(texts: Sequence[str] | None) -> ColumnElement[bool]:
    """Say whether somebody belongs to no angkatan: none by the roster, or on no roster and in groups of none."""
    unplaced = and_(roster_entries.c.state.is_not(None), roster_entries.c.angkatan.is_(None))
    return or_(unplaced, is_only_in(texts))


def _says(code: str) -> ColumnElement[bool]:
    """Say whether a decision gives this reason."""
    return participants.c.reason_codes.contains(f" {code} ", autoescape=True)
