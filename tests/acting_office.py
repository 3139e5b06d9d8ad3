"""An office in which every form of the pages has something to act upon, and that is put back after each."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dashboard import HOME, MISSED, OTHER, PASSED, Browser, Dashboard
from fpdf import FPDF
from pydantic import SecretStr
from service import PROGRAMME, Service
from sqlalchemy import text
from unattended import Clock, open_service

from latsar_sync.demo import CASES
from latsar_sync.domain.account import Role
from latsar_sync.settings import RetentionSettings, Settings, WebhookSettings
from latsar_sync.settings.angkatan import PlaceSettings
from latsar_sync.settings.institutions import InstitutionSettings, MailSettings
from latsar_sync.settings.judging import ClearanceSettings
from latsar_sync.settings.programmes import MessageSettings
from latsar_sync.store import listings
from latsar_sync.store.tables import metadata

PASSING = {"access_log", "web_sessions", "database_mark", "action_keys", "daemons", "leases", "restorations"}
"""Tables of which a row more is no action."""
IN_PLACE = {
    "accounts": "role || ifnull(token_hash, '') || ifnull(invitation_hash, '') || ifnull(password_hash, '')",
    "certificates": "state",
    "column_profiles": "ifnull(forgotten_at, '')",
    "received_files": "state",
    "roster_entries": "version",
    "run_requests": "ifnull(stopped_by, '')",
}
"""Tables of which rows are changed, and what is told of them."""
OTHER_HOME = f"/programmes/{OTHER}"
ERASED, HELD = str(CASES["score_zero"][0]), str(CASES["score_69_99"][0])
CERTIFIED = str(CASES["score_69_996"][0])
PAPER = {"kind": "surat_sehat", "issued": "2026-01-05", "valid_until": "2027-01-05"}
LET_WAIT = text(
    "UPDATE roster_entries SET state = 'planned', origin = NULL, reason = 'awaiting_approval', version = version + 1 "
    "WHERE participant_id IN (SELECT participant_id FROM roster_entries WHERE angkatan = 'III' AND "
    "state = 'confirmed' AND reason IS NULL ORDER BY participant_id LIMIT 3)"
)
Meanwhile = Callable[["Office"], None]


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form: the page on which it stands, where it goes, what somebody fills in, and what another did meanwhile.

    ``said`` is a text of free words, with the name by which a refusal calls it; ``stale`` says of forms about nothing
    that can be another one meanwhile why; ``first`` is done before the page is opened.
    """

    page: str
    to: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    meanwhile: Meanwhile | None = None
    stale: str = ""
    said: tuple[str, str] | None = None
    first: Meanwhile | None = None
    file: tuple[str, bytes] | None = None
    again: str = ""
    "Why a second time does more, if it does."
    checked: bool = False
    by: str = "sari"
    records: bool = True

    @property
    def typed(self) -> list[str]:
        """The texts that must stand in the form again."""
        return [value for value in self.fields.values() if isinstance(value, str) and " " in value]


class Post:
    """A mail server that takes everything."""

    def __init__(self, *_arguments: Any, **_more: Any) -> None:
        pass

    def noop(self) -> tuple[int, bytes]:
        return 250, b"OK"

    def __getattr__(self, _name: str) -> Any:
        return lambda *_arguments, **_more: None


