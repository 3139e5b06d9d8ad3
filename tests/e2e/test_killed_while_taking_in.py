"""A real process that takes in files is killed (SIGKILL) between any two of its steps; the next look ends it."""

import io
import os
import shutil
import signal
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from forked import forked
from kill_driver import take_in, text_at_hand
from sqlalchemy import select

from latsar_sync.actions import received_certificates
from latsar_sync.demo import CASES
from latsar_sync.service.receiving import fetch
from latsar_sync.settings import load_settings
from latsar_sync.store import certificates, imports, received
from latsar_sync.store.database import Database
from latsar_sync.store.tables import identities

PROGRAMME = "berkas"
PEOPLE = [str(case) for case in CASES["passed"][:3]]
LIST = "NIP;Nama;Angkatan\r\n" + "".join(f"{nip};Peserta {'ABC'[n]} Uji;I\r\n" for n, nip in enumerate(PEOPLE))
SCORES = "NIP;Nilai;Materi selesai\r\n" + "".join(f"{nip};80,5;12/12\r\n" for nip in PEOPLE)
WRONG = SCORES.replace("80,5", "seratus", 1)
PATIENCE = 60.0
STORE, FILES = "latsar_sync.store", "latsar_sync.files"
POINTS = [
    # the list: written down, taken, settled, and the transaction's end
    (f"{STORE}.received:record", "before", 1),
    (f"{STORE}.received:record", "after", 1),
    (f"{FILES}.receiving:take_by_itself", "before", 1),
    (f"{STORE}.imports:record_import", "after", 1),
    (f"{STORE}.received:settle", "before", 1),
    (f"{STORE}.received:settle", "after", 1),
    # between the transaction, the report and the move
    (f"{FILES}.watched_folder:_put_away", "before", 1),
    ("os:replace", "before", 1),
    ("os:replace", "after", 1),
    ("os:replace", "after", 2),
    # the second file, the certificates of a ZIP, the one that is refused
    (f"{STORE}.received:record", "after", 2),
    (f"{STORE}.certificates:add", "before", 2),
    (f"{STORE}.certificates:add", "after", 2),
    ("os:replace", "after", 5),
    (f"{STORE}.received:record", "after", 3),
    ("os:replace", "before", 8),
]


def certificate(nip: str) -> bytes:
    return f"%PDF-1.4\nSERTIFIKAT\nNIP: {nip}\nNilai: 85,50\n12 April 2026\n".encode()


class Intake:
    """A programme on files with a folder in which a list, scores, a ZIP of certificates and a wrong file lie."""

    def __init__(self, folder: Path, template: Path | None = None) -> None:
        self.folder, self.config = folder / "masuk", folder / "latsar.toml"
        self.folder.mkdir(parents=True)
        self.config.write_text(
            f"""
database_url = "sqlite:///{folder / "latsar.db"}"
[sites.kelas]
url = "https://kelas.example.go.id"
token_env = "T"
[[programmes]]
id = "{PROGRAMME}"
title = "Latsar dari berkas"
[programmes.source]
kind = "import"
[programmes.intake]
folder = "masuk"
settled = 1
apply_participants = true
[programmes.evaluation]
threshold = {{ value = 70, scale = "points", legal_basis = "Uji" }}
[[programmes.angkatan]]
id = "I"
site = "kelas"
course = "KLS-I"
role_id = 5
""",
            encoding="utf-8",
        )
        if template is not None:
            shutil.copy(template, folder / "latsar.db")
        self.settings = load_settings(self.config, {"T": "x"})
        self.database = Database(self.settings.database_url)
        self.database.upgrade()

    def fill(self) -> None:
        """Lay down the files, as if they had lain there for a minute."""
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as archive:
            for number, nip in enumerate(PEOPLE[:2]):
                archive.writestr(f"{number}.pdf", certificate(nip))
        contents = {
            "1.csv": LIST.encode(),
            "2.csv": SCORES.encode(),
            "3.zip": zipped.getvalue(),
            "4.csv": WRONG.encode(),
        }
        for name, content in contents.items():
            (self.folder / name).write_bytes(content)
            os.utime(self.folder / name, (0, 0))

    def look(self) -> None:
        """Look once, in this process."""
        fetch(self.settings, self.database, self.settings.programmes[0], lambda: datetime.now(UTC))

    def ending(self) -> dict[str, object]:
        """Return how everything stands: people, imports, received files, certificates, and where each file lies."""
        with self.database.reading() as connection:
            people = sorted(map(tuple, connection.execute(select(identities.c.nip, identities.c.name))))
            files = [(each.name, str(each.state)) for each in received.listed(connection, [PROGRAMME])]
            recorded = [(row["kind"], row["counts"]) for row in imports.recorded_imports(connection, [PROGRAMME])]
            papers = sorted(row["nip"] or "" for row in certificates.listed(connection, PROGRAMME))
        lying = sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.*") if path.is_file())
        plain = {name for name in lying if not name.endswith(".tmp")}
        return {"people": people, "files": files, "imports": recorded, "papers": papers, "lying": plain}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database."""
    intake = Intake(tmp_path_factory.mktemp("kosong") / "k")
    intake.database.close()
    return intake.config.with_name("latsar.db")


@pytest.fixture
def make_folder(template: Path, tmp_path: Path) -> Callable[[str], Intake]:
    """Return how to make a programme with an empty folder and database."""
    return lambda name: Intake(tmp_path / name, template)


def test_killed_between_any_two_steps_the_next_looks_come_to_the_undisturbed_end(
    make_folder: Callable[[str], Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(received_certificates, "read_texts", text_at_hand)
    undisturbed = make_folder("undisturbed")
    undisturbed.fill()
    undisturbed.look()
    expected = undisturbed.ending()
    assert [state for _name, state in expected["files"]] == ["taken", "waiting", "rejected"]  # type: ignore[attr-defined]
    assert expected["papers"] == sorted(PEOPLE[:2])

    endings, dying = {}, []
    for number, point in enumerate(POINTS):
        killed = make_folder(f"killed-{number}")
        killed.fill()
        dying.append((point, killed, forked(take_in, str(killed.config), {"T": "x"}, *point)))
    for point, killed, process in dying:
        assert process.wait(PATIENCE) == -signal.SIGKILL, point
        killed.look()
        killed.look()
        endings[point] = killed.ending()
        killed.database.close()

    assert {point: end for point, end in endings.items() if end != expected} == {}
