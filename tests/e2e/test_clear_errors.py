"""What goes wrong is told in one line with its remedy, and nobody is judged or sent by what could not be read."""

from collections.abc import Callable
from typing import Any

import pytest
from few_people import seed_few
from office import Office
from service import default_angkatan
from typed import Ended

from latsar_sync.demo import CASES, VERSIONS, Campus, Fault
from latsar_sync.demo.access import CAPABILITY_NAMES
from latsar_sync.demo.records import SEPARATE_GROUPS, ServiceAccount
from latsar_sync.demo.rights import (
    KELAS_TOKEN,
    MOOC_TOKEN,
    SOURCE_CAPABILITIES,
    SOURCE_FUNCTIONS,
    TARGET_CAPABILITIES,
    TARGET_FUNCTIONS,
    VIEWS,
)

WRITES = {"enrol_manual_enrol_users", "core_group_create_groups", "core_group_add_group_members"}
CLOSED_PORT = "http://127.0.0.1:1/moodle"
SEED = seed_few

Decisions = dict[str, str]


@pytest.fixture(scope="module")
def right(settled: Office) -> Decisions:
    """Give the decisions that the full rights lead to, by name."""
    return decisions(settled)


def decisions(office: Office) -> Decisions:
    """Return everybody's decision by name."""
    return {line["name"]: line["decision"] for line in office.run("participants", "--json").json}


def error_of(ended: Ended) -> str:
    """Return what a failed command said, which must be one line for a person with nothing technical around it."""
    assert "Traceback" not in ended.out + ended.err
    shape = ended.json
    said = [shape.get("error")] + [line for each in shape.get("programmes", []) for line in (each["error"],)]
    texts = [text for text in said if text]
    assert texts
    assert all("\n" not in text for text in texts)
    return " ".join(texts)


def told(ended: Ended) -> str:
    """Return everything that a run said about what went wrong, by error or by message."""
    assert "Traceback" not in ended.out + ended.err
    [programme] = ended.json["programmes"]
    assert "\n" not in " ".join([programme["error"] or "", *programme["messages"]])
    return " ".join([programme["error"] or "", *programme["messages"]])


def writes(campus: Campus) -> list[str]:
    """Return the writes that the campus was asked for and did."""
    return [entry.function for entry in campus.log if entry.function in WRITES and entry.errorcode is None]


# The configuration


def test_a_missing_token_names_the_variable_and_where_it_was_looked_for(office: Office) -> None:
    del office.environment["LATSAR_MOOC_TOKEN"]

    ended = office.run("sync", "--json")

    assert ended.code == 2
    [problem] = ended.json["problems"]
    assert "sites.mooc.token_env" in problem
    assert "LATSAR_MOOC_TOKEN" in problem
    assert ".env" in problem
    assert office.campus.log == []


def test_a_missing_configuration_says_how_to_make_one(campus: Campus, tmp_path_factory: Any) -> None:
    office = Office(tmp_path_factory.mktemp("empty"), campus)

    plain, named = office.run("sync", "--json"), office.run("--config", "elsewhere.toml", "status", "--json")

    assert (plain.code, named.code) == (2, 2)
    assert "config/latsar.toml" in error_of(plain)
    assert "latsar-sync init" in error_of(plain)
    assert "elsewhere.toml" in error_of(named)


def test_a_syntax_error_is_told_with_its_line(office: Office) -> None:
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace('title = "Latsar CPNS Golongan III 2026"', "title = Latsar"), "utf-8")
    line = office.config.read_text(encoding="utf-8").splitlines().index("title = Latsar") + 1

    ended = office.run("sync", "--json")

    assert ended.code == 2
    assert f"line {line}" in error_of(ended)
    assert office.campus.log == []


