"""What a reading of the MOOC is known to ask, from the ids that an earlier one found: it goes out in one request.

The calls are made by the functions that ask them otherwise, so that each finds its answer (``answers_ahead``). The
course is asked for by its name in every run; what was asked by ids of another course is let go.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from latsar_sync.domain.records import SourceIds
from latsar_sync.moodle import (
    accounts_by_nip,
    changes,
    course_lists,
    course_profiles,
    materials,
    mooc_course,
    our_people,
    rights_in_courses,
    short_list,
)
from latsar_sync.moodle.answers_ahead import Call
from latsar_sync.moodle.asking_ahead import AboutOne
from latsar_sync.moodle.course_by_name import named
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.grade_reports import of_group, of_one, reports_that_serve
from latsar_sync.moodle.mooc_values import SeenCourse, SourceCourse
from latsar_sync.moodle.visibility import IDS_OF_A_RUN, closed_calls, ids_beside

LISTS = frozenset({Function.USERS_BY_FIELD, Function.ENROLLED_USERS})
"""What takes as long as all the rest where everything is read: it goes out beside it."""
MOST_ABOUT = 3000
"""People about each of whom something is asked ahead: their answers are six kilobytes each."""
MOST_PEOPLE = course_lists.PAGE
"""People of a course whose list goes out with the rest, in an incremental run as long as it reads no short one."""

COMPLETION = {
    "activities": Function.ACTIVITIES_COMPLETION_STATUS,
    "course": Function.COURSE_COMPLETION_STATUS,
}
"""What tells what somebody completed, by what is asked of everybody."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before a reading: ``first`` is whom the grade is asked of first, ``lowest`` the first by user id of
    whom the site told something before; None where nobody is known. ``people`` are how many, ``since`` from where
    changes are asked.

    ``user_ids`` and ``nips`` are those of a list whose people are read: accounts that are known, and numbers that are
    to be looked up, of which some are ``without_account``. ``alone`` says that the reading is about ``first`` only,
    ``by_signals`` that somebody's attempts prove the right without which those of others are not told.
    ``custom_report`` asks for such a one, ``by_report`` says that no list of people is read.
    """

    ids: SourceIds
    first: int | None
    lowest: int | None
    people: int
    since: datetime | None
    user_ids: Collection[int] = ()
    nips: Collection[str] = ()
    without_account: Collection[str] = ()
    alone: bool = False
    by_signals: bool = False
    custom_report: Arguments | None = None
    by_report: bool = False


def calls_of(wanted: SourceCourse, known: Known, full_or_night: bool) -> list[Call]:
    """Return what a reading of the MOOC is known to ask, in the order in which it asks."""
    calls = list(_of_the_course(wanted, known, full_or_night))
    if known.custom_report is not None:
        # behind a grade, which settles a pending regrade; late, since whoever may not see it ends the batch
        calls.append(Call(Function.RETRIEVE_REPORT, known.custom_report))
    if full_or_night and wanted.gated and wanted.mode == "activities" and known.first and known.lowest:
        # last of all: where no criteria are set, or somebody is not tracked, Moodle shows none, and ends the batch
        calls.append(Call(Function.COURSE_COMPLETION_STATUS, of_one(known.ids.course_id, known.lowest)))
    return calls


def calls_of_an_unknown_course(wanted: SourceCourse, seen: SeenCourse, people: Sequence[int]) -> list[Call]:
    """Return what is asked of a course of which nothing was known, once its activities and ``people`` were seen."""
    course_id = seen.payload.id
    if not wanted.gated or wanted.mode != "activities" or not people:
        return []
    closed = closed_calls(course_id, ids_beside(seen.modules, IDS_OF_A_RUN))
    return [
        *(Call(Function.CHECK_UPDATES, arguments) for arguments in closed),
        Call(Function.GRADE_ITEMS, of_one(course_id, people[0])),
        Call(Function.COURSE_COMPLETION_STATUS, of_one(course_id, people[0])),
    ]


def calls_about(
    wanted: SourceCourse,
    course_id: int,
    user_ids: Collection[int],
    members: Mapping[int, Collection[int]] | None,
    late: Collection[int],
    by_grade: Collection[int] = (),
) -> list[AboutOne]:
    """Return what is asked about each of these people, whose values are read whatever is told of them.

    ``members`` are the user ids by group of those groups whose reports may be read, which costs a site less than each
    person's own, None where none may; ``late`` are those about whom an answer was refused before. Of those of
    ``by_grade`` the grade alone is asked, behind the others. Of very many nothing is asked ahead: their answers would
    have to be kept.
    """
    if not wanted.gated or not 1 < len(user_ids) <= MOST_ABOUT:
        return []
    completion = COMPLETION.get(wanted.mode)
    # who is refused in a report is not told from others: completion, asked of each, tells
    grade_reports = reports_that_serve(user_ids, members) if members and completion else {}
    # a group's people follow each other, its report goes with the middle one: each request holds as many as people
    in_order = sorted(user_ids, key=lambda who: (who in late, who in by_grade, grade_reports.get(who, 0)))
    by_group = {
        group: [each for each in in_order if grade_reports.get(each) == group] for group in set(grade_reports.values())
    }
    carriers = {users[len(users) // 2] for users in by_group.values()}
    about = list[AboutOne]()
    for user_id in in_order:
        calls = []
        if user_id not in grade_reports:
            calls.append(Call(Function.GRADE_ITEMS, of_one(course_id, user_id)))
        elif user_id in carriers:
            calls.append(Call(Function.GRADE_ITEMS, of_group(course_id, grade_reports[user_id])))
        calls += [Call(completion, of_one(course_id, user_id))] if completion and user_id not in by_grade else []
        about.append(AboutOne(calls, user_id in late))
    return about


def calls_of_both(
    wanted: SourceCourse, course_id: int, grades: Collection[int], materials: Collection[int], late: Collection[int]
) -> list[AboutOne]:
    """Return what is asked about some people: the grades of these, the materials of those, who may be the same.

    ``late`` are those about whom an answer was refused before.
    """
    completion = COMPLETION[wanted.mode]
    about = list[AboutOne]()
    for user_id in sorted({*grades, *materials}, key=lambda who: (who in late, who not in materials)):
        calls = [Call(Function.GRADE_ITEMS, of_one(course_id, user_id))] if user_id in grades else []
        calls += [Call(completion, of_one(course_id, user_id))] if user_id in materials else []
        about.append(AboutOne(calls, user_id in late))
    return about


def _of_the_course(wanted: SourceCourse, known: Known, full_or_night: bool) -> Iterator[Call]:
    course_id = known.ids.course_id
    yield Call(Function.COURSES_BY_FIELD, named(wanted.course)[0])
    if wanted.gated:
        yield Call(Function.COURSE_CONTENTS, materials.contents_call(course_id))
        if known.since is not None:
            yield Call(Function.UPDATES_SINCE, changes.since_call(course_id, known.since))
    if not known.by_report:
        yield from _people(wanted, known, full_or_night)
    if full_or_night and not wanted.groups and wanted.nips is None and known.first is None:
        yield Call(Function.ENROLLED_USERS, rights_in_courses.for_one(course_id, "groupid"))
    if wanted.gated and known.first is not None:
        yield from _of_values(wanted, known, known.first, full_or_night)


def _of_values(wanted: SourceCourse, known: Known, first: int, full_or_night: bool) -> Iterator[Call]:
    ids, course_id, by_activities = known.ids, known.ids.course_id, wanted.mode == "activities"
    if known.since is not None and known.lowest is not None and ids.quiz_id is not None and known.by_signals:
        asked = changes.attempts_call(ids.quiz_id, known.lowest)
        yield Call(Function.USER_QUIZ_ATTEMPTS, asked)
        yield Call(Function.USER_ATTEMPTS, asked, unless=Function.USER_QUIZ_ATTEMPTS)
    yield Call(Function.GRADE_ITEMS, {"courseid": course_id, "userid": first})
    if known.alone and by_activities:
        yield Call(Function.ACTIVITIES_COMPLETION_STATUS, {"courseid": course_id, "userid": first})
    if full_or_night and by_activities:
        for arguments in closed_calls(course_id, ids_beside(ids.modules, IDS_OF_A_RUN)):
            yield Call(Function.CHECK_UPDATES, arguments)
    if full_or_night and not wanted.groups:
        yield Call(Function.ENROLLED_USERS, rights_in_courses.for_one(course_id, "groupid"))
    if full_or_night and ids.quiz_id is not None:
        yield Call(Function.BEST_GRADE, {"quizid": ids.quiz_id, "userid": known.lowest})


def _people(wanted: SourceCourse, known: Known, full_or_night: bool) -> Iterator[Call]:
    ids, course_id, fields = known.ids, known.ids.course_id, wanted.fields
    if wanted.nips is not None:
        for arguments in accounts_by_nip.calls_of(wanted.participant_key, known.nips, known.without_account):
            yield Call(Function.USERS_BY_FIELD, arguments)
        for arguments in course_profiles.profile_calls(course_id, known.user_ids):
            yield Call(Function.COURSE_USER_PROFILES, arguments)
        return
    if wanted.groups and ids.groups and ids.cmid is not None:
        yield Call(Function.ACTIVITY_ALLOWED_GROUPS, {"cmid": ids.cmid})
        parts = our_people.lists_of_groups(fields, ids.groups, full_or_night)
    elif not wanted.groups and known.people < (MOST_PEOPLE if full_or_night else short_list.FEWEST):
        parts = mooc_course.lists_of_mooc(fields, full_or_night)
    else:
        return
    for arguments in course_lists.first_calls(course_id, parts):
        yield Call(Function.ENROLLED_USERS, arguments)
