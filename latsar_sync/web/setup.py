"""The pages of set-up, health and personal data, for administrators."""

from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response

from latsar_sync import __version__
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.setup.doctor import examine
from latsar_sync.store import access, erasure, retention, site_health
from latsar_sync.store.daemons import living_daemons
from latsar_sync.web.accounts import Administrator
from latsar_sync.web.dependencies import Context, FormToken, Page

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
    return page.show(
        "setup.html",
        account,
        daemons=living_daemons(context.database, context.clock()),
        ill=ill,
        checks=[(subject, list(group)) for subject, group in groupby(checks or (), lambda each: each.subject)],
        examined=checks is not None,
        running=__version__,
    )


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
