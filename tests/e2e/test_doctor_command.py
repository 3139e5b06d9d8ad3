"""The doctor as it is typed: exit codes, JSON, what is left out, and one line for a configuration that is wrong."""

import re

from office import Office

from latsar_sync.demo import VERSIONS


def test_a_good_set_up_exits_0_though_it_warns(office: Office) -> None:
    ended = office.run("doctor")

    assert ended.code == 0
    assert "0 fail" in ended.out
    assert "warn" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80


def test_in_indonesian_no_check_has_an_english_word(office: Office) -> None:
    office.campus.kelas.set_manual_enrolment("KLS-II", enabled=False)
    office.environment["LANGUAGE"] = "id"

    ended = office.run("doctor")

    assert re.search(r"\d+ ok, \d+ perhatian, 1 masalah\n$", ended.out)
    assert "  masalah    " in ended.out
    assert re.search(r"\b(warn|fail)\b", ended.out) is None


def test_a_failed_check_exits_1_and_problems_shows_it_without_what_is_ok(office: Office) -> None:
    office.campus.kelas.moodle = VERSIONS["4.3"]
    office.campus.kelas.accounts[office.campus.kelas.token].assignable_roles.clear()

    ended = office.run("doctor", "--problems")

    assert ended.code == 1
    assert "wsusercannotassign" in ended.out
    assert "  ok  " not in ended.out


def test_json_is_one_object_with_every_check(office: Office) -> None:
    office.campus.kelas.set_manual_enrolment("KLS-II", enabled=False)

    ended = office.run("doctor", "--json")

    shape = ended.json
    assert ended.code == 1
    assert shape["outcome"] == "failed"
    assert shape["ok"] + shape["warn"] + shape["fail"] == len(shape["checks"])
    [failed] = [check for check in shape["checks"] if check["status"] == "fail"]
    assert failed.keys() == {"subject", "name", "status", "text", "remedy"}
    assert failed["name"] == "manual_enrolment"


def test_a_wrong_configuration_exits_2_before_any_site_is_asked(office: Office) -> None:
    office.configure(evaluation="item = 5")

    ended = office.run("doctor", "--json")

    assert ended.code == 2
    assert ended.json["outcome"] == "failed"
    assert office.campus.log == []


def test_one_programme_can_be_examined_and_an_unknown_one_is_refused(office: Office) -> None:
    assert office.run("doctor", "--programme", "latsar-2026-iii").code == 0

    refused = office.run("doctor", "--programme", "latsar-2026-ii")
    assert refused.code == 2
    assert "latsar-2026-iii" in refused.err
