"""Reading by group: nobody but our people is read, the same is decided, and a group that hides never empties one."""

import json
from collections.abc import Iterator
from functools import partial

import pytest
from few_people import seed_few
from office_by_group import ALLOWED, GRADES, MOOC, NO_PUSH, NOW, PROFILES, Office, by_group
from service import KnownCampus, ServiceFactory

from latsar_sync.demo import Campus, seed_large
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.request import RunOutcome
from latsar_sync.moodle import course_profiles, transport
from latsar_sync.moodle.functions import Arguments, Function

PEOPLE = "core_enrol_get_enrolled_users"
BATCH = "tool_mobile_call_external_functions"


def _sent(monkeypatch: pytest.MonkeyPatch) -> list[Arguments]:
    """Note the arguments of every call from now on, those inside batches by themselves."""
    sent: list[Arguments] = []
    original = transport.form_body

    def note(function: Function, arguments: Arguments, token: str) -> str:
        inner = arguments.get("requests")
        sent.extend([json.loads(each["arguments"]) for each in inner] if inner else [arguments])  # type: ignore
        return original(function, arguments, token)

    monkeypatch.setattr(transport, "form_body", note)
    return sent


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    with KnownCampus(NOW, seed_few) as campus:
        yield campus


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus) -> Office:
    """Give a service that has made its first run by group."""
    campus.begin_with(by_group)
    office = Office(make_service(sqlite_url, programme=NO_PUSH), campus)
    assert office.service.first_run().run.outcome is RunOutcome.OK
    return office


# The same, of fewer people


@pytest.mark.parametrize("batched", [True, False])
def test_the_same_is_decided_as_by_course_and_nobody_outside_the_groups_is_known(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, batched: bool
) -> None:
    if not batched:
        campus.mooc.accounts[MOOC_TOKEN].functions.discard(BATCH)
    by_course = Office(make_service(f"{sqlite_url}.course", programme=NO_PUSH), campus)
    by_course.run()
    by_group(campus)
    office = Office(make_service(f"{sqlite_url}.group", programme=NO_PUSH), campus)
    office.run()

    before, now = by_course.outcomes(), office.outcomes()
    ours = {who for who, (_state, groups, _decision) in by_course.known().items() if groups}
    outside = before.keys() - ours
    assert outside
    assert now.keys() == ours
    nips = [campus.mooc.users[who].idnumber for who in outside]
    shared = {who for who in ours if campus.mooc.users[who].idnumber in nips}
    assert {who: now[who] for who in ours - shared} == {who: before[who] for who in ours - shared}
    rows, others = by_course.service.roster(), office.service.roster()
    same = rows.keys() & others.keys()
    names = ("state", "angkatan", "roster_reason")
    assert {nip: [others[nip][name] for name in names] for nip in same} == {
        nip: [rows[nip][name] for name in names] for nip in same
    }
    assert others.keys() <= rows.keys()


def test_an_incremental_run_and_a_full_one_decide_the_same_and_read_no_stranger(office: Office) -> None:
    first = office.outcomes()
    assert office.run().run.outcome is RunOutcome.OK
    assert office.outcomes() == first
    assert office.run(full=True).run.outcome is RunOutcome.OK
    assert office.outcomes() == first
    no_angkatan = office.person("no_angkatan")
    assert no_angkatan not in first


def test_an_incremental_run_asks_for_grades_and_for_completion_in_one_request(office: Office) -> None:
    office.run()
    before = office.outcomes()

    assert office.run().run.outcome is RunOutcome.OK

    inner = [set(entry.inner_functions) for entry in office.campus.log if entry.site == "mooc"]
    assert len(inner) == 2
    assert {GRADES, "core_completion_get_activities_completion_status"} <= inner[1]
    assert office.outcomes() == before


def test_without_the_functions_the_whole_course_is_read(office: Office) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].functions.discard(PROFILES)

    office.run(full=True)
    office.run(full=True)

    assert office.asked(ALLOWED) == 0
    assert office.person("no_angkatan") in office.known()


