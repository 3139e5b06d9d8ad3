"""A report of the MOOC chooses whom to ask and never decides; what it cannot tell is asked as without it."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from service import PROGRAMME, Command, KnownCampus, ServiceFactory
from sqlalchemy import select
from timed_office import EVALUATION, MOOC, Office, Time, TwoOffices

from latsar_sync.demo import VERSIONS, Campus
from latsar_sync.demo.functions_reports import totals_as_they_are
from latsar_sync.demo.records import STUDENT, Report
from latsar_sync.demo.rights import MOOC_TOKEN
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.request import RunOutcome
from latsar_sync.run import custom_report, known_people
from latsar_sync.store.participants import load_records
from latsar_sync.store.tables import participants
from latsar_sync.store.tables.reading import source_ids

GRADES = "gradereport_user_get_grade_items"
LIST = "core_enrol_get_enrolled_users"
REPORT = "core_reportbuilder_retrieve_report"
CRITERIA = "core_completion_get_course_completion_status"
PROFILES = "core_user_get_course_user_profiles"
ACCOUNTS = "core_user_get_users_by_field"
NUMBER = 7


def make_a_report(campus: Campus) -> None:
    """Let there be a report of the MOOC's people, and what reads it in the service."""
    campus.mooc.reports[NUMBER] = Report(NUMBER, campus.mooc.course(MOOC).id)
    campus.mooc.accounts[MOOC_TOKEN].functions |= {REPORT, PROFILES, ACCOUNTS}


@pytest.fixture
def campus(timed_campus: KnownCampus) -> Campus:
    timed_campus.begin_with(make_a_report)
    return timed_campus


@pytest.fixture
def office(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time, monkeypatch: pytest.MonkeyPatch
) -> Office:
    """Give a service with a report, which has read everything, confirmed whoever qualified, and had an incremental run.

    Its incremental runs look at few of its people, as where there are many.
    """
    monkeypatch.setattr(known_people, "FEW", 0)
    monkeypatch.setattr(known_people, "has_courses", lambda _angkatan: False)  # else lines are read of everybody
    service = make_service(sqlite_url, programme='placement = "first_qualified"', source=f"report = {NUMBER}")
    return settled(service, campus, time)


def settled(service: Any, campus: Campus, time: Time) -> Office:
    office = Office(service, campus, time)
    assert office.begin(runs=3).run.outcome is RunOutcome.OK
    return office


def mooc_requests(office: Office) -> int:
    return sum(entry.site == "mooc" for entry in office.campus.log)


def asked(office: Office, function: str) -> int:
    """Return how often the MOOC was asked, inside batches too, since the last look."""
    of_the_mooc = [entry for entry in office.campus.log if entry.site == "mooc"]
    return sum([entry.function, *entry.inner_functions].count(function) for entry in of_the_mooc)


def records_of(office: Office) -> Any:
    """Return what is known of everybody, by user id."""
    with office.service.database.reading() as connection:
        return load_records(connection, PROGRAMME)


def hand_in(office: Office, user_id: int) -> None:
    office.campus.mooc.add_attempt(user_id, office.evaluation, Decimal(9))


def test_an_incremental_run_reads_the_report_and_no_list(office: Office) -> None:
    before = office.run()
    result = office.run()

    assert (asked(office, REPORT), asked(office, LIST)) == (1, 0)
    assert mooc_requests(office) <= 2
    assert result.run.messages == ()
    assert result.run.counts["participants"] == before.run.counts["participants"]


def test_whose_row_changed_is_asked_exactly_and_nobody_else(office: Office) -> None:
    person = office.person("score_69_99")
    hand_in(office, person)

    office.run()

    assert office.outcome(person) == "qualified"
    assert asked(office, GRADES) <= 2
    assert asked(office, LIST) == 0


def test_who_is_new_and_who_is_gone_is_read_as_the_course_shows_them(office: Office) -> None:
    new = office.campus.mooc.add_user("Baru", "Datang", "199508172025042999")
    office.campus.mooc.enrol(MOOC, new.id)
    office.campus.mooc.add_member(MOOC, "Angkatan I", new.id)
    gone = office.person("score_69_99")
    office.campus.mooc.unenrol(MOOC, gone)

    office.run()
    there = office.row(new.id)
    ended = office.row(gone)["enrolment"]
    quiet = office.run()

    assert there["reasons"][0][0] == "no_grade"
    assert ended == Enrolment.ENDED
    assert quiet.run.outcome is RunOutcome.OK
    assert (asked(office, LIST), asked(office, PROFILES)) == (0, 0)


def test_whom_a_condition_leaves_out_of_the_report_is_seen_in_the_next_run_all_the_same(office: Office) -> None:
    person = office.person("score_69_99")
    office.campus.mooc.reports[NUMBER].left_out = frozenset({person})
    office.run()
    hand_in(office, person)

    result = office.run()

    assert office.outcome(person) == "qualified"
    assert any("leaves out 1 participant" in each for each in result.run.messages)


