"""When a period is over, and what an erasure does to a roster entry."""

from datetime import UTC, date, datetime

import pytest

from latsar_sync.domain.entry import Admission, Entry, EntryState, Origin
from latsar_sync.rules.entries_of_erased import leave_roster, return_to_line
from latsar_sync.rules.retention import DataClass, Keeping

ENTRY = Entry(
    "a", EntryState.PLANNED, "I", Admission.RULE, reached_at=datetime(2026, 8, 17, tzinfo=UTC), source_user_id=7
)


@pytest.mark.parametrize(
    ("ended", "months", "due"),
    [
        (date(2024, 12, 20), 24, date(2026, 12, 20)),
        (date(2024, 12, 20), 1, date(2025, 1, 20)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 11, 30), 1, date(2024, 12, 30)),
    ],
)
def test_a_period_ends_on_the_same_day_so_many_months_later(ended: date, months: int, due: date) -> None:
    keeping = Keeping("p", DataClass.LEDGER, ended, months)

    assert keeping.due_on == due
    assert keeping.is_due(due)
    assert not keeping.is_due(date.fromordinal(due.toordinal() - 1))


def test_without_an_end_or_a_period_nothing_is_ever_due() -> None:
    for keeping in (
        Keeping("p", DataClass.LEDGER, None, 1),
        Keeping("p", DataClass.LEDGER, date(2024, 1, 1), None),
    ):
        assert keeping.due_on is None
        assert not keeping.is_due(date.max)


@pytest.mark.parametrize("state", [EntryState.WAITLISTED, EntryState.PLANNED, EntryState.REVIEW])
def test_whoever_is_not_in_a_course_leaves_the_queue_and_can_come_back_to_its_end(state: EntryState) -> None:
    left = leave_roster(ENTRY._replace(state=state))

    assert (left.state, left.reason) == (EntryState.WITHDRAWN, "person_erased")
    back = return_to_line(left)
    assert back == ENTRY._replace(state=EntryState.WAITLISTED)


@pytest.mark.parametrize("state", [EntryState.PUSHED, EntryState.CONFIRMED, EntryState.REVIEW])
def test_whoever_is_in_the_course_stays_as_recorded(state: EntryState) -> None:
    entry = ENTRY._replace(state=state, origin=Origin.PUSHED, target_user_id=5)

    assert leave_roster(entry) == entry
    assert return_to_line(entry) == entry


def test_whoever_had_been_withdrawn_before_stays_so() -> None:
    entry = ENTRY._replace(state=EntryState.WITHDRAWN, reason="target_removed")

    assert leave_roster(entry) == entry
    assert return_to_line(entry) == entry
