"""People whom a guard's finding is about: by name on the page, and only so many on a screen; notices say how many."""

from datetime import UTC, datetime
from io import StringIO

from dashboard import HOME, Browser, Dashboard
from rich.console import Console
from service import PROGRAMME

from latsar_sync.cli.findings import show_finding
from latsar_sync.guards import finding_text
from latsar_sync.model import RunOutcome
from latsar_sync.records import Finding
from latsar_sync.store import runs


def hold(dashboard: Dashboard, finding: Finding) -> None:
    """Record a run that a guard held with this finding."""
    with dashboard.service.database.writing() as connection:
        number = runs.start_run(connection, "sync", "host", 1, datetime.now(UTC))
        held = runs.ProgrammeRun(PROGRAMME, "full", RunOutcome.GUARDED, {}, (finding,))
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
