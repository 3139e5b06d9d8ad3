"""What doctor says of a healthy site is the same on every Moodle; messages and the first run's size are looked at."""

import re
from collections.abc import Callable

import pytest
from diagnoses import examined, failed, statuses, without
from service import PROGRAMME, ServiceFactory, default_angkatan
from unattended import NOON

from latsar_sync.demo import Campus, access
from latsar_sync.demo.failures import MoodleError
from latsar_sync.demo.records import User
from latsar_sync.demo.rights import MESSAGE_FUNCTIONS
from latsar_sync.demo.world import Site
from latsar_sync.rules.sent_messages import Message, MessageEvent, MessageState
from latsar_sync.setup.doctor import Status
from latsar_sync.setup.doctor.in_class_courses import NOBODY
from latsar_sync.store import messages
from latsar_sync.store.runs import start_run

WRITES = "[programmes.messages]\nadmitted = true\nmanagers = true"
SEND, ANYUSER = "moodle/site:sendmessage", "moodle/site:messageanyuser"


def let_write(site: Site) -> None:
    """Give the service account what messages need."""
    site.accounts[site.token].functions |= MESSAGE_FUNCTIONS
    site.accounts[site.token].capabilities |= {SEND, ANYUSER}


@pytest.fixture
def make(make_service: ServiceFactory, sqlite_url: str) -> Callable[..., object]:
    """Give a way to make the service."""
    return lambda **more: make_service(sqlite_url, **more)


@pytest.mark.parametrize("code", ["invaliduser", "invalidrecord", "invalidrecordunknown"])
def test_a_healthy_course_is_no_failure_whatever_code_says_that_nobody_is_there(
    campus: Campus, make: Callable[..., object], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    known = access.known_active_user

    def nobody(site: Site, user_id: int) -> User:
        if user_id == NOBODY:
            raise MoodleError("dml_missing_record_exception", code, "Can't find data record in database.")
        return known(site, user_id)

    monkeypatch.setattr(access, "known_active_user", nobody)

    found = examined(make())

    assert failed(found) == set()
    assert statuses(found, "enrol/manual:enrol") == {Status.OK}
    assert statuses(found, "moodle/role:assign") == {Status.WARN}
    assert all("does not show beforehand" in check.text for check in found["moodle/role:assign"])


def test_doctor_tries_whether_messages_may_be_sent_and_writes_to_nobody(
    campus: Campus, make: Callable[..., object]
) -> None:
    for site in campus.sites.values():
        let_write(site)

    found = examined(make(guards=f"\n{WRITES}"))

    assert statuses(found, SEND) == {Status.OK}
    assert len(found[SEND]) == 2
    assert statuses(found, ANYUSER) == {Status.WARN}
    assert campus.mooc.messages == campus.kelas.messages == []


def test_doctor_names_the_right_that_messages_lack(campus: Campus, make: Callable[..., object]) -> None:
    let_write(campus.mooc)
    without(campus, "mooc", SEND)
    service = make(guards="\n[programmes.messages]\nadmitted = true")

    found = examined(service)

    assert failed(found) == {SEND}
    assert SEND in found[SEND][0].text + found[SEND][0].remedy


def test_once_messages_arrived_doctor_has_nothing_to_warn_of(campus: Campus, make: Callable[..., object]) -> None:
    let_write(campus.mooc)
    service = make(guards="\n[programmes.messages]\nadmitted = true")
    person = Message(MessageEvent.ADMITTED, "mooc", 7, "a" * 32, "I", "Anda diterima.")
    with service.database.writing() as connection:
        run_id = start_run(connection, "run", "host", 1, NOON)
        number = messages.write_ahead(connection, PROGRAMME, person, None, run_id, NOON)
        messages.settle(connection, number, MessageState.SENT, NOON)

    assert statuses(examined(service), ANYUSER) == {Status.OK}


def test_nobody_is_asked_about_messages_where_none_are_sent(make: Callable[..., object]) -> None:
    assert SEND not in examined(make())


def test_a_first_run_that_the_guard_would_hold_is_told_before_it_is_made(make: Callable[..., object]) -> None:
    service = make(guards="max_push = 100")

    [check] = examined(service)["max_push"]
    assert check.status is Status.WARN
    assert re.match(
        r"Up to 1[01][0-9] people may qualify at once; a run that would enrol more than 100 is held", check.text
    )
    assert "sync --programme latsar-2026-iii --accept" in check.remedy


@pytest.mark.parametrize(("limit", "seats"), [(116, None), (60, {"I": 20, "II": 20, "III": 20})])
def test_a_first_run_within_the_guard_is_no_matter(
    make: Callable[..., object], limit: int, seats: dict[str, int] | None
) -> None:
    assert "max_push" not in examined(make(guards=f"max_push = {limit}", angkatan=default_angkatan(seats)))


def test_after_the_first_run_its_size_is_no_matter(make: Callable[..., object]) -> None:
    service = make(guards="max_push = 100")
    assert service.run().run.counts["pushed"] > 0

    assert "max_push" not in examined(service)


def test_once_somebody_was_enrolled_the_role_is_proved_on_every_moodle(make: Callable[..., object]) -> None:
    service = make()
    before = examined(service)
    service.first_run()

    assert statuses(before, "moodle/role:assign") == {Status.WARN}
    assert all("wsusercannotassign" in check.text for check in before["moodle/role:assign"])
    assert statuses(examined(service), "moodle/role:assign") == {Status.OK}


def test_a_group_of_ours_that_hides_its_members_fails_with_the_name_of_the_right(
    campus: Campus, make: Callable[..., object]
) -> None:
    service, right = make(), "moodle/course:viewhiddengroups"
    campus.kelas.group("KLS-I", "Angkatan I").visibility = 1
    seen = examined(service)
    without(campus, "kelas", right)
    hidden = examined(service)

    assert statuses(seen, right) == {Status.OK}
    assert failed(hidden) == {right}
    assert right in hidden[right][0].remedy
    assert "Angkatan I" in hidden[right][0].text
