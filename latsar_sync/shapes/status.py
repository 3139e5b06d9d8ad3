"""The shape of ``status``: daemons, sites that are left alone, and each programme as it stands."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from typing_extensions import TypedDict

from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.finding_remedies import finding_text
from latsar_sync.domain.records import Finding
from latsar_sync.rules.lms_budget import Spacing
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.shapes import fields
from latsar_sync.shapes.fields import Moment
from latsar_sync.shapes.runs import FindingShape, PastRunShape, finding_json, past_run_json
from latsar_sync.shapes.undelivered import UndeliveredShape
from latsar_sync.store import runs
from latsar_sync.store.entries import count_entries
from latsar_sync.store.leases import Holder
from latsar_sync.store.living_daemons import DaemonSeen
from latsar_sync.store.site_health import SiteHealth


class ProcessShape(TypedDict):
    """A process that gives a sign of life: a daemon, or whoever runs a programme now."""

    host: str
    pid: int
    since: Moment


class DaemonShape(ProcessShape):
    """A daemon; ``changed_files`` are those of its configuration that were changed since it read them."""

    changed_files: list[str]


class QuarantineShape(TypedDict):
    """A site that fails and is left alone until ``next_try``."""

    site: str
    reason: str
    failures: int
    since: Moment
    next_try: Moment | None


class UnconfiguredShape(TypedDict):
    """A programme, or an angkatan of it, that is recorded and no longer configured."""

    programme: str
    angkatan: str | None
    people: int
    text: str


class SlowedShape(TypedDict):
    """What spaces scheduled incremental runs further than the schedule does: a round takes ``lms_seconds`` of one.

    ``max_lms_share`` allows so much of its time; ``seconds_between`` is the time from one begin to the next.
    """

    site: str
    lms_seconds: float
    max_lms_share: float
    seconds_between: float


class ProgrammeStatusShape(TypedDict):
    """How a programme stands; ``held_in_full`` is what a guard holds, ``held_by`` the same in sentences."""

    id: str
    title: str
    last_run: PastRunShape | None
    last_good_run: PastRunShape | None
    running: ProcessShape | None
    next_run: Moment | None
    held_by: list[str]
    held_in_full: list[FindingShape]
    roster: dict[str, int]
    slowed: SlowedShape | None


class FileNotThereShape(TypedDict):
    """A file that is not there or cannot be read: the way to its key, and its path."""

    key: str
    file: str


class StatusShape(TypedDict):
    """``status --json``; ``database`` is its address without the password, ``revision`` that of its tables.

    ``files_not_there`` are those that the configuration names: what needs one of them fails.
    """

    database: str
    revision: str
    daemons: list[DaemonShape]
    quarantine: list[QuarantineShape]
    undelivered: UndeliveredShape
    unconfigured: list[UnconfiguredShape]
    files_not_there: list[FileNotThereShape]
    programmes: list[ProgrammeStatusShape]


def process(host: str, pid: int, since: datetime, settings: Settings) -> ProcessShape:
    """Return a living process of the computer ``host``, of whose name the first word is shown."""
    return {"host": host.split(" ", maxsplit=1)[0], "pid": pid, "since": fields.told(since, settings.zone)}


def daemon(seen: DaemonSeen, settings: Settings) -> DaemonShape:
    """Return a living daemon."""
    told = process(seen.host, seen.pid, seen.started_at, settings)
    return {**told, "changed_files": list(seen.changed_files)}


def quarantine(site: SiteHealth, settings: Settings) -> QuarantineShape:
    """Return a site that is left alone."""
    return {
        "site": site.site,
        "reason": site.reason,
        "failures": site.failures,
        "since": fields.told(site.since, settings.zone),
        "next_try": fields.moment(site.next_try_at, settings.zone),
    }


def programme_status(
    connection: Connection,
    settings: Settings,
    programme: ProgrammeSettings,
    held: Sequence[Finding],
    holder: Holder | None,
    next_run: datetime | None,
    slowed: Spacing | None,
) -> ProgrammeStatusShape:
    """Return how a programme stands: ``held`` is what a guard holds, ``holder`` who runs it now."""
    last = runs.last_run(connection, programme.id)
    good = runs.last_good_run(connection, programme.id)
    entries = count_entries(connection, programme.id)
    return {
        "id": programme.id,
        "title": programme.title,
        "last_run": past_run_json(last, settings.zone) if last else None,
        "last_good_run": past_run_json(good, settings.zone) if good else None,
        "running": process(holder.host, holder.pid, holder.taken_at, settings) if holder else None,
        "next_run": fields.moment(next_run, settings.zone),
        "held_by": [finding_text(finding, settings.language) for finding in held],
        "held_in_full": [finding_json(finding, programme.id) for finding in held],
        "roster": {str(state): entries[state] for state in EntryState},
        "slowed": _slowed(slowed) if slowed else None,
    }


def _slowed(slowed: Spacing) -> SlowedShape:
    return {
        "site": slowed.site,
        "lms_seconds": round(slowed.seconds, 3),
        "max_lms_share": slowed.share,
        "seconds_between": slowed.every.total_seconds(),
    }
