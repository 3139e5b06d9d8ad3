"""What follows where Moodle did not take what was sent: a batch tried again in halves, and what is written down."""

from collections.abc import Sequence

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.errors import (
    NOT_CONFIRMED,
    ConfigurationError,
    LatsarError,
    RecordRejected,
    SiteRefuses,
    WriteUnknown,
)
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.moodle import in_class_course, in_class_writes
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.spoiled_records import Patience, set_aside, spoils
from latsar_sync.rules.entry_against_course import can_tell
from latsar_sync.run.context import RunContext
from latsar_sync.run.course_with_entrants import Write, go_on_with, positions_by_course
from latsar_sync.run.report import RunReport
from latsar_sync.run.settling import settle_writes


def as_refused(client: MoodleClient, writes: Sequence[Write], error: LatsarError, patience: Patience) -> LatsarError:
    """Return an error that one record can bring upon a whole request as a refusal of it, if nothing of it was done.

    Over one person Moodle may break off each time, and undoes what it did for the others. Of whom that is the site
    itself, ``patience`` tells. Where no answer came nothing is known, and the error stays what it is.
    """
    if isinstance(error, RecordRejected) or not spoils(error):
        return error
    if isinstance(error, WriteUnknown) and not _changed_nothing(client, writes):
        return error
    if len(writes) > 1:
        return set_aside(error)
    try:
        return patience.failed(error)
    except LatsarError:
        return error


def _changed_nothing(client: MoodleClient, writes: Sequence[Write]) -> bool:
    """Say whether everybody whom writes are about stands in their course as before, as far as a reading tells it."""
    if writes[0].kind is PushKind.GROUP:
        return False
    for into, positions in positions_by_course(writes):
        try:
            course = in_class_course.read_people(client, into.course)
        except LatsarError:
            return False
        for user_id in (writes[at].entry.target_user_id or 0 for at in positions):
            as_before = course.enrolled.get(user_id) == into.course.enrolled.get(user_id)
            if not (as_before and can_tell(course, user_id)):
                return False
    return True


def parts_to_try(writes: Sequence[Write], error: LatsarError) -> list[list[int]]:
    """Return the positions of writes that are tried again after an error: each course by itself, or one in halves.

    No parts where a single write was refused, or the error is none that smaller requests would mend.
    """
    courses, middle = positions_by_course(writes), len(writes) // 2
    if len(courses) > 1 and isinstance(error, RecordRejected | SiteRefuses | ConfigurationError):
        return [positions for _, positions in courses]
    if isinstance(error, RecordRejected) and middle:
        return [list(range(middle)), list(range(middle, len(writes)))]
    return []


def note_failure(
    context: RunContext, report: RunReport, writes: Sequence[Write], push_ids: Sequence[int], error: LatsarError
) -> None:
    """Write down that writes were not taken, or may not have been: one that was rejected stands alone, else their
    courses end here.
    """
    if writes[0].kind is PushKind.GROUP:
        _note_no_groups(context, report, writes, push_ids, error)
        return
    before = now = [each.entry for each in writes]
    if isinstance(error, RecordRejected):
        report.rejected += 1
        now = [each._replace(reason="push_rejected") for each in before]
        if error.errorcode == NOT_CONFIRMED:  # where the state of accounts is not told, it shows only now
            now = [each._replace(state=EntryState.REVIEW, reason="target_account_unconfirmed") for each in before]
    elif isinstance(error, WriteUnknown):
        now = [each._replace(reason="push_unknown") for each in before]
    settle_writes(context, report, writes, push_ids, _state_after(error), error, now)
    go_on_with(now, writes)
    for into, _ in positions_by_course(writes):
        if not isinstance(error, RecordRejected):
            into.error = error


def _note_no_groups(
    context: RunContext, report: RunReport, writes: Sequence[Write], push_ids: Sequence[int], error: LatsarError
) -> None:
    """Write down that groups were refused: one that stands alone stops its angkatan, any other error ends the course.

    Where no answer came the courses are looked at: what is not there may still come, and is left to the next run.
    """
    for into, positions in positions_by_course(writes):
        mine, there = [writes[at].angkatan for at in positions], dict[str, int]()
        if isinstance(error, WriteUnknown):
            client = context.tools.clients[into.course.site]
            there = in_class_writes.groups_there(client, into.course, mine)
            into.take_groups(there, mine)
        arrived = [push_ids[at] for at in positions if writes[at].angkatan.id in there]
        settle_writes(context, report, (), arrived, PushState.CONFIRMED)
        lost = [push_ids[at] for at in positions if writes[at].angkatan.id not in there]
        settle_writes(context, report, (), lost, _state_after(error), error)
        if lost and isinstance(error, SiteRefuses | ConfigurationError | WriteUnknown):
            into.note(report, error, ends=False)
        elif lost:
            into.error = error


def _state_after(error: LatsarError) -> PushState:
    """A refusal proves that nothing was done; a write without an answer proves nothing."""
    return PushState.UNKNOWN if isinstance(error, WriteUnknown) else PushState.REJECTED
