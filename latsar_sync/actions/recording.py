"""What a named person decides, recorded under the programme's lease so that no run works on what it replaces.

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from latsar_sync.domain.decision import Basis, Rules, Scale, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Override, OverrideKind
from latsar_sync.rules import judging
from latsar_sync.rules.moves import admit_again
from latsar_sync.rules.score import HUNDRED
from latsar_sync.rules.threshold import SEEDED_BY
from latsar_sync.run.configured import listed_of
from latsar_sync.settings import Settings
from latsar_sync.settings.rule_values import clearance_rules_of
from latsar_sync.store import overrides, participants, thresholds
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, save_entries
from latsar_sync.store.leases import ACTION_PATIENCE_SECONDS, Lease
from latsar_sync.store.moves import add_left_behind

Clock = Callable[[], datetime]


def named(what: str, text: str) -> str:
    """Return what a person said, trimmed; raise UsageError if it is blank. ``what`` is the field or option."""
    if not text.strip():
        raise UsageError(
            _("{option} is empty.").format(option=what), _("Say it in words; it stands in the history for good.")
        )
    return text.strip()


def threshold(text: str, scale: Scale) -> Decimal:
    """Read a threshold; a decimal comma is understood, nothing else is guessed. Raise UsageError if it is none."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise UsageError(_('"{text}" is no number.').format(text=text), _("Write it like 70 or 70.01.")) from None
    places = value.as_tuple().exponent
    if not value.is_finite() or not 0 < value < 1_000_000 or (isinstance(places, int) and places < -5):
        raise UsageError(
            _("{text} cannot be a threshold.").format(text=text),
            _("Give a number above 0 and below 1000000, with at most five decimal places."),
        )
    if scale is Scale.PERCENT and value > HUNDRED:
        raise UsageError(
            _("{text} is more than 100 per cent.").format(text=text), _("Correct the number or the scale.")
        )
    return value


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
) -> Override:
    """Record that a person admits, holds or releases a participant (rule 15); ``until`` is the last day that counts.

    Raise UsageError if the day is past or a release has nothing to release, LeaseHeld while a run is under way.
    """
    end = None
    if until is not None:
        zone = settings.zone_of(settings.programme(programme))
        end = datetime(until.year, until.month, until.day, tzinfo=zone) + timedelta(days=1)
        if end <= clock():
            raise UsageError(_("The last day lies in the past."), _("Give a day to come, or leave it out."))
    with Lease(database, programme, clock) as lease, lease.writing() as connection:
        moment = clock()
        history = overrides.override_history(connection, programme, participant_id)
        if kind is OverrideKind.RELEASE and not (history and history[-1].in_force(moment)):
            raise UsageError(_("Nothing holds or admits this participant."), _("See latsar-sync override list."))
        decision = Override(participant_id, len(history) + 1, kind, reason, by, moment, end)
        overrides.add_override(connection, decision)
        entries = load_entries(connection, programme)
        entry = entries.get(participant_id)
        if kind is OverrideKind.ADMIT and entry is not None and entry.reason == "target_account_changed":
            add_left_behind(connection, [entry], moment, wrong_account=True)
        if kind is OverrideKind.ADMIT and entry is not None:
            save_entries(connection, programme, entries, [admit_again(entry)], moment, run_id=None, by=by)
    return decision


def approve(database: Database, clock: Clock, programme: str, angkatan: str | None, by: str) -> int:
    """Approve the planned entries that wait for a person (rule 17), and return how many; of one angkatan or of all."""
    with Lease(database, programme, clock) as lease, lease.writing() as connection:
        entries = load_entries(connection, programme)
        chosen = [
            entry._replace(approved_by=by, reason=None)
            for entry in entries.values()
            if entry.reason == "awaiting_approval" and angkatan in (None, entry.angkatan)
        ]
        save_entries(connection, programme, entries, chosen, clock(), run_id=None, by=by)
    return len(chosen)


def record_threshold(
    database: Database,
    clock: Clock,
    programme: str,
    value: Decimal,
    scale: Scale,
    legal_basis: str,
    by: str,
    since: datetime | None = None,
) -> Threshold:
    """Record a new threshold, in force from now or from a time to come.

    Its moment is taken when nobody else can write any more: no run judges by an older row at a later moment. Raise
    UsageError if it is back-dated or ``by`` is the name under which the configuration's is recorded, LeaseHeld while a
    run is under way.
    """
    if by == SEEDED_BY:
        raise UsageError(
            _('"{name}" is the name under which the configuration records its threshold.').format(name=by),
            _("Give the name of a person."),
        )
    with Lease(database, programme, clock, ACTION_PATIENCE_SECONDS) as lease, lease.writing() as connection:
        moment = clock()
        if since is not None and since < moment:
            raise UsageError(_("A threshold cannot be back-dated."), _("Give a time to come, or leave it out."))
        history = thresholds.threshold_history(connection, programme)
        version = history[-1].version + 1 if history else 1
        added = Threshold(version, value, scale, legal_basis, since or moment, by, moment)
        thresholds.add_threshold(connection, programme, added)
    return added


@dataclass(frozen=True, slots=True)
class Preview:
    """Whose decision another threshold would change. ``known`` are all who are known, ``entries`` the roster."""

    known: int
    moves: tuple[judging.Move, ...]
    entries: Mapping[str, Entry]


def preview_threshold(
    settings: Settings, database: Database, clock: Clock, programme: str, value: Decimal, scale: Scale
) -> Preview:
    """Say what another threshold would change; nothing is recorded."""
    configured, now = settings.programme(programme), clock()
    with database.reading() as connection:
        known = participants.load_records(connection, programme)
        entries = load_entries(connection, programme)
        done = load_actions(connection, programme, now)
        required = thresholds.latest_required_set(connection, programme)
    today = now.astimezone(settings.zone_of(configured)).date()
    clearances = clearance_rules_of(configured, today, done, entries, listed_of(configured, today))
    rules = Rules(
        Threshold(0, value, scale, "preview", now, "preview", now),
        Basis(configured.evaluation.basis) if configured.evaluation else Basis.GRADEBOOK,
        configured.method != "classical",
        configured.materials.mode != "none",
        required.activities if required else (),
    )
    return Preview(len(known), tuple(judging.preview(known, rules, done.overrides, clearances, entries)), entries)
