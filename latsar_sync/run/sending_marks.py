"""Sending marks that were written ahead: what becomes of each, whatever befalls one of those that go out together."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses, WriteUnknown
from latsar_sync.moodle import marks
from latsar_sync.moodle.spoiled_records import Patience, spoils
from latsar_sync.rules.moodle_marks import Mark
from latsar_sync.rules.sent_messages import MessageEvent, MessageState
from latsar_sync.run.context import RunContext

MORNING = time(8)
"""When an event begins: the same day in every zone of Indonesia, and for whoever left UTC in the profile."""


class MarkResult(NamedTuple):
    """What became of one mark, and the error if there was one."""

    state: MessageState
    problem: LatsarError | None = None


def send_marks(context: RunContext, batch: Sequence[Mark], rows: Sequence[int], patience: Patience) -> list[MarkResult]:
    """Send marks of one kind in one course, written ahead as these ``rows``; return what became of each.

    Notes that Moodle refuses together, or over one of which it breaks off, are halved until that one stands alone
    (rule 7). ``patience`` tells one that fails from a site that does.
    """
    context.lease.check()
    try:
        states = _send(context, batch, rows)
    except LatsarError as error:
        if batch[0].line.event is MessageEvent.NOTE and (isinstance(error, RecordRejected) or spoils(error)):
            return _send_apart(context, batch, rows, error, patience)
        return [MarkResult(_state_after(error), error)] * len(batch)
    patience.answered()
    return [MarkResult(state) for state in states]


def _send(context: RunContext, batch: Sequence[Mark], rows: Sequence[int]) -> list[MessageState]:
    first = batch[0]
    client = context.tools.clients[first.line.site]
    if first.line.event is MessageEvent.NOTE:
        notes = [(each.line.user_id, each.line.text, f"latsar-{row}") for each, row in zip(batch, rows, strict=True)]
        written = marks.write_notes(client, first.course_id, notes)
        return [MessageState.SENT if each else MessageState.REJECTED for each in written]
    if first.line.event is MessageEvent.DESCRIPTION:
        marks.describe_group(client, first.course_id, first.group_id, first.title, first.line.text)
        return [MessageState.SENT]
    zone = context.tools.settings.zone_of(context.programme)
    begins = datetime.combine(first.starts or context.today, MORNING, zone)
    marks.enter_event(client, first.course_id, first.group_id, first.title, first.line.text, begins)
    return [MessageState.SENT]


def _send_apart(
    context: RunContext, batch: Sequence[Mark], rows: Sequence[int], error: LatsarError, patience: Patience
) -> list[MarkResult]:
    """Send notes again in halves, but those that are there by now: Moodle may have written some before it broke off."""
    if len(batch) == 1 and isinstance(error, RecordRejected):
        return [MarkResult(MessageState.REJECTED, error)]
    client, course_id = context.tools.clients[batch[0].line.site], batch[0].course_id
    try:
        there = marks.noted_people(client, course_id)
    except LatsarError:
        return [MarkResult(MessageState.UNKNOWN, error)] * len(batch)
    became = {at: MarkResult(MessageState.SENT) for at, each in enumerate(batch) if each.line.user_id in there}
    left = [at for at in range(len(batch)) if at not in became]
    if left and len(batch) == 1:
        return [_refused_alone(error, patience)]
    middle = (len(left) + 1) // 2
    for part in filter(None, (left[:middle], left[middle:])):
        if any(each.problem is not None and ends(each) for each in became.values()):
            became |= dict.fromkeys(part, MarkResult(MessageState.REFUSED, error))
        else:
            some = send_marks(context, [batch[at] for at in part], [rows[at] for at in part], patience)
            became |= dict(zip(part, some, strict=True))
    return [became[at] for at in range(len(batch))]


def _refused_alone(error: LatsarError, patience: Patience) -> MarkResult:
    """Return what became of the one note over which Moodle broke off, and which is not there."""
    try:
        return MarkResult(MessageState.REJECTED, patience.failed(error))
    except LatsarError:
        return MarkResult(MessageState.REFUSED, error)


def ends(became: MarkResult) -> bool:
    """Say whether nothing more is sent in the course of a mark of which this became."""
    return became.state in (MessageState.REFUSED, MessageState.UNKNOWN)


def ends_for_the_site(became: MarkResult) -> bool:
    """Say whether nothing more is sent on the site: it fails, which no right or setting of one course does."""
    return ends(became) and not isinstance(became.problem, SiteRefuses | ConfigurationError)


def _state_after(error: LatsarError) -> MessageState:
    if isinstance(error, RecordRejected):
        return MessageState.REJECTED
    return MessageState.UNKNOWN if isinstance(error, WriteUnknown) else MessageState.REFUSED
