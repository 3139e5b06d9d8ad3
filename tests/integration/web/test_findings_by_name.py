"""People whom a guard's finding is about: by name on the page, and only so many on a screen; notices say how many."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from itertools import chain

import pytest
from dashboard import HOME, Browser, Dashboard
from rich.console import Console
from service import PROGRAMME, TOKENS

from latsar_sync.cli import main
from latsar_sync.cli.screens.findings import show_finding, shown_of_each
from latsar_sync.domain import language
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import runs
from latsar_sync.web import runs as web_runs

Capture = pytest.CaptureFixture[str]


def _about(rows: Sequence[Mapping[str, object]]) -> dict[str, tuple[str, ...]]:
    """Return whom two findings are about: one concerns all, one the first three."""
    ids = tuple(str(row["participant_id"]) for row in rows)
    return {"qualified_gained": ids, "qualified_lost": ids[:3]}


def hold(dashboard: Dashboard, *findings: Finding) -> None:
    """Record a run that a guard held with these findings."""
    with dashboard.service.database.writing() as connection:
        number = runs.start_run(connection, "sync", "host", 1, datetime.now(UTC))
        held = runs.ProgrammeRun(PROGRAMME, "full", RunOutcome.GUARDED, {}, findings)
        runs.finish_programme(connection, number, held, datetime.now(UTC))
        runs.finish_run(connection, number, RunOutcome.GUARDED, datetime.now(UTC))


def test_the_page_of_runs_names_those_whom_a_finding_is_about_and_notes_the_look(
    dashboard: Dashboard, sari: Browser
) -> None:
    people = list(dashboard.service.participants().values())[:7]
    gone = "q" * 32
    concerned = (*sorted(row["participant_id"] for row in people), gone)
    hold(dashboard, Finding("qualified_lost", PROGRAMME, "9", "1", concerned))

    page = sari.get(f"{HOME}/runs")

    assert all(str(row["name"]) in page for row in people if row["name"])
    assert gone in page
    assert next((each.action, each.people) for each in dashboard.accesses()) == ("plan", 7)


def test_the_people_of_several_findings_share_the_room_of_a_page(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_runs, "PEOPLE_SHOWN", 6)
    monkeypatch.setattr(web_runs, "RUN_PEOPLE_SHOWN", 4)
    people = tuple(sorted(row["participant_id"] for row in dashboard.service.participants().values()))[:9]
    about = [Finding(code, PROGRAMME, "9", "1", people) for code in ("qualified_lost", "too_many_pushes")]
    hold(dashboard, *about, Finding("activities_unseen", "MOOC", "", "3"))

    sari.get(f"{HOME}/runs")
    of_all = sari.page.text.count("/people/")
    sari.get(f"{HOME}/runs/2")
    of_one = len(re.findall(r'<ol class="concerned small".*?</ol>', sari.page.text, re.DOTALL)[0].split("/people/")) - 1

    assert (of_all, of_one) == (6, 2)


def test_the_page_of_a_run_turns_to_the_others_whom_a_finding_is_about(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_runs, "PEOPLE_SHOWN", 4)
    monkeypatch.setattr(web_runs, "RUN_PEOPLE_SHOWN", 8)
    rows = sorted(dashboard.service.participants().values(), key=lambda row: str(row["participant_id"]))[:11]
    about = [Finding(code, PROGRAMME, "9", "1", ids) for code, ids in _about(rows).items()]
    hold(dashboard, *about)

    sari.get(f"{HOME}/runs")
    leads_there = f'<a class="alert-link" href="{HOME}/runs/2">Semuanya, halaman demi halaman</a>' in sari.page.text
    pages = []
    for number in (1, 2, 3):
        sari.get(f"{HOME}/runs/2?page={number}")
        pages.append(sari.page.text)

    assert leads_there
    named = [[row["name"] for row in rows if str(row["name"]) in page] for page in pages]
    assert [len(each) for each in named] == [4, 4, 3]
    assert sorted(chain.from_iterable(named)) == sorted(row["name"] for row in rows)
    assert [page.count('<ol class="concerned small"') for page in pages] == [2, 1, 1]


def test_the_lists_of_several_findings_share_the_room_of_a_screen() -> None:
    many = tuple(f"p{number:03}" for number in range(250))
    lists = [Finding(code, PROGRAMME, "300", "50", many) for code in ("qualified_lost", "qualified_gained")]

    assert (shown_of_each(lists), shown_of_each(lists[:1]), shown_of_each(lists * 100)) == (100, 200, 5)


def test_a_screen_shows_so_many_people_and_says_how_many_more_there_are() -> None:
    paper = StringIO()
    finding = Finding("qualified_lost", PROGRAMME, "300", "50", tuple(f"p{number:03}" for number in range(250)))

    show_finding(Console(file=paper, width=80), "guard", finding, {}, "en")

    shown = paper.getvalue()
    assert "250 of 300 people" in shown
    assert "p199" in shown
    assert "p200" not in shown
    assert "50 people more" in shown


def test_the_sentence_that_goes_into_a_notice_names_nobody() -> None:
    finding = Finding("qualified_lost", PROGRAMME, "79", "0", tuple(f"p{number:03}" for number in range(79)))

    assert "79" in finding_text(finding, "id")
    assert "p001" not in finding_text(finding, "id")


def test_every_finding_in_json_says_in_a_sentence_what_was_found(
    dashboard: Dashboard, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads the JSON needs no table of codes; the sentence is that of the screen."""
    hold(dashboard, Finding("target_lost", "kelas/KLS-I", "20", "4", ("p1", "p2")))
    for name, token in TOKENS.items():
        monkeypatch.setenv(name, token)
    said = "Dari 20 orang yang terkonfirmasi di kelas kelas/KLS-I, 4 masih aktif di sana."

    for words, found in (
        (["runs"], lambda shape: shape[0]["findings_in_full"]),
        (["status"], lambda shape: shape["programmes"][0]["held_in_full"]),
    ):
        monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(dashboard.service.config), *words, "--json"])
        with pytest.raises(SystemExit):
            main()
        [shown] = found(json.loads(capsys.readouterr().out))
        assert shown["text"].startswith(said), words
        language.choose(language.ENGLISH)
        assert (shown["code"], shown["people"]) == ("target_lost", ["p1", "p2"])
