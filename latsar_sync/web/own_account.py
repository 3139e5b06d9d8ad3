"""The page of one's own account, for everybody: password, sessions and token."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from latsar_sync.actions.dashboard_accounts import SHORTEST_PASSWORD, require_long
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.store import accounts, web_sessions
from latsar_sync.web.dependencies import Context, Field, FormToken, Page, SignedIn
from latsar_sync.web.sessions import of as session_of
from latsar_sync.web.sign_in_limits import too_many_tries

Password = Annotated[str, Form(max_length=200)]

router = APIRouter()


@router.post("/me/token/end")
def end_own_token(context: Context, page: Page, account: SignedIn, _token: FormToken) -> Response:
    """Let one's own token work no more, whoever made it."""
    with context.database.writing() as connection:
        if accounts.end_token(connection, account.name):
            context.note_account(connection, account.name, "user token end", account.name)
    return page.go_to("/me", _("Your token works no more."))


@router.get("/me")
def show_own(request: Request, context: Context, page: Page, account: SignedIn) -> Response:
    """Show one's own account and where it is signed in."""
    with context.database.reading() as connection:
        sessions = web_sessions.sessions_of(connection, account.name, context.clock())
    return page.show(
        "me.html", account, sessions=sessions, here_now=session_of(request).key, shortest=SHORTEST_PASSWORD
    )


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
        raise UsageError(too_many_tries())
    known = accounts.check_password(context.database, account.name, old)
    if known is None:
        context.attempts.went_wrong(address)
        raise UsageError(_("The present password is wrong."), _("Type it once more."))
    context.attempts.went_well(account.name, address, None)
    require_long(password)
    with context.database.writing() as connection:
        accounts.change_password(connection, account.name, password)
        context.note_account(connection, account.name, "user password", account.name)
    return page.go_to("/sign-in")


@router.post("/me/sessions")
def end_session(context: Context, page: Page, account: SignedIn, _token: FormToken, session: Field = "") -> Response:
    """End one of one's own sessions."""
    with context.database.writing() as connection:
        web_sessions.end_one(connection, account.name, session)
    return page.go_to("/me", _("The session has ended."))
