"""Nothing is taken away and nothing is put back: people in the in-class course are left as they were found (rule 5)."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from service import PROGRAMME, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import thresholds

WRITES = ("core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members")
FOUND = [
    str(nip)
    for case in ("already_enrolled", "already_in_group", "already_suspended", "already_own_dates", "foreign_student")
    for nip in CASES[case]
]
CONFIRMED = str(CASES["score_exactly_70"][0])
"""Somebody whom the first run enrols and puts into the group."""


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def writes(campus: Campus) -> int:
    """Count the writes that the campus was asked for."""
    return sum(entry.function in WRITES for entry in campus.log)


def enrolments(campus: Campus) -> dict[tuple[str, str], Any]:
    """Return every enrolment row of the in-class site (method, suspended, start, end) by course and person."""
    courses: Mapping[str, Any] = campus.kelas.snapshot()
    return {(name, person): rows for name, course in courses.items() for person, rows in course["enrolments"].items()}


def members(campus: Campus) -> set[str]:
    """Return who is in a group of any course."""
    courses: Mapping[str, Any] = campus.kelas.snapshot()
    groups = [group for course in courses.values() for group in course["groups"]]
    return {person for group in groups for person in group["members"]}


def line(service: Service, nip: str) -> tuple[str, str | None]:
    """Return where somebody stands on the roster, and why."""
    row = service.roster()[nip]
    return row["state"], row["roster_reason"]


def course_of(service: Service, nip: str) -> tuple[str, str]:
    """Return the in-class course and the group that somebody was given."""
    row = service.roster()[nip]
    return row["course"], row["group"]


def test_enrolments_made_by_hand_keep_their_method_status_and_dates(service: Service, campus: Campus) -> None:
    before = enrolments(campus)
    roles = {name: dict(campus.kelas.course(name).roles) for name in ("KLS-I", "KLS-II", "KLS-III")}

    service.run()
    service.run(full=True)

    after = enrolments(campus)
    assert set(FOUND) <= {person for _, person in before}
    assert {key: after[key] for key in before} == before
    assert len(after) > len(before)
    for name, people in roles.items():
        now = campus.kelas.course(name).roles
        assert {user_id: now[user_id] for user_id in people} == people


def test_whoever_was_found_active_is_only_added_to_the_group_and_the_inactive_not_even_that(
    service: Service, campus: Campus
) -> None:
    service.first_run()

    in_a_group = members(campus)
    for case in ("already_enrolled", "already_own_dates", "already_in_group"):
        for nip in map(str, CASES[case]):
            assert line(service, nip) == ("confirmed", None)
            assert service.roster()[nip]["origin"] == "found"
            assert nip in in_a_group
    [suspended] = CASES["already_suspended"]
    assert line(service, str(suspended)) == ("review", "target_enrolment_inactive")
    assert suspended not in in_a_group


ORDINARY = str(CASES["name_ampersand"][0])
"""Somebody of angkatan I whom nobody has enrolled yet."""


@pytest.mark.parametrize(
    ("suspended", "days_to_start", "days_to_end"),
    [(True, 0, 0), (False, 3, 0), (False, -9, -3)],
    ids=["suspended", "starts_later", "ended_already"],
)
def test_an_inactive_enrolment_is_not_revived(
    service: Service, campus: Campus, suspended: bool, days_to_start: int, days_to_end: int
) -> None:
    start, end = (days and campus.kelas.clock() + days * 86400 for days in (days_to_start, days_to_end))
    campus.kelas.enrol("KLS-I", campus.kelas.user_id(ORDINARY), suspended=suspended, timestart=start, timeend=end)
    before = enrolments(campus)["KLS-I", ORDINARY]

    service.run()
    service.run(full=True)

    assert line(service, ORDINARY) == ("review", "target_enrolment_inactive")
    assert enrolments(campus)["KLS-I", ORDINARY] == before
    assert ORDINARY not in members(campus)


def test_whoever_came_by_another_method_gets_no_second_enrolment(service: Service, campus: Campus) -> None:
    campus.kelas.course("KLS-I").methods["angkatan"] = True
    campus.kelas.enrol("KLS-I", campus.kelas.user_id(ORDINARY), method="angkatan")

    service.run()

    assert line(service, ORDINARY) == ("confirmed", None)
    assert [row["method"] for row in enrolments(campus)["KLS-I", ORDINARY]] == ["angkatan"]


def test_whoever_is_there_in_another_role_gets_no_role_and_no_group(service: Service, campus: Campus) -> None:
    campus.kelas.enrol("KLS-I", campus.kelas.user_id(ORDINARY), role="teacher")

    service.run()
    service.run(full=True)

    assert line(service, ORDINARY) == ("review", "target_role_missing")
    assert campus.kelas.course("KLS-I").roles[campus.kelas.user_id(ORDINARY)] == {4}
    assert ORDINARY not in members(campus)


def remove(campus: Campus, course: str, user_id: int) -> None:
    """Do what a manager does who takes somebody out of a course."""
    campus.kelas.unenrol(course, user_id)


def suspend(campus: Campus, course: str, user_id: int) -> None:
    """Do what a manager does who makes an enrolment inactive."""
    campus.kelas.suspend_enrolment(course, user_id)


@pytest.mark.parametrize("take_out", [remove, suspend])
def test_whoever_a_manager_takes_out_is_withdrawn_and_never_put_back(
    service: Service, campus: Campus, take_out: Any
) -> None:
    service.first_run()
    course, _ = course_of(service, CONFIRMED)
    take_out(campus, course, campus.kelas.user_id(CONFIRMED))
    before, written = campus.kelas.snapshot(), writes(campus)

    noticed = service.run(full=True)

    assert noticed.run.outcome is RunOutcome.OK
    assert line(service, CONFIRMED) == ("withdrawn", "target_removed")
    for whole in (False, True, False, True):
        service.run(full=whole)
        assert line(service, CONFIRMED) == ("withdrawn", "target_removed")
    service.run(nip=CONFIRMED)
    assert line(service, CONFIRMED) == ("withdrawn", "target_removed")
    assert (campus.kelas.snapshot(), writes(campus)) == (before, written)


def test_whoever_was_found_there_and_is_taken_out_is_not_put_back_either(service: Service, campus: Campus) -> None:
    nip = str(CASES["already_in_group"][0])
    service.run()
    remove(campus, "KLS-I", campus.kelas.user_id(nip))
    before = campus.kelas.snapshot()

    for whole in (True, False, True):
        service.run(full=whole)

    assert line(service, nip) == ("withdrawn", "target_removed")
    assert campus.kelas.snapshot() == before


def test_whoever_is_made_inactive_while_pushed_and_not_yet_confirmed_is_withdrawn(
    service: Service, campus: Campus
) -> None:
    account = campus.kelas.accounts[campus.kelas.token]
    account.functions.discard("core_group_add_group_members")
    service.run()
    waiting = line(service, CONFIRMED)
    course, _ = course_of(service, CONFIRMED)
    suspend(campus, course, campus.kelas.user_id(CONFIRMED))
    account.functions.add("core_group_add_group_members")

    service.run()

    assert waiting[0] == "pushed"
    assert line(service, CONFIRMED) == ("withdrawn", "target_removed")
    assert all(row["suspended"] for row in enrolments(campus)[course, CONFIRMED])


def test_a_seat_that_a_manager_frees_goes_to_the_first_on_the_waiting_list(service: Service, campus: Campus) -> None:
    service.first_run()
    roster = service.roster()
    waiting = [nip for nip, row in roster.items() if (row["angkatan"], row["state"]) == ("III", "waitlisted")]
    seated = next(nip for nip, row in roster.items() if (row["angkatan"], row["state"]) == ("III", "confirmed"))
    remove(campus, "KLS-III", campus.kelas.user_id(seated))

    service.run(full=True)
    service.run()

    assert line(service, seated) == ("withdrawn", "target_removed")
    assert line(service, waiting[0]) == ("confirmed", None)
    assert [line(service, nip)[0] for nip in waiting[1:]] == ["waitlisted"] * (len(waiting) - 1)


def test_whoever_is_taken_out_of_the_group_is_not_put_back_into_it(service: Service, campus: Campus) -> None:
    service.first_run()
    course, group = course_of(service, CONFIRMED)
    campus.kelas.remove_member(course, group, campus.kelas.user_id(CONFIRMED))
    before, written = campus.kelas.snapshot(), writes(campus)

    for whole in (True, False, True):
        service.run(full=whole)

    assert line(service, CONFIRMED) == ("review", "target_group_left")
    assert (campus.kelas.snapshot(), writes(campus)) == (before, written)


def test_whoever_is_moved_to_a_group_of_the_course_s_own_is_not_moved_back(service: Service, campus: Campus) -> None:
    service.first_run()
    course, group = course_of(service, CONFIRMED)
    user_id = campus.kelas.user_id(CONFIRMED)
    campus.kelas.add_group(course, "Kelompok Merpati", members=[user_id])
    campus.kelas.remove_member(course, group, user_id)
    before, written = campus.kelas.snapshot(), writes(campus)

    for whole in (True, False, True):
        service.run(full=whole)

    assert line(service, CONFIRMED) == ("review", "target_group_left")
    assert (campus.kelas.snapshot(), writes(campus)) == (before, written)


SHARED_COURSE = "".join(
    f"""
