"""The shape of ``status``: daemons, sites that are left alone, and each programme as it stands."""

from typing_extensions import TypedDict

from latsar_sync.shapes.fields import Moment
from latsar_sync.shapes.runs import FindingShape, PastRunShape
from latsar_sync.shapes.undelivered import UndeliveredShape


class ProcessShape(TypedDict):
    """A process that gives a sign of life: a daemon, or whoever runs a programme now."""

    host: str
    pid: int
    since: Moment


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
    """What spaces the scheduled quiet runs further than the schedule does: ``lms_seconds`` that a round takes of one.

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


class StatusShape(TypedDict):
    """``status --json``; ``database`` is its address without the password, ``revision`` that of its tables."""

    database: str
    revision: str
    daemons: list[ProcessShape]
    quarantine: list[QuarantineShape]
    undelivered: UndeliveredShape
    unconfigured: list[UnconfiguredShape]
    programmes: list[ProgrammeStatusShape]
