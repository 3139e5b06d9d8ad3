"""The campus answers like a real Moodle 4.3 also what was not recorded anew of four: put to it and compared.

Compared are HTTP status, the keys and types of successful answers (recursively, also inside the JSON texts of a batch),
and exception class and errorcode of failures. A recorded null fits any value and the other way round.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from campus_questions import ask, differences

from latsar_sync.demo import CASES, Campus, Fault, Site, seed_single_site
from latsar_sync.demo.functions import BATCH, FUNCTIONS
from latsar_sync.demo.rights import EVERY_CAPABILITY, EVERY_FUNCTION
from latsar_sync.demo.versions import VERSIONS

RECORDINGS = Path(__file__).parents[2] / "recordings"

# Not an answer of a running site, or a site with debugging on (the campus never prints debuginfo).
NOT_COMPARED = ("connection-refused", "db-state-after-each-call", "default-format-is-xml", "debug-error")
OUR_FUNCTIONS = {*FUNCTIONS, BATCH, "core_tidak_ada", "_request"}
FULL, LOW = "f" * 32, "1" * 32

# The recorded people and the kind of person each one is.
PEOPLE = {
    3: "evaluation_failed", 4: "nothing_done", 5: "name_multibyte", 6: "page_missing", 9: "in_progress",
    14: "score_69_99", 18: "already_enrolled", 21: "score_zero", 22: "score_exactly_70", 47: "attempt_in_progress",
    87: "score_69_996", 2002: "mooc_unenrolled", 2003: "mooc_suspended", 2013: "name_ampersand",
}  # fmt: skip
COURSES = {2: "MOOC-LATSAR", 3: "KLS-I", 4: "KLS-II", 5: "KLS-NOMANUAL", 6: "TANPA-KRITERIA", 7: "TANPA-COMPLETION"}
SMALL_GROUP = (3, 4, 5, 6, 14, 22, 87)

Setup = Callable[["World"], None]


def recordings() -> list[Path]:
    """The recordings that can be compared."""
    found = sorted(RECORDINGS.glob("*.json"))
    anew = {path.name for path in (RECORDINGS / "v4.3").glob("*.json")}  # compared in test_campus_of_versions.py
    return [
        path
        for path in found
        if path.name not in anew
        and path.name.split(".")[0] in OUR_FUNCTIONS
        and not any(word in path.name for word in NOT_COMPARED)
    ]


class World:
    """A campus site that holds everything the recorded requests mention, and the map of recorded ids to its own."""

    def __init__(self, campus: Campus) -> None:
        self.campus = campus
        self.site: Site = campus.mooc
        self.site.moodle = VERSIONS["4.3"]
        site = self.site
        self.user = {number: self._person(case) for number, case in PEOPLE.items()}
        site.enrol("KLS-II", self.user[18])
        self.user[2026] = site.add_user("Ratna", "Widyaiswara, M.Pd.", username="pengampu.kls1").id
        self.user[22033] = site.add_user("Akun", "Terhapus").id
        site.delete_user(self.user[22033])
        site.suspend_user(self.user[2013])
        # The recorded course had no teacher, and held neither a forum nor a hidden draft.
        for user_id in [u for u, roles in site.course("MOOC-LATSAR").roles.items() if 5 not in roles]:
            site.unenrol("MOOC-LATSAR", user_id)
        for name in ("Pengumuman", "Modul 10 (draf): Peluang Perubahan"):
            site.remove_module(site.module_named(name).cmid)
        site.add_course("KLS-NOMANUAL", "Tanpa cara manual", manual=False)
        site.add_course("TANPA-KRITERIA", "Kursus tanpa kriteria penyelesaian").completion_criteria = False
        site.add_course("TANPA-COMPLETION", "Kursus tanpa penyelesaian").completion_enabled = False
        site.enrol("TANPA-KRITERIA", self.user[3])
        self.course = {number: site.course(name).id for number, name in COURSES.items()}
        members = [self.user[number] for number in SMALL_GROUP]
        other = site.add_group("KLS-II", "Kelompok A", "KLS-II-A", [self.user[4]])
        made = site.add_group("KLS-II", "Rekaman 7514", "REK-7514")
        small = site.add_group("MOOC-LATSAR", "Kelompok uji kecil", members=members)
        self.group = {446: small.id, 3: other.id, 448: made.id}
        self.quiz, self.cmid = site.module_named("EVAL-AKADEMIK").instance, site.module_named("EVAL-AKADEMIK").cmid
        # The recording account could not read course idnumbers.
        rights = EVERY_CAPABILITY - {"moodle/course:update"}
        self.account = site.add_account(FULL, "svc-rekaman", "Rekaman", rights, EVERY_FUNCTION)
        site.add_account(LOW, "svc-terbatas", "Terbatas", {"webservice/rest:use"}, EVERY_FUNCTION)
        self.names = self._texts()

    def _person(self, case: str) -> int:
        found = CASES[case][0]
        return found if isinstance(found, int) else self.site.user_ids(found)[0]

    def _texts(self) -> dict[str, str]:
        passed, second = self.site.users[self.user[5]], self.site.users[self.user[22]]
        shared = self.site.users[int(CASES["nip_shared"][0])]
        return {
            "199004232026032003": passed.idnumber,
            "199608022026031020": second.idnumber,
            "199608222026032201": shared.idnumber,
        }

    def translated(self, value: object, key: str = "") -> object:
        """A recorded parameter with the campus's own ids in place of the recorded ones."""
        if isinstance(value, dict):
            if value.get("name") == "groupid":
                return {"name": "groupid", "value": self.translated(value["value"], "groupid")}
            if value.get("field") == "id" and "values" in value:
                return {"field": "id", "values": self.translated(value["values"], "userid")}
            return {name: self.translated(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [self.translated(item, key) for item in value]
        if key == "arguments" and isinstance(value, str) and value.startswith("{"):
            return json.dumps(self.translated(json.loads(value)))
        known: dict[str, dict[int, int]] = {
            "courseid": self.course,
            "courseids": self.course,
            "userid": self.user,
            "touserid": {43: self.user[3], 44: self.user[4], 45: self.user[5], 61: self.user[2013]},
            "groupid": self.group,
            "groupids": self.group,
            "quizid": {4: self.quiz},
            "cmid": {49: self.cmid},
            # the recorded course was built between the two moments
            "since": {1795051904: 1, 1795483905: self.site.clock() + 60},
        }
        if key in known and str(value).isdigit():
            return known[key].get(int(str(value)), value)
        return self.names.get(value, value) if isinstance(value, str) else value


def _lacks(*capabilities: str) -> Setup:
    return lambda world: world.account.capabilities.difference_update(capabilities)


def _fault(kind: str) -> Setup:
    def switch_on(world: World) -> None:
        world.campus.faults.add(Fault(kind))

    return switch_on


def _hide_evaluation(world: World) -> None:
    quiz = world.site.module_named("EVAL-AKADEMIK").quiz
    assert quiz is not None
    quiz.item_hidden = True


def _hide_first_page(world: World) -> None:
    world.site.hide_module(world.site.course("MOOC-LATSAR").modules[0].cmid)
    world.account.capabilities.discard("moodle/course:viewhiddenactivities")


def _hide_course(world: World) -> None:
    world.site.course("MOOC-LATSAR").visible = False
    world.account.capabilities.discard("moodle/course:viewhiddencourses")


def _identity_setting(world: World) -> None:
    world.site.identity_fields = {"username", "idnumber", "email", "department", "institution"}
    world.account.capabilities.discard("moodle/user:viewalldetails")


def _set(name: str, value: object) -> Setup:
    return lambda world: setattr(world.account, name, value)


def _switch(name: str) -> Setup:
    return lambda world: setattr(world.site, name, False)


def _expire(world: World) -> None:
    world.account.expired = True
    # The first call after the end deletes the token; the recording shows the call after that.
    ask(world.site, {"wstoken": FULL, "wsfunction": "core_webservice_get_site_info"})


def _suspend_account(world: World) -> None:
    world.site.suspend_user(world.account.user_id)


def _free_group_name(world: World) -> None:
    course = world.site.course("KLS-II")
    course.groups.pop(world.group[448])


def _hide_a_group(world: World) -> None:
    world.site.group("MOOC-LATSAR", "Angkatan I").visibility = 3


def _teacher_alone(world: World) -> None:
    course = world.site.course("KLS-I")
    for user_id in list(course.enrolments):
        world.site.unenrol("KLS-I", user_id)
    world.site.enrol("KLS-I", world.user[2026], role="editingteacher")


def _member_of_both(world: World) -> None:
    for course in ("KLS-II", "MOOC-LATSAR"):
        world.site.enrol(course, world.user[4])


SETUPS: dict[str, Setup] = {
    "core_webservice_get_site_info.error-database-down": _fault("database_down"),
    "core_webservice_get_site_info.error-expiredtoken": _expire,
    "core_webservice_get_site_info.error-iprestricted": _set("ip_restricted", True),
    "core_webservice_get_site_info.error-maintenance-cli-mode-503": _fault("maintenance_503"),
    "core_webservice_get_site_info.error-maintenance-web-mode": _fault("maintenance"),
    "core_webservice_get_site_info.error-nocap-rest-use": _lacks("webservice/rest:use"),
    "core_webservice_get_site_info.error-rest-protocol-off": _switch("rest_enabled"),
    "core_webservice_get_site_info.error-service-disabled": _set("service_enabled", False),
    "core_webservice_get_site_info.error-suspendeduser": _suspend_account,
    "core_webservice_get_site_info.error-webservices-off": _switch("web_services_enabled"),
    "core_webservice_get_site_info.force-password-change": _set("must_change_password", True),
    "core_webservice_get_site_info.php-fpm-down": _fault("bad_gateway"),
    "core_completion_get_activities_completion_status.activity-hidden-silently-fewer": _hide_first_page,
    "core_completion_get_activities_completion_status.error-course-hidden": _hide_course,
    "core_completion_get_activities_completion_status.error-force-password-change": _set("must_change_password", True),
    "core_completion_get_activities_completion_status.error-maintenance-cli-mode-503": _fault("maintenance_503"),
    "core_user_get_users_by_field.nocap-viewalldetails-showuseridentity-set": _identity_setting,
    "core_enrol_get_enrolled_users.nocap-viewalldetails-showuseridentity-set": _identity_setting,
    "core_enrol_get_enrolled_users.success-manager": _teacher_alone,
    "core_enrol_get_enrolled_users.group-of-other-course": _member_of_both,
    "gradereport_user_get_grade_items.group-of-other-course": _member_of_both,
    "gradereport_user_get_grade_items.eval-item-hidden": _hide_evaluation,
    "gradereport_user_get_grade_items.eval-item-hidden-nocap-viewhidden": lambda world: (
        _hide_evaluation(world),
        _lacks("moodle/grade:viewhidden")(world),
    )[0],
    "core_group_get_activity_allowed_groups.group-hidden-silently-missing": _hide_a_group,
    "core_group_create_groups.success": _free_group_name,
    "core_message_send_instant_messages.error-not-in-service": lambda world: world.account.functions.discard(
        "core_message_send_instant_messages"
    ),
    "core_message_send_instant_messages.error-messaging-off": _switch("messaging_enabled"),
    "core_message_send_instant_messages.nothing-shared": _lacks("moodle/site:messageanyuser"),
    # every authenticated user may send messages, as Moodle comes
    "core_message_send_instant_messages.low-token": lambda world: world.site.accounts[LOW].capabilities.add(
        "moodle/site:sendmessage"
    ),
}


@pytest.fixture
def world() -> Iterator[World]:
    with Campus(seed=seed_single_site) as campus:
        yield World(campus)


@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_campus_answers_as_recorded(world: World, path: Path) -> None:
    recording = json.loads(path.read_text(encoding="utf-8"))
    if lacking := re.search(r"the role lacks ([a-z]+/[a-z/]*:[a-z]+)", recording.get("note") or ""):
        world.account.capabilities.discard(lacking[1])
    if path.stem in SETUPS:
        SETUPS[path.stem](world)
    fields: dict[str, object] = {"moodlewsrestformat": "json", "wsfunction": recording["function"]}
    token = recording["token"]
    if token is not None:
        fields["wstoken"] = LOW if "(low)" in token else FULL if token.startswith("TOKEN") else token
    if recording["function"] in (None, "_request"):
        fields.pop("wsfunction")
    params = world.translated(recording["params"] or {})
    status, headers, body = ask(world.site, {**fields, **(params if isinstance(params, dict) else {})})

    assert status == recording["http_status"]
    assert headers["content-type"].split(";")[0] == recording["headers"]["content-type"].split(";")[0]
    assert headers.get("retry-after") == recording["headers"].get("retry-after")
    expected = recording["response"]
    if "json" not in headers["content-type"]:
        assert bool(body) == bool(expected)
        return
    ours = json.loads(body)
    if isinstance(expected, dict) and "exception" in expected:
        assert (ours["exception"], ours["errorcode"]) == (expected["exception"], expected["errorcode"])
        assert ours.keys() == expected.keys()
        return
    assert differences([expected], ours) == []
    if expected is None:
        assert ours is None


def test_messages_of_failures_read_as_recorded(world: World) -> None:
    recording = json.loads((RECORDINGS / "enrol_manual_enrol_users.error-unknown-user.json").read_text())
    params: Any = world.translated(recording["params"])
    fields = {"wstoken": FULL, "wsfunction": recording["function"], "moodlewsrestformat": "json"}
    _, _, body = ask(world.site, {**fields, **params})
    assert json.loads(body) == recording["response"]


def test_default_format_is_xml_with_the_recorded_keys(world: World) -> None:
    recording = json.loads((RECORDINGS / "core_webservice_get_site_info.default-format-is-xml.json").read_text())
    status, headers, body = ask(world.site, {"wstoken": FULL, "wsfunction": "core_webservice_get_site_info"})
    assert status == 200
    assert headers["content-type"] == recording["headers"]["content-type"]
    # Real Moodle also prints absent optional keys as nulls in XML.
    recorded_keys = set(re.findall(r'name="(\w+)"', recording["response"])) - {"usersessionscount"}
    assert set(re.findall(r'name="(\w+)"', body)) == recorded_keys
    assert body.startswith('<?xml version="1.0" encoding="UTF-8" ?>\n<RESPONSE>\n<SINGLE>\n<KEY name="sitename">')


def test_repeated_enrolment_overwrites_dates_and_status_as_recorded(world: World) -> None:
    recording = json.loads((RECORDINGS / "enrol_manual_enrol_users.db-state-after-each-call.json").read_text())
    calls: list[dict[str, int]] = [
        {"timestart": 1793466000},
        {"timestart": 1793466000},
        {},
        {"timestart": 1793552400},
        {"suspend": 1},
        {},
    ]
    user_id, course = world.user[21], world.site.course("KLS-II")
    for row, call in zip(recording["states"].values(), calls, strict=True):
        enrolment = {"roleid": 5, "userid": user_id, "courseid": course.id, **call}
        fields = {"wstoken": FULL, "wsfunction": "enrol_manual_enrol_users", "moodlewsrestformat": "json"}
        assert ask(world.site, {**fields, "enrolments": [enrolment]})[2] == "null"
        [kept] = course.enrolments[user_id]
        assert (int(kept.suspended), kept.timestart, kept.timeend) == tuple(
            int(row[name]) for name in ("status", "timestart", "timeend")
        )


def test_grades_are_printed_digit_for_digit_as_php_does(world: World) -> None:
    recorded = (RECORDINGS / "gradereport_user_get_grade_items.success-69996.json").read_text()
    printed = re.findall(r'"graderaw": ?([0-9.]+)', recorded)
    assert "69.995999999999995" in printed
    fields = {"wstoken": FULL, "moodlewsrestformat": "json", "courseid": world.course[2], "userid": world.user[87]}
    _, _, body = ask(world.site, {"wsfunction": "gradereport_user_get_grade_items", **fields})
    assert body.count('"graderaw":69.995999999999995') == 2
    assert [Decimal(text) for text in re.findall(r'"grademax":([0-9.]+)', body)] == [10, 10, 10, 100, 100]
