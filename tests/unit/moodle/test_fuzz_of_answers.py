"""Whatever one field of one answer holds: no exception but ours, and the others are judged (rule 20).

A whole reading of a small MOOC and course, without HTTP: each field of each answer in turn is null, empty, of another
kind, out of any range, or absent.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Any

import builders
import pytest
from pydantic import SecretStr, ValidationError

from latsar_sync.domain.decision import Basis, Outcome, Rules, Scale, Threshold
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.known_people import PeopleInMemory
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Checkpoint, Record
from latsar_sync.domain.request import Depth
from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle import accounts_by_nip, calls_ahead, in_class_course, visibility
from latsar_sync.moodle.answers import Answer
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.completion import read_completion
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.grades import grade_in_report, unreadable_grades
from latsar_sync.moodle.mooc_values import SourceCourse
from latsar_sync.moodle.parsing import Listing, Shape, mismatch
from latsar_sync.moodle.payloads import UserGrades
from latsar_sync.moodle.quiz_attempts import read_attempts, read_quiz
from latsar_sync.rules import score_against_threshold
from latsar_sync.rules.entry_against_course import can_tell
from latsar_sync.rules.material_gate import completion_of
from latsar_sync.rules.records_after_reading import OnRecord
from latsar_sync.run import mooc_remarks
from latsar_sync.run.mooc import MoocSource
from latsar_sync.run.whom_to_look_for import KnownInMooc

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ONE = 12
"""The user whose record is spoiled; 11, 13 and 14 are the others."""
PEOPLE = {11: "199003182015032001", ONE: "199003182015032002", 13: "199003182015032003", 14: "199003182015032004"}
ABSENT = object()
ODD = [
    None, "", "x", "-", "85,50", -1, 2**63, 10**40, 1e300, 1.5, True, [], {}, [None], {"x": 1}, "\0", "\ud800", ABSENT,
    math.nan, math.inf, '{"c":[{"type":"group","id":[]},{"type":[]}]}',
    '{"c":[' * 900, 1764345600000, -(10**12), "1e999999999999999999", "9" * 5000,
]  # fmt: skip

USER = {
    "fullname": "Siti",
    "roles": [{"roleid": 5, "name": "", "shortname": "student", "sortorder": 0}],
    "groups": [{"id": 3, "name": "Angkatan I", "description": "", "descriptionformat": 1}],
    "institution": "BKD",
    "lastcourseaccess": 1790000000,
}
ITEM = {
    "id": 70, "itemname": "Evaluasi", "itemtype": "mod", "itemmodule": "quiz", "iteminstance": 4, "itemnumber": 0,
    "idnumber": "EVAL", "cmid": 40, "graderaw": 85.5, "gradedategraded": 1790000000, "gradeisoverridden": False,
    "gradeishidden": False, "gradeneedsupdate": False, "grademin": 0, "grademax": 100,
}  # fmt: skip
OTHER_ITEM = ITEM | {"id": 71, "itemname": "Tugas", "idnumber": "T", "cmid": 41, "iteminstance": 5}


@pytest.fixture(autouse=True, scope="module")
def few_ids() -> Iterator[None]:
    """Let a reading ask about few ids beside those it is shown: no field of an answer tells of the others."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (visibility, calls_ahead):
            patch.setattr(module, "IDS_OF_A_RUN", 4)
        yield


@dataclass
class Site:
    """Answers as a Moodle does; ``spoil`` changes what a function answers, of everybody or of ``ONE``."""

    spoil: tuple[Function, tuple[str | int, ...], Any] | None = None
    asked: list[Function] = field(default_factory=list)

    def printed(self, function: Function, arguments: str) -> str:
        self.asked.append(function)
        if function is Function.CALL_EXTERNAL_FUNCTIONS:
            calls = [(Function(each["function"]), each["arguments"]) for each in json.loads(arguments)["requests"]]
            return json.dumps({"responses": [{"error": False, "data": self.printed(*call)} for call in calls]})
        told = printed_truth(function, arguments)
        if self.spoil is not None and self.spoil[0] is function and self.spoils(json.loads(arguments)):
            return json.dumps(put(json.loads(told), function, self.spoil[1], self.spoil[2]))
        return told

    def spoils(self, _arguments: Mapping[str, Any]) -> bool:
        return True


