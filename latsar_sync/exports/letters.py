"""Letters to the sending institutions: the call-up and the release from duties, one ZIP for each institution.

What stands in one is worked out here; ``letter_docx`` and ``letter_pdf`` write it, ``conversion`` prints a template.
"""

import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import partial
from itertools import chain, count
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.spelling import name_form
from latsar_sync.exports.files import UnnamedFile, require_writable, write_file
from latsar_sync.exports.places import place_of, venue_of
from latsar_sync.exports.roster_lists import GOING, by_institution
from latsar_sync.exports.set_aside import SetAside
from latsar_sync.exports.words import name_of
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import require_some_angkatan
from latsar_sync.settings.institutions import InstitutionSettings
from latsar_sync.store.listings import Row

DOTS = "……………………"
NO_INSTITUTION = "–"
"""As ``by_institution`` says where none is known."""


NAMED_BY = ("name", "nip", "institution", "angkatan", "place")
"""What of a row is needed to name somebody in a letter, and to know in which."""


class LetterKind(StrEnum):
    """The letters that there are."""

    CALL_UP = "call-up"
    DUTY = "duty"


@dataclass(frozen=True, slots=True)
class LetterPerson:
    """One line of the list in a letter."""

    number: int
    name: str
    nip: str
    place: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one institution about one angkatan; ``number`` and ``dated`` are dots where not given."""

    kind: LetterKind
    settings: Settings
    programme: ProgrammeSettings
    angkatan: AngkatanSettings
    institution: str
    contact: InstitutionSettings | None
    people: Sequence[LetterPerson]
    number: str
    dated: str
    made_on: date

    @property
    def file_name(self) -> str:
        """What its files are called, without the ending."""
        return f"{kind_in_a_name(self.kind)}-{file_name(self.angkatan.id)}"

    @property
    def subject(self) -> str:
        """What it is about, in a few words."""
        if self.kind is LetterKind.CALL_UP:
            return _("Call-up of participants of {title}").format(title=self.programme.title)
        return _("Release from duties of participants of {title}").format(title=self.programme.title)

    @property
    def head(self) -> str:
        """To whom it goes."""
        if self.institution == NO_INSTITUTION:
            return DOTS
        if self.contact is not None and self.contact.head:
            return self.contact.head
        return _("The head of {institution}").format(institution=self.institution)

    @property
    def addressed(self) -> str:
        """The lines that say to whom it goes, below each other."""
        return "\n".join([_("To {head}").format(head=self.head), *(self.contact.address if self.contact else ())])

    @property
    def place_and_date(self) -> str:
        """Where and when it is signed; dots where that is not known yet."""
        place = self.settings.office.place
        return f"{place}, {self.dated}" if place else self.dated

    @property
    def days(self) -> str:
        """When the in-class phase is; dots where it is not known."""
        return figures.days(self.angkatan.starts, self.angkatan.ends) or DOTS

    @property
    def venue(self) -> str:
        """Where it is; dots where it is not known."""
        told = []
        for place in dict.fromkeys(each.place for each in self.people):
            venue = venue_of(self.programme, self.angkatan, place)
            told.append(f"{venue} ({place})" if venue and place else venue or place)
        return "; ".join(dict.fromkeys(filter(None, told))) or DOTS

    @property
    def opening(self) -> str:
        """What is asked for, above the list."""
        facts = {
            "title": self.programme.title,
            "angkatan": self.angkatan.id,
            "days": self.days,
            "venue": self.venue,
            "number": len(self.people),
        }
        if self.kind is LetterKind.CALL_UP:
            return _(
                "In connection with {title}, angkatan {angkatan}, we ask you to send the {number} participants named "
                "below to the in-class phase on {days} at {venue}."
            ).format(**facts)
        return _(
            "In connection with {title}, angkatan {angkatan}, we ask you to release the {number} participants named "
            "below from their duties during the in-class phase on {days} at {venue}."
        ).format(**facts)

    @property
    def closing(self) -> str:
        """What stands below the list."""
        return _("Thank you for your attention and cooperation.")

    def fields(self) -> dict[str, Any]:
        """Return the named fields of the office's templates (docs/exports.md)."""
        office = self.settings.office
        return {
            "nomor": self.number,
            "tanggal": self.dated,
            "hal": self.subject,
            "yth": self.head,
            "alamat": "\n".join(self.contact.address) if self.contact else "",
            "instansi": self.institution,
            "program": self.programme.title,
            "angkatan": self.angkatan.id,
            "hari": self.days,
            "mulai": figures.long_day(self.angkatan.starts) if self.angkatan.starts else DOTS,
            "selesai": figures.long_day(self.angkatan.ends) if self.angkatan.ends else DOTS,
            "tempat": self.venue,
            "jumlah": len(self.people),
            "kota": office.place or "",
            "jabatan": office.signer_position or DOTS,
            "penandatangan": office.signer_name or DOTS,
            "nip_penandatangan": format_nip(office.signer_nip) if office.signer_nip else DOTS,
            "peserta": [
                {"nomor": each.number, "nama": each.name, "nip": each.nip, "lokasi": each.place} for each in self.people
            ],
        }


