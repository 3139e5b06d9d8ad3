"""What the service account does not see of the MOOC course, and which activities are open to whom (rule 3).

A right that lacks drops activities from the contents without a word. Other answers may name them all the same: grade
items, the criteria of course completion (which Moodle lists whatever the rights) and the completion of activities.
And of any course-module id the site says whether it is the course's and closed to the account.
"""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.evidence import NOBODY, Activity, OpenTo
from latsar_sync.domain.participant import Person
from latsar_sync.moodle import payloads
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.fields import plain_text
from latsar_sync.moodle.functions import Argument, Arguments, Function
from latsar_sync.moodle.spoiled_records import spoils

ASKED_FOR_CRITERIA = 3
"""People asked, one after the other, until one shows the criteria: whoever is not tracked shows none."""
LINK = re.compile(r"/mod/(\w+)/view\.php\?id=([0-9]{1,18})[^>]*>(.*?)<", re.DOTALL)
"""A criterion of course completion (Moodle ``completion/criteria/completion_criteria_activity.php``, get_details)."""

IDS_OF_A_RUN, IDS_OF_A_DIAGNOSIS = 500, 5000
"""Ids asked about beside those that are shown: a course's activities were mostly made one after the other."""
IDS_AT_ONCE = 250
"""Three variables each, which keeps clear of PHP's limit."""
CLOSED = "nonuservisible"
"""Moodle's word for an activity of the course that the account may not view (``course/lib.php``)."""
FAR_FUTURE = 4_000_000_000
"""A moment since which nothing changed: what changed is not asked for."""

MOST_CONDITIONS = 200
"""Nobody restricts an activity by more: that text is something else."""
ANY_GROUP = "*"
"""Whoever is in some group."""
TIME_AND_WORK = frozenset({"date", "completion", "grade"})
"""Conditions that anybody can meet, in time or by work; what they restrict is asked of everybody."""


def read_criteria(client: MoodleClient, course_id: int, user_ids: Iterable[int]) -> tuple[Activity, ...] | None:
    """Return the activities that course completion asks for; None where the site does not tell."""
    if not client.supports(Function.COURSE_COMPLETION_STATUS):
        return None
    for user_id, _ in zip(user_ids, range(ASKED_FOR_CRITERIA), strict=False):
        wanted = {"courseid": course_id, "userid": user_id}
        try:
            answer = client.read(Function.COURSE_COMPLETION_STATUS, payloads.COMPLETION_CRITERIA, wanted)
        except (RecordRejected, SiteUnavailable, SiteRefuses) as error:
            if isinstance(error, RecordRejected) or spoils(error):
                continue
            if isinstance(error, SiteUnavailable):
                raise
            return None  # no criteria, or no right: then nothing can be compared with them
        found = (LINK.search(str(each.details.get("criteria"))) for each in answer.completionstatus.completions)
        return tuple(Activity(int(link[2]), plain_text(link[3]), link[1]) for link in found if link)
    return None


def read_closed(client: MoodleClient, course_id: int, shown: Collection[int], most: int) -> frozenset[int] | None:
    """Return the ids, among the ``most`` nearest to those shown, of activities which the account may not view.

    None where the site does not tell: the service lacks the function, or nothing is shown.
    """
    ids = ids_beside(shown, most)
    if not ids or not client.supports(Function.CHECK_UPDATES):
        return None
    closed: set[int] = set()
    for arguments in closed_calls(course_id, ids):
        try:
            answer = client.read(Function.CHECK_UPDATES, payloads.UPDATES, arguments)
        except (RecordRejected, SiteRefuses):
            return None
        closed |= {each.itemid for each in answer.warnings if each.warningcode == CLOSED and each.itemid is not None}
    return frozenset(closed)


def closed_calls(course_id: int, ids: Sequence[int]) -> list[Arguments]:
    """Return the calls that ask which of these ids are activities that the account may not view."""
    calls: list[Arguments] = []
    for some in chunks(ids, IDS_AT_ONCE):
        about: list[Argument] = [{"contextlevel": "module", "id": each, "since": FAR_FUTURE} for each in some]
        calls.append({"courseid": course_id, "tocheck": about})
    return calls


def ids_beside(shown: Collection[int], most: int) -> list[int]:
    """Return the ``most`` course-module ids nearest to those that are shown, without these, in order."""
    there, beside = set(shown), set[int]()
    above = below = there
    while len(beside) < most and (above or below):
        # who came to an id that was met before goes no further: from there another one is ahead
        above = {each + 1 for each in above} - there - beside
        below = {each - 1 for each in below if each > 1} - there - beside
        beside |= above | below
    return sorted(beside)


def unseen_activities(
    shown: Collection[int],
    left_out: Collection[int],
    grade_reports: Iterable[payloads.UserGrades],
    criteria: Iterable[Activity],
    closed: Iterable[int] = (),
) -> tuple[Activity, ...]:
    """Return, by course-module id, what grade items and criteria name and the contents (``shown``) do not.

    ``left_out`` are the evaluation and whatever the configuration does not ask for; ``closed`` are ids of activities
    that the site says it keeps from the account, of which neither name nor kind is known.
    """
    named = {cmid: Activity(cmid, "", "") for cmid in closed} | {
        item.cmid: Activity(item.cmid, item.itemname or "", item.itemmodule or "")
        for grade_report in grade_reports
        for item in grade_report.gradeitems
        if item.itemtype == "mod" and item.cmid is not None
    }
    named |= {activity.cmid: activity for activity in criteria}
    return tuple(named[cmid] for cmid in sorted(named.keys() - set(shown) - set(left_out)))


