"""What one letter to an institution says, and what its files are called."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from latsar_sync.domain import figures
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import format_nip
from latsar_sync.exports.places import venue_of
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.settings.institutions import InstitutionSettings

DOTS = "……………………"
NO_INSTITUTION = "–"
"""As ``by_institution`` says where none is known."""


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


def kind_in_a_name(kind: LetterKind) -> str:
    """Return a kind of letters as files are called by it, in the language in use."""
    return str(_("call-up") if kind is LetterKind.CALL_UP else _("duty"))


def file_name(text: str) -> str:
    """Return a name for a file out of an institution's."""
    return re.sub(r"[^\w]+", "-", text, flags=re.ASCII).strip("-").lower()[:80] or "tanpa-instansi"
