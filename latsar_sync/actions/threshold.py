"""The threshold as a named person records it, and what another one would change (rule 2).

Command line and pages turn words into these calls; nothing here reads an argument or prints.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent, acting
from latsar_sync.actions.typed_text import sensible
from latsar_sync.domain import figures
from latsar_sync.domain.decision import Basis, Rules, Scale, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import plain
from latsar_sync.rules.score_against_threshold import HUNDRED
from latsar_sync.rules.threshold import SEEDED_BY, Move, preview, threshold_in_force
from latsar_sync.run.configured import listed_of
from latsar_sync.settings import Settings
from latsar_sync.settings.for_the_rules import clearance_rules_of
from latsar_sync.store import baselines, participants, thresholds
from latsar_sync.store.actions import load_actions
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries

_NUMBER = re.compile("[+-]?[0-9]+(?:[.,][0-9]+)?")


def read_threshold(text: str, scale: Scale) -> Decimal:
    """Read a threshold; a decimal comma is understood, nothing else is guessed. Raise UsageError if it is none."""
    said = plain(text)
    if not _NUMBER.fullmatch(said):  # Python takes 7_0 and 7e1 for 70, and any alphabet's digits
        raise UsageError(_('"{text}" is no number.').format(text=text), _("Write it like 70 or 70.01."))
    value = Decimal(said.replace(",", "."))
    places = value.as_tuple().exponent
    if not 0 < value < 1_000_000 or (isinstance(places, int) and places < -5):
        raise UsageError(
            _("{text} cannot be a threshold.").format(text=text),
            _("Give a number above 0 and below 1000000, with at most five decimal places."),
        )
    if scale is Scale.PERCENT and value > HUNDRED:
        raise UsageError(
            _("{text} is more than 100 per cent.").format(text=text), _("Correct the number or the scale.")
        )
    return value


def record_threshold(
    database: Database,
    clock: Clock,
    programme: str,
    value: Decimal,
    scale: Scale,
    legal_basis: str,
    by: str,
    since: datetime | None = None,
    sent: Sent = BY_COMMAND,
) -> Threshold:
    """Record a new threshold, in force from now or from a time to come; a run under way judges by the one before.

    Its moment is taken when nobody else can write any more. Raise UsageError if it is back-dated, above the maximum of
    the evaluation as it was last read, the very one that is in force, or ``by`` is the name under which the
    configuration's is recorded; SeenChanged if another was recorded since.
    """
    if by == SEEDED_BY:
        raise UsageError(
            _('"{name}" is the name under which the configuration records its threshold.').format(name=by),
            _("Give the name of a person."),
        )
    if since is not None:
        sensible(since.date())
    with acting(database, programme, clock, by, sent) as action:
        connection, moment = action.connection, action.now
        shown_values.require_people_unchanged(action, shown_values.of_threshold(connection, programme, moment))
        if since is not None and since < moment:
            raise UsageError(_("A threshold cannot be back-dated."), _("Give a time to come, or leave it out."))
        require_reachable(connection, programme, value, scale)
        history = thresholds.threshold_history(connection, programme)
        version = history[-1].version + 1 if history else 1
        added = Threshold(version, value, scale, legal_basis, since or moment, by, moment)
        _must_be_new(history, added, moment)
        thresholds.add_threshold(connection, programme, added)
    return added


def range_of_scores(connection: Connection, programme: str) -> tuple[Decimal, Decimal] | None:
    """Return the least and the greatest score of the evaluation as it was last read, None while it was not."""
    baseline = baselines.load_baseline(connection, programme)
    evaluation = baseline.evaluation if baseline else None
    return evaluation.score_range if evaluation else None


def require_reachable(connection: Connection, programme: str, value: Decimal, scale: Scale) -> None:
    """Raise UsageError if a limit is above the greatest score of the evaluation as it was last read."""
    limits = range_of_scores(connection, programme)
    maximum = limits[1] if limits else None
    if scale is Scale.POINTS and maximum is not None and value > maximum:
        raise UsageError(
            _("The evaluation gives at most {maximum} points; nobody could reach {value}.").format(
                maximum=figures.number(maximum), value=figures.number(value)
            ),
            _("Correct the number or the scale."),
        )


def _must_be_new(history: Sequence[Threshold], added: Threshold, moment: datetime) -> None:
    """Raise UsageError if a threshold says what judges already from that time on."""
    judges = threshold_in_force(history, added.effective_from)
    if judges is None or judges.recorded_by == SEEDED_BY:
        return
    same = (judges.value, judges.scale, judges.legal_basis) == (added.value, added.scale, added.legal_basis)
    if same and not any(moment < each.effective_from < added.effective_from for each in history):
        raise UsageError(
            _("This threshold is recorded already, by {name}.").format(name=judges.recorded_by),
            _("See its history; there is nothing to record anew."),
        )


@dataclass(frozen=True, slots=True)
class Preview:
    """Whose decision another threshold would change. ``known`` are all who are known, ``entries`` the roster.

    ``moved`` is the angkatan that people were moved to, by internal id.
    """

    known: int
    moves: tuple[Move, ...]
    entries: Mapping[str, Entry]
    moved: Mapping[str, str]


def preview_threshold(
    settings: Settings, database: Database, clock: Clock, programme: str, value: Decimal, scale: Scale
) -> Preview:
    """Say what another threshold would change; nothing is recorded. Raise UsageError above the evaluation's maximum."""
    configured, now = settings.programme(programme), clock()
    with database.reading() as connection:
        require_reachable(connection, programme, value, scale)
        known = participants.load_records(connection, programme)
        entries = load_entries(connection, programme)
        done = load_actions(connection, programme, now)
        required = thresholds.latest_required_set(connection, programme)
        score_range = range_of_scores(connection, programme)
    today = now.astimezone(settings.zone_of(configured)).date()
    clearances = clearance_rules_of(configured, today, done, entries, listed_of(configured, today))
    rules = Rules(
        Threshold(0, value, scale, "preview", now, "preview", now),
        Basis(configured.evaluation.basis) if configured.evaluation else Basis.GRADEBOOK,
        configured.method != "classical",
        configured.materials.mode != "none",
        required.activities if required else (),
        score_range,
    )
    moves = preview(known, rules, done.overrides, clearances, entries, done.moves)
    return Preview(len(known), tuple(moves), entries, done.moves)