def barred_from(
    modules: Mapping[int, payloads.Module], people: Iterable[Person], members: Mapping[int, frozenset[int]]
) -> dict[int, frozenset[int]]:
    """Return by user id the activities that are closed to somebody for the groups that they are, or are not, in.

    ``members`` are the user ids by group id. Whom a condition bars that cannot be told from here is not in it.
    """
    trees = {cmid: tree for cmid, module in modules.items() if (tree := _tree(module)) is not None}
    if not trees:
        return {}
    groups: dict[int, set[int]] = {}
    for group, users in members.items():
        for user_id in users:
            groups.setdefault(user_id, set()).add(group)
    found = {}
    for person in people:
        mine = groups.get(person.user_id, set())
        closed = frozenset(cmid for cmid, tree in trees.items() if _open(tree, mine) is False)
        if closed:
            found[person.user_id] = closed
    return found


def opened_to(
    modules: Mapping[int, payloads.Module], members: Mapping[int, frozenset[int]], names: Mapping[int, str]
) -> dict[int, OpenTo]:
    """Return of each activity that groups decide about whom it is open to; of the others nothing.

    ``names`` are those of groups by id. A group in which nobody is, which may be deleted, lets nobody in.
    """
    trees = {cmid: tree for cmid, module in modules.items() if (tree := _tree(module)) is not None}
    by_id = {group: str(group) for group in members}
    told = {cmid: (_by_groups(tree, by_id), _by_groups(tree, names)) for cmid, tree in trees.items()}
    return {cmid: OpenTo(ids, shown) for cmid, (ids, shown) in told.items() if ids is not None and shown is not None}


def _by_groups(tree: Mapping[str, Any], called: Mapping[int, str]) -> str | None:
    """Return what of a restriction the groups decide, as they are ``called``; None where it bars nobody by them."""
    children = _children(tree)
    if children is None:
        if tree.get("type") != "group":
            return None
        return called.get(tree["id"], NOBODY) if isinstance(tree.get("id"), int) else ANY_GROUP
    told = [_by_groups(each, called) for each in children]
    deciding = [each for each in told if each is not None]
    operator = str(tree.get("op", "&"))
    if not deciding or (operator in ("|", "!&") and len(deciding) < len(told)):
        return None  # something else may let anybody in
    joined = f" {operator[-1]} ".join(deciding)
    return f"!({joined})" if operator.startswith("!") else joined if len(deciding) == 1 else f"({joined})"


def ask_for_groups(modules: Iterable[payloads.Module]) -> bool:
    """Say whether a restriction of any activity names a group: then it matters who is in which."""
    return any('"group"' in (module.availability or "") for module in modules)


def untold_restrictions(modules: Iterable[payloads.Module]) -> tuple[payloads.Module, ...]:
    """Return the activities of which it cannot be told to whom they are open.

    A grouping, a profile or a plugin may decide that, or the restriction of a whole section, which has no key.
    """
    return tuple(module for module in modules if module.in_restricted_section or not _shows_whom_it_lets_in(module))


def _shows_whom_it_lets_in(module: payloads.Module) -> bool:
    tree = _tree(module)
    if tree is None:
        return "availability" in module.model_fields_set or not module.availabilityinfo
    return _is_told(tree)


def _tree(module: payloads.Module) -> dict[str, Any] | None:
    """Return an activity's restrictions as Moodle stores them (``availability/classes/tree.php``), None without any."""
    if not module.availability:
        return None
    if module.availability.count("{") > MOST_CONDITIONS:
        return {"type": "unreadable"}
    try:
        tree = json.loads(module.availability)
    except (ValueError, RecursionError):
        return {"type": "unreadable"}
    return tree if isinstance(tree, dict) else {"type": "unreadable"}


def _children(tree: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    children = tree.get("c")
    return [each for each in children if isinstance(each, dict)] if isinstance(children, list) else None


def _is_told(tree: Mapping[str, Any]) -> bool:
    children = _children(tree)
    if children is not None:
        return all(map(_is_told, children))
    return str(tree.get("type")) in {"group", *TIME_AND_WORK}


def _open(tree: Mapping[str, Any], groups: Collection[int]) -> bool | None:
    """Say whether a restriction lets somebody of these groups in; None if groups do not settle that."""
    children = _children(tree)
    if children is None:
        if tree.get("type") != "group":
            return None
        if "id" not in tree:
            return bool(groups)
        return tree["id"] in groups if isinstance(tree["id"], int) else None
    answers = [_open(each, groups) for each in children]
    operator = str(tree.get("op", "&"))
    if operator.endswith("|"):
        met = True if True in answers else (None if None in answers or not answers else False)
    else:
        met = False if False in answers else (None if None in answers or not answers else True)
    return met if met is None or not operator.startswith("!") else not met
