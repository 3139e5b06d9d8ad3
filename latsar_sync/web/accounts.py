"""The pages of accounts: who may do what, for administrators; one's own password and sessions, for everybody."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from pydantic import StringConstraints

from latsar_sync.actions.dashboard_accounts import account_name
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.store import accounts, invitations, web_sessions
from latsar_sync.web.accounts_as_shown import (
    INVITATION,
    RIGHTS,
    ROLES,
    TOKEN,
    claim,
    is_sent_again,
    require_as_shown,
    seen_of,
    sees,
)
from latsar_sync.web.context import PageContext
from latsar_sync.web.course_manager import course_name
from latsar_sync.web.dependencies import Context, Field, FormToken, Page, Reader, SentForm
from latsar_sync.web.templating import WebPage

Bound = Annotated[tuple[Annotated[str, StringConstraints(max_length=200)], ...], Form()]

router = APIRouter()


async def administrator(account: Reader) -> Account:
    """Return who asks, if they administer the service (403)."""
    if account.role is not Role.ADMIN:
        raise HTTPException(403)
    return account


FEW_COURSES = 50
"""Of more the names are typed."""
Administrator = Annotated[Account, Depends(administrator)]


@router.get("/accounts")
def list_accounts(context: Context, page: Page, account: Administrator) -> Response:
    """List the accounts, what they may do and see, and how many sessions each has."""
    now = context.clock()
    with context.database.reading() as connection:
        found = accounts.all_accounts(connection)
        means = accounts.means_of(connection)
        sessions = {each.name: len(web_sessions.sessions_of(connection, each.name, now)) for each in found}
    courses = _courses(context)
    scopes = {f"programme:{each.id}": each.title for each in context.settings.programmes}
    few = len(courses) <= FEW_COURSES
    return page.show(
        "accounts.html",
        account,
        accounts=found,
        sees={each.name: sees(context, each) for each in found},
        sessions=sessions,
        seen={each.name: fingerprint(seen_of(each, *means[each.name])) for each in found},
        scopes=scopes | {f"course:{each}": each for each in courses if few},
        typed_courses=not few,
        roles={each: _(text) for each, text in ROLES.items()},
        now=now,
    )


@router.post("/accounts")
def add_account(
    request: Request,
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    name: Field = "",
    role: Annotated[Role, Form()] = Role.VIEWER,
    bound: Bound = (),
    courses: Field = "",
) -> Response:
    """Add an account, and show the link by which its owner chooses a password."""
    name = account_name(_("Name"), name)
    bounds = _bounds(context, role, bound, courses)
    made = Account(name, role, *bounds, account.name, context.clock(), has_password=False, has_token=False)
    with context.database.writing() as connection:
        claim(context, connection, account, sent)
        if not accounts.add_account(connection, made, None):
            raise UsageError(_("There is an account {name} already.").format(name=name), _("Choose another name."))
        token = invitations.invite(connection, name, context.clock())
        context.note_account(connection, account.name, "user add", made.told)
    return _invited(request, context, page, account, name, token)


@router.post("/accounts/invite")
def invite(
    request: Request,
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    name: Field = "",
) -> Response:
    """Make a new link for the owner of an account, as when a password was forgotten; the link before works no more."""
    with context.database.writing() as connection:
        again = is_sent_again(context, connection, account, sent)
        require_as_shown(context, connection, name, sent, RIGHTS if again else INVITATION)
        token = invitations.invite(connection, name, context.clock())
        context.note_account(connection, account.name, "user invite", name)
    return _invited(request, context, page, account, name, token)


def _invited(
    request: Request, context: PageContext, page: WebPage, account: Account, name: str, token: str | None
) -> Response:
    if token is None:
        raise HTTPException(404)
    home = context.settings.service.public_url or str(request.base_url).rstrip("/")
    until = context.clock() + invitations.LASTS
    return page.show("invited.html", account, name=name, link=f"{home}/invitation/{token}", until=until)


@router.post("/accounts/rights")
def change_rights(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    name: Field = "",
    role: Annotated[Role, Form()] = Role.VIEWER,
    bound: Bound = (),
    courses: Field = "",
) -> Response:
    """Give an account another role or other bounds; its sessions end."""
    if name == account.name:
        raise UsageError(_("Nobody changes their own rights."), _("Let another admin do it."))
    programmes, bound_courses = _bounds(context, role, bound, courses)
    with context.database.writing() as connection:
        claim(context, connection, account, sent)
        known = require_as_shown(context, connection, name, sent)
        changed = replace(known, role=role, programmes=programmes, courses=bound_courses)
        accounts.change_rights(connection, changed)
        context.note_account(connection, account.name, "user rights", changed.told)
    said = _("Changed: {name} ({role}). Its sessions have ended.").format(name=name, role=_(ROLES[role]))
    return page.go_to("/accounts", said)


def _courses(context: PageContext) -> list[str]:
    programmes = context.settings.programmes
    return sorted({course_name(each) for programme in programmes for each in programme.angkatan if each.course})


def _bounds(
    context: PageContext, role: Role, bound: Sequence[str], typed: str
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Return the programmes and the in-class courses that were chosen, None for all; raise UsageError if they do not
    go with the role. ``typed`` are courses by their names, with commas between them.
    """
    told = [each.strip() for each in typed.split(",") if each.strip()]
    known = _courses(context) if told else []
    for each in told:
        if each not in known:
            raise UsageError(_('There is no in-class course "{name}".').format(name=each), did_you_mean(each, known))
    chosen = [*(each.partition(":") for each in bound if each), *(("course", ":", each) for each in told)]
    programmes = tuple(what for kind, _sign, what in chosen if kind == "programme")
    courses = tuple(what for kind, _sign, what in chosen if kind == "course")
    if role is Role.ADMIN and chosen:
        raise UsageError(_("An admin sees every programme."), _("Choose everything, or another role."))
    if courses and (role is not Role.VIEWER or programmes):
        raise UsageError(_("An in-class course is for viewers only."), _("Choose the role viewer."))
    return programmes or None, courses or None


