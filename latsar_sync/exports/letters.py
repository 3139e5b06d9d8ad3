"""Letters to the sending institutions: the call-up and the release from duties, one ZIP for each institution.

What stands in one is worked out here; ``letter_docx`` and ``letter_pdf`` write it, ``conversion`` prints a template.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.spelling import name_form
from latsar_sync.exports.places import place_of, venue_of
from latsar_sync.exports.roster_lists import by_institution
from latsar_sync.exports.words import name_of
from latsar_sync.rules.holding_back import is_called_up
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
    called_up = (
        row
        for row in rows
        if is_called_up(row["state"], row["roster_reason"], row["outcome"])
        and row["name"]
        and _is_meant(programme, row, request)
    )
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


def kind_in_a_name(kind: LetterKind) -> str:
    """Return a kind of letters as files are called by it, in the language in use."""
    return str(_("call-up") if kind is LetterKind.CALL_UP else _("duty"))


def file_name(text: str) -> str:
    """Return a name for a file out of an institution's."""
    return re.sub(r"[^\w]+", "-", text, flags=re.ASCII).strip("-").lower()[:80] or "tanpa-instansi"


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
