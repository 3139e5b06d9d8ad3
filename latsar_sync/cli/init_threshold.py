"""How init asks for the threshold: its number, its scale and the decree behind it."""

from dataclasses import dataclass
from decimal import Decimal

from latsar_sync.actions.threshold import read_threshold
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.init_options import InitOptions
from latsar_sync.cli.init_questions import Choice, Interview
from latsar_sync.domain.decision import Scale
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.state_words import SCALE_TEXTS
from latsar_sync.rules.score_against_threshold import HUNDRED


@dataclass(frozen=True, slots=True)
class ThresholdAnswers:
    """The threshold that was given."""

    value: Decimal
    scale: Scale
    legal_basis: str


def ask_threshold(interview: Interview, options: InitOptions, maximum: Decimal | None) -> ThresholdAnswers:
    """Ask for the threshold; ``maximum`` is the evaluation's, None where the site does not say it."""
    scale = _scale(interview, options, maximum)
    value = interview.answer(
        "--threshold",
        _("Threshold, in {scale}").format(scale=_(SCALE_TEXTS[scale])),
        options.threshold,
        lambda said: _reachable(read_threshold(said, scale), scale, maximum),
    )
    legal_basis = interview.answer(
        "--legal-basis",
        _("The decree or rule that sets it"),
        options.legal_basis,
        lambda said: named("--legal-basis", said),
    )
    return ThresholdAnswers(value, scale, legal_basis)


def _scale(interview: Interview, options: InitOptions, maximum: Decimal | None) -> Scale:
    """Ask for the scale of the limit, unless points and per cent are the same: 70 of 10 points is not 70 per cent."""
    if options.scale is None and maximum == HUNDRED:
        return Scale.POINTS
    choices = [
        Choice(str(Scale.POINTS), _("points of the evaluation")),
        Choice(str(Scale.PERCENT), _("per cent of its range")),
    ]
    given = str(options.scale) if options.scale is not None else None
    return Scale(interview.choice("--scale", _("Scale of the threshold"), given, choices))


def _reachable(limit: Decimal, scale: Scale, maximum: Decimal | None) -> Decimal:
    if scale is Scale.POINTS and maximum is not None and limit > maximum:
        raise UsageError(
            _("Nobody can reach {limit}: the evaluation goes up to {maximum}.").format(
                limit=f"{limit:f}", maximum=f"{maximum.normalize():f}"
            ),
            _("Correct the number or the scale."),
        )
    return limit
