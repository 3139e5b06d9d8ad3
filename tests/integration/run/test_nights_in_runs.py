"""Nights: whoever waits is read exactly, the others in turn; and what a part of everybody may not conclude."""

from datetime import timedelta
from decimal import Decimal
from math import ceil

import pytest
from service import ServiceFactory
from timed_office import EVALUATION, Office, Time

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome

COMPLETION = "core_completion_get_activities_completion_status"
GRADES = "gradereport_user_get_grade_items"


@pytest.fixture
def campus(timed_campus: Campus) -> Campus:
    return timed_campus


@pytest.fixture
def office(make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time) -> Office:
    """Give a service that has read everything, pushed and confirmed, and whose night is a day later."""
    office = Office(make_service(sqlite_url, programme="full_turn_nights = 2"), campus, time)
    office.begin(runs=2)
    time.passes(24 * 60)
    return office


def confirmed(office: Office) -> list[str]:
    return [nip for nip, row in office.service.roster().items() if row["state"] == "confirmed"]


def set_grade(office: Office, nip: str, grade: str) -> None:
    """Change a grade in the gradebook, which no signal of the site tells."""
    quiz = office.campus.mooc.module_named(EVALUATION).quiz
    assert quiz is not None
    quiz.grades[office.campus.mooc.user_id(nip)].final = Decimal(grade)


def test_what_no_signal_tells_of_whoever_is_confirmed_is_found_in_their_turn(office: Office) -> None:
    people = confirmed(office)
    for nip in people:
        set_grade(office, nip, "99")

    quiet = office.run()
    unread = [nip for nip in people if office.service.participants()[nip]["score"] != 99]
    first = office.run(night=True)
    asked, half = office.asked(GRADES), [nip for nip in people if office.service.participants()[nip]["score"] == 99]
    office.time.passes(24 * 60)
    second = office.run(night=True)

    assert (quiet.run.kind, first.run.kind, second.run.kind) == ("incremental", "night", "night")
    assert len(unread) >= len(people) - 1  # one shows whether the evaluation is still the same
    assert asked < first.run.counts["participants"]
    assert 0 < len(half) < len(people)
    assert all(office.service.participants()[nip]["score"] == 99 for nip in people)
    assert first.run.outcome is RunOutcome.OK


def test_of_the_confirmed_who_are_near_the_limit_the_grade_alone_is_read_until_it_is_their_turn(
    office: Office,
) -> None:
    people = confirmed(office)
    for nip in people:
        set_grade(office, nip, "70")
    office.run(full=True)
    for nip in people:
        set_grade(office, nip, "70.004")

    office.run(night=True)
    grades, completion = office.asked(GRADES), office.asked(COMPLETION)

    assert {str(office.service.participants()[nip]["score"]) for nip in people} == {"70.00400"}
    assert completion <= grades - len(people) // 3


def test_a_night_reads_the_in_class_courses_and_becomes_what_the_next_run_is_compared_with(office: Office) -> None:
    before = office.checkpoint()
    night = office.run(night=True)
    read = office.checkpoint()

    assert {each.course for each in night.run.courses_read} >= {"KLS-I", "KLS-II", "KLS-III"}
    assert before is not None
    assert read is not None
    assert (read.full_at, read.night_at) == (before.full_at, office.time.now - timedelta(minutes=15))


def test_a_loss_of_many_is_held_though_a_night_reads_a_few_of_them(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time
) -> None:
    """One in fourteen a night would stay under the guard for a fortnight."""
    office = Office(make_service(sqlite_url), campus, time)
    office.begin(runs=2)
    time.passes(24 * 60)
    people = confirmed(office)
    for nip in people:
        set_grade(office, nip, "10")
    in_turn = ceil(len(office.service.participants()) / 14)

    held = office.run(night=True)

    assert (held.run.kind, held.run.outcome) == ("full", RunOutcome.GUARDED)
    [finding] = held.run.findings
    assert finding.code == "qualified_lost"
    assert len(finding.people) == len(people) > in_turn
    assert confirmed(office) == people


def test_whoever_loses_alone_in_a_night_goes_to_review_once_everybody_was_read(office: Office) -> None:
    office.time.passes(24 * 60)
    one = min(confirmed(office), key=lambda nip: office.service.participants()[nip]["grade_as_of"])
    set_grade(office, one, "10")

    nights = [office.run(night=True), office.run(night=True)]

    assert [each.run.kind for each in nights].count("full") == 1
    row = office.service.roster()[one]
    assert (row["state"], row["roster_reason"]) == ("review", "no_longer_qualifies")


def test_a_run_for_an_angkatan_reads_everybody_in_it_and_of_the_others_what_may_have_changed(office: Office) -> None:
    started = office.time.now

    run = office.run(angkatan="II")

    roster = office.service.roster()
    read = {nip for nip, row in office.service.participants().items() if row["grade_as_of"] == started}
    assert run.run.kind == "incremental"
    assert read >= {nip for nip, row in roster.items() if row["angkatan"] == "II"}
    assert read.isdisjoint(nip for nip in confirmed(office) if roster[nip]["angkatan"] == "I")


def test_a_programme_that_wants_it_is_read_whole_in_every_night(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, time: Time
) -> None:
    office = Office(make_service(sqlite_url, programme="full_turn_nights = 1"), campus, time)
    office.run()
    assert office.run(night=True).run.kind == "full"
