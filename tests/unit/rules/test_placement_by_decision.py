"""What a decision does to each state of an entry (rules 2, 4, 5)."""

import pytest
from builders import angkatan, candidate, entry
from placements import CONFIRMED, PLANNED, PUSHED, REVIEW, WAITLISTED, WITHDRAWN, roster_after, standing

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.rules.holding_back import REASONS_HOLDING_BACK

OVER, ACCOUNT, GONE = "over_capacity", "target_account_missing", "no_longer_qualifies"


@pytest.mark.parametrize(
    ("before", "outcome", "state", "reason"),
    [
        (None, Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", WAITLISTED, reason=OVER), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", WAITLISTED, reason=OVER), Outcome.UNDETERMINED, WAITLISTED, OVER),
        (entry("ani", WAITLISTED, reason=OVER), Outcome.HELD, WAITLISTED, "held"),
        (entry("ani", WAITLISTED, reason="held"), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", WAITLISTED, reason="held"), Outcome.UNDETERMINED, WAITLISTED, "undetermined"),
        (entry("ani", WAITLISTED), Outcome.UNDETERMINED, WAITLISTED, "undetermined"),
        (entry("ani", WAITLISTED, reason="undetermined"), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", WAITLISTED, reason="undetermined"), Outcome.HELD, WAITLISTED, "held"),
        (entry("ani", PLANNED), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", PLANNED, reason="push_unknown"), Outcome.QUALIFIED, PLANNED, "push_unknown"),
        (entry("ani", PLANNED, reason="push_rejected"), Outcome.QUALIFIED, PLANNED, "push_rejected"),
        (entry("ani", PLANNED, reason="undetermined"), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", PLANNED), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", PLANNED), Outcome.UNDETERMINED, PLANNED, "undetermined"),
        (entry("ani", PUSHED), Outcome.QUALIFIED, PUSHED, None),
        (entry("ani", PUSHED), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", PUSHED), Outcome.UNDETERMINED, PUSHED, None),
        (entry("ani", PUSHED), Outcome.HELD, PUSHED, None),
        (entry("ani", CONFIRMED), Outcome.QUALIFIED, CONFIRMED, None),
        (entry("ani", CONFIRMED), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", CONFIRMED), Outcome.UNDETERMINED, CONFIRMED, None),
        (entry("ani", CONFIRMED), Outcome.HELD, CONFIRMED, None),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.QUALIFIED, REVIEW, ACCOUNT),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.UNDETERMINED, REVIEW, ACCOUNT),
        (entry("ani", REVIEW, reason=ACCOUNT), Outcome.HELD, REVIEW, ACCOUNT),
        (entry("ani", REVIEW, reason=GONE), Outcome.QUALIFIED, PLANNED, None),
        (entry("ani", REVIEW, reason=GONE), Outcome.NOT_YET, REVIEW, GONE),
        (entry("ani", REVIEW, reason=GONE), Outcome.UNDETERMINED, REVIEW, GONE),
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.QUALIFIED, WITHDRAWN, "target_removed"),
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.NOT_YET, WITHDRAWN, "target_removed"),
        (entry("ani", WITHDRAWN, reason="target_removed"), Outcome.UNDETERMINED, WITHDRAWN, "target_removed"),
    ],
)
def test_a_decision_moves_an_entry(
    before: Entry | None, outcome: Outcome, state: EntryState, reason: str | None
) -> None:
    roster = roster_after(candidate("ani", outcome=outcome), entries=(before,) if before else ())

    assert standing(roster) == {"ani": (state, "I", reason)}


def test_whoever_only_waited_for_a_seat_takes_none_by_losing_the_right_to_it() -> None:
    """Review holds a seat of its angkatan (rule 11): without one it keeps nobody else out."""
    before = entry("ani", WAITLISTED, reason=OVER)
    people = (candidate("ani", 1, Outcome.NOT_YET), candidate("budi", 2))
    roster = roster_after(*people, entries=(before,), courses=(angkatan("I", 1),))

    assert standing(roster) == {"ani": (REVIEW, None, GONE), "budi": (PLANNED, "I", None)}


@pytest.mark.parametrize(("capacity", "after"), [(1, (WAITLISTED, "I", OVER)), (2, (PLANNED, "I", None))])
def test_who_lost_the_right_while_waiting_waits_again_once_it_is_back(capacity: int, after: object) -> None:
    entries = (entry("ani", REVIEW, None, GONE), entry("budi", CONFIRMED))
    people = (candidate("ani", 1), candidate("budi", 2))
    roster = roster_after(*people, entries=entries, courses=(angkatan("I", capacity),))

    assert standing(roster)["ani"] == after


def test_an_unplaced_person_who_cannot_be_told_for_sure_stays_as_listed() -> None:
    before = entry("ani", REVIEW, None, "no_angkatan")

    assert roster_after(candidate("ani", outcome=Outcome.UNDETERMINED), entries=(before,)) == {"ani": before}


@pytest.mark.parametrize("outcome", [Outcome.NOT_YET, Outcome.UNDETERMINED, Outcome.HELD])
def test_nobody_who_did_not_qualify_gets_an_entry(outcome: Outcome) -> None:
    assert roster_after(candidate("ani", outcome=outcome)) == {}


def test_whoever_is_held_is_not_sent() -> None:
    """Rule 15: a hold beats the rule; a planned person who is held must not be enrolled."""
    after = roster_after(candidate("ani", outcome=Outcome.HELD), entries=(entry("ani", PLANNED),))["ani"]

    assert after.state is not PLANNED or after.reason in REASONS_HOLDING_BACK
