"""What a named person says about who is who: the right NIP, two accounts of one person, the account in class (rule 19).

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions.recording import Clock
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.records import IdentityAction, IdentityKind
from latsar_sync.domain.spelling import number_form
from latsar_sync.rules import identity
from latsar_sync.settings import Settings
from latsar_sync.store import identities, moves, participants, pushes, reports
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, save_entries
from latsar_sync.store.leases import Lease
from latsar_sync.store.reports import Row


@dataclass(frozen=True, slots=True)
class Said:
    """A word that was recorded. ``shared_with`` are the internal ids of others who carry the same NIP now."""

    action: IdentityAction
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _ActionContext:
    """What an action works on: one programme under its lease."""

    connection: Connection
    programme: str
    now: datetime
    today: date

    def record(self, who: str, kind: IdentityKind, reason: str, by: str, undo: bool, **what: Any) -> IdentityAction:
        """Write the next word about a participant. Raise UsageError if it would undo what does not bind."""
        history = identities.identity_history(self.connection, self.programme, who)
        mine = [each for each in history if each.participant_id == who]
        if undo and (who, kind) not in identities.binding(mine):
            raise UsageError(_("There is nothing to undo."), _("See latsar-sync identity list."))
        action = IdentityAction(who, len(mine) + 1, kind, reason, by, self.now, undo, **what)
        identities.add_identity_action(self.connection, action)
        return action

    def entries(self) -> dict[str, Entry]:
        return load_entries(self.connection, self.programme)

    def save(self, before: Entry, after: Entry, by: str) -> None:
        """Save what an action makes of an entry; the course that somebody was in by another account is written down."""
        if before == after:
            return
        if identity.leaves_an_account(before, after):
            moves.add_left_behind(self.connection, [before], self.now, wrong_account=True)
        known = {before.participant_id: before}
        save_entries(self.connection, self.programme, known, [after], self.now, None, by)


def correct(
    settings: Settings, database: Database, clock: Clock, row: Row, nip: str | None, reason: str, by: str
) -> Said:
    """Record that a participant, a ``row`` of a listing, has the NIP ``nip``; None undoes the correction.

    Whoever sits in a course is compared with the account there by the next run. Raise UsageError for somebody who came
    by a file, where the list itself is to be corrected.
    """
    who = row["participant_id"]
    with _action_context(settings, database, clock, row) as context:
        if nip is not None and identities.corrected_nip(context.connection, who) == nip:
            raise UsageError(_("This is recorded already."), _("See latsar-sync identity list."))
        action = context.record(who, IdentityKind.CORRECT, reason, by, nip is None)
        identities.correct_nip(context.connection, who, nip, context.today)
        entry = context.entries().get(who)
        if entry is not None:
            context.save(entry, identity.to_be_compared(entry), by)
        others = [] if nip is None else reports.participant_rows(context.connection, [context.programme], nip=nip)
    return Said(action, tuple(each["participant_id"] for each in others if each["participant_id"] != who))


def merge(settings: Settings, database: Database, clock: Clock, row: Row, other: Row, reason: str, by: str) -> Said:
    """Record that the account ``other`` is the same person as ``row``, which counts from now on, and the other not.

    A seat that the other holds is given up; nothing is undone in its course. Raise UsageError if the two cannot be one,
    or only the other has a place on the roster, NotReady while a write about either is open.
    """
    stays, goes = row["participant_id"], other["participant_id"]
    if stays == goes or row["programme"] != other["programme"]:
        raise UsageError(
            _("A merge takes two accounts of one programme."), _("Name both, by their NIP or by their internal id.")
        )
    with _action_context(settings, database, clock, row) as context:
        _neither_is_merged(context, row, other)
        entries = context.entries()
        if goes in entries and stays not in entries:
            raise UsageError(
                _("Only the second account has a place on the roster, which would be lost."),
                _("Name them the other way round: the account with the place first."),
            )
        if any(
            each.push.subject in (stays, goes) for each in pushes.open_pushes(context.connection, context.programme)
        ):
            raise NotReady(
                _("It is not known yet whether the last write about this participant arrived."),
                _("Run latsar-sync sync once, then merge them."),
            )
        action = context.record(goes, IdentityKind.MERGE, reason, by, undo=False, other=stays)
        if goes in entries:
            context.save(entries[goes], identity.give_way(entries[goes]), by)
    return Said(action)


def part(settings: Settings, database: Database, clock: Clock, row: Row, reason: str, by: str) -> Said:
    """Undo a merge: ``row``, the account that was merged into another, counts for itself again.

    Raise UsageError if it was not merged.
    """
    who = row["participant_id"]
    with _action_context(settings, database, clock, row) as context:
        action = context.record(who, IdentityKind.MERGE, reason, by, undo=True, other=row["merged_into"])
        entry = context.entries().get(who)
        if entry is not None:
            context.save(entry, identity.wait_again(entry), by)
    return Said(action)


def choose(
    settings: Settings,
    database: Database,
    clock: Clock,
    row: Row,
    site: str,
    user_id: int | None,
    reason: str,
    by: str,
) -> Said:
    """Record that the account ``user_id`` of the in-class site ``site`` is a participant's; None undoes the choice.

    Somebody whom a run found by another account waits to be placed by this one; nothing is undone there. Raise
    UsageError if the account is another participant's already, or the site is no in-class site of the programme.
    """
    who = row["participant_id"]
    with _action_context(settings, database, clock, row) as context:
        entries = context.entries()
        if user_id is not None:
            _must_be_free(context, entries, who, site, user_id)
        action = context.record(
            who, IdentityKind.ACCOUNT, reason, by, user_id is None, site=site, target_user_id=user_id
        )
        if who in entries:
            before = entries[who]
            anew = user_id is not None and before.target_user_id not in (None, user_id)
            context.save(before, identity.begin_anew(before) if anew else identity.to_be_compared(before), by)
    return Said(action)


def site_of_course(settings: Settings, row: Row, site: str | None) -> str:
    """Return the in-class site meant: the one named, else the only one of the programme; else raise UsageError."""
    sites = sorted({each.site for each in settings.programme(row["programme"]).angkatan if each.site})
    if site in sites:
        return str(site)
    if site is None and row["site"] in sites:
        return str(row["site"])
    if site is None and len(sites) == 1:
        return sites[0]
    raise UsageError(
        _("It is not clear on which site the account is."),
        _("Name it with --site: {sites}.").format(sites=", ".join(sites) or "–"),
    )


def reason_without_numbers(reason: str) -> str:
    """Return a reason that may stand on record for good; raise UsageError if a NIP is in it (rule 16)."""
    if re.search("[0-9]{16}", number_form(reason)):
        raise UsageError(
            _("The reason holds a NIP, and would stand on record for good."),
            _("Say it without, for example by the number of a letter."),
        )
    return reason


@contextmanager
def _action_context(settings: Settings, database: Database, clock: Clock, row: Row) -> Iterator[_ActionContext]:
    programme = settings.programme(row["programme"])
    if row["source_site"] == participants.IMPORTED:
        raise UsageError(
            _("This participant came by a file, where each NIP stands once."),
            _("Correct the list and import it again: latsar-sync import participants."),
        )
    moment = clock()
    with Lease(database, programme.id, clock) as lease, lease.writing() as connection:
        yield _ActionContext(connection, programme.id, moment, moment.astimezone(settings.zone_of(programme)).date())


def _neither_is_merged(context: _ActionContext, *rows: Row) -> None:
    ids = {row["participant_id"] for row in rows}
    bound = identities.binding(identities.identity_history(context.connection, context.programme))
    parted = [each for (who, kind), each in bound.items() if kind is IdentityKind.MERGE and who in ids]
    goes = rows[1]["participant_id"]
    taken = [each for (_who, kind), each in bound.items() if kind is IdentityKind.MERGE and each.other == goes]
    if parted or taken:
        raise UsageError(
            _("One of these accounts was merged before."), _("Undo that first: latsar-sync identity merge --undo.")
        )


def _must_be_free(context: _ActionContext, entries: Mapping[str, Entry], who: str, site: str, user_id: int) -> None:
    sits = (
        each.participant_id
        for each in entries.values()
        if (each.site, each.target_user_id) == (site, user_id) and each.state in identity.SITS
    )
    chosen = identities.chosen_accounts(context.connection, context.programme)
    owners = {*sits, *(each for each, account in chosen.items() if account == (site, user_id))} - {who}
    if owners:
        raise UsageError(
            _("This account is another participant's: {ids}.").format(ids=", ".join(sorted(owners))),
            _("Say first whose it is not: latsar-sync identity account with that participant."),
        )
