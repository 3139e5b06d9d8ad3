"""An account of the MOOC that is somebody else's now: what was decided of whoever had it is not theirs (rule 19)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from imported_files import CONFIRMER, import_scores, scores_file, told
from service import (
    PROGRAMME,
    Command,
    KnownCampus,
    Service,
    ServiceFactory,
    default_angkatan,
    may_write_to_anybody,
)
from sqlalchemy import Connection, update

from latsar_sync.actions import action_transaction
from latsar_sync.actions.overrides import decide
from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.request import Step
from latsar_sync.files.import_request import ImportRequest
from latsar_sync.files.importing import import_scores as take_scores
from latsar_sync.store import acting
from latsar_sync.store.leases import Lease
from latsar_sync.store.tables import identities

HEALTH = '[programmes.clearances]\nparticipant = ["surat_sehat"]\n'
FORMER = str(CASES["passed"][2])
PRESENT = "198011232009112003"


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service for a programme that asks for a paper and for approval."""
    return make_service(sqlite_url, programme='push = "confirmed"', angkatan=default_angkatan() + HEALTH)


def give_away(campus: Campus, former: str) -> int:
    """Give somebody's account to another, who has one in class, too; return its user id in the MOOC."""
    given = campus.mooc.users[campus.mooc.user_id(former)]
    given.firstname, given.lastname, given.idnumber = "Bambang", "Sutejo", PRESENT
    campus.kelas.add_user("Bambang", "Sutejo", PRESENT)
    return given.id


def on_time() -> datetime:
    return datetime.now(UTC)


def ahead_of_others() -> datetime:
    """Return the time by a clock that runs two hours ahead."""
    return on_time() + timedelta(hours=2)


def clear(command: Command, service: Service, nip: str) -> None:
    paper = ("--kind", "surat_sehat", "--number", "440/7", "--issuer", "RSUD", "--date", "2026-01-01")
    assert command(service, "clearance", "add", nip, *paper, "--valid-until", "2030-12-31", "--by", "Siti")[0] == 0


def correct(command: Command, service: Service, *words: str) -> None:
    assert command(service, "identity", "correct", *words, "--reason", "Surat 5", "--by", "Ratna")[0] == 0


def standing(service: Service, nip: str) -> tuple[str, list[str], str | None, str | None]:
    """Return somebody's decision with its reasons, state on the roster and its reason."""
    row = service.participants()[nip]
    return row["outcome"], [code for code, _ in row["reasons"]], row["state"], row["roster_reason"]


@pytest.mark.parametrize("clock_ahead", [timedelta(0), timedelta(hours=2)])
def test_papers_moves_accounts_and_approvals_of_whoever_had_an_account_are_not_those_of_who_has_it_now(
    service: Service, campus: Campus, command: Command, clock_ahead: timedelta
) -> None:
    said = ("--reason", "Nota 3", "--by", "Ratna")
    clear(command, service, FORMER) if service.run() else None
    assert command(service, "roster", "move", FORMER, "--to", "II", *said)[0] == 0
    theirs = str(campus.kelas.user_id(FORMER))
    assert command(service, "identity", "account", FORMER, "--user", theirs, *said)[0] == 0
    service.run()
    assert command(service, "roster", "approve", "--by", "Ratna")[0] == 0
    give_away(campus, FORMER)
    given = service.run(now=datetime.now(UTC) + clock_ahead) and standing(service, PRESENT)
    correct(command, service, PRESENT, "--to", PRESENT)
    without_paper = service.run() and standing(service, PRESENT)
    clear(command, service, PRESENT)
    without_approval = service.run() and standing(service, PRESENT)
    where = service.roster()[PRESENT]["angkatan"]
    assert command(service, "roster", "approve", "--by", "Ratna")[0] == 0
    service.run()

    assert given == ("undetermined", ["account_handed_over"], "planned", "undetermined")
    assert without_paper[:2] == ("not_yet", ["clearance_missing"])
    assert without_approval == ("qualified", [], "planned", "awaiting_approval")
    assert where == "I"
    own = campus.kelas.user_id(PRESENT)
    assert own in campus.kelas.course("KLS-I").enrolments
    assert int(theirs) not in campus.kelas.course("KLS-I").enrolments


