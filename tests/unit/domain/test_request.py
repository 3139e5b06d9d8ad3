"""What a plan shows of everybody whom a run read."""

from builders import NOW, entry, evidence, nip, person

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.participant import Participant
from latsar_sync.domain.records import Record
from latsar_sync.domain.request import plan_lines


def test_a_plan_shows_whose_place_changes_and_of_whom_something_is_sent_and_nobody_else() -> None:
    records = {
        who: Record(Participant(who, person(number), nip(number)), evidence(), None, NOW)
        for number, who in enumerate(("quiet", "new", "sent"))
    }
    before = {who: entry(who, EntryState.CONFIRMED) for who in ("quiet", "sent")}
    after = before | {"new": entry("new", EntryState.PLANNED)}

    lines = plan_lines(before, after, {"sent": PushKind.MEMBERSHIP}, records)

    assert {(line.participant_id, line.state, line.action) for line in lines} == {
        ("new", EntryState.PLANNED, None),
        ("sent", EntryState.CONFIRMED, PushKind.MEMBERSHIP),
    }
