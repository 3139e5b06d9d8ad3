"""A named person moves somebody to another angkatan (rule 15).

Command line and pages turn words into this call; nothing here reads an argument or prints.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent, acting
from latsar_sync.actions.overrides import PassedOver, must_be_some
from latsar_sync.domain.actions import Actions, AngkatanMove
from latsar_sync.domain.errors import LatsarError, NotReady, UsageError
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.language import _, command
from latsar_sync.rules.entry_changes import ChangeKind, EntryChange, stays_in_old_course
from latsar_sync.rules.which_angkatan import why_no_seat
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import angkatan_of, require_angkatan
from latsar_sync.store import filled_courses, moves, pushes, waiting_changes
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.listings import Row
from latsar_sync.store.order_of_words import newest_words


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
    programme, who = settings.programme(row["programme"]), row["participant_id"]
    require_angkatan(programme, to)
    with acting(database, programme.id, clock, by, sent) as action:
        shown_values.require_person_unchanged(action, who)
        return _Moving(settings, programme, action, [who]).move(who, to, reason)


def move_about(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    people: Sequence[str],
    to: str,
    reason: str,
    by: str,
    sent: Sent = BY_COMMAND,
) -> tuple[list[Moved], list[PassedOver]]:
    """Move many participants, by internal id, in one transaction; say whom it passed over and why.

    Raise UsageError if there are none or too many, SeenChanged if something else stands of one of them than was shown.
    """
    must_be_some(people)
    known = settings.programme(programme)
    require_angkatan(known, to)
    moved: list[Moved] = []
    with acting(database, programme, clock, by, sent) as action:
        chosen = list(dict.fromkeys(people))
        now = shown_values.of_people(action.connection, programme, chosen, action.now)
        shown_values.require_people_unchanged(action, now, chosen)
        moving = _Moving(settings, known, action, chosen)
        passed = [PassedOver(who, _("Nobody of this programme.")) for who in chosen if who not in now]
        for who in filter(now.__contains__, chosen):
            try:
                moved.append(moving.move(who, to, reason))
            except LatsarError as error:
                passed.append(PassedOver(who, error.message))
    return moved, passed


def move_by_list_in(
    settings: Settings, programme: ProgrammeSettings, action: Action, targets: Mapping[str, str], reason: str
) -> list[PassedOver]:
    """Move, within an action, each participant to the angkatan that a list says; return whom it passed over and why."""
    moving, passed = _Moving(settings, programme, action, targets), []
    for who, to in targets.items():
        try:
            moving.move(who, to, reason)
        except LatsarError as error:
            passed.append(PassedOver(who, error.message))
    return passed


class _Moving:
    """Moves these people within an action, each at most once: what is known of them is read together."""

    def __init__(
        self, settings: Settings, programme: ProgrammeSettings, action: Action, people: Collection[str]
    ) -> None:
        connection, moment = action.connection, action.now
        self._all = {each.id: each for each in angkatan_of(programme)}
        self._action = action
        self._today = moment.astimezone(settings.zone_of(programme)).date()
        self._entries = waiting_changes.as_moved(connection, programme.id, load_entries(connection, programme.id))
        self._others_there = filled_courses.others_there(connection, programme.id)
        self._actions = load_actions(connection, programme.id, moment)
        self._open = {each.push.subject for each in pushes.open_pushes(connection, programme.id)}
        self._newest = newest_words(connection, people, moment)
        self._history = Counter(each.participant_id for each in moves.move_history(connection, programme.id))

    def move(self, who: str, to: str, reason: str) -> Moved:
        """Move one of them to an angkatan. Raise as ``move`` does."""
        action, actions, angkatan = self._action, self._actions, self._all[to]
        entry = self._entries.get(who)
        before = entry.angkatan if entry is not None and entry.angkatan else actions.moves.get(who)
        if to in (before, actions.moves.get(who)):
            raise UsageError(_("This participant is in angkatan {angkatan} already.").format(angkatan=to))
        if who in self._open:
            raise NotReady(
                _("It is not known yet whether the last write about this participant arrived."),
                _("Run {sync} once, then move them.").format(sync=command("sync")),
            )
        why = why_no_seat(angkatan, self._entries.values(), self._today, self._others_there.get(to, 0))
        seated = entry is not None and entry.seat_in
        if seated:
            _there_must_be_a_seat(who, angkatan, actions, why)
        version = self._history[who] + 1
        at = self._newest.get(who, action.now)
        decision = AngkatanMove(who, version, to, before, reason, action.by, at)
        moves.add_move(action.connection, decision)
        late = why == "admission_closed" or (to in actions.finalised and who not in actions.finalised[to])
        change = EntryChange(who, ChangeKind.MOVE, action.by, to, angkatan.course, late, version)
        action.change([change])
        stays = entry is not None and stays_in_old_course(entry, change)
        if entry is not None and seated:
            self._entries[who] = entry._replace(angkatan=to)
        return Moved(decision, entry.course if entry is not None and stays else None)


def _there_must_be_a_seat(who: str, angkatan: Angkatan, actions: Actions, why: str | None) -> None:
    """Nobody with a seat may lose it by a move: raise UsageError if the new angkatan has none for them (rule 5)."""
    if why is None or angkatan.course is None or who in actions.admitted:
        return
    closed = _("The last day of admission to angkatan {angkatan} has passed.").format(angkatan=angkatan.id)
    full = _("Angkatan {angkatan} is full.").format(angkatan=angkatan.id)
    raise UsageError(
        closed if why == "admission_closed" else full,
        _("Admit them against the rule first, then move them: that beats date and capacity."),
    )
