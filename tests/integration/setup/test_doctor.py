"""The doctor on the campus: every line is true, names the right or setting that lacks, and hides no other."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from diagnoses import BEFORE_THE_PERSON, everything_said, examined, failed, statuses, without
from service import Service, ServiceFactory

from latsar_sync.demo import CASES, Campus, Fault, protocol
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.language import Told
from latsar_sync.settings import OfficeSettings
from latsar_sync.setup.doctor import Status
from latsar_sync.store import thresholds


@pytest.mark.usefixtures("every_id_of_a_diagnosis")
def test_a_good_set_up_has_no_failure_and_warns_of_what_the_committee_should_look_at(
    campus: Campus, service: Service
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    found = examined(service)

    assert failed(found) == set()
    warned = {check.name for checks in found.values() for check in checks if check.status is Status.WARN}
    assert warned == {"participant_key", "source_group", "accounts"}
    assert "1 without a NIP, 1 invalid, 2 shared" in everything_said(found)
    assert "1 without an account here, 1 with several, 1 suspended" in everything_said(found)
    assert "nor does any of the 5000 ids asked" in everything_said(found)


def test_a_site_that_hides_whether_accounts_are_suspended_is_told(campus: Campus, service: Service) -> None:
    """Whoever has a suspended account is enrolled and confirmed there all the same (seen on Moodle 4.3 and 5.1)."""
    campus.kelas.hides_suspended = True

    [told] = [check for check in examined(service)["accounts"] if "hides whether" in check.text]

    assert told.status is Status.WARN
    assert "Hide user fields" in told.remedy


def test_whose_account_in_class_cannot_be_read_is_not_told_to_have_none(campus: Campus, service: Service) -> None:
    campus.kelas.users[campus.kelas.user_id(str(CASES["name_ampersand"][0]))].username = "Ratna"

    found = examined(service)

    assert "1 without an account here, 1 with several, 1 suspended" in everything_said(found)
    [told] = [check for check in found["accounts"] if "cannot be read" in check.text]
    assert told.status is Status.WARN
    assert "username" in told.remedy


def test_an_in_class_service_that_sends_no_calls_together_is_warned_of(campus: Campus, service: Service) -> None:
    campus.kelas.accounts[campus.kelas.token].functions.discard("tool_mobile_call_external_functions")
    [batch] = [check for check in examined(service)["functions"] if check.status is Status.WARN]

    assert "site kelas" in batch.subject
    assert "tool_mobile_call_external_functions" in batch.text


def test_every_warning_and_failure_says_what_to_do_and_no_line_shows_a_token(campus: Campus, service: Service) -> None:
    for capability in ("moodle/site:accessallgroups", "moodle/role:assign"):
        without(campus, "kelas", capability)
    office = OfficeSettings(logo=service.config.parent / "logo.png")
    mooc = service.settings.sites["mooc"].model_copy(update={"ca_bundle": service.config.parent / "no.pem"})
    more = {"office": office, "sites": {**service.settings.sites, "mooc": mooc}}
    service.settings = service.settings.model_copy(update=more)
    service.settings._secret_files = (Path("/etc/passwd"),)
    found = examined(service)

    assert statuses(found, "secrets") == {Status.WARN}  # everybody may read that one
    assert statuses(found, "logo") == {Status.WARN}  # it is not there
    assert statuses(found, "ca_bundle") == {Status.WARN, Status.FAIL}  # nor is this, and what needs it fails
    for checks in found.values():
        for check in checks:
            assert check.status is Status.OK or check.remedy, check
            assert isinstance(check.remedy, Told) or not check.remedy  # the page tells it in its reader's language
    assert campus.mooc.token not in everything_said(found)
    assert campus.kelas.token not in everything_said(found)


def test_nothing_is_changed_on_either_site(campus: Campus, service: Service) -> None:
    before = campus.state()

    examined(service)

    assert campus.state() == before


def test_a_course_without_manual_enrolment_has_one_line_about_it(campus: Campus, service: Service) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    campus.kelas.set_manual_enrolment("KLS-II", enabled=False)

    found = examined(service)

    assert failed(found) == {"manual_enrolment"}
    [line] = [check for check in found["manual_enrolment"] if check.status is Status.FAIL]
    assert "KLS-II" in line.subject
    assert "Enrolment methods" in line.remedy
    assert statuses(found, "moodle/role:assign") == {Status.OK}


def test_an_angkatan_with_more_people_than_seats_is_warned_of_and_told_by_the_next_full_run(
    campus: Campus, service: Service
) -> None:
    service.run()
    [programme] = service.settings.programmes
    fewer = tuple(each.model_copy(update={"capacity": 1 if each.id == "II" else 99}) for each in programme.angkatan)
    less = programme.model_copy(update={"angkatan": fewer})
    service.settings = service.settings.model_copy(update={"programmes": (less,)})

    [line] = examined(service)["seats"]

    assert (line.status, line.text.split(" of ")[0]) == (Status.WARN, "Angkatan II")
    assert line.text.endswith("seats taken of 1.")
    assert "Was the capacity lowered?" in line.remedy
    assert f"{line.text} {line.remedy}" in service.run(full=True).run.messages


def test_a_group_under_another_idnumber_fails_for_its_angkatan(campus: Campus, service: Service) -> None:
    campus.kelas.group("KLS-I", "Angkatan I").idnumber = "LAIN"

    [line] = [check for check in examined(service)["group"] if check.status is Status.FAIL]

    assert "LAIN" in line.text
    assert "group_idnumber" in line.remedy


def test_groups_that_are_missing_are_announced_as_to_be_made(service: Service) -> None:
    said = [check.text for check in examined(service)["group"]]

    assert said == [
        'The group "Angkatan I" of angkatan I is there.',
        'The group "Angkatan II" of angkatan II will be made.',
        'The group "Angkatan III" of angkatan III will be made.',
    ]


def test_a_course_that_is_not_there_fails_and_the_others_are_examined(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    angkatan = "".join(
        f'\n[[programmes.angkatan]]\nid = "{name}"\nsource_group = "Angkatan {name}"\nsite = "kelas"\n'
        f'course = "{course}"\nrole_id = 5\n'
        for name, course in (("I", "KLS-X"), ("II", "KLS-II"))
    )
    found = examined(make_service(sqlite_url, angkatan=angkatan))

    assert failed(found) == {"course"}
    assert statuses(found, "moodle/role:assign") == {Status.OK}


@pytest.mark.parametrize("trouble", ["unknown", "expired", "suspended", "off"])
def test_a_site_that_lets_nobody_in_fails_once_and_the_other_is_examined(
    campus: Campus, service: Service, trouble: str
) -> None:
    account = campus.mooc.accounts[campus.mooc.token]
    if trouble == "unknown":
        del campus.mooc.accounts[campus.mooc.token]
    if trouble == "expired":
        account.expired = True
    if trouble == "suspended":
        campus.mooc.suspend_user(account.user_id)
    if trouble == "off":
        campus.mooc.rest_enabled = False

    found = examined(service)

    assert failed(found) == {"token"}
    assert any("the site mooc does not answer" in check.text for check in found["not_examined"])
    assert statuses(found, "moodle/course:managegroups") == {Status.OK}


def test_a_site_that_does_not_answer_is_told_at_once(campus: Campus, service: Service) -> None:
    campus.faults.add(Fault("bad_gateway", site="kelas"))

    found = examined(service)

    assert failed(found) == {"answers"}
    assert statuses(found, "materials_seen") == {Status.OK}


def test_an_administrators_token_and_an_address_of_another_name_are_warned_of(campus: Campus, service: Service) -> None:
    campus.mooc.accounts[campus.mooc.token].site_admin = True
    campus.mooc.url = "https://mooc.example.go.id"

    found = examined(service)

    assert failed(found) == set()
    assert Status.WARN in statuses(found, "account")
    assert Status.WARN in statuses(found, "address")


def test_clocks_far_apart_are_warned_of(service: Service) -> None:
    found = examined(service, lambda: datetime.now(UTC) + timedelta(minutes=7))

    assert statuses(found, "clock") == {Status.WARN}
    assert re.search(r"4[12]\d seconds apart", everything_said(found))


def test_long_requests_that_lose_their_end_are_found(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_INPUT_VARS", 500)

    found = examined(service)

    assert statuses(found, "max_input_vars") == {Status.FAIL}
    assert "php.ini" in found["max_input_vars"][0].remedy


def test_a_role_number_that_differs_from_the_students_is_warned_of(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    campus.kelas.moodle = BEFORE_THE_PERSON
    angkatan = (
        '[[programmes.angkatan]]\nid = "I"\nsource_group = "Angkatan I"\nsite = "kelas"\ncourse = "KLS-I"\nrole_id = 7'
    )

    found = examined(make_service(sqlite_url, angkatan=angkatan))

    assert statuses(found, "role_id") == {Status.WARN}
    assert statuses(found, "moodle/role:assign") == {Status.FAIL}


def recorded(service: Service, value: int, scale: Scale = Scale.POINTS) -> None:
    moment = datetime.now(UTC) - timedelta(hours=1)
    with service.database.writing() as connection:
        row = Threshold(1, Decimal(value), scale, "SK lama", moment, "Uji", moment)
        thresholds.add_threshold(connection, service.settings.programmes[0].id, row)


def test_a_configured_threshold_that_differs_from_the_recorded_one_is_warned_of(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url)
    recorded(service, 75)

    found = examined(service)

    assert statuses(found, "threshold") == {Status.OK, Status.WARN}
    assert "75 points (SK lama) is in force" in everything_said(found)
    assert statuses(found, "grade_to_pass") == {Status.WARN}, "the quiz passes at 70"


def test_no_threshold_anywhere_and_one_that_nobody_can_reach_fail(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    service = make_service(sqlite_url, evaluation='item = "EVAL-AKADEMIK"')
    assert statuses(examined(service), "threshold") == {Status.FAIL}

    recorded(service, 700)
    found = examined(service)
    assert statuses(found, "threshold") == {Status.OK, Status.FAIL}
    assert "Nobody can reach it" in everything_said(found)


def test_a_programme_without_a_mooc_gate_needs_no_grades(
    campus: Campus, make_service: ServiceFactory, sqlite_url: str
) -> None:
    campus.mooc.accounts[campus.mooc.token].functions.discard("gradereport_user_get_grade_items")

    found = examined(make_service(sqlite_url, programme='method = "classical"'))

    assert failed(found) == set()
    assert "threshold" not in found


def test_a_database_that_cannot_be_opened_fails_and_the_sites_are_examined(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    service = make_service(sqlite_url)
    (tmp_path / "no.db").write_text("not a database" * 99, encoding="utf-8")
    service.settings = service.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'no.db'}"})

    found = examined(service)

    assert failed(found) == {"database"}
    assert statuses(found, "materials_seen") == {Status.OK}


def test_a_database_that_is_not_there_is_told_and_not_made(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path
) -> None:
    service = make_service(sqlite_url)
    service.settings = service.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/data/latsar.db"})

    found = examined(service)

    assert failed(found) == set()
    assert statuses(found, "database") == {Status.WARN}
    assert not (tmp_path / "data").exists()
