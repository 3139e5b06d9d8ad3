"""A named person has data destroyed whose time is over, each data class with its report; what is due (rule 16)."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent
from latsar_sync.actions.erasing import Done, carry_out, require_shown
from latsar_sync.actions.typed_text import sensible
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins, joined, see
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.settings import Settings
from latsar_sync.store import destruction_reports, retention
from latsar_sync.store.database import Database
from latsar_sync.store.waiting_orders import Order


def destroy(
    database: Database, clock: Clock, due: Sequence[Keeping], legal_basis: str, by: str, sent: Sent = BY_COMMAND
) -> Done:
    """Destroy what is due of a programme, each data class with its report."""

    def look_once_more(connection: Connection) -> None:
        programmes = {each.programme for each in due}
        reports = [each for each in destruction_reports.find_reports(connection) if each.programme in programmes]
        text = _("Something else is due now; it stands below.")
        if reports:
            told = _("{name} destroyed data of this programme last: report {number}.")
            text = joined(text, told.format(name=reports[-1].by, number=reports[-1].number))
        require_shown(sent, seen_of_due(connection, due), text)

    orders = [Order.to_destroy(each, legal_basis, by) for each in due]
    return carry_out(database, clock, orders, by, sent, look_once_more)


def months_of(settings: Settings, data_class: DataClass) -> int | None:
    """Return how many months a data class is kept after a programme's end; None: without end."""
    periods = {
        DataClass.IDENTITIES: settings.retention.identities,
        DataClass.LEDGER: settings.retention.ledger,
        DataClass.ACCESS_LOG: settings.retention.access_log,
    }
    return periods[data_class]


def end_of(settings: Settings, programme: str) -> date | None:
    """Return a programme's last day by the configuration; None if it does not say."""
    return next((each.ended_on for each in settings.programmes if each.id == programme), None)


def keepings(settings: Settings, programme: str, end: date | None) -> list[Keeping]:
    """Return how long each data class of a programme is kept."""
    return [Keeping(programme, each, end, months_of(settings, each)) for each in DataClass]


def checked_end(connection: Connection, settings: Settings, programme: str, said: date | None) -> date:
    """Return the day from which periods count; raise UsageError where it is unknown or said too early."""
    configured = end_of(settings, programme)
    if programme not in retention.recorded_programmes(connection):
        settings.programme(programme)  # a misspelt id is told as such
        raise UsageError(_("Nothing is kept of programme {id}.").format(id=programme), see("retention show"))
    end = sensible(said) if said else configured
    if end is None:
        raise UsageError(
            _("The end of programme {id} is not known.").format(id=programme),
            for_admins(
                _("Give its last day with --ended, or the key ends in each of its angkatan."), _("Give its last day.")
            ),
        )
    last = retention.last_entry(connection, programme)
    last_day = settings.today(last, programme) if last else None
    earliest = max((day for day in (configured, last_day) if day is not None), default=None)
    if said is not None and earliest is not None and said < earliest:
        raise UsageError(
            _("{day} is too early: the programme went on until {last}.").format(day=said, last=earliest),
            _("Give the last day of its last in-class course."),
        )
    return end


def due_of(connection: Connection, kept: Sequence[Keeping], today: date) -> list[Keeping]:
    """Return what is to be destroyed today; identities go with the ledger where both are due."""
    due = [
        each for each in kept if each.is_due(today) and retention.is_kept(connection, each.programme, each.data_class)
    ]
    if any(each.data_class is DataClass.LEDGER for each in due):
        due = [each for each in due if each.data_class is not DataClass.IDENTITIES]
    return due


def seen_of_due(connection: Connection, due: Sequence[Keeping]) -> dict[str, str]:
    """Return what is shown of what is due, likewise, and how often something of these programmes was destroyed.

    Who destroys is noted in the access log, which may be due itself: nobody destroys that note as what they saw.
    """
    programmes = {each.programme for each in due}
    reports = [each for each in destruction_reports.find_reports(connection) if each.programme in programmes]
    shown = {str(each.data_class): f"{each.programme} {each.ended_on} {each.months}" for each in due}
    return {**shown, "reports": str(len(reports))}
