"""Nothing is taken away and nothing is put back: people in the in-class course are left as they were found (rule 5)."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from seen_in_runs import line, writes_in
from service import PROGRAMME, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import thresholds

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


def enrolments(campus: Campus) -> dict[tuple[str, str], Any]:
    """Return every enrolment row of the in-class site (method, suspended, start, end) by course and person."""
    courses: Mapping[str, Any] = campus.kelas.snapshot()
    return {(name, person): rows for name, course in courses.items() for person, rows in course["enrolments"].items()}


def members(campus: Campus) -> set[str]:
    """Return who is in a group of any course."""
    courses: Mapping[str, Any] = campus.kelas.snapshot()
    groups = [group for course in courses.values() for group in course["groups"]]
    return {person for group in groups for person in group["members"]}


def course_of(service: Service, nip: str) -> tuple[str, str]:
    """Return the in-class course and the group that somebody was given."""
    row = service.roster()[nip]
    return row["course"], row["group"]


def test_enrolments_made_by_hand_keep_their_method_status_and_dates(service: Service, campus: Campus) -> None:
    before = enrolments(campus)
    roles = {name: dict(campus.kelas.course(name).roles) for name in ("KLS-I", "KLS-II", "KLS-III")}

    service.run()  # on this very campus, whose dates are those of its own beginning
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


INACTIVE = {"suspended": (True, 0, 0), "starts later": (False, 3, 0), "ended already": (False, -9, -3)}
"""Whether an enrolment is suspended, and in how many days it starts and ends."""


def test_what_was_there_before_is_left_an_inactive_enrolment_another_method_and_another_role(
    service: Service, campus: Campus
) -> None:
    free = [str(nip) for nip in CASES["passed"]]
    there = [nip for nip in free if _is_in_the_first_angkatan(campus, nip)]
    inactive, (by_method, teacher) = there[: len(INACTIVE)], there[len(INACTIVE) : len(INACTIVE) + 2]
    for nip, (suspended, *days) in zip(inactive, INACTIVE.values(), strict=True):
        start, end = (each and campus.kelas.clock() + each * 86400 for each in days)
        campus.kelas.enrol("KLS-I", campus.kelas.user_id(nip), suspended=suspended, timestart=start, timeend=end)
    campus.kelas.course("KLS-I").methods["angkatan"] = True
    campus.kelas.enrol("KLS-I", campus.kelas.user_id(by_method), method="angkatan")
    campus.kelas.enrol("KLS-I", campus.kelas.user_id(teacher), role="teacher")
    before = enrolments(campus)

    service.run()
    service.run(full=True)

    after = enrolments(campus)
    assert [line(service, nip) for nip in inactive] == [("review", "target_enrolment_inactive")] * len(INACTIVE)
    assert line(service, teacher) == ("review", "target_role_missing")
    assert line(service, by_method) == ("confirmed", None)
    assert {nip: after["KLS-I", nip] for nip in there[:5]} == {nip: before["KLS-I", nip] for nip in there[:5]}
    assert campus.kelas.course("KLS-I").roles[campus.kelas.user_id(teacher)] == {4}
    assert members(campus).isdisjoint({*inactive, teacher})


def _is_in_the_first_angkatan(campus: Campus, nip: str) -> bool:
    found = [user for user in campus.mooc.users.values() if user.idnumber == nip]
    return bool(found) and found[0].id in campus.mooc.group("MOOC-LATSAR", "Angkatan I").members


def remove(campus: Campus, course: str, user_id: int) -> None:
    """Do what a manager does who takes somebody out of a course."""
    campus.kelas.unenrol(course, user_id)


def suspend(campus: Campus, course: str, user_id: int) -> None:
    """Do what a manager does who makes an enrolment inactive."""
    campus.kelas.suspend_enrolment(course, user_id)


def test_whoever_a_manager_takes_out_is_withdrawn_and_never_put_back(service: Service, campus: Campus) -> None:
    service.first_run()
    found, suspended = str(CASES["already_in_group"][0]), str(CASES["name_apostrophe"][0])
    people = (CONFIRMED, found, suspended)
    course, other = course_of(service, CONFIRMED)[0], course_of(service, suspended)[0]
    remove(campus, course, campus.kelas.user_id(CONFIRMED))
    remove(campus, "KLS-I", campus.kelas.user_id(found))
    suspend(campus, other, campus.kelas.user_id(suspended))
    before, written = campus.kelas.snapshot(), writes_in(campus)

    noticed = service.run(full=True)

    assert noticed.run.outcome is RunOutcome.OK
    assert [line(service, nip) for nip in people] == [("withdrawn", "target_removed")] * 3
    for asked in ({}, {"full": True}, {"nip": CONFIRMED}, {}):
        service.run(**asked)
        assert [line(service, nip) for nip in people] == [("withdrawn", "target_removed")] * 3
    assert (campus.kelas.snapshot(), writes_in(campus)) == (before, written)


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


def test_whoever_is_taken_out_of_the_group_is_not_put_back_into_it_wherever_they_are_now(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    moved = str(CASES["override_up"][0])
    for nip in (CONFIRMED, moved):
        course, group = course_of(service, nip)
        campus.kelas.remove_member(course, group, campus.kelas.user_id(nip))
    campus.kelas.add_group(course, "Kelompok Merpati", members=[campus.kelas.user_id(moved)])
    before, written = campus.kelas.snapshot(), writes_in(campus)

    for whole in (True, False, True):
        service.run(full=whole)

    assert [line(service, nip) for nip in (CONFIRMED, moved)] == [("review", "target_group_left")] * 2
    assert (campus.kelas.snapshot(), writes_in(campus)) == (before, written)


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
    before, written = campus.kelas.snapshot(), writes_in(campus)

    for whole in (True, False, True):
        service.run(full=whole)
    moved = line(service, CONFIRMED)
    untouched = (campus.kelas.snapshot(), writes_in(campus))
    campus.kelas.add_member("KLS-I", row["group"], user_id)
    campus.kelas.remove_member("KLS-I", other, user_id)
    service.run()

    assert moved == ("review", "target_other_group")
    assert untouched == (before, written)
    assert line(service, CONFIRMED) == ("confirmed", None)
    assert writes_in(campus) == written


def test_whoever_leaves_the_mooc_after_being_confirmed_keeps_the_seat(service: Service, campus: Campus) -> None:
    service.first_run()
    campus.mooc.unenrol("MOOC-LATSAR", campus.mooc.user_id(CONFIRMED))
    before, written = campus.kelas.snapshot(), writes_in(campus)

    service.run(full=True)
    service.run()

    assert line(service, CONFIRMED) == ("confirmed", None)
    assert service.participants()[CONFIRMED]["outcome"] == "qualified"
    assert (campus.kelas.snapshot(), writes_in(campus)) == (before, written)


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


def test_a_threshold_raised_later_takes_no_seat_and_sends_to_review_until_it_is_lowered_again(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    before, written, judged = campus.kelas.snapshot(), writes_in(campus), scores(service)
    stood = {nip: row["state"] for nip, row in service.roster().items()}
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
    assert (campus.kelas.snapshot(), writes_in(campus)) == (before, written)
    record_threshold(service, 70)

    service.run()
    service.run(full=True)

    assert {nip: row["state"] for nip, row in service.roster().items()} == stood
    assert writes_in(campus) == written


def test_a_threshold_lowered_later_admits_whoever_reaches_the_new_one(service: Service, campus: Campus) -> None:
    newly = [str(nip) for case in ("score_69_99", "score_69_996", "score_69_99999") for nip in CASES[case]]
    still_below = [str(nip) for nip in CASES["evaluation_failed"]]
    service.first_run()
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