def truth(function: Function, arguments: Mapping[str, Any]) -> Any:
    user_id = int(arguments.get("userid", 0))
    if function is Function.SITE_INFO:
        listed = [{"name": str(each), "version": "1"} for each in Function if each != Function.USER_QUIZ_ATTEMPTS]
        return {"sitename": "M", "siteurl": "u", "userid": 2, "username": "ws", "release": "4.3", "version": "1",
                "userissiteadmin": False, "functions": listed}  # fmt: skip
    if function is Function.COURSES_BY_FIELD:
        return {"courses": [{"id": 2, "shortname": "MOOC", "fullname": "MOOC", "categoryid": 1, "visible": 1,
                             "groupmode": 0, "groupmodeforce": 0, "enablecompletion": 1,
                             "enrollmentmethods": ["manual"]}], "warnings": []}  # fmt: skip
    if function is Function.COURSE_CONTENTS:
        modules = [
            {"id": 40, "instance": 4, "modname": "quiz", "name": "Evaluasi", "visible": 1, "completion": 2},
            {"id": 41, "instance": 5, "modname": "page", "name": "Bacaan", "visible": 1, "completion": 1,
             "availability": '{"op":"&","c":[{"type":"group","id":3}],"showc":[true]}',
             "groupmode": 0, "uservisible": True},
        ]  # fmt: skip
        return [{"id": 1, "name": "Umum", "visible": 1, "uservisible": True, "modules": modules}]
    if function is Function.ENROLLED_USERS:
        options = {each["name"]: each["value"] for each in arguments["options"]}
        start = int(options.get("limitfrom", 0))
        listed = [{"id": each, "idnumber": nip, "username": nip, **USER} for each, nip in PEOPLE.items()]
        return listed[start : start + int(options["limitnumber"])]
    if function is Function.GRADE_ITEMS:
        users = [user_id] if user_id else list(PEOPLE)
        return {"usergrades": [{"courseid": 2, "userid": each, "gradeitems": [ITEM, OTHER_ITEM]} for each in users]}
    if function is Function.ACTIVITIES_COMPLETION_STATUS:
        state = {"cmid": 41, "modname": "page", "state": 1, "timecompleted": 1790000000, "overrideby": None}
        return {"statuses": [state, state | {"cmid": 40, "modname": "quiz", "state": 2}], "warnings": []}
    if function is Function.COURSE_COMPLETION_STATUS:
        link = '<a href="https://m/mod/page/view.php?id=41">Bacaan</a>'
        criteria = [{"type": 4, "title": "", "status": "", "complete": False, "details": {"criteria": link}}]
        return {"completionstatus": {"completed": True, "aggregation": 1, "completions": criteria}, "warnings": []}
    if function is Function.QUIZZES_BY_COURSES:
        quiz = {"id": 4, "coursemodule": 40, "grade": 100, "sumgrades": 10, "grademethod": 1}
        return {"quizzes": [quiz], "warnings": []}
    if function is Function.USER_ATTEMPTS:
        attempt = {"id": 900 + user_id, "attempt": 1, "state": "finished", "sumgrades": 9, "timefinish": 1790000000}
        return {"attempts": [attempt], "warnings": []}
    if function is Function.BEST_GRADE:
        return {"hasgrade": True, "grade": 85.5, "gradetopass": 70}
    if function is Function.UPDATES_SINCE:
        updates = [{"name": "userattempts", "itemids": [900 + ONE]}]
        return {"instances": [{"contextlevel": "module", "id": 40, "updates": updates}], "warnings": []}
    if function is Function.CHECK_UPDATES:
        other = {"item": "module", "itemid": 42, "warningcode": "cmidnotincourse", "message": "not in it"}
        return {"instances": [], "warnings": [other]}
    if function is Function.COURSE_GROUPS:
        return [{"id": 3, "courseid": 2, "name": "Angkatan I", "idnumber": "latsar:p:I"}]
    if function is Function.USERS_BY_FIELD:
        by_nip = {nip: number for number, nip in PEOPLE.items()}
        asked = [value for value in arguments["values"] if value in by_nip]
        return [
            {"id": by_nip[nip], "fullname": "S", "username": nip, "idnumber": nip, "suspended": False} for nip in asked
        ]
    raise AssertionError(function)


@cache
def printed_truth(function: Function, arguments: str) -> str:
    """Print what is true once: thousands of readings ask for it."""
    return json.dumps(truth(function, json.loads(arguments)))


SHAPES: dict[Function, dict[Shape[Any], None]] = {}
"""The shapes in which each function was asked for."""