@pytest.mark.parametrize("ahead", ["nobody", "who imports", "the run"])
def test_a_score_of_a_file_is_that_of_whoever_had_the_account_and_keeps_nobody_else_from_being_sent(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command, tmp_path: Path, ahead: str
) -> None:
    service = make_service(sqlite_url, materials='mode = "none"')
    service.first_run()
    former = str(CASES["nothing_done"][0])
    file = ImportRequest(scores_file(tmp_path, {former: "80"}), PROGRAMME, True, "Siti")
    clocks = {who: ahead_of_others if who == ahead else on_time for who in ("who imports", "the run")}
    applied = take_scores(service.settings, service.database, file, clocks["who imports"])
    told(command, service, "import", "confirm", str(applied.import_id), "--by", CONFIRMER)
    user_id = give_away(campus, former)
    service.run(now=clocks["the run"]())
    correct(command, service, PRESENT, "--to", PRESENT)
    by_the_file = service.run() and standing(service, PRESENT)
    own = import_scores(command, service, scores_file(tmp_path, {PRESENT: "75"}), "--apply")
    told(command, service, "import", "confirm", own["import_id"], "--by", CONFIRMER)
    by_their_own = service.run() and standing(service, PRESENT)
    campus.mooc.set_grade(user_id, campus.mooc.module_named("EVAL-AKADEMIK").cmid, Decimal(90))
    service.run()

    assert by_the_file[:2] == ("not_yet", ["no_grade"])
    assert by_their_own[:2] == ("qualified", ["score_imported"])
    assert standing(service, PRESENT)[::2] == ("qualified", "confirmed")


@pytest.mark.parametrize("clock_ahead", [timedelta(0), timedelta(hours=2)])
def test_whoever_has_the_account_now_is_told_of_their_admission_once_as_whoever_had_it_was(
    make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus, command: Command, clock_ahead: timedelta
) -> None:
    campus.begin_with(may_write_to_anybody)
    service = make_service(sqlite_url, guards="[programmes.messages]\nadmitted = true")
    service.first_run()
    theirs = campus.kelas.user_id(FORMER)
    user_id = give_away(campus, FORMER)
    campus.kelas.unenrol("KLS-I", theirs)
    service.run(now=datetime.now(UTC) + clock_ahead)
    correct(command, service, PRESENT, "--to", PRESENT)
    service.run()
    service.run()

    told = [each.text.splitlines()[0] for each in campus.mooc.messages if each.to_id == user_id]
    assert [each.partition(" ")[2] for each in told][1:] == ["Bambang Sutejo,"]


def test_a_hold_passes_to_nobody_with_an_account_and_is_lost_to_nobody_by_it(
    service: Service, campus: Campus, command: Command
) -> None:
    said = ("--reason", "Nota 7", "--by", "Ratna")
    service.first_run()
    command(service, "override", "hold", FORMER, *said)
    give_away(campus, FORMER)
    service.run()
    owned = ("identity", "correct", PRESENT, "--to", PRESENT, *said)
    refused = command(service, *owned)
    newcomer = campus.mooc.add_user("Sama", "Orangnya", FORMER, username="baru").id
    campus.mooc.enrol("MOOC-LATSAR", newcomer)
    service.run()
    command(service, "override", "hold", FORMER, *said)
    command(service, "override", "release", PRESENT, *said)

    assert refused[0] == 2
    assert "override release" in refused[2]
    assert command(service, *owned)[0] == 0
    service.run()
    assert (standing(service, FORMER)[0], standing(service, PRESENT)[0]) == ("held", "not_yet")


def while_all_are_judged(happen: Callable[[], Any]) -> Callable[[str, Step, int], None]:
    """Return a progress by which something happens in the run that then records whose account is whose."""

    def listen(_programme: str, step: Step, _count: int) -> None:
        if step is Step.DECIDE:
            happen()

    return listen