@router.post("/accounts/sign-out")
def sign_out(
    context: Context, page: Page, account: Administrator, _token: FormToken, sent: SentForm, name: Field = ""
) -> Response:
    """End every session of an account."""
    with context.database.writing() as connection:
        claim(context, connection, account, sent)
        require_as_shown(context, connection, name, sent)
        number = web_sessions.end_all(connection, name)
        context.note_account(connection, account.name, "user sign-out", name)
    said = counted("{number} session of {name} has ended.", "{number} sessions of {name} have ended.", number)
    return page.go_to("/accounts", said.format(number=number, name=name))


@router.post("/accounts/remove")
def remove(
    context: Context, page: Page, account: Administrator, _token: FormToken, sent: SentForm, name: Field = ""
) -> Response:
    """Remove an account; its sessions end at once."""
    if name == account.name:
        raise UsageError(_("Nobody removes their own account."), _("Let another admin do it."))
    with context.database.writing() as connection:
        claim(context, connection, account, sent)
        require_as_shown(context, connection, name, sent)
        accounts.remove_account(connection, name)
        context.note_account(connection, account.name, "user remove", name)
    return page.go_to("/accounts", _("Removed: {name}.").format(name=name))


@router.post("/accounts/token")
def new_token(
    context: Context, page: Page, account: Administrator, _token: FormToken, sent: SentForm, name: Field = ""
) -> Response:
    """Make a new token for the API, shown this once; the one before stops working."""
    with context.database.writing() as connection:
        again = is_sent_again(context, connection, account, sent)
        require_as_shown(context, connection, name, sent, RIGHTS if again else TOKEN)
        made = accounts.new_token(connection, name, account.name, context.clock())
        context.note_account(connection, account.name, "user token", name)
    if made is None:
        raise HTTPException(404)
    return page.show("token.html", account, name=name, secret=made)


@router.post("/accounts/token/end")
def end_token(
    context: Context, page: Page, account: Administrator, _token: FormToken, sent: SentForm, name: Field = ""
) -> Response:
    """Let the token of an account work no more."""
    with context.database.writing() as connection:
        claim(context, connection, account, sent)
        require_as_shown(context, connection, name, sent, TOKEN)
        accounts.end_token(connection, name)
        context.note_account(connection, account.name, "user token end", name)
    return page.go_to("/accounts", _("The token of {name} works no more.").format(name=name))
