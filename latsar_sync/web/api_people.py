"""People by the API: those of a search, the chase list of a search, and one of them explained.

Whom to look for stands in the body, so that no name and no NIP stands in an address.
"""

from dataclasses import replace
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from latsar_sync.domain.account import Account
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.stages import FOLLOW_UP, NEEDS, ON_NO_ROSTER, SEATED, STAGES, UNDER_WAY, UNSEATED
from latsar_sync.shapes.explain import explain
from latsar_sync.shapes.explain_shape import PersonExplainedShape
from latsar_sync.shapes.participants import ChaseListShape, PeopleShape, participant_json
from latsar_sync.store import searches
from latsar_sync.store.search_conditions import BY_INSTITUTION, Search
from latsar_sync.web.api import VIA, Caller, Id, ParticipantId
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Language, find_person
from latsar_sync.web.idempotency import OnceRoute
from latsar_sync.web.participants import STATES
from latsar_sync.web.people_filter import Asked
from latsar_sync.web.whole_numbers import WholeNumber

PLACES = (*map(str, EntryState), ON_NO_ROSTER, SEATED, UNSEATED, UNDER_WAY, FOLLOW_UP)

router = APIRouter(route_class=OnceRoute)


class PeopleQuery(BaseModel):
    """Whom to list, by what the page of participants asks; an empty field asks nothing.

    ``text`` are words of a name or institution, or digits of a NIP; ``location`` is a place where people come together
    in class.
    """

    model_config = ConfigDict(extra="forbid")

    text: str = Field(default="", max_length=100)
    state: Literal[STATES] | None = None  # type: ignore[valid-type]  # told by the enums, for the API's description
    decision: Outcome | None = None
    place: Literal[PLACES] | None = None  # type: ignore[valid-type]
    angkatan: str = Field(default="", max_length=64)
    institution: str = Field(default="", max_length=255)
    reason: str = Field(default="", max_length=64)
    stage: Literal[tuple(STAGES)] | None = None  # type: ignore[valid-type]
    need: Literal[tuple(NEEDS)] | None = None  # type: ignore[valid-type]
    location: str = Field(default="", max_length=255)
    offset: WholeNumber = Field(default=0, ge=0, le=10_000_000)
    limit: WholeNumber = Field(default=100, ge=1, le=500)

    def search(self, context: PageContext, account: Account, programme: str) -> Search:
        """Return it as the store is asked, of a programme that the account may see (404 otherwise)."""
        asked = Asked(
            state=self.state or "",
            decision=self.decision or "",
            place=self.place or "",
            reason=self.reason,
            angkatan=self.angkatan,
            institution=self.institution,
            stage=self.stage or "",
            need=self.need or "",
            location=self.location,
        )
        return replace(asked.search(context, context.programme(account, programme)), text=self.text)


@router.post("/programmes/{programme}/participants/search")
def participants(
    context: Context, account: Caller, language: Language, programme: Id, search: PeopleQuery
) -> PeopleShape:
    """List people by name, a page at a time."""
    wanted = search.search(context, account, programme)
    with context.database.reading() as connection:
        rows, total = searches.find_people(connection, programme, wanted, search.offset, search.limit)
    context.note(account, "people", programme, len(rows), via=VIA)
    shapes = [participant_json(row, context.settings.zone, language) for row in rows]
    return {"total": total, "people": shapes}


@router.post("/programmes/{programme}/participants/chase")
def chase_list(
    context: Context, account: Caller, language: Language, programme: Id, search: PeopleQuery
) -> ChaseListShape:
    """List who of those found lacks something, by institution, a page at a time: the chase list of a search."""
    wanted = replace(search.search(context, account, programme), lacking=True)
    with context.database.reading() as connection:
        wanted = searches.resolved(connection, programme, wanted)
        rows, total = searches.find_people(connection, programme, wanted, search.offset, search.limit, BY_INSTITUTION)
        institutions, _places = searches.found_origins(connection, programme, wanted)
    context.note(account, "export chase", programme, len(rows), via=VIA)
    return {
        "total": total,
        "institutions": [{"institution": name, "people": number} for name, number in institutions.items()],
        "people": [participant_json(row, context.settings.zone, language) for row in rows],
    }


@router.get("/participants/{participant_id}")
def participant(
    context: Context, account: Caller, language: Language, participant_id: ParticipantId
) -> PersonExplainedShape:
    """Explain one person, as ``explain --json`` does."""
    row = find_person(context, account, participant_id)
    context.note(account, "person", row["programme"], 1, participant_id, VIA)
    now = context.clock()
    today = context.settings.today(now, row["programme"])
    with context.database.reading() as connection:
        return explain(connection, row, (today, now), context.settings.zone, language)
