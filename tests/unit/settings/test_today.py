"""Which day it is, is told by the zone of each programme, whatever the zone of the host or of the configuration."""

from datetime import UTC, date, datetime
from pathlib import Path

from service import TOKENS
from unattended import programme, write_config

from latsar_sync.settings import Settings, load_settings

NEARLY_MIDNIGHT_IN_JAKARTA = datetime(2026, 11, 28, 16, 30, tzinfo=UTC)


def settings(folder: Path) -> Settings:
    """Return a configuration with a programme in Jakarta and one in Jayapura, two hours ahead."""
    both = programme("barat") + programme("timur", ["4"], more='timezone = "Asia/Jayapura"')
    return load_settings(write_config(folder / "latsar.toml", both, top='timezone = "Asia/Jakarta"'), TOKENS)


def test_each_programme_has_its_own_day(tmp_path: Path) -> None:
    found = settings(tmp_path)

    assert found.today(NEARLY_MIDNIGHT_IN_JAKARTA, "barat") == date(2026, 11, 28)
    assert found.today(NEARLY_MIDNIGHT_IN_JAKARTA, "timur") == date(2026, 11, 29)


def test_a_programme_that_is_not_configured_has_the_common_day_and_all_together_the_latest(tmp_path: Path) -> None:
    found = settings(tmp_path)

    assert found.today(NEARLY_MIDNIGHT_IN_JAKARTA, "dulu") == date(2026, 11, 28)
    assert found.today(NEARLY_MIDNIGHT_IN_JAKARTA) == date(2026, 11, 29)
