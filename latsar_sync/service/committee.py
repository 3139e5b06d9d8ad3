"""Telling those who must act: a run is held, people or files wait, a start comes near. Counts and links, nobody's name.

Each is told once while it lasts; a daily summary says what waits, if one is wanted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from latsar_sync.domain import figures
from latsar_sync.domain.finding_sentences import finding_sentence
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.request import RunOutcome
from latsar_sync.service.channels import Channel
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.committee import CommitteeSettings
from latsar_sync.shapes.funnel import funnels
from latsar_sync.shapes.tasks import FILES, START, Task, find_tasks
from latsar_sync.store import notices as store
from latsar_sync.store import runs, searches
from latsar_sync.store.database import Database
from latsar_sync.store.notices import Notice
from latsar_sync.store.runs import ProgrammeRun

LOOK_EVERY = timedelta(minutes=5)
"""What people are told of changes by runs, after which it is looked at once, and by people."""
DIGEST = "digest"
EVENTS = {"held": "wait_held", "approval": "wait_approval", "review": "wait_review", "files": "wait_files"}
STARTS = "wait_start"
NEEDS = {"approval": ("approval",), "review": ("held", "account", "review", "nowhere", "list"), "files": (FILES,)}
"""What the events of the configuration stand for among the needs of people."""


class Committees:
    """What the committees of all programmes are told. Raise ConfigurationError if an address cannot be used."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._database = database
        self._started = clock()
        self._wanted = {each.id: each.committee for each in settings.programmes if each.committee}
        self._channels = {
            name: Channel(each.urls, f"programmes.committee ({name})") for name, each in self._wanted.items()
        }
        self._looked_at: datetime | None = None

    def __bool__(self) -> bool:
        """Say whether anybody is to be told anything."""
        return bool(self._wanted)

    def channel_of(self, notice: Notice) -> Channel | None:
        """Return where a notice goes, None if it is none for a committee, or there is none any more."""
        is_ours = notice.event in {*EVENTS.values(), STARTS, DIGEST}
        return self._channels.get(notice.subject) if is_ours else None

    def look_soon(self) -> None:
        """Take note that a run has ended, which may have left somebody something to do."""
        self._looked_at = None

    def look(self, now: datetime) -> None:
        """Write down what waits now, and what waits no more."""
        last = self._looked_at
        if not self._wanted or (last is not None and last <= now < last + LOOK_EVERY):
            return
        self._looked_at, self._started = now, min(self._started, now)
        for name, wanted in self._wanted.items():
            self._look_at(self._settings.programme(name), wanted, now)

    def _look_at(self, programme: ProgrammeSettings, wanted: CommitteeSettings, now: datetime) -> None:
        today = self._settings.today(now, programme.id)
        soon = timedelta(days=wanted.start_days)
        with self._database.reading() as connection:
            whole, _parts = funnels(programme, searches.standing(connection, programme.id))
            tasks = find_tasks(connection, programme, whole, today, soon)
            telling = runs.last_telling_run(connection, programme.id)
            lasting = {each.event: each for each in store.lasting(connection) if each.subject == programme.id}
            last_digest = store.last_slot(connection, DIGEST, programme.id, now)
        found = self._waiting(programme, tasks, telling, lasting)
        asked = {EVENTS.get(each, STARTS) for each in wanted.events}
        with self._database.writing() as connection:
            for event, (reason, lines) in found.items():
                text = _title(programme, event), "\n".join(lines)
                store.begin(connection, event, programme.id, reason, text, now, event in asked)
            store.end(connection, programme.id, lasting.keys() & {*EVENTS.values(), STARTS} - found.keys(), now)
            if tasks and wanted.digest_hour is not None:
                last = last_digest or self._started
                self._digest(connection, programme, wanted.digest_hour, tasks, now, last)

    def _waiting(
        self,
        programme: ProgrammeSettings,
        tasks: list[Task],
        telling: ProgrammeRun | None,
        lasting: Mapping[str, Notice],
    ) -> dict[str, tuple[str, list[str]]]:
        """Return what waits now, by event: what tells it from what waited before, and the lines that say it."""
        found: dict[str, tuple[str, list[str]]] = {}
        if telling is not None and telling.outcome is RunOutcome.GUARDED:
            lines = [finding_sentence(each, in_use()) for each in telling.findings]
            lines.append(self._link(f"/programmes/{programme.id}/runs"))
            found[EVENTS["held"]] = "; ".join(sorted(each.key for each in telling.findings)), lines
        for event, codes in NEEDS.items():
            mine = [each for each in tasks if each.code in codes]
            if mine:
                found[EVENTS[event]] = "", self._lines(mine)
        starting = [each for each in tasks if each.code == START]
        known = set(lasting[STARTS].reason.split()) if STARTS in lasting else set()
        if starting and not known.issuperset(each.about for each in starting):
            found[STARTS] = " ".join(each.about for each in starting), self._lines(starting)
        elif starting:
            found[STARTS] = lasting[STARTS].reason, []
        return found

    def _digest(
        self,
        connection: Connection,
        programme: ProgrammeSettings,
        hour: int,
        tasks: list[Task],
        now: datetime,
        last: datetime,
    ) -> None:
        """Write the summary of the day once its hour has come; a daemon that is new begins with its next one."""
        slot = now.astimezone(self._settings.zone_of(programme)).replace(hour=hour, minute=0, second=0, microsecond=0)
        if last < slot <= now:
            text = _title(programme, DIGEST), "\n".join(self._lines(tasks))
            store.note(connection, DIGEST, programme.id, text, slot, told=True)

    def _lines(self, tasks: list[Task]) -> list[str]:
        return [f"- {figures.count(each.number)} {each.text} {self._link(each.address)}".rstrip() for each in tasks]

    def _link(self, address: str) -> str:
        public = self._settings.service.public_url
        return f"{public}{address}" if public else ""


def _title(programme: ProgrammeSettings, event: str) -> str:
    titles = {
        EVENTS["held"]: _("{title}: a run is held until somebody has looked at it"),
        EVENTS["approval"]: _("{title}: people wait for approval"),
        EVENTS["review"]: _("{title}: people need follow-up"),
        EVENTS["files"]: _("{title}: files wait for somebody"),
        STARTS: _("{title}: the first day comes near, and a list is not finalised"),
        DIGEST: _("{title}: what waits today"),
    }
    return titles[event].format(title=programme.title)
