"""The shapes that one command alone answers with ``--json``; which does which: ``commands``."""

from typing import Literal

from typing_extensions import TypedDict

from latsar_sync.domain.account import Role
from latsar_sync.shapes import runs
from latsar_sync.shapes.fields import Moment


class FailureShape(TypedDict):
    """Whatever the command: why it failed; ``problems`` are each mistake, or who is concerned."""

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
    """What was restored: up to when the copy knows what happened, and what it cannot know, in words; the numbers of
    received files that wait and name people whom the register erased again.
    """

    file: str
    rows: int
    as_of: Moment
    unknown: list[str]
    waiting_files: list[int]


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
