"""What named accounts decide by the API: the same actions as on the pages, the same checks, the same refusals."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, HTTPException, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from latsar_sync.actions import held_runs, overrides, shown_values
from latsar_sync.actions.action_transaction import Sent, about
from latsar_sync.actions.scores import confirm_scores, scores_seen
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import require_some_angkatan
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.decided import DecidedShape, FingerprintShape, decided_json
from latsar_sync.shapes.imports import ImportShape, import_json
from latsar_sync.shapes.one_command import ApprovedShape
from latsar_sync.shapes.requests import RequestShape
from latsar_sync.store import imports, runs, searches
from latsar_sync.web.api import VIA, Caller, Id, Key, OfAngkatan, ParticipantId, asked
from latsar_sync.web.dependencies import Context, find_person
from latsar_sync.web.idempotency import OnceRoute
from latsar_sync.web.whole_numbers import TypedNumber

PEOPLE_AT_ONCE = overrides.PEOPLE_AT_ONCE
Who = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")]
Said = Annotated[str, Field(min_length=1, max_length=500)]


Number = Annotated[
    TypedNumber, Path(ge=1, le=GREATEST_NUMBER, description="Its number, as the list of its kind tells it.")
]


def _unquoted(seen: str | None) -> str | None:
    """Return what a header says, with quotation marks or without (RFC 9110); ``*`` is anything that stands there."""
    bare = None if seen is None else seen.strip().strip('"')
    return None if bare == "*" else bare


IfMatch = Annotated[
    str | None,
    Header(max_length=40_000, description="What the caller has seen, as ``seen`` says; another: 412, nothing done."),
    AfterValidator(_unquoted),
]

router = APIRouter(route_class=OnceRoute)


class Body(BaseModel):
    """What a call sends; nothing but what is described."""

    model_config = ConfigDict(extra="forbid")


class OverrideBody(Body):
    """What is decided about people, by internal id, and why; ``until`` is the last day that counts."""

    people: list[Who] = Field(min_length=1, max_length=PEOPLE_AT_ONCE)
    kind: Literal["admit", "hold", "release"]
    reason: Said
    until: date | None = None


class ApprovalBody(Body):
    """Whose places are approved, by internal id."""

    people: list[Who] = Field(min_length=1, max_length=PEOPLE_AT_ONCE)


class SeenBody(Body):
    """People, by internal id, of whom a caller wants to know by what it can be told that nothing has changed."""

    people: list[Who] = Field(min_length=1, max_length=PEOPLE_AT_ONCE)


def programme_to_act_on(context: Context, account: Caller, programme: Id) -> ProgrammeSettings:
    """Return the programme of the address, if the account may decide there."""
    found = context.programme(account, programme)
    if not account.may_act(programme):
        raise HTTPException(403, "This account may only look.")
    return found


ToActOn = Annotated[ProgrammeSettings, Depends(programme_to_act_on)]


@router.post("/programmes/{programme}/participants/seen")
def what_stands(context: Context, account: Caller, programme: Id, body: SeenBody) -> FingerprintShape:
    """Tell what stands of people now, for ``If-Match``: ask this before reading what is decided about."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        return {"seen": fingerprint(shown_values.of_chosen(connection, programme, body.people, context.clock()))}


@router.get("/participants/{participant_id}/seen")
def what_stands_of_one(context: Context, account: Caller, participant_id: ParticipantId) -> FingerprintShape:
    """Tell what stands of one person now, for ``If-Match`` of what is decided about them alone."""
    programme = find_person(context, account, participant_id)["programme"]
    with context.database.reading() as connection:
        shown = shown_values.of_person(connection, programme, participant_id, context.clock())
    return {"seen": fingerprint(shown)}


@router.get("/programmes/{programme}/roster/seen")
def what_stands_of_a_roster(context: Context, account: Caller, programme: Id, angkatan: OfAngkatan) -> FingerprintShape:
    """Tell what stands of the roster of an angkatan now, for ``If-Match`` of a decree."""
    wanted = context.programme(account, programme)
    with context.database.reading() as connection:
        shown = shown_values.of_roster(connection, programme, angkatan, context.clock())
    if shown == {"decrees": "0"}:
        require_some_angkatan([wanted], angkatan)
    return {"seen": fingerprint(shown)}


