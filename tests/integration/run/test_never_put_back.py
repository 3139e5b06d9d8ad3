"""Whoever any run saw in a course and a manager took out is not enrolled again, however the run came to forget them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from seen_in_runs import line
from service import PROGRAMME, TOKENS, Service, ServiceFactory, default_angkatan

from latsar_sync.actions.overrides import decide
from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.request import Step
from latsar_sync.settings import load_settings
from latsar_sync.store import listings

ANI = str(CASES["score_exactly_70"][0])
"""Somebody of angkatan I who qualifies and whom the first run enrols."""
BUDI, CICI = (str(CASES["passed"][number]) for number in (2, 4))
"""Two more of them."""
BY = ("--reason", "surat 12/2026", "--by", "Siti")


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def account(campus: Campus, nip: str = ANI) -> int:
    return campus.kelas.user_id(nip)


def in_class(campus: Campus, nip: str = ANI) -> bool:
    return any(
        nip in (campus.kelas.users[user].username, campus.kelas.users[user].idnumber)
        for user in campus.kelas.course("KLS-I").enrolments
    )


def grade(campus: Campus, points: int) -> None:
    cmid = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    campus.mooc.set_grade(campus.mooc.user_id(ANI), cmid, Decimal(points), overridden=True)


def test_whoever_sat_there_before_they_were_known_to_qualify_and_was_taken_out(
    service: Service, campus: Campus, command: Any
) -> None:
    """One was below the limit then, of one the NIP could not be read, one had two accounts that carried it."""
    people = {nip: account(campus, nip) for nip in (ANI, BUDI, CICI)}
    grade(campus, 40)
    person = campus.mooc.users[campus.mooc.user_id(BUDI)]
    person.idnumber = BUDI[:10]
    second = campus.kelas.add_user("Cici", "Kedua", CICI, username="kedua").id
    for nip, user_id in people.items():
        campus.kelas.enrol("KLS-I", user_id, suspended=nip == CICI)
    service.run()
    for user_id in people.values():
        campus.kelas.unenrol("KLS-I", user_id)
    grade(campus, 90)
    person.idnumber = BUDI
    campus.kelas.delete_user(second)

    for whole in (True, False):
        service.run(full=whole)

    for nip in people:
        assert line(service, nip) == ("withdrawn", "target_removed")
        assert not in_class(campus, nip)
    assert command(service, "override", "admit", ANI, *BY)[0] == 0
    service.run()
    assert line(service, ANI) == ("confirmed", None)


def test_whoever_was_seen_on_a_site_that_has_another_name_in_the_configuration_now(
    service: Service, campus: Campus
) -> None:
    grade(campus, 40)
    campus.kelas.enrol("KLS-I", account(campus))
    service.run()
    text = service.config.read_text("utf-8")
    service.config.write_text(text.replace("[sites.kelas]", "[sites.baru]").replace('"kelas"', '"baru"'), "utf-8")
    renamed = replace(service, settings=load_settings(service.config, TOKENS))
    campus.kelas.unenrol("KLS-I", account(campus))
    grade(campus, 90)

    renamed.run(full=True)

    assert line(renamed, ANI) == ("withdrawn", "target_removed")
    assert not in_class(campus)


def test_nobody_is_asked_to_approve_whom_a_manager_took_out(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"')
    grade(campus, 40)
    campus.kelas.enrol("KLS-I", account(campus))
    service.run()
    campus.kelas.unenrol("KLS-I", account(campus))
    grade(campus, 90)

    service.run(full=True)

    assert line(service, ANI) == ("withdrawn", "target_removed")


def test_whoever_waited_for_a_seat_and_meanwhile_did_not_qualify(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    full = make_service(sqlite_url, angkatan=default_angkatan({"I": 1, "II": 40, "III": 40}))
    full.first_run()
    assert line(full, ANI) == ("waitlisted", "over_capacity")
    campus.kelas.enrol("KLS-I", account(campus), suspended=True)
    full.run(full=True)
    grade(campus, 40)
    full.run(full=True)
    campus.kelas.unenrol("KLS-I", account(campus))
    full.run(full=True)
    grade(campus, 90)

    make_service(sqlite_url).run(full=True)

    assert line(full, ANI) == ("withdrawn", "target_removed")
    assert not in_class(campus)


@pytest.mark.parametrize("approving", [False, True])
def test_whoever_is_taken_out_while_an_admission_stands_that_is_released_before_anything_was_sent(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Any, approving: bool
) -> None:
    """Whose right was lost is admitted out of review, taken out, and admitted no more: the next gets the seat."""
    seats, push = default_angkatan({"I": 12, "II": 40, "III": 40}), 'push = "confirmed"' if approving else ""
    make_service(sqlite_url, angkatan=seats).first_run()
    service = make_service(sqlite_url, angkatan=seats, programme=push)
    roster = service.roster()
    taken_out = next(nip for nip, row in roster.items() if (row["state"], row["angkatan"]) == ("confirmed", "I"))
    next_one = next(nip for nip, row in roster.items() if row["roster_reason"] == "over_capacity")
    cmid = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    campus.mooc.set_grade(campus.mooc.user_id(taken_out), cmid, Decimal(40))
    service.run(full=True)
    in_review = line(service, taken_out)

    assert command(service, "override", "admit", taken_out, *BY)[0] == 0
    campus.kelas.unenrol("KLS-I", account(campus, taken_out))
    if approving:
        service.run(full=True)
    assert command(service, "override", "release", taken_out, *BY)[0] == 0
    service.run(full=True)

    assert in_review == ("review", "no_longer_qualifies")
    assert line(service, taken_out) == ("withdrawn", "target_removed")
    assert line(service, next_one) == ("planned", "awaiting_approval") if approving else ("confirmed", None)


def test_whose_account_lost_its_nip_or_is_another_one_in_the_mooc_now(service: Service, campus: Campus) -> None:
    """Budi's account in class gets the NIP back that it lost meanwhile; Ani comes with a new account in the MOOC."""
    service.first_run()
    theirs = campus.kelas.users[account(campus, BUDI)]
    theirs.idnumber = ""
    campus.kelas.unenrol("KLS-I", account(campus))
    service.run(full=True)
    campus.kelas.unenrol("KLS-I", theirs.id)
    service.run(full=True)
    theirs.idnumber = BUDI
    campus.mooc.delete_user(campus.mooc.user_id(ANI))
    new = campus.mooc.add_user("Ani", "Baru", ANI, username="baru").id
    campus.mooc.enrol("MOOC-LATSAR", new)
    campus.mooc.add_member("MOOC-LATSAR", "Angkatan I", new)
    for module in campus.mooc.course("MOOC-LATSAR").modules:
        if module.tracking:
            campus.mooc.set_completion(new, module.cmid, 1)
    grade(campus, 90)

    again = service.run(full=True)

    assert (again.run.counts["pushed"], again.run.counts["confirmed"]) == (0, 0)
    assert line(service, BUDI) == ("withdrawn", "target_removed")
    assert [row["state"] for row in _rows(service) if row["nip"] == ANI] == ["withdrawn"] * 2
    assert not in_class(campus)
    assert not in_class(campus, BUDI)


