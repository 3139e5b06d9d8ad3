"""What a programme's settings ask of the pure rooms and of the Moodle room, in the words of those rooms."""

from collections.abc import Mapping, Sequence
from datetime import date

from latsar_sync.clearances import ClearanceRules
from latsar_sync.guards import Limits
from latsar_sync.model import HOLDS_A_SEAT, Angkatan, Entry, Participant
from latsar_sync.moodle.source import SourceCourse
from latsar_sync.offers import Homes
from latsar_sync.records import Acts, Terms
from latsar_sync.seats import Placement
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.placement_file import load_placement


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


def terms_of(programme: ProgrammeSettings) -> Terms:
    """Return what the programme is configured to judge by, beside threshold and required set."""
    evaluation, clearances = programme.evaluation, programme.clearances
    required = {*clearances.of_participant, *clearances.of_angkatan}
    return Terms(
        method=programme.method,
        basis=evaluation.basis if evaluation else "",
        materials_mode=programme.materials.mode,
        participant_key=programme.source.participant_key,
        clearances=tuple(sorted(required)),
    )


def configured_ids(settings: Settings) -> dict[str, frozenset[str]]:
    """Return the ids of all configured angkatan by programme."""
    return {each.id: frozenset(cohort.id for cohort in each.angkatan) for each in settings.programmes}


def cohorts_of(programme: ProgrammeSettings) -> tuple[Angkatan, ...]:
    """Return the programme's angkatan in their configured order."""
    return tuple(
        Angkatan(
            id=cohort.id,
            group=cohort.group_name,
            group_idnumber=cohort.group_key(programme.id),
            source_group=programme.source_group_of(cohort),
            site=cohort.site,
            course=cohort.course,
            target_key=cohort.target_key,
            role_id=cohort.role_id,
            capacity=cohort.capacity,
            starts=cohort.starts,
            admission_closes=cohort.admission_closes,
        )
        for cohort in programme.angkatan
    )


def names_of(programme: ProgrammeSettings) -> Mapping[str, Sequence[str]]:
    """Return what else each angkatan is called in the files of offices, by id."""
    return {cohort.id: (cohort.group_name,) for cohort in programme.angkatan}


def others_of(settings: Settings, programme: ProgrammeSettings) -> tuple[Angkatan, ...]:
    """Return the angkatan of all the other programmes: nobody in the group of one is put into a second (rule 7)."""
    return tuple(cohort for each in settings.programmes if each.id != programme.id for cohort in cohorts_of(each))


def listed_of(programme: ProgrammeSettings, today: date) -> Mapping[str, str]:
    """Return the angkatan of the placement list by NIP; empty where the programme has none."""
    if programme.placement_file is None:
        return {}
    return load_placement(programme.placement_file, names_of(programme), today)


def placement_of(programme: ProgrammeSettings, today: date, acts: Acts, clearances: ClearanceRules) -> Placement:
    """Return how the programme seats people; ``today`` is the date in its time zone."""
    effect = programme.clearances.effect or programme.effect
    let_in = effect == "warn" or (effect == "prioritise" and programme.fill_from and today >= programme.fill_from)
    lacking = [cohort.id for cohort in cohorts_of(programme) if not let_in and clearances.angkatan_reasons(cohort)]
    return Placement(
        kind=programme.placement,
        effect=programme.effect,
        today=today,
        fill_from=programme.fill_from,
        approval_needed=programme.push == "confirmed",
        clearance_effect=programme.clearances.effect,
        finalised=acts.finalised,
        barred=frozenset(lacking),
    )


def clearance_rules_of(
    programme: ProgrammeSettings, today: date, acts: Acts, entries: Mapping[str, Entry], listed: Mapping[str, str]
) -> ClearanceRules:
    """Return which clearances the programme requires, with what is on record and where everybody belongs.

    Whoever holds a seat belongs to its angkatan; ``listed`` maps NIP to angkatan id for ``placement = "list"``.
    """
    homes = Homes(programme.placement, cohorts_of(programme))

    def home(participant: Participant) -> Sequence[Angkatan]:
        entry = entries.get(participant.id)
        seat = entry.angkatan if entry is not None and entry.state in HOLDS_A_SEAT else None
        moved = acts.moves.get(participant.id) or seat
        return homes.of(participant.person.groups, listed.get(participant.nip or ""), moved)

    wanted = programme.clearances
    return ClearanceRules(wanted.of_participant, wanted.of_angkatan, acts.clearances, today, home)


def guard_limits_of(programme: ProgrammeSettings) -> Limits:
    """Return the limits beyond which a run stops before pushing."""
    limits = programme.guards
    return Limits(
        max_drop_share=float(limits.max_drop_share),
        max_lost=limits.max_lost,
        max_lost_share=float(limits.max_lost_share),
        max_push=limits.max_push,
        max_push_share=float(limits.max_push_share),
    )
