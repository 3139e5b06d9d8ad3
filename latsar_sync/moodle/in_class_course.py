"""Reading an in-class course: who is in it, and what they carry; ``in_class_writes`` writes into it.

Which of its groups is that of which angkatan is told in ``groups_in_class``.
"""

from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace

from latsar_sync.domain.errors import ConfigurationError, LatsarError, RecordRejected
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead, Enrolled
from latsar_sync.moodle import payloads
from latsar_sync.moodle.accounts_by_nip import carried_in, read_accounts_by_id
from latsar_sync.moodle.answers import unexpected_shape
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import find_course, named
from latsar_sync.moodle.course_lists import Part, first_calls, read_again, read_lists
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.groups_in_class import read_groups, with_groups
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.rights_in_courses import for_one, require_all_groups
from latsar_sync.moodle.spoiled_records import is_the_site


def read_course(
    client: MoodleClient,
    name: str,
    all_angkatan: Sequence[Angkatan],
    expected: Collection[int] = (),
    angkatan_of_others: Sequence[Angkatan] = (),
) -> tuple[CourseAsRead, dict[str, ConfigurationError]]:
    """Read an in-class course whole: people with roles and groups, who is active, and the groups of all these angkatan.

    ``angkatan_of_others`` are those of other programmes on the site: whoever sits in one of their groups of this course
    is taken already. The second part names, by id, the angkatan that must stop: their group's name belongs to a group
    with another idnumber (rule 7). ``expected`` as in ``read_people``.

    Raise ConfigurationError if there is no such course, SiteRefuses if it may not be read.
    """
    course = find_course(client, name)
    require_all_groups(client, course)
    found = CourseAsRead(client.name, course.id, course.shortname, {}, frozenset(course.enrollmentmethods))
    found, not_theirs = with_groups(found, name, read_groups(client, course.id), all_angkatan, angkatan_of_others)
    return read_people(client, found, frozenset(each.target_key for each in all_angkatan), expected), not_theirs


def find_ids(client: MoodleClient, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of courses by their shortnames, asked for together; nothing where that cannot be.

    They are guesses, and whatever fails here is asked again and told then.
    """
    asked = [named(name)[0] for name in names]
    try:
        if not client.supports(Function.CALL_EXTERNAL_FUNCTIONS):
            return {}
        answers = client.read_each(Function.COURSES_BY_FIELD, payloads.COURSES, asked)
    except LatsarError:
        return {}
    return {
        name: answer.courses[0].id
        for name, answer in zip(names, answers, strict=True)
        if not isinstance(answer, RecordRejected) and answer.courses
    }


def course_calls(name: str, course_id: int | None, profile_fields: Collection[str]) -> list[Call]:
    """Return what reading a course is known to ask; ``course_id`` as it was last time, None if that is not known."""
    calls = [Call(Function.COURSES_BY_FIELD, named(name)[0])]
    if course_id is not None:
        calls.append(Call(Function.COURSE_GROUPS, {"courseid": course_id}))
        calls += [
            Call(Function.ENROLLED_USERS, each) for each in first_calls(course_id, lists_in_class(profile_fields))
        ]
    return calls


def all_groups_call(course_id: int) -> Call:
    """Return what is asked of a course with separate groups to prove that all of them are seen."""
    return Call(Function.ENROLLED_USERS, for_one(course_id, "groupid"))


def read_people(
    client: MoodleClient,
    course: CourseAsRead,
    profile_fields: Collection[str] | None = None,
    expected: Collection[int] = (),
) -> CourseAsRead:
    """Read, or read again, who is in the course, in which group, and what they carry in the ``profile_fields``.

    Without these they are those that were read before; everything else of ``course`` stays. ``expected`` are
    user ids of those who were there: whoever of them does not show is asked for by group. Raise SiteRefuses if so many
    cannot be read that nothing can be told of the course.
    """
    fields = sorted(course.nip_by_account if profile_fields is None else profile_fields)
    lists = lists_in_class(fields)
    everybody, active = read_lists(client, course.course_id, lists)
    if is_the_site(len(everybody.spoiled), len(everybody)):
        where = f"{client.name}: {Function.ENROLLED_USERS} ({course.shortname})"
        raise unexpected_shape(where, next(iter(everybody.spoiled.values())))
    if missing := {each for each in expected if each not in active}:
        # before somebody is believed gone or inactive, the groups are asked
        groups = course.groups.values()
        everybody.update(read_again(client, course.course_id, lists[0].fields, missing - everybody.keys(), groups))
        active.update(read_again(client, course.course_id, "id", missing & everybody.keys(), groups, onlyactive=1))
    enrolled = {
        user.id: Enrolled(
            user_id=user.id,
            active=user.id in active,
            role_ids=kept_once(frozenset(role.roleid for role in user.roles)),
            group_ids=kept_once(frozenset(group.id for group in user.groups)),
        )
        for user in everybody.values()
    }
    carried = {name: {user.id: carried_in(user, name) for user in everybody.values()} for name in fields}
    # where the second list is not whole, nobody is inactive for not being in it
    untold = frozenset() if active.whole else everybody.keys() - active.keys()
    return replace(
        course,
        enrolled=enrolled,
        # Moodle leaves out an empty field as one that may not be seen: whatever shows of nobody may not
        nip_by_account={name: each for name, each in carried.items() if any(each.values())},
        whole=everybody.whole,
        unread=frozenset(everybody.spoiled) | untold,
    )


def people_calls(course: CourseAsRead) -> list[Call]:
    """Return what reading a course's people again is known to ask."""
    calls = first_calls(course.course_id, lists_in_class(sorted(course.nip_by_account)))
    return [Call(Function.ENROLLED_USERS, each) for each in calls]


def lists_in_class(profile_fields: Iterable[str]) -> list[Part]:
    """Return the lists that are asked of an in-class course: everybody with these fields, and who is active."""
    return [Part(",".join(["id", "roles", "groups", *sorted(profile_fields)])), Part("id", {"onlyactive": 1})]


def add_to_accounts(
    client: MoodleClient,
    course: CourseAsRead,
    accounts: MutableMapping[str, tuple[AccountInClass, ...]],
    chosen: Mapping[str, int],
) -> set[str]:
    """Add to the accounts of NIPs those in the course that carry one in a spelling nobody thinks of, and those that
    persons chose, by their key; return the NIPs and keys of whom one of these cannot be read.

    ``accounts`` itself is changed: courses may share it, and a copy for each would hold everybody once more.
    """
    unread: set[int] = set()
    strange: dict[str, set[int]] = {}
    for nip_by_account in course.nip_by_account.values():
        for user_id, nip in nip_by_account.items():
            if nip in accounts:
                strange.setdefault(nip, set()).add(user_id)
    strange = {nip: ids - {account.user_id for account in accounts[nip]} for nip, ids in strange.items()}
    found = read_accounts_by_id(client, set(chosen.values()).union(*strange.values()), unread)
    for nip, user_ids in strange.items():
        accounts[nip] += tuple(found[user_id] for user_id in sorted(user_ids) if user_id in found)
    accounts.update({key: (found[user_id],) if user_id in found else () for key, user_id in chosen.items()})
    theirs = {nip for nip, user_ids in strange.items() if user_ids & unread}
    return theirs | {key for key, user_id in chosen.items() if user_id in unread}
