"""What is done about many, and what goes out, by the API: moves, places, reminders, messages, chase lists by mail."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import AfterValidator, Field

from latsar_sync.actions import moves, places, reminding, resyncing
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.errors import NotReady, SeenChanged, UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.run.due_messages import DueMessages
from latsar_sync.service.chase_mail import (
    LONGEST_OCCASION,
    ChaseMail,
    chase_mails,
    occasion_of,
    send_chase_mails,
)
from latsar_sync.shapes.actions import RecordedPlacesShape, angkatan_move_json
from latsar_sync.shapes.decided import FingerprintShape, MovedPeopleShape, RemindedShape, passed_over_json
from latsar_sync.shapes.notices import (
    ChaseMailShape,
    MessagesPreviewShape,
    ToldShape,
    chase_mail_json,
    due_message_json,
    message_line_json,
)
from latsar_sync.shapes.requests import RequestShape
from latsar_sync.store import messages, queue, searches
from latsar_sync.store.listings import Row
from latsar_sync.web.api import VIA, Caller, Id, Key, RequestId, asked
from latsar_sync.web.api_actions import PEOPLE_AT_ONCE, Body, IfMatch, Said, ToActOn, Who
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context
from latsar_sync.web.idempotency import OnceRoute

Occasion = Annotated[
    str,
    Query(
        min_length=1,
        max_length=LONGEST_OCCASION,
        description="What they are sent for, once each; a day is that however written.",
    ),
    AfterValidator(occasion_of),
]

router = APIRouter(route_class=OnceRoute)


class MovesBody(Body):
    """Who is moved to which angkatan, by internal id, and why."""

    people: list[Who] = Field(min_length=1, max_length=PEOPLE_AT_ONCE)
    angkatan: str = Field(min_length=1, max_length=64)
    reason: Said


class PlacesBody(Body):
    """At which place people come together in class, by internal id, and why; null takes back what was chosen."""

    people: list[Who] = Field(min_length=1, max_length=PEOPLE_AT_ONCE)
    place: Annotated[str, Field(min_length=1, max_length=100)] | None
    reason: Said


class RemindersBody(Body):
    """Whom to remind through Moodle of what is still missing, by internal id."""

    people: list[Who] = Field(min_length=1, max_length=PEOPLE_AT_ONCE)


class ChaseBody(Body):
    """What chase lists are mailed for, as in 2026-11-30; once for each occasion and institution."""

    occasion: Annotated[str, Field(min_length=1, max_length=LONGEST_OCCASION)]


@router.post("/programmes/{programme}/moves", status_code=201)
def move_people(
    context: Context, account: Caller, wanted: ToActOn, body: MovesBody, _key: Key = None, if_match: IfMatch = None
) -> MovedPeopleShape:
    """Move people to another angkatan, in one transaction; whom it passed over, and why, is told."""
    reason = named("reason", body.reason)
    moved, passed = moves.move_about(
        context.settings,
        context.database,
        context.clock,
        wanted.id,
        body.people,
        body.angkatan,
        reason,
        account.name,
        Sent(if_match),
    )
    context.note(account, "move many", wanted.id, len(moved), via=VIA)
    people = _rows(context, wanted.id, [each.participant_id for each in passed])
    return {
        "moved": [angkatan_move_json(each.move, context.settings.zone) for each in moved],
        "passed_over": passed_over_json([(each.participant_id, each.why) for each in passed], people),
        "left_behind": [each.move.participant_id for each in moved if each.stays_in],
    }


@router.post("/programmes/{programme}/places", status_code=201)
def give_places(
    context: Context, account: Caller, wanted: ToActOn, body: PlacesBody, _key: Key = None, if_match: IfMatch = None
) -> RecordedPlacesShape:
    """Say at which of several places people come together in class; seats and decisions do not depend on it."""
    reason, told = named("reason", body.reason), dict.fromkeys(body.people, body.place)
    known = _rows(context, wanted.id, list(told))
    chosen = places.choose_places(
        context.settings, context.database, context.clock, wanted.id, told, reason, account.name, Sent(if_match)
    )
    context.note(account, "place many", wanted.id, len(chosen), via=VIA)
    counts = {"recorded": len(chosen), "unchanged": len(known) - len(chosen), "unknown": len(told) - len(known)}
    return {"programme": wanted.id, **counts}  # type: ignore[typeddict-item]  # the counts by their names


@router.post("/programmes/{programme}/reminders", status_code=201)
def remind(
    context: Context, account: Caller, wanted: ToActOn, body: RemindersBody, _key: Key = None, if_match: IfMatch = None
) -> RemindedShape:
    """Ask for reminders through Moodle, which the next run writes; once a day for each participant."""
    done = reminding.ask_for_reminders(
        context.settings, context.database, context.clock, wanted.id, body.people, account.name, Sent(if_match)
    )
    if done.number:
        queue.ask(context.database, wanted.id, resyncing.INCREMENTAL, "", account.name, context.clock())
    context.note(account, "remind many", wanted.id, done.number, via=VIA)
    people = _rows(context, wanted.id, [each.participant_id for each in done.passed_over])
    passed = [(each.participant_id, each.why) for each in done.passed_over]
    return {"asked_for": done.number, "passed_over": passed_over_json(passed, people)}


@router.get("/programmes/{programme}/messages", responses=LISTED)
def list_messages(context: Context, account: Caller, programme: Id, part: Listed) -> list[ToldShape]:
    """List what was written to people through Moodle, newest first, and what became of it."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        rows = messages.message_rows(connection, [programme], part.limit, part.offset)
        total = sum(messages.count_messages(connection, programme).values())
    context.note(account, "messages", programme, len({row["recipient"] for row in rows}), via=VIA)
    return part.tell([message_line_json(row, context.settings.zone) for row in rows], total)


