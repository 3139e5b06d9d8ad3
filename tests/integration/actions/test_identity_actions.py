"""Named persons say who is who: the right NIP, two accounts of one person, the account in class (rule 19)."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from service import PROGRAMME, KnownCampus, Service, ServiceFactory

from latsar_sync.actions import accounts_in_class, identity
from latsar_sync.actions.overrides import decide
from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.records import User
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.request import Step
from latsar_sync.store import listings, pushes
from latsar_sync.store.check import check_records
from latsar_sync.store.identities import binding, chosen_accounts, identity_history
from latsar_sync.store.pushes import Push

A = str(CASES["score_exactly_70"][0])
"""Somebody whom the first run enrols and confirms."""
B = str(CASES["nothing_done"][0])
"""Somebody of the same angkatan who has done nothing."""
BY = ("--reason", "surat 12/2026", "--by", "Siti")


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for the bundled campus."""
    return make_service(sqlite_url)


def by_account(service: Service) -> dict[int, Mapping[str, Any]]:
    """Return everybody by user id in the MOOC."""
    with service.database.reading() as connection:
        return {row["source_user_id"]: row for row in listings.participant_rows(connection, [PROGRAMME])}


def stands(service: Service, user_id: int) -> tuple[str | None, str | None, int | None]:
    """Return state, reason and in-class account of the entry of one account of the MOOC."""
    row = by_account(service)[user_id]
    return row["state"], row["roster_reason"], row["target_user_id"]


def codes(service: Service, user_id: int) -> list[str]:
    return [code for code, _values in by_account(service)[user_id]["reasons"]]


def mooc(campus: Campus, nip: str) -> User:
    [user] = [user for user in campus.mooc.users.values() if user.idnumber == nip]
    return user


def kelas(campus: Campus, nip: str) -> User:
    [user] = [user for user in campus.kelas.users.values() if user.idnumber == nip]
    return user


def carry_the_nip_of_b(campus: Campus) -> None:
    """Let A carry B's NIP in the MOOC, and B none."""
    a, b = mooc(campus, A), mooc(campus, B)
    a.idnumber, b.idnumber = B, ""


def mistaken(service: Service, campus: KnownCampus) -> tuple[User, User]:
    """Let A carry B's NIP until they sit in the course by B's account; return both."""
    both = [mooc(campus, each).id for each in (A, B)]
    campus.begin_with(carry_the_nip_of_b)
    service.two_runs()
    a, b = (campus.mooc.users[each] for each in both)
    assert stands(service, a.id) == ("confirmed", None, kelas(campus, B).id)
    return a, b


@pytest.mark.parametrize("full", [True, False])
def test_whose_nip_was_somebody_elses_does_not_stay_confirmed_on_that_account(
    service: Service, campus: KnownCampus, full: bool
) -> None:
    a, b = mistaken(service, campus)
    a.idnumber, b.idnumber = A, B

    service.run(full=full)

    assert stands(service, a.id)[:2] == ("review", "target_account_changed")


