"""At which of several places people come together in class."""

from collections.abc import Iterable

from latsar_sync.domain.spelling import name_form
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.store.listings import Row


def place_of(programme: ProgrammeSettings, row: Row) -> str:
    """Return at which place somebody is: as a named person or the imported list says, else that of their angkatan.

    It is empty where nobody says.
    """
    theirs = programme.angkatan_by_id.get(row["angkatan"])
    return row["place"] or (theirs and theirs.place) or ""


def venue_of(programme: ProgrammeSettings, angkatan: AngkatanSettings | None, place: str) -> str:
    """Return where people of an angkatan meet at a place: that place's venue, else the angkatan's; empty for none."""
    own = next((each.venue for each in programme.places if name_form(each.name) == name_form(place)), None)
    return own or (angkatan.venue if angkatan is not None and angkatan.venue else "")


def by_place(programme: ProgrammeSettings, rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return people by place, in the order of the alphabet; whoever has none comes last, under an empty name."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(place_of(programme, row), []).append(row)
    return dict(sorted(groups.items(), key=lambda each: (not each[0], each[0].casefold())))
