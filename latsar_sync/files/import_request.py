"""What is asked of an import, and the report of what became of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from latsar_sync.files.checking import Remark
from latsar_sync.files.column_profiles import ScoreScale
from latsar_sync.files.comparison import ListComparison, PeopleComparison
from latsar_sync.files.comparison_of_scores import ScoreComparison
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.opening import read_office_bytes, read_office_file


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What is to be imported: ``apply`` False only looks. ``whole`` ends whoever is missing from a list.

    ``sheet`` names the sheet of a workbook in which several would do; ``accept`` takes a list from which more people
    are missing than the guard allows. ``columns`` say which column is which, and ``scores`` how those are written; with
    ``profile`` that is learned under this name when the file is imported. ``content`` is a file that is at hand, called
    ``file``; ``opened`` what was read of it already; ``received`` the number of the received file that it is, which is
    settled with it; ``token_of`` who made the token by which it is taken. ``require`` is asked of the report before
    anything is recorded, and raises where that is not what the person saw.
    """

    file: Path
    programme: str
    apply: bool
    by: str
    whole: bool = True
    sheet: str | None = None
    accept: bool = False
    content: bytes | None = None
    columns: Sequence[str] = ()
    profile: str | None = None
    scores: ScoreScale = "points"
    received: int | None = None
    require: "Callable[[Report], None] | None" = None
    opened: OfficeFile | None = None
    token_of: str | None = None

    def open(self) -> OfficeFile:
        """Read the file, unless that was done already. Raise UsageError if it cannot be read."""
        if self.opened is not None:
            return self.opened
        return read_office_file(self.file) if self.content is None else read_office_bytes(str(self.file), self.content)


@dataclass(frozen=True, slots=True)
class Report:
    """What a file holds and what became of it: ``import_id`` is None if nothing was recorded.

    ``held`` are how many took part and how many of them are missing now, where only a person may take such a list.
    """

    kind: str
    file: str
    rows: int
    taken: PeopleComparison | ScoreComparison | ListComparison
    rejected: tuple[Remark, ...]
    warnings: tuple[Remark, ...]
    ignored: tuple[str, ...]
    held: tuple[int, int] | None = None
    import_id: int | None = None
    profile: str | None = None


def counts_of(report: Report) -> dict[str, int]:
    """Return how many lines are new, changed, ended or unchanged."""
    taken = report.taken
    if isinstance(taken, ListComparison):
        changes = {"new": len(taken.new)}
    elif isinstance(taken, PeopleComparison):
        changes = {"new": len(taken.new), "changed": len(taken.changed), "ended": len(taken.ended)}
    else:
        new = sum(change.before is None for change in taken.changes)
        changes = {"new": new, "changed": len(taken.changes) - new}
    return {**changes, "unchanged": taken.unchanged}
