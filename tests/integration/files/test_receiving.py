"""Files that come by themselves: from a watched folder, a mailbox or the API, taken once, whatever is cut off."""

import json
import os
import shutil
import socket
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import process_time

import pytest
from acting_office import certificate
from dashboard import Dashboard
from personal_data import where_found
from pydantic import SecretStr
from service import PROGRAMME, Command, Service
from unattended import Clock, wait_for
from xlsxwriter import Workbook

from latsar_sync.actions.finalisations import fix_list
from latsar_sync.demo import CASES
from latsar_sync.demo.mailbox import PASSWORD, USER, Mailbox, serving
from latsar_sync.domain.errors import ConfigurationError, NotReady
from latsar_sync.files import watched_folder
from latsar_sync.files.mailbox import attachments
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.service.notices import Notices
from latsar_sync.service.receiving import Fetched, Receiving, fetch
from latsar_sync.settings import NoticeSettings
from latsar_sync.settings.received_files import IntakeSettings, MailboxSettings
from latsar_sync.store import accounts, received, retention
from latsar_sync.store.leases import Lease
from latsar_sync.store.notices import lasting
from latsar_sync.store.received import ReceivedFile

PEOPLE = [str(case) for case in CASES["passed"][:4]]
LIST = "NIP;Nama;Angkatan\r\n" + "".join(f"{nip};Peserta {'ABCD'[n]} Uji;I\r\n" for n, nip in enumerate(PEOPLE))
SCORES = "NIP;Nilai;Materi selesai\r\n" + "".join(f"{nip};80,5;12/12\r\n" for nip in PEOPLE)
WRONG = LIST.replace(PEOPLE[0], "1995")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "masuk"
    made.mkdir()
    return made


@pytest.fixture
def service(by_files: Callable[..., Service], sqlite_url: str, folder: Path) -> Service:
    return by_files(sqlite_url, coming=f'[programmes.intake]\nfolder = "{folder}"\n')


@pytest.fixture
def applying(by_files: Callable[..., Service], sqlite_url: str, folder: Path) -> Service:
    return by_files(sqlite_url, coming=f'[programmes.intake]\nfolder = "{folder}"\napply_participants = true\n')


