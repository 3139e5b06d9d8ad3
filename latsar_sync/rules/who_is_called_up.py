"""Who goes into the in-class course, for a list to sign there, and whom a letter calls up. Pure (rules 11 and 15)."""

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.rules.holding_back import UNCLEAR_WHO

GOING = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED})
"""States of those who sit in the course or are on the way there; whom a person must look at first is not among them."""
NOT_GOING_YET = UNCLEAR_WHO | frozenset({"undetermined", "held", "admission_closed", "over_capacity"})
"""Reasons of whoever is planned and waits for a decision, a date or a seat: no document says that they go."""


def goes(state: str | None, reason: str | None) -> bool:
    """Say whether whoever stands so on the roster sits in the course, or is to: for a list to sign there (rule 11)."""
    return state in GOING and reason not in NOT_GOING_YET


def is_called_up(state: str | None, reason: str | None, outcome: str | None) -> bool:
    """Say whether a letter may call somebody up: whom a person holds no letter names, also where they sit in class."""
    return goes(state, reason) and outcome != Outcome.HELD
