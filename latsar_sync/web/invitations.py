"""The page to which an invitation leads: its owner chooses a password there, once."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Path, Request, Response
from limits import RateLimitItemPerMinute

from latsar_sync.actions.dashboard_accounts import SHORTEST_PASSWORD, require_long
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.store import invitations
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Page
from latsar_sync.web.own_account import Password

TRIES = RateLimitItemPerMinute(20, 5)
"""Links that one address may try in five minutes."""
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{20,100}$")]

router = APIRouter()


@router.get("/invitation/{token}")
def show_invitation(request: Request, context: Context, page: Page, token: Token) -> Response:
    """Show the form in which somebody who was invited chooses a password."""
    return page.show(
        "invitation.html", None, name=_invited(request, context, token), token=token, shortest=SHORTEST_PASSWORD
    )


@router.post("/invitation/{token}")
def choose_password(
    request: Request,
    context: Context,
    page: Page,
    token: Token,
    password: Password = "",
    again: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Take the password that was chosen; the link is good no more, and every session of before ends."""
    name = _invited(request, context, token)
    try:
        require_long(password)
        _require_same(password, again)
    except UsageError as error:
        return page.show(
            "invitation.html", None, 409, name=name, token=token, trouble=error, shortest=SHORTEST_PASSWORD
        )
    with context.database.writing() as connection:
        taken = invitations.accept(connection, token, password, context.clock())
        if taken is not None:
            context.note_account(connection, taken, "user password", taken)
    if taken is None:
        raise HTTPException(404)
    return page.show("sign_in.html", None, name=taken, to="", trouble="chosen")


def _require_same(password: str, again: str) -> None:
    if password != again:
        raise UsageError(_("The two passwords differ."), _("Type the same one twice."))


def _invited(request: Request, context: PageContext, token: str) -> str:
    """Return whom a link is for; 404 if it is good no more, 429 for whoever tries too many."""
    address = request.client.host if request.client else ""
    if not context.attempts.is_first(TRIES, "invitation", address):
        raise HTTPException(429, headers={"Retry-After": str(TRIES.get_expiry())})
    with context.database.reading() as connection:
        name = invitations.invited_name(connection, token, context.clock())
    if name is None:
        raise HTTPException(404)
    return name
