"""Read a list of checked documents from an office's file: taken whole, or refused with every bad line and why."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from latsar_sync.cells import Cell, CellRefused, read_nip, text_of
from latsar_sync.checking import Remark
from latsar_sync.errors import UsageError
from latsar_sync.language import _, in_use
from latsar_sync.office_files import Row, Table, read_office_file
from latsar_sync.settings.problems import did_you_mean

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "nip": ("nip",),
    "angkatan": ("angkatan",),
    "kind": ("kind", "jenis"),
    "number": ("number", "nomor"),
    "issuer": ("issuer", "penerbit"),
    "date": ("date", "tanggal"),
    "valid_until": ("valid_until", "berlaku_sampai"),
}
"""Each column, and the headings by which it is known; of ``nip`` and ``angkatan`` one is enough."""

OWNERS = frozenset({"nip", "angkatan"})


@dataclass(frozen=True, slots=True)
class Document:
    """A checked document before it is recorded: of one participant (internal id), or of a whole angkatan."""

    participant_id: str | None
    angkatan: str | None
    kind: str
    number: str
    issuer: str
    issued: date
    valid_until: date


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
        if valid_until < issued:
            return _("it is valid until {until}, before its own date {day}").format(until=valid_until, day=issued)
        return None


def read_documents(path: Path, register: Register) -> list[Document]:
    """Return the documents of a CSV or XLSX file whose first line is a heading.

    Raise UsageError with every bad line in ``problems`` if there is any; nothing of the file is taken then. No NIP is
    in a message.
    """
    table, places = _table_in(path)
    heading, *rows = table.rows
    documents: dict[Document, None] = {}  # in their order, and quick to look one up
    problems: list[str] = []
    for row in rows:
        try:
            documents[_document(_cells(row, heading.width, places), register, documents)] = None
        except _BadLine as bad:
            problems.append(_("line {line}: {problem}").format(line=row.line, problem=bad))
        except CellRefused as refused:
            told = Remark(row.line, "", refused.code, refused.values).said(in_use())
            problems.append(_("line {line}: {problem}").format(line=row.line, problem=told))
    if not documents and not problems:
        problems.append(_("no line holds a document"))
    if problems:
        raise UsageError(
            _("{file} was not taken: {number} of its lines are wrong.").format(file=path, number=len(problems)),
            _("Correct the lines listed; nothing of the file is used until then."),
            tuple(problems),
        )
    return list(documents)


class _BadLine(Exception):
    """A line cannot be taken; the text says why."""


def _cells(row: Row, width: int, places: Mapping[str, int]) -> dict[str, Cell]:
    if row.width > width:
        raise _BadLine(_("{found} cells instead of {expected}").format(found=row.width, expected=width))
    cells = (*row.cells, *[None] * width)  # empty ones at the end are not in the row
    return {name: cells[place] for name, place in places.items()}


def _document(cells: Mapping[str, Cell], register: Register, above: Collection[Document]) -> Document:
    participant_id, angkatan = _owner(cells, register)
    texts = {name: text_of(cells[name]) for name in ("kind", "number", "issuer")}
    for name, text in texts.items():
        if not text:
            raise _BadLine(_("{column} is empty").format(column=name))
    issued, until = _day(cells["date"], "date"), _day(cells["valid_until"], "valid_until")
    problem = register.problem_with(texts["kind"], issued, until)
    if problem is not None:
        raise _BadLine(problem)
    document = Document(participant_id, angkatan, texts["kind"], texts["number"], texts["issuer"], issued, until)
    if document in above:
        raise _BadLine(_("the same document stands above already"))
    return document


def _owner(cells: Mapping[str, Cell], register: Register) -> tuple[str | None, str | None]:
    nip, angkatan = text_of(cells.get("nip")), text_of(cells.get("angkatan"))
    if bool(nip) == bool(angkatan):
        raise _BadLine(_("it must name a participant by NIP or a whole angkatan, one of the two"))
    if angkatan:
        if angkatan not in register.angkatan:
            raise _BadLine(_("there is no such angkatan. {hint}").format(hint=did_you_mean("", register.angkatan)))
        return None, angkatan
    found = register.people.get(read_nip(cells["nip"], register.today).nip or "", ())
    if len(found) != 1:
        raise _BadLine(_("more than one participant carries this NIP") if found else _("no participant has this NIP"))
    return found[0], None


def day_of(text: str) -> date | None:
    """Return the date that is written as 2026-12-07, 07/12/2026 or 07-12-2026; None for anything else."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None


def _day(cell: Cell, column: str) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    day = cell if isinstance(cell, date) else day_of(text_of(cell))
    if day is None:
        raise _BadLine(_("{column} is no date such as 2026-12-07 or 07/12/2026").format(column=column))
    return day


def _table_in(path: Path) -> tuple[Table, dict[str, int]]:
    """Return the first table whose heading is understood, and in which column each thing stands; else UsageError."""
    for table in read_office_file(path).tables:
        places = _places(table.rows[0].cells) if table.rows else None
        if places is not None and table.problem:
            raise UsageError(
                _("{file} was not taken: {reason}.").format(file=path, reason=table.problem),
                _("Correct the quotes in that line."),
            )
        if places is not None:
            return table, places
    raise UsageError(
        _("{file} does not begin with a heading that can be understood.").format(file=path),
        _("Make its first line: {columns}").format(columns=",".join(COLUMNS)),
    )


def _places(heading: Sequence[Cell]) -> dict[str, int] | None:
    """Return in which column each thing stands; None if one is missing or unknown."""
    written = [re.sub(r"[\s_]+", "_", str(cell or "").strip().lower()) for cell in heading]
    names = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
    places = {names[cell]: place for place, cell in enumerate(written) if cell in names}
    missing = COLUMNS.keys() - OWNERS - places.keys()
    return None if missing or not OWNERS & places.keys() or len(places) != len(written) else places
