"""What came last is told by the database's own order, whatever the clocks said meanwhile (rules 2, 6, 9, 15)."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from alembic import command
from alembic.config import Config
from service import PROGRAMME
from sqlalchemy import text

from latsar_sync.actions.finalisation_conditions import reading_must_be_good
from latsar_sync.actions.threshold import record_threshold as record_by_hand
from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.errors import NotReady, UsageError
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules.threshold import threshold_at, threshold_in_force
from latsar_sync.store import housekeeping, overrides, queue, queue_taking, runs, thresholds
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
from latsar_sync.store.runs import ProgrammeRun
from latsar_sync.store.tables import participants
from latsar_sync.store.upgrading import MIGRATIONS

EIGHT = datetime(2026, 11, 1, 8, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FOUND = (Finding("source_dropped", "MOOC-LATSAR", "100", "10"),)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Give a database with its tables."""
    database = Database(database_url)
    database.upgrade()
    yield database
    database.close()


def end(database: Database, run_id: int, outcome: RunOutcome, at: datetime, kind: str = "full") -> None:
    """Record that a run ended for the programme."""
    findings = FOUND if outcome is RunOutcome.GUARDED else ()
    with database.writing() as connection:
        runs.finish_programme(connection, run_id, ProgrammeRun(PROGRAMME, kind, outcome, {}, findings), at)


def begin(database: Database, at: datetime) -> int:
    """Record that a run begins."""
    with database.writing() as connection:
        return runs.start_run(connection, "run", "host", 1, at)


def set_threshold(database: Database, clock: Callable[[], datetime], value: int, by: str = "Rina") -> Threshold:
    """Record a threshold in force from now."""
    return record_by_hand(database, clock, PROGRAMME, Decimal(value), Scale.POINTS, "SK", by)


def test_the_last_run_is_the_one_that_ended_last_though_it_began_first(database: Database) -> None:
    long, short = begin(database, EIGHT), begin(database, EIGHT + 5 * MINUTE)
    end(database, short, RunOutcome.OK, EIGHT + 6 * MINUTE)
    end(database, long, RunOutcome.GUARDED, EIGHT + 21 * MINUTE)

    with database.reading() as connection:
        telling = runs.last_telling_run(connection, PROGRAMME)
        listed = [each.run_id for each in runs.recorded_runs(connection, PROGRAMME)]
        with pytest.raises(NotReady, match="A guard holds"):
            reading_must_be_good(connection, PROGRAMME, EIGHT + 30 * MINUTE)

    assert telling is not None
    assert (telling.run_id, telling.findings) == (long, FOUND)
    assert listed == [long, short]


def test_the_last_run_is_the_one_that_ended_last_though_the_clock_went_back(database: Database) -> None:
    ahead, right = begin(database, EIGHT + DAY), begin(database, EIGHT)
    end(database, ahead, RunOutcome.OK, EIGHT + DAY)
    end(database, right, RunOutcome.GUARDED, EIGHT)

    with database.reading() as connection:
        telling, good = runs.last_telling_run(connection, PROGRAMME), runs.last_good_run(connection, PROGRAMME)

    assert telling is not None
    assert telling.run_id == right
    assert good is not None
    assert good.run_id == ahead


def test_nothing_is_finalised_on_a_reading_that_says_it_was_made_days_ahead(database: Database) -> None:
    end(database, begin(database, EIGHT + 3 * DAY), RunOutcome.OK, EIGHT + 3 * DAY)

    with database.reading() as connection, pytest.raises(NotReady, match="older than 24 hours"):
        reading_must_be_good(connection, PROGRAMME, EIGHT)


def test_tidying_keeps_the_run_that_ended_last_and_holds_the_programme(database: Database) -> None:
    long, short = begin(database, EIGHT), begin(database, EIGHT + MINUTE)
    end(database, short, RunOutcome.GUARDED, EIGHT + 2 * MINUTE)
    end(database, long, RunOutcome.GUARDED, EIGHT + 3 * MINUTE)

    assert housekeeping.tidy(database, EIGHT + 500 * DAY) == 1

    with database.reading() as connection:
        assert [each.run_id for each in runs.recorded_runs(connection)] == [long]


def test_a_release_ends_a_hold_though_the_clock_went_back_between_them(database: Database) -> None:
    someone = "a" * 32
    with database.writing() as connection:
        connection.execute(
            participants.insert().values(
                id=someone,
                programme=PROGRAMME,
                site="mooc",
                source_user_id=1,
                groups=[],
                enrolment="active",
                first_seen_at=EIGHT,
                last_seen_at=EIGHT,
                evidence_version=0,
                decision_version=0,
            )
        )
        hold = Override(someone, 1, OverrideKind.HOLD, "laporan", "Rina", EIGHT + DAY)
        overrides.add_overrides(connection, [hold])
        overrides.add_overrides(connection, [Override(someone, 2, OverrideKind.RELEASE, "selesai", "Rina", EIGHT)])

    with database.reading() as connection:
        assert overrides.overrides_in_force(connection, PROGRAMME, EIGHT + 2 * DAY) == {}
        assert overrides.override_history(connection, PROGRAMME, someone)[-1].kind is OverrideKind.RELEASE


