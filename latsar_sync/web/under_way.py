"""What is asked for and under way in a programme, in words: for a page as it is made, and for its live line."""

from datetime import datetime
from typing import TypedDict

from latsar_sync.domain import figures
from latsar_sync.domain.language import _
from latsar_sync.domain.request import RUNNING, STEP_TEXTS, Step
from latsar_sync.store import queue
from latsar_sync.store.leases import holders
from latsar_sync.store.queue import RunRequest
from latsar_sync.web.context import PageContext

TOLD_EVERY_SECONDS = 5
"""How long a run goes on is told anew so often."""


class RunUnderWay(TypedDict):
    """A line for each request; ``last`` is another number when one has ended. ``step`` of ``steps`` is where the run
    is that goes on, null if none does; ``stop`` is the number by which it can be asked to end.
    """

    lines: list[str]
    last: int
    step: int | None
    steps: int
    stop: int | None


def under_way(context: PageContext, programme: str) -> RunUnderWay:
    """Return what is asked for and under way in a programme."""
    now = context.clock()
    with context.database.reading() as connection:
        open_requests = queue.open_requests(connection, programme)
        ended = queue.count_finished(connection, programme)
    lines = [_line(request, now) for request in open_requests]
    running = [each for each in open_requests if each.state == RUNNING]
    if not running and any(each.programme == programme and not each.is_dead(now) for each in holders(context.database)):
        lines.append(_("A run by command is under way."))
    first = running[0] if running else None
    return {
        "lines": lines,
        "last": ended,
        "step": (first.step or 0) if first else None,
        "steps": len(Step),
        "stop": first.id if first and not first.stopped_by else None,
    }


def _line(request: RunRequest, now: datetime) -> str:
    if request.state != RUNNING:
        if request.manual:
            return _("Waiting for the service; asked for by {name}.").format(name=request.requested_by)
        return _("Waiting for the service; asked for by the schedule.")
    if not request.step:
        return _("Beginning.")
    text = _("Step {step} of {steps}: {text}").format(
        step=request.step, steps=len(Step), text=_(STEP_TEXTS[Step(request.step)])
    )
    text += f" ({request.step_count})" if request.step_count else ""
    if request.claimed_at is not None:
        seconds = max(0, int((now - request.claimed_at).total_seconds()))
        text += f" · {figures.seconds(seconds - seconds % TOLD_EVERY_SECONDS)}"
    if request.stopped_by:
        text += " · " + _("{name} asked it to end; it ends at the next step.").format(name=request.stopped_by)
    return text
