"""What a programme's settings ask of the pure rooms and of the Moodle room, in the words of those rooms."""

from datetime import date

from latsar_sync.guards import Limits
from latsar_sync.model import Angkatan
from latsar_sync.moodle.source import SourceCourse
from latsar_sync.roster import Placement
from latsar_sync.settings import ProgrammeSettings


def source_course_of(programme: ProgrammeSettings) -> SourceCourse:
    """Return what of the MOOC course is to be read."""
    evaluation, materials = programme.evaluation, programme.materials
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
    )


def cohorts_of(programme: ProgrammeSettings) -> tuple[Angkatan, ...]:
    """Return the programme's angkatan in their configured order."""
    return tuple(
        Angkatan(
            id=cohort.id,
            group=cohort.group_name,
            group_idnumber=cohort.group_key(programme.id),
            source_group=cohort.id if programme.by_files else cohort.source_group,
            site=cohort.site,
            course=cohort.course,
            target_key=cohort.target_key,
            role_id=cohort.role_id,
            capacity=cohort.capacity,
            admission_closes=cohort.admission_closes,
        )
        for cohort in programme.angkatan
    )


def placement_of(programme: ProgrammeSettings, today: date) -> Placement:
    """Return how the programme seats people; ``today`` is the date in its time zone."""
    return Placement(
        kind=programme.placement,
        effect=programme.effect,
        today=today,
        fill_from=programme.fill_from,
        approval_needed=programme.push == "confirmed",
    )


def guard_limits_of(programme: ProgrammeSettings) -> Limits:
    """Return the limits beyond which a run stops before pushing."""
    limits = programme.guards
    return Limits(float(limits.max_drop_share), limits.max_push, float(limits.max_push_share))
