"""Reading nobody but our people: as the course shows each of them, and all who are in our groups.

The cost follows them, not the course. Which groups there are is asked in every run and compared by name, so an id of
another time or course is never used. A group that had people and shows none stops the run: nothing proves that its
people are gone (rule 4). Those of a list of NIPs are read in ``people_by_list``.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.domain.language import _, joined
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import Part, read_lists
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.course_profiles import is_active_in, participants_of, read_profiles, shows_active_courses
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.materials import read_modules
from latsar_sync.moodle.mooc_values import Expected, FoundPeople, SourceCourse

NEEDED = (Function.ACTIVITY_ALLOWED_GROUPS, Function.COURSE_USER_PROFILES)
"""What the service must hold besides; without either everybody in the course is read."""
MOST_ACTIVITIES = 10
"""Activities asked besides the first, whose grouping may leave out a group of ours."""
KNOWN_MEMBERS = 3
"""People of a group that no activity tells whose own groups are looked at."""
KNOWN_TO_BE_ACTIVE = 3
"""People whose profile must show what their enrolment is, before anybody else's is believed not to."""


def read_our_groups(
    client: MoodleClient,
    course: payloads.Course,
    wanted: SourceCourse,
    modules: Mapping[int, payloads.Module],
    expected: Expected,
    fields: str,
    enrolments: bool,
) -> FoundPeople:
    """Read the people of our groups, and whoever is ``expected`` in them and is not there.

    The evaluation is asked which groups there are, else whatever activity shows; ``enrolments`` asks which are active.
    Raise ConfigurationError if a group that had people shows none, or no group shows at all, SiteRefuses without
    moodle/site:accessallgroups.
    """
    cmid = wanted.cmid or (expected.ids.cmid if expected.ids and expected.ids.course_id == course.id else None)
    names, people = wanted.groups, expected.people
    found = find_groups(client, course, names, cmid, modules)
    found |= _shown_by_their_people(client, course.id, set(names) - found.keys(), people)
    ids = sorted({group for name in names for group in found.get(name, ())})
    parts, active = _read_lists(client, course.id, fields, ids, enrolments)
    enrolled = CoursePeople()
    for part in parts.values():
        enrolled.join(part)
    profiles, unread = read_profiles(client, course.id, sorted(people.keys() - enrolled.keys()))
    here = participants_of(profiles, wanted.roles)
    for name in names:  # a group that shows nobody is believed where it is known what became of its people
        had = {user_id for user_id, groups in people.items() if name in groups} - enrolled.keys()
        missing = sum(not _is_explained(user_id, name, name in found, profiles, wanted.roles) for user_id in had)
        if missing and not any(parts[group] for group in found.get(name, ())):
            raise _hidden(client, course, name, missing)
    if active is not None and here:
        active = {*active, *_active_of(client, course.id, here, active, enrolled)}
    enrolled.update(here)
    enrolled.spoiled.update(unread)
    groups_unseen = tuple(name for name in names if name not in found)
    return FoundPeople(enrolled, active, frozenset(ids), groups_unseen, frozenset(here))


def _shown_by_their_people(
    client: MoodleClient, course_id: int, names: Collection[str], expected: Mapping[int, tuple[str, ...]]
) -> dict[str, set[int]]:
    """Return the ids of groups that take no part in activities, by name, as some of those show who were in them."""
    found: dict[str, set[int]] = {}
    for name in names:
        known = sorted(user_id for user_id, groups in expected.items() if name in groups)[:KNOWN_MEMBERS]
        members, _unread = read_profiles(client, course_id, known)
        if shown := {group.id for each in members.values() for group in each.groups if group.name == name}:
            found[name] = shown
    return found


def find_groups(
    client: MoodleClient,
    course: payloads.Course,
    names: Collection[str],
    cmid: int | None,
    modules: Mapping[int, payloads.Module],
) -> dict[str, set[int]]:
    """Return the ids of the course's groups by name, as its activities tell them; ``cmid`` is asked first.

    An activity tells the groups of its own grouping only, and none whose members are hidden or that take no part in
    activities: where a name is missing, or that activity is gone, others are asked; ``modules`` are read for it where
    they were not. Raise as ``read_our_groups``.
    """
    found: dict[str, set[int]] = {}
    refused: RecordRejected | None = None
    told = False

    for some in _activities(client, course.id, cmid, modules):
        arguments: list[Arguments] = [{"cmid": each} for each in some]
        for answer in client.read_each(Function.ACTIVITY_ALLOWED_GROUPS, payloads.ALLOWED_GROUPS, arguments):
            if isinstance(answer, RecordRejected):
                refused = answer
                continue
            told = True
            if not answer.canaccessallgroups:
                raise SiteRefuses(
                    _("{name}: the account may not access all groups of {course}.").format(
                        name=client.name, course=course.shortname
                    ),
                    _("Give its role moodle/site:accessallgroups in that course."),
                )
            for group in answer.groups:
                found.setdefault(group.name, set()).add(group.id)
        if found and found.keys() >= set(names):
            break
    if not told:
        raise SiteRefuses(
            _("{name}: no activity of {course} tells its groups.").format(name=client.name, course=course.shortname),
            refused.message if refused else _("Let the account see the evaluation: mod/quiz:view and the like."),
        )
    if found.keys().isdisjoint(names):
        raise ConfigurationError(
            _("{name}: no source_group is a group of {course}: {names}.").format(
                name=client.name, course=course.shortname, names=", ".join(sorted(names))
            ),
            joined(
                _("Correct source_group; groups that show: {groups}.").format(
                    groups=", ".join(sorted(found)[:MOST_ACTIVITIES]) or "–"
                ),
                _what_hides(),
            ),
        )
    return found


