"""What a programme's settings ask of the rules, in the words of the rules."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache

from latsar_sync.domain.actions import Actions
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Participant
from latsar_sync.domain.records import Effects, Terms
from latsar_sync.rules.clearances import ClearanceRules
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.rules.imported_list import OffTheList
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.which_angkatan import Belonging
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.settings.problems import did_you_mean


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


def effects_of(programme: ProgrammeSettings) -> Effects:
    """Return by what the programme is configured to let people in, beside what judges them."""
    return Effects(
        effect=programme.effect,
        of_clearances=programme.clearances.effect or "",
        fill_from=programme.fill_from.isoformat() if programme.fill_from else "",
        push=programme.push,
        roles="" if programme.by_files else ", ".join(sorted(programme.participant_roles)),
    )


def angkatan_of(programme: ProgrammeSettings) -> tuple[Angkatan, ...]:
    """Return the programme's angkatan in their configured order."""
    return tuple(
        Angkatan(
            id=angkatan.id,
            group=angkatan.group_name,
            group_idnumber=angkatan.group_key(programme.id),
            source_group=programme.source_group_of(angkatan),
            site=angkatan.site,
            course=angkatan.course,
            target_key=angkatan.target_key,
            role_id=angkatan.role_id,
            capacity=angkatan.capacity,
            starts=angkatan.starts,
            admit_until=angkatan.admit_until_or_starts,
        )
        for angkatan in programme.angkatan
    )


def names_of(programme: ProgrammeSettings) -> Mapping[str, Sequence[str]]:
    """Return what else each angkatan is called in the files of offices, by id."""
    return {angkatan.id: (angkatan.group_name,) for angkatan in programme.angkatan}


def angkatan_of_other_programmes(settings: Settings, programme: ProgrammeSettings) -> tuple[Angkatan, ...]:
    """Return the angkatan of all the other programmes: nobody in the group of one is put into a second (rule 7)."""
    return tuple(angkatan for each in settings.programmes if each.id != programme.id for angkatan in angkatan_of(each))


def placement_of(
    programme: ProgrammeSettings,
    today: date,
    actions: Actions,
    clearances: ClearanceRules,
    listed: Mapping[str, str],
    unconfigured: Mapping[str, str | None],
    off_the_list: OffTheList,
) -> Placement:
    """Return how the programme places people; ``today`` is the date in its time zone, the rest as in ``Placement``."""
    of_angkatan = angkatan_of(programme) if clearances.of_angkatan else ()
    lacking = [angkatan.id for angkatan in of_angkatan if clearances.angkatan_reasons(angkatan)]
    return Placement(
        kind=programme.placement,
        effect=programme.effect,
        today=today,
        fill_from=programme.fill_from,
        approval_needed=programme.push == "confirmed",
        makes_accounts=programme.accounts.create,
        clearance_effect=programme.clearances.effect,
        finalised=actions.finalised,
        without_clearance=frozenset(lacking),
        unconfigured=unconfigured,
        listed=listed,
        moves=actions.moves,
        admitted=actions.admitted,
        off_the_list=off_the_list,
    )


def clearance_rules_of(
    programme: ProgrammeSettings, today: date, actions: Actions, entries: Mapping[str, Entry], listed: Mapping[str, str]
) -> ClearanceRules:
    """Return which clearances the programme requires, with what is on record and where everybody belongs.

    Whoever holds a seat belongs to its angkatan; ``listed`` maps NIP to angkatan id for ``placement = "list"``.
    """

    @cache  # most programmes require none, and nobody is asked
    def belonging() -> Belonging:
        return Belonging(programme.placement, angkatan_of(programme))

    def home(participant: Participant) -> Sequence[Angkatan]:
        entry = entries.get(participant.id)
        seat = entry.seat_in if entry is not None else None
        moved = actions.moves.get(participant.id) or seat
        return belonging().of(participant.person.groups, listed.get(participant.nip or ""), moved)

    wanted = programme.clearances
    return ClearanceRules(wanted.of_participant, wanted.of_angkatan, actions.clearances, today, home)


def guard_limits_of(programme: ProgrammeSettings) -> GuardLimits:
    """Return the limits beyond which a run stops before pushing."""
    limits = programme.guards
    return GuardLimits(
        limits.max_drop_share, limits.max_lost, limits.max_lost_share, limits.max_push, limits.max_push_share
    )


def require_some_angkatan(programmes: Iterable[ProgrammeSettings], angkatan: str | None) -> None:
    """Raise UsageError for an id that no angkatan of these programmes has; None asks for all of them."""
    known = [each.id for programme in programmes for each in programme.angkatan]
    if angkatan is not None and angkatan not in known:
        raise UsageError(
            _('No angkatan has the id "{angkatan}".').format(angkatan=angkatan), did_you_mean(angkatan, known)
        )


def require_angkatan(programme: ProgrammeSettings, angkatan: str) -> AngkatanSettings:
    """Return an angkatan of a programme by its id; raise UsageError for an unknown one."""
    if angkatan in programme.angkatan_by_id:
        return programme.angkatan_by_id[angkatan]
    raise UsageError(
        _('Programme {programme} has no angkatan "{angkatan}".').format(programme=programme.id, angkatan=angkatan),
        did_you_mean(angkatan, [each.id for each in programme.angkatan]),
    )
