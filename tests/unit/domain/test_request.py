"""What a plan shows of everybody whom a run read."""

from builders import entry

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.request import plan_lines


def test_a_plan_shows_whose_place_changes_and_of_whom_something_is_sent_and_nobody_else() -> None:
    before = {who: entry(who, EntryState.CONFIRMED) for who in ("quiet", "sent")}
    after = before | {"new": entry("new", EntryState.PLANNED)}

    lines = plan_lines(before, after, {"sent": PushKind.MEMBERSHIP}, lambda who: (None, who.title()))

    assert {(line.participant_id, line.name, line.state, line.action) for line in lines} == {
        ("new", "New", EntryState.PLANNED, None),
        ("sent", "Sent", EntryState.CONFIRMED, PushKind.MEMBERSHIP),
    }