def test_several_mistakes_are_told_all_at_once_each_with_its_key(office: Office) -> None:
    del office.environment["LATSAR_KELAS_TOKEN"]
    text = office.config.read_text(encoding="utf-8")
    text = text.replace(office.campus.mooc.url, "http://mooc.example.go.id").replace("value = 70", "value = -1")
    text = text.replace('source_group = "Angkatan II"\n', 'source_group = "Angkatan I"\n', 1)
    office.config.write_text(text.replace("capacity = 25", "capacity = 0\nkuota = 3"), "utf-8")

    as_json, as_text = office.run("sync", "--json"), office.run("sync")

    assert (as_json.code, as_text.code) == (2, 2)
    problems = as_json.json["problems"]
    keys = [
        "sites.mooc.url",
        "sites.kelas.token_env",
        "programmes[0].evaluation.threshold.value",
        "programmes[0].angkatan[1].source_group",
        "programmes[0].angkatan[2].capacity",
        "programmes[0].angkatan[2].kuota",
    ]
    for key in keys:
        assert sum(problem.startswith(key) for problem in problems) == 1, key
    assert f"{len(problems)} mistakes" in as_text.err
    assert all(problem in as_text.err for problem in problems)


@pytest.mark.parametrize("content", ["Nama,NIP\n", "\x00\x01\x02"])
def test_a_database_file_that_is_none_is_told_without_a_traceback(office: Office, content: str) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data" / "latsar.db").write_text(content * 300, encoding="utf-8")

    ended = office.run("status", "--json")

    assert ended.code in (1, 2)
    assert "not a database" in error_of(ended)


# Sites that do not answer as a Moodle does


SITE_TROUBLE: dict[str, tuple[int, str]] = {
    "redirect": (1, "redirects"),
    "html": (1, "web page instead of JSON"),
    "empty_body": (1, "empty"),
    "bad_gateway": (1, "502"),
    "maintenance": (1, "maintenance"),
    "maintenance_503": (1, "503"),
    "upgrade": (1, "upgrade"),
    "database_down": (1, "dbconnectionfailed"),
    "too_many_requests": (1, "429"),
    "drop_before": (1, "no answer"),
}


@pytest.mark.parametrize("site", ["mooc", "kelas"])
@pytest.mark.parametrize("fault", list(SITE_TROUBLE))
def test_a_site_in_trouble_is_told_in_one_line(office: Office, site: str, fault: str) -> None:
    code, said = SITE_TROUBLE[fault]
    before = office.campus.kelas.snapshot()
    office.campus.faults.add(Fault(fault, site=site))

    ended = office.run("sync", "--json")

    assert ended.code == code
    error = error_of(ended)
    assert error.startswith(f"{site}: ")
    assert said in error
    assert office.campus.kelas.snapshot() == before
    if site == "mooc":
        assert decisions(office) == {}


def test_the_remedy_stands_on_a_line_of_its_own_for_people(office: Office) -> None:
    office.campus.faults.add(Fault("redirect", site="mooc"))

    ended = office.run("sync")

    lines = [line for line in ended.err.splitlines() if line.strip()]
    [place] = [number for number, line in enumerate(lines) if line.startswith("latsar-sync: mooc: ")]
    assert "redirects" in lines[place]
    assert lines[place + 1].startswith("  → ")
    assert "`url` must be" in lines[place + 1]


@pytest.mark.parametrize("site", ["mooc", "kelas"])
@pytest.mark.parametrize(("url", "code", "said"), [("/no-such-path", 1, "404"), (CLOSED_PORT, 1, "no connection")])
def test_a_wrong_address_is_told_in_one_line(office: Office, site: str, url: str, code: int, said: str) -> None:
    office.configure(urls={site: url if "://" in url else office.campus.url + url})

    ended = office.run("sync", "--json")

    assert ended.code == code
    assert error_of(ended).startswith(f"{site}: ")
    assert said in error_of(ended)


def test_an_address_without_tls_beyond_this_machine_is_refused_before_a_token_travels(office: Office) -> None:
    office.configure(urls={"kelas": "http://lms.example.go.id"})

    ended = office.run("sync", "--json")

    assert ended.code == 2
    assert "sites.kelas.url" in ended.json["problems"][0]
    assert "https://" in ended.json["problems"][0]
    assert office.campus.log == []


# Tokens and accounts


