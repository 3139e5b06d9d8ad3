"""A run under way refuses no file, overwrites nothing that one tells, and sends nobody by what it told before."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from service import PROGRAMME, Service

from latsar_sync.actions.scores import confirm_scores
from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.files.importing import import_participants, import_scores
from latsar_sync.store import accounts, check

LEAVES, MOVES, LOSES, COMES, *STAY = (str(case) for case in CASES["passed"][:7])
LISTED = (LEAVES, MOVES, LOSES, *STAY)


def now() -> datetime:
    return datetime.now(UTC)


def listed(service: Service, *lines: str) -> Report:
    content = "\r\n".join(["NIP;Nama;Angkatan", *lines, ""]).encode()
    request = ImportRequest(Path("daftar.csv"), PROGRAMME, True, "Siti", content=content)
    return import_participants(service.settings, service.database, request, now)


def name_of(nip: str) -> str:
    return f"Peserta {'ABCDEFGHIJ'[LISTED.index(nip)] * 4}"


def scored(service: Service, budi: Account, scores: dict[str, str]) -> None:
    """Import scores and let a second account confirm them."""
    lines = ["NIP;Nilai;Materi selesai", *(f"{nip};{score};12/12" for nip, score in scores.items()), ""]
    request = ImportRequest(Path("nilai.csv"), PROGRAMME, True, "Siti", content="\r\n".join(lines).encode())
    report = import_scores(service.settings, service.database, request, now)
    assert report.import_id is not None
    confirm_scores(service.settings, service.database, now, report.import_id, budi)


def is_in(campus: Campus, nip: str) -> list[str]:
    account = campus.kelas.user_id(nip)
    return [each for each in ("I", "II") if account in campus.kelas.course(f"KLS-{each}").enrolments]


def test_files_that_come_during_a_run_are_taken_whole_and_nobody_is_sent_by_what_they_replace(
    by_files: Callable[..., Service], database_url: str, campus: Campus
) -> None:
    service = by_files(database_url)
    budi = Account("budi", Role.ADMIN, None, None, "uji", now(), has_password=False, has_token=False)
    with service.database.writing() as connection:
        accounts.add_account(connection, budi, None)
    listed(service, *(f"{nip};{name_of(nip)};I" for nip in LISTED))
    scored(service, budi, dict.fromkeys(LISTED, "82,5"))
    before = {nip: is_in(campus, nip) for nip in (*LISTED, COMES)}
    taken: list[Report] = []

    def meanwhile(_programme: str, step: Step, _count: int) -> None:
        if step is Step.DECIDE and not taken:  # everybody was loaded, nobody is written down yet
            rows = [f"{MOVES};{name_of(MOVES)};II", f"{LOSES};Peserta Diperbaiki;I", f"{COMES};Peserta Baru;II"]
            taken.append(listed(service, *rows, *(f"{nip};{name_of(nip)};I" for nip in STAY)))
        elif step is Step.GUARD_PUSHES and len(taken) == 1:
            scored(service, budi, {LOSES: "50", COMES: "90"})
            taken.append(taken[0])

    first = service.run(progress=meanwhile)
    sent = {nip: is_in(campus, nip) for nip in before}
    kept = {nip: (row["name"], row["outcome"]) for nip, row in service.participants().items()}
    second = service.run()
    now_in = {nip: is_in(campus, nip) for nip in before}
    third = service.run()

    assert len(taken) == 2
    assert taken[0].import_id is not None
    assert [first.run.outcome, second.run.outcome] == [RunOutcome.OK] * 2
    assert sent == {**before, **{nip: ["I"] for nip in STAY}}
    assert kept[LOSES] == ("Peserta Diperbaiki", "qualified")
    # whoever left the list keeps what was decided of them, the decision says so by now (rule 5), and is not sent
    assert now_in == {**sent, MOVES: ["II"], COMES: ["II"]}
    assert ["enrolment_ended", {}] in service.participants()[LEAVES]["reasons"]
    assert service.participants()[LOSES]["outcome"] == "not_yet"
    assert third.run.counts["pushed"] == 0
    with service.database.reading() as connection:
        assert check.check_records(connection, {}) == []
