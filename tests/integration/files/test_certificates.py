"""Certificates are evidence once two people have looked; the document goes when it is decided about."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from fpdf import FPDF
from personal_data import where_found
from service import PROGRAMME, Command, Service
from sqlalchemy import update

from latsar_sync.actions import received_certificates
from latsar_sync.actions.scores import confirm_scores
from latsar_sync.demo import CASES
from latsar_sync.domain.account import Account, Role
from latsar_sync.rules.scores_of_files import ImportedScores
from latsar_sync.service.receiving import fetch
from latsar_sync.store import accounts, certificates
from latsar_sync.store.leases import Lease
from latsar_sync.store.scores_of_files import scores_by_participant
from latsar_sync.store.tables import certificates as certificates_table

PEOPLE = [str(case) for case in CASES["passed"][:3]]
LIST = "NIP;Nama;Angkatan\r\n" + "".join(f"{nip};Peserta {'ABC'[n]} Uji;I\r\n" for n, nip in enumerate(PEOPLE))
NO_DAYS = ("01/01/0001", "01/01/1900", "1 Januari 1970")
HEAD = ("--programme", PROGRAMME, "--by", "Siti")


def now() -> datetime:
    return datetime.now(UTC)


def certificate(nip: str, score: str = "85,50", name: str = "") -> bytes:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    named = [f"Nama: {name}"] if name else []
    for line in ("SERTIFIKAT", "Nomor: 12/MOOC/2026", f"NIP: {nip}", *named, f"Nilai: {score}", "12 April 2026"):
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


@pytest.fixture
def listed(by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path, command: Command) -> Service:
    folder = tmp_path / "masuk"
    folder.mkdir()
    service = by_files(sqlite_url, coming=f'[programmes.intake]\nfolder = "{folder}"\nsettled = 1\n')
    path = tmp_path / "daftar.csv"
    path.write_text(LIST, encoding="utf-8", newline="")
    assert command(service, "import", "participants", path, *HEAD, "--apply")[0] == 0
    return service


def standing_of(service: Service, nip: str) -> ImportedScores:
    """Return what is told of somebody's imported scores."""
    with service.database.reading() as connection:
        return scores_by_participant(connection, PROGRAMME)[service.participants()[nip]["participant_id"]]


def second(service: Service, import_id: int) -> None:
    """Let the account of another person confirm."""
    account = Account("budi", Role.ADMIN, None, None, "uji", now(), has_password=False, has_token=False)
    with service.database.writing() as connection:
        accounts.add_account(connection, account, None)
    confirm_scores(service.settings, service.database, now, import_id, account)


