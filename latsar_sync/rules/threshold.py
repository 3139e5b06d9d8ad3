"""The threshold that judges a run, what another one would change, and what other sources say of it. Pure (rule 2).

How a score is compared with it stands in ``rules.score_against_threshold``; how one is recorded, and that none is
back-dated, in ``actions.threshold``.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from latsar_sync.domain.actions import Override
from latsar_sync.domain.decision import Decision, Outcome, Rules, Scale, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import InputMissing
from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.language import _, command
from latsar_sync.domain.records import Record
from latsar_sync.domain.state_words import SCALE_TEXTS
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.kept_from_before import could_not_be_read
from latsar_sync.rules.mooc_accounts_of_one_nip import AllAccounts, bound_by_persons
from latsar_sync.rules.records_after_reading import decision_by_all_accounts, overridden
from latsar_sync.rules.score_against_threshold import HUNDRED

SEEDED_BY = "config"
"""Who is said to have recorded the first threshold where the configuration did; no person may bear this name."""


def threshold_in_force(history: Sequence[Threshold], now: datetime) -> Threshold | None:
    """Return the threshold that judges ``now``: the latest effective one, the newest record of equal ones.

    What was recorded for now was in force then, and is until another takes its place, whatever the clock shows by now.
    What the configuration seeded is in force from always, whatever its clock said: every other is later than it.
    """
    effective = [each for each in _still_said(history) if _is_at_once(each) or each.effective_from <= now]
    latest = max(effective, key=lambda threshold: (threshold.effective_from, threshold.version), default=None)
    return latest or next(filter(is_seed, history), None)


def threshold_at(history: Sequence[Threshold], moment: datetime) -> Threshold | None:
    """Return the threshold that judged at a ``moment`` that is past, when nothing was recorded that came later."""
    return threshold_in_force([each for each in history if is_seed(each) or each.recorded_at <= moment], moment)


def next_threshold(history: Sequence[Threshold], since: datetime) -> Threshold | None:
    """Return what will judge in place of a threshold in force from ``since``, as recorded by now; None for nothing."""
    later = [each for each in _still_said(history) if each.effective_from > since]
    return min(later, key=lambda threshold: (threshold.effective_from, -threshold.version), default=None)


def _is_at_once(threshold: Threshold) -> bool:
    """Say whether it was recorded to judge from then on, and not from a time to come."""
    return threshold.effective_from <= threshold.recorded_at


def _still_said(history: Sequence[Threshold]) -> list[Threshold]:
    """Return what persons recorded, without what a later record for now took the place of.

    Of two for now the later record is the later word, also where a clock that was set back dates it before the other.
    """
    at_once = [each for each in history if _is_at_once(each)]

    def is_overruled(one: Threshold) -> bool:
        return any(
            later.version > one.version and (_is_at_once(one) or one.effective_from <= later.effective_from)
            for later in at_once
        )

    return [each for each in history if not is_seed(each) and not is_overruled(each)]


def is_seed(threshold: Threshold) -> bool:
    """Say whether the configuration recorded it, as the first of all: it has no moment of its own (rule 2)."""
    return threshold.version == 1 and threshold.recorded_by == SEEDED_BY


def judging_threshold(programme: str, history: Sequence[Threshold], now: datetime) -> Threshold:
    """Return the threshold in force at ``now``. Raise InputMissing if there is none: there is no default."""
    in_force = threshold_in_force(history, now)
    if in_force is None:
        raise InputMissing(
            _("Programme {programme} has no pass threshold in force, and there is no default.").format(
                programme=programme
            ),
            _("Record it: {where}.").format(
                where=command(f"threshold set VALUE --programme {programme} --legal-basis TEXT --by NAME")
            ),
        )
    return in_force


def seeded(value: Decimal, scale: str, legal_basis: str, now: datetime) -> Threshold:
    """Return the first row of the history as the configuration says it: in force from always (rule 2)."""
    return Threshold(1, value, Scale(scale), legal_basis, now, SEEDED_BY, now)


def against_the_configuration(in_force: Threshold, value: Decimal, scale: str) -> list[str]:
    """Say that the configuration has another limit than the one in force, if it has."""
    if (value, scale) == (in_force.value, in_force.scale):
        return []
    text = _(
        "The configuration's threshold {value} {scale} differs from the recorded {recorded} "
        "{recorded_scale}; the recorded one judges."
    )
    said = text.format(
        value=value,
        scale=_(SCALE_TEXTS[scale]),
        recorded=in_force.value,
        recorded_scale=_(SCALE_TEXTS[in_force.scale]),
    )
    return [said]


def against_moodle(in_force: Threshold | None, to_pass: Decimal | None) -> list[str]:
    """Say that Moodle's own grade to pass, where it can be read, is not the limit in points that judges."""
    if in_force is None or not to_pass or in_force.scale is not Scale.POINTS or to_pass == in_force.value:
        return []
    text = _("Moodle's grade to pass is {to_pass}, the recorded threshold {recorded}; the recorded one judges.")
    return [text.format(to_pass=to_pass, recorded=in_force.value)]