ACCOUNT_TROUBLE: dict[str, tuple[Callable[[Campus, ServiceAccount], None], str]] = {
    "expired": (lambda _, account: setattr(account, "expired", True), "expired"),
    "bound to another address": (lambda _, account: setattr(account, "ip_restricted", True), "IP address"),
    "service switched off": (lambda _, account: setattr(account, "service_enabled", False), "service is disabled"),
    "must change its password": (lambda _, account: setattr(account, "must_change_password", True), "password"),
    "suspended": (lambda campus, account: campus.mooc.suspend_user(account.user_id), "suspended"),
    "web services off": (lambda campus, _: setattr(campus.mooc, "web_services_enabled", False), "Enable web services"),
    "REST off": (lambda campus, _: setattr(campus.mooc, "rest_enabled", False), "Manage protocols"),
}


@pytest.mark.parametrize("trouble", list(ACCOUNT_TROUBLE))
def test_an_account_that_may_not_call_is_told_what_to_mend(office: Office, trouble: str) -> None:
    change, said = ACCOUNT_TROUBLE[trouble]
    change(office.campus, office.campus.mooc.accounts[MOOC_TOKEN])

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert error_of(ended).startswith("mooc: ")
    assert said in error_of(ended)
    assert decisions(office) == {}


@pytest.mark.parametrize("site", ["mooc", "kelas"])
def test_a_wrong_token_lists_the_possible_causes(office: Office, site: str) -> None:
    office.environment[f"LATSAR_{site.upper()}_TOKEN"] = "f" * 32

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert error_of(ended).startswith(f"{site}: ")
    for cause in ("mistyped", "deleted", "expired", "Manage tokens"):
        assert cause in error_of(ended)
    assert writes(office.campus) == []


# Courses, evaluations, roles


def test_an_unknown_mooc_course_is_told_by_name(office: Office) -> None:
    office.configure(course="MOOC-LATSAR-2027")

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "MOOC-LATSAR-2027" in error_of(ended)
    assert decisions(office) == {}


def test_an_unknown_evaluation_lists_what_there_is(office: Office) -> None:
    office.configure(evaluation='item = "UJIAN"\nthreshold = { value = 70, scale = "points", legal_basis = "Uji" }')

    ended = office.run("sync", "--json")

    assert ended.code == 1
    for said in ("UJIAN", "Evaluasi Akademik", "EVAL-AKADEMIK", "Latihan Agenda 1"):
        assert said in error_of(ended)
    assert decisions(office) == {}


def test_an_unknown_course_stops_its_angkatan_and_no_other(office: Office) -> None:
    office.configure(angkatan=default_angkatan().replace('"KLS-II"', '"KLS-2"'))

    ended = office.run("sync", "--json")

    assert ended.code == 3
    assert "KLS-2" in told(ended)
    assert ended.json["programmes"][0]["confirmed"] > 15


def test_courses_that_are_all_unknown_exit_1(office: Office) -> None:
    office.configure(angkatan=default_angkatan().replace('"KLS-', '"KELAS-'))

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "KELAS-" in error_of(ended)
    assert writes(office.campus) == []


def test_a_role_that_may_not_be_given_is_told_with_both_remedies(office: Office) -> None:
    office.configure(angkatan=default_angkatan().replace("role_id = 5", "role_id = 3"))

    ended = office.run("sync", "--json")

    assert ended.code in (1, 3)
    assert "role_id" in told(ended)
    assert "moodle/role:assign" in told(ended)
    assert ended.json["programmes"][0]["pushed"] == 0


def test_a_course_without_manual_enrolment_is_told_before_anything_is_sent(office: Office) -> None:
    for name in ("I", "II", "III"):
        office.campus.kelas.set_manual_enrolment(f"KLS-{name}", enabled=False)

    ended = office.run("sync", "--json")

    assert "manual enrolment" in told(ended)
    assert "Enrolment methods" in told(ended)
    assert "enrol_manual_enrol_users" not in [entry.function for entry in office.campus.log]


def test_a_course_without_tracked_activities_exits_1_and_admits_nobody(office: Office) -> None:
    for module in office.campus.mooc.course("MOOC-LATSAR").modules:
        if module.idnumber != "EVAL-AKADEMIK":
            module.tracking = 0

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "no tracked activity" in error_of(ended)
    assert decisions(office) == {}


# Rights


def is_named(capability: str, text: str) -> bool:
    """Say whether a text names a capability, by its own name or by the one Moodle's screens use."""
    return capability in text or CAPABILITY_NAMES.get(capability, capability) in text


