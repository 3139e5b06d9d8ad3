"""What is written down of each write into an in-class course: before it is sent, and as Moodle answered.

What the course shows of it afterwards stands in ``reading_back``.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.run.context import RunContext
from latsar_sync.run.course_with_entrants import Write
from latsar_sync.run.report import RunReport
from latsar_sync.store.actions import stopped_since
from latsar_sync.store.entries import save_entries
from latsar_sync.store.pushes import Push, settle, write_ahead


def written_ahead(
    context: RunContext, actions: Actions, some: Sequence[Write], kind: PushKind
) -> tuple[list[Write], list[int]]:
    """Write down what is sent next, and return it with its numbers, without whoever must not be sent any more."""
    stopped: Collection[str] = ()
    with context.lease.writing() as connection:
        now = context.tools.clock()
        if kind is not PushKind.GROUP:
            angkatan_ids = {each.entry.participant_id: each.angkatan.id for each in some}
            account_keys = {each.entry.participant_id: each.entrant.account_key for each in some}
            stopped = stopped_since(connection, context.name, angkatan_ids, account_keys, actions, now)
        batch = [each for each in some if each.entry.participant_id not in stopped]
        pushes = [
            Push(
                kind,
                each.angkatan.id if kind is PushKind.GROUP else each.entry.participant_id,
                each.into.course.site,
                each.into.course.course_id,
                each.entry.target_user_id if kind is not PushKind.GROUP else None,
                group_id=each.into.course.groups[each.angkatan.id] if kind is PushKind.MEMBERSHIP else None,
                role_id=each.angkatan.role_id if kind is PushKind.ENROL else None,
            )
            for each in batch
        ]
        push_ids = write_ahead(connection, context.name, pushes, context.run_id, now) if pushes else []
    return batch, push_ids


def settle_writes(
    context: RunContext,
    report: RunReport,
    writes: Sequence[Write],
    push_ids: Sequence[int],
    state: PushState,
    error: LatsarError | None = None,
    entries: Sequence[Entry] = (),
) -> None:
    """Write down what became of these writes, and with it the ``entries`` of their people as they are by now."""
    with context.lease.writing() as connection:
        settle(connection, push_ids, state, context.tools.clock(), str(error) if error else None)
        save(connection, context, report, [each.entry for each in writes] if entries else (), entries)


def save(
    connection: Connection, context: RunContext, report: RunReport, before: Sequence[Entry], entries: Sequence[Entry]
) -> None:
    """Write down these ``entries`` as they are by now, and count what they came to."""
    before_by_id = {entry.participant_id: entry for entry in before}
    save_entries(connection, context.name, before_by_id, entries, context.tools.clock(), context.run_id)
    report.states_reached.update(
        entry.state for entry in entries if entry.state is not before_by_id[entry.participant_id].state
    )
