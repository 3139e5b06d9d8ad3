"""The shapes that one command alone answers with ``--json``; which does which: ``commands``."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from latsar_sync.domain.account import Role
from latsar_sync.shapes import (
    runs,
)
from latsar_sync.shapes.fields import Day, Moment, Nip, ParticipantId


class FailureShape(TypedDict):
    """Whatever the command: why it failed; ``problems`` are the mistakes of a configuration."""

    outcome: Literal["failed"]
    error: str
    problems: list[str]


class DemoShape(TypedDict):
    """Both runs of the demonstration."""

    config: str
    runs: list[runs.RunShape]


class CheckShape(TypedDict):
    """One check of the doctor; ``remedy`` is empty when it is ok."""

    subject: str
    name: str
    status: Literal["ok", "warn", "fail"]
    text: str
    remedy: str


class DoctorShape(TypedDict):
    """What the doctor found."""

    outcome: Literal["ok", "failed"]
    ok: int
    warn: int
    fail: int
    checks: list[CheckShape]


class ApprovedShape(TypedDict):
    """How many planned entries were approved."""

    approved: int
    passed_over: int
    by: str


class FileShape(TypedDict):
    """A document that was written."""

    file: str
    format: str
    bytes: int


class ClearanceImportShape(TypedDict):
    """How many documents of a file are new."""

    programme: str
    file: str
    applied: bool
    new: int
    already_recorded: int
    by: str


class ErasedPersonShape(TypedDict):
    """The person whom an erasure is about, in one programme."""

    participant_id: ParticipantId
    programme: str
    nip: Nip | None
    name: str | None
    enrolment: str
    roster_state: str | None


class GoesShape(TypedDict):
    """What an erasure destroys, in rows."""

    identities: int
    requests: int


class TypedTextShape(TypedDict):
    """A text that a person typed, that names somebody and that nobody can change."""

    table: str
    column: str
    key: str


class ErasingShape(TypedDict):
    """What an erasure destroys and leaves; ``file_clean``, and how many programmes it waits in for the end of a run,
    stand after ``--apply`` alone.
    """

    people: list[ErasedPersonShape]
    goes: GoesShape
    stays: dict[str, int]
    texts: list[TypedTextShape]
    notes: list[str]
    file_clean: NotRequired[bool]
    waiting: NotRequired[int]
    applied: bool


class ResumedShape(TypedDict):
    """Somebody erased who is taken in again; ``waiting`` is 1 where that is done at the end of a run under way."""

    participant_id: ParticipantId
    programme: str
    resumed: bool
    waiting: int


class KeptDataClassShape(TypedDict):
    """How long a data class is kept, and what of it is due."""

    data_class: str
    months: int | None
    due_on: Day | None
    due: bool
    rows: int
    counts: dict[str, int]


class DestructionShape(TypedDict):
    """The report of one destruction."""

    number: int
    programme: str
    data_class: str
    ended_on: Day
    months: int
    legal_basis: str
    counts: dict[str, int]
    by: str
    at: Moment


class KeptProgrammeShape(TypedDict):
    """What is kept of one programme."""

    id: str
    ended_on: Day | None
    classes: list[KeptDataClassShape]


class RetentionShape(TypedDict):
    """How long each data class is kept, what is due, and the reports of what was destroyed."""

    months: dict[str, int | None]
    legal_basis: str | None
    keep_runs_days: int
    programmes: list[KeptProgrammeShape]
    reports: list[DestructionShape]


class DestroyedShape(TypedDict):
    """What a destruction took; ``file_clean``, and how many data classes wait for the end of a run, stand after
    ``--apply`` alone.
    """

    programme: str
    applied: bool
    classes: list[KeptDataClassShape]
    reports: list[DestructionShape]
    file_clean: NotRequired[bool]
    waiting: NotRequired[int]


class RenamedProgrammeShape(TypedDict):
    """A programme that has another id now."""

    renamed: str
    to: str
    by: str


class ClosedProgrammeShape(TypedDict):
    """A programme that is over."""

    closed: str
    by: str


class RenamedAngkatanShape(TypedDict):
    """An angkatan that has another id now."""

    programme: str
    renamed: str
    to: str
    by: str


class ClosedAngkatanShape(TypedDict):
    """An angkatan that is over."""

    programme: str
    closed: str
    by: str


class UpgradeShape(TypedDict):
    """From which revision of the tables to which."""

    database: str
    before: str | None
    after: str


class ContradictionShape(TypedDict):
    """Records that contradict each other."""

    code: str
    found: str
    remedy: str


class BackupShape(TypedDict):
    """The copy that was written."""

    file: str
    bytes: int


class RestoredShape(TypedDict):
    """What was restored: up to when the copy knows what happened, and what it cannot know, in words."""

    file: str
    rows: int
    as_of: Moment
    unknown: list[str]


class CompactedShape(TypedDict):
    """A database that was written anew."""

    database: str
    compacted: bool


class AccountLineShape(TypedDict):
    """An account of the dashboard; ``programmes`` and its in-class courses null: all."""

    name: str
    role: Role
    programmes: list[str] | None
    classes: list[str] | None
    has_token: bool
    added_by: str
    added_at: Moment
