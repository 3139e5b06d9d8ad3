"""What is asked of a run and what it tells as it goes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from latsar_sync.domain.entry import Admission, Entry, EntryState
from latsar_sync.domain.in_class import PushKind
from latsar_sync.domain.language import mark

QUEUED, RUNNING, DONE, MERGED = "queued", "running", "done", "merged"
"""What becomes of a request that waits for the daemon; one that is merged waits within another."""


class Step(IntEnum):
    """The numbered steps of a run of one programme."""

    LEASE = 1
    THRESHOLD = 2
    READ_PEOPLE = 3
    GUARD_SOURCE = 4
    READ_DETAILS = 5
    DECIDE = 6
    READ_COURSES = 7
    PLACE = 8
    GUARD_PUSHES = 9
    MAKE_GROUPS = 10
    ENROL = 11
    ADD_TO_GROUPS = 12
    READ_BACK = 13
    FINISH = 14


class Depth(StrEnum):
    """How much a run reads: what may have changed, as by night (whoever waits, others in turn), or everything."""

    INCREMENTAL = "incremental"
    NIGHT = "night"
    FULL = "full"


class RunOutcome(StrEnum):
    """How a run of one programme ended."""

    OK = "ok"
    PARTIAL = "partial"
    GUARDED = "guarded"
    FAILED = "failed"


PUSH_STEPS = {
    PushKind.GROUP: Step.MAKE_GROUPS,
    PushKind.ENROL: Step.ENROL,
    PushKind.MEMBERSHIP: Step.ADD_TO_GROUPS,
}

STEP_TEXTS: Mapping[Step, str] = {
    Step.LEASE: mark("take the lease"),
    Step.THRESHOLD: mark("look up the threshold"),
    Step.READ_PEOPLE: mark("read the MOOC course, its people and grades"),
    Step.GUARD_SOURCE: mark("compare with the last good reading"),
    Step.READ_DETAILS: mark("read completion"),
    Step.DECIDE: mark("decide and record"),
    Step.READ_COURSES: mark("read an in-class course"),
    Step.PLACE: mark("place on the roster"),
    Step.GUARD_PUSHES: mark("check the number of pushes"),
    Step.MAKE_GROUPS: mark("make a group"),
    Step.ENROL: mark("enrol"),
    Step.ADD_TO_GROUPS: mark("add to groups"),
    Step.READ_BACK: mark("read back"),
    Step.FINISH: mark("finish"),
}


class Progress(Protocol):
    """Is told each step as it begins, with how many people or things it is about (0 where that says nothing)."""

    def __call__(self, programme: str, step: Step, count: int, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: which programmes (none: all), one participant's NIP, everything, or nothing written.

    ``night`` is what the schedule asks for by night; of ``angkatan`` everybody is read exactly, of the others what may
    have changed. ``scheduled`` is what nobody asked for by hand. ``accept`` releases the findings of the last guarded
    run in the name of ``by``; with ``looked_at``, the keys of the findings that the person has looked at, only if there
    are no others. With ``dry_run`` it shows what would be sent.
    """

    command: str
    programmes: tuple[str, ...] = ()
    nip: str | None = None
    full: bool = False
    dry_run: bool = False
    accept: bool = False
    by: str | None = None
    looked_at: frozenset[str] | None = None
    night: bool = False
    angkatan: str | None = None
    scheduled: bool = False


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line of a plan: where somebody would stand, and what would be sent (None: nothing)."""

    participant_id: str
    nip: str | None
    name: str
    angkatan: str | None
    state: EntryState
    reason: str | None
    action: PushKind | None
    admission: Admission = Admission.RULE


def plan_lines(
    before: Mapping[str, Entry],
    after: Mapping[str, Entry],
    sends: Mapping[str, PushKind],
    names: Callable[[str], tuple[str | None, str]],
) -> tuple[PlanLine, ...]:
    """Return a line for everybody whose place on the roster would be another, or of whom something would be sent.

    ``names`` tells NIP and name by internal id.
    """
    lines = []
    for who, entry in after.items():
        action = sends.get(who)
        if action or before.get(who) != entry:
            nip, name = names(who)
            told = (entry.angkatan, entry.state, entry.reason)
            lines.append(PlanLine(who, nip, name, *told, action, entry.admission))
    return tuple(lines)
