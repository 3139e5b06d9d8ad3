"""Whether the account sees every activity of the MOOC: what else names them, and to whom restricted ones are open."""

from collections.abc import Collection, Mapping, Sequence

from latsar_sync.doctor.checks import Page
from latsar_sync.language import _
from latsar_sync.model import Activity
from latsar_sync.moodle import payloads, sights


def examine_sights(
    page: Page,
    modules: Mapping[int, payloads.Module],
    left_out: Collection[int],
    reports: Sequence[payloads.UserGrades],
    criteria: Sequence[Activity] | None,
    completed: Collection[int],
) -> None:
    """Compare the contents (``modules``) with grade items, criteria of course completion and completion answers.

    ``left_out`` are no material; ``criteria`` None where the site tells none.
    """
    unseen = list(sights.unseen_activities(modules, left_out, reports, criteria or ()))
    known = {*modules, *left_out, *(each.cmid for each in unseen)}
    unseen += [Activity(cmid, f"cmid {cmid}", "") for cmid in sorted(set(completed) - known)]
    if unseen:
        kinds = ", ".join(sorted({f"mod/{each.modname}:view" for each in unseen if each.modname}))
        page.fail(
            "activities_unseen",
            _("The account does not see these activities: {names}.").format(names=_listed(unseen)),
            _(
                "Allow {kinds} in the service account's role in that course; without them the service does not know "
                "what is required, and every run is held."
            ).format(
                kinds=", ".join(
                    filter(None, [kinds, "moodle/course:viewhiddenactivities", "moodle/course:viewhiddensections"])
                )
            ),
        )
    elif criteria is None:
        page.warn(
            "activities_seen",
            _("No completion criteria to compare with: an activity that the account may not view would go unnoticed."),
            _(
                "Give the role each mod/…:view that docs/moodle-setup.md lists and report/completion:view, the service "
                "core_completion_get_course_completion_status; and make the activities criteria of course completion."
            ),
        )
    else:
        page.ok("activities_seen", _("Nothing else names an activity that the account does not see."))
    untold = sights.untold_restrictions(module for module in modules.values() if module.completion)
    if untold:
        page.warn(
            "restrictions",
            _("To whom these activities are open cannot be told, so they are asked of everybody: {names}.").format(
                names=", ".join(module.name for module in untold)
            ),
            _("If they are not meant for everybody, name them in materials.exclude, or restrict them by group alone."),
        )


def _listed(activities: Sequence[Activity]) -> str:
    return ", ".join(
        f"{each.name} ({each.modname}, cmid {each.cmid})" if each.modname else each.name for each in activities
    )
