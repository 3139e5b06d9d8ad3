"""The shapes of requests for a run, as the command ``resync`` and the API show them."""

from typing_extensions import TypedDict

from latsar_sync.domain.request import RunOutcome
from latsar_sync.store.queue import RunRequest


class _Progress(TypedDict):
    state: str
    step: int | None
    run_id: int | None
    outcome: RunOutcome | None
    message: str | None


class _Number(TypedDict):
    request_id: int


class RequestShape(_Number, _Progress):
    """A request in the queue; ``state`` is queued, running, done or merged."""


class _About(_Number):
    programme: str
    scope: str


class RequestLineShape(_About, _Progress):
    """A request in the queue, and what it is about: one line of ``resync --json``."""


def request_json(request: RunRequest) -> RequestShape:
    """How far a request is."""
    return {"request_id": request.id, **_progress(request)}


def request_line_json(request: RunRequest) -> RequestLineShape:
    """One line of ``resync --json``."""
    return {
        "request_id": request.id,
        "programme": request.programme,
        "scope": request.scope,
        **_progress(request),
    }


def _progress(request: RunRequest) -> _Progress:
    return {
        "state": request.state,
        "step": request.step,
        "run_id": request.run_id,
        "outcome": None if request.outcome is None else RunOutcome(request.outcome),
        "message": request.message,
    }