class Client(MoodleClient):
    """A client of ``Site``: everything but HTTP is real."""

    def __init__(self, site: Site) -> None:
        limits = SiteLimits(requests_per_second=10_000, retry_attempts=1, max_parallel=1)
        super().__init__("mooc", "http://127.0.0.1:9", SecretStr("t"), limits=limits, sleep=lambda _seconds: None)
        self._site = site

    def read(self, function: Function, shape: Shape[Any], arguments: Any = None, **how: Any) -> Any:
        SHAPES.setdefault(function, {})[shape] = None
        return super().read(function, shape, arguments, **how)

    def read_each(self, function: Function, shape: Shape[Any], argument_sets: Any) -> Any:
        SHAPES.setdefault(function, {})[shape] = None
        return super().read_each(function, shape, argument_sets)

    def _exchange(self, function: Function, arguments: Any, deadline: float, no_answer: Any) -> Answer:
        self.site_time = NOW
        return Answer(200, {}, self._site.printed(function, json.dumps(arguments)).encode())


def understood(function: Function, place: tuple[str | int, ...], value: Any) -> tuple[object, ...]:
    """Return what is understood of an answer with that value: two that are understood alike are read alike.

    A shape in which a function was asked for before counts, so that whoever meets another one is tried anew.
    """
    told = put(json.loads(printed_truth(function, json.dumps(ARGUMENTS.get(function, {})))), function, place, value)
    return is_about_one(function, place), *(_parsed(shape, json.dumps(told)) for shape in SHAPES[function])


def _parsed(shape: Shape[Any], text: str) -> str:
    try:
        found = shape.parse(text)
    except ValidationError as error:
        return mismatch(error)
    except ValueError:
        return "no JSON"
    return repr((found, vars(found) if isinstance(found, Listing) else None))


def put(answer: Any, function: Function, path: tuple[str | int, ...], value: Any) -> Any:
    """Put a value in the place of another, where the answer has that place."""
    holder = answer
    for number, part in enumerate(path):
        if part == -1:
            mine = [at for at, each in enumerate(holder) if ONE in (each.get("id"), each.get("userid"))]
            if not mine:
                return answer
            part = mine[0]
        if part not in (holder if isinstance(holder, dict) else range(len(holder))):
            return answer
        if number < len(path) - 1:
            holder = holder[part]
        elif value is ABSENT:
            del holder[part]
        else:
            holder[part] = value
    return answer


