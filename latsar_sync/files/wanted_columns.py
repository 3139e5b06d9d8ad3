"""Which columns a file of people or of scores must have, and may have; what they are titled is in ``column_titles``."""

from latsar_sync.files.tables import Wanted
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import imports


def wanted_people(programme: ProgrammeSettings) -> Wanted:
    """Return the columns of a list of participants."""
    required, optional = ["nip", "name"], ["institution", "email", "place"]
    (required if programme.placement == "group" else optional).append("angkatan")
    return Wanted(required, optional)


def wanted_scores(programme: ProgrammeSettings) -> Wanted:
    """Return the columns of a file of scores."""
    return Wanted(["nip", "score", *(["materials"] if has_materials(programme) else [])], ["name", "date"])


def wanted_kinds(programme: ProgrammeSettings) -> dict[str, Wanted]:
    """Return the kinds of files whose layouts are learned, as far as a programme takes them, with their columns."""
    people = {imports.PEOPLE: wanted_people(programme)} if programme.by_files else {}
    scores = {imports.SCORES: wanted_scores(programme)} if programme.method != "classical" else {}
    return {**people, **scores}


def has_materials(programme: ProgrammeSettings) -> bool:
    """Say whether a file of scores tells how much of the material is done; else the MOOC does, or nobody asks."""
    return programme.by_files and programme.materials.mode != "none"