def _activities(
    client: MoodleClient, course_id: int, cmid: int | None, modules: Mapping[int, payloads.Module]
) -> Iterator[list[int]]:
    """Give the activities to be asked: one, then others. Which there are is read where it must be known."""
    if cmid:
        yield [cmid]
    shown = (modules or read_modules(client, course_id)).values()
    others = [module for module in shown if module.uservisible is not False and module.id != cmid]
    ids = [module.id for module in sorted(others, key=lambda module: (module.modname != "quiz", module.id))]
    if not cmid:
        yield ids[:1]
        ids = ids[1:]
    yield ids[:MOST_ACTIVITIES]


def lists_of_groups(fields: str, group_ids: Sequence[int], enrolments: bool) -> list[Part]:
    """Return the lists that are asked of our groups: everybody, and who is active."""
    everybody = [Part(fields, {"groupid": group}) for group in group_ids]
    return everybody + [Part("id", {"groupid": group, "onlyactive": 1}) for group in group_ids if enrolments]


def _read_lists(
    client: MoodleClient, course_id: int, fields: str, group_ids: Sequence[int], enrolments: bool
) -> tuple[dict[int, CoursePeople], set[int] | None]:
    """Read the people of each group, and who of them is active."""
    found = read_lists(client, course_id, lists_of_groups(fields, group_ids, enrolments))
    parts = dict(zip(group_ids, found, strict=False))
    active = set[int]()
    for group, told in zip(group_ids, found[len(group_ids) :], strict=False):
        # where the second list is not whole, nobody is called suspended for not being in it
        active |= told.keys() if told.whole else parts[group].keys()
    return parts, active if enrolments else None


def _is_explained(
    user_id: int, name: str, shows: bool, profiles: Mapping[int, payloads.CourseProfile], roles: Collection[str]
) -> bool:
    """Say whether it is known why somebody is not in a group any more: not enrolled, or in another one.

    Not where the group itself does not show: it may have another name now.
    """
    profile = profiles.get(user_id)
    if profile is None or "roles" not in profile.model_fields_set:
        return False
    if not any(role.shortname in roles for role in profile.roles):
        return True
    return shows and bool(profile.groups) and all(group.name != name for group in profile.groups)


def _active_of(
    client: MoodleClient,
    course_id: int,
    people: Mapping[int, payloads.CourseProfile],
    active: Collection[int],
    enrolled: CoursePeople,
) -> set[int]:
    """Return whose enrolment is active, of people who are in no group of ours.

    Moodle names the courses of active enrolments only, and none that is hidden or where it hides everybody's: somebody
    who is known to be active shows which. Where it cannot be told they are set aside.
    """
    control = sorted(active)[:KNOWN_TO_BE_ACTIVE]
    shown, _unread = read_profiles(client, course_id, control)
    if not shows_active_courses(course_id, shown.values()):
        enrolled.spoiled.update(dict.fromkeys(people, "enrolledcourses: absent"))
        return set(people)
    return {user_id for user_id, profile in people.items() if is_active_in(course_id, profile)}


def _what_hides() -> str:
    return _(
        "A group does not show if it was renamed or deleted, if its membership is hidden (give the account "
        "moodle/course:viewhiddengroups in that course), if it takes no part in activities (its settings in Moodle), "
        "or if it belongs to no grouping of an activity."
    )


def _hidden(client: MoodleClient, course: payloads.Course, name: str, count: int) -> ConfigurationError:
    return ConfigurationError(
        _(
            '{name}: the group "{group}" of {course} shows nobody, and {count} people of it are not known to be gone.'
        ).format(name=client.name, group=name, course=course.shortname, count=count),
        joined(_what_hides(), _("Mend that, or correct source_group; until then nobody is decided about.")),
    )