class Office:
    """A dashboard in which there is something to act upon for every form; ``put_back`` makes it as it was."""

    def __init__(self, after_one_run: Path, folder: Path) -> None:
        shutil.copy(after_one_run / "latsar.db", folder)
        config = folder / "latsar.toml"
        told = (after_one_run / "latsar.toml").read_text(encoding="utf-8").replace(str(after_one_run), str(folder))
        config.write_text(told, encoding="utf-8")
        opened = open_service(config)
        settings = furnished(opened.settings, opened, folder)
        self.service = Service(config, settings, opened.database)
        self.dashboard = Dashboard(self.service, Clock(datetime.now(UTC)))
        self.people = {who: self.dashboard.id_of(nip) for who, nip in (("missed", MISSED), ("passed", PASSED))}
        self.stays, self.goes = (self._of_account(int(each)) for each in CASES["nip_shared"])
        self.browsers: dict[str, Browser] = {}
        self._furnish()
        self.tokens = {name: self._token_of(each) for name, each in self.browsers.items()}
        self._cookies = {name: dict(each.client.cookies) for name, each in self.browsers.items()}
        self._kept = sqlite3.connect(folder / "kept.db", check_same_thread=False)
        self._now = self.dashboard.clock.now
        self._copy(to_kept=True)

    def put_back(self) -> None:
        """Make everything as it was when the office was furnished."""
        self._copy(to_kept=False)
        self.dashboard.clock.now = self._now
        for name, each in self.browsers.items():
            each.client.cookies.clear()
            for key, value in self._cookies[name].items():
                each.client.cookies.set(key, value)

    def close(self) -> None:
        """Let go of the databases."""
        self._kept.close()
        self.service.database.close()

    def state(self) -> dict[str, Any]:
        """Return how much stands in each table, and what is changed in place."""
        asked = {each.name: "count(*)" for each in metadata.sorted_tables if each.name not in PASSING}
        asked |= {table: f"count(*) || group_concat({what})" for table, what in IN_PLACE.items()}
        selected = ", ".join(f"(SELECT {what} FROM {table}) AS {table}" for table, what in asked.items())
        with self.service.database.reading() as connection:
            return dict(connection.exec_driver_sql(f"SELECT {selected}").one()._mapping)

    def _copy(self, to_kept: bool) -> None:
        engine = self.service.database.engine
        connection = engine.raw_connection()
        try:
            own = connection.driver_connection
            assert isinstance(own, sqlite3.Connection)
            if to_kept:
                own.backup(self._kept)
            else:
                self._kept.backup(own)
        finally:
            connection.close()

    def _token_of(self, browser: Browser) -> str:
        browser.get("/me")
        return browser.token

    def _of_account(self, user_id: int) -> str:
        with self.service.database.reading() as connection:
            rows = listings.participant_rows(connection, [PROGRAMME])
        return str(next(row["participant_id"] for row in rows if row["source_user_id"] == user_id))

    def _furnish(self) -> None:
        dashboard = self.dashboard
        dashboard.add("rina")
        dashboard.add("wati")
        dashboard.add("sari", Role.PANITIA, programmes=(PROGRAMME,))
        dashboard.add("budi", Role.VIEWER, programmes=(PROGRAMME,))
        for name in ("rina", "wati", "sari", "budi"):
            self.browsers[name] = dashboard.browser(name).in_english()
        dashboard.browser("sari")  # on another computer
        rina = self.browsers["rina"]
        self.send(rina, "imports", "urutan.csv", f"NIP;Angkatan\r\n{PASSED};III\r\n".encode())
        self.send(rina, "imports", "asing.csv", f"Siapa;Apa\r\n{PASSED};88\r\n".encode())
        self.send(rina, "imports", "nilai.csv", f"NIP;Nama;Nilai\r\n{PASSED};;88,5\r\n{MISSED};;71\r\n".encode())
        rina.post(f"{HOME}/imports/3/take")
        self.send(rina, "imports", "lain.csv", f"Orangnya;Angkanya\r\n{PASSED};88\r\n".encode())
        rina.get(f"{HOME}/imports/4")
        self.learn(rina, 4, "Orangnya", "Angkanya", "LAN 2026")
        self.send(rina, "certificates", "sertifikat.pdf", certificate(CERTIFIED))
        rina.get(f"{HOME}/clearances")
        rina.post(f"{HOME}/clearances", **PAPER, nip=PASSED, number="RS 1", issuer="RSUD Kudus")
        rina.get(f"{OTHER_HOME}/roster")
        self.erased, self.held = dashboard.id_of(ERASED), dashboard.id_of(HELD)
        address = f"/privacy/people/{self.erased}"
        rina.get(address)
        rina.post(f"{address}/erase", reason="Surat 1/2026")
        rina.confirm()
        rina.get("/accounts")
        rina.post("/accounts/token", name="budi")
        rina.get("/accounts")
        rina.post("/accounts", name="joko", role="viewer")
        self.invited = re.findall(r"/invitation/([\w-]+)", rina.page.text)[0]
        with self.service.database.writing() as connection:
            connection.execute(LET_WAIT)
            connection.execute(
                text(
                    "INSERT INTO run_requests (programme, scope, subject, requested_by, requested_at, not_before, "
                    "state) VALUES (:programme, 'incremental', '', 'rina', :now, :now, 'running')"
                ),
                {"programme": PROGRAMME, "now": "2026-01-01 00:00:00.000000"},
            )

    def send(self, browser: Browser, where: str, name: str, content: bytes) -> None:
        """Send a file by the form of its page."""
        address = f"{HOME}/{where}"
        browser.get(address)
        data = {**browser.hidden(address), "csrf": browser.token}
        browser.page = browser.client.post(address, data=data, files={"file": (name, content)})
        assert browser.page.status_code == 200, browser.text

    def learn(self, browser: Browser, number: int, nip: str, score: str, name: str) -> None:
        """Say which columns of a file are NIP and score."""
        browser.get(f"{HOME}/imports/{number}")
        browser.post(f"{HOME}/imports/{number}/columns", kind="scores", nip=nip, score=score, layout=name)
        assert browser.page.status_code == 200, browser.text

    def waiting(self) -> str:
        """Return one of those who wait for approval."""
        return self._on_roster("III", "awaiting_approval")

    def listed(self, angkatan: str) -> str:
        """Return one of those who stand on a roster."""
        return self._on_roster(angkatan, None)

    def _on_roster(self, angkatan: str, reason: str | None) -> str:
        rows = self.service.roster().values()
        return next(
            str(row["participant_id"]) for row in rows if (row["angkatan"], row["roster_reason"]) == (angkatan, reason)
        )

    def other(self, asked: FilledForm) -> Browser:
        """Return the browser of another account than the one that fills in a form."""
        return self.browsers["rina" if asked.by == "sari" else "wati"]


