"""The threshold: the recorded one judges, the configured one only seeds it (rule 2)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.figures import number
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Terms
from latsar_sync.domain.state_words import SCALE_TEXTS
from latsar_sync.rules.score_against_threshold import in_points
from latsar_sync.rules.terms import terms_difference
from latsar_sync.rules.threshold import seeded, threshold_in_force
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import terms_of
from latsar_sync.setup.checks import Page


def examine_limit(
    page: Page,
    programme: ProgrammeSettings,
    history: Sequence[Threshold] | None,
    evaluation: Evaluation | None,
    now: datetime,
) -> None:
    """Examine the threshold; ``history`` is None where the database could not be read."""
    seed = programme.evaluation.threshold if programme.evaluation else None
    if history is None:
        return
    judging = threshold_in_force(history, now)
    if judging is None and (history or seed is None):
        page.fail(
            "threshold",
            _("No pass threshold is in force, and there is no default."),
            _("Record it: latsar-sync threshold set VALUE --programme {id} --legal-basis TEXT --by NAME").format(
                id=programme.id
            ),
        )
        return
    if judging is None and seed is not None:
        judging = seeded(seed.value, seed.scale, seed.legal_basis, now)
        text = _("Threshold {value} {scale} ({basis}); the first run records it.")
    else:
        text = _("Threshold {value} {scale} ({basis}) is in force.")
    if judging is None:
        return
    page.ok(
        "threshold",
        text.format(value=number(judging.value), scale=_(SCALE_TEXTS[judging.scale]), basis=judging.legal_basis),
    )
    if seed is not None and (seed.value, seed.scale) != (judging.value, judging.scale):
        page.warn(
            "threshold",
            _("The configuration says {value} {scale}; it changes nothing, the recorded threshold judges.").format(
                value=number(seed.value), scale=_(SCALE_TEXTS[seed.scale])
            ),
            _("Make them equal: correct the file, or record a new one with latsar-sync threshold set."),
        )
    if evaluation is not None and evaluation.grade_max is not None:
        _compare_with_moodle(page, judging, evaluation)


def examine_terms(page: Page, programme: ProgrammeSettings, recorded: Terms | None) -> None:
    """Compare what the programme is configured to judge by with what decisions were last made by."""
    now = terms_of(programme)
    if recorded is None or recorded == now:
        return
    subject, before, after = terms_difference(recorded, now)
    page.warn(
        "terms",
        _("Decisions were made by other terms: {subject} was {before}, is {now}.").format(
            subject=subject, before=before, now=after
        ),
        _("Put it back, or let latsar-sync sync show who would be judged otherwise, and accept that."),
    )


def examine_first_push(page: Page, programme: ProgrammeSettings, people: Mapping[str, tuple[str, ...]]) -> None:
    """Say that the first run may meet the guard on the number of pushes; ``people`` are group names by NIP."""
    members = Counter(name for mine in people.values() for name in mine)
    filled = [each for each in programme.angkatan if each.course is not None]
    if programme.placement == "group":
        groups = [(members[each.source_group or ""], each.capacity) for each in filled]
        at_most = sum(count if seats is None else min(count, seats) for count, seats in groups)
    else:
        limited = [each.capacity for each in filled if each.capacity is not None]
        at_most = min(len(people), sum(limited)) if len(limited) == len(filled) else len(people)
    limit = programme.guards.max_push
    if at_most > limit:
        page.warn(
            "max_push",
            _("Up to {count} people may qualify at once; a run that would enrol more than {limit} is held.").format(
                count=at_most, limit=limit
            ),
            _(
                "See latsar-sync plan. Raise guards.max_push, or release the first run by name: latsar-sync sync "
                "--programme {id} --accept --by NAME."
            ).format(id=programme.id),
        )


def _compare_with_moodle(page: Page, judging: Threshold, evaluation: Evaluation) -> None:
    if evaluation.grade_max is None:
        return
    limit = judging.value if judging.scale is Scale.POINTS else in_points(judging, evaluation.grade_max)
    if limit > evaluation.grade_max:
        page.fail(
            "threshold",
            _("Nobody can reach it: the greatest grade of the evaluation is {greatest}.").format(
                greatest=evaluation.grade_max
            ),
            _("Correct the threshold or its scale, or the evaluation's maximum grade in Moodle."),
        )
    elif evaluation.grade_to_pass and evaluation.grade_to_pass != limit:
        page.warn(
            "grade_to_pass",
            _("Moodle's own grade to pass is {to_pass}, the threshold {limit}.").format(
                to_pass=evaluation.grade_to_pass, limit=limit
            ),
            _("The threshold judges. If it is right, correct the quiz's grade to pass, so that both say the same."),
        )
