"""What a programme's settings ask of a MOOC and of its placement list."""

from collections.abc import Collection, Mapping
from datetime import date

from latsar_sync.files.placement_list import load_placement
from latsar_sync.moodle.survey import SourceCourse
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.rule_values import names_of


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
    if programme.placement_file is None:
        return {}
    return load_placement(programme.placement_file, names_of(programme), today)
