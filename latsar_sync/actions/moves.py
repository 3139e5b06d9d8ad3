"""A named person moves somebody to another angkatan (rule 15).

Command line and pages turn words into this call; nothing here reads an argument or prints.
"""

from dataclasses import dataclass

from latsar_sync.actions import seen
from latsar_sync.actions.acting import BY_COMMAND, Clock, Sent, acting
from latsar_sync.domain.entry import HOLDS_A_SEAT
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Actions, AngkatanMove
from latsar_sync.rules import placement
from latsar_sync.rules.entry_changes import ChangeKind, EntryChange, stays_in_old_course
from latsar_sync.settings import Settings
from latsar_sync.settings.rule_values import angkatan_of, require_angkatan
from latsar_sync.store import moves, pushes
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.reports import Row


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was recorded. ``stays_in`` is the course that the person is still in, None where there is none."""

    move: AngkatanMove
    stays_in: str | None


def move(
    settings: Settings,
    database: Database,
    clock: Clock,
    row: Row,
    to: str,
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
) -> Moved:
    """Move a participant, a ``row`` of a listing, to the angkatan ``to``, with evidence and decision.

    Raise UsageError if they are there already or it has no seat for them, NotReady while a write about them is open,
    SeenChanged if something else stands of them than was shown.
    """
    programme = settings.programme(row["programme"])
    require_angkatan(programme, to)
    [angkatan] = [each for each in angkatan_of(programme) if each.id == to]
    who = row["participant_id"]
    with acting(database, programme.id, clock, by, sent) as action:
        connection, moment = action.connection, action.now
        seen.require_person_unchanged(action, who)
        today = moment.astimezone(settings.zone_of(programme)).date()
        entries = load_entries(connection, programme.id)
        actions = load_actions(connection, programme.id, moment)
        entry = entries.get(who)
        before = entry.angkatan if entry is not None and entry.angkatan else actions.moves.get(who)
        if to in (before, actions.moves.get(who)):
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
        moves.add_move(connection, decision)
        late = why == "admission_closed" or (to in actions.finalised and who not in actions.finalised[to])
        change = EntryChange(who, ChangeKind.MOVE, by, to, angkatan.course, late, version)
        action.change([change])
    stays = entry is not None and stays_in_old_course(entry, change)
    return Moved(decision, entry.course if entry is not None and stays else None)


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
