"""Which messages to people are due now, by what is known of everybody and what was sent before (rules 8 and 9)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _, speaking
from latsar_sync.domain.records import Record
from latsar_sync.moodle import messages as moodle_messages
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules import sent_messages, whom_to_write_to
from latsar_sync.rules.message_texts import InClassPhase
from latsar_sync.rules.sent_messages import Message, SentMessage
from latsar_sync.rules.which_angkatan import Belonging, home_of
from latsar_sync.rules.whom_to_write_to import NewsOfCourse
from latsar_sync.run.configured import listed_of
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import angkatan_of
from latsar_sync.store import messages as messages_store
from latsar_sync.store import participants
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries
from latsar_sync.store.moves import moved_to


@dataclass(slots=True)
class Due:
    """What is to be sent now, the log as it stands, and what could not be found out."""

    messages: list[Message] = field(default_factory=list)
    known: Mapping[tuple[str, str, str], SentMessage] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    needless: list[int] = field(default_factory=list)
    """Reminders that somebody asked for, by their number in the log, and that nobody needs any more."""
    problems: list[str] = field(default_factory=list)


class DueMessages:
    """What one programme is to write to people. ``left_alone`` sites are not asked; ``clients`` are by site name."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        programme: ProgrammeSettings,
        clients: Mapping[str, MoodleClient],
        clock: Callable[[], datetime],
        left_alone: Mapping[str, str] | None = None,
    ) -> None:
        self._database = database
        self._programme = programme
        self._clients = clients
        self._clock = clock
        self._left_alone = left_alone or {}
        self._zone = settings.zone_of(programme)
        self._wanted = programme.messages

    def due(self) -> Due:
        """Return what would be sent now. It reads the managers of courses with newly arrived people from Moodle."""
        if not self._wanted.any:
            return Due()
        now = self._clock()
        local = now.astimezone(self._zone)
        with self._database.reading() as connection:
            found, arrivals_told = self._look_up(connection)
            owed = messages_store.owed_arrivals(connection, self._programme.id, now)
            everybody = participants.load_records(connection, self._programme.id).values()
            entries = load_entries(connection, self._programme.id)
            moved = moved_to(connection, self._programme.id)
        records = {each.participant.id: each for each in everybody if each.participant.merged_into is None}
        merged = {each.participant.id: each.participant.merged_into for each in everybody}
        told_already = sent_messages.of_one_person(found.known.values(), merged)
        found.names = {each.participant.id: each.participant.person.name for each in records.values()}
        with speaking(self._wanted.language):
            due_now = list(self._to_participants(records, entries, moved, local.date()))
            found.needless = self._asked_for(found.known, records, entries, moved, local.date(), due_now)
            if self._wanted.managers and local.hour >= self._wanted.digest_hour:
                news = whom_to_write_to.news_of_courses(records, entries.values(), arrivals_told, owed)
                due_now += self._to_managers(news, records, local.date(), found.problems)
        last = sent_messages.told_last(told_already.values())

        def goes(known: SentMessage | None) -> bool:
            return known is None or known.may_go_again(now) or sent_messages.is_told_otherwise(known, last)

        found.messages = [each for each in due_now if goes(told_already.get(each.key))]
        return found

    def preview(self) -> tuple[Due, list[tuple[str, int]]]:
        """Return what the next run would write to participants, and of how many it would tell managers, by course.

        Nothing is read from Moodle; who the managers are is asked for by the run.
        """
        if not self._wanted.any:
            return Due(), []
        with self._database.reading() as connection:
            records = {
                each.participant.id: each for each in participants.load_records(connection, self._programme.id).values()
            }
            entries = load_entries(connection, self._programme.id)
            told = messages_store.told_arrivals(connection, self._programme.id)
            owed = messages_store.owed_arrivals(connection, self._programme.id, self._clock())
        news = whom_to_write_to.news_of_courses(records, entries.values(), told, owed) if self._wanted.managers else {}
        courses = [(f"{site}: {each.there[0].course}", len(each.of_any)) for (site, _id), each in news.items()]
        return self.due(), courses

    def _look_up(self, connection: Connection) -> tuple[Due, dict[tuple[str, int], frozenset[str]]]:
        known = messages_store.load_messages(connection, self._programme.id)
        return Due(known=known), messages_store.told_arrivals(connection, self._programme.id)

    def _to_participants(
        self, records: Mapping[str, Record], entries: Mapping[str, Entry], moved: Mapping[str, str], today: date
    ) -> Iterable[Message]:
        site, title, longest = self._programme.source.site, self._programme.title, moodle_messages.LONGEST_BYTES
        if site is None:
            return  # people who came by a file have no account in a MOOC
        all_angkatan = {angkatan.id: angkatan for angkatan in self._programme.angkatan}
        home_of = self._reader_of_homes(entries, moved, today)
        for record in records.values():
            entry = entries.get(record.participant.id)
            if self._wanted.reminders:
                deadline = self._programme.deadline_of(home_of(record))
                due = whom_to_write_to.reminder(record, site, title, deadline, self._wanted.reminders, today, longest)
                if due is not None:
                    yield due
            if self._wanted.admitted and entry is not None and entry.angkatan in all_angkatan:
                angkatan = all_angkatan[entry.angkatan]
                group = InClassPhase(angkatan.id, angkatan.group_name, angkatan.starts, angkatan.ends)
                due = whom_to_write_to.admitted(record, entry, group, site, title, today, longest)
                if due is not None:
                    yield due

    def _asked_for(
        self,
        known: Mapping[tuple[str, str, str], SentMessage],
        records: Mapping[str, Record],
        entries: Mapping[str, Entry],
        moved: Mapping[str, str],
        today: date,
        due_now: list[Message],
    ) -> list[int]:
        """Add the reminders that named persons asked for to what is due; return those that nobody needs any more."""
        asked = [each for each in known.values() if sent_messages.is_still_asked_for(each)]
        site, title, longest = self._programme.source.site, self._programme.title, moodle_messages.LONGEST_BYTES
        home_of = self._reader_of_homes(entries, moved, today)
        needless = []
        for each in asked:
            _event, who, occasion = each.key
            record = records.get(who)
            message = None
            if record is not None and site is not None:
                deadline = self._programme.deadline_of(home_of(record))
                message = whom_to_write_to.asked_reminder(record, site, title, deadline, occasion, today, longest)
            if message is None:
                needless.append(each.id)
            else:
                due_now.append(message)
        return needless

    def _reader_of_homes(
        self, entries: Mapping[str, Entry], moved: Mapping[str, str], today: date
    ) -> Callable[[Record], AngkatanSettings | None]:
        """Return what tells the angkatan that somebody belongs to, None if that cannot be told yet."""
        belonging = Belonging(self._programme.placement, angkatan_of(self._programme))
        known = self._programme.angkatan_by_id
        listed = listed_of(self._programme, today)

        def home(record: Record) -> AngkatanSettings | None:
            who, groups = record.participant, record.participant.person.groups
            found = home_of(belonging, entries.get(who.id), groups, listed.get(who.nip or ""), moved.get(who.id))
            return known.get(found or "")

        return home

    def _to_managers(
        self,
        news: Mapping[tuple[str, int], NewsOfCourse],
        records: Mapping[str, Record],
        today: date,
        problems: list[str],
    ) -> list[Message]:
        found: list[Message] = []
        for (site, course_id), of_course in news.items():
            if site in self._left_alone or site not in self._clients:
                continue
            try:
                managers = moodle_messages.people_with_role(self._clients[site], course_id, self._wanted.manager_roles)
            except LatsarError as error:
                problems.append(str(error))
                continue
            if not managers:
                said = _("{site}: nobody active in {course} holds a role of its managers; the digest waits.")
                problems.append(said.format(site=site, course=of_course.there[0].course))
            title, longest = self._programme.title, moodle_messages.LONGEST_BYTES
            for manager in managers:
                if told := of_course.of(manager):
                    found += whom_to_write_to.digest(told, records, [manager], title, today, longest)
        return found
