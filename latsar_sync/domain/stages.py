"""Where people stand: how far each has come, and what about them needs a committee. Pure.

One definition for what is counted and for what is listed (``store.searches``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from latsar_sync.domain.language import mark

WITHOUT = "-"
"""What is asked for instead of an angkatan: whoever is in none."""
ON_NO_ROSTER = "none"
"""What is asked for instead of a state: whoever is on no roster."""
SEATED, UNSEATED, UNDER_WAY, FOLLOW_UP = "seated", "unseated", "underway", "followup"
"""What is asked for instead of a state: whoever holds a seat, holds none, has one and is not in class yet, is on the
roster and needs somebody.
"""
FOLLOWED_UP = ("review", "withdrawn")

STAGES: Mapping[str, str] = {
    "enrolled": mark("In the MOOC"),
    "materials": mark("Material done"),
    "passed": mark("Material and evaluation done"),
    "qualified": mark("Qualified, or has a seat"),
    "placed": mark("Has a seat"),
    "confirmed": mark("Confirmed in class"),
}
"""The stages of the way; whoever has come to one counts in all before it, so that the numbers only ever narrow."""

ON_THE_WAY = ("planned", "pushed", "review")


def stage_of(row: Mapping[str, Any]) -> int:
    """Return the last stage (its place in ``STAGES``) that a kind of standing has come to."""
    if row["state"] == "confirmed":
        return 5
    if row["state"] in ON_THE_WAY and row["angkatan"] is not None:  # a seat is one of an angkatan (rule 11)
        return 4
    if row["outcome"] == "qualified":
        return 3
    if row["materials"]:
        return 2 if row["passed"] else 1
    return 0


@dataclass(frozen=True, slots=True)
class Need:
    """What needs somebody: people by decision, roster state, roster reason, reason of the decision; all that are given.

    ``nowhere`` is whoever is on no roster and belongs to no angkatan by group: on it, a reason says so.
    """

    label: str
    outcomes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    not_reasons: tuple[str, ...] = ()
    nowhere: bool = False

    def concerns(self, row: Mapping[str, Any], in_a_group: bool) -> bool:
        """Say whether a kind of standing, as ``store.searches`` counts it, needs this."""
        if self.nowhere:
            return row["state"] is None and not in_a_group
        return (
            (not self.outcomes or row["outcome"] in self.outcomes)
            and (not self.states or row["state"] in self.states)
            and (not self.reasons or row["reason"] in self.reasons)
            and (not self.not_reasons or row["reason"] not in self.not_reasons)
            and (not self.codes or any(f" {code} " in row["codes"] for code in self.codes))
        )


NO_ACCOUNT = ("target_account_missing",)
NEEDS: Mapping[str, Need] = {
    "approval": Need(mark("waiting for approval"), reasons=("awaiting_approval",)),
    "held": Need(mark("on hold but still in class"), outcomes=("held",), states=("pushed", "confirmed")),
    "list": Need(mark("planned and no longer on the imported list"), states=("planned",), reasons=("left_the_list",)),
    "account": Need(mark("without an account in the in-class LMS"), states=("review",), reasons=NO_ACCOUNT),
    "review": Need(
        mark("in need of follow-up for another reason"), states=("review", "withdrawn"), not_reasons=NO_ACCOUNT
    ),
    "documents": Need(
        mark("with a document that expired or was revoked"),
        codes=(
            "clearance_expired",
            "clearance_revoked",
            "angkatan_clearance_expired",
            "angkatan_clearance_revoked",
        ),
    ),
    "undetermined": Need(mark("cannot be decided yet"), outcomes=("undetermined",)),
    "nowhere": Need(mark("in the group of no angkatan, or of several"), nowhere=True),
}
"""What needs a committee today, the most urgent first."""
STUCK_ON_THE_ROSTER = ("approval", "account", "review")
"""What of it keeps people on the roster from going on before somebody has looked."""
