"""What a guard found is read as an older version stored it, and released by the same key."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run.accepting import released
from latsar_sync.shapes.runs import past_run_json
from latsar_sync.store import runs
from latsar_sync.store.database import Database
from latsar_sync.store.runs import ProgrammeRun
from latsar_sync.store.tables import run_programmes, webhook_events

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Jakarta")
OLDER = {"code": "qualified_lost", "subject": "latsar-2026-iii", "before": "79", "now": "0"}


def test_a_finding_that_was_stored_before_it_named_people_is_shown_and_accepted(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'latsar.db'}")
    database.upgrade()
    with database.writing() as connection:
        number = runs.start_run(connection, "sync", "host", 1, NOW)
        held = ProgrammeRun("p", "full", RunOutcome.GUARDED, {}, (Finding("qualified_lost", "x", "1", "0"),))
        runs.finish_programme(connection, number, held, NOW)
        connection.execute(update(run_programmes).values(findings=[OLDER]))
    with database.reading() as connection:
        last = runs.last_telling_run(connection, "p")
    database.close()

    assert last is not None
    [shown] = past_run_json(last, ZONE)["findings"]
    assert shown.items() >= {**OLDER, "people": [], "programme": "p"}.items()
    assert shown["key"] == "qualified_lost|latsar-2026-iii|79|0"
    assert [each.key for each in released(Request("sync", accept=True, by="Rina"), "p", last)] == [shown["key"]]


def test_programs_are_told_of_a_held_run_once_while_the_same_findings_hold_it(tmp_path: Path) -> None:
    """Once each run of a minute's schedule told it again."""
    database = Database(f"sqlite:///{tmp_path / 'latsar.db'}")
    database.upgrade()
    lost, gone = (Finding(code, "x", "1", "0") for code in ("qualified_lost", "target_lost"))
    with database.writing() as connection:
        for findings in ((lost,), (lost,), (lost, gone), (), (lost,)):
            outcome = RunOutcome.GUARDED if findings else RunOutcome.OK
            number = runs.start_run(connection, "sync", "host", 1, NOW)
            runs.finish_programme(connection, number, ProgrammeRun("p", "full", outcome, {}, findings), NOW)
        told = connection.execute(select(webhook_events.c.data).order_by(webhook_events.c.id)).scalars().all()
    database.close()

    assert [each["findings"] for each in told] == [
        ["qualified_lost"],
        ["qualified_lost", "target_lost"],
        ["qualified_lost"],
    ]
