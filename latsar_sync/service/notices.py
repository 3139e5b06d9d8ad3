"""Telling the operators: a run failed, a guard holds, something is stale, it is good again, and a weekly sign of life.

What is to be told is written down first, in the transaction that notices it, and sent afterwards (``sending_notices``)
by whichever daemon claims it; a run neither waits for it nor fails by it. Nothing here names a person.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from latsar_sync.domain import figures
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.language import _, counted, in_use, mark
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import RunOutcome
from latsar_sync.rules.finalisation import files_are_old
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.service.channels import Channel
from latsar_sync.service.committee import Committees
from latsar_sync.service.ping import Ping
from latsar_sync.service.schedule import timetables
from latsar_sync.service.sending_notices import NoticeSending
from latsar_sync.service.weekly_notice import newest_slot, week
from latsar_sync.settings import NoticeEvent, ProgrammeSettings, Settings
from latsar_sync.store import imports, runs
from latsar_sync.store import notices as store
from latsar_sync.store.database import Database
from latsar_sync.store.notices import Notice

log = structlog.get_logger("latsar_sync")

TIME_FOR_A_RUN = timedelta(minutes=15)
"""What a daemon that comes back after a long absence is given before anything is called stale."""
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
        self.sending = NoticeSending(database, clock, self._channel_of)

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
        self._started = min(self._started, now)  # else a clock that was ahead then keeps it silent until that time
        if self._wanted is not None:
            self._end_what_is_gone(now)
            self._note_what_is_stale(now)
            self._note_old_files(now)
            self._note_the_week(now)
        self._committees.look(now)
        self.sending.begin(now)

    def _channel_of(self, notice: Notice) -> Channel | None:
        return self._committees.channel_of(notice) or self._channel

    def close(self) -> None:
        """Begin nothing new; the notice in hand is not waited for."""
        self.sending.close()
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
        slot = newest_slot(self._settings, self._wanted, now)
        with self._database.reading() as connection:
            if slot <= (store.last_slot(connection, "weekly", "", now) or self._started):
                return
            text = week(connection, self._settings, now)
        with self._database.writing() as connection:
            store.note(connection, "weekly", "", text, slot, told=True)


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