Parts = Iterator[tuple[str, bytes | IO[bytes]]]
"""What is put into a ZIP, by its name: each is made as it is put there."""


class Zipped(NamedTuple):
    """ZIPs by the names of their files, each with what is put into it, and why they hold no PDF where they do not."""

    files: Iterator[tuple[str, Parts]]
    problem: str | None


class Written(NamedTuple):
    """Written files with their sizes in bytes, and why they hold no PDF, where they hold none."""

    files: Sequence[tuple[Path, int]]
    problem: str | None


@dataclass(frozen=True, slots=True)
class LetterRequest:
    """Which letters are asked for. ``number`` and ``dated`` are printed where they are known already."""

    kind: LetterKind
    now: datetime
    angkatan: str | None = None
    institution: str | None = None
    place: str | None = None
    number: str | None = None
    dated: date | None = None


def compose_letters(
    settings: Settings, programme: ProgrammeSettings, rows: Iterable[Row], request: LetterRequest
) -> dict[str, list[Letter]]:
    """Return the letters by institution; ``rows`` are the roster in its order.

    Only whoever is called up stands in one, and nobody of another institution. Raise UsageError if there is none.
    """
    called_up = (row for row in rows if row["state"] in GOING and row["name"] and _is_meant(programme, row, request))
    going = [{column: row[column] for column in NAMED_BY} for row in called_up]  # a row has five times as much
    order = {name: place for place, name in enumerate(programme.angkatan_by_id)}
    found: dict[str, list[Letter]] = {}
    for institution, members in by_institution(going).items():
        mine: dict[str, list[Row]] = {}
        for row in members:
            mine.setdefault(row["angkatan"], []).append(row)
        found[institution] = [
            _letter(settings, programme, programme.angkatan_by_id[name], institution, mine[name], request)
            for name in sorted(mine, key=order.__getitem__)
        ]
    if not found:
        require_some_angkatan([programme], request.angkatan)
        raise nobody_called_up()
    return found


def _is_meant(programme: ProgrammeSettings, row: Row, request: LetterRequest) -> bool:
    """Say whether somebody stands in one of the letters that are asked for, if they are called up."""
    institution = row["institution"] or NO_INSTITUTION
    return (
        row["angkatan"] in programme.angkatan_by_id
        and request.angkatan in (None, row["angkatan"])
        and (request.place is None or _is_called(request.place, place_of(programme, row)))
        and (request.institution is None or _is_called(request.institution, institution))
    )


def _is_called(asked: str, name: str) -> bool:
    """Say whether a name is meant, however it is spaced and written; signs alone are that name alone."""
    form = name_form(asked)
    return form == name_form(name) if form else asked.strip() == name


def nobody_called_up() -> UsageError:
    """Return what is said where there is no letter."""
    return UsageError(
        _("Nobody is called up who would be named in such a letter."),
        _("Look at {where}; an institution is written as it stands there.").format(where=command("roster")),
    )


def write_zips(letters: Mapping[str, Sequence[Letter]], folder: Path, overwrite: bool = False) -> Written:
    """Write one ZIP for each institution; each holds its letters as DOCX and PDF, as ``zips`` makes them.

    Raise UsageError if the folder is none, a file exists already, or a template of the office cannot be filled in.
    """
    if not os.path.isdir(folder):
        raise UsageError(_("{folder} is no folder.").format(folder=folder), _("Make it, or name another with -o."))
    for name in _called(letters):
        require_writable(folder / name, overwrite)  # each, before any is written
    made = zips(letters)
    files = []
    for name, parts in made.files:
        path = folder / name
        files.append((path, write_file(path, partial(write_zip, parts), overwrite)))
    return Written(files, made.problem)


