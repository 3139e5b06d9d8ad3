"""The list of a large course is read in short by an incremental run: less of everybody, and nobody is missed by it."""

from decimal import Decimal
from pathlib import Path

import pytest
from service import Command, KnownCampus, ServiceFactory
from timed_office import EVALUATION, MOOC, Office, Time, TwoOffices

from latsar_sync.demo import Campus
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.request import RunOutcome
from latsar_sync.moodle import short_list
from latsar_sync.rules import reading_once_more
from latsar_sync.run import known_people
from latsar_sync.run import short_list as run_short_list

LIST = "core_enrol_get_enrolled_users"
PROFILES = "core_user_get_course_user_profiles"
ACCOUNTS = "core_user_get_users_by_field"
BATCH = "tool_mobile_call_external_functions"
BY = ("--reason", "surat 12/2026", "--by", "Siti")


def add_functions(campus: Campus) -> None:
    """Let the service hold what reading the short list needs."""
    campus.mooc.accounts[MOOC_TOKEN].functions |= {PROFILES, ACCOUNTS, BATCH}


@pytest.fixture
def campus(timed_campus: KnownCampus) -> Campus:
    timed_campus.begin_with(add_functions)
    return timed_campus


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the course be a large one for the service, whose incremental runs look at few of its people."""
    monkeypatch.setattr(short_list, "FEWEST", 36)
    monkeypatch.setattr(short_list, "PAGE", 48)
    monkeypatch.setattr(run_short_list, "MOST_UNSETTLED", 60)
    monkeypatch.setattr(known_people, "FEW", 0)


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time, large: None) -> Office:
    """Give a service which has read everything."""
    office = Office(make_service(sqlite_url, programme='placement = "first_qualified"'), campus, time)
    assert office.begin(runs=2).run.outcome is RunOutcome.OK
    return office


def lists(office: Office) -> int:
    """Return how many lists of people the MOOC was asked for since the last look."""
    of_the_mooc = [entry for entry in office.campus.log if entry.site == "mooc"]
    return sum([entry.function, *entry.inner_functions].count(LIST) for entry in of_the_mooc)


def test_an_incremental_run_asks_for_the_short_list_and_for_nobody_of_it(office: Office) -> None:
    people = len(office.campus.mooc.course(MOOC).enrolments)
    result = office.run()

    assert lists(office) <= people // (48 - 24) + 2  # the last person alone shows that it is whole
    assert office.asked(PROFILES) == 0
    assert result.run.counts["participants"] > 48


def test_who_came_is_asked_and_who_is_new_gone_or_named_otherwise_is_read_as_the_course_shows_them(
    office: Office,
) -> None:
    mooc = office.campus.mooc
    new = mooc.add_user("Baru", "Datang", "199508172025042999")
    mooc.enrol(MOOC, new.id)
    gone, visitor = office.person("nothing_done"), office.person("score_69_99")
    renamed = office.person("score_zero")
    mooc.unenrol(MOOC, gone)
    mooc.add_attempt(visitor, office.evaluation, Decimal(9))
    mooc.users[renamed].firstname = "Nama"

    office.run()
    looked_up = office.asked(PROFILES)
    there, ended = office.row(new.id), office.row(gone)["enrolment"]
    office.run()

    assert looked_up == 1
    assert (there["reasons"][0][0], ended) == ("no_grade", Enrolment.ENDED)
    assert office.outcome(visitor) == "qualified"
    assert office.row(renamed)["name"].startswith("Nama")
    assert office.asked(PROFILES) == 0


def test_after_a_reset_a_loss_of_one_who_came_by_is_believed_no_more_than_a_sample_of_those_who_rest(
    make_service: ServiceFactory,
    sqlite_url: str,
    campus: Campus,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
    large: None,
) -> None:
    monkeypatch.setattr(reading_once_more, "FEW_ENOUGH", 1)
    monkeypatch.setattr(reading_once_more, "SAMPLE", 10)
    settings = 'push = "confirmed"\nplacement = "first_qualified"'
    office = Office(make_service(sqlite_url, programme=settings), campus, time)
    assert office.begin(runs=2).run.outcome is RunOutcome.OK
    mooc = office.campus.mooc
    before = {nip: row["outcome"] for nip, row in office.service.participants().items()}
    waiting = next(nip for nip, row in office.service.roster().items() if row["state"] == "planned")
    for user_id in list(mooc.module_named(EVALUATION).quiz.grades):
        mooc.set_grade(user_id, office.evaluation, None)
    mooc.visit(mooc.user_id(waiting), office.evaluation)

    result = office.run()

    assert (result.run.kind, [each.code for each in result.run.findings]) == ("full", ["qualified_lost"])
    assert {nip: row["outcome"] for nip, row in office.service.participants().items()} == before


@pytest.mark.parametrize("what", ["many", "part"])
def test_where_much_changed_or_a_part_is_shown_the_whole_list_is_read(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    gone = office.person("nothing_done")
    if what == "many":
        for user in office.campus.mooc.users.values():
            user.lastname += " Baru"
    else:
        office.campus.mooc.unenrol(MOOC, gone)
        monkeypatch.setattr(short_list, "OVERLAP", 0)

    result = office.run()

    assert result.run.outcome is RunOutcome.OK
    assert office.asked(PROFILES) == 0
    assert office.row(office.person("score_zero"))["name"].endswith(" Baru") == (what == "many")
    assert (office.row(gone)["enrolment"] == Enrolment.ENDED) == (what == "part")


def test_where_few_are_looked_at_everybody_is_decided_about_as_where_all_are(
    make_service: ServiceFactory,
    tmp_path: Path,
    campus: Campus,
    time: Time,
    monkeypatch: pytest.MonkeyPatch,
    large: None,
    command: Command,
) -> None:
    mooc = campus.mooc
    two = TwoOffices(make_service, tmp_path, campus, time, monkeypatch)
    office, same = two.all_known, two.decide_alike
    same()
    before = same()
    failed, waits = office.person("score_69_99"), office.person("page_missing")
    somebody = next(user_id for user_id, each in before.items() if each[2].outcome == "qualified")
    new = mooc.add_user("Baru", "Datang", "199508172025042999")

    mooc.add_attempt(failed, office.evaluation, Decimal(9))
    mooc.enrol(MOOC, new.id)
    mooc.unenrol(MOOC, office.person("nothing_done"))
    mooc.users[office.person("score_zero")].firstname = "Nama"
    visited = same()
    office.finish_materials(waits, visiting=False)
    own, mooc.users[failed].idnumber = mooc.users[failed].idnumber, mooc.users[somebody].idnumber
    twins = same()
    mooc.users[failed].idnumber = own
    apart = same()
    mooc.set_grade(office.person("evaluation_failed"), office.evaluation, Decimal(70), overridden=True)
    mooc.save_settings(mooc.module_named(EVALUATION).cmid)
    overridden = same()
    # nobody is rid of a move by letting the account that was moved carry another number, and making one anew (rule 19)
    moved = mooc.users[office.person("score_69_99999")]
    said = [command(each.service, "roster", "move", moved.idnumber, "--to", "II", *BY)[0] for each in two.both]
    number, moved.idnumber = moved.idnumber, "198011232009112003"
    same()
    anew = mooc.add_user(moved.firstname, moved.lastname, number, username="baru.lagi")
    mooc.enrol(MOOC, anew.id)
    mooc.add_attempt(anew.id, office.evaluation, Decimal(9))
    office.finish_materials(anew.id)
    known_again = same()

    assert said == [0, 0]
    assert known_again[anew.id][2].reasons[0].code == "nip_duplicate"
    assert (before[failed][2].outcome, visited[failed][2].outcome) == ("not_yet", "qualified")
    assert (visited[waits][2].outcome, twins[waits][2].outcome) == ("not_yet", "qualified")
    assert [twins[each][2].reasons[0].code for each in (failed, somebody)] == ["nip_duplicate"] * 2
    assert [apart[each][2].outcome for each in (failed, somebody)] == ["qualified"] * 2
    assert new.id in visited
    assert visited[office.person("nothing_done")][1].enrolment is Enrolment.ENDED
    assert overridden[office.person("evaluation_failed")][2].outcome == "qualified"
