"""Who somebody is, by the API: the right NIP, two accounts of one person, the account in class."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import Field

from latsar_sync.actions import accounts_in_class, identity
from latsar_sync.actions.action_transaction import about
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import check_nip
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.identity import RecordedIdentityShape, identity_json
from latsar_sync.store.listings import Row
from latsar_sync.web.api import VIA, Caller, Key, ParticipantId
from latsar_sync.web.api_actions import Body, IfMatch, Said, Who
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, find_person
from latsar_sync.web.idempotency import OnceRoute
from latsar_sync.web.whole_numbers import WholeNumber

router = APIRouter(route_class=OnceRoute)


class CorrectionBody(Body):
    """The right NIP of a MOOC account; null lets the account's own count again."""

    nip: Annotated[str, Field(min_length=18, max_length=40)] | None
    reason: Said


class MergeBody(Body):
    """The other account, by internal id, that is the same person; null parts an account that was merged.

    ``although_different`` says that they are one person although their names are clearly different.
    """

    other: Who | None
    reason: Said
    although_different: bool = False


class AccountBody(Body):
    """The account of an in-class site that is somebody's; ``user_id`` null lets it be found by the NIP again."""

    user_id: Annotated[WholeNumber, Field(ge=1, le=GREATEST_NUMBER)] | None
    site: Annotated[str, Field(max_length=64)] | None = None
    reason: Said


@router.post("/participants/{participant_id}/nip", status_code=201)
def correct(
    context: Context,
    account: Caller,
    participant_id: ParticipantId,
    body: CorrectionBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> RecordedIdentityShape:
    """Record the right NIP of a MOOC account, or let the account's own count again."""
    row = person_to_act_on(context, account, participant_id)
    nip = None if body.nip is None else check_nip(body.nip, context.settings.today(context.clock())).nip
    if body.nip is not None and nip is None:
        raise UsageError(_("This is no NIP."), _("Give all 18 digits."))
    sent = about([row], if_match)
    said = identity.correct(
        context.settings, context.database, context.clock, row, nip, _reason(body.reason), account.name, sent
    )
    return _recorded(context, account, row, said, "correct")


@router.post("/participants/{participant_id}/merge", status_code=201)
def merge(
    context: Context,
    account: Caller,
    participant_id: ParticipantId,
    body: MergeBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> RecordedIdentityShape:
    """Record that another account is the same person, whom this one counts for; or part what was merged."""
    row = person_to_act_on(context, account, participant_id)
    reason, sent = _reason(body.reason), about([row], if_match)
    tools = context.settings, context.database, context.clock, row
    if body.other is None:
        return _recorded(context, account, row, identity.part(*tools, reason, account.name, sent), "part")
    other = find_person(context, account, body.other)
    sent = about([row, other], if_match)
    different = body.although_different
    said = identity.merge(*tools, other, reason, account.name, sent, although_different=different)
    return _recorded(context, account, row, said, "merge")


@router.post("/participants/{participant_id}/account", status_code=201)
def choose_account(
    context: Context,
    account: Caller,
    participant_id: ParticipantId,
    body: AccountBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> RecordedIdentityShape:
    """Record which account of the in-class site is somebody's, or let it be found by the NIP again."""
    row = person_to_act_on(context, account, participant_id)
    where = accounts_in_class.site_of_course(context.settings, row, body.site)
    said = accounts_in_class.choose(
        context.settings,
        context.database,
        context.clock,
        row,
        where,
        body.user_id,
        _reason(body.reason),
        account.name,
        about([row], if_match),
    )
    return _recorded(context, account, row, said, "account")


def person_to_act_on(context: PageContext, account: Account, participant_id: str) -> Row:
    """Return a participant about whom an account may act; 404 for nobody it sees, 403 where it may only look."""
    row = find_person(context, account, participant_id)
    if not account.may_act(row["programme"]):
        raise HTTPException(403, "This account may only look.")
    return row


def _reason(text: str) -> str:
    return identity.reason_without_numbers(named("reason", text))


def _recorded(
    context: PageContext, account: Account, row: Row, said: identity.Said, action: str
) -> RecordedIdentityShape:
    context.note(account, f"identity {action}", row["programme"], 1, row["participant_id"], VIA)
    return {
        "nip": row["nip"],
        "name": row["name"],
        **identity_json(said.action, context.settings.zone),
        "shared_with": list(said.shared_with),
    }