def certificate(nip: str) -> bytes:
    """Return a certificate as a PDF."""
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    for line in ("SERTIFIKAT", "Nomor: 12/MOOC/2026", "Nama: Sri", f"NIP: {nip}", "Nilai: 85,50", "12 April 2026"):
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def furnished(settings: Settings, service: Service, folder: Path) -> Settings:
    """Return settings with everything that a form may need."""
    rows = service.participants().values()
    own = tuple(
        each.model_copy(
            update={
                "messages": MessageSettings(reminders=(3,)),
                "clearances": ClearanceSettings(participant=("surat_sehat",)),
                "places": (PlaceSettings(name="Barat"), PlaceSettings(name="Timur")),
                "angkatan": each.angkatan
                if each.id == PROGRAMME
                else tuple(one.model_copy(update={"ends": date(2020, 1, 31)}) for one in each.angkatan),
            }
        )
        for each in settings.programmes
    )
    institution = next(str(row["institution"]) for row in rows if row["institution"])
    return settings.model_copy(
        update={
            "programmes": own,
            "service": settings.service.model_copy(update={"backup_folder": folder / "copies"}),
            "retention": RetentionSettings(access_log=12, legal_basis="UU 27/2022"),
            "institutions": (InstitutionSettings(name=institution, email="diklat@uji.example.go.id"),),
            "mail": MailSettings(host="smtp.uji.example.go.id", sender="latsar@uji.example.go.id"),
            "webhooks": {
                "arsip": WebhookSettings(url="https://arsip.uji.example.go.id/x", secret=SecretStr("whsec_" + "A" * 44))
            },
        }
    )
