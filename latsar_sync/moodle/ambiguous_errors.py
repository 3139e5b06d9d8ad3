"""What an error means by what was asked, where the site's own words leave it open.

"No such row" is said alike of a person, a course, a quiz, a group and a function: 5.1.3 and later with debugging off
have one code for all of them (``invalidrecordunknown``), and to enrol into a course that is gone is
``invalidparameter`` in every version. A person who is gone is one record; a course, quiz or group that is gone concerns
everybody in it. So what the call names besides people is looked for before anybody is believed gone.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from latsar_sync.domain.errors import LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle import error_codes, payloads, rights
from latsar_sync.moodle.functions import Argument, Arguments, Function
from latsar_sync.moodle.parsing import Shape

NOT_THERE = frozenset({"invaliduser", "invalidrecord", "invalidrecordunknown"})
"""Codes of a row that is not there; the first says that it is a person."""
NO_SUCH_COURSE = "errorcoursecontextnotvalid"
OF_A_BAD_VALUE = "invalidparameter"
GOOD_FOR_SECONDS = 30.0
"""So long a course, quiz or group that was there is not looked for again."""

COURSE_ALONE = frozenset(
    {
        Function.COURSE_CONTENTS,
        Function.ENROLLED_USERS,
        Function.UPDATES_SINCE,
        Function.CHECK_UPDATES,
        Function.COURSE_GROUPS,
    }
)
"""Functions that look up no row but the course's."""
PERSON_IN_COURSE = frozenset(
    {
        Function.ACTIVITIES_COMPLETION_STATUS,
        Function.COURSE_COMPLETION_STATUS,
        Function.GRADE_ITEMS,
        Function.COURSE_USER_PROFILES,
    }
)
PERSON_IN_QUIZ = frozenset({Function.USER_ATTEMPTS, Function.USER_QUIZ_ATTEMPTS, Function.BEST_GRADE})
"""Functions that answer of the service account itself for user 0, if there is the quiz."""

Look = Callable[[Function, Shape[Any], Arguments], Any]


@dataclass(frozen=True, slots=True)
class _Thing:
    """A course, quiz or group that a call names, with the call that shows whether it is there."""

    kind: str
    id: int
    function: Function
    shape: Shape[Any]
    arguments: Arguments
    shows: Callable[[Any], bool]


class Meaning:
    """Finds out what is meant by asking ``look``, whose errors are the site's own."""

    def __init__(self, look: Look, supports: Callable[[Function], bool], monotonic: Callable[[], float]) -> None:
        """Begin knowing of nothing that it is there."""
        self._look = look
        self._supports = supports
        self._monotonic = monotonic
        self._seen: dict[tuple[str, int], float] = {}

    def of(self, function: Function, arguments: Arguments, error: LatsarError, course_id: int = 0) -> LatsarError:
        """Return what an error of one call is, for that call: the same, or SiteRefuses for what concerns everybody.

        ``course_id`` is the course that the call is about where its arguments do not name it.
        """
        if isinstance(error, SiteRefuses) and error.errorcode == "nopermissions":
            return _naming_rights(function, error)
        if not isinstance(error, RecordRejected) or not _leaves_open(function, error.errorcode):
            return error
        if error.errorcode in NOT_THERE and not self._lists(function):
            return _gone(error, "external_functions")
        if function in COURSE_ALONE or (function is Function.GRADE_ITEMS and not arguments.get("userid")):
            return _gone(error, "course")
        for thing in _named(function, arguments, course_id):
            if not self._is_there(thing):
                return _gone(error, thing.kind)
        return error

    def _lists(self, function: Function) -> bool:
        """Say whether the service lists a function; also where the site does not tell."""
        try:
            return self._supports(function)
        except LatsarError:
            return True

    def require_theirs(self, function: Function, asked: Sequence[Arguments], answers: Sequence[object]) -> None:
        """Raise SiteRefuses if one of the answers is an error that concerns everybody, and not its record alone."""
        for arguments, answer in zip(asked, answers, strict=True):
            if isinstance(answer, RecordRejected):
                meant = self.of(function, arguments, answer)
                if meant is not answer:
                    raise meant

    def _is_there(self, thing: _Thing) -> bool:
        """Say whether something is there; also where that cannot be told, since the call itself will be judged."""
        key, now = (thing.kind, thing.id), self._monotonic()
        if now - self._seen.get(key, now - GOOD_FOR_SECONDS) < GOOD_FOR_SECONDS:
            return True
        try:
            answer = self._look(thing.function, thing.shape, thing.arguments)
        except (RecordRejected, SiteRefuses) as error:
            return error.errorcode not in NOT_THERE | {NO_SUCH_COURSE}
        except SiteUnavailable:
            return True
        if thing.shows(answer):
            self._seen[key] = now
            return True
        return False


def _leaves_open(function: Function, code: str) -> bool:
    if function in (Function.ENROL_USERS, Function.ADD_GROUP_MEMBERS):
        return code in NOT_THERE or code == OF_A_BAD_VALUE
    if function in COURSE_ALONE | PERSON_IN_COURSE | PERSON_IN_QUIZ:
        return code in NOT_THERE and code != "invaliduser"
    return False


def _named(function: Function, arguments: Arguments, course_id: int) -> list[_Thing]:
    """Return what a call names besides people."""
    if function in PERSON_IN_QUIZ:
        quiz = _number(arguments.get("quizid"))
        shape = payloads.BEST_GRADE if function is Function.BEST_GRADE else payloads.ATTEMPTS
        return [_Thing("quiz", quiz, function, shape, {**arguments, "userid": 0}, lambda answer: True)]
    if function is Function.ADD_GROUP_MEMBERS:
        if not course_id:
            return []
        asked: Arguments = {"courseid": course_id}
        return [
            _Thing("groups", group, Function.COURSE_GROUPS, payloads.GROUPS, asked, _has_group(group))
            for group in sorted(_numbers(arguments.get("members"), "groupid"))
        ]
    if function in PERSON_IN_COURSE:
        courses = {_number(arguments.get("courseid"))} | _numbers(arguments.get("userlist"), "courseid")
    else:
        courses = _numbers(arguments.get("enrolments"), "courseid")
    return [
        _Thing(
            "course",
            course,
            Function.COURSES_BY_FIELD,
            payloads.COURSES,
            {"field": "id", "value": str(course)},
            lambda answer: bool(answer.courses),
        )
        for course in sorted(courses - {0})
    ]


def _has_group(group_id: int) -> Callable[[Any], bool]:
    return lambda groups: any(group.id == group_id for group in groups)


def _number(value: Argument) -> int:
    return value if isinstance(value, int) else 0


def _numbers(rows: Argument, key: str) -> set[int]:
    if not isinstance(rows, Collection) or isinstance(rows, str):
        return set()
    return {_number(row.get(key)) for row in rows if isinstance(row, Mapping)}


def _gone(error: RecordRejected, kind: str) -> SiteRefuses:
    return SiteRefuses(error.message, str(error_codes.MISSING_ROWS[kind]), error.errorcode)


def _naming_rights(function: Function, error: SiteRefuses) -> SiteRefuses:
    """Name the rights that a function asks for, where the sentence names none that is known (a changed translation)."""
    if any(right in error.remedy for right in rights.CAPABILITIES.values()):
        return error
    asked_for = rights.RIGHTS_ASKED_FOR.get(function)
    return SiteRefuses(error.message, str(error_codes.allow(*asked_for)), error.errorcode) if asked_for else error
