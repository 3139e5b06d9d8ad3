"""What a named person decides about participants, one or many: admit, hold, release (rule 15), approve (rule 17).

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent, acting
from latsar_sync.actions.typed_text import sensible
from latsar_sync.domain.account import Doer
from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, see
from latsar_sync.rules.admissions import is_lifted_by_admission
from latsar_sync.rules.entry_changes import ChangeKind, EntryChange
from latsar_sync.settings import Settings
from latsar_sync.store import overrides, versions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, load_entries_of
from latsar_sync.store.order_of_words import newest_words
from latsar_sync.store.second_persons import begun_by

PEOPLE_AT_ONCE = 2_000
"""People about whom one action may decide."""
IN_CLASS = frozenset({EntryState.PUSHED, EntryState.CONFIRMED})


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Somebody about whom nothing was recorded, and the sentence that says why."""

    participant_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Decided:
    """What was recorded: an override each, whom it ``passed_over``, and who of those held is ``in_class`` still."""

    overrides: tuple[Override, ...]
    passed_over: tuple[PassedOver, ...]
    in_class: tuple[str, ...]


def decide(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    participant_id: str,
    kind: OverrideKind,
    reason: str,
    by: str,
    until: date | None = None,
    sent: Sent = BY_COMMAND,
) -> Override:
    """Record that a person admits, holds or releases one participant; ``until`` is the last day that counts.

    Raise UsageError if the day is past, a release has nothing to release, or the very same is in force; SeenChanged if
    something else stands of the person than was shown.
    """
    end = _end_of(settings, programme, until, clock())
    with acting(database, programme, clock, by, sent) as action:
        shown_values.require_person_unchanged(action, participant_id)
        history = overrides.override_history(action.connection, programme, participant_id)
        binding = overrides.in_force_of(action.connection, participant_id, action.now)
        why = _why_not(binding, kind, reason, end)
        if why is not None and not _lifted(action, kind, [participant_id]):
            raise UsageError(why, see("override list"))
        return _record(action, [participant_id], {participant_id: len(history)}, kind, reason, end)[0]


def decide_about(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    people: Sequence[str],
    kind: OverrideKind,
    reason: str,
    by: str,
    until: date | None = None,
    sent: Sent = BY_COMMAND,
) -> Decided:
    """Record the same about many participants, by internal id, in one transaction; say whom it passed over and why.

    Raise UsageError if the day is past or there are none or too many, SeenChanged if something else stands of one of
    them than was shown (``seen.of_people``).
    """
    must_be_some(people)
    end = _end_of(settings, programme, until, clock())
    with acting(database, programme, clock, by, sent) as action:
        connection = action.connection
        chosen = list(dict.fromkeys(people))
        known = versions.of_people(connection, programme, chosen)
        shown_values.require_people_unchanged(
            action, shown_values.of_people(connection, programme, chosen, action.now), chosen
        )
        newest = overrides.newest(connection, programme)
        binding = overrides.overrides_in_force(connection, programme, action.now)
        whys = {who: _why_not(binding.get(who), kind, reason, end) for who in chosen if who in known}
        whys |= dict.fromkeys(_lifted(action, kind, [who for who, why in whys.items() if why is not None]))
        passed = [PassedOver(who, _("Nobody of this programme.")) for who in chosen if who not in known]
        passed += [PassedOver(who, why) for who, why in whys.items() if why is not None]
        mine = [who for who, why in whys.items() if why is None]
        numbers = {who: newest[who].version if who in newest else 0 for who in mine}
        recorded = _record(action, mine, numbers, kind, reason, end)
        entries = load_entries(connection, programme) if kind is OverrideKind.HOLD else {}
        in_class = tuple(who for who in mine if who in entries and entries[who].state in IN_CLASS)
    return Decided(tuple(recorded), tuple(passed), in_class)


@dataclass(frozen=True, slots=True)
class Approved:
    """How many were approved, and whom it ``passed_over`` because the same account had begun it."""

    number: int
    passed_over: tuple[PassedOver, ...]


