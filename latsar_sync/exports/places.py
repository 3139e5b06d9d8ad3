"""At which of several places people come together in class."""

from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store.reports import Row


def place_of(programme: ProgrammeSettings, row: Row) -> str:
    """Return at which place somebody is: as the imported list says, else that of their angkatan; empty for none."""
    theirs = next((each.place for each in programme.angkatan if each.id == row["angkatan"]), None)
    return row["place"] or theirs or ""
