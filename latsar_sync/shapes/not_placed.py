"""Why somebody who qualified has no line on the roster, as the last run tells it."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.language import mark, translate
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store.listings import Row
from latsar_sync.store.runs import last_run

NOT_PLACED: Mapping[RunOutcome, str] = {
    RunOutcome.OK: mark("Their angkatan has no in-class phase."),
    RunOutcome.GUARDED: mark("No run has placed them yet: the last one (run {run}) is held."),
    RunOutcome.PARTIAL: mark("No run has placed them yet: the last one (run {run}) was done in part, and says why."),
    RunOutcome.FAILED: mark("No run has placed them yet: the last one (run {run}) broke off, and says why."),
}
"""By how the last run ended: one that did all there was to do leaves off the roster only whoever is sent nowhere."""


class LastRun(NamedTuple):
    """The last run of a programme, which placed not everybody who qualified."""

    run_id: int
    outcome: RunOutcome

    @property
    def says_why(self) -> bool:
        """Say whether that run tells the reason itself."""
        return self.outcome is not RunOutcome.OK

    def told(self, language: str) -> str:
        """Say so to whoever asks why somebody is not on the roster."""
        return translate(NOT_PLACED[self.outcome], language).format(run=self.run_id)


def why_not_placed(connection: Connection, row: Row) -> LastRun | None:
    """Return the last run where it left somebody off the roster, by their ``row`` of a listing.

    None where they are on it or do not qualify, and where what is shown of them says why: a second account, or one that
    is in the MOOC, or on the list, no more.
    """
    if row["state"] is not None or row["outcome"] != Outcome.QUALIFIED or row["merged_into"]:
        return None
    last = last_run(connection, row["programme"])
    if last is None or (last.outcome is RunOutcome.OK and row["enrolment"] == Enrolment.ENDED):
        return None
    return LastRun(last.run_id, last.outcome)