def approve(
    settings: Settings,
    database: Database,
    clock: Clock,
    programme: str,
    angkatan: str | None,
    by: str,
    people: Collection[str] | None = None,
    sent: Sent = BY_COMMAND,
) -> Approved:
    """Approve planned entries that wait for a person (rule 17): of one angkatan or of all, or of those of ``people``.

    Where the programme wants a second person, whoever was admitted by the account itself, or by scores that it imported
    or confirmed, is passed over (rule 21); so is what was begun by whoever made the token of the account. Raise
    SeenChanged if others wait in the angkatan than were shown, or something else stands of those chosen.
    """
    wants_two = settings.programme(programme).second_person
    with acting(database, programme, clock, by, sent) as action:
        waits = versions.awaiting_approval(action.connection, programme, angkatan)
        chosen = [who for who in waits if people is None or who in people]
        if sent.seen is not None:
            shown = list(waits) if people is None else list(people)
            now = shown_values.of_people(action.connection, programme, shown, action.now)
            shown_values.require_people_unchanged(action, now, None if people is None else list(people))
        doer = Doer(by, sent.token_of)
        own = begun_by(action.connection, programme, doer, action.now) if wants_two else frozenset()
        action.change([EntryChange(who, ChangeKind.APPROVE, by, waits[who]) for who in chosen if who not in own])
        passed = [PassedOver(who, _("Begun by the same account.")) for who in chosen if who in own]
    return Approved(len(chosen) - len(passed), tuple(passed))


def _record(
    action: Action,
    people: Sequence[str],
    numbers: Mapping[str, int],
    kind: OverrideKind,
    reason: str,
    end: datetime | None,
) -> list[Override]:
    newest = newest_words(action.connection, people, action.now)
    recorded = [
        Override(
            who,
            numbers[who] + 1,
            kind,
            reason,
            action.by,
            newest.get(who, action.now),
            end,
            action.sent.token_of,
        )
        for who in people
    ]
    overrides.add_overrides(action.connection, recorded)
    if kind is OverrideKind.ADMIT:
        action.change([EntryChange(who, ChangeKind.ADMIT, action.by) for who in people])
    return recorded


def _why_not(binding: Override | None, kind: OverrideKind, reason: str, end: datetime | None) -> str | None:
    """Say why a decision would change nothing, None if it does: in other words it is another one, and counts."""
    if binding is None:
        return _("Nothing holds or admits this participant.") if kind is OverrideKind.RELEASE else None
    if (binding.kind, binding.reason, binding.until) != (kind, reason, end):
        return None
    text = _("{name} admitted them already.") if kind is OverrideKind.ADMIT else _("{name} holds them already.")
    return text.format(name=binding.by)


def _lifted(action: Action, kind: OverrideKind, people: Sequence[str]) -> list[str]:
    """Return whom of these people an admission lifts out of what befell them since the one in force, in any words."""
    entries = load_entries_of(action.connection, action.programme, people) if kind is OverrideKind.ADMIT else {}
    return [who for who, entry in entries.items() if is_lifted_by_admission(entry)]


def _end_of(settings: Settings, programme: str, until: date | None, now: datetime) -> datetime | None:
    """Return the moment at which a decision ends: the last of its last day in the programme's zone."""
    if until is None:
        return None
    zone = settings.zone_of(settings.programme(programme))
    last = sensible(until)
    end = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
    if end <= now:
        raise UsageError(_("The last day lies in the past."), _("Give a day to come, or leave it out."))
    return end


def must_be_some(people: Sequence[str]) -> None:
    """Raise UsageError if there are none, or more than one decision may be about."""
    if not people:
        raise UsageError(_("Nobody was chosen."), _("Choose at least one person."))
    if len(people) > PEOPLE_AT_ONCE:
        raise UsageError(
            _("{number} people are more than one decision may be about.").format(number=len(people)),
            _("Choose at most {most} of them.").format(most=PEOPLE_AT_ONCE),
        )
