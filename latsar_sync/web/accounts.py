"""The pages of accounts: who may do what, for administrators; one's own password and sessions, for everybody."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from latsar_sync.actions.texts import named
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.store import accounts, web_sessions
from latsar_sync.store.accounts import Account, Role
from latsar_sync.web.courses import course_name
from latsar_sync.web.dependencies import Context, Field, FormToken, Page, Reader, SentForm, SignedIn

SHORTEST = 12
"""Characters of a password."""
LONGEST_NAME = 64
Password = Annotated[str, Form(max_length=200)]

router = APIRouter()


async def administrator(account: Reader) -> Account:
    """Return who asks, if they administer the service (403)."""
    if account.role is not Role.ADMIN:
        raise HTTPException(403)
    return account


Administrator = Annotated[Account, Depends(administrator)]


@router.get("/accounts")
def list_accounts(context: Context, page: Page, account: Administrator) -> Response:
    """List the accounts, what they may do and see, and how many sessions each has."""
    now = context.clock()
    with context.database.reading() as connection:
        found = accounts.all_accounts(connection)
        sessions = {each.name: len(web_sessions.sessions_of(connection, each.name, now)) for each in found}
    courses = sorted(
        {course_name(each) for programme in context.settings.programmes for each in programme.angkatan if each.course}
    )
    roles = {"panitia": _("committee"), "viewer": _("looks only"), "admin": _("administrator")}
    return page.show(
        "accounts.html",
        account,
        accounts=found,
        sessions=sessions,
        courses=courses,
        roles=roles,
        every_programme=context.settings.programmes,
    )


@router.post("/accounts")
def add_account(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    name: Field = "",
    role: Annotated[Role, Form()] = Role.VIEWER,
    bound: Field = "",
    password: Password = "",
) -> Response:
    """Add an account with a first password, which its owner changes."""
    name = named(_("Name"), name)
    if len(name) > LONGEST_NAME:
        raise UsageError(
            _("The name is longer than {number} characters.").format(number=LONGEST_NAME), _("Choose a shorter one.")
        )
    _require_long(password)
    kind, _sign, what = bound.partition(":")
    if role is Role.ADMIN and bound:
        raise UsageError(_("An admin sees every programme."), _("Choose everything, or another role."))
    if kind == "course" and role is not Role.VIEWER:
        raise UsageError(_("An in-class course is for viewers only."), _("Choose the role viewer."))
    programmes = (what,) if kind == "programme" else None
    courses = (what,) if kind == "course" else None
    made = Account(name, role, programmes, courses, account.name, context.clock(), has_password=True, has_token=False)
    context.take_once(account, sent)
    with context.database.writing() as connection:
        added = accounts.add_account(connection, made, password)
    if not added:
        raise UsageError(_("There is an account {name} already.").format(name=name), _("Choose another name."))
    return page.go_to("/accounts", _("Added: {name} ({role}).").format(name=name, role=role))


@router.post("/accounts/sign-out")
def sign_out(context: Context, page: Page, account: Administrator, _token: FormToken, name: Field = "") -> Response:
    """End every session of an account."""
    with context.database.writing() as connection:
        number = web_sessions.end_all(connection, name)
    said = counted("{number} session of {name} has ended.", "{number} sessions of {name} have ended.", number)
    return page.go_to("/accounts", said.format(number=number, name=name))


@router.post("/accounts/remove")
def remove(context: Context, page: Page, account: Administrator, _token: FormToken, name: Field = "") -> Response:
    """Remove an account; its sessions end at once."""
    if name == account.name:
        raise UsageError(_("Nobody removes their own account."), _("Let another admin do it."))
    with context.database.writing() as connection:
        accounts.remove_account(connection, name)
        web_sessions.end_all(connection, name)
    return page.go_to("/accounts", _("Removed: {name}.").format(name=name))


@router.post("/accounts/token")
def new_token(context: Context, page: Page, account: Administrator, _token: FormToken, name: Field = "") -> Response:
    """Make a new token for the API, shown this once; the one before stops working."""
    with context.database.writing() as connection:
        made = accounts.new_token(connection, name)
    if made is None:
        raise HTTPException(404)
    return page.show("token.html", account, name=name, secret=made)


@router.get("/me")
def show_own(context: Context, page: Page, account: SignedIn) -> Response:
    """Show one's own account and where it is signed in."""
    with context.database.reading() as connection:
        sessions = web_sessions.sessions_of(connection, account.name, context.clock())
    return page.show("me.html", account, sessions=sessions)


@router.post("/me/password")
def change_password(
    request: Request,
    context: Context,
    page: Page,
    account: SignedIn,
    _token: FormToken,
    old: Password = "",
    password: Password = "",
) -> Response:
    """Change one's own password; every session ends, this one too."""
    address = request.client.host if request.client else ""
    if not context.attempts.take(account.name, address, None):
        raise UsageError(_("Too many tries. Wait five minutes, then try again."))
    with context.database.reading() as connection:
        known = accounts.check_password(connection, account.name, old)
    if known is None:
        context.attempts.went_wrong(address)
        raise UsageError(_("The present password is wrong."), _("Type it once more."))
    context.attempts.went_well(account.name, address, None)
    _require_long(password)
    with context.database.writing() as connection:
        accounts.change_password(connection, account.name, password)
        web_sessions.end_all(connection, account.name)
    return page.go_to("/sign-in")


@router.post("/me/sessions")
def end_session(context: Context, page: Page, account: SignedIn, _token: FormToken, session: Field = "") -> Response:
    """End one of one's own sessions."""
    with context.database.writing() as connection:
        web_sessions.end_one(connection, account.name, session)
    return page.go_to("/me", _("The session has ended."))


def _require_long(password: str) -> None:
    if len(password) < SHORTEST:
        raise UsageError(
            _("The password is shorter than {number} characters.").format(number=SHORTEST),
            _("Choose a longer one; several words are good."),
        )