def test_an_angkatan_without_source_group_makes_the_whole_course_be_read(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    Office(make_service(sqlite_url, programme='push = "confirmed"\nplacement = "first_qualified"'), campus).run()

    assert not any(ALLOWED in [entry.function, *entry.inner_functions] for entry in campus.log)


def test_a_run_costs_the_same_however_large_the_course_is(
    make_service: ServiceFactory, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    angkatan = "\n".join(f'[[programmes.angkatan]]\nid = "{n}"\nsource_group = "Angkatan {n}"' for n in range(1, 5))
    with Campus(seed=partial(seed_large, participants=80, groups=4), now=NOW) as campus:
        by_group(campus)
        for number in range(600):
            user = campus.mooc.add_user("Orang", f"Lain {number}")
            campus.mooc.enrol(MOOC, user.id)
        service = make_service(sqlite_url, angkatan=angkatan)
        for name, site in service.settings.sites.items():
            object.__setattr__(site, "url", campus.sites[name].url)
        office = Office(service, campus)
        sent = _sent(monkeypatch)
        first = office.run()
        assert first.run.counts["participants"] == 80
        assert office.requests() <= 24

        quiet = office.run()

        assert quiet.run.outcome is RunOutcome.OK
        assert office.requests() <= 14
        assert sent
        assert all(_is_about_our_groups(each) for each in sent)


def _is_about_our_groups(arguments: Arguments) -> bool:
    """Say whether a call for people, grades or profiles is about one group or one person."""
    named = {str(each["name"]) for each in arguments.get("options", [])}  # type: ignore[union-attr,index,call-overload]
    if "userfields" in named or arguments.get("userid") == 0:
        return "groupid" in named or bool(arguments.get("groupid"))
    return True


# Who was there and does not show


def test_who_moved_to_a_group_of_ours_or_of_others_is_told_from_who_is_gone(office: Office) -> None:
    mooc = office.campus.mooc
    elsewhere, second, gone, nowhere = [
        who for who, (_state, groups, _d) in office.known().items() if groups == ("Angkatan I",)
    ][:4]
    mooc.add_group(MOOC, "Gelombang lain", members=[elsewhere])
    for who in (elsewhere, second, nowhere):
        mooc.remove_member(MOOC, "Angkatan I", who)
    mooc.add_member(MOOC, "Angkatan II", second)
    mooc.unenrol(MOOC, gone)

    result = office.run(full=True)

    assert result.run.outcome is RunOutcome.OK
    known = office.known()
    assert known[elsewhere][:2] == (Enrolment.ACTIVE, ("Gelombang lain",))
    assert known[second][:2] == (Enrolment.ACTIVE, ("Angkatan II",))
    assert known[nowhere][:2] == (Enrolment.ACTIVE, ())
    assert known[gone][0] is Enrolment.ENDED


def test_a_suspended_enrolment_is_flagged_in_the_group_and_outside(office: Office) -> None:
    stays, leaves = office.several()[:2]
    for who in (stays, leaves):
        office.campus.mooc.suspend_enrolment(MOOC, who)
    office.campus.mooc.remove_member(MOOC, "Angkatan I", leaves)

    office.run(full=True)

    for who in (stays, leaves):
        assert office.known()[who][0] is Enrolment.SUSPENDED
        assert "grade_unread" not in office.outcomes()[who][2]


def test_whose_enrolment_cannot_be_told_outside_the_groups_stays_what_they_were(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = office.someone()
    before = office.known()[who]
    office.campus.mooc.remove_member(MOOC, "Angkatan I", who)
    monkeypatch.setattr(course_profiles, "is_active_in", lambda course, profile: False)

    result = office.run(full=True)

    assert result.run.outcome is RunOutcome.OK
    assert office.known()[who][:2] == before[:2]
    assert office.outcomes()[who][2] == ["record_unreadable"]
    assert "enrolledcourses" in str(result.run.messages)


def test_who_is_in_two_groups_of_ours_waits_in_review(office: Office) -> None:
    number = office.person("two_angkatan")
    row = office.service.roster()[office.campus.mooc.users[number].idnumber]
    assert (str(row["state"]), row["roster_reason"]) == ("review", "two_angkatan")


def test_people_known_from_reading_the_course_are_left_as_they_were(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    office = Office(make_service(sqlite_url, programme=NO_PUSH), campus)
    office.run()
    before = office.known()
    by_group(campus)

    assert office.run(full=True).run.outcome is RunOutcome.OK

    assert office.known() == before


def test_a_run_about_one_person_reads_the_groups_alone_and_finds_who_left_them(office: Office) -> None:
    who = office.someone()
    nip = office.campus.mooc.users[who].idnumber

    assert office.run(nip=nip).run.outcome is RunOutcome.OK
    assert office.asked(GRADES) == 1
    office.campus.mooc.remove_member(MOOC, "Angkatan I", who)
    assert office.run(nip=nip).run.outcome is RunOutcome.OK

    assert office.known()[who][:2] == (Enrolment.ACTIVE, ())
    stranger = office.campus.mooc.users[office.person("no_angkatan")].idnumber
    assert isinstance(office.run(nip=stranger).error, UsageError)


def test_nothing_is_asked_of_a_stranger_by_their_number_and_nothing_of_them_is_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    mooc = office.campus.mooc
    mooc.accounts[MOOC_TOKEN].functions.add("core_user_get_users_by_field")
    office.run(full=True)  # asks what the service holds now
    who, before = office.person("no_angkatan"), office.known()
    assert who not in before
    sent = _sent(monkeypatch)

    result = office.run(nip=mooc.users[who].idnumber)

    assert isinstance(result.error, UsageError)
    assert who not in {each.get("userid") for each in sent}
    assert office.known() == before


def test_somebody_new_in_a_group_and_somebody_back_in_it_are_taken_in(office: Office) -> None:
    who, new = office.person("no_angkatan"), office.someone()
    mooc = office.campus.mooc
    mooc.remove_member(MOOC, "Angkatan I", new)
    mooc.add_member(MOOC, "Angkatan III", who)
    office.run()
    mooc.add_member(MOOC, "Angkatan I", new)

    office.run()

    known = office.known()
    assert known[who][1] == ("Angkatan III",)
    assert office.outcomes()[who][1] == "qualified"
    assert known[new][1] == ("Angkatan I",)


def test_fewer_people_than_before_are_guarded_as_ever(office: Office) -> None:
    mooc = office.campus.mooc
    for who, (_state, named, _decision) in office.known().items():
        if named == ("Angkatan I",):
            mooc.unenrol(MOOC, who)

    result = office.run(full=True)

    assert result.run.outcome is RunOutcome.GUARDED
    assert "source_dropped" in {each.code for each in result.run.findings}
    assert f"Of {MOOC} only the people in our groups, or on the list, are read and counted." in " ".join(
        result.run.messages
    )
