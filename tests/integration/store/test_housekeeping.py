"""The database does not grow without limit when nothing changes, and nothing that is still needed ever goes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from service import TOKENS, Service, new_postgres
from sqlalchemy import func, select, update
from unattended import NOON, programme, small_campus, urls_of, write_config

from latsar_sync.demo import Campus
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings
from latsar_sync.store import housekeeping, queue, queue_taking, run_figures, runs
from latsar_sync.store.database import Database
from latsar_sync.store.runs import ProgrammeRun
from latsar_sync.store.tables import metadata, run_requests
from latsar_sync.store.tables import runs as runs_table

PROGRAMME = "latsar-2026-iii"
OTHER = "latsar-2026-ii"
DAY = timedelta(days=1)

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""Where no statement is asked that another test does not try on both databases."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database."""
    sqlite = request.param == "sqlite"
    address = (
        f"sqlite:///{tmp_path / 'latsar.db'}" if sqlite else new_postgres(request.getfixturevalue("postgres_server"))
    )
    database = Database(address)
    database.upgrade()
    yield database
    database.close()


def record_run(
    database: Database,
    at: datetime,
    outcome: RunOutcome = RunOutcome.OK,
    kind: str = "incremental",
    of: str = PROGRAMME,
) -> int:
    """Record a run that changed nothing and return its number."""
    findings = (Finding("source_shrunk", "MOOC-LATSAR", "40", "12"),) if outcome is RunOutcome.GUARDED else ()
    with database.writing() as connection:
        run_id = runs.start_run(connection, "run", "host", 1, at)
        runs.finish_programme(connection, run_id, ProgrammeRun(of, kind, outcome, {}, findings), at)
        runs.finish_run(connection, run_id, outcome, at)
    return run_id


def kept_runs(database: Database) -> set[int]:
    """Return the numbers of the runs that are there."""
    with database.reading() as connection:
        return set(connection.execute(select(runs_table.c.id)).scalars())


def kept_requests(database: Database) -> set[int]:
    """Return the numbers of the requests that are there."""
    with database.reading() as connection:
        return set(connection.execute(select(run_requests.c.id)).scalars())


def rows_by_table(database: Database) -> dict[str, int]:
    """Count the rows of every table."""
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def finished_slot(database: Database, slot: datetime, scope: str = "incremental") -> int:
    """Schedule a run and let it be done."""
    assert queue.schedule(database, PROGRAMME, scope, slot, slot)
    with database.reading() as connection:
        [waiting] = queue_taking.waiting(connection, slot, [PROGRAMME])
    holder = queue_taking.claim(database, waiting.id, slot)
    assert holder is not None
    queue_taking.finish(database, waiting.id, holder, None, RunOutcome.OK, None, slot)
    return waiting.id


def test_old_runs_that_changed_nothing_go_and_young_ones_stay(database: Database) -> None:
    old = [record_run(database, NOON + minutes * timedelta(minutes=15)) for minutes in range(3)]
    young = [record_run(database, NOON + 100 * DAY + minutes * timedelta(minutes=15)) for minutes in range(2)]

    assert housekeeping.tidy(database, NOON + 10 * DAY) == len(old)

    assert kept_runs(database) == set(young)
    assert rows_by_table(database)["run_programmes"] == len(young)


