"""The campus answers like four real Moodles, 4.0, 4.3, 4.5 and 5.1: every recorded request is put to it.

Compared are status, keys and types of successes (also how many there are of each thing), and exception class, code and
text of failures. What was arranged on the real site for a recording stands in its note; the same is arranged here.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from campus_questions import ask, differences
from recorded_course import (
    ANGLE,
    FULL,
    IN_CLASS,
    LOW,
    MOOC,
    PASSED,
    RecordedCourse,
)

from latsar_sync.demo import Fault
from latsar_sync.demo.functions import BATCH, FUNCTIONS
from latsar_sync.demo.versions import VERSIONS

RECORDINGS = Path(__file__).parents[2] / "recordings"
NOT_COMPARED: Final = {
    "default-format-is-xml": "looked at in test_campus_contract.py",
    "debug-": "the campus has no debugging",
    "grade-criterion-": "the campus has one course with criteria, all of them activities and a grade",
    "one-grade-hidden": "another course: what it tells is compared below",
    "success-all": "the other courses of the recorded sites are not here",
}
SAME_NUMBER: Final = frozenset(
    {"core_course_get_contents", "core_group_get_course_groups", "core_completion_get_activities_completion_status"}
    | {"mod_quiz_get_user_attempts", "mod_quiz_get_user_quiz_attempts", "core_user_get_users_by_field"}
    | {"core_message_send_instant_messages", "mod_quiz_get_quizzes_by_courses"}
)
"""Functions of which the campus must answer as many things as the real site did."""

Arranged = Callable[[RecordedCourse], object]


def _visibility(course: str, name: str, value: int) -> Arranged:
    return lambda world: setattr(world.site.group(course, name), "visibility", value)


def _restrict_second_page(world: RecordedCourse) -> None:
    page = world.site.course(MOOC).modules[1]
    page.restricted = page.greyed_out = True


def _identity_fields(world: RecordedCourse) -> None:
    world.site.identity_fields = {"username", "idnumber", "email", "department", "institution"}


def _expire(world: RecordedCourse) -> None:
    world.account.expired = True


def _expired_before(world: RecordedCourse) -> None:
    world.account.expired = True
    ask(world.site, {"wstoken": FULL, "wsfunction": "core_webservice_get_site_info"})


def _add_subsection(world: RecordedCourse) -> int:
    place = world.site.add_subsection(MOOC, "Subbagian uji", 1)
    world.site.add_module(MOOC, "page", "Modul di dalam subbagian", place, "", 2, ("completionview",))
    return place


def _must_change_password(world: RecordedCourse) -> None:
    world.account.must_change_password, world.account.has_password_page = True, False


def _user(world: RecordedCourse, **values: object) -> None:
    vars(world.site.users[world.account.user_id]).update(values)


def _fault(kind: str) -> Arranged:
    return lambda world: world.campus.faults.add(Fault(kind))


def _give(capability: str) -> Arranged:
    return lambda world: world.account.capabilities.add(capability)


def _call(course: str, name: str, other: str) -> Arranged:
    return lambda world: setattr(world.site.group(course, name), "name", other)


def _write_a_capital(world: RecordedCourse) -> None:
    world.site.users[world.ids[ANGLE]].username = "Tika"


BY_NOTE: Final[tuple[tuple[str, Arranged], ...]] = (
    ("first page is hidden", lambda world: world.site.hide_module(world.site.course(MOOC).modules[0].cmid)),
    ("second page opens later", _restrict_second_page),
    ("first section is hidden", lambda world: world.site.hide_section(MOOC, 1)),
    ("holds a subsection", _add_subsection),
    ("subsection is hidden", lambda world: world.site.hide_section(MOOC, _add_subsection(world))),
    ("course is hidden", lambda world: setattr(world.site.course(MOOC), "visible", False)),
    ("course is hidden", lambda world: setattr(world.site.course(IN_CLASS), "visible", False)),
    ("second group's membership visibility is 'members'", _visibility(MOOC, "Angkatan II & III", 1)),
    ("second group's membership visibility is 'none'", _visibility(MOOC, "Angkatan II & III", 3)),
    ("the group's membership visibility is 'none'", _visibility(IN_CLASS, "Kelompok A", 3)),
    ("its membership visibility is 'none'", _visibility(IN_CLASS, "Kelompok A", 3)),
    ("group's name is written", _call(MOOC, "Angkatan II & III", "Angkatan <II")),
    ("first name is written", lambda world: setattr(world.site.users[world.ids[ANGLE]], "firstname", "Tika <Ayu")),
    ("username is written with a capital", _write_a_capital),
    ("name of the first page holds a <", lambda world: setattr(world.site.course(MOOC).modules[0], "name", "Modul <1")),
    ("full name holds a <", lambda world: setattr(world.site.course(MOOC), "fullname", "Latsar CPNS & x < y")),
    ("evaluation's grade item is hidden", lambda world: setattr(world.evaluation.quiz, "item_hidden", True)),
    ("report_user_showgrade=0", lambda world: setattr(world.site.course(MOOC), "report_shows_grades", False)),
    ("enablecustomreports=0", lambda world: setattr(world.site.reports[2], "audience", frozenset())),
    ("showuseridentity lists", _identity_fields),
    ("messaging=0", lambda world: setattr(world.site, "messaging_enabled", False)),
    ("enablewebservices=0", lambda world: setattr(world.site, "web_services_enabled", False)),
    ("REST protocol disabled", lambda world: setattr(world.site, "rest_enabled", False)),
    ("external service is disabled", lambda world: setattr(world.account, "service_enabled", False)),
    ("service account must change its password", _must_change_password),
    ("service account is not confirmed", lambda world: _user(world, username="svc-belum", confirmed=False)),
    ("first call after the token's end", _expire),
    ("second call after the token's end", _expired_before),
    ("an upgrade is running", _fault("upgrade")),
    ("climaintenance", _fault("maintenance_503")),
    ("maintenance_enabled=1", _fault("maintenance")),
    ("question bank", lambda world: world.site.add_module(MOOC, "qbank", "Bank soal uji", 0)),
    ("hidden activities and hidden sections", _give("moodle/course:viewhiddensections")),
    ("role has moodle/course:viewhiddengroups", _give("moodle/course:viewhiddengroups")),
)  # fmt: skip
BY_CASE: Final[dict[str, Arranged]] = {
    "error-iprestricted": lambda world: setattr(world.account, "ip_restricted", True),
    "error-suspendeduser": lambda world: _user(world, username="svc-ditangguhkan", suspended=True),
    "success-question-bank-view": _give("mod/qbank:view"),
    "core_message_send_instant_messages.error-not-in-service": lambda world: world.account.functions.discard(
        "core_message_send_instant_messages"
    ),
    "core_message_send_instant_messages.low-token": lambda world: world.site.accounts[LOW].capabilities.add(
        "moodle/site:sendmessage"
    ),
    "core_group_create_groups.success": lambda world: world.site.delete_group(IN_CLASS, "Angkatan XL & XLI"),
}


def arrange(world: RecordedCourse, name: str, note: str) -> None:
    """Make the site what it was when the answer was recorded."""
    for words, how in BY_NOTE:
        if words in note:
            how(world)
    for key in (name, name.split(".", 1)[1]):
        if key in BY_CASE:
            BY_CASE[key](world)
    for lacking in re.findall(r"lacks (.*)", note):
        world.account.capabilities.difference_update(re.findall(r"\w+/[\w/]*:\w+", lacking.split("; the role has")[0]))


def recordings(version: str, function: str) -> list[Path]:
    """The recordings of one function on one Moodle that can be compared."""
    found = sorted((RECORDINGS / f"v{version}").glob(f"{function}.*.json"))
    return [path for path in found if not any(path.name.split(".", 1)[1].startswith(each) for each in NOT_COMPARED)]


@pytest.fixture(scope="module", params=sorted(VERSIONS))
def world(request: pytest.FixtureRequest) -> Iterator[RecordedCourse]:
    world = RecordedCourse(request.param)
    with world.campus:
        yield world


def held(world: RecordedCourse) -> bytes:
    return pickle.dumps({name: value for name, value in vars(world.site).items() if name not in ("lock", "clock")})


def put_back(world: RecordedCourse, saved: bytes) -> None:
    vars(world.site).update(pickle.loads(saved))  # noqa: S301 - our own
    world.account = world.site.accounts[FULL]
    world.evaluation = world.site.module_named("EVAL-AKADEMIK")
    world.campus.faults.clear()


def wrong(world: RecordedCourse, path: Path) -> list[str]:
    """How the campus answers otherwise than the real site did."""
    recording = json.loads(path.read_text(encoding="utf-8"))
    arrange(world, path.stem, recording.get("note") or "")
    fields: dict[str, object] = {"moodlewsrestformat": "json", "wsfunction": recording["function"]}
    if (token := recording["token"]) is not None:
        fields["wstoken"] = LOW if "(low)" in token else FULL if token.startswith("TOKEN") else token
    if recording["function"] in (None, "_request"):
        fields.pop("wsfunction")
    status, headers, body = ask(world.site, {**fields, **dict(world.translated(recording["params"] or {}))})
    expected = recording["response"]
    if status != recording["http_status"]:
        return [f"status {status} instead of {recording['http_status']}"]
    if "json" not in headers["content-type"]:
        return [] if bool(body) == bool(expected) else ["body"]
    ours = json.loads(body)
    if isinstance(expected, dict) and "exception" in expected:
        told = {name: str(value) for name, value in expected.items()}
        return (
            [] if isinstance(ours, dict) and without_ids(ours) == without_ids(told) else [f"{ours} instead of {told}"]
        )
    return differences([expected], ours, same_number=recording["function"] in SAME_NUMBER)


def without_ids(answer: dict[str, Any]) -> dict[str, str]:
    return {name: re.sub(r"\d+", "N", str(value)) for name, value in answer.items()}


@pytest.mark.parametrize("function", sorted({*FUNCTIONS, BATCH, "core_tidak_ada", "_request"}))
def test_campus_answers_as_that_moodle_did(world: RecordedCourse, function: str) -> None:
    saved, found = held(world), {}
    for path in recordings(world.site.moodle.name, function):
        try:
            if texts := wrong(world, path):
                found[path.stem] = texts
        finally:
            put_back(world, saved)

    assert found == {}


def test_a_grade_that_is_hidden_by_itself_is_told_as_that_moodle_did(world: RecordedCourse) -> None:
    def told(answer: dict[str, Any]) -> set[tuple[str, bool, bool]]:
        items = answer["usergrades"][0]["gradeitems"]
        evaluation = [each for each in items if each["idnumber"] in (None, "EVAL-AKADEMIK")]
        return {(each["itemtype"], each["graderaw"] is None, each["gradeishidden"]) for each in evaluation}

    saved, who, found = held(world), world.ids[PASSED], {}
    fields = {"wstoken": FULL, "moodlewsrestformat": "json", "wsfunction": "gradereport_user_get_grade_items"}
    assert world.evaluation.quiz is not None
    world.evaluation.quiz.grades[who].hidden = True
    for case in ("one-grade-hidden", "one-grade-hidden-nocap-viewhidden"):
        path = RECORDINGS / f"v{world.site.moodle.name}" / f"gradereport_user_get_grade_items.{case}.json"
        if path.exists():  # recorded on 4.3 and 5.1
            answer = json.loads(ask(world.site, {**fields, "courseid": world.first.course, "userid": who})[2])
            found[case] = told(answer), told(json.loads(path.read_text(encoding="utf-8"))["response"])
        world.account.capabilities.discard("moodle/grade:viewhidden")
    put_back(world, saved)

    assert all(ours == theirs for ours, theirs in found.values()), found


def test_a_group_name_is_told_raw_in_the_oldest_and_escaped_and_cut_since(world: RecordedCourse) -> None:
    saved = held(world)
    world.site.add_group(MOOC, "Angkatan A & B")
    fields = {"wstoken": FULL, "moodlewsrestformat": "json", "wsfunction": "core_group_get_course_groups"}
    names = {each["name"] for each in json.loads(ask(world.site, {**fields, "courseid": world.first.course})[2])}
    put_back(world, saved)

    raw = world.site.moodle.name == "4.0"
    assert {"Angkatan A & B" if raw else "Angkatan A &amp; B"} <= names


def test_a_number_is_printed_with_the_digits_of_that_moodle(world: RecordedCourse) -> None:
    recorded = (
        RECORDINGS / f"v{world.site.moodle.name}" / "gradereport_user_get_grade_items.success-69996.json"
    ).read_text()
    [printed] = set(re.findall(r'"graderaw": ?(69[0-9.]+)', recorded))
    fields = {"wstoken": FULL, "moodlewsrestformat": "json", "wsfunction": "gradereport_user_get_grade_items"}
    _, _, body = ask(world.site, {**fields, "courseid": world.first.course, "userid": world.ids[PASSED] + 10})

    assert f'"graderaw":{printed}' in body