def test_a_teacher_in_the_report_is_looked_up_once_and_is_none_of_ours(office: Office) -> None:
    office.campus.mooc.reports[NUMBER].students_only = False
    course = office.campus.mooc.course(MOOC)
    teacher = next(user_id for user_id in course.enrolments if STUDENT not in course.roles.get(user_id, ()))
    office.campus.mooc.users[teacher].idnumber = "DOSEN-1"

    office.run()
    first = asked(office, ACCOUNTS)
    office.run()

    assert (first, asked(office, ACCOUNTS), asked(office, LIST)) == (1, 0, 0)


def test_nothing_by_which_a_number_could_be_guessed_is_kept_of_whoever_was_erased_and_stands_in_the_report(
    office: Office, command: Command
) -> None:
    person = office.person("score_69_99")
    number = str(office.row(person)["nip"])
    assert command(office.service, "person", "erase", number, "--reason", "Surat 5", "--by", "Ratna", "--apply")[0] == 0

    office.run()

    with office.service.database.reading() as connection:
        strangers = connection.execute(select(source_ids.c.strangers)).scalar_one()
        rows = connection.execute(select(participants.c.report_row).where(participants.c.source_user_id == person))
        row_of_theirs = rows.scalar_one()
    assert (strangers, row_of_theirs) == ([], None)
    assert (asked(office, LIST), records_of(office).get(person)) == (0, None)


def test_one_account_whose_grade_can_never_be_read_makes_nobody_else_be_asked(office: Office) -> None:
    """Moodle tells no grade of an account that is not confirmed: asked alone, it would show no evaluation."""
    office.campus.mooc.confirm_user(office.person("score_69_99"), False)
    office.run(full=True)

    result = office.run()

    assert asked(office, GRADES) <= 2
    assert result.run.outcome is RunOutcome.OK


def test_a_total_that_waits_for_its_regrade_is_settled_by_the_grade_that_is_asked_before(office: Office) -> None:
    person, course = office.person("score_69_99"), office.campus.mooc.course(MOOC)
    course.old_totals = totals_as_they_are(course)
    hand_in(office, person)

    office.run()

    assert office.outcome(person) == "qualified"


def test_a_change_that_no_report_shows_is_found_by_night(office: Office) -> None:
    """69.99 and 69.99400 read alike."""
    person = office.person("score_69_99")
    quiz = office.campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.grades[person].final = Decimal("69.99400")
    office.run()
    before = office.row(person)["score"]
    office.time.passes(24 * 60)

    night = office.run(night=True)

    assert before == Decimal("69.99")
    assert night.run.kind == "night"
    assert office.row(person)["score"] == Decimal("69.994")


def test_a_night_in_a_course_without_completion_criteria_costs_no_request_more(office: Office) -> None:
    """Moodle refuses to tell of criteria that are not set, and answers nothing behind that in the same request."""
    requests = []
    for criteria in (True, False):
        office.campus.mooc.course(MOOC).completion_criteria = criteria
        office.time.passes(24 * 60)
        assert office.run(night=True).run.kind == "night"
        requests.append((mooc_requests(office), asked(office, REPORT), asked(office, CRITERIA)))

    assert requests[1] == requests[0]


def test_where_few_are_looked_at_everybody_is_decided_about_as_where_all_are(
    make_service: ServiceFactory, tmp_path: Path, campus: Campus, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_people, "has_courses", lambda _angkatan: False)  # else lines are read of everybody
    mooc, evaluation = campus.mooc, campus.mooc.module_named(EVALUATION)
    two = TwoOffices(make_service, tmp_path, campus, time, monkeypatch, f"report = {NUMBER}")
    all_known, same = two.all_known, two.decide_alike

    same()
    before = same()
    failed = all_known.person("score_69_99")
    hand_in(all_known, failed)
    passed = same()
    somebody = next(user_id for user_id, each in before.items() if each[2].outcome == "qualified")
    own, mooc.users[failed].idnumber = mooc.users[failed].idnumber, mooc.users[somebody].idnumber
    twins = same()
    mooc.users[failed].idnumber = own
    apart = same()
    new = mooc.add_user("Baru", "Datang", "199508172025042999")
    mooc.enrol(MOOC, new.id)
    mooc.unenrol(MOOC, somebody)
    left = same()
    mooc.set_grade(all_known.person("evaluation_failed"), evaluation.cmid, Decimal(70), overridden=True)
    mooc.save_settings(evaluation.cmid)
    same()

    assert (before[failed][2].outcome, passed[failed][2].outcome) == ("not_yet", "qualified")
    assert [twins[each][2].reasons[0].code for each in (failed, somebody)] == ["nip_duplicate"] * 2
    assert [apart[each][2].outcome for each in (failed, somebody)] == ["qualified"] * 2
    assert new.id in left
    assert left[somebody][1].enrolment is Enrolment.ENDED


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch, office: Office) -> Office:
    """Let the report be a long one for the service, with whoever came last first, and a night have seen that."""
    course = office.campus.mooc.course(MOOC)
    for user_id in course.enrolments:
        course.lastaccess[user_id] = office.time.seconds() - 86400 + 60 * user_id
    office.campus.mooc.reports[NUMBER].newest_first = True
    monkeypatch.setattr(custom_report, "WHOLE_UP_TO", 50)
    monkeypatch.setattr(custom_report, "FRONT", 30)
    office.run(night=True)
    return office