def places(told: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield every place in an answer; in a list of people the one of ``ONE``, in any other list the first."""
    if path:
        yield path
    if isinstance(told, dict):
        for name, value in told.items():
            yield from places(value, (*path, name))
    elif isinstance(told, list) and told:
        mine = [each for each in told if isinstance(each, dict) and ONE in (each.get("id"), each.get("userid"))]
        yield from places(mine[0] if mine else told[0], (*path, -1 if mine else 0))


ARGUMENTS: Mapping[Function, Mapping[str, Any]] = {
    Function.ENROLLED_USERS: {"options": [{"name": "limitnumber", "value": 100}]},
    Function.USERS_BY_FIELD: {"values": list(PEOPLE.values())},
    Function.ACTIVITIES_COMPLETION_STATUS: {"userid": ONE},
    Function.COURSE_COMPLETION_STATUS: {"userid": ONE},
    Function.USER_ATTEMPTS: {"userid": ONE},
}
EVERYBODY_S = (
    Function.SITE_INFO, Function.COURSES_BY_FIELD, Function.COURSE_CONTENTS, Function.ENROLLED_USERS,
    Function.GRADE_ITEMS,
)  # fmt: skip
OF_A_WHOLE_READING = (
    *EVERYBODY_S, Function.ACTIVITIES_COMPLETION_STATUS, Function.COURSE_COMPLETION_STATUS, Function.BEST_GRADE,
    Function.CHECK_UPDATES,
)  # fmt: skip
OF_CHANGED_ATTEMPTS = (*EVERYBODY_S, Function.QUIZZES_BY_COURSES, Function.USER_ATTEMPTS, Function.UPDATES_SINCE)
OF_ONE_PERSON = {
    Function.ENROLLED_USERS, Function.GRADE_ITEMS, Function.ACTIVITIES_COMPLETION_STATUS, Function.USER_ATTEMPTS,
}  # fmt: skip
THRESHOLD = Threshold(1, Decimal(70), Scale.POINTS, "SK", NOW, "x", NOW)
WANTED = SourceCourse("MOOC", "idnumber", ("student",), item="EVAL")
ANGKATAN = Angkatan("I", "Angkatan I", "latsar:p:I", "Angkatan I", "kelas", "KLS", "idnumber", 5)
CURSOR = Checkpoint(2, 40, 4, NOW, NOW)


class OnlyOne(Site):
    """Spoils the answers that are about ``ONE`` alone, and of the others what is theirs in one list."""

    def spoils(self, arguments: Mapping[str, Any]) -> bool:
        return arguments.get("userid", ONE) in (0, ONE, str(ONE))


def means_something(function: Function, place: tuple[str | int, ...], value: Any) -> bool:
    """Say whether the answer would be as good with that value: somebody left, has another number, or it is a mark."""
    if value is ABSENT and place[-1] in (-1, 0):
        return True
    if function is Function.QUIZZES_BY_COURSES and value == 1.5:
        return True
    if value is ABSENT and place[-1] == "groups":
        return True
    if value == [] and place[-1] in ("roles", "groups"):
        return True
    another = place[-2:] == (0, "shortname") or (function is Function.USERS_BY_FIELD and place[-1] == "idnumber")
    if another and isinstance(value, str | int) and not isinstance(value, bool):
        return True
    return place[-1] in ("id", "userid") and value == 1764345600000


def is_about_one(function: Function, place: tuple[str | int, ...]) -> bool:
    """Say whether a place belongs to one person, so that the whole may not fail for it."""
    in_a_list = function in (Function.ENROLLED_USERS, Function.GRADE_ITEMS)
    return function in OF_ONE_PERSON and (-1 in place or not in_a_list)


def a_source(client: Client) -> MoocSource:
    return MoocSource(client=client, known_in_mooc=KnownInMooc(WANTED, PeopleInMemory(), {}), today=TODAY)


def judged(site: Site, known: Mapping[int, Record], basis: Basis, checkpoint: Checkpoint | None) -> dict[int, Record]:
    client = Client(site)
    try:
        source = MoocSource(
            client=client,
            known_in_mooc=KnownInMooc(WANTED, PeopleInMemory(known), {}),
            today=TODAY,
            checkpoint=checkpoint,
            clock=lambda: NOW,
        )
        whole = checkpoint is None
        found = source.people_and_grades(Depth.FULL if whole else Depth.INCREMENTAL, frozenset())
        rules = Rules(THRESHOLD, basis, required=found.required)
        reading = source.details(found, rules, whole)
        mooc_remarks.of_records(source.name, reading, known)
        numbers = (f"P{number}" for number in range(100))
        records = builders.judge(known, reading, rules, OnRecord(NOW, TODAY), lambda: next(numbers))
        return {**known, **records}
    finally:
        client.close()


@pytest.fixture(scope="module")
def known() -> dict[int, Record]:
    records = judged(Site(), {}, Basis.GRADEBOOK, None)
    assert {number: record.decision.outcome for number, record in records.items() if record.decision} == dict.fromkeys(
        PEOPLE, Outcome.QUALIFIED
    )
    return records


@pytest.mark.parametrize(
    ("function", "basis", "checkpoint"),
    [(function, Basis.GRADEBOOK, None) for function in OF_A_WHOLE_READING]
    + [(function, Basis.BEST_ATTEMPT, CURSOR) for function in OF_CHANGED_ATTEMPTS],
)
def test_whatever_a_field_of_an_answer_holds_the_others_are_judged(
    function: Function, basis: Basis, checkpoint: Checkpoint | None, known: dict[int, Record]
) -> None:
    before = judged(Site(), known, basis, None)
    undisturbed = Site()
    judged(undisturbed, before, basis, checkpoint)
    assert function in undisturbed.asked
    tried = set[tuple[object, ...]]()
    for place in places(truth(function, ARGUMENTS.get(function, {}))):
        for value in ODD:
            if means_something(function, place, value) or (alike := understood(function, place, value)) in tried:
                continue
            tried.add(alike)
            site = OnlyOne((function, place, value))
            after: dict[int, Record] | LatsarError
            try:
                after = judged(site, before, basis, checkpoint)
            except LatsarError as error:
                after = error
            if isinstance(after, LatsarError):
                assert str(after).isprintable()
                assert not is_about_one(function, place), (place, value, after)
                continue
            for number in PEOPLE.keys() - {ONE}:
                assert after[number].decision == before[number].decision, (place, value, number)
            person = after[ONE].participant.person
            assert person.enrolment is not Enrolment.ENDED, (place, value)
            assert person.name.isprintable()
    assert len(tried) > 10


@pytest.mark.parametrize("function", [Function.ENROLLED_USERS, Function.USERS_BY_FIELD, Function.COURSE_GROUPS])
def test_whatever_a_field_holds_nobody_of_a_course_is_believed_gone(function: Function) -> None:
    for place in places(truth(function, ARGUMENTS.get(function, {}))):
        for value in ODD:
            if means_something(function, place, value):
                continue
            client = Client(OnlyOne((function, place, value)))
            unread: set[str] = set()
            try:
                course, _taken = in_class_course.read_course(client, "MOOC", [ANGKATAN], PEOPLE)
                accounts = accounts_by_nip.read_accounts(client, "idnumber", PEOPLE.values(), unread)
            except LatsarError:
                assert function is Function.COURSE_GROUPS or -1 not in place, (place, value)
                continue
            finally:
                client.close()
            course = replace(course, accounts=accounts, unread_keys=frozenset(unread))
            for number, nip in PEOPLE.items():
                seen = course.enrolled.get(number)
                there = seen is not None and seen.active and 3 in seen.group_ids and bool(course.accounts.get(nip))
                assert there or not can_tell(course, number, nip), (place, value, number)
            others = [course.enrolled[number].role_ids for number in PEOPLE.keys() - {ONE}]
            assert others == [{5}] * 3, (place, value)


def test_attempts_of_a_quiz_whose_numbers_mean_nothing_are_an_error_of_ours() -> None:
    for name in ("grade", "sumgrades", "id", "coursemodule"):
        for value in ODD:
            client = Client(Site((Function.QUIZZES_BY_COURSES, ("quizzes", 0, name), value)))
            source = a_source(client)
            found = source.people_and_grades(Depth.FULL, frozenset())
            with suppress(LatsarError):
                reached = partial(score_against_threshold.reaches, threshold=THRESHOLD)
                read_attempts(client, read_quiz(client, found), [11], reached, {})
            client.close()


@pytest.mark.parametrize("of", [{"userid": 12}, {"userid": 11, "quiz": 5}])
def test_attempts_of_another_account_or_quiz_judge_nobody(of: dict[str, int]) -> None:
    attempt = {
        "id": 1,
        "attempt": 1,
        "state": "finished",
        "sumgrades": 10,
        "timefinish": 1_790_000_000,
        "quiz": 4,
        **of,
    }
    told = []
    for each in (attempt, attempt | {"userid": 11, "quiz": 4}):
        client = Client(Site((Function.USER_ATTEMPTS, ("attempts", 0), each)))
        found = a_source(client).people_and_grades(Depth.FULL, frozenset())
        spoiled: dict[int, str] = {}
        reached = partial(score_against_threshold.reaches, threshold=THRESHOLD)
        told.append(read_attempts(client, read_quiz(client, found), [11], reached, spoiled)[11])
        assert (told[-1] is None) is (11 in spoiled)
        client.close()

    assert told[0] is None
    assert told[1] is not None
    assert told[1].best == 100


@pytest.mark.parametrize("is_same", [True, False])
def test_what_is_told_twice_and_not_the_same_decides_nothing(is_same: bool) -> None:
    state = {"cmid": 41, "modname": "page", "state": 1}
    statuses = [state, state | ({} if is_same else {"state": 0})]
    items = [ITEM, ITEM | ({} if is_same else {"graderaw": 100})]
    twice = UserGrades.model_validate({"userid": 11, "gradeitems": items})
    client = Client(Site((Function.ACTIVITIES_COMPLETION_STATUS, ("statuses",), statuses)))
    found = a_source(client).people_and_grades(Depth.FULL, frozenset())

    states = read_completion(client, found, WANTED, [11], {}, set(), set())[11]
    assert found.evaluation is not None
    grade = grade_in_report(twice, found.evaluation)

    assert states is not None
    assert completion_of(states, found.required).unknown == (() if is_same else (41,))
    assert grade.status is (GradeStatus.GRADED if is_same else GradeStatus.RECORD_UNREADABLE)
    assert bool(unreadable_grades({11: twice}, {11: grade})) is not is_same
    client.close()
