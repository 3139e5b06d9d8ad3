"""A named person fixes an angkatan's roster by decree, and amends it by later ones (rule 17).

Command line and pages turn words into this call; nothing here reads an argument or prints.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent, acting
from latsar_sync.actions.finalisation_conditions import (
    OldValues,
    decree_must_fit,
    files_must_be_fresh,
    must_have_course,
    nothing_must_be_open,
    reading_must_be_good,
    threshold_must_have_judged,
)
from latsar_sync.actions.typed_text import sensible
from latsar_sync.domain.actions import Finalisation, on_the_list
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.language import _, command, for_admins, joined
from latsar_sync.domain.records import Record
from latsar_sync.rules import finalisation
from latsar_sync.rules.entry_changes import ChangeKind, EntryChange
from latsar_sync.rules.kept_from_before import scored_otherwise
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import finalisations, identities, participants, queue
from latsar_sync.store.actions import load_actions
from latsar_sync.store.clearances import revoked_since
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.order_of_words import not_before
from latsar_sync.store.scores_of_files import counting, scores_by_participant


@dataclass(frozen=True, slots=True)
class Fixed:
    """A decree that was recorded, the last of ``history``. ``in_review`` of its members wait for the in-class LMS to be
    mended, ``sent`` of them are enrolled by the next run, ``to_approve`` once a second person approves.
    """

    history: tuple[Finalisation, ...]
    in_review: int
    sent: int
    to_approve: int

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
    sent: Sent = BY_COMMAND,
) -> Fixed:
    """Record a decree about an angkatan's roster as it stands in the database now.

    The first decree fixes the list, an ``amendment`` takes newcomers in and those who left out. Raise UsageError if the
    decree does not fit those before, NotReady if anything is open, SeenChanged if the roster is another than was shown.
    Where values of those whom it takes in are too old, a run that reads them exactly is asked for (rule 17).
    """
    sensible(dated)
    must_have_course(programme, angkatan)
    with (
        _old_values_are_asked_for(database, programme.id, clock, angkatan, by),
        acting(database, programme.id, clock, by, sent) as action,
    ):
        connection, moment = action.connection, action.now
        _must_be_as_shown(action, angkatan)
        files_must_be_fresh(connection, programme, moment)
        draft, entries, history = _checked_draft(action, programme.id, angkatan, sk, amendment)
        version, moment = len(history) + 1, not_before(connection, programme.id, moment)
        decree = Finalisation(version, angkatan, sk, dated, by, moment, draft.members, draft.left)
        finalisations.add_finalisation(connection, programme.id, decree)
        # where a second person must approve, no decree does: whoever records it may have let them in (rule 21)
        approves = not (programme.second_person and programme.push == "confirmed")
        planned = [who for who in draft.members if entries[who].state is EntryState.PLANNED]
        to_approve = [] if approves else [who for who in planned if entries[who].approved_by is None]
        if approves:
            action.change([EntryChange(who, ChangeKind.TAKE_IN, by, angkatan) for who in planned])
    in_review = sum(entries[who].state is EntryState.REVIEW for who in draft.members)
    return Fixed((*history, decree), in_review, len(planned) - len(to_approve), len(to_approve))


def draft_of(
    programme: ProgrammeSettings,
    database: Database,
    clock: Clock,
    angkatan: str,
    sk: str,
    by: str,
    amendment: bool,
    sent: Sent,
) -> finalisation.DecreeDraft:
    """Return what a decree would say now, for whoever is to check it before signing. Raise as ``fix_list`` does."""
    must_have_course(programme, angkatan)
    with (
        _old_values_are_asked_for(database, programme.id, clock, angkatan, by),
        acting(database, programme.id, clock, by, Sent(sent.seen)) as action,
    ):
        _must_be_as_shown(action, angkatan)
        files_must_be_fresh(action.connection, programme, action.now)
        return _checked_draft(action, programme.id, angkatan, sk, amendment)[0]


@contextmanager
def _old_values_are_asked_for(
    database: Database, programme: str, clock: Clock, angkatan: str, by: str
) -> Iterator[None]:
    """Ask for a run that reads the people of the angkatan exactly, where that is what a decree lacks."""
    try:
        yield
    except OldValues as old:
        queue.ask(database, programme, queue.ANGKATAN, angkatan, by, clock())
        asked = _("They are asked for exactly now: try again when that run has ended ({runs}).")
        undone = _("Where no daemon runs: {sync}.").format(
            sync=command(f"sync --programme {programme} --angkatan {angkatan}")
        )
        old.remedy = joined(asked.format(runs=command("runs")), for_admins(undone, ""))
        raise


def _must_be_as_shown(action: Action, angkatan: str) -> None:
    if action.sent.seen is not None:
        now = shown_values.of_roster(action.connection, action.programme, angkatan, action.now)
        shown_values.require_people_unchanged(action, now, angkatan=angkatan)


def _checked_draft(
    action: Action, programme: str, angkatan: str, sk: str, amendment: bool
) -> tuple[finalisation.DecreeDraft, dict[str, Entry], list[Finalisation]]:
    """Return what a decree would say, the roster, and the decrees before; raise for whatever stands in its way."""
    connection, moment = action.connection, action.now
    history = finalisations.finalisation_history(connection, programme)
    decree_must_fit([each for each in history if each.angkatan == angkatan], sk, angkatan, amendment)
    judged_at = reading_must_be_good(connection, programme, moment)
    entries = load_entries(connection, programme)
    known = {each.participant.id: each for each in participants.load_records(connection, programme).values()}
    draft = _draft(connection, programme, angkatan, entries, known, judged_at, moment)
    threshold_must_have_judged(connection, programme, [known[who] for who in draft.members], moment)
    nothing_must_be_open(draft, known, angkatan)
    return draft, entries, history


def _draft(
    connection: Connection,
    programme: str,
    angkatan: str,
    entries: Mapping[str, Entry],
    known: Mapping[str, Record],
    judged_at: datetime,
    now: datetime,
) -> finalisation.DecreeDraft:
    history = finalisations.finalisation_history(connection, programme)
    listed = on_the_list(history, identities.handed_over(connection, programme)).get(angkatan, frozenset())
    done = load_actions(connection, programme, now)
    scored = scored_otherwise(known.values(), counting(scores_by_participant(connection, programme)))
    told = revoked_since(connection, programme, judged_at) | scored
    return finalisation.draft(angkatan, entries, known, listed, done, told, now)