def test_a_certificate_counts_once_two_people_have_looked_and_its_document_is_gone(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "sertifikat.pdf"
    path.write_bytes(certificate(PEOPLE[0]))
    command(listed, "certificate", "add", path, *HEAD)
    _code, again, _ = command(listed, "certificate", "add", path, *HEAD, "--json")
    added = listed.noted()
    exported = [command(listed, "person", "export", PEOPLE[0], *form) for form in (("--json",), ())]
    _code, shown, _ = command(listed, "certificate", "show", 1, "-o", tmp_path / "lihat.pdf")
    with Lease(listed.database, PROGRAMME, now):  # a run that is under way refuses no certificate
        _code, told, _ = command(listed, "certificate", "confirm", 1, "--by", "Siti", "--json")
    listed.run()
    before = listed.participants()[PEOPLE[0]]["outcome"]
    second(listed, json.loads(told)["import_id"])
    listed.run()
    _code, explained, _ = command(listed, "explain", PEOPLE[0], "--json")

    assert "certificate add" in added
    assert [code for code, _told, _ in exported] == [0, 0]
    [held] = json.loads(exported[0][1])["records"][0]["other"]["certificates"]
    assert (held["content"], held["facts"]["nip"]) == (f"{path.stat().st_size} bytes", PEOPLE[0])
    assert held["content"] in exported[1][1]
    assert "certificate show" in listed.noted()
    [read] = json.loads(again)
    assert (read["nip"], read["facts"]["score"], read["facts"]["number"]) == (PEOPLE[0], "85,50", "12/MOOC/2026")
    assert (tmp_path / "lihat.pdf").read_bytes() == path.read_bytes()
    assert shown
    assert before == "undetermined"
    found = json.loads(explained)
    assert (found["evidence"]["source"], found["evidence"]["grade"]) == ("certificate", "85.50000")
    assert found["decisions"][-1]["decision"] == "qualified"
    with listed.database.reading() as connection:
        kept = certificates.get(connection, 1)
    assert kept is not None
    assert (kept["content"], kept["facts"], kept["confirmed"]["score"]) == (None, {}, "85.50000")


def test_nothing_of_several_files_is_recorded_where_one_is_no_certificate(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "satu.pdf").write_bytes(certificate(PEOPLE[0]))
    (tmp_path / "dua.pdf").write_bytes(b"bukan PDF")

    for other in ("dua.pdf", "tiada.pdf"):
        code, _out, _said = command(listed, "certificate", "add", tmp_path / "satu.pdf", tmp_path / other, *HEAD)
        assert code == 2

    assert listed.count("certificates") == 0


def test_a_file_that_tells_a_score_outranks_a_certificate_and_the_difference_is_told(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    scores = tmp_path / "nilai.csv"
    lines = f"NIP;Nilai;Materi selesai\r\n{PEOPLE[0]};70;ya\r\n{PEOPLE[1]};;belum\r\n"
    scores.write_text(lines, encoding="utf-8", newline="")
    command(listed, "import", "scores", scores, *HEAD, "--apply")
    for number, nip in enumerate(PEOPLE[:2]):
        (tmp_path / f"{number}.pdf").write_bytes(certificate(nip))
        command(listed, "certificate", "add", tmp_path / f"{number}.pdf", *HEAD)

    code, _out, said = command(listed, "certificate", "confirm", 1, "--by", "Budi")
    without, _out, why = command(listed, "certificate", "confirm", 2, "--by", "Budi")

    assert without == 0, why  # no score yet in the file is none told

    assert code == 2
    assert "70" in said
    assert "85.5" in said


@pytest.mark.parametrize("confirmed_before", [True, False])
def test_a_file_that_knows_no_score_yet_takes_no_certificate_away(
    listed: Service, tmp_path: Path, command: Command, confirmed_before: bool
) -> None:
    (tmp_path / "sertifikat.pdf").write_bytes(certificate(PEOPLE[0]))
    command(listed, "certificate", "add", tmp_path / "sertifikat.pdf", *HEAD)
    _code, told, _ = command(listed, "certificate", "confirm", 1, "--by", "Siti", "--json")
    scores = tmp_path / "nilai.csv"
    scores.write_text(f"NIP;Nilai;Materi selesai\r\n{PEOPLE[0]};;belum\r\n{PEOPLE[1]};90;ya\r\n", encoding="utf-8")
    wanted = [json.loads(told)["import_id"]]
    if confirmed_before:
        second(listed, wanted.pop())

    _code, taken, _ = command(listed, "import", "scores", scores, *HEAD, "--apply", "--json")
    for import_id in (*wanted, json.loads(taken)["import_id"]):
        second(listed, import_id)

    assert (json.loads(taken)["unchanged"], len(json.loads(taken)["new"])) == (1, 1)

    # a file that told a score, and the next one that tells none any more: what the certificate says stands again
    for cell, counts in (("60", "60.00000"), ("", "85.50000")):
        scores.write_text(f"NIP;Nilai;Materi selesai\r\n{PEOPLE[0]};{cell};belum\r\n", encoding="utf-8")
        _code, taken, _ = command(listed, "import", "scores", scores, *HEAD, "--apply", "--json")
        waits = standing_of(listed, PEOPLE[0])
        second(listed, json.loads(taken)["import_id"])
        now_told = standing_of(listed, PEOPLE[0])
        assert (waits.awaits, now_told.awaits) == (True, False)
        assert now_told.confirmed is not None
        assert f"{now_told.confirmed.raw:.5f}" == counts

    listed.run()
    people, roster = listed.participants(), listed.roster()
    assert [people[nip]["outcome"] for nip in PEOPLE] == ["qualified", "qualified", "undetermined"]
    assert [roster[nip]["state"] for nip in PEOPLE[:2]] == ["confirmed", "confirmed"]


def test_a_certificate_that_was_taken_over_is_taken_back_once_a_second_person_has_confirmed_that(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    def outcome() -> tuple[str, list[str]]:
        listed.run()
        row = listed.participants()[PEOPLE[0]]
        return row["outcome"], [code for code, _values in row["reasons"]]

    (tmp_path / "1.pdf").write_bytes(certificate(PEOPLE[0]))
    command(listed, "certificate", "add", tmp_path / "1.pdf", *HEAD)
    taken = json.loads(command(listed, "certificate", "confirm", 1, "--by", "Siti", "--json")[1])
    second(listed, taken["import_id"])
    before = outcome()

    back = json.loads(
        command(listed, "certificate", "reject", 1, "--by", "Siti", "--reason", "not_signed", "--json")[1]
    )
    until_confirmed = outcome()
    account = Account("budi", Role.ADMIN, None, None, "uji", now(), has_password=False, has_token=False)
    confirm_scores(listed.settings, listed.database, now, back["import_id"], account)
    after = outcome()
    again, _out, why = command(listed, "certificate", "reject", 1, "--by", "Siti", "--reason", "not_signed")

    assert (before, until_confirmed) == (("qualified", []), ("qualified", []))
    assert (after[0], after[1][0]) == ("not_yet", "no_grade")
    assert listed.roster()[PEOPLE[0]]["state"] == "review"
    assert again == 2
    assert "was decided already" in why


def scored(listed: Service, path: Path, command: Command, cell: str) -> int:
    """Import what a file tells of the first person's score, and return the number of the import."""
    path.write_text(f"NIP;Nilai;Materi selesai\r\n{PEOPLE[0]};{cell};ya\r\n", encoding="utf-8")
    return int(json.loads(command(listed, "import", "scores", path, *HEAD, "--apply", "--json")[1])["import_id"])


def test_of_two_certificates_of_one_person_the_other_stands_where_one_is_taken_back_and_at_last_what_a_file_told(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "nilai.csv"
    second(listed, scored(listed, path, command, "60"))
    scored(listed, path, command, "")  # nobody confirms that there is none any more

    def reject(number: int) -> None:
        words = ("--by", "Siti", "--reason", "unreadable", "--json")
        second(listed, json.loads(command(listed, "certificate", "reject", number, *words)[1])["import_id"])

    for number, score in enumerate(("85,50", "90"), 1):
        (tmp_path / f"{number}.pdf").write_bytes(certificate(PEOPLE[0], score))
        command(listed, "certificate", "add", tmp_path / f"{number}.pdf", *HEAD)
        taken = command(listed, "certificate", "confirm", number, "--by", "Siti", "--json")[1]
        second(listed, json.loads(taken)["import_id"])
    counts = [standing_of(listed, PEOPLE[0]).confirmed]
    for number in (2, 1):
        reject(number)
        counts.append(standing_of(listed, PEOPLE[0]).confirmed)

    assert [each and each.raw for each in counts] == [Decimal(90), Decimal("85.5"), Decimal(60)]


def test_a_certificate_that_was_taken_back_while_a_file_counts_does_not_count_again_when_that_tells_none_any_more(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "1.pdf").write_bytes(certificate(PEOPLE[0]))
    command(listed, "certificate", "add", tmp_path / "1.pdf", *HEAD)
    imports = [json.loads(command(listed, "certificate", "confirm", 1, "--by", "Siti", "--json")[1])["import_id"]]
    second(listed, imports[0])
    path = tmp_path / "nilai.csv"
    waits = scored(listed, path, command, "75")
    words = ("--by", "Siti", "--reason", "not_signed", "--json")
    back = json.loads(command(listed, "certificate", "reject", 1, *words)[1])["import_id"]
    # the file, which came before, can be confirmed all the same
    counts = []
    for import_id in (waits, back):
        second(listed, import_id)
        counts.append(standing_of(listed, PEOPLE[0]).confirmed)
    second(listed, scored(listed, path, command, ""))
    counts.append(standing_of(listed, PEOPLE[0]).confirmed)

    assert [each and each.raw for each in counts] == [Decimal(75), Decimal(75), None]


def test_where_no_second_person_is_asked_for_a_certificate_counts_at_once_and_is_no_contradiction(
    by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path, command: Command
) -> None:
    service = by_files(sqlite_url, coming="[programmes.certificates]\nsecond_person = false\n")
    (tmp_path / "daftar.csv").write_text(LIST, encoding="utf-8", newline="")
    command(service, "import", "participants", tmp_path / "daftar.csv", *HEAD, "--apply")
    (tmp_path / "1.pdf").write_bytes(certificate(PEOPLE[0]))
    command(service, "certificate", "add", tmp_path / "1.pdf", *HEAD)
    command(service, "certificate", "confirm", 1, "--by", "Siti")
    service.run()
    before = service.participants()[PEOPLE[0]]["outcome"]
    command(service, "certificate", "reject", 1, "--by", "Siti", "--reason", "not_signed")
    service.run()

    assert (before, service.participants()[PEOPLE[0]]["outcome"]) == ("qualified", "not_yet")
    assert command(service, "db", "check")[0] == 0


def test_a_certificate_that_names_somebody_else_is_theirs_whose_nip_a_person_gives(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "1.pdf").write_bytes(certificate(PEOPLE[0], name="Zulkarnain Harahap"))

    _code, added, _ = command(listed, "certificate", "add", tmp_path / "1.pdf", *HEAD)
    refused, _out, why = command(listed, "certificate", "confirm", 1, "--by", "Siti")
    said_whose, _out, _why = command(listed, "certificate", "confirm", 1, "--by", "Siti", "--nip", PEOPLE[0])

    assert "names somebody else" in added
    assert (refused, said_whose) == (2, 0)
    assert "names somebody else than the person with its NIP" in why


def test_what_never_ends_is_no_certificate(listed: Service, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received_certificates, "MAX_UNPACKED_BYTES", 100_000)

    code, _out, err = command(listed, "certificate", "add", "/dev/zero", *HEAD)

    assert code == 2
    assert "zero holds too much" in err


def test_a_certificate_of_a_day_that_no_program_knew_gives_nobody_the_first_place(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "1.pdf").write_bytes(certificate(PEOPLE[0]))
    command(listed, "certificate", "add", tmp_path / "1.pdf", *HEAD)

    refused = {day: command(listed, "certificate", "confirm", 1, "--by", "Siti", "--date", day) for day in NO_DAYS}
    taken, _out, _err = command(listed, "certificate", "confirm", 1, "--by", "Siti")

    assert [code for code, _out, _err in refused.values()] == [2] * len(NO_DAYS)
    assert all("lies before" in err for _code, _out, err in refused.values())
    assert taken == 0


def test_certificates_of_a_folder_or_a_zip_wait_and_are_refused_for_a_reason(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as archive:
        archive.writestr("satu/a.pdf", certificate(PEOPLE[1]))
        archive.writestr("b.pdf", certificate("199501012025042999"))
    (tmp_path / "masuk" / "banyak.zip").write_bytes(many.getvalue())
    (tmp_path / "masuk" / "satu.pdf").write_bytes(certificate(PEOPLE[2]))
    [programme] = listed.settings.programmes
    intake = programme.intake
    assert intake is not None
    at_once = programme.model_copy(update={"intake": intake.model_copy(update={"settled": 0})})
    fetch(listed.settings, listed.database, at_once, now)
    _code, told, _ = command(listed, "certificate", "list", "--json")
    unknown, _out, _err = command(listed, "certificate", "reject", 1, "--reason", "jelek", "--by", "Siti")
    code, _out, _err = command(listed, "certificate", "reject", 1, "--reason", "unreadable", "--by", "Siti")
    twice, _out, _err = command(listed, "certificate", "confirm", 1, "--by", "Siti")
    nobody = next(each["id"] for each in json.loads(told) if each["nip"] is None)
    unmatched, _out, said = command(listed, "certificate", "confirm", nobody, "--by", "Siti")

    assert "certificate list" in listed.noted()
    assert {each["nip"] for each in json.loads(told)} == {PEOPLE[1], PEOPLE[2], None}
    assert (unknown, code, twice, unmatched) == (2, 0, 2, 2)
    assert "Correct the NIP" in said
    assert {path.name for path in (tmp_path / "masuk" / "done").iterdir()} >= {"banyak.zip", "satu.pdf"}


@pytest.mark.parametrize("damage", ["cut short", "spoiled", "locked"])
def test_a_zip_that_cannot_be_read_is_refused_whole_and_makes_no_other_file_wait(
    listed: Service, tmp_path: Path, damage: str
) -> None:
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pdf", certificate(PEOPLE[0]))
        archive.writestr("b.pdf", certificate(PEOPLE[1]))
    content = bytearray(many.getvalue())
    second = content.index(b"PK\x03\x04", 4)
    if damage == "cut short":
        del content[-30:]
    elif damage == "spoiled":
        content[second + 60 : second + 200] = bytes(140)
    else:
        content[content.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "masuk" / "a-banyak.zip").write_bytes(content)
    (tmp_path / "masuk" / "b-satu.pdf").write_bytes(certificate(PEOPLE[2]))
    [programme] = listed.settings.programmes
    assert programme.intake is not None
    at_once = programme.model_copy(update={"intake": programme.intake.model_copy(update={"settled": 0})})

    fetch(listed.settings, listed.database, at_once, now)

    with listed.database.reading() as connection:
        assert [each["nip"] for each in certificates.listed(connection, PROGRAMME)] == [PEOPLE[2]]
    assert (tmp_path / "masuk" / "rejected" / "a-banyak.zip.txt").is_file()
    assert (tmp_path / "masuk" / "done" / "b-satu.pdf").is_file()


def test_a_zip_that_takes_long_is_gone_on_with_at_the_next_look_and_makes_no_other_file_wait(
    listed: Service, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "masuk" / "a-banyak.zip", "w") as archive:
        for name, nip in zip("abc", PEOPLE[:3], strict=True):
            archive.writestr(f"{name}.pdf", certificate(nip))
    (tmp_path / "masuk" / "b-satu.pdf").write_bytes(certificate("199501012025042999"))
    [programme] = listed.settings.programmes
    assert programme.intake is not None
    at_once = programme.model_copy(update={"intake": programme.intake.model_copy(update={"settled": 0})})

    looks = []
    for _ in range(3):
        found = fetch(listed.settings, listed.database, at_once, now, seconds_at_one=0)
        with listed.database.reading() as connection:
            names = [each["name"] for each in certificates.listed(connection, PROGRAMME)]
        looks.append((names, found.problems, (tmp_path / "masuk" / "done" / "a-banyak.zip").is_file()))

    assert looks == [
        (["a.pdf", "b-satu.pdf"], (), False),
        (["a.pdf", "b-satu.pdf", "b.pdf"], (), False),
        (["a.pdf", "b-satu.pdf", "b.pdf", "c.pdf"], (), True),
    ]


def test_a_certificate_that_waits_goes_with_the_person_who_is_erased(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    for name, nip in (("satu.pdf", PEOPLE[0]), ("dua.pdf", PEOPLE[1])):
        (tmp_path / name).write_bytes(certificate(nip))
        command(listed, "certificate", "add", tmp_path / name, *HEAD)

    reason = ("--reason", "Surat 5/2026", "--by", "Siti", "--apply")
    code, _out, said = command(listed, "person", "erase", PEOPLE[0], *reason)

    assert code == 0, said
    with listed.database.reading() as connection:
        assert [each["nip"] for each in certificates.listed(connection, PROGRAMME)] == [PEOPLE[1]]


def test_a_certificate_that_names_the_person_goes_with_them_whomever_it_was_matched_to(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    for name, nip in (("satu.pdf", PEOPLE[0]), ("dua.pdf", "tidak terbaca")):
        (tmp_path / name).write_bytes(certificate(nip))
        command(listed, "certificate", "add", tmp_path / name, *HEAD)
    with listed.database.writing() as connection:  # as if the person had come into the list only later
        connection.execute(update(certificates_table).values(participant_id=None))

    _code, told, _ = command(listed, "person", "erase", PEOPLE[0], "--reason", "Surat 5/2026", "--by", "Siti")
    code, _out, said = command(
        listed, "person", "erase", PEOPLE[0], "--reason", "Surat 5/2026", "--by", "Siti", "--apply"
    )

    assert code == 0, said
    assert "1 certificate waits in which no NIP could be read" in " ".join(told.split())
    with listed.database.reading() as connection:
        assert [each["name"] for each in certificates.listed(connection, PROGRAMME)] == ["dua.pdf"]


def test_an_erasure_leaves_a_namesakes_certificate_and_no_file_name_that_tells_of_the_person(
    listed: Service, tmp_path: Path, command: Command
) -> None:
    """Once the certificate of another of the same name went with the person, and its file name stayed for good."""
    names = (f"Sertifikat_Peserta_A_Uji-{PEOPLE[0]}.pdf", "namesake.pdf")
    called_alike = tmp_path / "lagi.csv"
    called_alike.write_text(LIST.replace("Peserta B Uji", "Peserta A Uji"), encoding="utf-8", newline="")
    assert command(listed, "import", "participants", called_alike, *HEAD, "--apply")[0] == 0
    for name, nip in zip(names, PEOPLE[:2], strict=True):
        (tmp_path / name).write_bytes(certificate(nip, name="Peserta A Uji"))
        command(listed, "certificate", "add", tmp_path / name, *HEAD)
    command(listed, "certificate", "confirm", 1, "--by", "Siti")

    reason = ("--reason", "Surat 5/2026", "--by", "Siti", "--apply")
    code, _out, said = command(listed, "person", "erase", PEOPLE[0], *reason)

    assert code == 0, said
    with listed.database.reading() as connection:
        [waits] = certificates.listed(connection, PROGRAMME, certificates.CertificateState.PROPOSED)
        assert waits["nip"] == PEOPLE[1]
    assert where_found(listed.database, PEOPLE[0], "Sertifikat_Peserta_A") == set()
