"""Telling the operators: a run failed, a guard holds, something is stale, it is good again, and a weekly sign of life.

What is to be told is written down first, in the transaction that notices it, and sent afterwards by whichever daemon
claims it; a run neither waits for it nor fails by it. Nothing here names a person.
"""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain import figures
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.finding_texts import finding_text
from latsar_sync.domain.language import _, counted, in_use, mark
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.domain.state_words import OUTCOME_TEXTS, word
from latsar_sync.rules.finalisation import files_are_old
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.service.channels import Channel
from latsar_sync.service.committee import Committees
from latsar_sync.service.ping import Ping
from latsar_sync.service.schedule import timetables
from latsar_sync.settings import NoticeEvent, ProgrammeSettings, Settings
from latsar_sync.store import counts, imports, run_figures, runs
from latsar_sync.store import notices as store
from latsar_sync.store.database import Database
from latsar_sync.store.entries import count_entries
from latsar_sync.store.notices import Notice, NoticeState

log = structlog.get_logger("latsar_sync")

CHANNELS_AT_ONCE = 8
WEEK = timedelta(days=7)
TIME_FOR_A_RUN = timedelta(minutes=15)
"""What a daemon that comes back after a long absence is given before anything is called stale."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_RUNS: tuple[NoticeEvent, ...] = ("failed", "partial", "guarded", "stale")

CAME = {
    "waiting": mark("{number} wait for a named person"),
    "taken": mark("{number} taken"),
    "rejected": mark("{number} refused"),
}

Text = tuple[str, str]


class Notices:
    """The notices of one daemon, to operators, committees, and whoever waits for a sign of life; without tables, none.

    Raise ConfigurationError if an address cannot be used.
    """

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._started = clock()
        self._wanted = settings.notices
        self._channel = Channel(self._wanted.urls) if self._wanted else None
        self._committees = Committees(settings, database, clock)
        self._ping = Ping(settings, database)
        self._pool = ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="notices")
        self._sending: dict[Channel, Future[None]] = {}
        self._ends = threading.Event()

    def run_ended(self, result: ProgrammeResult, site_failed: bool) -> None:
        """Take note of how a run ended. ``site_failed`` says that a site as a whole did, whose own notice tells it."""
        run, now = result.run, self._clock()
        if run.kind in ("participant", "plan"):
            return
        self._committees.look_soon()
        self._ping.run_ended(run.programme, run.outcome)
        if self._wanted is None:
            return
        outcome, programme = run.outcome, self._settings.programme(run.programme)
        with self._database.writing() as connection:
            if outcome is RunOutcome.GUARDED:
                reason = "; ".join(sorted(f"{each.code} {each.subject}" for each in run.findings))
                self._begin(connection, "guarded", programme.id, reason, _guarded(programme, run.findings))
                self._over(connection, programme.id, ["failed", "partial"], now, told=False)
            elif outcome is RunOutcome.OK:
                self._over(connection, programme.id, OF_RUNS, now)
            elif site_failed:
                if outcome is RunOutcome.PARTIAL:
                    self._over(connection, programme.id, ["guarded", "stale"], now)
            elif outcome is RunOutcome.PARTIAL:
                reason = "; ".join(result.problems)
                self._begin(connection, "partial", programme.id, reason, _partial(result))
                self._over(connection, programme.id, ["failed", "guarded", "stale"], now, told=False)
            else:
                self._failed(connection, programme.id, run.error or "")

    def run_failed(self, programme: str, reason: str) -> None:
        """Take note that a run could not even begin, or broke off by a fault of the program."""
        self._ping.run_ended(programme, RunOutcome.FAILED)
        if self._wanted is not None:
            with self._database.writing() as connection:
                self._failed(connection, programme, reason)

    def site_failed(self, site: str, reason: str) -> None:
        """Take note that a site fails as a whole; the same reason is told once."""
        if self._wanted is None:
            return
        names = ", ".join(each.id for each in self._settings.programmes if site in each.sites)
        title = _("latsar-sync: site {site} fails").format(site=site)
        body = _("{reason}\n\nIt is left alone for a while and tried again. Programmes that wait: {names}.")
        with self._database.writing() as connection:
            text = (title, body.format(reason=reason, names=names))
            self._begin(connection, "failed", f"site:{site}", reason, text)

    def site_healed(self, site: str) -> None:
        """Take note that a site answers again."""
        if self._wanted is None:
            return
        with self._database.reading() as connection:
            told = any(each.subject == f"site:{site}" for each in store.lasting(connection))
        if told:
            with self._database.writing() as connection:
                self._over(connection, f"site:{site}", ["failed"], self._clock())

    def files_came(self, programme: str, came: Counter[str]) -> None:
        """Take note that files came by themselves: how many wait, were taken, or were refused."""
        if self._wanted is None or not came:
            return
        arrived = [_(CAME[state]).format(number=number) for state, number in sorted(came.items()) if state in CAME]
        title = _("latsar-sync: files came for {programme}").format(programme=programme)
        text = title, _("{counts}. See latsar-sync import received --all.").format(counts=", ".join(arrived))
        with self._database.writing() as connection:
            store.note(connection, "files", programme, text, self._clock(), self._asked_for("files"))

    def look(self) -> None:
        """Take note of what time brings, and send what waits, in the background."""
        if self._wanted is None and not self._committees:
            return
        now = self._clock()
        if self._wanted is not None:
            self._end_what_is_gone(now)
            self._note_what_is_stale(now)
            self._note_old_files(now)
            self._note_the_week(now)
        self._committees.look(now)
        with self._database.reading() as connection:
            waited_for = {self._channel_of(notice) for notice in store.waiting(connection, now)}
        for channel in waited_for:
            if channel is None:
                continue
            if channel not in self._sending or self._sending[channel].done():
                self._sending[channel] = self._pool.submit(self.send, channel)

    def _channel_of(self, notice: Notice) -> Channel | None:
        return self._committees.channel_of(notice) or self._channel

    def send(self, only: Channel | None = None) -> None:
        """Send what waits, to one channel only or to all: no committee waits for the mail server of another.

        A notice that does not go out is tried again later, said in the log, and then given up.
        """
        try:
            with self._database.reading() as connection:
                waiting = store.waiting(connection, self._clock())
            for notice in waiting:
                channel = self._channel_of(notice)
                if self._ends.is_set():
                    return
                if channel is None or only not in (None, channel):
                    continue
                with self._database.writing() as connection:
                    mine = store.claim(connection, notice, self._clock())
                if not mine:
                    continue
                delivery = channel.send(notice.title, notice.body, notice.delivered)
                error = _("not taken by: {services}").format(services=", ".join(delivery.failed))
                with self._database.writing() as connection:
                    state = store.settle(
                        connection, notice, delivery.delivered, error if delivery.failed else None, self._clock()
                    )
                if delivery.failed:
                    told = "notice given up" if state is NoticeState.GIVEN_UP else "notice not sent; trying again"
                    log.warning(told, notice=notice.id, notice_event=notice.event, services=delivery.failed)
                else:
                    log.info("notice sent", notice=notice.id, notice_event=notice.event, about=notice.subject)
        except SQLAlchemyError as error:
            if not self._ends.is_set():  # else it is closed, and the next daemon goes on
                log.warning("the database failed while notices were sent", reason=type(error).__name__)

    def close(self) -> None:
        """Begin nothing new; the notice in hand is not waited for."""
        self._ends.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._ping.close()

    def _failed(self, connection: Connection, programme: str, reason: str) -> None:
        title = _("latsar-sync: a run of {programme} failed").format(programme=programme)
        body = _("{reason}\n\nThe next scheduled run tries again; see latsar-sync status.").format(reason=reason)
        self._begin(connection, "failed", programme, reason, (title, body))

    def _begin(self, connection: Connection, event: NoticeEvent, subject: str, reason: str, text: Text) -> None:
        store.begin(connection, event, subject, reason, text, self._clock(), self._asked_for(event))

    def _over(
        self, connection: Connection, subject: str, events: Sequence[NoticeEvent], now: datetime, told: bool = True
    ) -> None:
        """End what holds no more; say that it is good again once nothing is left of it."""
        ended = store.end(connection, subject, events, now)
        still = [each for each in store.lasting(connection) if each.subject == subject]
        if not ended or still or not told:
            return
        name = subject.removeprefix("site:").removeprefix("files:")
        title = _("latsar-sync: {name} is good again").format(name=name)
        lines = [f"- {each.title} ({_moment(each.since, self._settings)})" for each in ended]
        body = _("This is over:\n{lines}").format(lines="\n".join(lines))
        store.note(connection, "healed", subject, (title, body), now, self._asked_for("healed"))

    def _asked_for(self, event: NoticeEvent) -> bool:
        return self._wanted is not None and event in self._wanted.events

    def _end_what_is_gone(self, now: datetime) -> None:
        """Let nothing hold of what the configuration names no more: no run would tell that it is over."""
        programmes = {each.id for each in self._settings.programmes}
        named = {"", *programmes, *(f"files:{each}" for each in programmes)}
        named |= {f"site:{each}" for each in self._settings.sites}
        with self._database.reading() as connection:
            gone = {(each.subject, each.event) for each in store.lasting(connection) if each.subject not in named}
        if gone:
            with self._database.writing() as connection:
                for subject, event in sorted(gone):
                    store.end(connection, subject, [event], now)

    def _note_what_is_stale(self, now: datetime) -> None:
        hours = float(self._settings.service.stale_after)
        stale = timedelta(hours=hours)
        for name in sorted({timetable.programme for timetable in timetables(self._settings)}):
            with self._database.reading() as connection:
                good = runs.last_good_run(connection, name)
                known = any(each.subject == name and each.event == "stale" for each in store.lasting(connection))
            since = good.finished_at if good and good.finished_at else self._started
            if known or abs(now - since) <= stale or now - self._started < TIME_FOR_A_RUN:
                continue
            last = _moment(since, self._settings) if good else _("none")
            title = _("latsar-sync: no good run of {programme} for {hours} hours").format(
                programme=name, hours=f"{hours:g}"
            )
            body = _("Last good run: {moment}. Until the next one nobody new is admitted; see latsar-sync status.")
            with self._database.writing() as connection:
                self._begin(connection, "stale", name, "stale", (title, body.format(moment=last)))

    def _note_old_files(self, now: datetime) -> None:
        """Tell of programmes whose newest imported file is too old, and that it is over when a newer one came."""
        for programme in self._settings.programmes:
            hours, subject = programme.source.stale_after, f"files:{programme.id}"
            with self._database.reading() as connection:
                old = files_are_old(imports.newest_file(connection, programme.id), hours, now)
                known = any(each.subject == subject for each in store.lasting(connection))
            if old == known:
                continue
            with self._database.writing() as connection:
                if known:
                    self._over(connection, subject, ["stale"], now)
                    continue
                title = _("latsar-sync: the files of {programme} are old").format(programme=programme.id)
                body = _("The newest imported file is older than {hours} hours; no roster is finalised by it.")
                self._begin(connection, "stale", subject, "files", (title, body.format(hours=f"{hours:g}")))

    def _note_the_week(self, now: datetime) -> None:
        """Write the sign of life of the newest slot; a daemon that is new begins with its next one."""
        if self._wanted is None or not self._asked_for("weekly"):
            return
        local = now.astimezone(self._settings.zone)
        slot = local.replace(hour=self._wanted.weekly_hour, minute=0, second=0, microsecond=0)
        slot -= timedelta(days=(local.weekday() - WEEKDAYS.index(self._wanted.weekly_day)) % 7)
        slot = slot if slot <= local else slot - WEEK
        with self._database.reading() as connection:
            last = store.newest(connection, "weekly")
            if (last and last[0].since >= slot) or (not last and slot < self._started):
                return
            text = self._week(connection, now)
        with self._database.writing() as connection:
            store.note(connection, "weekly", "", text, slot, told=True)

    def _week(self, connection: Connection, now: datetime) -> Text:
        parts = [self._week_of(connection, programme, now) for programme in self._settings.programmes]
        holding = [f"- {each.title}" for each in store.lasting(connection)]
        if holding:
            parts.append(_("What holds now:\n{lines}").format(lines="\n".join(holding)))
        return _("latsar-sync: the week, all is alive"), "\n\n".join(parts)

    def _week_of(self, connection: Connection, programme: ProgrammeSettings, now: datetime) -> str:
        by_outcome = run_figures.outcomes_since(connection, programme.id, now - WEEK)
        telling, good = runs.last_telling_run(connection, programme.id), runs.last_good_run(connection, programme.id)
        entries = count_entries(connection, programme.id)
        lines = [f"{programme.title} ({programme.id})"]
        if telling is not None:
            decided = ", ".join(
                f"{telling.counts.get(code, 0)} {word(OUTCOME_TEXTS, code, in_use())}" for code in OUTCOME_TEXTS
            )
            people = telling.counts.get("participants", 0)
            lines.append(
                counted("- {count} participant: {decided}", "- {count} participants: {decided}", people).format(
                    count=people, decided=decided
                )
            )
        lines.append(
            _("- in class: {confirmed}, of them newly this week: {new}; waiting list: {waitlisted}").format(
                confirmed=entries[EntryState.CONFIRMED],
                new=counts.confirmed_since(connection, programme.id, now - WEEK),
                waitlisted=entries[EntryState.WAITLISTED],
            )
        )
        lines.append(
            _("- to be looked at: {count}").format(count=entries[EntryState.REVIEW] + entries[EntryState.WITHDRAWN])
        )
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(by_outcome.items()))
        lines.append(_("- runs this week: {told}").format(told=told or _("none")))
        last = _moment(good.finished_at, self._settings) if good and good.finished_at else _("none")
        lines.append(_("- last good run: {moment}").format(moment=last))
        return "\n".join(lines)


def test_text() -> Text:
    """Return what ``notices test`` sends."""
    return _("latsar-sync: a test"), _("This is a test of the notices. If you can read it, they arrive.")


def _guarded(programme: ProgrammeSettings, findings: Sequence[Finding]) -> Text:
    lines = "\n".join(f"- {finding_text(each, in_use())}" for each in findings)
    title = _("latsar-sync: a guard holds {programme}").format(programme=programme.id)
    body = _(
        "{lines}\n\nNothing is pushed for {title} until somebody has looked at it in Moodle. If it is right:\n"
        "latsar-sync sync --programme {programme} --accept --by NAME"
    )
    return title, body.format(lines=lines, title=programme.title, programme=programme.id)


def _partial(result: ProgrammeResult) -> Text:
    title = _("latsar-sync: a run of {programme} was done in part").format(programme=result.run.programme)
    lines = [f"- {each}" for each in result.problems]
    rejected = result.run.counts.get("failed", 0)
    if rejected:
        text = counted("- {count} enrolment rejected by Moodle", "- {count} enrolments rejected by Moodle", rejected)
        lines.append(text.format(count=rejected))
    return title, "\n".join(lines)


def _moment(moment: datetime, settings: Settings) -> str:
    return figures.moment(moment.astimezone(settings.zone))
