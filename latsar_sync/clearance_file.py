"""Read a list of checked documents from a CSV file: taken whole, or refused with every bad line and its reason."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from latsar_sync.errors import UsageError
from latsar_sync.language import _
from latsar_sync.nip import check_nip
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
    """Return the documents of a CSV file in UTF-8 with a heading, separated by commas or semicolons.

    Raise UsageError with every bad line in ``problems`` if there is any; nothing of the file is taken then. No NIP is
    in a message.
    """
    rows = _read_rows(path)
    heading = next(rows, (0, []))[1]
    places = _places(path, heading)
    documents: list[Document] = []
    problems: list[str] = []
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(heading):
            found = _("{found} cells instead of {expected}").format(found=len(cells), expected=len(heading))
            problems.append(_("line {line}: {problem}").format(line=line, problem=found))
            continue
        try:
            document = _document({name: cells[place].strip() for name, place in places.items()}, register)
        except _BadLine as bad:
            problems.append(_("line {line}: {problem}").format(line=line, problem=bad))
            continue
        if document in documents:
            twice = _("the same document stands above already")
            problems.append(_("line {line}: {problem}").format(line=line, problem=twice))
        documents.append(document)
    if not documents and not problems:
        problems.append(_("no line holds a document"))
    if problems:
        raise UsageError(
            _("{file} was not taken: {number} of its lines are wrong.").format(file=path, number=len(problems)),
            _("Correct the lines listed; nothing of the file is used until then."),
            tuple(problems),
        )
    return documents


class _BadLine(Exception):
    """A line cannot be taken; the text says why."""


def _document(cells: Mapping[str, str], register: Register) -> Document:
    participant_id, angkatan = _owner(cells, register)
    for name in ("kind", "number", "issuer"):
        if not cells[name]:
            raise _BadLine(_("{column} is empty").format(column=name))
    issued, until = _day(cells["date"], "date"), _day(cells["valid_until"], "valid_until")
    problem = register.problem_with(cells["kind"], issued, until)
    if problem is not None:
        raise _BadLine(problem)
    return Document(participant_id, angkatan, cells["kind"], cells["number"], cells["issuer"], issued, until)


def _owner(cells: Mapping[str, str], register: Register) -> tuple[str | None, str | None]:
    nip, angkatan = cells.get("nip", ""), cells.get("angkatan", "")
    if bool(nip) == bool(angkatan):
        raise _BadLine(_("it must name a participant by NIP or a whole angkatan, one of the two"))
    if angkatan:
        if angkatan not in register.angkatan:
            raise _BadLine(_("there is no such angkatan. {hint}").format(hint=did_you_mean("", register.angkatan)))
        return None, angkatan
    found = register.people.get(check_nip(nip, register.today).nip or "", ())
    if len(found) != 1:
        raise _BadLine(_("more than one participant carries this NIP") if found else _("no participant has this NIP"))
    return found[0], None


def day_of(text: str) -> date | None:
    """Return the date that is written as 2026-12-07, 07/12/2026 or 07-12-2026; None for anything else."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a date has no zone
        except ValueError:
            continue
    return None


def _day(text: str, column: str) -> date:
    day = day_of(text)
    if day is None:
        raise _BadLine(_("{column} is no date such as 2026-12-07 or 07/12/2026").format(column=column))
    return day


def _places(path: Path, heading: Sequence[str]) -> dict[str, int]:
    """Return in which column each thing stands; raise UsageError if one is missing or unknown."""
    written = [re.sub(r"[\s_]+", "_", cell.strip().lower()) for cell in heading]
    names = {alias: name for name, aliases in COLUMNS.items() for alias in aliases}
    places = {names[cell]: place for place, cell in enumerate(written) if cell in names}
    missing = COLUMNS.keys() - OWNERS - places.keys()
    if missing or not OWNERS & places.keys() or len(places) != len(written):
        raise UsageError(
            _("{file} does not begin with a heading that can be understood.").format(file=path),
            _("Make its first line: {columns}").format(columns=",".join(COLUMNS)),
        )
    return places


def _read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of every row, the heading included."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(_("{file} is not written in UTF-8.").format(file=path), _('Save it as "CSV UTF-8".')) from None
    except OSError as error:
        raise UsageError(
            _("{file} cannot be read: {reason}.").format(file=path, reason=error.strerror), _("Correct the name.")
        ) from None
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if ";" in text.partition("\n")[0] else ",", strict=True
    )
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise UsageError(
            _("{file} line {line} cannot be read: {reason}.").format(file=path, line=reader.line_num, reason=error),
            _("Correct the quotes in that line."),
        ) from None
