"""The JSON API under ``/api/v1``: what pages show and what is decided there, with the bearer token of an account."""

from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from limits import RateLimitItemPerMinute
from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

from latsar_sync.actions.resyncing import Scope, ask
from latsar_sync.domain.account import Account
from latsar_sync.domain.nip import check_nip
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import require_some_angkatan
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.programmes import ProgrammeShape, programme_shape
from latsar_sync.shapes.requests import RequestShape, request_json
from latsar_sync.shapes.runs import PastRunShape, past_run_json
from latsar_sync.shapes.thresholds import ThresholdShape, threshold_json
from latsar_sync.shapes.with_actions import RosterLineShape, roster_lines
from latsar_sync.store import accounts, listings, queue, runs, searches, thresholds
from latsar_sync.store.filled_courses import others_there
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.api_problems import REFUSALS, add_problems
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, find_person
from latsar_sync.web.idempotency import HEADER, LONGEST_KEY, OnceRoute
from latsar_sync.web.whole_numbers import TypedNumber

Id = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="The id of a programme.")]
ParticipantId = Annotated[str, Path(pattern=r"^[0-9a-z]{32}$", description="The internal id of a participant.")]
RequestId = Annotated[
    TypedNumber, Path(ge=1, le=GREATEST_NUMBER, description="The number of a request, as its call told it.")
]
OfAngkatan = Annotated[str, Query(max_length=64, description="The id of an angkatan.")]
VIA = "api"
CALLS = RateLimitItemPerMinute(600)
"""Calls of one account in a minute."""
STRANGERS = RateLimitItemPerMinute(60, 5)
"""Calls from one address with a token that is nobody's, in five minutes."""


class SyncRequest(BaseModel):
    """Sync what is open, or everything."""

    model_config = ConfigDict(extra="forbid")
    scope: Literal["incremental", "full"] = "incremental"


class AngkatanSyncRequest(BaseModel):
    """Sync an angkatan: everybody of it is read exactly, of the others what may have changed."""

    model_config = ConfigDict(extra="forbid")
    scope: Literal["angkatan"]
    angkatan: str = Field(min_length=1, max_length=64)