def put(folder: Path, name: str, text: str, age: float = 60) -> Path:
    """Lay a file into the folder that was last written so many seconds ago."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    then = path.stat().st_mtime - age
    os.utime(path, (then, then))
    return path


def look(service: Service) -> Fetched:
    [programme] = service.settings.programmes
    return fetch(service.settings, service.database, programme, lambda: datetime.now(UTC))


def files(service: Service) -> list[ReceivedFile]:
    with service.database.reading() as connection:
        return received.listed(connection, [PROGRAMME])


def states(service: Service) -> list[tuple[str, str]]:
    return [(each.name, str(each.state)) for each in files(service)]


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_file_waits_shows_what_it_would_change_and_is_taken_in_a_persons_name(
    service: Service, folder: Path, command: Command
) -> None:
    put(folder, "daftar.csv", LIST)
    look(service)

    _code, listed, _ = command(service, "import", "received", "--json")
    noted_of_a_list = service.noted()
    _code, shown, _ = command(service, "import", "received", 1, "--json")
    noted_of_one = service.noted()
    _code, told, _ = command(service, "import", "received", 1)
    elsewhere = command(service, "import", "received", 1, "--programme", "latsar-lain")[0]
    before = service.participants()
    code, taken, _ = command(service, "import", "take", 1, "--by", "Siti Aminah", "--json")

    assert [(each["file"], each["kind"], each["state"]) for each in json.loads(listed)] == [
        ("daftar.csv", "participants", "waiting")
    ]
    assert len(json.loads(shown)[0]["would_change"]["new"]) == 4
    assert "import take 1" in told
    assert elsewhere == 2
    assert before == {}
    assert code == 0
    assert json.loads(taken)["applied"]
    assert (noted_of_a_list, noted_of_one) == (set(), {"import received"})
    assert "import participants" in service.noted()
    assert set(service.participants()) == set(PEOPLE)
    assert files(service)[0].settled_by == "Siti Aminah"
    assert names(folder) == {"done/daftar.csv", "done/daftar.csv.txt"}


def test_a_wrong_line_refuses_the_file_says_it_beside_it_and_a_corrected_one_is_taken(
    applying: Service, folder: Path
) -> None:
    put(folder, "daftar.csv", WRONG)
    look(applying)
    report = (folder / "rejected" / "daftar.csv.txt").read_text(encoding="utf-8")
    people = applying.participants()
    put(folder, "daftar.csv", LIST)
    look(applying)

    assert "line 2" in report
    assert "1995" not in report.replace("daftar", "")
    assert people == {}
    assert set(applying.participants()) == set(PEOPLE)
    assert states(applying) == [("daftar.csv", "rejected"), ("daftar.csv", "taken")]
    assert {"rejected/daftar.csv", "done/daftar.csv"} <= names(folder)


def test_scores_that_are_not_clear_are_refused_and_never_taken_for_a_list(applying: Service, folder: Path) -> None:
    put(folder, "daftar.csv", LIST)
    look(applying)
    titles, *lines = LIST.splitlines()
    twice = [f"{titles};Nilai;Skor;Materi selesai", *(f"{line};90;60;12/12" for line in lines[:3])]
    put(folder, "nilai.csv", "\r\n".join([*twice, ""]))
    look(applying)

    assert set(states(applying)) == {("nilai.csv", "rejected"), ("daftar.csv", "taken")}
    assert "more than one column for Score" in (folder / "rejected" / "nilai.csv.txt").read_text(encoding="utf-8")
    assert set(applying.participants()) == set(PEOPLE)


def test_scores_never_take_themselves_and_need_two_persons(
    applying: Service, folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "daftar.csv", LIST)
    titles, *lines = SCORES.splitlines()  # as a MOOC hands them out: with the user id that people have there
    put(
        folder, "nilai.csv", "\r\n".join([f"{titles};User ID", *(f"{line};{n}" for n, line in enumerate(lines, 2)), ""])
    )
    look(applying)
    look(applying)  # in the order of names scores came after the list; an early one would be refused and come again
    waiting = [each for each in files(applying) if each.state == "waiting"]
    _code, taken, _ = command(applying, "import", "take", waiting[0].id, "--by", "Siti Aminah", "--json")
    number = json.loads(taken)["import_id"]
    monkeypatch.setenv("LATSAR_ACCOUNT_TOKEN", applying.token_of("siti aminah"))
    refused, _out, _err = command(applying, "import", "confirm", number, "--by", "siti aminah")
    applying.run()
    unconfirmed = {row["outcome"] for row in applying.participants().values()}
    monkeypatch.setenv("LATSAR_ACCOUNT_TOKEN", applying.token_of("Budi Santoso"))
    confirmed, _out, _err = command(applying, "import", "confirm", number, "--by", "Budi Santoso")
    applying.run()

    assert [each.kind for each in waiting] == ["scores"]
    assert refused == 2
    assert unconfirmed == {"undetermined"}
    assert confirmed == 0
    assert {row["outcome"] for row in applying.participants().values()} == {"qualified"}


def test_explain_says_which_file_line_and_person_a_value_came_from(
    applying: Service, folder: Path, command: Command
) -> None:
    put(folder, "daftar.csv", LIST)
    put(folder, "nilai.csv", SCORES)
    look(applying)
    command(applying, "import", "take", 2, "--by", "Siti Aminah")
    applying.run()

    _code, told, _ = command(applying, "explain", PEOPLE[2], "--json")
    _code, read, _ = command(applying, "explain", PEOPLE[2])

    found = json.loads(told)
    assert (found["listed"]["file"], found["listed"]["line"], found["listed"]["by"]) == ("daftar.csv", 4, "latsar-sync")
    [score] = found["imports"]
    assert (score["file"], score["line"], score["by"]) == ("nilai.csv", 4, "Siti Aminah")
    assert "nilai.csv, line 4, by Siti Aminah" in " ".join(read.split())


def test_the_same_content_counts_once_whatever_it_is_called(service: Service, folder: Path) -> None:
    put(folder, "daftar.csv", LIST)
    look(service)
    put(folder, "daftar baru.csv", LIST)
    again = look(service)

    assert again.new == ()
    assert states(service) == [("daftar.csv", "waiting")]
    assert "done/daftar baru.csv" in names(folder)


@pytest.mark.parametrize("name", [".daftar.csv", "daftar.csv.filepart", "daftar.csv.TMP", "~$daftar.xlsx", "Thumbs.db"])
def test_what_is_still_on_its_way_or_what_a_program_laid_there_is_left_alone(
    service: Service, folder: Path, name: str
) -> None:
    put(folder, name, LIST)
    put(folder, "baru.csv", LIST, age=1)

    look(service)

    assert names(folder) == {name, "baru.csv"}
    assert states(service) == []


def test_a_link_in_the_folder_is_not_followed(service: Service, folder: Path, tmp_path: Path) -> None:
    put(tmp_path, "rahasia.csv", LIST)
    (folder / "daftar.csv").symlink_to(tmp_path / "rahasia.csv")

    look(service)

    assert states(service) == []


@pytest.mark.parametrize("cut", ["before it is written down", "before the report", "before it is moved"])
def test_killed_anywhere_the_next_look_comes_to_the_same_end(
    applying: Service, folder: Path, monkeypatch: pytest.MonkeyPatch, cut: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_arguments: object) -> None:
        raise Killed

    put(folder, "daftar.csv", LIST)
    with monkeypatch.context() as patch:
        if cut == "before it is written down":
            patch.setattr(received, "record", kill)
        elif cut == "before the report":
            patch.setattr(watched_folder, "_put_away", kill)
        else:
            moves = os.replace
            patch.setattr(os, "replace", lambda old, new: kill() if str(new).endswith(".csv") else moves(old, new))
        with pytest.raises(Killed):
            look(applying)
    look(applying)
    look(applying)

    assert states(applying) == [("daftar.csv", "taken")]
    assert set(applying.participants()) == set(PEOPLE)
    assert applying.count("imports") == 1
    assert "done/daftar.csv" in names(folder)
    assert not (folder / "daftar.csv").exists()


def test_a_folder_that_is_gone_is_said_and_harms_nothing(service: Service, folder: Path) -> None:
    shutil.rmtree(folder)

    found = look(service)

    assert "cannot be read" in found.problems[0]


def test_a_person_sets_a_file_aside_and_its_content_is_destroyed(
    service: Service, folder: Path, command: Command
) -> None:
    put(folder, "daftar.csv", LIST)
    look(service)

    code, _out, _err = command(service, "import", "dismiss", 1, "--by", "Siti", "--reason", "keliru")
    again, _out, refused = command(service, "import", "take", 1, "--by", "Siti")

    assert (code, again) == (0, 2)
    assert "does not wait" in refused
    with service.database.reading() as connection:
        assert received.content_of(connection, 1) is None


def test_a_name_of_another_encoding_or_as_long_as_can_be_keeps_no_file_in_the_folder(
    service: Service, folder: Path
) -> None:
    there = os.fsencode(folder)
    named = {b"a" * 251 + b".csv": LIST.encode(), b"s\xe9rtifikat.pdf": certificate(PEOPLE[0]), b"z.csv": b"x"}
    for name, content in named.items():
        with open(os.path.join(there, name), "wb") as file:
            file.write(content)
        os.utime(os.path.join(there, name), (1e9, 1e9))

    looked = look(service)

    assert looked.problems == ()
    assert {name.encode() for name in names(folder)} == {
        each
        for stem in (b"done/" + b"a" * 226 + b".csv", "done/s\ufffdrtifikat.pdf".encode(), b"rejected/z.csv")
        for each in (stem, stem + b".txt")
    }


def in_a_mailbox(by_files: Callable[..., Service], address: str, box: Mailbox) -> Service:
    """Return a service whose programme takes what known senders send to this mailbox."""
    return by_files(
        address,
        coming=f'''[programmes.intake]
[programmes.intake.mailbox]
host = "127.0.0.1"
port = {box.port}
user = "{USER}"
password_env = "LATSAR_MAIL"
senders = ["diklat@kudus.example.go.id", "@bkd.example.go.id"]
ca_bundle = "{box.certificate}"
''',
    )


def test_attachments_of_known_senders_come_in_and_wait_and_no_other_mail_is_touched(
    by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path) as box:
        service = in_a_mailbox(by_files, sqlite_url, box)
        known = box.put("Diklat <diklat@kudus.example.go.id>", ("daftar.csv", LIST.encode()), ("foto.jpg", b"x"))
        domain = box.put("siapa@BKD.example.go.id", ("nilai.csv", SCORES.encode()))
        stranger = box.put("diklat@kudus.example.go.id.evil.test", ("jahat.csv", LIST.encode() + b"\r\n"))
        box.fail_on = "UID STORE"
        broken = look(service)
        box.fail_on = ""
        look(service)
        look(service)

        assert "cannot be read" in broken.problems[0]
        assert box.seen == {known, domain}
        assert stranger not in box.seen
    came = [(each.name, str(each.state), each.sender) for each in files(service)]
    assert came == [
        ("daftar.csv", "waiting", "diklat@kudus.example.go.id"),
        ("nilai.csv", "rejected", "siapa@bkd.example.go.id"),  # nobody is on the list yet
    ]
    assert PASSWORD not in repr(service.settings)


def test_nothing_that_others_send_or_that_no_program_can_read_hides_what_a_known_sender_sends(
    by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path
) -> None:
    with serving(tmp_path) as box:
        service = in_a_mailbox(by_files, sqlite_url, box)
        for _number in range(120):
            box.put("siapa@lain.example")
        box.mails[1] = b"From: <\r\n\r\n"
        old = b"\xd0\xcf\x11\xe0" + "Workbook".encode("utf-16-le")
        first = box.put("diklat@kudus.example.go.id", ("daftar lama.xls", old), ("daftar.csv", LIST.encode()))
        odd = b"Content-Disposition: attachment; attachment*"
        box.mails[first] = box.mails[first].replace(b'Content-Disposition: attachment; filename="daftar.csv"', odd)
        second = box.put("diklat@kudus.example.go.id", ("nilai.csv", SCORES.encode()))

        looked = look(service)

    assert odd in box.mails[first]
    assert looked.problems == ()
    assert box.seen == {first, second}
    assert states(service) == [("daftar lama.xls", "rejected"), ("file", "waiting"), ("nilai.csv", "rejected")]


def test_a_mail_that_is_too_large_is_told_and_stays_unread(
    by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latsar_sync.files.mailbox.MOST_BYTES", 2000)
    with serving(tmp_path) as box:
        service = in_a_mailbox(by_files, sqlite_url, box)
        large = box.put("diklat@kudus.example.go.id", ("pindaian.pdf", b"x" * 3000))
        box.put("siapa@bkd.example.go.id", ("daftar.csv", LIST.encode()))

        looked = look(service)

    assert looked.problems == ("A mail of diklat@kudus.example.go.id is larger than 30 MB; it stays unread.",)
    assert large not in box.seen
    assert states(service) == [("daftar.csv", "waiting")]


NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(400))
IN_PARTS = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\n\n" * 3000
FORWARDED = b"Content-Type: message/rfc822\r\n\r\n" * 5000


@pytest.mark.parametrize("hostile", [NESTED, IN_PARTS, IN_PARTS.replace(b"\n", b"\r"), FORWARDED])
def test_a_mail_that_no_program_writes_is_told_and_keeps_none_behind_it_from_being_read(
    by_files: Callable[..., Service], sqlite_url: str, tmp_path: Path, hostile: bytes
) -> None:
    with serving(tmp_path) as box:
        service = in_a_mailbox(by_files, sqlite_url, box)
        box.mails[box.put("diklat@kudus.example.go.id")] = b"From: diklat@kudus.example.go.id\r\n" + hostile
        second = box.put("siapa@bkd.example.go.id", ("daftar.csv", LIST.encode()))

        looked = look(service)

    told = "A mail of diklat@kudus.example.go.id is no mail that can be read; it stays unread."
    assert looked.problems in ((told,), ())
    assert second in box.seen
    assert states(service) == [("daftar.csv", "waiting")]


def test_a_mail_with_a_head_of_many_pieces_takes_no_minutes(tmp_path: Path) -> None:
    pieces = b"".join(b"filename*%d=a; " % number for number in range(20_000))
    part = b"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
    began = process_time()

    attachments(b"From: a@example.go.id\r\n" + part + pieces + b"\r\n\r\nx")

    assert process_time() - began < 2


def test_a_programme_with_a_mailbox_needs_its_password_and_a_place_to_look(
    by_files: Callable[..., Service], sqlite_url: str
) -> None:
    with pytest.raises(ConfigurationError) as nothing:
        by_files(sqlite_url, coming="[programmes.intake]\nevery = 60\n")
    mailbox = '[programmes.intake.mailbox]\nhost = "h"\nuser = "u"\npassword = "p"\nsenders = ["a@b.id"]\n'
    with pytest.raises(ConfigurationError) as written:
        by_files(sqlite_url, coming="[programmes.intake]\n" + mailbox)

    assert "neither a folder nor a mailbox" in str(nothing.value.details)
    assert "must not stand in this file" in str(written.value.details)
    assert '"p"' not in str(written.value.details)


def test_a_file_sent_to_the_api_waits_under_the_accounts_name_and_counts_once(
    by_files: Callable[..., Service], sqlite_url: str
) -> None:
    service = by_files(sqlite_url)
    pages = Dashboard(service, Clock(datetime.now(UTC)))
    pages.add("operator")
    with service.database.writing() as connection:
        token = accounts.new_token(connection, "operator", "uji", datetime.now(UTC))
    client = pages.browser().client
    with client:
        headers = {"Authorization": f"Bearer {token}"}
        address = f"/api/v1/programmes/{PROGRAMME}/files"
        sent = client.post(address, headers=headers, files={"file": ("../daftar.csv", LIST.encode())})
        again = client.post(address, headers=headers, files={"file": ("lain.csv", LIST.encode())})
        wrong = client.post(address, headers=headers, files={"file": ("foto.csv", b"\0\1\2")})
        listed = client.get(address, headers=headers).json()
        nobody = client.post(address, files={"file": ("daftar.csv", LIST.encode())})

    assert (sent.status_code, sent.json()["file"], sent.json()["sender"]) == (201, "daftar.csv", "operator")
    assert again.json()["id"] == sent.json()["id"]
    assert wrong.json()["state"] == "rejected"
    assert [each["state"] for each in listed] == ["waiting", "rejected"]
    assert nobody.status_code == 401
    assert service.participants() == {}


def test_old_files_finalise_no_roster_and_the_same_file_come_again_is_new(
    by_files: Callable[..., Service], sqlite_url: str, folder: Path, command: Command
) -> None:
    coming = f'stale_after = 24\n[programmes.intake]\nfolder = "{folder}"\napply_participants = true\n'
    service = by_files(sqlite_url, source=coming)
    [programme] = service.settings.programmes
    now = datetime.now(UTC)
    later = now + timedelta(hours=25)
    put(folder, "daftar.csv", LIST)
    look(service)

    fresh = service.run(now=now)
    old = service.run(now=later)
    with pytest.raises(NotReady) as refused:
        fix_list(programme, service.database, lambda: later, "I", "SK 1", now.date(), "Siti", amendment=False)
    told = stale(service, later)
    days = f"{now.date() - timedelta(days=30)};{now.date() + timedelta(days=300)}"
    papers = f"NIP;Jenis;Nomor;Penerbit;Tanggal;Berlaku sampai\r\n{PEOPLE[0]};surat_sehat;1;RSUD;{days}\r\n"
    put(folder, "surat.csv", papers)
    fetch(service.settings, service.database, programme, lambda: later)
    command(service, "import", "take", 2, "--by", "Siti")
    still = service.run(now=later)
    put(folder, "daftar lagi.csv", LIST)
    fetch(service.settings, service.database, programme, lambda: later)
    again = service.run(now=later)

    assert not any("older than" in said for said in fresh.run.messages)
    assert any("older than 24 hours" in said for said in old.run.messages)
    assert "newest imported file" in refused.value.message
    assert told == [f"files:{PROGRAMME}"]
    assert states(service)[1] == ("surat.csv", "taken")
    assert any("older than 24 hours" in said for said in still.run.messages)
    assert not any("older than" in said for said in again.run.messages)
    assert stale(service, later) == []


def stale(service: Service, now: datetime) -> list[str]:
    """Return what the operators are told is stale now; nothing is sent."""
    wanted = NoticeSettings(urls=("json://localhost",), events=("weekly",))
    notices = Notices(service.settings.model_copy(update={"notices": wanted}), service.database, lambda: now)
    notices.look()
    notices.close()
    with service.database.reading() as connection:
        return [each.subject for each in lasting(connection) if each.event == "stale"]


def test_the_daemon_looks_by_itself_tells_the_operators_how_many_came_and_waits_for_no_other_programmes_mailbox(
    service: Service, folder: Path
) -> None:
    class Told:
        def __init__(self) -> None:
            self.came: Counter[str] = Counter()

        def files_came(self, _programme: str, came: Counter[str]) -> None:
            self.came += came

    put(folder, "daftar.csv", LIST)
    put(folder, "rusak.csv", WRONG)
    told = Told()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        mailbox = MailboxSettings(host=host, port=port, user="u", password=SecretStr("x"), senders=("@bkd.go.id",))
        [mine] = service.settings.programmes
        other = mine.model_copy(update={"id": "lain", "intake": IntakeSettings(mailbox=mailbox)})
        settings = service.settings.model_copy(update={"programmes": (other, mine)})
        receiving = Receiving(settings, service.database, lambda: datetime.now(UTC), told)  # type: ignore[arg-type]

        receiving.look()
        wait_for(lambda: told.came, "the files of the folder", patience=15)
        receiving.close()

    assert told.came == Counter({"waiting": 1, "rejected": 1})


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_nobody_is_erased_while_a_file_waits_that_names_them_and_no_other_file_stands_against_it(
    service: Service, folder: Path, command: Command, form: str
) -> None:
    put(folder, "daftar.csv", LIST)
    look(service)
    command(service, "import", "take", 1, "--by", "Siti")
    if form == "csv":
        put(folder, "nilai.csv", SCORES)
    else:
        with Workbook(str(folder / "nilai.xlsx")) as book:
            sheet = book.add_worksheet()
            for number, line in enumerate(SCORES.splitlines()):
                sheet.write_row(number, 0, line.split(";"))
        os.utime(folder / "nilai.xlsx", (0, 0))
    put(folder, "lain.csv", "NIP;Nilai;Materi selesai\r\n" + f"{PEOPLE[3]};90;12/12\r\n")
    look(service)
    order = ("person", "erase", PEOPLE[0], "--reason", "Surat 5/2026", "--by", "Siti")
    _code, preview, _ = command(service, *order)
    refused, _out, why = command(service, *order, "--apply")
    [waiting] = [each for each in files(service) if each.name.startswith("nilai")]
    command(service, "import", "dismiss", waiting.id, "--by", "Siti", "--reason", "hapus data")
    code, _out, said = command(service, *order, "--apply")

    assert f"File {waiting.id} waits and names the person" in " ".join(preview.split())
    assert refused == 1
    assert f"Files wait that name the person: {waiting.id}." in " ".join(why.split())
    assert code == 0, said
    assert PEOPLE[0] not in service.participants()
    assert ("lain.csv", "waiting") in states(service)


def test_an_erasure_that_waits_for_a_run_looks_into_files_that_come_meanwhile(
    service: Service, folder: Path, command: Command
) -> None:
    put(folder, "daftar.csv", LIST)
    look(service)
    command(service, "import", "take", 1, "--by", "Siti")
    put(folder, "salah.csv", SCORES.replace("80,5", "baik"))
    look(service)
    with service.database.reading() as connection:
        kept_before = received.content_of(connection, 2) is not None
    with Lease(service.database, PROGRAMME, lambda: datetime.now(UTC)):
        order = ("person", "erase", PEOPLE[0], "--reason", "Surat 5/2026", "--by", "Siti", "--apply", "--json")
        _code, told, _ = command(service, *order)
        put(folder, "nilai.csv", SCORES)
        put(folder, "lagi.csv", SCORES.replace("80,5", "buruk"))
        look(service)
    [waiting] = [each for each in files(service) if each.name == "nilai.csv"]
    with service.database.reading() as connection:
        refused = [received.content_of(connection, each.id) for each in files(service) if each.state == "rejected"]
    still = PEOPLE[0] in service.participants()
    command(service, "import", "dismiss", waiting.id, "--by", "Siti", "--reason", "hapus data")

    assert kept_before
    assert json.loads(told)["waiting"] == 1
    assert refused == [None, None]  # whoever sent them has them
    assert still
    assert PEOPLE[0] not in service.participants()
    assert where_found(service.database, PEOPLE[0]) == set()


def test_of_a_programme_whose_people_were_destroyed_nothing_comes_in_again(
    applying: Service, folder: Path, command: Command
) -> None:
    named = "Peserta A Uji"
    put(folder, "daftar.csv", LIST)
    put(folder, f"nilai {named}.csv", SCORES)
    (folder / f"{named}.pdf").write_bytes(certificate(PEOPLE[0]))
    os.utime(folder / f"{named}.pdf", (0, 0))
    look(applying)
    look(applying)
    command(applying, "import", "dismiss", 2, "--by", "Siti", "--reason", "keliru")
    command(applying, "certificate", "reject", 1, "--reason", "not_signed", "--by", "Siti")
    before = where_found(applying.database, named)
    now, keeping = datetime.now(UTC), Keeping(PROGRAMME, DataClass.IDENTITIES, date(2024, 12, 20), 12)
    with Lease(applying.database, PROGRAMME, lambda: now) as lease, lease.writing() as connection:
        retention.destroy(connection, keeping, "JRA 7/2024", "Siti", now)
    put(folder, "daftar lagi.csv", LIST + f"{CASES['passed'][4]};Peserta E Uji;I\r\n")
    (folder / "sertifikat.pdf").write_bytes(certificate(PEOPLE[1]))
    os.utime(folder / "sertifikat.pdf", (0, 0))
    look(applying)
    code, _out, refused = command(
        applying, "import", "participants", folder / "rejected" / "daftar lagi.csv", "--by", "Siti", "--apply"
    )

    tables = {"certificates", "received_files", "identities"}
    assert before >= tables
    assert where_found(applying.database, named).isdisjoint(tables)
    assert applying.participants() == {}
    assert applying.count("certificates") == 1
    assert names(folder) >= {"rejected/daftar lagi.csv", "rejected/sertifikat.pdf"}
    assert (code, "were destroyed" in refused) == (2, True)
    with applying.database.reading() as connection:
        assert {received.content_of(connection, each.id) for each in files(applying)} == {None}
