"""People's grade reports in the MOOC course, in as few requests as will do: singly, by group, or in one piece."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.participant import Person
from latsar_sync.moodle import payloads
from latsar_sync.moodle.calls_together import in_parallel
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.spoiled_records import spoils_a_list, what_lacks

WHOLE_COURSE_UP_TO = 200
"""People up to which one grade report of the whole course is cheaper than one a group, where calls are not batched."""
SINGLES_UP_TO = 50
"""People who are asked for singly where calls are not batched."""
FIRST_GROUP = 50
"""People of the group that is read first: few enough to be answered soon."""
GROUPS_AT_ONCE = 2
FEWEST_OF_A_REPORT, MOST_OF_A_REPORT = 5, 150
"""People of a group whose report goes out with other calls: it costs a site a third less than each person's own."""
COMPLETION = (Function.ACTIVITIES_COMPLETION_STATUS, Function.COURSE_COMPLETION_STATUS)
ALONE_FIRST = 25
"""People asked singly beyond whom more than one request may be sent."""


def read_grades(
    client: MoodleClient,
    course_id: int,
    people: Sequence[Person],
    members: Mapping[int, frozenset[int]],
    total: int | None,
) -> dict[int, payloads.UserGrades]:
    """Return the grade report of each person, by user id: what reports of groups tell, then one each for the rest.

    Groups are asked for ahead where calls are batched, else in as few requests as will do. People are asked in their
    order. Nobody of whom the site tells nothing is in it, or an empty report with the reason.

    ``members`` are the user ids by group, ``total`` the people of the course; None where nobody but ``people`` and the
    members of these groups may be read.
    """
    missing = {person.user_id for person in people}
    if client.supports(Function.CALL_EXTERNAL_FUNCTIONS):
        reports = _of_groups_asked_ahead(client, course_id, missing, members)
    else:
        reports = _of_groups(client, course_id, missing, members, total)
    wanted = [of_one(course_id, person.user_id) for person in people if person.user_id not in reports]
    # one alone settles a pending regrade, in which two requests at once would meet; it may have been asked ahead
    wanted.sort(key=lambda arguments: not client.came_ahead(Function.GRADE_ITEMS, arguments))
    alone = 1 if not reports and len(wanted) > ALONE_FIRST else 0
    settling = client.read_each(Function.GRADE_ITEMS, payloads.GRADE_REPORT, wanted[:alone])
    answers = settling + client.read_each(Function.GRADE_ITEMS, payloads.GRADE_REPORT, wanted[alone:])
    for arguments, answer in zip(wanted, answers, strict=True):
        user_id = int(str(arguments["userid"]))
        if not isinstance(answer, RecordRejected):
            reports |= {report.userid: report for report in answer.usergrades if report.userid in missing}
        elif what := what_lacks(answer):
            reports[user_id] = payloads.UserGrades(userid=user_id, gradeitems=()).having_lost(what)
    return reports


def of_one(course_id: int, user_id: int) -> Arguments:
    """Return the arguments that ask for one person's values in a course."""
    return {"courseid": course_id, "userid": user_id}


def _of_groups_asked_ahead(
    client: MoodleClient, course_id: int, people: Collection[int], members: Mapping[int, frozenset[int]]
) -> dict[int, payloads.UserGrades]:
    """Return what reports of groups tell of people that were asked ahead: that saves requests, and decides nothing.

    They tell of accounts too of which the site refuses any other answer (not confirmed): those are asked singly, so
    that of them is known in every run what it says.
    """
    reports: dict[int, payloads.UserGrades] = {}
    for group in members:
        if client.came_ahead(Function.GRADE_ITEMS, of_group(course_id, group)):
            for report in _read_report(client, course_id, group).usergrades:
                asked = of_one(course_id, report.userid)
                if report.userid in people and any(client.came_ahead(each, asked) for each in COMPLETION):
                    reports[report.userid] = report
    return reports


def of_group(course_id: int, group_id: int) -> Arguments:
    """Return the arguments that ask for the report of a group; of everybody if that is 0."""
    return {"courseid": course_id, "userid": 0, "groupid": group_id}


def _of_groups(
    client: MoodleClient,
    course_id: int,
    people: Collection[int],
    members: Mapping[int, frozenset[int]],
    total: int | None,
) -> dict[int, payloads.UserGrades]:
    """Return what the reports of groups, or of the whole course, tell of people: as few requests as will do.

    They leave out suspended enrolments and custom roles without a word (traps 15 and 16): these are asked singly.
    """
    missing = set(people)
    reports: dict[int, payloads.UserGrades] = {}

    def take(answers: Iterable[payloads.GradeReport]) -> None:
        for answer in answers:
            reports.update({report.userid: report for report in answer.usergrades if report.userid in missing})
        missing.difference_update(reports)

    read = partial(_read_report, client, course_id)
    groups = covering_groups({group: users & missing for group, users in members.items()})
    if total is None:  # the report of a group of which few are asked for is about the others
        groups = [group for group in groups if 2 * len(members[group] & missing) > len(members[group])]
    most = total is None or 2 * len(missing) > total  # a person costs about as much singly as in a bulk answer
    bulk = SINGLES_UP_TO if total is None else WHOLE_COURSE_UP_TO
    if groups and len(missing) > bulk and (most or len(groups) < len(missing)):
        # the first settles a pending regrade, in which two at once would meet
        first = min(groups, key=lambda group: abs(len(members[group]) - FIRST_GROUP))
        take([read(first)])
        take(in_parallel(read, [group for group in groups if group != first], GROUPS_AT_ONCE))
    if total is not None and len(missing) > SINGLES_UP_TO and 2 * len(missing) > total:
        take([read(0)])
    return reports


def _read_report(client: MoodleClient, course_id: int, group_id: int) -> payloads.GradeReport:
    """Read the report of a group (0: everybody); where somebody in it spoils it, its people are asked singly."""
    try:
        return client.read(Function.GRADE_ITEMS, payloads.GRADE_REPORT, of_group(course_id, group_id))
    except (RecordRejected, SiteRefuses, SiteUnavailable) as error:
        if not spoils_a_list(error):
            raise
        return payloads.GradeReport(usergrades=())


def covering_groups(members: Mapping[int, Collection[int]]) -> list[int]:
    """Choose groups, the largest first, until everybody who is in any group is in a chosen one."""
    chosen: list[int] = []
    covered: set[int] = set()
    for group, users in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
        if not covered.issuperset(users):
            chosen.append(group)
            covered.update(users)
    return chosen


def reports_that_serve(user_ids: Collection[int], members: Mapping[int, Collection[int]]) -> dict[int, int]:
    """Return by user id the group whose report tells of them: of few people at a time, nearly all of whom are asked."""
    asked, serve = set(user_ids), dict[int, Collection[int]]()
    for group, users in members.items():
        mine = asked.intersection(users)
        if FEWEST_OF_A_REPORT <= len(users) <= MOST_OF_A_REPORT and 10 * len(mine) >= 9 * len(users):
            serve[group] = mine
    found: dict[int, int] = {}
    for group in covering_groups(serve):
        found = {**dict.fromkeys(serve[group], group), **found}
    return found
