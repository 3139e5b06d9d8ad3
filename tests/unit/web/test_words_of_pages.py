"""What pages say instead of codes and of what a browser calls itself, and how far a trend is drawn."""

import re
from datetime import date
from pathlib import Path

import pytest

import latsar_sync
from latsar_sync.domain import language
from latsar_sync.store.tables import messages, pushes, received_files, run_programmes, run_requests, sent_mails
from latsar_sync.store.tables.columns import SaidText
from latsar_sync.web.access_log_words import TEXTS, access_text
from latsar_sync.web.overview import last_day_of_trend, line_of
from latsar_sync.web.words import browser_name

PACKAGE = Path(latsar_sync.__file__).parent
NOTED = re.compile(r'\.note\(\s*account,\s*f?"([a-z]+)|note_(?:view|action)\(\s*[\w.]+,\s*f?"([a-z]+)')


def test_whatever_is_noted_of_a_view_is_told_in_words() -> None:
    """Once the page of personal data told an Indonesian admin of a *threshold preview*."""
    files = [*PACKAGE.glob("web/*.py"), *PACKAGE.glob("cli/*.py")]
    noted = {first or second for each in files for first, second in NOTED.findall(each.read_text(encoding="utf-8"))}

    assert len(noted) > 20
    assert noted <= {code.split()[0] for code in TEXTS}
    with language.speaking("id"):
        assert access_text("export chase xlsx") == "mengunduh berkas"
        assert access_text("something else") == "something else"


def test_a_browser_is_called_what_its_owner_calls_it() -> None:
    phone = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"

    assert browser_name(phone) == "Chrome, Android"
    assert browser_name(phone + " Edg/126.0") == "Edge, Android"
    assert browser_name(mac) == "Safari, macOS"
    with language.speaking("en"):
        assert browser_name("") == "not known"


def test_what_a_page_shows_of_an_error_is_kept_with_what_it_was_made_of() -> None:
    """Once a file was refused in the language of its day, and with an option of the command line."""
    shown = [
        run_programmes.c.error,
        pushes.c.error,
        messages.c.error,
        received_files.c.problem,
        sent_mails.c.error,
        run_requests.c.message,
    ]

    assert [each.name for each in shown if not isinstance(each.type, SaidText)] == []


@pytest.mark.parametrize(
    ("start", "drawn"),
    [
        (None, "0.0,40.0 300.0,0.0"),
        (date(2026, 12, 5), "0.0,40.0 75.0,0.0"),
        (date(2027, 12, 5), "0.0,40.0 300.0,0.0"),  # too far to show what happened
    ],
)
def test_a_trend_reaches_to_the_first_day_in_class_and_its_line_ends_today(start: date | None, drawn: str) -> None:
    points = [(date(2026, 12, 1), 10), (date(2026, 12, 2), 30)]

    assert line_of(points, last_day_of_trend(points, start)) == drawn
