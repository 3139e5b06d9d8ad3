"""A named person moves somebody to another angkatan (rule 15).

Command line and pages turn words into this call; nothing here reads an argument or prints.
"""

from dataclasses import dataclass

from latsar_sync.actions.recording import Clock
from latsar_sync.domain.entry import HOLDS_A_SEAT, Entry, EntryState
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Actions, AngkatanMove
from latsar_sync.rules import placement
from latsar_sync.rules.moves import move_to
from latsar_sync.settings import Settings
from latsar_sync.settings.rule_values import angkatan_of, require_angkatan
from latsar_sync.store import moves, pushes
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, save_entries
from latsar_sync.store.leases import Lease
from latsar_sync.store.reports import Row


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was recorded. ``stays_in`` is the course that the person is still in, None where there is none."""

    move: AngkatanMove
    stays_in: str | None


def move(settings: Settings, database: Database, clock: Clock, row: Row, to: str, reason: str, by: str) -> Moved:
    """Move a participant, a ``row`` of a listing, to the angkatan ``to``, with evidence and decision.

    Raise UsageError if they are there already or it has no seat for them, NotReady while a write about them is open.
    """
    programme = settings.programme(row["programme"])
    require_angkatan(programme, to)
    [angkatan] = [each for each in angkatan_of(programme) if each.id == to]
    who = row["participant_id"]
    with Lease(database, programme.id, clock) as lease, lease.writing() as connection:
        moment = clock()
        today = moment.astimezone(settings.zone_of(programme)).date()
        entries = load_entries(connection, programme.id)
        actions = load_actions(connection, programme.id, moment)
        entry = entries.get(who)
        before = entry.angkatan if entry is not None and entry.angkatan else actions.moves.get(who)
        if before == to:
            raise UsageError(_("This participant is in angkatan {angkatan} already.").format(angkatan=to))
        if any(each.push.subject == who for each in pushes.open_pushes(connection, programme.id)):
            raise NotReady(
                _("It is not known yet whether the last write about this participant arrived."),
                _("Run latsar-sync sync once, then move them."),
            )
        why = placement.why_no_seat(angkatan, entries.values(), today)
        if entry is not None and entry.angkatan and entry.state in HOLDS_A_SEAT:
            _there_must_be_a_seat(who, angkatan, actions, why)
        version = len(moves.move_history(connection, programme.id, who)) + 1
        decision = AngkatanMove(who, version, to, before, reason, by, moment)
        moves.add_move(connection, decision, entry if entry is not None and _is_in_class(entry) else None)
        if entry is not None:
            late = why == "admission_closed" or (to in actions.finalised and who not in actions.finalised[to])
            save_entries(connection, programme.id, entries, [move_to(entry, angkatan, late)], moment, None, by)
    return Moved(decision, entry.course if entry is not None and _is_in_class(entry) else None)


def _there_must_be_a_seat(who: str, angkatan: Angkatan, actions: Actions, why: str | None) -> None:
    """Nobody with a seat may lose it by a move: raise UsageError if the new angkatan has none for them (rule 5)."""
    if why is None or angkatan.course is None or who in actions.admitted:
        return
    closed = _("The last day of admission to angkatan {angkatan} has passed.").format(angkatan=angkatan.id)
    full = _("Angkatan {angkatan} is full.").format(angkatan=angkatan.id)
    raise UsageError(
        closed if why == "admission_closed" else full,
        _("latsar-sync override admit beats date and capacity; admit them first, then move them."),
    )


def _is_in_class(entry: Entry) -> bool:
    """Say whether somebody was put, or found, in a course that a move leaves them in."""
    return entry.origin is not None and entry.state is not EntryState.WITHDRAWN
