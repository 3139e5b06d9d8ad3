"""Messages through Moodle: may the account send any, and do they arrive. Nobody is written to."""

from collections.abc import Iterable

from latsar_sync.domain.errors import LatsarError, RecordRejected
from latsar_sync.domain.language import _
from latsar_sync.moodle import messages
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.rights import Right
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.in_class_courses import NOBODY


def sites_written_on(programme: ProgrammeSettings) -> set[str]:
    """Return the sites through which the programme writes to people: participants on the MOOC, managers in class."""
    wanted = programme.messages
    found: Iterable[str | None] = ()
    if wanted.admitted or wanted.reminders:
        found = [programme.source.site]
    if wanted.managers:
        found = [*found, *(angkatan.site for angkatan in programme.angkatan)]
    return {site for site in found if site is not None}


def examine_messages(page: Page, client: MoodleClient, arrived: bool) -> None:
    """Ask to write to somebody who does not exist; nothing can come of it. ``arrived`` says that messages have before.

    Moodle asks for the function, whether messaging is on and for moodle/site:sendmessage before it looks for the person
    (``message/externallib.php``, ``send_instant_messages``; recordings ``unknown-user`` of 4.0 to 5.1). Whether anybody
    accepts messages from the account it asks only of a person who is there.
    """
    if not client.supports(Function.SEND_MESSAGES):
        return  # that stands with the site
    try:
        messages.send(client, NOBODY, "latsar-sync doctor", "latsar-doctor")
    except RecordRejected:
        page.ok(Right.SITE_SENDMESSAGE, _("Messages may be sent."))
    except LatsarError as error:
        page.fail(Right.SITE_SENDMESSAGE, error.message, error.remedy)
        return
    if arrived:
        page.ok(Right.SITE_MESSAGEANYUSER, _("Messages have reached people."))
    else:
        page.warn(
            Right.SITE_MESSAGEANYUSER,
            _("Moodle does not show beforehand whether people accept messages from this account."),
            _("Allow moodle/site:messageanyuser at system level; then look at latsar-sync notices list."),
        )
