"""What the terminal says in Indonesian: words instead of the codes that stand in JSON."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from latsar_sync.cli.init_answers import limit_text
from latsar_sync.cli.screens.privacy import show_retention
from latsar_sync.domain import language
from latsar_sync.rules.threshold import seeded
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.judging import SourceSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.threshold import examine_limit


@pytest.fixture(autouse=True)
def indonesian() -> Iterator[None]:
    with language.speaking(language.INDONESIAN):
        yield


def test_the_scale_of_a_threshold_is_said_as_a_word() -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)
    source = SourceSettings(kind="import")
    programme = ProgrammeSettings.model_construct(
        id="latsar", title="Latsar", source=source, angkatan=(), evaluation=None
    )
    page = Page("limit")
    examine_limit(page, programme, [seeded(Decimal("70.50000"), "points", "SK 1", now)], None, now)

    assert limit_text(Decimal("70.50000"), "percent", "SK 1") == "70,5 persen · SK 1"
    assert page.checks[0].text == "Batas kelulusan 70,5 poin (SK 1) berlaku."


def test_what_is_kept_and_due_is_told_by_name() -> None:
    paper = StringIO()
    kept = {"data_class": "access_log", "rows": 12345, "due": True, "due_on": "2026-01-31"}
    shape = {"legal_basis": "UU 27/2022", "months": {"access_log": 12}, "keep_runs_days": 90, "reports": []}
    programmes = [{"id": "latsar", "ended_on": "2025-01-31", "classes": [kept]}]
    show_retention(Console(file=paper, width=120), {**shape, "programmes": programmes})

    [row] = [line for line in paper.getvalue().splitlines() if "latsar" in line]
    assert "siapa melihat data siapa" in row
    assert "12.345" in row
    assert "31 Jan 2026, jatuh tempo" in row
