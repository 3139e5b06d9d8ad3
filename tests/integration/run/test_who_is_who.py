"""An account is found by the NIP that it carries, however it is typed; nobody else's is ever theirs (rule 19)."""

from decimal import Decimal

import pytest
from seen_in_runs import line
from service import PROGRAMME, Command, Service, ServiceFactory

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.records import User
from latsar_sync.domain.request import RunOutcome
from latsar_sync.store import listings

ADMITTED = [str(nip) for nip in CASES["score_exactly_70"]]


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def account(campus: Campus, nip: str) -> User:
    """Return the account in the in-class site that carries a NIP."""
    [found] = [user for user in campus.kelas.users.values() if user.idnumber == nip]
    return found


def said(service: Service, user_id: int) -> list[str]:
    """Return the reasons of the decision about one account of the MOOC."""
    with service.database.reading() as connection:
        rows = listings.participant_rows(connection, [PROGRAMME])
    [row] = [row for row in rows if row["source_user_id"] == user_id]
    return [code for code, _values in row["reasons"]]


TYPED = [
    "{0} {1} {2} {3}",
    "{0}.{1}.{2}.{3}",
    "{0}-{1}-{2}-{3}",
    "'{0}{1}{2}{3}",
    "{0}{1}{2}{3}\u200b",
    "{0}{1}{2}{3} ",
]


def test_an_account_is_found_however_its_nip_is_typed_and_two_that_carry_it_are_ambiguous(
    service: Service, campus: Campus
) -> None:
    people = [str(nip) for nip in CASES["passed"][: len(TYPED)]]
    for nip, typed in zip(people, TYPED, strict=True):
        account(campus, nip).idnumber = typed.format(nip[:8], nip[8:14], nip[14], nip[15:])
    inside = str(CASES["already_in_group"][0])
    account(campus, inside).idnumber = "-".join(inside)  # whoever sits there is found in any spelling
    twice, pasted = ADMITTED
    campus.kelas.add_user("Sama", "Orang", f"{twice[:8]} {twice[8:14]} {twice[14]} {twice[15:]}", username="sama")
    [mine] = [user for user in campus.mooc.users.values() if user.idnumber == pasted]
    mine.idnumber = f"\ufeff{pasted[:8]}\u00a0{pasted[8:]}\u202c"

    service.run()

    assert [line(service, nip) for nip in (*people, inside, pasted)] == [("confirmed", None)] * (len(TYPED) + 2)
    assert line(service, twice) == ("review", "target_account_ambiguous")


def test_where_no_account_in_class_carries_a_nip_those_that_persons_chose_are_enough(
    service: Service, campus: Campus, command: Command
) -> None:
    """Nobody is asked for by a NIP whose account was chosen: that none is found so says nothing of our rights."""
    people = {str(nip): account(campus, str(nip)).id for nip in CASES["passed"][:6]}
    for user in campus.kelas.users.values():
        user.idnumber, user.username = "", f"akun.{user.id}"
    campus.kelas.users[1] = User(1, "guest", "Guest user", "")
    before = service.run()
    for nip, user_id in people.items():
        words = ("--user", str(user_id), "--reason", "surat 12/2026", "--by", "Siti")
        assert command(service, "identity", "account", nip, *words)[0] == 0

    sent, later = service.run(full=True), service.run(full=True)

    assert (before.run.outcome, sent.run.outcome, later.run.outcome) == (RunOutcome.OK,) * 3, str(later.error)
    assert {line(service, nip) for nip in people} == {("confirmed", None)}


def test_whose_nip_was_unreadable_for_an_older_release_is_read_anew(service: Service, campus: Campus) -> None:
    nip = ADMITTED[0]
    [mine] = [user for user in campus.mooc.users.values() if user.idnumber == nip]
    mine.idnumber = f"{nip}\u2060"
    service.run()
    with service.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE identities SET nip = NULL, nip_reason = 'nip_invalid', nip_detail = 'length' WHERE nip = ?", (nip,)
        )

    service.run()

    assert service.participants()[nip]["outcome"] == "qualified"


def test_unenrolling_the_account_with_the_wrong_nip_ends_the_doubt_about_the_other(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    right, wrong = map(int, CASES["nip_shared"])
    assert [said(service, each) for each in (right, wrong)] == [["nip_duplicate"]] * 2

    campus.mooc.unenrol("MOOC-LATSAR", wrong)
    service.run(full=True)

    assert said(service, right) == []
    assert said(service, wrong) == ["other_account_counts", "enrolment_ended"]
    assert line(service, campus.mooc.users[right].idnumber) == ("confirmed", None)


def test_a_second_account_with_the_number_of_somebody_in_class_takes_no_second_seat(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    of_three = {nip: row["state"] for nip, row in service.roster().items() if row["angkatan"] == "III"}
    seated, leaving, *_ = sorted(nip for nip, state in of_three.items() if state == "confirmed")
    waiting = [nip for nip, state in of_three.items() if state == "waitlisted"]
    second = campus.mooc.add_user("Orang", "Kedua", seated, username="kedua")
    campus.mooc.enrol("MOOC-LATSAR", second.id)
    campus.kelas.unenrol("KLS-III", campus.kelas.user_id(leaving))

    service.run(full=True)

    assert "nip_duplicate" in said(service, second.id)
    still = [nip for nip in waiting if line(service, nip)[0] == "waitlisted"]
    assert len(still) == len(waiting) - 1, "the seat that a manager made free is given"


def test_an_incremental_run_looks_up_whom_a_course_shows_otherwise_than_is_known(
    service: Service, campus: Campus
) -> None:
    service.first_run()
    mine, finishes = ADMITTED[0], str(CASES["nothing_done"][0])
    group = service.roster()[mine]["group"]
    sent = [nip for nip, row in service.roster().items() if row["group"] == group and row["origin"] == "pushed"]
    back = next(nip for nip in sent if nip != mine)
    campus.kelas.unenrol(service.roster()[mine]["course"], account(campus, back).id)
    service.run(full=True)
    campus.kelas.suspend_user(account(campus, back).id)
    old, left = account(campus, mine), campus.kelas.add_user("Sama", "Orang", username="sama")
    course = service.roster()[mine]["course"]
    campus.kelas.enrol(course, left.id)
    campus.kelas.enrol(course, account(campus, back).id)
    for user_id in (left.id, account(campus, back).id):
        campus.kelas.add_member(course, group, user_id)
    campus.kelas.delete_user(old.id)
    left.idnumber = mine
    evaluation = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    somebody = campus.mooc.user_id(finishes)
    for module in campus.mooc.course("MOOC-LATSAR").modules:
        if module.tracking and module.cmid != evaluation:
            campus.mooc.set_completion(somebody, module.cmid, 1)
    campus.mooc.set_grade(somebody, evaluation, Decimal(90))  # so that the course is read

    service.run()

    row = service.roster()[mine]
    assert (line(service, mine), row["target_user_id"]) == (("confirmed", None), left.id)
    assert line(service, finishes) == ("confirmed", None)
    assert line(service, back) == ("withdrawn", "target_removed")  # put back by an account that cannot be used
