"""Questions of the web pages: one page of people at a time, and how many stand where; counted by the database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, cast, false, func, or_, select

from latsar_sync.domain.spelling import plain, without_apostrophes
from latsar_sync.store.reports import CURRENT_DECISION, Row, everybody
from latsar_sync.store.tables import decisions, identities, participants, roster_entries


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for; an empty field asks nothing. ``text`` is a part of a name, or the first digits of a NIP;
    ``state`` a decision or a roster state; ``reason`` a reason code; ``group`` the angkatan's group in the MOOC: by it
    those are found who are on no roster yet.
    """

    text: str = ""
    state: str = ""
    angkatan: str = ""
    institution: str = ""
    reason: str = ""
    group: str = ""


def find_people(
    connection: Connection, programme: str, search: Search, offset: int, limit: int
) -> tuple[list[Row], int]:
    """Return one page of a programme's people by name, and how many there are in all.

    Only what the search asks about is joined to find them; the rest is read for those on the page alone.
    """
    everybody_meant = search == Search()
    found = [participants.c.id] if everybody_meant else [participants.c.id, func.count().over()]
    page = _narrowed(select(*found), programme, search, by_name=True).offset(offset).limit(limit)
    rows = connection.execute(page).all()
    # what must look at each row counts them on the way; counting everybody is quicker by itself
    if everybody_meant or not rows:
        total = connection.execute(_narrowed(select(func.count()), programme, search)).scalar_one()
    else:
        total = rows[0][1]
    return people_of(connection, [row[0] for row in rows]), int(total)


def people_of(connection: Connection, participant_ids: Sequence[str]) -> list[Row]:
    """Return people by their internal ids, by name; whoever is not known any more is left out."""
    statement = everybody().where(participants.c.id.in_(participant_ids)).order_by(identities.c.name, participants.c.id)
    return [dict(row._mapping) for row in connection.execute(statement)]


def institutions(connection: Connection, programme: str) -> list[str]:
    """Return the sending institutions of a programme's people, by name."""
    statement = (
        select(identities.c.institution)
        .join(participants, participants.c.id == identities.c.participant_id)
        .where(participants.c.programme == programme, identities.c.institution != "")
        .distinct()
        .order_by(identities.c.institution)
    )
    return list(connection.execute(statement).scalars())


def standing(connection: Connection, programme: str) -> list[Row]:
    """Count the people of a programme by where they stand: a row for each kind of standing, with ``people``.

    ``groups`` are the MOOC's groups as JSON text; ``materials`` and ``passed`` are 1 where all activities are done and
    where the limit was reached; ``outcome``, ``state`` and ``angkatan`` as stored.
    """
    groups = cast(participants.c.groups, Text)
    materials = case((decisions.c.materials_done == decisions.c.materials_total, 1), else_=0)
    passed = case(
        (and_(decisions.c.score.is_not(None), ~_says("score_below_threshold")), 1),
        else_=0,
    )
    columns = (
        groups.label("groups"),
        materials.label("materials"),
        passed.label("passed"),
        decisions.c.outcome,
        roster_entries.c.state,
        roster_entries.c.angkatan,
        roster_entries.c.reason,
    )
    statement = (
        select(*columns, func.count().label("people"))
        .select_from(participants)
        .outerjoin(decisions, CURRENT_DECISION)
        .outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
        .where(participants.c.programme == programme, participants.c.merged_into.is_(None))
        .group_by(*columns)
    )
    return [dict(row._mapping) for row in connection.execute(statement)]


def _narrowed(question: Select[Any], programme: str, search: Search, by_name: bool = False) -> Select[Any]:
    """Return a question about participants, narrowed to whom a search means."""
    text = plain(search.text)
    wanted = question.select_from(participants).where(participants.c.programme == programme)
    if by_name or text or search.institution:
        wanted = wanted.outerjoin(identities, identities.c.participant_id == participants.c.id)
    if search.state or search.reason:
        wanted = wanted.outerjoin(decisions, CURRENT_DECISION)
    if search.state or search.reason or search.angkatan:
        wanted = wanted.outerjoin(roster_entries, roster_entries.c.participant_id == participants.c.id)
    if text:
        wanted = wanted.where(_is_called(text))
    if search.state:
        wanted = wanted.where(or_(decisions.c.outcome == search.state, roster_entries.c.state == search.state))
    if search.angkatan:
        belongs = or_(roster_entries.c.angkatan == search.angkatan, _is_only_in_the_group(search.group))
        wanted = wanted.where(belongs)
    if search.institution:
        wanted = wanted.where(identities.c.institution == search.institution)
    if search.reason:
        wanted = wanted.where(or_(roster_entries.c.reason == search.reason, _says(search.reason)))
    return wanted.order_by(identities.c.name, participants.c.id) if by_name else wanted


def _is_called(text: str) -> ColumnElement[bool]:
    """Say whether a NIP begins with these digits, or a name holds this text as people type it."""
    digits = "".join(filter(str.isdecimal, text))
    if digits and not any(map(str.isalpha, text)):
        return identities.c.nip.startswith(digits, autoescape=True)
    name: Any = func.lower(identities.c.name)
    for mark in "'\u2019\u2018`\u00b4\u02bc":  # as people type Nur'aini
        name = func.replace(name, mark, "")
    return name.contains(without_apostrophes(text).lower(), autoescape=True)  # type: ignore[no-any-return]


def _is_only_in_the_group(group: str) -> ColumnElement[bool]:
    """Say whether somebody is in this group of the MOOC and on no roster; groups are stored as JSON."""
    if not group:
        return false()
    in_group = cast(participants.c.groups, Text).contains(json.dumps(group), autoescape=True)
    return and_(roster_entries.c.angkatan.is_(None), in_group)


def _says(code: str) -> ColumnElement[bool]:
    """Say whether a decision gives this reason; reasons are stored as JSON, codes hold letters and dashes only."""
    return cast(decisions.c.reasons, Text).contains(f'"{code}"', autoescape=True)
