"""What goes wrong is told in one line with its remedy, and nobody is judged or sent by what could not be read."""

from collections.abc import Callable
from typing import Any

import pytest
from few_people import seed_few
from office import Office
from service import default_angkatan
from told_errors import decisions, error_of, told, writes

from latsar_sync.demo import Campus, Fault
from latsar_sync.demo.records import ServiceAccount
from latsar_sync.demo.rights import (
    MOOC_TOKEN,
)

CLOSED_PORT = "http://127.0.0.1:1/moodle"
SEED = seed_few


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
