"""Read a list of checked documents from an office's file: taken whole, or refused with every bad line and why."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from latsar_sync.domain.actions import Clearance
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.reason_sentences import CLEARANCE_KINDS
from latsar_sync.files.angkatan_cells import read_angkatan
from latsar_sync.files.cells import Cell, CellRefused, is_blank, read_nip, text_of
from latsar_sync.files.checking import Reader, Remark, Sheet
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.dates import read_day
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.opening import read_office_file
from latsar_sync.files.tables import Wanted, find_table
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.problems import did_you_mean

Value = TypeVar("Value")

WANTED = Wanted(required=("kind", "number", "issuer", "issued", "valid_until"), either=("nip", "angkatan"))
OLDEST_YEARS = 10
"""A document older than that is a date that a program wrote which knew none."""


@dataclass(frozen=True, slots=True)
class NewClearance:
    """A checked document before it is recorded: of one participant (internal id), or of a whole angkatan."""

    participant_id: str | None
    angkatan: str | None
    kind: str
    number: str
    issuer: str
    issued: date
    valid_until: date


def document_of(clearance: Clearance) -> NewClearance:
    """Return what a recorded document says, as it was before it was recorded."""
    return NewClearance(
        clearance.participant_id,
        clearance.angkatan,
        clearance.kind,
        clearance.number,
        clearance.issuer,
        clearance.issued,
        clearance.valid_until,
    )


def kinds_of(programme: ProgrammeSettings) -> list[str]:
    """Return the kinds of document that a programme can record: those that it requires, and those with a name."""
    wanted = programme.clearances
    required = {kind for kinds in (*wanted.of_participant, *wanted.of_angkatan) for kind in kinds.split("/")}
    return list(dict.fromkeys([*sorted(required), *CLEARANCE_KINDS]))


@dataclass(frozen=True, slots=True)
class Register:
    """What a document may be about: internal ids by NIP, ids of angkatan, kinds of clearance; ``today`` in the zone."""

    people: Mapping[str, Sequence[str]]
    angkatan: Collection[str]
    kinds: Collection[str]
    today: date

    def problem_with(self, kind: str, issued: date, valid_until: date) -> str | None:
        """Return why such a document cannot be recorded, None if it can."""
        if kind not in self.kinds:
            return _('"{kind}" is no kind of clearance here. {hint}').format(
                kind=kind, hint=did_you_mean(kind, self.kinds)
            )
        if issued > self.today:
            return _("it is dated {day}, which is still to come").format(day=issued)
        if issued.year < self.today.year - OLDEST_YEARS:
            return _("it is dated {day}, which no such document can be").format(day=issued)
        if valid_until < issued:
            return _("it is valid until {until}, before its own date {day}").format(until=valid_until, day=issued)
        return None


@dataclass(frozen=True, slots=True)
class CheckedDocuments:
    """The documents of a file by the line of each, the lines that are wrong and why, and how many lines there are."""

    documents: Mapping[NewClearance, int]
    problems: Sequence[tuple[int, str]]
    rows: int
    ignored: tuple[str, ...]


def read_documents(path: Path, register: Register) -> list[NewClearance]:
    """Return the documents of a CSV or XLSX file: a line each, of a participant by NIP or of a whole angkatan.

    Raise UsageError with every bad line in ``problems`` if there is any; nothing of the file is taken then. No NIP is
    in a message.
    """
    found = check_documents(read_office_file(path), register)
    problems = list(found.problems)
    if not found.documents and not problems:
        problems.append((0, _("no line holds a document")))
    if problems:
        told = (_("line {line}: {problem}").format(line=line, problem=why) if line else why for line, why in problems)
        raise UsageError(
            _("{file} was not taken: {number} of its lines are wrong.").format(file=path, number=len(problems)),
            _("Correct the lines listed; nothing of the file is used until then."),
            tuple(told),
        )
    return list(found.documents)


def check_documents(office: OfficeFile, register: Register) -> CheckedDocuments:
    """Check every line of a list of documents. Raise UsageError if the file has no such table."""
    found = find_table(office, WANTED)
    noon = datetime.combine(register.today, time(12), UTC)
    names = dict.fromkeys(register.angkatan, ())
    sheet = Sheet(found.header, Reader(noon, UTC, names, exact_width=found.exact_width, open_cell=found.open_cell))
    documents: dict[NewClearance, int] = {}
    problems: list[tuple[int, str]] = []
    rows = 0
    for line, cells, width in found.rows:
        blank = all(is_blank(cell) for cell in cells) and not sheet.breaks_off(line, width)
        if blank or found.header.is_repeated(cells) or found.header.is_numbering(cells):
            continue
        rows += 1
        try:
            document = _Line(sheet, line, cells).document(register, width)
        except _BadLine as bad:
            problems.append((line, bad.args[0]))
            continue
        if document in documents:
            problems.append((line, _("the same document stands above already")))
        documents.setdefault(document, line)
    for column in ("issued", "valid_until"):
        known = len(sheet.rejected)
        sheet.reject_swapped_days(found.rows, column)
        problems += [(each.line, each.said(in_use())) for each in sheet.rejected[known:]]
    return CheckedDocuments(documents, sorted(problems, key=itemgetter(0)), rows, found.header.ignored)


class _BadLine(Exception):
    """A line cannot be taken; the text says why."""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line while it is read; what a cell refuses makes it a bad one."""

    sheet: Sheet
    line: int
    cells: Sequence[Cell]

    def document(self, register: Register, width: int) -> NewClearance:
        expected = self.sheet.header.width
        if self.sheet.header.is_titled_anew(self.cells):
            raise _BadLine(Remark(self.line, "", "titles_again").said(in_use()))
        if self.sheet.breaks_off(self.line, width):
            told = {"total": str(width), "usual": str(expected)}
            raise _BadLine(Remark(self.line, "", "breaks_off", told).said(in_use()))
        if self.sheet.reader.exact_width and width > expected:
            raise _BadLine(_("{found} cells instead of {expected}").format(found=width, expected=expected))
        participant_id, angkatan = self._owner(register)
        kind, number, issuer = (self._text(column) for column in ("kind", "number", "issuer"))
        issued, until = self._day("issued"), self._day("valid_until")
        problem = register.problem_with(kind, issued, until)
        if problem is not None:
            raise _BadLine(problem)
        return NewClearance(participant_id, angkatan, kind, number, issuer, issued, until)

    def _take(self, column: str, read: Callable[[Cell], Value]) -> Value:
        before = len(self.sheet.rejected)
        value = self.sheet.take(self.line, self.cells, column, read)
        if len(self.sheet.rejected) > before:
            raise _BadLine(self.sheet.rejected[-1].said(in_use()))
        return value  # type: ignore[return-value] # None is only a rejected one

    def _text(self, column: str) -> str:
        text = self._take(column, text_of)
        if not text:
            raise _BadLine(_("{column} is empty").format(column=usual_title(column)))
        return text

    def _day(self, column: str) -> date:
        day = self._take(column, read_day)
        if day is None:
            raise _BadLine(_("{column} is empty").format(column=usual_title(column)))
        return day

    def _owner(self, register: Register) -> tuple[str | None, str | None]:
        nip, angkatan = self._take("nip", text_of), self._take("angkatan", text_of)
        if bool(nip) == bool(angkatan):
            raise _BadLine(_("it must name a participant by NIP or a whole angkatan, one of the two"))
        if angkatan:
            return None, self._angkatan(register)
        found = register.people.get(self._take("nip", lambda cell: read_nip(cell, register.today)).nip or "", ())
        if len(found) != 1:
            several = _("more than one participant carries this NIP")
            raise _BadLine(several if found else _("no participant has this NIP"))
        return found[0], None

    def _angkatan(self, register: Register) -> str | None:
        try:
            return read_angkatan(self.sheet.header.cell(self.cells, "angkatan"), self.sheet.reader.angkatan)
        except CellRefused:
            hint = did_you_mean("", register.angkatan)
            raise _BadLine(_("there is no such angkatan. {hint}").format(hint=hint)) from None
