"""The page of set-up and health, for administrators."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from fastapi import APIRouter, HTTPException, Response

from latsar_sync import __version__
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.service.daemon import NOTICES_EVERY
from latsar_sync.settings.files_changed import REMEDY, changed_since_read, said_of
from latsar_sync.setup.doctor import Check, examine
from latsar_sync.store import counts, site_health, webhook_sending, webhooks
from latsar_sync.store.backup import back_up
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.web.accounts import Administrator
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, FormToken, Page, SentForm

EXAMINATION, BACKUP = "examination", "backup"
"""The kinds of work that go on in the background."""

SHOWN = 20
"""Events that a program did not take, the newest first."""

router = APIRouter()


@router.get("/setup")
def show_setup(context: Context, page: Page, account: Administrator) -> Response:
    """Show version, daemons, sites and webhooks, what the last examination found, and the copies of the database."""
    examination, backup = context.background.last(EXAMINATION), context.background.last(BACKUP)
    checks = examination.result if examination else None
    with context.database.reading() as connection:
        ill = site_health.ill_sites(connection)
        told = webhook_sending.standings(connection, context.settings.webhooks)
        not_taken = webhook_sending.not_taken(connection, context.settings.webhooks, SHOWN)
    daemons = living_daemons(context.database, context.clock())
    mine = {str(each) for each in changed_since_read(context.settings)}
    folder = context.settings.service.backup_folder
    answer = page.show(
        "setup.html",
        account,
        daemons=daemons,
        remedy=_(REMEDY),
        changed_files=[said_of(file) for file in sorted(mine.union(*(each.changed_files for each in daemons)))],
        sites=sorted(context.settings.sites),
        ill=ill,
        webhooks=told,
        not_taken=not_taken,
        examination=examination,
        checks=[(subject, list(group)) for subject, group in groupby(checks or (), lambda each: each.subject)],
        backup=backup,
        folder=folder,
        newest=_newest_copy(folder) if folder else None,
        database=context.database.name,
        running=__version__,
    )
    if any(each is not None and not each.is_done for each in (examination, backup)):
        answer.headers["Refresh"] = "3"
    return answer


@router.post("/setup")
def run_doctor(context: Context, page: Page, account: Administrator, _token: FormToken) -> Response:
    """Examine sites and set-up now, off this request; nothing is written anywhere."""

    def examine_everything() -> list[Check]:
        return examine(context.settings, None, context.clock, lambda _subject: None)

    context.background.start(EXAMINATION, examine_everything, account.name, context.clock())
    context.note(account, "doctor", "")
    return page.go_to("/setup")


@router.post("/setup/backup")
def make_backup(context: Context, page: Page, account: Administrator, _token: FormToken) -> Response:
    """Write a copy of the database into the configured folder, off this request."""
    folder = context.settings.service.backup_folder
    if folder is None:
        raise UsageError(_("No folder for copies is configured."), _("Set service.backup_folder, and start it again."))
    now = context.clock()
    file = folder / f"latsar-{now.astimezone(context.settings.zone):%Y-%m-%d-%H%M%S}.db"

    def copy() -> tuple[str, int]:
        return file.name, back_up(context.database, file, now)

    with context.database.reading() as connection:
        people = counts.everybody_by_programme(connection)
    for programme, number in (people or {"": 0}).items():
        context.note(account, "db backup", programme, number)
    context.background.start(BACKUP, copy, account.name, now)
    return page.go_to("/setup")


def _newest_copy(folder: Path) -> tuple[str, datetime] | None:
    """Return the newest copy of the database that lies in a folder, and when it was written."""
    with suppress(OSError):
        found = [(each.stat().st_mtime, each.name) for each in folder.glob("*.db")]
        if found:
            moment, name = max(found)
            return name, datetime.fromtimestamp(moment, UTC)
    return None


@router.post("/setup/webhooks/test")
def try_webhook(
    context: Context, page: Page, account: Administrator, _token: FormToken, sent: SentForm, name: Field = ""
) -> Response:
    """Let a program be told nothing, to try the way."""
    _require_webhook(context, name)
    with context.once(account, sent), context.database.writing() as connection:
        webhooks.note_test(connection, name, context.clock())
    context.note(account, "webhook test", "")
    return page.go_to(
        "/setup",
        _("It is sent within {seconds} seconds, if a service runs. Load the page again to see.").format(
            seconds=NOTICES_EVERY.seconds
        ),
    )


@router.post("/setup/webhooks/again")
def send_webhook_again(
    context: Context, page: Page, account: Administrator, _token: FormToken, name: Field = ""
) -> Response:
    """Let what was given up be sent again."""
    _require_webhook(context, name)
    with context.database.writing() as connection:
        number = webhook_sending.send_again(connection, name, context.clock())
    context.note(account, "webhook again", "")
    said = counted("{number} is sent again.", "{number} are sent again.", number)
    return page.go_to("/setup", said.format(number=number))


def _require_webhook(context: PageContext, name: str) -> None:
    if name not in context.settings.webhooks:
        raise HTTPException(404)
