"""When runs are due: each programme by its own clock on the wall, and what was missed is known."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from service import TOKENS
from unattended import programme, write_config

from latsar_sync.service.schedule import Timetable, timetables
from latsar_sync.settings import load_settings

MONDAY = datetime(2026, 8, 17, tzinfo=UTC)
Plan = Callable[..., list[Timetable]]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Give a function that returns the timetables of a configuration with these programmes."""

    def make(*programmes: str, top: str = 'timezone = "Asia/Jakarta"') -> list[Timetable]:
        config = write_config(tmp_path / "latsar.toml", "".join(programmes), top=top)
        return timetables(load_settings(config, TOKENS))

    return make


def local(zone: str, *when: int) -> datetime:
    """Return a moment as the clocks of a zone show it."""
    return datetime(*when, tzinfo=ZoneInfo(zone))


def test_each_programme_runs_by_the_clock_of_its_own_zone(plan: Plan) -> None:
    jakarta, makassar, jayapura = plan(
        programme("jakarta", more='schedule = "0 6 * * *"'),
        programme("makassar", ["3"], more='schedule = "0 6 * * *"\ntimezone = "Asia/Makassar"'),
        programme("jayapura", ["4"], more='schedule = "0 6 * * *"\ntimezone = "Asia/Jayapura"'),
    )
    evening = local("Asia/Jakarta", 2026, 8, 17, 20)

    assert jakarta.next_after(evening) == datetime(2026, 8, 17, 23, tzinfo=UTC)
    assert makassar.next_after(evening) == datetime(2026, 8, 17, 22, tzinfo=UTC)
    assert jayapura.next_after(evening) == datetime(2026, 8, 17, 21, tzinfo=UTC)


def test_the_common_zone_is_that_of_the_configuration(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='schedule = "30 5 * * *"'), top='timezone = "Asia/Jayapura"')

    assert timetable.next_after(MONDAY) == local("Asia/Jayapura", 2026, 8, 18, 5, 30)


def test_incremental_and_full_runs_have_timetables_of_their_own_and_an_unscheduled_programme_has_none(
    plan: Plan,
) -> None:
    found = plan(
        programme("both", ["1"], more='schedule = "*/15 6-21 * * *"\nfull_schedule = "0 2 * * *"'),
        programme("only-full", ["2"], more='full_schedule = "0 3 * * *"'),
        programme("none", ["3"]),
    )

    assert [(each.programme, each.scope) for each in found] == [
        ("both", "incremental"),
        ("both", "full"),
        ("only-full", "full"),
    ]


def test_slots_are_due_after_the_last_one_and_up_to_now(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='schedule = "*/15 6-21 * * *"'))
    six = local("Asia/Jakarta", 2026, 8, 17, 6)
    quarter = timedelta(minutes=15)

    assert timetable.due(six - quarter, six - timedelta(seconds=1)) == []
    assert timetable.due(six - quarter, six) == [six]
    assert timetable.due(six, six) == []
    assert timetable.due(six, six + quarter - timedelta(microseconds=1)) == []
    assert timetable.due(six, six + 3 * quarter) == [six + quarter, six + 2 * quarter, six + 3 * quarter]


def test_a_day_has_as_many_slots_as_the_expression_says_by_local_hours(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='schedule = "*/15 6-21 * * *"\ntimezone = "Asia/Jayapura"'))
    midnight = local("Asia/Jayapura", 2026, 8, 17)

    slots = timetable.due(midnight, midnight + timedelta(days=1))

    assert len(slots) == 16 * 4
    assert slots[0] == local("Asia/Jayapura", 2026, 8, 17, 6)
    assert slots[-1] == local("Asia/Jayapura", 2026, 8, 17, 21, 45)


def test_weekdays_are_counted_as_cron_does_in_the_programmes_own_week(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='schedule = "0 6 * * 1-5"\ntimezone = "Asia/Jayapura"'))

    # Sunday evening in Greenwich is Monday morning in Jayapura
    slots = timetable.due(MONDAY - timedelta(days=2), MONDAY + timedelta(days=6))

    assert [slot.astimezone(ZoneInfo("Asia/Jayapura")).strftime("%a %H:%M") for slot in slots] == [
        "Mon 06:00",
        "Tue 06:00",
        "Wed 06:00",
        "Thu 06:00",
        "Fri 06:00",
    ]
    assert slots[0] == datetime(2026, 8, 16, 21, tzinfo=UTC)


def test_after_a_long_absence_the_slots_of_the_last_week_are_counted(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='full_schedule = "0 2 * * *"'))

    slots = timetable.due(MONDAY - timedelta(days=400), MONDAY)

    assert len(slots) == 7
    assert slots[-1] == local("Asia/Jakarta", 2026, 8, 17, 2)


def test_a_rare_slot_missed_more_than_a_week_ago_is_still_due_once(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='full_schedule = "0 2 1 * *"'))
    mid_month = local("Asia/Jakarta", 2026, 8, 20, 12)

    assert timetable.due(local("Asia/Jakarta", 2026, 7, 20), mid_month) == [local("Asia/Jakarta", 2026, 8, 1, 2)]
    assert timetable.due(local("Asia/Jakarta", 2026, 8, 1, 2), mid_month) == []


def test_nothing_is_due_when_the_last_slot_lies_ahead(plan: Plan) -> None:
    [timetable] = plan(programme("p", more='schedule = "* * * * *"'))

    assert timetable.due(MONDAY + timedelta(days=300), MONDAY) == []


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 6 1,15 * 1", ["Mon 30", "Tue 01", "Mon 07", "Mon 14", "Tue 15"]),
        ("0 6 13 * fri", ["Fri 04", "Fri 11", "Sun 13", "Fri 18", "Fri 25"]),
        ("0 6 31 2 mon", ["Mon 01", "Mon 08", "Mon 15", "Mon 22", "Mon 07"]),
        ("0 6 1 * *", ["Tue 01", "Fri 01", "Mon 01", "Mon 01", "Thu 01"]),
        ("0 6 * * 1", ["Mon 30", "Mon 07", "Mon 14", "Mon 21", "Mon 28"]),
        ("0 6 */2 * 1", ["Mon 07", "Mon 21", "Mon 11", "Mon 25", "Mon 01"]),
    ],
)
def test_a_day_of_the_month_and_a_weekday_mean_either_of_them_as_in_every_crontab(
    plan: Plan, expression: str, days: list[str]
) -> None:
    [timetable] = plan(programme("p", more=f'schedule = "{expression}"'))
    moment, found = local("Asia/Jakarta", 2026, 11, 28), []
    for _ in days:
        slot = timetable.next_after(moment)
        assert slot is not None
        found.append(f"{slot.astimezone(moment.tzinfo):%a %d}")
        moment = slot.astimezone(moment.tzinfo)

    assert found == days


@pytest.mark.parametrize(("schedule", "slots"), [("*/15 * * * *", 16), ("30 2 * * *", 2), ("30 2 1 * sun", 2)])
def test_the_hour_that_the_end_of_summer_time_repeats_has_slots_twice_and_an_end(
    plan: Plan, schedule: str, slots: int
) -> None:
    [timetable] = plan(programme("p", more=f'schedule = "{schedule}"'), top='timezone = "Europe/Berlin"')
    before = datetime(2026, 10, 24, 23, tzinfo=UTC)

    due = timetable.due(before, before + timedelta(hours=4))

    assert len(due) == slots
    assert due == sorted(set(due))
    assert timetable.trigger.get_next_fire_time(due[-1], due[-1]) > due[-1]  # as the scheduler asks