NOT_NEEDED_HERE = {
    "moodle/course:viewhiddencourses": "no course is hidden",
    "moodle/course:viewparticipants": "enrolreview is enough",
    "moodle/course:ignoreavailabilityrestrictions": "nothing is restricted",
    "moodle/grade:viewhidden": "no grade is hidden",
    "report/completion:view": "read by mode = course only",
    "mod/quiz:viewreports": "the grade to pass is compared where it can be read",
    "moodle/course:viewhiddensections": "no section is hidden",
    "moodle/course:viewhiddengroups": "no group hides its members",
    **dict.fromkeys(VIEWS - {"mod/quiz:view"}, "nothing of that kind is required, or everybody may see it"),
}


def test_without_any_right_that_is_not_needed_here_a_first_run_decides_the_same(
    office: Office, right: Decisions
) -> None:
    """Each of them alone is taken away below, between two runs."""
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities -= set(NOT_NEEDED_HERE)

    assert office.run("sync", "--json").code == 0
    assert decisions(office) == right


@pytest.mark.parametrize("capability", sorted(SOURCE_CAPABILITIES - set(NOT_NEEDED_HERE)))
def test_a_right_missing_at_the_mooc_is_told_and_decides_nothing_wrongly(
    office: Office, right: Decisions, capability: str
) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard(capability)

    ended = office.run("sync", "--json")

    assert decisions(office).items() <= right.items()
    if capability == "moodle/user:viewdetails":  # course contacts still show: perhaps nobody is enrolled yet
        [programme] = ended.json["programmes"]
        assert (ended.code, programme["participants"]) == (0, 0)
        said = " ".join(programme["messages"])
    elif capability == "moodle/course:viewhiddenactivities":  # the site tells of a draft, but not that it is hidden
        [programme] = ended.json["programmes"]
        [finding] = programme["findings_in_full"]
        assert (ended.code, finding["code"], decisions(office)) == (4, "activities_unseen", {})
        said = office.run("sync").out
    else:
        assert ended.code == 1
        said = error_of(ended)
    assert is_named(capability, said)
    assert writes(office.campus) == []


@pytest.mark.parametrize("capability", sorted(SOURCE_CAPABILITIES))
def test_a_right_taken_away_at_the_mooc_between_two_runs_changes_no_decision(
    settled: Office, right: Decisions, capability: str
) -> None:
    account = settled.campus.mooc.accounts[MOOC_TOKEN]
    settled.campus.log.clear()
    account.capabilities.discard(capability)
    try:
        ended = settled.run("sync", "--full", "--json")
    finally:
        account.capabilities.add(capability)

    assert ended.code in (0, 1, 4)
    assert (ended.code == 0) == (capability in NOT_NEEDED_HERE)
    assert decisions(settled) == right
    assert writes(settled.campus) == []


NAMED_INSTEAD = {"moodle/course:enrolreview": "moodle/course:viewparticipants"}
"""Moodle asks for the second where both are missing; one of them is enough for the plain list."""


@pytest.mark.parametrize("capability", sorted(TARGET_CAPABILITIES))
def test_a_right_missing_at_the_course_lms_is_told_and_decides_nothing_wrongly(
    office: Office, right: Decisions, capability: str
) -> None:
    office.campus.kelas.accounts[KELAS_TOKEN].capabilities.discard(capability)

    ended = office.run("sync", "--json")

    assert decisions(office) == right
    if capability in (
        "moodle/course:viewhiddencourses",
        "moodle/course:viewhiddengroups",
        "moodle/site:accessallgroups",
    ):
        assert ended.code == 0  # no course is hidden, no group hides its members, none has separate groups
        return
    assert ended.code in (1, 3)
    assert is_named(capability, told(ended)) or is_named(NAMED_INSTEAD.get(capability, capability), told(ended))
    assert "enrol_manual_enrol_users" not in writes(office.campus)


def test_a_hidden_course_that_the_account_may_not_see_is_told_by_name(office: Office) -> None:
    office.campus.kelas.course("KLS-II").visible = False
    office.campus.kelas.accounts[KELAS_TOKEN].capabilities.discard("moodle/course:viewhiddencourses")

    ended = office.run("sync", "--json")

    assert ended.code == 3
    assert "KLS-II" in told(ended)


