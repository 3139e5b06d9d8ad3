"""Reading by group: nobody but our people is read, the same is decided, and a group that hides never empties one."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

import pytest
from few_people import seed_few
from service import PROGRAMME, KnownCampus, Service, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus, seed_large
from latsar_sync.demo.records import SEPARATE_GROUPS
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.decision import Decision
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.request import RunOutcome
from latsar_sync.moodle import course_lists, course_profiles, transport
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.run import whom_to_look_for
from latsar_sync.run.pipeline import ProgrammeResult
from latsar_sync.store import participants

ALLOWED = "core_group_get_activity_allowed_groups"
PROFILES = "core_user_get_course_user_profiles"
PEOPLE = "core_enrol_get_enrolled_users"
GRADES = "gradereport_user_get_grade_items"
BATCH = "tool_mobile_call_external_functions"
EVALUATION = "EVAL-AKADEMIK"
MOOC = "MOOC-LATSAR"
NOW = 1_790_000_000
NO_PUSH = 'push = "confirmed"'


@dataclass
class Office:
    """A service that reads by group, and its campus."""

    service: Service
    campus: Campus

    def run(self, **asked: object) -> ProgrammeResult:
        """Forget what was asked, and run once."""
        self.campus.log.clear()
        return self.service.run(**asked)

    def known(self) -> dict[int, tuple[Enrolment, tuple[str, ...], Decision | None]]:
        """Return enrolment, groups and decision of everybody known, by user id in the MOOC."""
        with self.service.database.reading() as connection:
            records = participants.load_records(connection, PROGRAMME)
        return {
            user_id: (each.participant.person.enrolment, each.participant.person.groups, each.decision)
            for user_id, each in records.items()
        }

    def outcomes(self) -> dict[int, tuple[Enrolment, str, list[str]]]:
        """Return enrolment, outcome and reasons of everybody known."""
        return {
            user_id: (enrolment, str(decision.outcome), [reason.code for reason in decision.reasons])
            for user_id, (enrolment, _groups, decision) in self.known().items()
            if decision is not None
        }

    def several(self, group: str = "Angkatan I") -> list[int]:
        """Return the people of a group who are in no other."""
        return [who for who, (_state, groups, _decision) in self.known().items() if groups == (group,)]

    def someone(self) -> int:
        """Return somebody of angkatan I who is in no other."""
        return self.several()[0]

    def person(self, case: str) -> int:
        """Return the MOOC account of a case's person."""
        name = CASES[case][0]
        return name if isinstance(name, int) else self.campus.mooc.user_id(name)

    def asked(self, function: str) -> int:
        """Return how often the MOOC was asked by a function since the last run began, inside batches too."""
        calls = (entry for entry in self.campus.log if entry.site == "mooc")
        return sum([entry.function, *entry.inner_functions].count(function) for entry in calls)

    def requests(self) -> int:
        """Return how many requests went to the MOOC since the last run began."""
        return sum(entry.site == "mooc" for entry in self.campus.log)


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


def by_group(campus: Campus) -> None:
    """Let the service of the MOOC hold what reading by group needs."""
    campus.mooc.accounts[MOOC_TOKEN].functions |= {ALLOWED, PROFILES}


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


def test_a_quiet_run_and_a_full_one_decide_the_same_and_read_no_stranger(office: Office) -> None:
    first = office.outcomes()
    assert office.run().run.outcome is RunOutcome.OK
    assert office.outcomes() == first
    assert office.run(full=True).run.outcome is RunOutcome.OK
    assert office.outcomes() == first
    no_angkatan = office.person("no_angkatan")
    assert no_angkatan not in first


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


# Groups that hide, vanish, or are not there yet


def _hide(campus: Campus) -> None:
    campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/course:viewhiddengroups")
    campus.mooc.group(MOOC, "Angkatan I").visibility = 3


def _members_only(campus: Campus) -> None:
    _hide(campus)
    campus.mooc.group(MOOC, "Angkatan I").visibility = 1


def _rename(campus: Campus) -> None:
    campus.mooc.group(MOOC, "Angkatan I").name = "Angkatan Satu"


def _delete(campus: Campus) -> None:
    campus.mooc.delete_group(MOOC, "Angkatan I")


def _take_no_part(campus: Campus) -> None:
    campus.mooc.group(MOOC, "Angkatan I").participation = False


def _empty(campus: Campus) -> None:
    campus.mooc.group(MOOC, "Angkatan I").members.clear()


