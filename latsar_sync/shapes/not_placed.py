"""Which run may have kept somebody off the roster who qualified, and how that is told."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.language import mark, translate
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store.listings import Row
from latsar_sync.store.runs import last_run

NOT_PLACED: Mapping[RunOutcome, str] = {
    RunOutcome.GUARDED: mark("No run has placed them yet: the last one (run {run}) is held."),
    RunOutcome.PARTIAL: mark("No run has placed them yet: the last one (run {run}) was done in part, and says why."),
    RunOutcome.FAILED: mark("No run has placed them yet: the last one (run {run}) broke off, and says why."),
}
"""Runs after which somebody who qualified may have no line on the roster, though their angkatan has a course."""


class LastRun(NamedTuple):
    """The last run of a programme, which placed not everybody who qualified."""

    run_id: int
    outcome: RunOutcome

    def told(self, language: str) -> str:
        """Say so to whoever asks why somebody is not on the roster."""
        return translate(NOT_PLACED[self.outcome], language).format(run=self.run_id)


def why_not_placed(connection: Connection, row: Row) -> LastRun | None:
    """Return the run that may have kept somebody off the roster, by their ``row`` of a listing.

    None where they are on it or do not qualify, and where that run did all there was to do.
    """
    if row["state"] is not None or row["outcome"] != Outcome.QUALIFIED:
        return None
    last = last_run(connection, row["programme"])
    return LastRun(last.run_id, last.outcome) if last is not None and last.outcome in NOT_PLACED else None