def zips(letters: Mapping[str, Sequence[Letter]]) -> Zipped:
    """Return a ZIP for each institution with its letters, each as DOCX and PDF.

    The PDF of a template of the office is that very DOCX as LibreOffice prints it. Where that is not to be had, the
    DOCX stands alone: a PDF with other words would be another letter. Raise UsageError if a template cannot be filled
    in.
    """
    from latsar_sync.exports.conversion import NotConverted, pdfs_of
    from latsar_sync.exports.letter_docx import letter_as_docx, template_of
    from latsar_sync.exports.letter_pdf import letter_as_pdf

    # letters of the office's own are filled in and printed all together, which tells what is wrong with any of them
    # and stand in a file without a name until each is put into its ZIP
    aside = SetAside()
    own = {
        (name, each.file_name): aside.put([letter_as_docx(each)])
        for name, mine in letters.items()
        for each in mine
        if template_of(each) is not None
    }
    problem, printed = None, dict[tuple[str, str], int]()

    def held(where: int) -> bytes:
        [content] = aside.read(where)
        return bytes(content)

    if own:
        try:
            made = zip(own, pdfs_of(map(held, own.values())), strict=True)
            printed = {key: aside.put([pdf]) for key, pdf in made}
        except NotConverted as error:
            problem = str(error)

    def parts(name: str) -> Parts:
        for each in sorted(letters[name], key=lambda each: f"{each.file_name}."):
            key = name, each.file_name
            yield f"{each.file_name}.docx", held(own[key]) if key in own else letter_as_docx(each)
            if not problem:
                yield f"{each.file_name}.pdf", held(printed[key]) if key in printed else letter_as_pdf(each)

    return Zipped(((called, parts(name)) for called, name in sorted(_called(letters).items())), problem)


def _called(letters: Mapping[str, Sequence[Letter]]) -> dict[str, str]:
    """Return the institutions by the names of their files: of two that are named alike one has a number besides."""
    found: dict[str, str] = {}
    for name, mine in letters.items():
        plain = f"{kind_in_a_name(mine[0].kind)}-{file_name(name)}"
        numbered = (f"{plain}-{number}.zip" for number in count(2))
        found[next(each for each in chain([f"{plain}.zip"], numbered) if each not in found)] = name
    return found


def together(made: Zipped) -> UnnamedFile:
    """Return one ZIP that holds the ZIP of each institution."""
    return UnnamedFile(partial(write_zip, _each_whole(made)))


def _each_whole(made: Zipped) -> Parts:
    for name, parts in made.files:
        with TemporaryFile() as whole:
            write_zip(parts, whole)
            yield name, whole


def kind_in_a_name(kind: LetterKind) -> str:
    """Return a kind of letters as files are called by it, in the language in use."""
    return str(_("call-up") if kind is LetterKind.CALL_UP else _("duty"))


def file_name(text: str) -> str:
    """Return a name for a file out of an institution's."""
    return re.sub(r"[^\w]+", "-", text, flags=re.ASCII).strip("-").lower()[:80] or "tanpa-instansi"


def write_zip(parts: Parts, made: IO[bytes]) -> None:
    """Write a ZIP into a file, part by part."""
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            if isinstance(content, bytes):
                archive.writestr(info, content)
                continue
            info.file_size = content.seek(0, os.SEEK_END)
            content.seek(0)
            with archive.open(info, "w") as part:
                copyfileobj(content, part)


def _letter(
    settings: Settings,
    programme: ProgrammeSettings,
    angkatan: AngkatanSettings,
    institution: str,
    rows: Sequence[Row],
    request: LetterRequest,
) -> Letter:
    people = [
        LetterPerson(number, name_of(row), format_nip(row["nip"]) if row["nip"] else DOTS, place_of(programme, row))
        for number, row in enumerate(rows, start=1)
    ]
    return Letter(
        kind=request.kind,
        settings=settings,
        programme=programme,
        angkatan=angkatan,
        institution=institution,
        contact=settings.institution(institution),
        people=people,
        number=request.number or DOTS,
        dated=figures.long_day(request.dated) if request.dated else DOTS,
        made_on=request.now.astimezone(settings.zone_of(programme)).date(),
    )