@pytest.mark.parametrize("change", [_hide, _members_only, _rename, _delete, _empty])
def test_a_group_that_had_people_and_shows_none_stops_the_run(office: Office, change: Callable[[Campus], None]) -> None:
    before = office.known()
    change(office.campus)

    for full in (False, True):
        result = office.run(full=full)

        assert result.run.outcome is RunOutcome.FAILED
        said = str(result.error)
        assert "Angkatan I" in said
        assert "viewhiddengroups" in said
    assert office.known() == before


def test_a_group_that_takes_no_part_is_left_out_or_is_hidden_from_others_is_found_all_the_same(
    office: Office,
) -> None:
    before, mooc = office.known(), office.campus.mooc

    _take_no_part(office.campus)  # its people tell of it
    assert office.run().run.outcome is RunOutcome.OK
    assert office.known() == before

    _hide(office.campus)
    mooc.accounts[MOOC_TOKEN].capabilities.add("moodle/course:viewhiddengroups")
    assert office.run(full=True).run.outcome is RunOutcome.OK
    assert office.known() == before

    group = mooc.group(MOOC, "Angkatan I")
    group.participation, group.visibility = True, 0
    mooc.module_named(EVALUATION).grouping = (mooc.group(MOOC, "Angkatan II").id,)  # another activity tells of it
    assert office.run(full=True).run.outcome is RunOutcome.OK
    assert office.known() == before


def test_a_group_that_is_not_there_yet_is_told_and_stops_nothing(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    campus.mooc.delete_group(MOOC, "Angkatan III")

    result = Office(make_service(sqlite_url, programme=NO_PUSH), campus).run()

    assert result.run.outcome is RunOutcome.OK
    assert any("Angkatan III" in each for each in result.run.messages)


def test_groups_none_of_which_is_there_stop_the_first_run(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    for name in ("I", "II", "III"):
        campus.mooc.group(MOOC, f"Angkatan {name}").name = f"Gelombang {name}"

    result = Office(make_service(sqlite_url, programme=NO_PUSH), campus).run()

    assert result.run.outcome is RunOutcome.FAILED
    assert "Gelombang I" in str(result.error)


def test_without_the_right_to_all_groups_the_run_stops_and_names_it(office: Office) -> None:
    office.campus.mooc.accounts[MOOC_TOKEN].capabilities.discard("moodle/site:accessallgroups")

    result = office.run()

    assert result.run.outcome is RunOutcome.FAILED
    assert "moodle/site:accessallgroups" in str(result.error)


# Lists


def test_a_group_larger_than_a_page_is_read_to_its_end(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = office.known()
    for page in (2, 7):
        monkeypatch.setattr(course_lists, "PAGE", page)

        assert office.run(full=True).run.outcome is RunOutcome.OK
        assert office.known() == before


def test_somebody_who_spoils_the_list_of_the_group_is_set_aside_alone(office: Office) -> None:
    who = office.someone()
    before = office.known()
    office.campus.mooc.users[who].invisible = True

    result = office.run(full=True)

    assert result.run.outcome is RunOutcome.OK
    assert {user: each for user, each in office.known().items() if user != who} == {
        user: each for user, each in before.items() if user != who
    }


# Grades


def test_a_grade_set_in_the_gradebook_is_seen_in_the_next_quiet_run(office: Office) -> None:
    mooc = office.campus.mooc
    who = office.person("evaluation_failed")
    before = office.outcomes()[who]
    assert "score_below_threshold" in before[2] or before[1] == "not_yet"
    mooc.set_grade(who, mooc.module_named(EVALUATION).cmid, Decimal(90), overridden=True)

    assert office.run().run.outcome is RunOutcome.OK

    assert office.outcomes()[who] != before


def test_with_separate_groups_a_quiet_run_asks_nobody_who_is_confirmed(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    by_group(campus)
    campus.mooc.module_named(EVALUATION).group_mode = SEPARATE_GROUPS
    office = Office(make_service(sqlite_url, angkatan=default_angkatan()), campus)
    assert office.run().run.outcome is RunOutcome.OK
    office.run()

    office.run()

    assert 0 < office.asked(GRADES) < len(office.known())


def test_a_pending_regrade_is_settled_by_one_grade_before_two_requests_could_meet_in_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whom_to_look_for, "calls_of", lambda *known: [])  # else it goes out with all the rest

    office.run()

    batches = [entry.inner_functions for entry in office.campus.log if entry.inner_functions[:1] == [GRADES]]
    assert len(batches[0]) == 1
    assert len(batches) > 1
