"""Whom somebody searches for, and the conditions that this is in a question to the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, false, func, or_

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
from latsar_sync.store.listings import CURRENT_DECISION, is_only_in
from latsar_sync.store.moves import STANDING_MOVES
from latsar_sync.store.tables import decisions, identities, participants, roster_entries

BY_INSTITUTION = "institution"


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
    """The groups, as stored, of those on no roster whom ``angkatan`` or ``need`` means: ``searches.resolved``."""


def narrowed(
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
    if judged or search.angkatan or search.need:
        asked = asked.outerjoin(STANDING_MOVES, STANDING_MOVES.c.participant_id == participants.c.id)
    if search.text.strip() and not words:
        asked = asked.where(false())  # signs alone are in nobody's name
    asked = asked.where(*_by_words(words), *_by_choice(search))
    return asked.order_by(*in_order_of(sort)) if sort else asked


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
        found.append(is_nowhere(search.texts))
    elif search.angkatan:
        found.append(or_(roster_entries.c.angkatan == search.angkatan, is_only_in(search.texts, search.angkatan)))
    if search.lacking:
        qualifies = func.coalesce(decisions.c.outcome, "") == "qualified"
        found.append(or_(~qualifies, roster_entries.c.reason.is_not(None)))
    if search.location:
        found.append(location(search.homes) == search.location)
    if search.reason:
        found.append(or_(roster_entries.c.reason == search.reason, gives_reason(search.reason)))
    if search.stage:  # one that there is not is nobody's
        found.append(stage() >= list(STAGES).index(search.stage) if search.stage in STAGES else false())
    if search.need:
        found.append(needs(NEEDS[search.need], search.texts) if search.need in NEEDS else false())
    return found


def _is_at(place: str) -> ColumnElement[bool]:
    """Return the condition that somebody is at a place of the roster: in a state, or in one of several."""
    state = roster_entries.c.state
    if place in (SEATED, UNSEATED):
        seated = and_(func.coalesce(state, "").in_(sorted(HOLDS_A_SEAT)), roster_entries.c.angkatan.is_not(None))
        return seated if place == SEATED else ~seated
    if place == ON_NO_ROSTER:
        return state.is_(None)
    several = {UNDER_WAY: ("planned", "pushed"), FOLLOW_UP: FOLLOWED_UP}
    return state.in_(several[place]) if place in several else state == place


def needs(need: Need, texts: Sequence[str] | None) -> ColumnElement[bool]:
    """Return the condition that ``Need.concerns`` is for a row that was counted."""
    if need.nowhere:
        return is_only_in(texts)
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
        found.append(or_(*map(gives_reason, need.codes)))
    return and_(*found)


def materials_done() -> ColumnElement[int]:
    return case((decisions.c.materials_done == decisions.c.materials_total, 1), else_=0)


def score_passed() -> ColumnElement[int]:
    below = or_(gives_reason("score_below_threshold"), gives_reason("no_grade"))
    return case((and_(decisions.c.score.is_not(None), ~below), 1), else_=0)


def stage() -> ColumnElement[int]:
    """Return how far somebody is, as ``domain.stages.stage_of`` tells it."""
    seated = and_(roster_entries.c.state.in_(ON_THE_WAY), roster_entries.c.angkatan.is_not(None))
    return case(
        (roster_entries.c.state == "confirmed", 5),
        (seated, 4),
        (decisions.c.outcome == "qualified", 3),
        (and_(materials_done() == 1, score_passed() == 1), 2),
        (materials_done() == 1, 1),
        else_=0,
    )


def in_order_of(sort: str) -> tuple[ColumnElement[Any], ...]:
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


def is_nowhere(texts: Sequence[str] | None) -> ColumnElement[bool]:
    """Say whether somebody belongs to no angkatan: none by the roster, or on no roster and in groups of none."""
    unplaced = and_(roster_entries.c.state.is_not(None), roster_entries.c.angkatan.is_(None))
    return or_(unplaced, is_only_in(texts))


def gives_reason(code: str) -> ColumnElement[bool]:
    """Say whether a decision gives this reason."""
    return participants.c.reason_codes.contains(f" {code} ", autoescape=True)
