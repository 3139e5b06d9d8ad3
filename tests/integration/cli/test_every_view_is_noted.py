"""Every command that shows people writes a line into the access log, with its name and whose data it showed."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import typer
from service import PROGRAMME, Command, Service, ServiceFactory
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError

from latsar_sync.cli import app, context
from latsar_sync.demo import Campus
from latsar_sync.rules.sent_messages import Message, MessageEvent
from latsar_sync.store import access, messages, runs
from latsar_sync.store.tables import identities

WHY = ("--reason", "Surat 5/2026", "--by", "Rina")


def leaves() -> list[str]:
    """Return the whole name of every command."""

    def below(command: object, path: str) -> Iterator[str]:
        commands = getattr(command, "commands", {})
        for name, each in commands.items():
            yield from below(each, f"{path} {name}".strip())
        if not commands or getattr(command, "invoke_without_command", False):
            yield path

    return sorted(name for name in below(typer.main.get_command(app), "") if name)


SHOWS_NOBODY = {
    "access-log",
    "angkatan close",
    "angkatan rename",
    "certificate confirm",
    "certificate reject",
    "programme close",
    "programme rename",
    "clearance import",
    "clearance revoke",
    "db check",
    "db compact",
    "db restore",
    "db upgrade",
    "demo",
    "doctor",
    "import confirm",
    "import dismiss",
    "import example",
    "import fetch",
    "import list",
    "import profiles",
    "init",
    "notices test",
    "person erasures",
    "person resume",
    "resync",
    "retention apply",
    "retention report",
    "retention show",
    "roster amend",
    "roster approve",
    "roster finalise",
    "roster finalised",
    "roster place",
    "roster priority",
    "run",
    "runs",
    "serve",
    "status",
    "sync",
    "threshold set",
    "threshold show",
    "user add",
    "user list",
    "user password",
    "user remove",
    "user sign-out",
    "user token",
}
"""Commands that name people by internal id, or only how many; findings of runs are in test_mass_loss.py."""


@pytest.fixture
def service(make_service: ServiceFactory, tmp_path: Path, campus: Campus) -> Service:
    """Give a service after a run, with everything in it that a command may show."""
    service = make_service(f"sqlite:///{tmp_path / 'latsar.db'}")
    dated = "starts = 2099-01-04\nends = 2099-01-08\ncapacity"
    service.config.write_text(service.config.read_text(encoding="utf-8").replace("capacity", dated), encoding="utf-8")
    service.first_run()
    [nip, *_] = sorted(service.roster())
    row = service.roster()[nip]
    with service.database.writing() as connection:
        run_id = runs.start_run(connection, "run", "host", 1, datetime.now(UTC))
        told = Message(MessageEvent.ADMITTED, "mooc", 7, row["participant_id"], "I", "Anda diterima.")
        messages.write_ahead(connection, PROGRAMME, told, None, run_id, datetime.now(UTC))
    return service


@pytest.fixture
def words(service: Service, command: Command, tmp_path: Path) -> dict[str, Callable[[], list[object]]]:
    """Give the words of each command that shows people, in a form that shows some."""
    settled = sorted(nip for nip, row in service.roster().items() if row["state"] == "confirmed")
    someone, other, held = settled[0], settled[1], settled[4]
    scores = tmp_path / "scores.csv"
    scores.write_text(f"NIP,Nilai,Materi selesai\n{someone},88,12/12\n", encoding="utf-8")
    today = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    paper = (
        "--kind",
        "surat_sehat",
        "--number",
        "S-1",
        "--issuer",
        "RSUD",
        "--date",
        today,
        "--valid-until",
        "2099-01-01",
    )
    command(service, "clearance", "add", someone, *paper, "--by", "Rina")
    command(service, "import", "scores", scores, "--programme", PROGRAMME, "--by", "Rina", "--apply")
    command(service, "override", "hold", held, *WHY)
    scores.write_text(f"NIP,Nilai,Materi selesai\n{someone},89,12/12\n", encoding="utf-8")
    return {
        "clearance add": lambda: [other, *paper, "--by", "Rina"],
        "clearance list": list,
        "db backup": lambda: [tmp_path / f"{token_hex()}.db"],
        "explain": lambda: [someone],
        "export attendance": lambda: ["--angkatan", "I", "-o", tmp_path / "hadir.xlsx"],
        "export chase": lambda: ["-o", tmp_path / "tagih.xlsx"],
        "export accounts": lambda: ["-o", tmp_path / "akun.csv"],
        "export recap": lambda: ["-o", tmp_path / "rekap.xlsx"],
        "export ledger": lambda: ["-o", tmp_path / "buku.xlsx"],
        "export summons": lambda: ["--angkatan", "I", "-o", tmp_path / "panggil.pdf"],
        "identity account": lambda: [someone, "--user", "77", *WHY],
        "identity correct": lambda: [other, "--to", "199904122025032066", *WHY],
        "identity list": list,
        "identity merge": lambda: [settled[2], settled[3], "--although-different", *WHY],
        "import scores": lambda: [scores, "--programme", PROGRAMME],
        "import show": lambda: ["1"],
        "notices list": list,
        "override admit": lambda: [someone, *WHY],
        "override hold": lambda: [someone, *WHY],
        "override list": list,
        "override release": lambda: [held, *WHY],
        "participants": list,
        "person erase": lambda: [someone, *WHY],
        "person export": lambda: [someone],
        "roster": list,
        "roster move": lambda: [someone, "--to", "II", *WHY],
        "threshold preview": lambda: ["99", "--programme", PROGRAMME],
    }


def shown_people(service: Service, text: str) -> int:
    """Count whose name, NIP or internal number of eighteen digits stands in a text."""
    digits = re.sub(r"(?<=\d) (?=\d)", "", text)
    with service.database.reading() as connection:
        rows = connection.execute(select(identities.c.nip, identities.c.name)).all()
    return sum(bool((row.nip and row.nip in digits) or (row.name and row.name in text)) for row in rows)


def test_every_command_is_known_to_show_people_or_not(words: dict[str, Callable[[], list[object]]]) -> None:
    untried = {"import participants", "notices preview", "plan"}  # below, and in test_notices.py
    untried |= {"certificate add", "certificate list", "certificate show"}  # in test_certificates.py
    untried |= {"import received", "import take"}  # in test_receiving.py
    untried |= {"export letters", "notices chase"}  # in test_to_institutions.py

    assert set(leaves()) - words.keys() - SHOWS_NOBODY - untried == set()


def test_every_command_that_shows_people_notes_it_before(
    service: Service, command: Command, words: dict[str, Callable[[], list[object]]], capsys: pytest.CaptureFixture[str]
) -> None:
    unnoted, silent, seen = [], [], set[str]()
    for name, more in words.items():
        for form in ([], ["--json"]):
            if name.startswith("export") and form:
                continue
            with service.database.reading() as connection:
                before = len(access.recorded_accesses(connection, [], 10_000))
            code, out, err = command(service, *name.split(), *more(), *form)
            if code != 0 and not (name == "threshold preview" or form):
                silent.append((name, code, err))
            with service.database.reading() as connection:
                noted = access.recorded_accesses(connection, [], 10_000)
            writes = any(word in name for word in ("export", "erase", "backup"))
            shown = shown_people(service, out) or (code == 0 and writes)
            if shown and len(noted) == before:
                unnoted.append((name, form))
            seen |= {name} if shown else set()

    assert unnoted == []
    assert words.keys() - seen == set(), "shown by neither form"
    assert silent == [], silent


@pytest.mark.parametrize("name", ["runs", "status", "roster finalised", "access-log", "import list", "threshold show"])
def test_a_command_that_is_said_to_show_nobody_shows_nobody(service: Service, command: Command, name: str) -> None:
    code, out, _ = command(service, *name.split(), "--json")

    assert code == 0
    assert shown_people(service, out) == 0


def test_a_plan_of_people_is_noted(make_service: ServiceFactory, command: Command, tmp_path: Path) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'plan.db'}")

    command(service, "plan")

    with service.database.reading() as connection:
        [noted] = access.recorded_accesses(connection, [], 10)
    assert noted.action == "plan"
    assert noted.people > 0


def test_a_look_at_a_list_of_participants_is_noted_too(
    make_service: ServiceFactory, command: Command, tmp_path: Path
) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'files.db'}")
    text = re.sub(
        r'\[programmes.source\]\nkind = "moodle"\nsite = "mooc"\ncourse = "MOOC-LATSAR"',
        '[programmes.source]\nkind = "import"',
        service.config.read_text(encoding="utf-8"),
    ).replace('item = "EVAL-AKADEMIK"', "maximum = 100")
    text = re.sub(r'source_group = "[^"]*"\n', "", text)
    service.config.write_text(text, encoding="utf-8")
    people = tmp_path / "people.csv"
    people.write_text("NIP,Nama,Angkatan,Instansi\n199508172025042003,Rina Kusuma,I,BKD\n", encoding="utf-8")

    code, out, err = command(service, "import", "participants", people, "--programme", PROGRAMME)

    assert code == 0, err
    assert "Rina Kusuma" in out
    with service.database.reading() as connection:
        [noted] = access.recorded_accesses(connection, [], 10)
    assert (noted.action, noted.programme, noted.people) == ("import participants", PROGRAMME, 1)


def test_a_view_that_cannot_be_noted_is_refused_by_that_reason(service: Service, command: Command) -> None:
    def only_read(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA query_only=ON")  # as for who may read the file and not write it

    service.run()
    event.listen(Engine, "connect", only_read)
    try:
        code, out, told = command(service, "participants")
    finally:
        event.remove(Engine, "connect", only_read)

    assert (code, out) == (1, "")
    assert "written down first, and this account may only read the database" in told


def test_what_may_be_the_last_copy_is_made_though_a_full_disk_takes_no_note_of_it(
    service: Service, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object) -> None:
        raise OperationalError("", {}, Exception("database or disk is full"))

    monkeypatch.setattr(context, "note_accesses", full)
    code, _, told = command(service, "db", "backup", tmp_path / "salinan.db")
    shown, _, _ = command(service, "participants")

    assert (code, shown) == (0, 1)
    assert "stands in no access log" in " ".join(told.split())
    assert (tmp_path / "salinan.db").is_file()