[[programmes.angkatan]]
id = "{name}"
source_group = "Angkatan {name}"
site = "kelas"
course = "KLS-I"
role_id = 5
"""
    for name in ("I", "II")
)


def test_whoever_is_moved_to_another_angkatan_s_group_is_not_moved_back_until_a_manager_does(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=SHARED_COURSE)
    service.first_run()
    row = service.roster()[CONFIRMED]
    other = {"I": "Angkatan II", "II": "Angkatan I"}[row["angkatan"]]
    user_id = campus.kelas.user_id(CONFIRMED)
    campus.kelas.add_member("KLS-I", other, user_id)
    campus.kelas.remove_member("KLS-I", row["group"], user_id)
    before, written = campus.kelas.snapshot(), writes(campus)

    for whole in (True, False, True):
        service.run(full=whole)
    moved = line(service, CONFIRMED)
    untouched = (campus.kelas.snapshot(), writes(campus))
    campus.kelas.add_member("KLS-I", row["group"], user_id)
    campus.kelas.remove_member("KLS-I", other, user_id)
    service.run()

    assert moved == ("review", "target_other_group")
    assert untouched == (before, written)
    assert line(service, CONFIRMED) == ("confirmed", None)
    assert writes(campus) == written


def test_whoever_leaves_the_mooc_after_being_confirmed_keeps_the_seat(service: Service, campus: Campus) -> None:
    service.first_run()
    campus.mooc.unenrol("MOOC-LATSAR", campus.mooc.user_id(CONFIRMED))
    before, written = campus.kelas.snapshot(), writes(campus)

    service.run(full=True)
    service.run()

    assert line(service, CONFIRMED) == ("confirmed", None)
    assert service.participants()[CONFIRMED]["outcome"] == "qualified"
    assert (campus.kelas.snapshot(), writes(campus)) == (before, written)


def record_threshold(service: Service, value: int) -> None:
    """Record a new threshold, as ``threshold set`` does."""
    moment = datetime.now(UTC)
    with service.database.writing() as connection:
        history = thresholds.threshold_history(connection, PROGRAMME)
        version = history[-1].version + 1
        limit = Threshold(version, Decimal(value), Scale.POINTS, "Keputusan baru", moment, "Kepala Badan", moment)
        thresholds.add_threshold(connection, PROGRAMME, limit)


def scores(service: Service) -> dict[str, Decimal]:
    """Return the score of everybody who has a seat or waits for one, by NIP."""
    return {nip: row["score"] for nip, row in service.roster().items() if row["state"] in ("confirmed", "waitlisted")}


def test_a_threshold_raised_later_takes_no_seat_and_sends_whom_it_would_not_admit_to_review(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    before, written, judged = campus.kelas.snapshot(), writes(campus), scores(service)
    record_threshold(service, 80)

    raised = service.run()
    service.run(full=True)

    assert raised.run.outcome is RunOutcome.OK
    below = {nip for nip, score in judged.items() if score < 80}
    assert 0 < len(below) < len(judged)
    roster = service.roster()
    assert {nip for nip, row in roster.items() if row["roster_reason"] == "no_longer_qualifies"} >= below
    for nip in judged.keys() - below:
        assert roster[nip]["state"] in ("confirmed", "waitlisted")
    assert (campus.kelas.snapshot(), writes(campus)) == (before, written)


def test_whom_a_threshold_sent_to_review_is_back_by_itself_once_it_is_lowered_again(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    before, written = {nip: row["state"] for nip, row in service.roster().items()}, writes(campus)
    record_threshold(service, 80)
    service.run()
    in_review = {nip for nip, row in service.roster().items() if row["roster_reason"] == "no_longer_qualifies"}
    record_threshold(service, 70)

    service.run()
    service.run(full=True)

    assert in_review
    assert {nip: row["state"] for nip, row in service.roster().items()} == before
    assert writes(campus) == written


def test_a_threshold_lowered_later_admits_whoever_reaches_the_new_one(service: Service, campus: Campus) -> None:
    newly = [str(nip) for case in ("score_69_99", "score_69_996", "score_69_99999") for nip in CASES[case]]
    still_below = [str(nip) for nip in CASES["evaluation_failed"]]
    service.run()
    seats = service.roster().keys()
    before = Counter(row["state"] for row in service.roster().values())
    record_threshold(service, 69)

    lowered = service.run()
    quiet = service.run()

    assert seats.isdisjoint(newly)
    assert lowered.run.outcome is RunOutcome.OK
    assert [line(service, nip) for nip in newly] == [("confirmed", None)] * len(newly)
    assert service.roster().keys().isdisjoint(still_below)
    after = Counter(row["state"] for row in service.roster().values())
    assert after["confirmed"] == before["confirmed"] + len(newly)
    assert (quiet.run.outcome, quiet.run.counts["pushed"]) == (RunOutcome.OK, 0)