class PeopleSyncRequest(BaseModel):
    """Sync some people, by internal id; of more than a few everything of everybody is read."""

    model_config = ConfigDict(extra="forbid")
    scope: Literal["people"]
    people: list[Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")]] = Field(min_length=1, max_length=2000)


class ParticipantSyncRequest(BaseModel):
    """Sync one participant, named by internal id."""

    model_config = ConfigDict(extra="forbid")
    scope: Literal["participant"]
    participant_id: str = Field(pattern=r"^[0-9a-z]{32}$")


Key = Annotated[
    str | None,
    Header(alias=HEADER, max_length=LONGEST_KEY, description="The same call with the same key is done once."),
]
bearer = HTTPBearer(auto_error=False)
router = APIRouter(route_class=OnceRoute)


def account_of_token(
    request: Request, context: Context, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Account:
    """Return whose token a call carries; who is bound to in-class courses has no use of the API (403)."""
    account = None
    if credentials is not None:
        with context.database.reading() as connection:
            account = accounts.account_of_token(connection, credentials.credentials)
    address = request.client.host if request.client else ""
    limit, key = (STRANGERS, address) if account is None else (CALLS, account.name)
    if not context.attempts.is_first(limit, "api", key):
        raise HTTPException(429, "Too many calls.", {"Retry-After": str(limit.get_expiry())})
    if account is None:
        raise HTTPException(401, "Give the token of an account.", {"WWW-Authenticate": "Bearer"})
    request.state.account = account
    if account.courses is not None:
        raise HTTPException(403, "This account is bound to in-class courses; the API is not for it.")
    return account


Caller = Annotated[Account, Depends(account_of_token)]


@router.get("/programmes", responses=LISTED)
def programmes(context: Context, account: Caller, part: Listed) -> list[ProgrammeShape]:
    """List the programmes with their funnels."""
    return [_programme(context, each) for each in part.of(context.programmes(account))]


@router.get("/programmes/{programme}/roster", responses=LISTED)
def roster(
    context: Context,
    account: Caller,
    programme: Id,
    part: Listed,
    angkatan: OfAngkatan = "",
) -> list[RosterLineShape]:
    """List the roster, as ``roster --json`` does."""
    wanted = context.programme(account, programme)
    with context.database.reading() as connection:
        numbers, rows = listings.each_on_the_roster(connection, [programme], angkatan or None)
        asked = list(islice(rows, part.offset, part.offset + part.limit))
        lines = roster_lines(connection, asked, context.settings.zone)
    if not numbers[programme]:  # of one that is no longer configured people may be recorded
        require_some_angkatan([wanted], angkatan or None)
    context.note(account, "roster", programme, len(lines), via=VIA)
    return part.tell(lines, numbers[programme])


@router.get("/programmes/{programme}/runs", responses=LISTED)
def past_runs(context: Context, account: Caller, programme: Id, part: Listed) -> list[PastRunShape]:
    """List past runs, newest first, as ``runs --json`` does."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        found = runs.recorded_runs(connection, programme, part.limit, part.offset)
        total = runs.count_runs(connection, programme)
    return part.tell([past_run_json(run, context.settings.zone) for run in found], total)


@router.get("/programmes/{programme}/thresholds", responses=LISTED)
def threshold_history(context: Context, account: Caller, programme: Id, part: Listed) -> list[ThresholdShape]:
    """List every recorded threshold, oldest first."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        history = thresholds.threshold_history(connection, programme)
    return [threshold_json(each, context.settings.zone) for each in part.of(history)]


def _scope(sent: Any) -> str:
    """Return which of the kinds of a request is meant, so that a refusal speaks of that one alone."""
    scope = sent.get("scope", "") if isinstance(sent, dict) else getattr(sent, "scope", None)
    return OPEN if scope in ("", "incremental", "full") else str(scope)


OPEN = "open"
AnySync = Annotated[
    Annotated[SyncRequest, Tag(OPEN)]
    | Annotated[AngkatanSyncRequest, Tag("angkatan")]
    | Annotated[PeopleSyncRequest, Tag("people")]
    | Annotated[ParticipantSyncRequest, Tag("participant")],
    Discriminator(
        _scope,
        custom_error_type="scope",
        custom_error_message="scope is one of: incremental, full, angkatan, people, participant",
    ),
]


@router.post("/programmes/{programme}/sync", status_code=202)
def sync(context: Context, account: Caller, programme: Id, wanted: AnySync, _key: Key = None) -> RequestShape:
    """Ask for a run; the same request is queued once. Of several runs, one for each person, the first is told."""
    context.programme(account, programme)
    if not account.may_act(programme):
        raise HTTPException(403, "This account may only look.")
    people = _people_to_sync(wanted)
    nips = [_usable_nip(context, account, programme, who) for who in people]
    angkatan = wanted.angkatan if isinstance(wanted, AngkatanSyncRequest) else None
    scope = Scope(wanted.scope == "full", angkatan, nips)
    numbers = ask(context.settings, context.database, context.clock, programme, scope, account.name)
    who = people[0] if len(people) == 1 else None
    context.note(account, f"sync {wanted.scope}", programme, len(people), who, VIA)
    return asked(context, numbers[0])


def _people_to_sync(wanted: AnySync) -> list[str]:
    if isinstance(wanted, ParticipantSyncRequest):
        return [wanted.participant_id]
    return wanted.people if isinstance(wanted, PeopleSyncRequest) else []


def _usable_nip(context: PageContext, account: Account, programme: str, participant_id: str) -> str:
    """Return the NIP of a participant of a programme; 404 if there is none, or it cannot be used."""
    row = find_person(context, account, participant_id)
    nip = check_nip(row["nip"], context.settings.today(context.clock(), programme)).nip
    if row["programme"] != programme or not nip:
        raise HTTPException(404, "No such participant with a usable NIP in this programme.")
    return nip


@router.get("/programmes/{programme}/sync/{request_id}")
def followed(context: Context, account: Caller, programme: Id, request_id: RequestId) -> RequestShape:
    """Tell how far a request is."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        found = queue.find(connection, [request_id])
    if not found or found[0].programme != programme:
        raise HTTPException(404)
    return asked(context, request_id)


def add_api(app: FastAPI, context: PageContext, *more: APIRouter) -> None:
    """Add ``/api/v1`` with its description at ``/api/v1/openapi.json``; it keeps no cookie and reads none.

    ``more`` are routes beside those of this file.
    """
    api = FastAPI(
        title="latsar-sync",
        version="1",
        description=__doc__,
        docs_url=None,
        redoc_url=None,
        responses=REFUSALS,
        servers=[{"url": f"{context.settings.service.public_path}/api/v1"}],
        root_path_in_servers=False,
        redirect_slashes=False,  # a program would send its token where the redirect leads
    )

    add_problems(api)
    api.state.context = context
    api.include_router(router)
    for each in more:
        api.include_router(each)
    app.mount("/api/v1", api)


def asked(context: PageContext, number: int) -> RequestShape:
    with context.database.reading() as connection:
        [found] = queue.find(connection, [number])
    return request_json(found)


def _programme(context: PageContext, programme: ProgrammeSettings) -> ProgrammeShape:
    with context.database.reading() as connection:
        return programme_shape(
            programme, searches.standing(connection, programme.id), others_there(connection, programme.id)
        )
