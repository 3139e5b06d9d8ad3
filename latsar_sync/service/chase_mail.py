"""Mailing each institution its own chase list: once for an occasion, and nothing of any other institution."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from io import BytesIO

from latsar_sync.domain import figures
from latsar_sync.domain.errors import ConfigurationError, MailServerFails, UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.spelling import name_form
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.exports import ExportRequest, Paper, compose
from latsar_sync.exports.one_letter import file_name
from latsar_sync.files.dates import moment_of
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.institutions import InstitutionSettings, MailSettings
from latsar_sync.store import institutions, sent_mails
from latsar_sync.store.database import Database
from latsar_sync.store.sent_mails import MailState

TIMEOUT_SECONDS = 30.0
LONGEST_OCCASION = 64
SHEET = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True, slots=True)
class ChaseMail:
    """One institution's chase list: how many people stand on it, to whom it goes, and what is known of the mail.

    ``contact`` None: the institution is not configured or has no address. ``state`` None: it was not sent yet.
    """

    institution: str
    people: int
    contact: InstitutionSettings | None
    state: str | None = None
    error: str | None = None

    @property
    def may_go(self) -> bool:
        """Whether it is to be sent: there is a contact, and it was not sent for this occasion."""
        return self.contact is not None and self.state in (None, str(MailState.REFUSED))


def occasion_of(text: str) -> str:
    """Return an occasion as it is kept: a day, however it is written, as 2026-11-30; anything else as it was typed."""
    moment = moment_of(text, UTC)
    return text if moment is None or moment.time() != time() else moment.date().isoformat()


def occasion_text(kept: str) -> str:
    """Return an occasion as it is read: one that is a day in the words of the language in use."""
    try:
        return figures.long_day(date.fromisoformat(kept))
    except ValueError:
        return kept


def chase_mails(settings: Settings, database: Database, programme: ProgrammeSettings, occasion: str) -> list[ChaseMail]:
    """Return the chase list of each institution of which somebody lacks something, by name; of an occasion as kept."""
    with database.reading() as connection:
        counts = institutions.lacking_by_institution(connection, programme.id)
        told = {
            name_form(row["institution"]): row
            for row in sent_mails.told(connection, programme.id)
            if occasion_of(row["occasion"]) == occasion
        }
    found: dict[str, ChaseMail] = {}
    for spelt, people in counts.items():
        contact = settings.institution(spelt)
        contact = contact if contact is not None and contact.email else None
        form = name_form(spelt)
        known = told.get(form, {"institution": spelt, "state": None, "error": None})
        others = found[form].people if form in found else 0  # spelt in another way: the list attached has both
        found[form] = ChaseMail(known["institution"], others + people, contact, known["state"], known["error"])
    return list(found.values())


def send_chase_mails(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    occasion: str,
    by: str,
    clock: Callable[[], datetime],
) -> list[ChaseMail]:
    """Mail what may go, each written down before it is sent, and return how all of it stands.

    Raise UsageError without ``[mail]``, MailServerFails if the mail server cannot be entered, or no more.
    """
    mail = settings.mail
    if mail is None:
        raise UsageError(_("No mail server is configured."), _("Add the table [mail] (docs/configuration.md)."))
    due = [each for each in chase_mails(settings, database, programme, occasion) if each.may_go]
    if due:
        server = _entered(mail)
        try:
            for each in due:
                if not _answers(server):  # before anything is written down as being sent
                    server = _entered(mail)
                _send_one(settings, database, programme, each, occasion, by, clock, server)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
    return chase_mails(settings, database, programme, occasion)


def _answers(server: smtplib.SMTP) -> bool:
    try:
        return server.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _entered(mail: MailSettings) -> smtplib.SMTP:
    try:
        context = ssl.create_default_context(cafile=str(mail.ca_bundle) if mail.ca_bundle else None)
    except OSError as error:
        raise ConfigurationError(
            _("{name}.ca_bundle: {ca_bundle} cannot be read as certificates ({strerror}).").format(
                name="mail", ca_bundle=mail.ca_bundle, strerror=reason_of(error)
            ),
            _("Name a file of certificates in PEM, or remove the key."),
        ) from None
    try:
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_SECONDS)
            server.starttls(context=context)
        if mail.user is not None and mail.password is not None:
            server.login(mail.user, mail.password.get_secret_value())
    except (smtplib.SMTPException, OSError) as error:
        raise MailServerFails(
            _("The mail server {host} cannot be used ({reason}); what was due still was not sent.").format(
                host=mail.host, reason=type(error).__name__
            ),
            _("Check [mail]: host, port, security, user and password."),
        ) from None
    return server


def _send_one(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    each: ChaseMail,
    occasion: str,
    by: str,
    clock: Callable[[], datetime],
    server: smtplib.SMTP,
) -> None:
    message = _message(settings, database, programme, each, by, clock())
    with database.writing() as connection:
        number = sent_mails.write_ahead(connection, programme.id, each.institution, occasion, each.people, by, clock())
    if number is None:
        return  # somebody else was quicker
    state, error = MailState.SENT, None
    try:
        server.send_message(message)
    except smtplib.SMTPServerDisconnected:
        return  # it may have arrived: it stays ``sending``, and is not sent again
    except (smtplib.SMTPException, OSError) as refused:
        state, error = MailState.REFUSED, type(refused).__name__
    with database.writing() as connection:
        sent_mails.settle(connection, number, state, clock(), error)


def _message(
    settings: Settings, database: Database, programme: ProgrammeSettings, each: ChaseMail, by: str, now: datetime
) -> EmailMessage:
    from latsar_sync.exports.xlsx import write_xlsx

    mail, contact = settings.mail, each.contact
    if mail is None or contact is None:
        raise ValueError("nobody to write to")
    request = ExportRequest(Paper.CHASE, by, now, programme.id, institution=each.institution)
    sheet = BytesIO()
    with database.reading() as connection:
        write_xlsx(compose(settings, connection, request), sheet)
    message = EmailMessage()
    message["From"], message["To"] = mail.sender, contact.email
    message["Subject"] = _("{title}: participants who still lack something").format(title=programme.title)
    text = counted(
        "Attached is the list of the {number} participant of {institution} who still lacks something for {title}.",
        "Attached is the list of the {number} participants of {institution} who still lack something for {title}.",
        each.people,
    )
    lines = [text.format(number=each.people, institution=each.institution, title=programme.title)]
    lines.append(_("It holds personal data: pass it on to nobody who does not need it."))
    message.set_content("\n\n".join([*lines, "\n".join(settings.office.letterhead)]))
    name = f"{programme.id}-{file_name(each.institution)}.xlsx"
    message.add_attachment(sheet.getvalue(), maintype=SHEET[0], subtype=SHEET[1], filename=name)
    return message
