"""Writing to people through Moodle after a run what is due: written ahead, sent once, settled.

At most once: a message whose answer never came, or that a dead run left behind, counts as sent. What went wrong is said
in a line and changes nothing of the run (rules 8 and 9).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from latsar_sync.domain.errors import LatsarError, LeaseLost, RecordRejected, Stopped, WriteUnknown
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.request import Progress, Step
from latsar_sync.moodle import messages as moodle_messages
from latsar_sync.rules import whom_to_write_to
from latsar_sync.rules.sent_messages import Message, MessageEvent, MessageState, SentMessage
from latsar_sync.run.due_messages import Due, DueMessages
from latsar_sync.store import messages as messages_store
from latsar_sync.store import participants
from latsar_sync.store.actions import may_be_written_to
from latsar_sync.store.entries import load_entries
from latsar_sync.store.leases import Lease
from latsar_sync.store.moves import moved_to

ENOUGH_REJECTED = 5
"""Recipients one after another to whom a site does not deliver: then it is a right that lacks, not the people."""


class MessagesToPeople(DueMessages):
    """Sends what one programme is to write to people."""

    def send(self, lease: Lease, run_id: int, progress: Progress) -> list[str]:
        """Send what is due, one after another, and return lines for a person. Whoever is rejected stops nobody else."""
        if not self._wanted.any:
            return []
        try:
            with lease.writing() as connection:
                messages_store.forget_the_dead(connection, self._programme.id, self._clock())
            due = self.due()
            if due.needless:
                with lease.writing() as connection:
                    messages_store.drop(connection, due.needless, self._clock())
            return due.problems + self._send_all(due, lease, run_id, progress)
        except Stopped:
            return []  # the next run goes on from the log
        except LatsarError as error:
            return [str(error)]

    def leave_out(self, lease: Lease, run_id: int) -> list[str]:
        """Write down as perhaps sent whatever would be due, since the database may not know; return lines for a person.

        Nothing is asked of a site: a digest is written down once for each course, to nobody in particular.
        """
        if not self._wanted.any:
            return []
        now = self._clock()
        today = now.astimezone(self._zone).date()
        with self._database.reading() as connection:
            found, arrivals_told = self._look_up(connection)
            records = {
                record.participant.id: record
                for record in participants.load_records(connection, self._programme.id).values()
            }
            entries = load_entries(connection, self._programme.id)
            moved = moved_to(connection, self._programme.id)
            owed = messages_store.owed_arrivals(connection, self._programme.id, None)
        due_now = list(self._to_participants(records, entries, moved, today))
        news = whom_to_write_to.news_of_courses(records, entries.values(), arrivals_told, owed)
        for (site, course_id), of_course in news.items():
            covers = tuple(entry.participant_id for entry in of_course.of_any)
            occasion = f"{course_id}/{today.isoformat()}"
            due_now.append(Message(MessageEvent.ARRIVALS, site, 0, f"{site}:0", occasion, "", covers))
        with lease.writing() as connection:
            messages_store.leave_asked_out(connection, self._programme.id, now)
            left = messages_store.leave_out(connection, self._programme.id, due_now, found.known, run_id, now)
        if not left:
            return []
        text = counted(
            "{count} message is not sent: it may have been before.",
            "{count} messages are not sent: they may have been before.",
            left,
        )
        return [text.format(count=left)]

    def _send_all(self, due: Due, lease: Lease, run_id: int, progress: Progress) -> list[str]:
        said: list[str] = []
        for site in dict.fromkeys(each.site for each in due.messages):
            if site in self._left_alone:
                continue
            mine = [each for each in due.messages if each.site == site]
            try:
                moodle_messages.require_messages(self._clients[site])
                said += self._send_to(site, mine, due.known, lease, run_id, progress)
            except (LeaseLost, Stopped):
                raise
            except LatsarError as error:
                said.append(str(error))
        return said

    def _send_to(
        self,
        site: str,
        mine: Sequence[Message],
        known: Mapping[tuple[str, str, str], SentMessage],
        lease: Lease,
        run_id: int,
        progress: Progress,
    ) -> list[str]:
        """Send to one site's people. An error that concerns more than one recipient ends it, settled and said."""
        became: Counter[MessageState] = Counter()
        reasons: dict[str, None] = {}
        in_a_row = 0
        for message in mine:
            progress(self._programme.id, Step.FINISH, len(mine))
            if (sent := self._send_one(message, known.get(message.key), lease, run_id)) is None:
                continue
            state, error = sent
            became[state] += 1
            if error is not None:
                reasons[error.message] = None
            in_a_row = in_a_row + 1 if state is MessageState.REJECTED else 0
            if state in (MessageState.REFUSED, MessageState.UNKNOWN) and error is not None:
                reasons[str(error)] = reasons.pop(error.message)
                break
            if in_a_row == ENOUGH_REJECTED and not became[MessageState.SENT]:
                break
        counts = [
            (MessageState.SENT, counted("{count} message sent", "{count} messages sent", became[MessageState.SENT])),
            (MessageState.REJECTED, _("{count} not delivered by Moodle")),
            (MessageState.UNKNOWN, _("{count} without an answer, not sent again")),
        ]
        told = ", ".join(text.format(count=became[state]) for state, text in counts if became[state])
        head = [f"{site}: {told}."] if told else []
        return [" ".join([*head, *reasons])]

    def _send_one(
        self, message: Message, known: SentMessage | None, lease: Lease, run_id: int
    ) -> tuple[MessageState, LatsarError | None] | None:
        """Send one message and return what became of it; None: a named person decided otherwise meanwhile."""
        with lease.writing() as connection:
            now = self._clock()
            if message.event is not MessageEvent.ARRIVALS and not may_be_written_to(connection, message.recipient, now):
                return None
            message_row_id = messages_store.write_ahead(
                connection, self._programme.id, message, known, run_id, self._clock()
            )
        state = MessageState.SENT
        problem: LatsarError | None = None
        try:
            moodle_messages.send(self._clients[message.site], message.user_id, message.text, f"latsar-{message_row_id}")
        except RecordRejected as error:
            state, problem = MessageState.REJECTED, error
        except WriteUnknown as error:
            state, problem = MessageState.UNKNOWN, error
        except LatsarError as error:
            state, problem = MessageState.REFUSED, error
        with lease.writing() as connection:
            messages_store.settle(
                connection, message_row_id, state, self._clock(), problem.message if problem is not None else None
            )
        return state, problem
