"""Which required document each person of an angkatan has, and which the angkatan itself: what is missing to enter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from latsar_sync.domain.actions import Clearance
from latsar_sync.rules.clearances import PaperStanding, standing_of_paper
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings

ENDS_SOON = timedelta(days=14)
"""A valid document that ends within that time, or before the last day in class, ends soon."""


@dataclass(frozen=True, slots=True)
class RequiredPaper:
    """One required kind: how it stands, whether it ends soon, and by which day it is needed."""

    kinds: str
    standing: PaperStanding
    ends_soon: bool

    @property
    def state(self) -> str:
        """Valid, soon, expired, revoked or missing."""
        return "soon" if self.ends_soon else self.standing.state


@dataclass(frozen=True, slots=True)
class PersonPapers:
    """The required documents of one person, a row of a listing."""

    row: Mapping[str, Any]
    papers: tuple[RequiredPaper, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return all(each.standing.state == "valid" for each in self.papers)

    @property
    def ends_soon(self) -> bool:
        """Whether one of them ends soon."""
        return any(each.ends_soon for each in self.papers)


@dataclass(frozen=True, slots=True)
class Matrix:
    """An angkatan's documents: its own, those of its people, and the day on which they are needed."""

    day: date
    of_angkatan: tuple[RequiredPaper, ...]
    people: tuple[PersonPapers, ...]

    @property
    def complete(self) -> int:
        """People who lack nothing of their own."""
        return sum(each.is_complete for each in self.people)

    @property
    def ending(self) -> int:
        """People of whom a document ends soon."""
        return sum(each.ends_soon for each in self.people)


def matrix(
    programme: ProgrammeSettings,
    angkatan: AngkatanSettings | None,
    rows: Sequence[Mapping[str, Any]],
    recorded: Sequence[Clearance],
    today: date,
) -> Matrix:
    """Return the documents of the people of an angkatan (None: of no angkatan), ``rows`` of a listing, by kind."""
    wanted = programme.clearances
    day = angkatan.starts if angkatan is not None and angkatan.starts else today
    last = max(today + ENDS_SOON, angkatan.ends) if angkatan is not None and angkatan.ends else today + ENDS_SOON
    owned: dict[str, list[Clearance]] = {}
    for each in recorded:
        owned.setdefault(each.participant_id or "", []).append(each)

    def papers(required: Sequence[str], held: Sequence[Clearance]) -> tuple[RequiredPaper, ...]:
        found = [(kinds, standing_of_paper(kinds, held, day)) for kinds in required]
        return tuple(
            RequiredPaper(kinds, each, each.state == "valid" and each.until is not None and each.until < last)
            for kinds, each in found
        )

    own = [each for each in recorded if angkatan is not None and each.angkatan == angkatan.id]
    return Matrix(
        day,
        papers(wanted.of_angkatan, own) if angkatan is not None and angkatan.course else (),
        tuple(PersonPapers(row, papers(wanted.of_participant, owned.get(row["participant_id"], ()))) for row in rows),
    )
