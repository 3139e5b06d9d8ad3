"""Whoever any run saw in a course and a manager took out is not enrolled again, however the run came to forget them."""

from decimal import Decimal
from typing import Any

import pytest
from service import Service, ServiceFactory, default_angkatan

from latsar_sync.demo import CASES, Campus

ANI = str(CASES["score_exactly_70"][0])
"""Somebody of angkatan I who qualifies and whom the first run enrols."""
BY = ("--reason", "surat 12/2026", "--by", "Siti")


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def account(campus: Campus) -> int:
    return campus.kelas.user_id(ANI)


def in_class(campus: Campus) -> bool:
    return any(
        campus.kelas.users[user].username == ANI or campus.kelas.users[user].idnumber == ANI
        for user in campus.kelas.course("KLS-I").enrolments
    )


def grade(campus: Campus, points: int) -> None:
    cmid = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    campus.mooc.set_grade(campus.mooc.user_id(ANI), cmid, Decimal(points), overridden=True)


def line(service: Service) -> tuple[str, str | None]:
    row = service.roster()[ANI]
    return row["state"], row["roster_reason"]


def test_whoever_sat_there_before_they_qualified_and_was_taken_out(service: Service, campus: Campus) -> None:
    grade(campus, 40)
    campus.kelas.enrol("KLS-I", account(campus))
    service.run()
    campus.kelas.unenrol("KLS-I", account(campus))
    grade(campus, 90)

    for whole in (True, False):
        service.run(full=whole)

    assert line(service) == ("withdrawn", "target_removed")
    assert not in_class(campus)


def test_whoever_sat_there_while_their_nip_could_not_be_read(service: Service, campus: Campus) -> None:
    person = campus.mooc.users[campus.mooc.user_id(ANI)]
    person.idnumber = ANI[:10]
    campus.kelas.enrol("KLS-I", account(campus))
    service.run()
    campus.kelas.unenrol("KLS-I", account(campus))
    person.idnumber = ANI

    service.run(full=True)

    assert line(service) == ("withdrawn", "target_removed")
    assert not in_class(campus)


def test_whose_account_lost_its_nip_was_taken_out_and_got_it_back(service: Service, campus: Campus) -> None:
    service.first_run()
    theirs = campus.kelas.users[account(campus)]
    theirs.idnumber = ""
    service.run(full=True)
    campus.kelas.unenrol("KLS-I", theirs.id)
    service.run(full=True)
    theirs.idnumber = ANI

    service.run(full=True)

    assert line(service) == ("withdrawn", "target_removed")
    assert not in_class(campus)


def test_whoever_sat_there_while_two_accounts_carried_their_nip(service: Service, campus: Campus) -> None:
    theirs = account(campus)
    second = campus.kelas.add_user("Ani", "Kedua", ANI, username="kedua").id
    campus.kelas.enrol("KLS-I", theirs, suspended=True)
    service.run()
    campus.kelas.unenrol("KLS-I", theirs)
    campus.kelas.delete_user(second)

    service.run(full=True)

    assert line(service) == ("withdrawn", "target_removed")
    assert not in_class(campus)


def test_whoever_waited_for_a_seat_and_meanwhile_did_not_qualify(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    full = make_service(sqlite_url, angkatan=default_angkatan({"I": 1, "II": 40, "III": 40}))
    full.first_run()
    assert line(full) == ("waitlisted", "over_capacity")
    campus.kelas.enrol("KLS-I", account(campus), suspended=True)
    full.run(full=True)
    grade(campus, 40)
    full.run(full=True)
    campus.kelas.unenrol("KLS-I", account(campus))
    full.run(full=True)
    grade(campus, 90)

    make_service(sqlite_url).run(full=True)

    assert line(full) == ("withdrawn", "target_removed")
    assert not in_class(campus)


def test_whose_account_of_the_mooc_is_another_one_now(service: Service, campus: Campus) -> None:
    service.first_run()
    campus.kelas.unenrol("KLS-I", account(campus))
    service.run(full=True)
    old = campus.mooc.user_id(ANI)
    campus.mooc.delete_user(old)
    new = campus.mooc.add_user("Ani", "Baru", ANI, username="baru").id
    campus.mooc.enrol("MOOC-LATSAR", new)
    campus.mooc.add_member("MOOC-LATSAR", "Angkatan I", new)
    for module in campus.mooc.course("MOOC-LATSAR").modules:
        if module.tracking:
            campus.mooc.set_completion(new, module.cmid, 1)
    grade(campus, 90)

    again = service.run(full=True)

    assert (again.run.counts["pushed"], again.run.counts["withdrawn"]) == (0, 1)
    assert not in_class(campus)


def test_a_named_person_s_admission_still_lets_them_in(service: Service, campus: Campus, command: Any) -> None:
    grade(campus, 40)
    campus.kelas.enrol("KLS-I", account(campus))
    service.run()
    campus.kelas.unenrol("KLS-I", account(campus))
    grade(campus, 90)
    service.run(full=True)

    assert command(service, "override", "admit", ANI, *BY)[0] == 0
    service.run()

    assert line(service) == ("confirmed", None)


def test_the_move_of_a_named_person_into_a_course_that_they_left_still_counts(
    service: Service, campus: Campus, command: Any
) -> None:
    service.first_run()
    assert command(service, "roster", "move", ANI, "--to", "II", *BY)[0] == 0
    service.run()
    campus.kelas.unenrol("KLS-I", account(campus))
    service.run(full=True)

    assert command(service, "roster", "move", ANI, "--to", "I", *BY)[0] == 0
    service.run()

    assert line(service) == ("confirmed", None)
    assert in_class(campus)


def test_an_account_that_was_in_class_as_somebody_else_s_by_mistake_is_not_meant(
    service: Service, campus: Campus
) -> None:
    """B's account sat there for A, whose NIP was wrong: B, who qualifies, was never taken out by anybody."""
    other = str(CASES["nothing_done"][0])
    a, b = campus.mooc.users[campus.mooc.user_id(ANI)], campus.mooc.users[campus.mooc.user_id(other)]
    a.idnumber, b.idnumber = other, ""
    service.run()
    a.idnumber, b.idnumber = ANI, other
    service.run(full=True)
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(other))
    service.run(full=True)
    for module in campus.mooc.course("MOOC-LATSAR").modules:
        if module.tracking:
            campus.mooc.set_completion(b.id, module.cmid, 1)
    campus.mooc.set_grade(b.id, campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90), overridden=True)

    service.run(full=True)

    assert line(service) == ("confirmed", None)
    assert service.roster()[other]["state"] == "confirmed"


def test_the_seat_of_whoever_is_not_put_back_is_given_to_the_next_in_the_same_run(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=default_angkatan({"I": 12, "II": 40, "III": 40}))
    grade(campus, 40)
    campus.kelas.enrol("KLS-I", account(campus))
    service.run()
    campus.kelas.unenrol("KLS-I", account(campus))
    cmid, long_ago = campus.mooc.module_named("EVAL-AKADEMIK").cmid, campus.mooc.clock() - 60 * 86400
    campus.mooc.set_grade(campus.mooc.user_id(ANI), cmid, Decimal(90), overridden=True, when=long_ago)
    for nip, row in service.roster().items():  # a seat for the one who must not have it and is first in the order
        if (row["state"], row["angkatan"]) == ("confirmed", "I"):
            campus.kelas.unenrol("KLS-I", campus.kelas.user_id(nip))
            break

    service.run(full=True)
    again = service.run(full=True).run

    assert line(service) == ("withdrawn", "target_removed")
    assert (again.counts["pushed"], again.counts["confirmed"]) == (0, 0)