def test_a_course_with_separate_groups_that_hides_its_people_is_not_written_into(office: Office) -> None:
    kelas = office.campus.kelas
    suspended = kelas.user_id(str(CASES["already_suspended"][0]))
    dated = kelas.user_id(str(CASES["already_own_dates"][0]))
    for name in ("I", "II", "III"):
        kelas.course(f"KLS-{name}").group_mode = SEPARATE_GROUPS
    kelas.accounts[KELAS_TOKEN].capabilities.discard("moodle/site:accessallgroups")

    ended = office.run("sync", "--json")

    # who is enrolled by hand cannot be seen there: enrolling them again would lift a suspension and clear dates
    assert [row.suspended for row in kelas.course("KLS-I").enrolments[suspended]] == [True]
    assert [row.timeend > 0 for row in kelas.course("KLS-II").enrolments[dated]] == [True]
    assert writes(office.campus) == []
    assert "moodle/site:accessallgroups" in told(ended)
    assert ended.code in (1, 3)


def test_course_completion_without_the_report_names_the_right(office: Office) -> None:
    office.configure(programme='materials.mode = "course"')
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("report/completion:view")

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "report/completion:view" in error_of(ended)
    assert decisions(office) == {}


@pytest.mark.parametrize("capability", ["moodle/course:viewhiddenactivities", "moodle/grade:viewhidden"])
def test_a_hidden_evaluation_that_the_account_may_not_see_judges_nobody(office: Office, capability: str) -> None:
    evaluation = office.campus.mooc.module_named("EVAL-AKADEMIK")
    assert evaluation.quiz is not None
    evaluation.quiz.item_hidden = capability == "moodle/grade:viewhidden"
    evaluation.visible = capability == "moodle/grade:viewhidden"
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard(capability)

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert "EVAL-AKADEMIK" in error_of(ended)
    assert capability in error_of(ended)
    assert decisions(office) == {}


# Functions


NOT_CALLED_HERE = {
    "tool_mobile_call_external_functions",
    "core_completion_get_course_completion_status",
    "mod_quiz_get_quizzes_by_courses",
    "mod_quiz_get_user_attempts",
    "mod_quiz_get_user_quiz_attempts",
    "mod_quiz_get_user_best_grade",
    "core_group_get_group_members",
    "core_course_get_updates_since",
    "core_course_check_updates",
}
"""Functions that the gradebook, the activities and a first run can do without; `doctor` warns where one is missed."""


@pytest.mark.parametrize("function", sorted(SOURCE_FUNCTIONS))
def test_a_function_missing_in_the_service_of_the_mooc_is_told_by_name(
    office: Office, right: Decisions, function: str
) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(function)

    ended = office.run("sync", "--json")

    if function in NOT_CALLED_HERE:
        assert (ended.code, decisions(office)) == (0, right)
        return
    assert ended.code == 1
    assert function in error_of(ended)
    assert "lacks this function" in error_of(ended)
    assert decisions(office) == {}
    assert writes(office.campus) == []


@pytest.mark.parametrize("function", sorted(TARGET_FUNCTIONS))
def test_a_function_missing_in_the_service_of_the_course_lms_is_told_by_name(
    office: Office, right: Decisions, function: str
) -> None:
    office.campus.kelas.accounts[KELAS_TOKEN].functions.discard(function)

    ended = office.run("sync", "--json")

    assert decisions(office) == right
    if function in NOT_CALLED_HERE:
        assert ended.code == 0
        return
    assert ended.code in (1, 3)
    assert function in told(ended)
    assert "lacks this function" in told(ended)


@pytest.mark.parametrize("function", ["mod_quiz_get_quizzes_by_courses", "mod_quiz_get_user_attempts"])
def test_the_best_attempt_without_its_functions_is_told_by_name(office: Office, function: str) -> None:
    office.configure(
        evaluation='item = "EVAL-AKADEMIK"\nbasis = "best_attempt"\n'
        'threshold = { value = 70, scale = "points", legal_basis = "Uji" }'
    )
    office.campus.mooc.moodle = VERSIONS["4.3"]  # which has one function for attempts, not two
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(function)

    ended = office.run("sync", "--json")

    assert ended.code == 1
    assert function in error_of(ended)
    assert decisions(office) == {}