def _rows(service: Service) -> Sequence[Mapping[str, Any]]:
    with service.database.reading() as connection:
        return listings.roster_rows(connection, [PROGRAMME])


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

    assert line(service, ANI) == ("confirmed", None)
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

    assert line(service, ANI) == ("confirmed", None)
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

    assert line(service, ANI) == ("withdrawn", "target_removed")
    assert (again.counts["pushed"], again.counts["confirmed"]) == (0, 0)


@pytest.mark.parametrize("left", ["course", "group"])
def test_who_was_admitted_while_in_class_as_far_as_known_is_not_put_back_by_it(
    service: Service, campus: Campus, left: str
) -> None:
    """What was said while a run was under way is not about whom that run found to be taken out."""
    service.first_run()
    who = service.roster()[ANI]["participant_id"]
    [group] = campus.kelas.course("KLS-I").groups_of(account(campus))
    if left == "course":
        campus.kelas.unenrol("KLS-I", account(campus))
    else:
        del group.members[account(campus)]

    def admit(why: str) -> None:
        people = service.settings, service.database, lambda: datetime.now(UTC), PROGRAMME
        decide(*people, who, OverrideKind.ADMIT, why, "Siti")

    def admit_meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.DECIDE:
            admit("Nota 1")

    service.run(full=True, progress=admit_meanwhile)
    service.run()
    still = line(service, ANI), account(campus) in group.members
    admit("Nota 2")
    service.run()

    found = {"course": ("withdrawn", "target_removed"), "group": ("review", "target_group_left")}
    assert still == (found[left], False)
    assert account(campus) in group.members
