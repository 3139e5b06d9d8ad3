"""Whom a manager took out though no entry tells it is not put back (rule 5)."""

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.rules.removed_unbeknown import removed_unbeknown


def test_whoever_was_seen_in_a_course_and_is_about_to_be_enrolled_there_again_was_taken_out_by_a_manager() -> None:
    names = ("seen", "elsewhere", "followed", "moved on", "lifted", "admitted")
    sends = [
        Entry(name, EntryState.PLANNED, "I", site="kelas", course_id=9, target_user_id=number)
        for number, name in enumerate(names, 1)
    ]
    sends[4] = sends[4].having(lifted_from="target_removed")
    before = {
        "elsewhere": sends[1].having(target_user_id=77),
        "followed": sends[2].having(origin=Origin.FOUND),
        "moved on": sends[3].having(origin=Origin.FOUND, course_id=8),
    }
    seen = {("kelas", 9, 1), ("mooc", 9, 2), ("kelas", 9, 5), ("kelas", 9, 6)}

    found = removed_unbeknown(sends, before, seen, {"admitted"})

    assert sorted(found) == ["followed", "seen"]
    assert {(each.state, each.reason, each.origin) for each in found.values()} == {
        (EntryState.WITHDRAWN, "target_removed", Origin.FOUND)
    }
