"""Writing to people through Moodle after a walk: who is due what, written ahead, sent once, settled.

At most once: a letter whose answer never came, or that a dead run left behind, counts as sent. What went wrong is said
in a line and changes nothing of the run (design §2; rules 8 and 9).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from latsar_sync import letters
from latsar_sync.errors import LatsarError, LeaseLost, RecordRejected, Stopped, WriteUnknown
from latsar_sync.language import _, counted, speaking
from latsar_sync.letters import Class, Letter, LetterEvent
from latsar_sync.model import Entry
from latsar_sync.moodle import messages
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.records import Record
from latsar_sync.request import Progress, Step
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.store import letters as letters_store
from latsar_sync.store import participants, rosters
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
from latsar_sync.store.letters import LetterState, SentLetter
from latsar_sync.wishes import listed_of

ENOUGH_REJECTED = 5
"""Recipients one after another to whom a site does not deliver: then it is a right that lacks, not the people."""


@dataclass(slots=True)
class Due:
    """What is to be sent now, the log as it stands, and what could not be found out."""

    letters: list[Letter] = field(default_factory=list)
    known: Mapping[tuple[str, str, str], SentLetter] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Correspondence:
    """Letters of one programme. ``closed`` sites are not asked; ``clients`` are by site name."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        programme: ProgrammeSettings,
        clients: Mapping[str, MoodleClient],
        clock: Callable[[], datetime],
        closed: Mapping[str, str] | None = None,
    ) -> None:
        self._database = database
        self._programme = programme
        self._clients = clients
        self._clock = clock
        self._closed = closed or {}
        self._zone = settings.zone_of(programme)
        self._wanted = programme.messages

    def due(self) -> Due:
        """Return what would be sent now. It reads the managers of courses with newly arrived people from Moodle."""
        if not self._wanted.any:
            return Due()
        now = self._clock()
        local = now.astimezone(self._zone)
        with self._database.reading() as connection:
            found, told = self._look_up(connection)
            records = {
                record.participant.id: record
                for record in participants.load_records(connection, self._programme.id).values()
                if record.participant.merged_into is None
            }
            entries = rosters.load_entries(connection, self._programme.id)
        found.names = {each.participant.id: each.participant.person.name for each in records.values()}
        with speaking(self._wanted.language):
            wished = list(self._to_participants(records, entries, local.date()))
            if self._wanted.managers and local.hour >= self._wanted.digest_hour:
                arrived = letters.arrivals(records, entries.values(), told)
                wished += self._to_managers(arrived, records, local.date(), found.problems)
        found.letters = [
            each for each in wished if each.key not in found.known or found.known[each.key].may_go_again(now)
        ]
        return found

    def send(self, lease: Lease, run_id: int, progress: Progress) -> list[str]:
        """Send what is due, one after another, and return lines for a person. Whoever is rejected stops nobody else."""
        if not self._wanted.any:
            return []
        try:
            with lease.writing() as connection:
                letters_store.forget_the_dead(connection, self._programme.id, self._clock())
            due = self.due()
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
            found, told = self._look_up(connection)
            records = {
                record.participant.id: record
                for record in participants.load_records(connection, self._programme.id).values()
            }
            entries = rosters.load_entries(connection, self._programme.id)
        wished = list(self._to_participants(records, entries, today))
        for (site, course_id), arrived in letters.arrivals(records, entries.values(), told).items():
            covers = tuple(entry.participant_id for entry in arrived)
            occasion = f"{course_id}/{today.isoformat()}"
            wished.append(Letter(LetterEvent.ARRIVALS, site, 0, f"{site}:0", occasion, "", covers))
        with lease.writing() as connection:
            left = letters_store.leave_out(connection, self._programme.id, wished, found.known, run_id, now)
        if not left:
            return []
        text = counted(
            "{count} message is not sent: it may have been before.",
            "{count} messages are not sent: they may have been before.",
            left,
        )
        return [text.format(count=left)]

    def _look_up(self, connection: Connection) -> tuple[Due, dict[tuple[str, int], frozenset[str]]]:
        known = letters_store.load_letters(connection, self._programme.id)
        return Due(known=known), letters_store.told_arrivals(connection, self._programme.id)

    def _to_participants(
        self, records: Mapping[str, Record], entries: Mapping[str, Entry], today: date
    ) -> Iterable[Letter]:
        site, title, longest = self._programme.source.site, self._programme.title, messages.LONGEST_BYTES
        if site is None:
            return  # people who came by a file have no account in a MOOC
        cohorts = {cohort.id: cohort for cohort in self._programme.angkatan}
        listed = listed_of(self._programme, today)
        for record in records.values():
            entry = entries.get(record.participant.id)
            if self._wanted.reminders:
                deadline = self._programme.deadline_of(self._cohort(record, entry, cohorts, listed))
                due = letters.reminder(record, site, title, deadline, self._wanted.reminders, today, longest)
                if due is not None:
                    yield due
            if self._wanted.admitted and entry is not None and entry.angkatan in cohorts:
                cohort = cohorts[entry.angkatan]
                group = Class(cohort.id, cohort.group_name, cohort.starts, cohort.ends)
                due = letters.admitted(record, entry, group, site, title, today, longest)
                if due is not None:
                    yield due

    def _cohort(
        self,
        record: Record,
        entry: Entry | None,
        cohorts: Mapping[str, AngkatanSettings],
        listed: Mapping[str, str],
    ) -> AngkatanSettings | None:
        """Return the angkatan that somebody belongs to, None if that cannot be told yet."""
        if entry is not None and entry.angkatan is not None:
            return cohorts.get(entry.angkatan)
        if self._programme.placement == "list":
            return cohorts.get(listed.get(record.participant.nip or "", ""))
        groups = record.participant.person.groups
        mine = [each for each in cohorts.values() if each.source_group is not None and each.source_group in groups]
        return mine[0] if len(mine) == 1 else None

    def _to_managers(
        self,
        arrived: Mapping[tuple[str, int], Sequence[Entry]],
        records: Mapping[str, Record],
        today: date,
        problems: list[str],
    ) -> list[Letter]:
        found: list[Letter] = []
        for (site, course_id), entries in arrived.items():
            if site in self._closed or site not in self._clients:
                continue
            try:
                managers = messages.people_with_role(self._clients[site], course_id, self._wanted.manager_roles)
            except LatsarError as error:
                problems.append(str(error))
                continue
            if not managers:
                said = _("{site}: nobody active in {course} holds one of the manager_roles; the digest waits.")
                problems.append(said.format(site=site, course=entries[0].course))
            title, longest = self._programme.title, messages.LONGEST_BYTES
            found += letters.digest(entries, records, managers, title, today, longest)
        return found

    def _send_all(self, due: Due, lease: Lease, run_id: int, progress: Progress) -> list[str]:
        said: list[str] = []
        for site in dict.fromkeys(each.site for each in due.letters):
            if site in self._closed:
                continue
            mine = [each for each in due.letters if each.site == site]
            try:
                messages.require_messages(self._clients[site])
                said += self._send_to(site, mine, due.known, lease, run_id, progress)
            except (LeaseLost, Stopped):
                raise
            except LatsarError as error:
                said.append(str(error))
        return said

    def _send_to(
        self,
        site: str,
        mine: Sequence[Letter],
        known: Mapping[tuple[str, str, str], SentLetter],
        lease: Lease,
        run_id: int,
        progress: Progress,
    ) -> list[str]:
        """Send to one site's people. An error that concerns more than one recipient ends it, settled and said."""
        became: Counter[LetterState] = Counter()
        reasons: dict[str, None] = {}
        in_a_row = 0
        for letter in mine:
            progress(self._programme.id, Step.FINISH, len(mine))
            state, error = self._send_one(letter, known.get(letter.key), lease, run_id)
            became[state] += 1
            if error is not None:
                reasons[error.message] = None
            in_a_row = in_a_row + 1 if state is LetterState.REJECTED else 0
            if state in (LetterState.REFUSED, LetterState.UNKNOWN) and error is not None:
                reasons[str(error)] = reasons.pop(error.message)
                break
            if in_a_row == ENOUGH_REJECTED and not became[LetterState.SENT]:
                break
        counts = [
            (LetterState.SENT, counted("{count} message sent", "{count} messages sent", became[LetterState.SENT])),
            (LetterState.REJECTED, _("{count} not delivered by Moodle")),
            (LetterState.UNKNOWN, _("{count} without an answer, not sent again")),
        ]
        told = ", ".join(text.format(count=became[state]) for state, text in counts if became[state])
        head = [f"{site}: {told}."] if told else []
        return [" ".join([*head, *reasons])]

    def _send_one(
        self, letter: Letter, known: SentLetter | None, lease: Lease, run_id: int
    ) -> tuple[LetterState, LatsarError | None]:
        with lease.writing() as connection:
            letter_id = letters_store.write_ahead(connection, self._programme.id, letter, known, run_id, self._clock())
        state = LetterState.SENT
        problem: LatsarError | None = None
        try:
            messages.send(self._clients[letter.site], letter.user_id, letter.text, f"latsar-{letter_id}")
        except RecordRejected as error:
            state, problem = LetterState.REJECTED, error
        except WriteUnknown as error:
            state, problem = LetterState.UNKNOWN, error
        except LatsarError as error:
            state, problem = LetterState.REFUSED, error
        with lease.writing() as connection:
            letters_store.settle(
                connection, letter_id, state, self._clock(), problem.message if problem is not None else None
            )
        return state, problem