def of_another_range(in_force: Threshold | None, before: Evaluation | None, now: Evaluation | None) -> list[str]:
    """Say that a limit in points was recorded for another range of grades than the evaluation has now."""
    if in_force is None or before is None or now is None or in_force.scale is not Scale.POINTS:
        return []
    if (before.grade_min, before.grade_max) == (now.grade_min, now.grade_max):
        return []
    if None in (now.grade_min, now.grade_max):
        return [
            _(
                "The range of grades in the evaluation does not show any more, so it may be what it was. Before "
                "anything is released let it show: Course > Grades > Course grade settings > User report > Show ranges."
            )
        ]
    text = _(
        "The threshold {limit} points is recorded for grades from {least} to {greatest}; now they go from {now_least} "
        "to {now_greatest}. If it is another one now, record it before anything is released: {set}."
    )
    values = {"least": before.grade_min, "greatest": before.grade_max}
    values |= {"now_least": now.grade_min, "now_greatest": now.grade_max}
    told = {name: "?" if value is None else value for name, value in values.items()}
    return [text.format(limit=in_force.value, set=command("threshold set"), **told)]


def out_of_reach(in_force: Threshold | None, evaluation: Evaluation | None) -> list[str]:
    """Say that nobody can reach the limit, or that any grade does, by the evaluation's own range."""
    if in_force is None or evaluation is None or evaluation.score_range is None:
        return []
    least, greatest = evaluation.score_range
    share = Decimal(0) if in_force.scale is Scale.PERCENT else least
    most = HUNDRED if in_force.scale is Scale.PERCENT else greatest
    text = None
    no_share = in_force.scale is Scale.PERCENT and greatest <= least  # every grade is the same: there is no percentage
    if in_force.value > most or no_share:
        text = _("Nobody can reach the limit {limit} {scale}: {name} is graded from {least} to {greatest}.")
    elif in_force.value <= share:
        text = _("Every grade reaches the limit {limit} {scale}: {name} is graded from {least} to {greatest}.")
    if text is None:
        return []
    values = {"limit": in_force.value, "least": least, "greatest": greatest, "scale": _(SCALE_TEXTS[in_force.scale])}
    return [text.format(**values, name=evaluation.name)]


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody whose decision another threshold would change."""

    record: Record
    after: Decision


def preview(
    known: Mapping[int, Record],
    rules: Rules,
    overrides: Mapping[str, Override],
    clearances: ClearanceRules | None = None,
    entries: Mapping[str, Entry] | None = None,
    moved: Collection[str] = (),
) -> list[Move]:
    """Given what is known and rules with another threshold, return whose outcome would change. Nothing is recorded.

    Evidence is taken as last read; who was not read far enough for the other limit would be undetermined, and whose
    record could not be read stays so. ``entries``
    is the roster as it stands, by internal id, and ``moved`` are those whom a person moved.
    """
    participants = [record.participant for record in known.values()]
    bound = bound_by_persons(overrides, moved)
    all_accounts = AllAccounts(lambda: participants, participants, clearances, entries or {}, bound)
    moves = []
    for record in known.values():
        about = all_accounts.about(record.participant)
        merged = [(each.person.user_id, known[each.person.user_id].evidence) for each in about.merged]
        judged = decision_by_all_accounts(record.evidence, merged, about, rules)
        after = overridden(judged, overrides.get(record.participant.id))
        if record.decision is None or after.outcome is record.decision.outcome:
            continue
        if not (after.outcome is Outcome.QUALIFIED and could_not_be_read(record.decision)):
            moves.append(Move(record, after))
    return moves
