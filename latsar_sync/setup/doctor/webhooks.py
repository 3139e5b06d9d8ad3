"""The check of the webhooks: what each program took, what waits for it. Nothing is sent to it."""

from sqlalchemy import Connection

from latsar_sync.domain.language import _
from latsar_sync.settings import Settings
from latsar_sync.setup.checks import Page
from latsar_sync.store.webhook_sending import standings
from latsar_sync.store.webhooks import KEPT


def examine_webhooks(page: Page, connection: Connection, settings: Settings) -> None:
    """Say of each webhook whether what it was to be told has arrived."""
    for each in standings(connection, settings.webhooks):
        if each.error is None:
            said = _("Webhook {name}: {delivered} delivered in {days} days, {waiting} wait.")
            told = said.format(name=each.webhook, delivered=each.delivered, days=KEPT.days, waiting=each.waiting)
            page.ok("webhook", told)
            continue
        said = _("Webhook {name}: {waiting} wait, {given_up} were given up; {error}.")
        told = said.format(name=each.webhook, waiting=each.waiting, given_up=each.given_up, error=each.error)
        page.warn(
            "webhook", told, _("Mend the receiver; then let what was given up be sent again, on the page Set-up.")
        )