def test_however_many_have_piled_up_they_go_in_one_sweep(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(
            runs_table.insert(), [{"command": "run", "host": "h", "pid": 1, "started_at": NOON} for _ in range(1234)]
        )

    assert housekeeping.tidy(database, NOON + DAY) == 1234

    assert kept_runs(database) == set()


def test_the_newest_run_of_each_outcome_stays_however_old_so_that_a_guard_goes_on_holding(database: Database) -> None:
    good, guarded = record_run(database, NOON), record_run(database, NOON + DAY, RunOutcome.GUARDED)
    record_run(database, NOON + 2 * DAY, RunOutcome.FAILED)
    failed = record_run(database, NOON + 3 * DAY, RunOutcome.FAILED)
    record_run(database, NOON + 4 * DAY, kind="plan")
    plan = record_run(database, NOON + 5 * DAY, kind="plan")

    housekeeping.tidy(database, NOON + 200 * DAY)

    assert kept_runs(database) == {good, guarded, failed, plan}
    with database.reading() as connection:
        telling = runs.last_telling_run(connection, PROGRAMME)
        last_good = runs.last_good_run(connection, PROGRAMME)
    assert telling is not None
    assert (telling.run_id, [finding.code for finding in telling.findings]) == (guarded, ["source_shrunk"])
    assert last_good is not None
    assert last_good.run_id == good


def test_each_programme_keeps_its_own_newest_run(database: Database) -> None:
    other = record_run(database, NOON, of=OTHER)
    record_run(database, NOON + DAY)
    newest = record_run(database, NOON + 2 * DAY)

    housekeeping.tidy(database, NOON + 200 * DAY)

    assert kept_runs(database) == {other, newest}


def test_requests_that_are_done_go_but_never_the_newest_slot_of_a_schedule(database: Database) -> None:
    slots = [finished_slot(database, NOON + minutes * timedelta(minutes=15)) for minutes in range(3)]
    full = finished_slot(database, NOON, "full")
    wanted = queue.ask(database, PROGRAMME, "full", "", "rina", NOON)
    holder = queue_taking.claim(database, wanted, NOON)
    assert holder is not None
    queue_taking.finish(database, wanted, holder, None, RunOutcome.OK, None, NOON)

    housekeeping.tidy(database, NOON + 200 * DAY)

    assert kept_requests(database) == {slots[-1], full}
    with database.reading() as connection:
        assert queue.last_slot(connection, PROGRAMME, "incremental", NOON + 200 * DAY) == NOON + timedelta(minutes=30)


def test_what_waits_or_runs_is_no_refuse(database: Database) -> None:
    waiting = queue.ask(database, PROGRAMME, "full", "", "rina", NOON + DAY)
    running = queue.ask(database, PROGRAMME, "incremental", "", "rina", NOON)
    queue_taking.claim(database, running, NOON)

    housekeeping.tidy(database, NOON + DAY)

    assert kept_requests(database) == {waiting, running}


def test_a_request_that_no_daemon_has_taken_for_months_is_given_up_with_its_nip(database: Database) -> None:
    queue.ask(database, "programme-that-was-removed", "participant", "199508172025042003", "rina", NOON)

    housekeeping.tidy(database, NOON + 200 * DAY)

    assert kept_requests(database) == set()


def test_a_run_that_a_request_still_points_to_stays_as_long_as_the_request(database: Database) -> None:
    run_id = record_run(database, NOON)
    record_run(database, NOON + 150 * DAY)
    slot = finished_slot(database, NOON)
    with database.writing() as connection:
        connection.execute(update(run_requests).where(run_requests.c.id == slot).values(run_id=run_id))

    housekeeping.tidy(database, NOON + 100 * DAY)

    assert run_id in kept_runs(database)


@on_sqlite
def test_months_of_incremental_runs_leave_the_database_as_small_as_it_was(database: Database, tmp_path: Path) -> None:
    with small_campus(6, 1) as campus:
        service = service_on(campus, database, tmp_path)
        first = service.run(now=NOON).run
        assert (first.outcome, first.counts["confirmed"] > 0) == (RunOutcome.OK, True)
        service.run(now=NOON + DAY)
        before = rows_by_table(database)
        sizes = []
        for month in range(1, 6):
            now = NOON + month * 30 * DAY
            for hour in range(2):
                assert service.run(now=now + hour * timedelta(hours=1)).run.outcome is RunOutcome.OK
                finished_slot(database, now + hour * timedelta(hours=1))
            housekeeping.tidy(database, now - 60 * DAY)
            sizes.append(rows_by_table(database))

    assert max(each["runs"] for each in sizes) <= 10
    assert max(each["run_requests"] for each in sizes) <= 8
    assert sizes[2] == sizes[3] == sizes[4]  # from the third on as much goes as comes
    for table in ("decisions", "evidence", "roster_events", "pushes", "thresholds", "required_sets", "participants"):
        assert {each[table] for each in sizes} == {before[table]}, table


@on_sqlite
def test_runs_that_decided_placed_or_pushed_stay_for_ever(database: Database, tmp_path: Path) -> None:
    with small_campus(6, 1) as campus:
        service = service_on(campus, database, tmp_path)
        telling = service.run(now=NOON).run.run_id
        # within a day and a half, after which a run makes itself a full one
        quiet = [service.run(now=NOON + part * DAY / 4).run.run_id for part in (1, 2, 3)]
        with database.reading() as connection:
            [recorded] = runs.recorded_runs(connection, PROGRAMME, 1)
        assert recorded.kind == "incremental"

        housekeeping.tidy(database, NOON + 400 * DAY)

    assert kept_runs(database) == {telling, quiet[-1]}
    assert service.roster()


def service_on(campus: Campus, database: Database, folder: Path) -> Service:
    """Configure the service for a small campus and this database."""
    address = database.engine.url.render_as_string(hide_password=False)
    config = write_config(folder / "latsar.toml", programme(PROGRAMME, ["1"]), urls_of(campus), address)
    return Service(config, load_settings(config, TOKENS), database)


def test_incremental_runs_that_say_the_same_are_folded_by_the_hour_and_no_second_is_lost(database: Database) -> None:
    took = {"mooc": 0.25}
    same = ProgrammeRun(PROGRAMME, "incremental", RunOutcome.OK, {"participants": 3}, requests=2, lms_seconds=took)
    other = replace(same, messages=("Something else.",))
    with database.writing() as connection:
        for minute in range(90):
            at = NOON + timedelta(minutes=minute)
            run_id = runs.start_run(connection, "run", "host", 1, at)
            runs.finish_programme(connection, run_id, other if minute == 30 else same, at)
            runs.finish_run(connection, run_id, RunOutcome.OK, at)

    gone = housekeeping.fold(database, NOON + DAY)
    with database.reading() as connection:
        kept = runs.recorded_runs(connection, PROGRAMME, 100)
        costs = run_figures.lms_seconds(connection, PROGRAMME, 10)

    assert gone == 86
    assert [(each.stands_for, each.requests) for each in kept] == [(1, 2), (29, 58), (59, 118), (1, 2)]
    assert sum(each.lms_seconds["mooc"] for each in kept) == 90 * 0.25
    assert costs == [took] * 4
    assert len(kept_runs(database)) == 4
    assert housekeeping.fold(database, NOON + DAY) == 0