def test_of_a_long_report_an_incremental_run_reads_whoever_came_last_and_once_an_hour_all(long: Office) -> None:
    visitor, failed = long.person("score_69_99"), [long.person("evaluation_failed", each) for each in range(9)]
    corrected = min(failed)
    long.run()
    hand_in(long, visitor)
    long.campus.mooc.set_grade(corrected, long.evaluation, Decimal("66.6"), overridden=True)
    long.run()

    seen, unseen, once = long.outcome(visitor), long.row(corrected)["score"], asked(long, REPORT)
    long.time.passes(60)
    long.run()

    assert (seen, once, asked(long, LIST)) == ("qualified", 1, 0)
    assert unseen != Decimal("66.6") == long.row(corrected)["score"]


@pytest.mark.parametrize("sorted_so", [False, True])
def test_a_long_report_is_read_whole_where_its_order_tells_nothing_or_everybody_came(
    long: Office, sorted_so: bool
) -> None:
    corrected = min(long.person("evaluation_failed", each) for each in range(9))
    course, long.campus.mooc.reports[NUMBER].newest_first = long.campus.mooc.course(MOOC), sorted_so
    long.run(night=True)
    long.campus.mooc.set_grade(corrected, long.evaluation, Decimal("66.6"), overridden=True)
    if sorted_so:
        course.lastaccess.update(dict.fromkeys(course.enrolments, long.time.seconds()))

    long.run()

    assert long.row(corrected)["score"] == Decimal("66.6")
    assert asked(long, LIST) == 0


@pytest.mark.parametrize("what", ["gone", "audience", "others", "function"])
def test_a_report_that_cannot_be_used_is_told_and_the_list_is_read(office: Office, what: str) -> None:
    mooc = office.campus.mooc
    if what == "gone":
        del mooc.reports[NUMBER]
    elif what == "audience":
        mooc.reports[NUMBER].audience = frozenset()
    elif what == "others":
        mooc.reports[NUMBER].course_id = 1
    else:
        mooc.accounts[MOOC_TOKEN].functions.discard(REPORT)
    person = office.person("score_69_99")
    hand_in(office, person)

    result = office.run(full=what == "function")

    assert office.outcome(person) == "qualified"
    assert asked(office, LIST) > 0
    assert [said for said in result.run.messages if "The report is not used" in said]

    office.run()

    singly = [entry.function for entry in office.campus.log if entry.site == "mooc" and not entry.inner_functions]
    assert singly in ([REPORT], [])  # asked again, since it may be mended by now: nothing else is asked for it
    assert asked(office, LIST) > 0


def test_moodle_4_0_has_no_reports(make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time) -> None:
    campus.mooc.moodle = VERSIONS["4.0"]
    service = make_service(sqlite_url, source=f"report = {NUMBER}")

    office = settled(service, campus, time)

    assert asked(office, LIST) > 0


@pytest.mark.parametrize("way", ["deleted", "unenrolled"])
def test_an_account_made_anew_with_the_same_nip_counts_at_once_and_the_old_one_keeps_what_was_read(
    office: Office, way: str
) -> None:
    mooc, old = office.campus.mooc, office.person("score_69_99")
    nip, before = mooc.users[old].idnumber, office.row(old)["score"]
    mooc.delete_user(old) if way == "deleted" else mooc.unenrol(MOOC, old)
    new = mooc.add_user("Dibuat", "Kembali", nip, username="kembali").id
    mooc.enrol(MOOC, new)
    hand_in(office, new)

    office.run()

    rows = records_of(office)
    assert rows[new].decision is not None
    assert [each.code for each in rows[new].decision.reasons] == ["materials_incomplete"]
    assert rows[old].participant.person.enrolment is Enrolment.ENDED
    assert rows[old].evidence.grade.raw == before


def test_a_second_account_that_takes_the_number_of_somebody_known_is_seen_in_the_next_run(office: Office) -> None:
    mooc, first = office.campus.mooc, office.person("score_69_99")
    second = mooc.add_user("Akun", "Kedua", mooc.users[first].idnumber, username="kedua").id
    mooc.enrol(MOOC, second)

    office.run()
    rows = records_of(office)
    office.run()

    assert {each.decision.reasons[0].code for each in (rows[first], rows[second])} == {"nip_duplicate"}
    assert asked(office, LIST) == 0
