"""Leaving marks in Moodle after a run: who is due which, written ahead, sent once, settled, as messages are.

A note whose answer never came, or that a dead run left behind, is looked for in the course before it is left again, a
description is read before it is written; an event counts as entered, since no function tells whose it is. What went
wrong is said and changes nothing of the run.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from latsar_sync.domain.errors import LatsarError, LeaseLost, Stopped
from latsar_sync.domain.language import _, counted, speaking
from latsar_sync.domain.request import Step
from latsar_sync.moodle import marks
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.spoiled_records import Patience
from latsar_sync.rules import moodle_marks
from latsar_sync.rules.moodle_marks import Mark, MarkedAngkatan
from latsar_sync.rules.sent_messages import MessageEvent, MessageState, SentMessage
from latsar_sync.run.context import RunContext
from latsar_sync.run.sending_marks import MarkResult, ends, ends_for_the_site, send_marks
from latsar_sync.settings import AngkatanSettings
from latsar_sync.store import finalisations, participants, pushes, thresholds
from latsar_sync.store import messages as log
from latsar_sync.store.entries import load_entries

NOTES_A_CALL = 50
A_CALL_ENDS_WITHIN = timedelta(minutes=10)
"""PHP gives a web-service call 6 minutes (Moodle ``lib/setup.php``)."""
KINDS = {
    "note": MessageEvent.NOTE,
    "group_description": MessageEvent.DESCRIPTION,
    "event": MessageEvent.EVENT,
}
"""Kinds of marks by their key in ``[programmes.marks]``."""


@dataclass(slots=True)
class _Due:
    """What is to be left now, the log as it stands, and the notes of which nobody knows whether they were written."""

    known: dict[tuple[str, str, str], SentMessage]
    marks: list[Mark] = field(default_factory=list)
    in_doubt: list[Mark] = field(default_factory=list)


class Marks:
    """The marks of one programme on its in-class sites."""

    def __init__(self, context: RunContext) -> None:
        """Take the run after which they are left."""
        self._context = context
        self._wanted = context.programme.marks
        self._zone = context.tools.settings.zone_of(context.programme)

    def leave(self) -> list[str]:
        """Leave what is due, and return lines for a person."""
        if not self._wanted.kinds:
            return []
        try:
            with self._context.lease.writing() as connection:
                log.forget_the_dead(connection, self._context.name, self._context.tools.clock())
            due = self._due()
            self._look_for_notes(due)
            return [
                line
                for kind in self._wanted.kinds
                for site in sorted({each.line.site for each in due.marks} - self._context.tools.left_alone.keys())
                for line in self._leave_on(site, kind, due)
            ]
        except Stopped:
            return []  # the next run goes on from the log
        except LeaseLost:
            raise
        except LatsarError as error:
            return [str(error)]

    def leave_out(self) -> list[str]:
        """Write down as perhaps left whatever would be due, since the database may not know; return lines."""
        if not self._wanted.kinds:
            return []
        due = self._due()
        lines = [each.line for each in due.marks if each.line.event is not MessageEvent.DESCRIPTION]
        now = self._context.tools.clock()
        with self._context.lease.writing() as connection:
            left = log.leave_out(connection, self._context.name, lines, due.known, self._context.run_id, now)
        said = counted(
            "{count} mark is not left in Moodle: it may be there.",
            "{count} marks are not left in Moodle: they may be.",
            left,
        )
        return [said.format(count=left)] if left else []

    def _due(self) -> _Due:
        programme, now = self._context.programme, self._context.tools.clock()
        with self._context.tools.database.reading() as connection:
            found = _Due(log.load_messages(connection, programme.id))
            entries = load_entries(connection, programme.id)
            known = moodle_marks.MarkFacts(
                programme.title,
                {each.version: each for each in thresholds.threshold_history(connection, programme.id)},
                tuple(finalisations.finalisation_history(connection, programme.id)),
                {
                    record.participant.id: record
                    for record in participants.load_records(connection, programme.id).values()
                },
                {who: when.astimezone(self._zone) for who, when in pushes.sent_times(connection, programme.id).items()},
                f"{self._address}/people/" if self._address else "",
            )
        all_angkatan = [self._marked(each) for each in programme.angkatan]
        with speaking(self._wanted.language):
            wanted: dict[str, Callable[[], list[Mark]]] = {
                "note": lambda: moodle_marks.notes(entries.values(), known, self._wanted.note_score),
                "group_description": lambda: moodle_marks.descriptions(entries.values(), all_angkatan, known),
                "event": lambda: moodle_marks.events(entries.values(), all_angkatan, known, self._context.today),
            }
            due = [mark for kind in self._wanted.kinds for mark in wanted[kind]()]
        # an angkatan that is over may have been on a site that is configured no more
        due = [each for each in due if each.line.site in self._context.tools.clients]
        found.marks = [each for each in due if _may_go(each, found.known.get(each.line.key), now)]
        found.in_doubt = [each for each in due if _is_in_doubt(each, found.known.get(each.line.key), now)]
        return found

    def _look_for_notes(self, due: _Due) -> None:
        """Settle the notes that are in doubt by reading those of their courses; what is not there is left now."""
        by_course: dict[tuple[str, int], list[Mark]] = {}
        for each in due.in_doubt:
            by_course.setdefault((each.line.site, each.course_id), []).append(each)
        for (site, course_id), doubtful in by_course.items():
            if site in self._context.tools.left_alone:
                continue
            client = self._context.tools.clients[site]
            if not client.supports(Function.COURSE_NOTES):
                continue
            there = marks.noted_people(client, course_id)
            with self._context.lease.writing() as connection:
                for each in doubtful:
                    if each.line.user_id in there:
                        row = due.known[each.line.key].id
                        log.settle(connection, row, MessageState.SENT, self._context.tools.clock())
            due.marks += [each for each in doubtful if each.line.user_id not in there]

    @property
    def _address(self) -> str:
        return (self._context.tools.settings.service.public_url or "").rstrip("/")

    def _marked(self, angkatan: AngkatanSettings) -> MarkedAngkatan:
        page = f"{self._address}/classes/{quote(self._context.name)}/{quote(angkatan.id)}" if self._address else ""
        return MarkedAngkatan(angkatan.id, angkatan.starts, page)

    def _leave_on(self, site: str, kind: str, due: _Due) -> list[str]:
        """Leave the marks of one kind on one site; what one course refuses keeps no other from its own."""
        mine = [each for each in due.marks if each.line.site == site and each.line.event is KINDS[kind]]
        if not mine:
            return []
        client = self._context.tools.clients[site]
        became: Counter[MessageState] = Counter()
        said: dict[str, None] = {}
        try:
            marks.require(client, kind)
        except LatsarError as error:
            return [str(error)]
        by_course: dict[int, list[Mark]] = {}
        for each in mine:
            by_course.setdefault(each.course_id, []).append(each)
        for there in by_course.values():
            results = self._leave_in_course(there, NOTES_A_CALL if kind == "note" else 1, due)
            became.update(each.state for each in results)
            said |= {str(each.problem): None for each in results if each.problem is not None}
            if any(map(ends_for_the_site, results)):
                break
        counts = [
            (MessageState.SENT, counted("{count} mark left", "{count} marks left", became[MessageState.SENT])),
            (MessageState.REJECTED, _("{count} not taken by Moodle")),
            (MessageState.UNKNOWN, _("{count} without an answer, not left again")),
        ]
        told = ", ".join(text.format(count=became[state]) for state, text in counts if became[state])
        head = [f"{site}, {_NAMES[kind]()}: {told}."] if told else []
        return [" ".join([*head, *said])]

    def _leave_in_course(self, there: Sequence[Mark], size: int, due: _Due) -> list[MarkResult]:
        """Leave marks of one kind in one course, so many in a call, until something concerns all of them."""
        results, patience = list[MarkResult](), Patience()
        for batch in chunks(there, size):
            self._context.step(Step.FINISH, len(there))
            some = self._leave_batch(batch, due, patience)
            results += some
            if any(map(ends, some)):
                break
        return results

    def _leave_batch(self, batch: Sequence[Mark], due: _Due, patience: Patience) -> list[MarkResult]:
        """Write ahead, send, settle; return what became of each."""
        context = self._context
        with context.lease.writing() as connection:
            rows = [
                log.write_ahead(
                    connection,
                    context.name,
                    each.line,
                    due.known.get(each.line.key),
                    context.run_id,
                    context.tools.clock(),
                )
                for each in batch
            ]
        results = send_marks(context, batch, rows, patience)
        with context.lease.writing() as connection:
            for row, each in zip(rows, results, strict=True):
                why = each.problem.message if each.problem else None
                log.settle(connection, row, each.state, context.tools.clock(), why)
        return results


_NAMES: dict[str, Callable[[], str]] = {
    "note": lambda: _("notes"),
    "group_description": lambda: _("descriptions of groups"),
    "event": lambda: _("calendar events"),
}


def _is_in_doubt(mark: Mark, known: SentMessage | None, now: datetime) -> bool:
    """Say whether a note may or may not be there, and the site has surely ended the call that was to write it."""
    if known is None or mark.line.event is not MessageEvent.NOTE or known.state is not MessageState.UNKNOWN:
        return False
    return known.settled_at is not None and now - known.settled_at >= A_CALL_ENDS_WITHIN


def _may_go(mark: Mark, known: SentMessage | None, now: datetime) -> bool:
    if known is None or known.may_go_again(now):
        return True
    return mark.line.event is MessageEvent.DESCRIPTION and known.state is MessageState.UNKNOWN
