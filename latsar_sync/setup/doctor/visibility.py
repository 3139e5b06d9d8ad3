"""Whether the account sees every activity of the MOOC, hidden and restricted ones too, and to whom these are open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from latsar_sync.domain.evidence import Activity
from latsar_sync.domain.language import _, joined
from latsar_sync.moodle import payloads, visibility
from latsar_sync.moodle.rights import Right
from latsar_sync.setup.checks import Page

OF_EVERY_KIND = (
    Right.COURSE_VIEWHIDDENACTIVITIES,
    Right.COURSE_VIEWHIDDENSECTIONS,
    Right.COURSE_IGNOREAVAILABILITYRESTRICTIONS,
)
"""The rights without which an activity of any kind may be unseen: hidden, in a hidden section, restricted."""


@dataclass(frozen=True, slots=True)
class Named:
    """What beside the contents names activities: grade items, criteria of course completion, people's completion, and
    the ids that the site says are closed to the account. ``criteria`` and ``closed`` are None where it tells none.
    """

    reports: Sequence[payloads.UserGrades]
    criteria: Sequence[Activity] | None
    completed: Collection[int]
    closed: Collection[int] | None


def examine_sights(page: Page, modules: Mapping[int, payloads.Module], left_out: Collection[int], named: Named) -> None:
    """Compare the contents (``modules``) with what else names activities; ``left_out`` are no material."""
    unseen = list(
        visibility.unseen_activities(modules, left_out, named.reports, named.criteria or (), named.closed or ())
    )
    known = {*modules, *left_out, *(each.cmid for each in unseen)}
    unseen += [Activity(cmid, "", "") for cmid in sorted(set(named.completed) - known)]
    if unseen:
        _tell_unseen(page, unseen)
    else:
        _tell_how_well_compared(page, modules, named)
    untold = visibility.untold_restrictions(module for module in modules.values() if module.completion)
    if untold:
        page.warn(
            "restrictions",
            _("To whom these activities are open cannot be told, so they are asked of everybody: {names}.").format(
                names=", ".join(module.name for module in untold)
            ),
            _("If they are not meant for everybody, name them in materials.exclude, or restrict them by group alone."),
        )


def compare_with_completion(page: Page, required: Sequence[Activity], seen: set[int]) -> None:
    """Compare the ``required`` activities with those that everybody's completion lists (``seen``)."""
    unseen = [activity for activity in required if activity.cmid not in seen]
    if unseen:
        kinds = ", ".join(sorted({f"mod/{activity.modname}:view" for activity in unseen}))
        page.fail(
            "materials_seen",
            _("Completion leaves out required activities: {names}.").format(
                names=", ".join(activity.name for activity in unseen)
            ),
            _(
                "Allow moodle/course:viewhiddenactivities, moodle/course:ignoreavailabilityrestrictions and {kinds} in "
                "the service account's role in that course; without them everybody stays undetermined."
            ).format(kinds=kinds),
        )
    else:
        page.ok("materials_seen", _("Completion lists every required activity."))


def examine_hidden(page: Page, modules: Collection[payloads.Module]) -> None:
    """Examine the sight of hidden and restricted activities.

    Only whoever may see hidden ones is told ``visible`` 0 and the key ``availability`` (Moodle
    ``course/externallib.php``, ``get_course_contents``); a restriction that binds the account shows as ``uservisible``.
    """
    allow = _("Allow {right} in the service account's role in that course.")
    if any(module.visible is False or "availability" in module.model_fields_set for module in modules):
        page.ok(Right.COURSE_VIEWHIDDENACTIVITIES, _("Hidden activities are seen."))
    else:
        page.warn(
            Right.COURSE_VIEWHIDDENACTIVITIES,
            _("Nothing shows that hidden activities would be seen."),
            allow.format(right=Right.COURSE_VIEWHIDDENACTIVITIES),
        )
    if not any(module.availability or module.uservisible is False for module in modules):
        return  # nothing is restricted, so nothing can be shown of that right
    barred = [module.name for module in modules if module.uservisible is False]
    if barred:
        page.fail(
            Right.COURSE_IGNOREAVAILABILITYRESTRICTIONS,
            _("Restrictions bar the account from {names}.").format(names=", ".join(barred)),
            allow.format(right=Right.COURSE_IGNOREAVAILABILITYRESTRICTIONS),
        )
    else:
        page.ok(Right.COURSE_IGNOREAVAILABILITYRESTRICTIONS, _("No restriction bars the account."))


def _tell_unseen(page: Page, unseen: Sequence[Activity]) -> None:
    """Name the activities that the account does not see, and the rights by which it would."""
    kinds = sorted({f"mod/{each.modname}:view" if each.modname else "mod/…:view" for each in unseen})
    rights = [*kinds, *OF_EVERY_KIND]
    numbered = _("What has only a number opens for an administrator at {address}.").format(
        address="course/modedit.php?update=NUMBER"
    )
    page.fail(
        "activities_unseen",
        _("The account does not see these activities: {names}.").format(names=_listed(unseen)),
        joined(
            _(
                "Allow {kinds} in the service account's role in that course; without them the service does not "
                "know what is required, and every run is held."
            ).format(kinds=", ".join(rights)),
            "" if all(each.name for each in unseen) else numbered,
        ),
    )


def _tell_how_well_compared(page: Page, modules: Mapping[int, payloads.Module], named: Named) -> None:
    """Say that nothing unseen was found, and how far that can be relied on."""
    by_hand = _(
        "Nothing proves that there is none: compare the number of activities above with the course page of a teacher."
    )
    if named.criteria is None and named.closed is None:
        page.warn(
            "activities_seen",
            joined(_("An activity that the account may not view would go unnoticed: the site tells of none."), by_hand),
            _(
                "Add core_course_check_updates to the service (and core_completion_get_course_completion_status, where "
                "course completion has criteria), and give the role each mod/…:view that docs/moodle-setup.md lists."
            ),
        )
    elif named.closed is None:
        page.warn(
            "activities_seen",
            joined(
                _("Only the criteria of course completion were compared; an activity that is none would go unnoticed."),
                by_hand,
            ),
            _("Add core_course_check_updates to the service, or make each required activity a criterion."),
        )
    else:
        page.ok(
            "activities_seen",
            _("Nothing names an activity that the account does not see, nor does any of the {count} ids asked.").format(
                count=len(visibility.ids_beside(modules, visibility.IDS_OF_A_DIAGNOSIS))
            ),
        )


def _listed(activities: Sequence[Activity]) -> str:
    return ", ".join(
        f"{each.name} ({each.modname}, cmid {each.cmid})" if each.name else f"cmid {each.cmid}" for each in activities
    )