@router.post("/programmes/{programme}/overrides", status_code=201)
def decide(
    context: Context, account: Caller, wanted: ToActOn, body: OverrideBody, _key: Key = None, if_match: IfMatch = None
) -> DecidedShape:
    """Admit, hold or release people, in one transaction; whom it passed over, and why, is told."""
    name = wanted.id
    with context.database.reading() as connection:
        people = {row["participant_id"]: row for row in searches.people_of(connection, name, body.people)}
    kind, sent = OverrideKind(body.kind), about(people.values(), if_match, account.by_token_of)
    done = overrides.decide_about(
        context.settings,
        context.database,
        context.clock,
        name,
        body.people,
        kind,
        named("reason", body.reason),
        account.name,
        body.until,
        sent,
    )
    context.note(account, body.kind, name, len(done.overrides), via=VIA)
    passed = [(each.participant_id, each.why) for each in done.passed_over]
    return decided_json(done.overrides, passed, done.in_class, 0, people, context.settings.zone)


@router.post("/programmes/{programme}/approvals", status_code=201)
def approve(
    context: Context, account: Caller, wanted: ToActOn, body: ApprovalBody, _key: Key = None, if_match: IfMatch = None
) -> ApprovedShape:
    """Approve places that wait for it; who does not wait is passed over without a word."""
    done = overrides.approve(
        context.settings,
        context.database,
        context.clock,
        wanted.id,
        None,
        account.name,
        body.people,
        Sent(if_match, token_of=account.by_token_of),
    )
    context.note(account, "approve", wanted.id, done.number, via=VIA)
    return {"approved": done.number, "passed_over": len(done.passed_over), "by": account.name}


@router.post("/programmes/{programme}/imports/{number}/confirmation", status_code=201)
def confirm_import(
    context: Context, account: Caller, wanted: ToActOn, number: Number, _key: Key = None, if_match: IfMatch = None
) -> ImportShape:
    """Confirm the scores of an import as a second person: another account than the one that imported them.

    ``If-Match`` is what ``…/seen`` of the import said.
    """
    _import_of(context, wanted, number)
    row = confirm_scores(context.settings, context.database, context.clock, number, account, Sent(if_match))
    context.note(account, "import confirm", wanted.id, row["confirmed"], via=VIA)
    return import_json(row, context.settings.zone)


@router.get("/programmes/{programme}/imports/{number}/seen")
def what_stands_of_an_import(context: Context, account: Caller, programme: Id, number: Number) -> FingerprintShape:
    """Tell which scores of an import wait for another account now, for ``If-Match`` of confirming them."""
    row = _import_of(context, context.programme(account, programme), number)
    return {"seen": fingerprint(scores_seen(row))}


def _import_of(context: Context, programme: ProgrammeSettings, number: int) -> imports.Row:
    """Return an import of the programme; 404 if it has none of that number."""
    with context.database.reading() as connection:
        rows = [row for row in imports.recorded_imports(connection, [programme.id]) if row["id"] == number]
    if not rows:
        raise HTTPException(404)
    return rows[0]


@router.post("/programmes/{programme}/runs/{number}/preview", status_code=202)
def preview_run(context: Context, account: Caller, wanted: ToActOn, number: Number, _key: Key = None) -> RequestShape:
    """Ask for the list of whom a held run would send."""
    request = held_runs.ask_preview(context.database, context.clock, wanted.id, number, account.name, Sent())
    context.note(account, f"preview run {number}", wanted.id, via=VIA)
    return asked(context, request)


@router.post("/programmes/{programme}/runs/{number}/acceptance", status_code=202)
def accept_run(
    context: Context, account: Caller, wanted: ToActOn, number: Number, _key: Key = None, if_match: IfMatch = None
) -> RequestShape:
    """Accept what a guard found in a run; whom that sends must have been asked for before.

    ``If-Match`` is what ``…/seen`` of the run said.
    """
    request = held_runs.accept(context.database, context.clock, wanted.id, number, account.name, Sent(if_match))
    context.note(account, f"accept run {number}", wanted.id, via=VIA)
    return asked(context, request)


@router.get("/programmes/{programme}/runs/{number}/seen")
def what_stands_of_a_run(context: Context, account: Caller, programme: Id, number: Number) -> FingerprintShape:
    """Tell what a guard found in a run and whom it would send, for ``If-Match`` of accepting it."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        if runs.find_run(connection, programme, number) is None:
            raise HTTPException(404)
        return {"seen": fingerprint(shown_values.of_held_run(connection, programme, number))}