def test_what_is_said_while_a_run_finds_an_account_given_away_is_said_of_whoever_had_it(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, command: Command, tmp_path: Path
) -> None:
    service = make_service(sqlite_url, programme='push = "confirmed"', materials='mode = "none"')
    service.first_run()
    admitted, by_file = str(CASES["score_69_99"][0]), str(CASES["nothing_done"][0])
    another, third = "198011232009112004", "198011232009112005"
    for former, present in ((FORMER, PRESENT), (admitted, another), (by_file, third)):
        given = campus.mooc.users[campus.mooc.user_id(former)]
        given.firstname, given.lastname, given.idnumber = "Bambang", f"Sutejo {present[-1]}", present
        campus.kelas.add_user("Bambang", f"Sutejo {present[-1]}", present)

    def meanwhile() -> None:
        applied = import_scores(command, service, scores_file(tmp_path, {by_file: "80"}), "--apply")
        told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
        assert command(service, "override", "admit", admitted, "--reason", "Nota 8", "--by", "Ratna")[0] == 0
        assert command(service, "roster", "approve", "--by", "Ratna")[0] == 0

    service.run(progress=while_all_are_judged(meanwhile))
    for present in (PRESENT, another, third):
        correct(command, service, present, "--to", present)
    service.run()
    explained = told(command, service, "explain", another)

    assert (explained["overrides"][0]["kind"], explained["override_in_force"]) == ("admit", None)
    assert standing(service, PRESENT) == ("qualified", [], "planned", "awaiting_approval")
    assert standing(service, another) == ("not_yet", ["score_below_threshold"], None, None)
    assert standing(service, third)[:2] == ("not_yet", ["no_grade"])


def test_an_admission_recorded_by_a_clock_that_ran_ahead_is_not_about_who_has_the_account_since(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)
    service.first_run()
    former = str(CASES["score_69_99"][0])
    who = service.participants()[former]["participant_id"]
    decide(service.settings, service.database, ahead_of_others, PROGRAMME, who, OverrideKind.ADMIT, "Nota 9", "Ratna")
    give_away(campus, former)
    service.run(full=True)
    service.run(full=True)

    assert standing(service, PRESENT)[2] is None


@pytest.mark.parametrize(
    "words",
    [
        ("override", "admit", FORMER),
        ("override", "hold", FORMER, str(CASES["score_69_99"][0])),
        ("roster", "move", FORMER, "--to", "II"),
        ("identity", "account", FORMER, "--user", "77"),
        ("roster", "place", FORMER, "--to", "Kampus Barat"),
    ],
)
def test_nothing_is_recorded_about_somebody_whose_account_is_another_persons_once_it_can_be_recorded(
    make_service: ServiceFactory,
    sqlite_url: str,
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    """Whoever typed the NIP meant the person who had it; a run that was writing has found who has the account now."""
    places = '[[programmes.places]]\nname = "Kampus Barat"\n'
    service = make_service(sqlite_url, angkatan=default_angkatan() + places)
    service.first_run()
    who = service.participants()[FORMER]["participant_id"]

    @contextmanager
    def once_a_run_has_written(*about: Any) -> Iterator[tuple[Connection, bool]]:
        with service.database.writing() as connection:
            mine = identities.c.participant_id == who
            connection.execute(update(identities).where(mine).values(nip=PRESENT, handed_over_at=on_time()))
        with acting.acting(*about) as opened:
            yield opened

    monkeypatch.setattr(action_transaction, "acting_in_store", once_a_run_has_written)
    code, _output, said = command(service, *words, "--reason", "Nota 4", "--by", "Ratna")

    assert (code, "NIP of somebody is another one" in said) == (2, True)
    assert [service.count(table) for table in ("overrides", "angkatan_moves", "identity_actions")] == [0, 0, 0]


def test_an_admission_that_waits_for_a_run_to_write_is_not_about_whom_it_finds_to_have_the_account(
    make_service: ServiceFactory, database_url: str
) -> None:
    service = make_service(database_url)
    service.first_run()
    row, begun = service.participants()[FORMER], Event()

    def clock() -> datetime:
        begun.set()
        return on_time()

    def admit() -> None:
        people = service.settings, service.database, clock, PROGRAMME, row["participant_id"]
        until = on_time().date() + timedelta(days=9)
        decide(*people, OverrideKind.ADMIT, "Nota 5", "Ratna", until, action_transaction.about([row]))

    with ThreadPoolExecutor(1) as somebody, Lease(service.database, PROGRAMME, on_time) as lease:
        with lease.writing() as connection:
            admitting = somebody.submit(admit)
            assert begun.wait(10)
            mine = identities.c.participant_id == row["participant_id"]
            connection.execute(update(identities).where(mine).values(nip=PRESENT, handed_over_at=on_time()))
        with pytest.raises(UsageError, match="NIP of somebody is another one"):
            admitting.result(30)

    assert service.count("overrides") == 0
