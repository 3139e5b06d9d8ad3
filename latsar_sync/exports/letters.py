"""Letters to the sending institutions: the call-up and the release from duties, one ZIP for each institution.

Who gets one is worked out here, what stands in it in ``one_letter``; ``letter_docx`` and ``letter_pdf`` write it,
``conversion`` prints a template.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.spelling import name_form
from latsar_sync.exports.listed_people import by_institution
from latsar_sync.exports.one_letter import DOTS, NO_INSTITUTION, Letter, LetterKind, LetterPerson
from latsar_sync.exports.places import place_of
from latsar_sync.exports.words import name_of
from latsar_sync.rules.who_is_called_up import is_called_up
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import require_some_angkatan
from latsar_sync.store.listings import Row

NAMED_BY = ("name", "nip", "institution", "angkatan", "place")
"""What of a row is needed to name somebody in a letter, and to know in which."""


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