def test_what_the_configuration_recorded_under_a_clock_ahead_judges_at_once(database: Database) -> None:
    with database.writing() as connection:
        seed = Threshold(1, Decimal(70), Scale.POINTS, "SK", EIGHT + DAY, "config", EIGHT + DAY)
        thresholds.add_threshold(connection, PROGRAMME, seed)

    with database.reading() as connection:
        before = threshold_in_force(thresholds.threshold_history(connection, PROGRAMME), EIGHT)
    later = set_threshold(database, lambda: EIGHT, 75)
    with database.reading() as connection:
        after = threshold_in_force(thresholds.threshold_history(connection, PROGRAMME), EIGHT + 2 * DAY)

    assert before == seed
    assert after == later


def test_nobody_records_a_threshold_under_the_name_of_the_configuration(database: Database) -> None:
    with pytest.raises(UsageError, match="the name under which the configuration records"):
        set_threshold(database, lambda: EIGHT, 70, by="config")


def test_a_run_under_way_refuses_no_threshold(database: Database) -> None:
    with Lease(database, PROGRAMME, lambda: EIGHT):
        set_threshold(database, lambda: EIGHT, 70)

    with database.reading() as connection:
        assert [each.value for each in thresholds.threshold_history(connection, PROGRAMME)] == [70]


def test_two_people_who_record_a_threshold_at_the_same_moment_both_do(database_url: str, database: Database) -> None:
    other, gate, failed = Database(database_url), threading.Barrier(2), []

    def record(mine: Database, value: int) -> None:
        for time in range(3):
            gate.wait()
            try:
                set_threshold(mine, lambda: datetime.now(UTC), value + time)
            except Exception as error:  # noqa: BLE001  whatever it is, it is told below
                failed.append(error)

    people = [threading.Thread(target=record, args=each) for each in ((database, 70), (other, 80))]
    for each in people:
        each.start()
    for each in people:
        each.join()
    other.close()

    assert failed == []
    with database.reading() as connection:
        history = thresholds.threshold_history(connection, PROGRAMME)
    assert [each.version for each in history] == [1, 2, 3, 4, 5, 6]
    assert [each.effective_from for each in history] == sorted(each.effective_from for each in history)


def test_the_moment_of_a_threshold_is_that_from_which_a_reader_sees_it(database_url: str, database: Database) -> None:
    clock = lambda: datetime.now(UTC)  # noqa: E731  a clock
    set_threshold(database, clock, 70)
    writer = Database(database_url)
    with Lease(writer, PROGRAMME, clock) as lease:
        setter = threading.Thread(target=set_threshold, args=(database, clock, 60))
        setter.start()
        began = clock()
        lease.check()  # as each run writes before it reads
        with writer.reading() as connection:
            judged_by = threshold_in_force(thresholds.threshold_history(connection, PROGRAMME), began)
    setter.join()
    writer.close()

    with database.reading() as connection:
        history = thresholds.threshold_history(connection, PROGRAMME)
    assert len(history) == 2
    # one that was recorded between its beginning and its reading judges too: it was seen
    assert judged_by in (threshold_at(history, began), threshold_in_force(history, began))


def test_a_request_whose_end_was_recorded_never_comes_back_into_the_line(database: Database) -> None:
    number = queue.ask(database, PROGRAMME, "full", "", "panitia", EIGHT)
    claim = queue_taking.claim(database, number, EIGHT)
    assert claim is not None
    queue_taking.finish(database, number, claim, None, RunOutcome.OK, None, EIGHT)

    queue_taking.put_back(
        database, number, claim, EIGHT
    )  # the answer of the database was lost: it was taken for unwritten
    queue_taking.finish(database, number, claim, None, RunOutcome.FAILED, "unwritten", EIGHT + MINUTE)

    with database.reading() as connection:
        [request] = queue.find(connection, [number])
        assert queue_taking.waiting(connection, EIGHT + DAY, [PROGRAMME]) == []
        assert queue.count_finished(connection, PROGRAMME) == 1
    assert (request.state, request.outcome, request.message) == ("done", "ok", None)


@pytest.mark.usefixtures("migrated_the_long_way")
def test_an_upgrade_keeps_every_run_in_the_order_in_which_they_were_listed(database_url: str) -> None:
    database = Database(database_url)
    with database.writing() as connection:
        configuration = Config()
        configuration.set_main_option("script_location", str(MIGRATIONS))
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0011")
        for number in (1, 2, 3):
            run_id = runs.start_run(connection, "run", "host", 1, EIGHT)
            connection.execute(
                text(
                    "INSERT INTO run_programmes VALUES (:run, 'p', 'full', 'ok', '{}', '[]', '[]', '[]', NULL, NULL, "
                    "1, '1', '2026-11-01 08:00:00')"
                ),
                {"run": run_id},
            )
            assert run_id == number

    database.upgrade()

    end(database, begin(database, EIGHT), RunOutcome.OK, EIGHT)
    with database.reading() as connection:
        assert [each.run_id for each in runs.recorded_runs(connection)] == [4, 3, 2, 1]
    database.close()
