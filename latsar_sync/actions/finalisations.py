"""A named person fixes an angkatan's roster by decree, and amends it by later ones (rule 17).

Command line and pages turn words into this call; nothing here reads an argument or prints.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from latsar_sync.actions.recording import Clock
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.records import Finalisation
from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules import finalisation
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.rule_values import require_angkatan
from latsar_sync.store import finalisations, participants, runs
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, save_entries
from latsar_sync.store.leases import Lease


@dataclass(frozen=True, slots=True)
class Fixed:
    """A decree that was recorded, the last of ``history``. ``in_review`` of its members wait for the in-class LMS to be
    mended, ``sent`` of them are enrolled by the next run.
    """

    history: tuple[Finalisation, ...]
    in_review: int
    sent: int

    @property
    def decree(self) -> Finalisation:
        """What was recorded."""
        return self.history[-1]


def fix_list(
    programme: ProgrammeSettings,
    database: Database,
    clock: Clock,
    angkatan: str,
    sk: str,
    dated: date,
    by: str,
    amendment: bool,
) -> Fixed:
    """Record a decree about an angkatan's roster under the lease, so that no run changes the roster while it is taken.

    The first decree fixes the list, an ``amendment`` takes newcomers in and those who left out. Raise UsageError if the
    decree does not fit those before, NotReady if anything is open.
    """
    if not require_angkatan(programme, angkatan).has_course:
        raise UsageError(_("Angkatan {angkatan} has no in-class phase, so it has no roster.").format(angkatan=angkatan))
    with Lease(database, programme.id, clock) as lease, lease.writing() as connection:
        moment = clock()
        history = finalisations.finalisation_history(connection, programme.id)
        before = [each for each in history if each.angkatan == angkatan]
        _decree_must_fit(before, sk, angkatan, amendment)
        _reading_must_be_good(connection, programme.id, moment)
        entries = load_entries(connection, programme.id)
        draft = _draft(connection, programme.id, angkatan, entries, moment)
        _nothing_must_be_open(draft, angkatan)
        version = len(history) + 1
        decree = Finalisation(version, angkatan, sk, dated, by, moment, draft.members, draft.left)
        finalisations.add_finalisation(connection, programme.id, decree)
        taken = [entries[who] for who in draft.members if entries[who].state is EntryState.PLANNED]
        sent = [entry._replace(reason=None, approved_by=entry.approved_by or by) for entry in taken]
        save_entries(connection, programme.id, entries, sent, moment, None, by)
    in_review = sum(entries[who].state is EntryState.REVIEW for who in draft.members)
    return Fixed((*history, decree), in_review, len(sent))


def _draft(
    connection: Connection, programme: str, angkatan: str, entries: Mapping[str, Entry], now: datetime
) -> finalisation.DecreeDraft:
    actions = load_actions(connection, programme, now)
    known = participants.load_records(connection, programme).values()
    listed = actions.finalised.get(angkatan, frozenset())
    return finalisation.draft(angkatan, entries, {each.participant.id: each for each in known}, listed, now)


def _decree_must_fit(before: list[Finalisation], sk: str, angkatan: str, amendment: bool) -> None:
    if amendment and not before:
        raise UsageError(
            _("The roster of angkatan {angkatan} is not finalised, so there is nothing to amend.").format(
                angkatan=angkatan
            ),
            _("Use latsar-sync roster finalise."),
        )
    if before and not amendment:
        raise UsageError(
            _("The roster of angkatan {angkatan} was finalised by SK {number} of {day}.").format(
                angkatan=angkatan, number=before[0].number, day=before[0].dated
            ),
            _("Newcomers enter by latsar-sync roster amend."),
        )
    if any(each.number == sk for each in before):
        raise UsageError(
            _("SK {number} is on record for this angkatan already.").format(number=sk),
            _("An amendment has a number of its own."),
        )


def _reading_must_be_good(connection: Connection, programme: str, moment: datetime) -> None:
    """Raise NotReady while a guard holds the programme, or if its last good run is too old (rule 17)."""
    telling = runs.last_telling_run(connection, programme)
    if telling is not None and telling.outcome is RunOutcome.GUARDED:
        raise NotReady(
            _("A guard holds programme {programme}: what was read last is not believed yet.").format(
                programme=programme
            ),
            _("Look at latsar-sync status; release it or mend the cause first."),
            guarded=True,
        )
    good = runs.last_good_run(connection, programme)
    if good is None or good.finished_at is None or finalisation.is_old(good.finished_at, moment):
        raise NotReady(
            _("The last good run of programme {programme} is older than 24 hours.").format(programme=programme),
            _("Run latsar-sync sync --full first."),
        )


def _nothing_must_be_open(draft: finalisation.DecreeDraft, angkatan: str) -> None:
    """Raise NotReady for whatever stands in the way, or if the decree would say nothing."""
    look = _("Look at latsar-sync roster --angkatan {angkatan}.").format(angkatan=angkatan)
    if draft.unsettled:
        raise NotReady(
            counted(
                "{number} person is on the way into the in-class course or waits for approval.",
                "{number} persons are on the way into the in-class course or wait for approval.",
                len(draft.unsettled),
            ).format(number=len(draft.unsettled)),
            _("Run latsar-sync sync, approve or hold them first.") + " " + look,
        )
    if draft.undecided:
        raise NotReady(
            counted(
                "{number} person is in a review that somebody must settle.",
                "{number} persons are in a review that somebody must settle.",
                len(draft.undecided),
            ).format(number=len(draft.undecided)),
            _("Admit them by override, or give them a clearance, or take them out of the in-class course first.")
            + " "
            + look,
        )
    if draft.stale:
        raise NotReady(
            counted(
                "The evidence of {number} person is older than 24 hours.",
                "The evidence of {number} persons is older than 24 hours.",
                len(draft.stale),
            ).format(number=len(draft.stale)),
            _("Run latsar-sync sync --full first."),
        )
    if not draft.members and not draft.left:
        raise NotReady(_("There is nobody to take in and nobody left the list."), look)
