"""The pages of set-up, health and personal data, for administrators."""

from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Response

from latsar_sync import __version__
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.setup.doctor import examine
from latsar_sync.store import access, erasure, retention, site_health, webhooks
from latsar_sync.store.daemons import living_daemons
from latsar_sync.web.accounts import Administrator
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, FormToken, Page

ACCESSES = 200
"""Lines of the access log on the page, the newest first."""

router = APIRouter()


@router.get("/setup")
def show_setup(context: Context, page: Page, account: Administrator) -> Response:
    """Show the version, daemons and sites; doctor is asked for by its button."""
    return _page(context, page, account, None)


@router.post("/setup")
def run_doctor(context: Context, page: Page, account: Administrator, _token: FormToken) -> Response:
    """Examine sites and set-up now; nothing is written anywhere."""
    checks = examine(context.settings, None, context.clock, lambda _subject: None)
    return _page(context, page, account, checks)


def _page(context: Context, page: Page, account: Administrator, checks: Any) -> Response:
    with context.database.reading() as connection:
        ill = list(site_health.ill_sites(connection).values())
        told = webhooks.standings(connection, context.settings.webhooks)
    return page.show(
        "setup.html",
        account,
        daemons=living_daemons(context.database, context.clock()),
        ill=ill,
        webhooks=told,
        checks=[(subject, list(group)) for subject, group in groupby(checks or (), lambda each: each.subject)],
        examined=checks is not None,
        running=__version__,
    )


@router.post("/setup/webhooks/test")
def try_webhook(context: Context, page: Page, account: Administrator, _token: FormToken, name: Field = "") -> Response:
    """Let a program be told nothing, to try the way."""
    _require_webhook(context, name)
    with context.database.writing() as connection:
        webhooks.note_test(connection, name, context.clock())
    return page.go_to("/setup", _("It is sent within 10 seconds, if a service runs. Load the page again to see."))


@router.post("/setup/webhooks/again")
def send_webhook_again(
    context: Context, page: Page, account: Administrator, _token: FormToken, name: Field = ""
) -> Response:
    """Let what was given up be sent again."""
    _require_webhook(context, name)
    with context.database.writing() as connection:
        number = webhooks.send_again(connection, name, context.clock())
    said = counted("{number} is sent again.", "{number} are sent again.", number)
    return page.go_to("/setup", said.format(number=number))


def _require_webhook(context: PageContext, name: str) -> None:
    if name not in context.settings.webhooks:
        raise HTTPException(404)


@router.get("/privacy")
def show_privacy(
    context: Context, page: Page, account: Administrator, programme: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """Show who looked at whose data, who was erased, and what was destroyed."""
    with context.database.reading() as connection:
        looks = access.recorded_accesses(connection, [programme] if programme else [], ACCESSES)
        erased = erasure.register(connection)
        reports = retention.find_reports(connection)
    return page.show(
        "privacy.html",
        account,
        looks=looks,
        erased=erased,
        reports=reports,
        chosen=programme,
        programmes={each.id: each.title for each in context.settings.programmes},
    )


@router.post("/privacy/person")
def find_person(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    nip: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Lead to the page of one person by NIP, in whichever programme they are."""
    with context.database.reading() as connection:
        found = erasure.find_people(connection, "".join(filter(str.isalnum, nip)))
    if not found:
        raise UsageError(_("Nobody with this NIP is known."), _("Type all 18 digits."))
    return page.go_to(f"/people/{found[0].participant_id}")
