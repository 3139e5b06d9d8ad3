"""What a line of the queue asks of a run, and what a preview that was asked for shows of it afterwards."""

from typing import Any

from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.store import queue
from latsar_sync.store.queue import RunRequest


def request_of(request: RunRequest, looked_at: frozenset[str] | None) -> Request:
    """Return the run that is asked for by a line of the queue; ``looked_at`` are the findings that it releases.

    What the schedule asks for as a full run is a night: its depth is settled when it begins.
    """
    return Request(
        command="resync" if request.manual else "run",
        programmes=(request.programme,),
        nip=request.subject if request.scope == "participant" else None,
        full=request.scope == queue.FULL and request.manual,
        night=request.scope == queue.FULL and not request.manual,
        scheduled=not request.manual,
        angkatan=request.subject if request.scope == queue.ANGKATAN else None,
        dry_run=request.scope == queue.PREVIEW,
        accept=request.scope in (queue.ACCEPT, queue.PREVIEW),
        looked_at=looked_at,
        by=request.requested_by if request.scope == queue.ACCEPT else None,
    )


def sent_in_plan(result: ProgrammeResult, looked_at: frozenset[str] | None) -> dict[str, Any] | None:
    """Return what a preview shows: ``looked_at``, the findings that would be released; ``more``, whether others were
    found; ``lines``, each with the ``participant_id`` of somebody who would be sent and the ``angkatan``. None if it
    broke off.
    """
    if result.error is not None:
        return None
    lines = [{"participant_id": each.participant_id, "angkatan": each.angkatan} for each in result.plan if each.action]
    more = result.run.outcome is RunOutcome.GUARDED
    return {"looked_at": sorted(looked_at or ()), "more": more, "lines": lines}
