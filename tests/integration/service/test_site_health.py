"""A failing site is left alone, longer each time; one notice per reason; shared by all daemons and remembered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete
from unattended import NOON

from latsar_sync.rules.pauses import SITE_PAUSES
from latsar_sync.store.database import Database
from latsar_sync.store.site_health import SiteHealth, ill_sites, note_failure, note_success
from latsar_sync.store.tables import site_health as table


@pytest.fixture
def database(module_database: Database) -> Iterator[Database]:
    """Give the database with every site well."""
    yield module_database
    with module_database.writing() as connection:
        connection.execute(delete(table))


def fail(
    database: Database, now: datetime, reason: str = "HTTP 502", site: str = "mooc", asked: timedelta | None = None
) -> tuple[SiteHealth, bool]:
    """Write down one failure of a site."""
    with database.writing() as connection:
        return note_failure(connection, site, reason, now, asked)


def heal(database: Database, site: str = "mooc") -> SiteHealth | None:
    """Write down that a site answered."""
    with database.writing() as connection:
        return note_success(connection, site)


def ill(database: Database) -> dict[str, SiteHealth]:
    """Return the sites in quarantine."""
    with database.reading() as connection:
        return dict(ill_sites(connection))


def test_tries_slow_down_step_by_step_to_half_an_hour(database: Database) -> None:
    now, pauses = NOON, []
    for _ in range(8):
        state, _ = fail(database, now)
        pauses.append((state.next_try_at - now).total_seconds() / 60)
        now = state.next_try_at

    assert pauses == [1, 2, 5, 10, 20, 30, 30, 30]
    assert ill(database)["mooc"].failures == 8
    assert ill(database)["mooc"].since == NOON


@pytest.mark.parametrize(("asked", "minutes"), [(1, 1), (59, 1), (300, 5), (7200, 120)])
def test_a_site_that_asks_for_more_time_gets_it_and_one_that_asks_for_less_does_not(
    database: Database, asked: int, minutes: int
) -> None:
    state, _ = fail(database, NOON, asked=timedelta(seconds=asked))

    assert state.next_try_at == NOON + timedelta(minutes=minutes)


def test_no_site_can_close_itself_for_longer_than_a_day(database: Database) -> None:
    state, _ = fail(database, NOON, asked=timedelta(days=365))

    assert state.next_try_at == NOON + timedelta(days=1)


def test_a_reason_is_new_once_and_another_reason_is_new_again(database: Database) -> None:
    now, told = NOON, []
    for reason in ("HTTP 502", "HTTP 502", "invalidtoken", "invalidtoken", "HTTP 502"):
        state, new = fail(database, now, reason)
        told.append(new)
        now = state.next_try_at

    assert told == [True, False, True, False, True]


def test_a_site_that_answers_is_well_at_once_and_what_it_had_is_told_once(database: Database) -> None:
    state, _ = fail(database, NOON)
    fail(database, state.next_try_at)

    had = heal(database)

    assert had is not None
    assert (had.failures, had.since, had.reason) == (2, NOON, "HTTP 502")
    assert heal(database) is None
    assert ill(database) == {}


def test_after_healing_everything_begins_anew(database: Database) -> None:
    state, _ = fail(database, NOON)
    fail(database, state.next_try_at)
    heal(database)

    state, new = fail(database, NOON + timedelta(hours=1))

    assert (state.failures, new) == (1, True)
    assert state.next_try_at == NOON + timedelta(hours=1, minutes=1)
    assert state.since == NOON + timedelta(hours=1)


def test_sites_are_ill_and_heal_each_for_itself(database: Database) -> None:
    fail(database, NOON, site="mooc")
    fail(database, NOON, site="kelas")

    heal(database, "mooc")

    assert set(ill(database)) == {"kelas"}


def test_failures_of_other_runs_within_the_pause_are_the_same_failure(database: Database) -> None:
    first, _ = fail(database, NOON)

    again, new = fail(database, NOON + timedelta(seconds=30))

    assert (again.failures, again.next_try_at, new) == (1, first.next_try_at, False)


def test_a_failure_within_the_pause_with_another_reason_is_told_and_a_longer_wait_asked_for_is_respected(
    database: Database,
) -> None:
    fail(database, NOON)

    again, new = fail(database, NOON + timedelta(seconds=30), "HTTP 503", asked=timedelta(minutes=5))

    assert new
    assert again.next_try_at == NOON + timedelta(minutes=5, seconds=30)


def test_daemons_that_find_a_site_failing_at_the_same_moment_write_it_down_as_one_failure(database: Database) -> None:
    together = Barrier(4)

    def failing() -> bool:
        together.wait(30)
        return fail(database, NOON)[1]

    with ThreadPoolExecutor(4) as pool:
        told = [each.result() for each in [pool.submit(failing) for _ in range(4)]]

    assert sorted(told) == [False, False, False, True]
    assert ill(database)["mooc"].failures == 1


def test_quarantine_survives_a_restart(database: Database) -> None:
    fail(database, NOON)

    again = Database(database.engine.url.render_as_string(hide_password=False))
    try:
        assert ill(again)["mooc"].next_try_at == NOON + timedelta(minutes=1)
    finally:
        again.close()


def test_a_site_is_left_alone_until_its_next_try(database: Database) -> None:
    state, _ = fail(database, NOON)

    assert state.is_left_alone(NOON)
    assert state.is_left_alone(NOON + timedelta(seconds=59))
    assert not state.is_left_alone(NOON + timedelta(seconds=60))


def test_a_quarantine_written_by_a_clock_that_ran_ahead_is_not_waited_for(database: Database) -> None:
    long_ahead, _ = fail(database, NOON + timedelta(days=400))
    just_ahead, _ = fail(database, NOON + timedelta(hours=2), site="kelas")

    assert not long_ahead.is_left_alone(NOON)
    assert not just_ahead.is_left_alone(NOON)
    assert fail(database, NOON)[0].next_try_at == NOON + timedelta(minutes=SITE_PAUSES[1].seconds / 60)
