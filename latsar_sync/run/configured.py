"""What a programme's settings ask of a MOOC and of its placement list."""

from collections.abc import Collection, Mapping
from datetime import date

from latsar_sync.domain.errors import InputMissing
from latsar_sync.domain.language import _
from latsar_sync.domain.placement_list import PlacementList
from latsar_sync.moodle.mooc_values import SourceCourse
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import names_of


def source_course_of(programme: ProgrammeSettings, listed: Collection[str] = ()) -> SourceCourse:
    """Return what of the MOOC course is to be read; ``listed`` are the NIPs of the programme's placement list."""
    evaluation, materials = programme.evaluation, programme.materials
    groups = [angkatan.source_group for angkatan in programme.angkatan]
    by_group = programme.placement == "group" and not programme.by_files
    return SourceCourse(
        course=programme.source.course or "",
        participant_key=programme.source.participant_key,
        roles=programme.participant_roles,
        item=evaluation.item if evaluation else None,
        cmid=evaluation.cmid if evaluation else None,
        gated=programme.method != "classical",
        mode=materials.mode,
        include=materials.include,
        exclude=materials.exclude,
        groups=tuple(name for name in groups if name is not None) if by_group and None not in groups else (),
        nips=frozenset(listed) if programme.placement == "list" and not programme.by_files else None,
    )


def listed_of(programme: ProgrammeSettings, today: date) -> Mapping[str, str]:
    """Return the angkatan of the placement list by NIP; empty where the programme has none."""
    return placement_list_of(programme, today).angkatan


def placement_list_of(programme: ProgrammeSettings, today: date) -> PlacementList:
    """Return what the placement list of a programme tells; nothing where it has none.

    Raise InputMissing if it is wrong, or tells places of people whose list of participants does.
    """
    file = programme.placement_file
    if file is None:
        return PlacementList()
    from latsar_sync.files.placement_list import load_placement  # with what reads an office's tables: most have none

    found = load_placement(file, names_of(programme), today, [each.name for each in programme.places])
    if found.places and programme.by_files:
        raise InputMissing(
            _("{path} was not taken: it tells places.").format(path=file),
            _("In a programme on files they stand in the list of participants; leave that column out."),
        )
    return found