def test_the_wrong_account_is_left_to_a_person_and_the_right_one_gets_in_by_their_word(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    a, b = mistaken(service, campus)
    a.idnumber, b.idnumber = A, B
    service.run()

    code, _out, err = command(service, "override", "admit", A, *BY)
    assert code == 0, err
    service.run()

    assert stands(service, a.id) == ("confirmed", None, kelas(campus, A).id)
    assert stands(service, b.id)[0] != "confirmed"
    told = json.loads(command(service, "explain", A, "--json")[1])
    [left] = told["left_behind"]
    assert (left["target_user_id"], left["wrong_account"]) == (kelas(campus, B).id, True)
    assert (
        "bukan akunnya" in command(service, "explain", A)[1] or "not their account" in command(service, "explain", A)[1]
    )
    assert kelas(campus, B).id in campus.kelas.course("KLS-I").enrolments

    campus.kelas.unenrol("KLS-I", kelas(campus, B).id)
    service.run(full=True)

    assert json.loads(command(service, "explain", A, "--json")[1])["left_behind"] == []


def test_nips_that_were_exchanged_and_put_right_leave_nobody_as_wrong_in_the_course(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    service.run()
    confirmed = [each for each in by_account(service).values() if each["state"] == "confirmed"]
    a, b, *_ = (each["participant_id"] for each in confirmed if each["angkatan"] == "I")
    nips = {each["participant_id"]: each["nip"] for each in confirmed}
    for who, nip in ((a, nips[b]), (b, nips[a])):
        assert command(service, "identity", "correct", who, "--to", nip, *BY)[0] == 0
    service.run()
    exchanged = [json.loads(command(service, "explain", who, "--json")[1])["left_behind"] for who in (a, b)]

    for who in (a, b):
        assert command(service, "identity", "correct", who, "--undo", *BY)[0] == 0
    service.run()

    told = [json.loads(command(service, "explain", who, "--json")[1]) for who in (a, b)]
    assert [each["roster"]["state"] for each in told] == ["confirmed"] * 2
    assert [*exchanged, *(each["left_behind"] for each in told)] == [[]] * 4


def test_once_the_wrong_account_is_out_of_the_course_the_right_one_is_sent(
    service: Service, campus: KnownCampus
) -> None:
    a, b = mistaken(service, campus)
    a.idnumber, b.idnumber = A, B
    service.run()

    campus.kelas.unenrol("KLS-I", kelas(campus, B).id)
    service.run()

    assert stands(service, a.id) == ("confirmed", None, kelas(campus, A).id)


def test_a_nip_corrected_here_counts_as_one_corrected_in_the_mooc(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    a, _b = mistaken(service, campus)

    code, out, err = command(service, "identity", "correct", B, "--to", f"{A[:8]} {A[8:]}", *BY, "--json")
    assert code == 0, err
    assert json.loads(out)["kind"] == "correct"
    assert A not in out
    service.run()

    assert by_account(service)[a.id]["nip"] == A
    assert stands(service, a.id)[:2] == ("review", "target_account_changed")
    service.run(full=True)
    assert by_account(service)[a.id]["nip"] == A

    command(service, "override", "admit", A, *BY)
    service.run()
    assert stands(service, a.id) == ("confirmed", None, kelas(campus, A).id)

    code, _out, err = command(service, "identity", "correct", A, "--undo", *BY)
    assert code == 0, err
    assert by_account(service)[a.id]["nip"] == B
    assert command(service, "identity", "correct", B, "--undo", *BY)[0] == 2


def test_a_participant_without_a_nip_gets_one_and_a_seat(service: Service, campus: KnownCampus, command: Any) -> None:
    user_id = int(CASES["nip_missing"][0])
    nip = "199001012025041001"
    campus.kelas.add_user("Tanpa", "Nomor", nip)
    service.run()
    who = by_account(service)[user_id]["participant_id"]

    assert command(service, "identity", "correct", who, "--to", nip, *BY)[0] == 0
    service.run()

    assert stands(service, user_id)[0] == "confirmed"
    listed = json.loads(command(service, "identity", "list", "--json")[1])
    assert [(each["participant_id"], each["kind"], each["by"], each["in_force"]) for each in listed] == [
        (who, "correct", "Siti", True)
    ]


def test_whoever_says_who_is_who_is_written_down_as_having_seen_a_person(service: Service, command: Any) -> None:
    service.first_run()
    command(service, "identity", "account", A, "--user", "99999", *BY)
    command(service, "identity", "list")

    with service.database.reading() as connection:
        seen = connection.exec_driver_sql("SELECT action, people FROM access_log ORDER BY id").all()

    assert [tuple(row) for row in seen] == [("identity account", 1), ("identity list", 1)]


def test_a_reason_with_a_nip_in_it_is_refused(service: Service, command: Any) -> None:
    service.first_run()

    code, _out, err = command(service, "identity", "correct", A, "--to", B, "--reason", f"harusnya {B}", "--by", "Siti")

    assert code == 2
    assert B not in err
    assert service.count("identity_actions") == 0


def test_of_two_accounts_of_one_person_the_better_evidence_counts(
    service: Service, campus: KnownCampus, command: Any, tmp_path: Path
) -> None:
    one, two = map(int, CASES["nip_shared"])
    evaluation = campus.mooc.module_named("EVAL-AKADEMIK").cmid
    service.run()
    ids = [by_account(service)[each]["participant_id"] for each in (one, two)]
    assert codes(service, one) == ["nip_duplicate"]
    campus.mooc.set_grade(one, evaluation, Decimal(40), overridden=True)

    code, _out, err = command(service, "identity", "merge", *ids, *BY)
    assert code == 0, err
    service.run(full=True)

    first, second = (by_account(service)[each] for each in (one, two))
    assert (first["outcome"], first["state"]) == ("qualified", "confirmed")
    assert "merged_evidence" in codes(service, one)
    assert second["state"] is None
    assert codes(service, two)[-1] == "merged_account"
    told = json.loads(command(service, "explain", ids[0], "--json")[1])["identity"]
    assert [each["source_user_id"] for each in told["other_accounts"]] == [two]
    assert told["other_accounts"][0]["score"] is not None
    assert str(two) in command(service, "explain", ids[0])[1]
    documents = tmp_path / "surat.csv"
    heading = "NIP,jenis,nomor,penerbit,tanggal,berlaku sampai"
    documents.write_text(f"{heading}\n{first['nip']},surat_sehat,9,RS,2026-01-20,2026-12-31\n", encoding="utf-8")
    assert command(service, "clearance", "import", documents, "--by", "Siti")[0] == 0
    assert command(service, "override", "hold", "--where", "*/merged_account", *BY)[0] == 2
    with service.database.reading() as connection:
        assert list(check_records(connection, {})) == []

    assert command(service, "identity", "merge", ids[1], "--undo", *BY)[0] == 0
    service.run(full=True)
    assert codes(service, two) == ["nip_duplicate"]
    assert "nip_duplicate" in codes(service, one)


def test_a_second_account_of_one_name_and_birth_date_gets_no_seat_until_somebody_says_whose_it_is(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    other = str(CASES["score_exactly_70"][1])
    one, two, theirs = mooc(campus, A), mooc(campus, other), kelas(campus, other)
    two.firstname, two.lastname = one.firstname.upper(), f"{one.lastname}, S.Pd"
    two.idnumber = theirs.idnumber = f"{A[:16]}77"
    planned = json.loads(command(service, "plan", "--json")[1])["programmes"][0]["plan"]

    service.run()
    service.run()
    row = by_account(service)[two.id]
    told = [stands(service, each.id)[:2] for each in (one, two)]
    assert command(service, "identity", "merge", A, row["participant_id"], *BY)[0] == 0
    service.run()
    merged = stands(service, two.id)[0]
    assert command(service, "identity", "merge", row["participant_id"], "--undo", *BY)[0] == 0
    assert command(service, "override", "admit", row["participant_id"], *BY)[0] == 0
    service.run()

    assert told == [("confirmed", None), ("review", "perhaps_one_person")]
    assert row["outcome"] == "qualified"
    assert "perhaps_one_person" in {each["reason"] for each in planned}
    assert merged != "confirmed"
    assert stands(service, two.id)[0] == "confirmed"


def test_a_merge_writes_no_decision_twice(service: Service, campus: KnownCampus, command: Any) -> None:
    one, two = map(int, CASES["nip_shared"])
    service.run()
    ids = [by_account(service)[each]["participant_id"] for each in (one, two)]
    command(service, "identity", "merge", *ids, *BY)
    service.run(full=True)
    before = service.count("decisions"), service.count("pushes")

    service.run(full=True)
    service.run()

    assert (service.count("decisions"), service.count("pushes")) == before


def test_the_account_that_counts_takes_over_the_place_and_what_was_decided_of_the_other(
    service: Service, campus: KnownCampus, command: Any, tmp_path: Path
) -> None:
    service.first_run()
    place, counts = mooc(campus, A), int(CASES["nip_missing"][0])
    account = kelas(campus, A)
    stays = by_account(service)[counts]["participant_id"]
    assert command(service, "override", "hold", A, *BY)[0] == 0
    assert command(service, "identity", "account", A, "--user", str(account.id), *BY)[0] == 0
    account.idnumber = ""  # so that only the person's word tells whose it is

    code, _out, err = command(service, "identity", "merge", stays, A, "--although-different", *BY)
    assert code == 0, err
    service.run(full=True)

    assert stands(service, counts) == ("confirmed", None, account.id)
    assert stands(service, place.id)[:2] == ("withdrawn", "gave_way")
    paper = tmp_path / "daftar.xlsx"
    assert command(service, "roster", "--format", "xlsx", "-o", paper)[0] == 0
    named = {cell for sheet in load_workbook(paper) for line in sheet.iter_rows(values_only=True) for cell in line}
    both = {by_account(service)[each]["name"] for each in (place.id, counts)}
    assert both & named == {by_account(service)[counts]["name"]}  # one person is on no list twice
    assert by_account(service)[counts]["outcome"] == "held"
    told = json.loads(command(service, "explain", by_account(service)[place.id]["participant_id"], "--json")[1])
    assert told["left_behind"] == []  # the account is followed on
    assert command(service, "override", "release", stays, *BY)[0] == 0
    service.run()
    assert by_account(service)[counts]["outcome"] != "held"

    assert command(service, "identity", "merge", A, "--undo", *BY)[0] == 0
    service.run(full=True)
    assert stands(service, place.id) == ("confirmed", None, account.id)  # each has its own again
    assert stands(service, counts)[0] == "waitlisted"
    before = service.count("decisions"), service.count("pushes"), service.count("roster_events")
    service.run()
    assert (service.count("decisions"), service.count("pushes"), service.count("roster_events")) == before


def test_no_merge_and_no_parting_while_a_write_about_either_is_open(service: Service, command: Any) -> None:
    service.first_run()
    ids = [by_account(service)[int(each)]["participant_id"] for each in CASES["nip_shared"]]
    assert command(service, "identity", "merge", *ids, *BY)[0] == 0
    now = datetime.now(UTC)
    with service.database.writing() as connection:
        sent = pushes.write_ahead(connection, PROGRAMME, [Push(PushKind.ENROL, ids[0], "kelas", 41, 600)], 1, now)
        pushes.settle(connection, sent, PushState.UNKNOWN, now)

    parted = command(service, "identity", "merge", ids[1], "--undo", *BY)
    merged = command(service, "identity", "merge", ids[0], A, "--although-different", *BY)

    assert [each[0] for each in (parted, merged)] == [1, 1]
    assert "then part them" in parted[2]
    assert "then merge them" in merged[2]
    assert by_account(service)[int(CASES["nip_shared"][1])]["merged_into"] == ids[0]


def test_two_confirmed_accounts_of_one_person_hold_one_seat_after_the_merge(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    other = str(CASES["score_exactly_70"][1])
    service.run()
    service.run(full=True)
    two = mooc(campus, other)

    code, _out, err = command(service, "identity", "merge", A, other, *BY)
    assert (code, service.count("identity_actions")) == (2, 0)
    assert "Names and NIPs of these two accounts are clearly different." in err
    assert A not in err

    assert command(service, "identity", "merge", A, other, "--although-different", *BY)[0] == 0
    service.run(full=True)

    assert stands(service, two.id)[:2] == ("withdrawn", "gave_way")
    told = json.loads(command(service, "explain", by_account(service)[two.id]["participant_id"], "--json")[1])
    assert [each["wrong_account"] for each in told["left_behind"]] == [True]

    assert command(service, "identity", "merge", other, "--undo", *BY)[0] == 0
    service.run(full=True)
    assert stands(service, two.id)[0] == "confirmed"


def test_a_move_of_one_of_two_equal_places_binds_the_person_after_a_merge(service: Service, command: Any) -> None:
    other = str(CASES["score_exactly_70"][1])
    service.first_run()
    before = {nip: row["angkatan"] for nip, row in service.participants().items()}
    [to] = {"I", "II", "III"} - {before[A], before[other]}
    assert command(service, "roster", "move", other, "--to", to, *BY)[0] == 0
    service.run()
    service.run(full=True)

    assert command(service, "identity", "merge", A, other, "--although-different", *BY)[0] == 0
    service.run(full=True)

    told = json.loads(command(service, "explain", A, "--json")[1])
    assert told["roster"]["angkatan"] == to
    assert (before[A], False) in [(each["angkatan"], each["wrong_account"]) for each in told["left_behind"]]


def test_the_chosen_account_is_theirs_whatever_it_carries(service: Service, campus: KnownCampus, command: Any) -> None:
    nip = str(CASES["two_target_accounts"][0])
    right = next(user for user in campus.kelas.users.values() if user.idnumber == nip)
    service.run()
    user_id = mooc(campus, nip).id
    assert stands(service, user_id)[:2] == ("review", "target_account_ambiguous")

    code, _out, err = command(service, "identity", "account", nip, "--user", str(right.id), *BY)
    assert code == 0, err
    service.run()

    assert stands(service, user_id) == ("confirmed", None, right.id)
    right.idnumber = ""
    service.run(full=True)
    assert stands(service, user_id) == ("confirmed", None, right.id)

    assert command(service, "identity", "account", nip, "--undo", *BY)[0] == 0
    service.run()
    assert stands(service, user_id)[:2] == ("review", "target_account_changed")


def test_a_confirmed_person_is_sent_once_to_the_account_that_is_chosen(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    service.first_run()
    new = campus.kelas.add_user("Akun", "Baru", "", username="akunbaru")
    old = kelas(campus, A).id

    assert command(service, "identity", "account", A, "--user", str(new.id), *BY)[0] == 0
    service.run()
    before = service.count("pushes")
    service.run()

    assert stands(service, mooc(campus, A).id) == ("confirmed", None, new.id)
    assert service.count("pushes") == before
    assert old in campus.kelas.course("KLS-I").enrolments


def test_an_account_is_never_two_participants(service: Service, campus: KnownCampus, command: Any) -> None:
    service.first_run()

    code, _out, err = command(service, "identity", "account", B, "--user", str(kelas(campus, A).id), *BY)

    assert code == 2
    assert A not in err


def test_two_who_are_admitted_with_one_nip_are_never_confirmed_on_one_account(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    one, two = map(int, CASES["nip_shared"])
    service.run()
    for each in (one, two):
        assert command(service, "override", "admit", by_account(service)[each]["participant_id"], *BY)[0] == 0

    service.run()
    service.run(full=True)

    states = [stands(service, each) for each in (one, two)]
    assert sorted(str(state[0]) for state in states) == ["confirmed", "review"]
    assert {state[1] for state in states} == {None, "target_account_taken"}


def test_an_erasure_destroys_a_corrected_nip(service: Service, campus: KnownCampus, command: Any) -> None:
    a, _b = mistaken(service, campus)
    command(service, "identity", "correct", B, "--to", A, *BY)

    code, _out, err = command(service, "person", "erase", A, "--reason", "permintaan 3", "--by", "Siti", "--apply")
    assert code == 0, err

    with service.database.reading() as connection:
        assert (
            connection.exec_driver_sql("SELECT count(*) FROM identities WHERE corrected_nip IS NOT NULL").scalar() == 0
        )
        assert list(check_records(connection, {})) == []
    assert service.count("identity_actions") == 1
    assert by_account(service).get(a.id) is None


def test_the_export_of_a_person_tells_who_they_are_said_to_be(
    service: Service, campus: KnownCampus, command: Any
) -> None:
    mistaken(service, campus)
    command(service, "identity", "correct", B, "--to", A, *BY)

    [record] = json.loads(command(service, "person", "export", A, "--json")[1])["records"]

    assert record["identity"]["acts"][0]["by"] == "Siti"
    assert record["participant"]["key_as_read"] == B


def test_the_later_word_counts_though_the_clock_was_set_back_between_them(
    service: Service, campus: KnownCampus
) -> None:
    service.run()
    rows = by_account(service)
    one, two = (rows[mooc(campus, each).id] for each in (A, B))
    now = datetime.now(UTC)
    people, said = (service.settings, service.database), ("Surat 3", "Siti")

    def hours_ago(hours: int) -> Callable[[], datetime]:
        return lambda: now - timedelta(hours=hours)

    theirs = kelas(campus, B).id
    accounts_in_class.choose(*people, hours_ago(0), one, "kelas", theirs, *said)
    accounts_in_class.choose(*people, hours_ago(1), one, "kelas", None, *said)
    decide(*people, hours_ago(1), PROGRAMME, one["participant_id"], OverrideKind.ADMIT, *said)
    decide(*people, hours_ago(0), PROGRAMME, two["participant_id"], OverrideKind.HOLD, *said)
    identity.merge(*people, hours_ago(2), one, two, *said, although_different=True)
    service.run()
    held = by_account(service)[one["source_user_id"]]["outcome"]
    decide(*people, hours_ago(3), PROGRAMME, one["participant_id"], OverrideKind.RELEASE, *said)
    service.run()

    with service.database.reading() as connection:
        assert chosen_accounts(connection, PROGRAMME) == {}
        history = identity_history(connection, PROGRAMME, one["participant_id"])
    assert binding(history[::-1]) == binding(history)
    assert (held, by_account(service)[one["source_user_id"]]["outcome"]) == ("held", "qualified")


def test_a_correction_is_not_lost_where_a_run_under_way_sees_another_spelling_of_the_name(
    service: Service, campus: KnownCampus
) -> None:
    a = mooc(campus, A)
    a.idnumber = B[:17] + "9"
    service.run()
    row, a.lastname = by_account(service)[a.id], f"{a.lastname}, M.M."

    def correct(_programme: str, step: Step, _count: int) -> None:
        if step is Step.DECIDE:
            identity.correct(service.settings, service.database, lambda: datetime.now(UTC), row, A, "Surat 3", "Siti")

    service.run(progress=correct)
    assert by_account(service)[a.id]["nip"] == A
    service.run()
    assert by_account(service)[a.id]["nip"] == A
    assert stands(service, a.id) == ("confirmed", None, kelas(campus, A).id)