@router.get("/programmes/{programme}/messages/next", responses=LISTED)
def next_messages(context: Context, account: Caller, programme: Id, part: Listed) -> MessagesPreviewShape:
    """Tell what the next run would write to participants, a page at a time; nothing is asked of Moodle."""
    wanted = context.programme(account, programme)
    due, _arrived = DueMessages(context.settings, context.database, wanted, {}, context.clock).preview()
    told = [due_message_json(each, due.names) for each in part.of(due.messages)]
    context.note(account, "messages next", programme, len(told), via=VIA)
    return {"programme": programme, "asked_for": wanted.messages.any, "messages": told, "problems": due.problems}


@router.get("/programmes/{programme}/chase-mails", responses=LISTED)
def show_chase_mails(
    context: Context, account: Caller, programme: Id, occasion: Occasion, part: Listed
) -> list[ChaseMailShape]:
    """Tell which chase list goes to which institution for an occasion, and which went already."""
    wanted = context.programme(account, programme)
    what = named("occasion", occasion)
    mails = chase_mails(context.settings, context.database, wanted, what)
    return [chase_mail_json(each, what) for each in part.of(mails)]


@router.get("/programmes/{programme}/chase-mails/seen")
def what_stands_of_chase_mails(
    context: Context, account: Caller, programme: Id, occasion: Occasion
) -> FingerprintShape:
    """Tell what stands of those lists now, for ``If-Match`` of sending them."""
    wanted = context.programme(account, programme)
    return {"seen": _fingerprint(chase_mails(context.settings, context.database, wanted, named("occasion", occasion)))}


@router.post("/programmes/{programme}/chase-mails", status_code=201)
def mail_chase_lists(
    context: Context, account: Caller, wanted: ToActOn, body: ChaseBody, _key: Key = None, if_match: IfMatch = None
) -> list[ChaseMailShape]:
    """Mail each institution its own chase list, once for an occasion; return how all of it stands then."""
    occasion = occasion_of(named("occasion", body.occasion))
    before = chase_mails(context.settings, context.database, wanted, occasion)
    if if_match is not None and if_match != _fingerprint(before):
        raise SeenChanged((_("Other lists would be mailed now."),))
    due = [each for each in before if each.may_go]
    if not due:
        raise UsageError(_("Nothing is left to be mailed for this occasion."), _("Give another occasion."))
    context.note(account, "chase mail", wanted.id, sum(each.people for each in due), via=VIA)
    told = send_chase_mails(context.settings, context.database, wanted, occasion, account.name, context.clock)
    return [chase_mail_json(each, occasion) for each in told]


@router.post("/programmes/{programme}/sync/{request_id}/stop", status_code=202)
def stop(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    request_id: RequestId,
    _key: Key = None,
) -> RequestShape:
    """Ask a run to end at its next step; what it has done stands, and the next one goes on from there."""
    with context.database.writing() as connection:
        found = [each for each in queue.find(connection, [request_id]) if each.programme == wanted.id]
        if not found:
            raise HTTPException(404)
        if not queue.ask_to_stop(connection, wanted.id, request_id, account.name):
            raise NotReady(_("That run is under way no more."), "")
    context.note(account, "stop", wanted.id, via=VIA)
    return asked(context, request_id)


def _fingerprint(mails: list[ChaseMail]) -> str:
    return fingerprint({each.institution: f"{each.people} {each.state}" for each in mails if each.may_go})


def _rows(context: PageContext, programme: str, people: list[str]) -> dict[str, Row]:
    with context.database.reading() as connection:
        return {row["participant_id"]: row for row in searches.people_of(connection, programme, people)}
