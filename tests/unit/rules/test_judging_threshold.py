"""Which recorded threshold judges a run (rule 2): one that is in force, or none at all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.rules.threshold import judging_threshold

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TOMORROW = Threshold(1, Decimal(70), Scale.POINTS, "SK 1/2026", NOW + timedelta(days=1), "Rina", NOW)


def test_without_a_threshold_in_force_the_programme_stops_and_says_how_to_record_one() -> None:
    with pytest.raises(ConfigurationError, match="p1 has no pass threshold in force") as stopped:
        judging_threshold("p1", [TOMORROW], NOW)

    assert "threshold set VALUE --programme p1" in stopped.value.remedy


def test_a_threshold_judges_from_the_moment_on_from_which_it_is_in_force() -> None:
    assert judging_threshold("p1", [TOMORROW], TOMORROW.effective_from) is TOMORROW
