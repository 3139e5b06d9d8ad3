"""Every form of the pages in one table: where it stands, what is typed, what another account does meanwhile.

The office of the table has something to act upon for each of them, and is put back before each form is tried.
"""

import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from dashboard import HOME, MISSED, OTHER, PASSED, Browser, Dashboard
from fastapi.routing import APIRoute
from fpdf import FPDF
from pydantic import SecretStr
from service import PROGRAMME, Service
from sqlalchemy import text
from unattended import Clock, open_service

from latsar_sync.demo import CASES
from latsar_sync.domain.account import Role
from latsar_sync.settings import RetentionSettings, Settings, WebhookSettings
from latsar_sync.settings.institutions import InstitutionSettings, MailSettings
from latsar_sync.settings.programmes import ClearanceSettings, MessageSettings, PlaceSettings
from latsar_sync.store import listings, webhooks
from latsar_sync.store.tables import metadata
from latsar_sync.web.app import PAGES

WHY = "Surat dr. Sjaiful 7/2026"
FREE_NIP = "199001012025031001"
BECAME = "Rapat panitia"
"""What the other account types meanwhile."""
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
FOUND = '[{"code": "too_many_pushes", "subject": "x", "before": "2", "now": "9"}]'
PLAN = '{"looked_at": ["too_many_pushes|x|2|9"], "more": false, "lines": []}'
LET_WAIT = text(
    "UPDATE roster_entries SET state = 'planned', origin = NULL, reason = 'awaiting_approval', version = version + 1 "
    "WHERE participant_id IN (SELECT participant_id FROM roster_entries WHERE angkatan = 'III' AND "
    "state = 'confirmed' AND reason IS NULL ORDER BY participant_id LIMIT 3)"
)
BESIDE = {
    "/sign-in": "nobody is signed in",
    "/sign-out": "ends the session; twice is as once",
    "/look": "language and colours of a browser, without an account",
    "/invitation/{token}": "nobody is signed in: test_invitations.py",
    "/programmes/{name}/people": "a search, which changes nothing",
    "/privacy/person": "a search, which changes nothing",
    "/me/password": "holds passwords, which no form shows again: test_sessions.py",
    "/me/sessions": "ends a session; twice is as once: test_sessions.py",
}
"""Forms beside the table, and why."""
NEVER_STALE = {
    *("/people/{participant_id}/sync", "/programmes/{name}/sync", "/programmes/{name}/runs/stop"),
    *("/programmes/{name}/preview", "/programmes/{name}/imports", "/programmes/{name}/certificates"),
    *("/setup", "/setup/backup", "/setup/webhooks/test", "/setup/webhooks/again"),
}
"""Forms about nothing that can be another one meanwhile; the table says why."""
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


def held_meanwhile(person: str) -> Meanwhile:
    """Return what lets the other account hold somebody."""

    def hold(office: Office) -> None:
        rina, address = office.browsers["rina"], f"/people/{office.people.get(person, person)}"
        rina.get(address)
        rina.post(f"{address}/decide", kind="hold", reason=BECAME)
        assert rina.page.status_code == 200, rina.text

    return hold


def does(page: str, address: str, by: str = "rina", checked: bool = False, **fields: Any) -> Meanwhile:
    """Return what lets another account send a form."""

    def do(office: Office) -> None:
        browser = office.browsers[by]
        browser.get(page)
        browser.post(address, **fields)
        if checked:
            browser.confirm()
        assert browser.page.status_code == 200, browser.text

    return do


def guarded(office: Office) -> None:
    """Let a guard hold the last run, and somebody have asked whom it would send."""
    with office.service.database.writing() as connection:
        connection.execute(text("UPDATE run_programmes SET outcome = 'guarded', findings = :found"), {"found": FOUND})
        connection.execute(
            text(
                "INSERT INTO run_requests (programme, scope, subject, requested_by, requested_at, not_before, state, "
                "plan) VALUES (:programme, 'preview', '1', 'rina', :now, :now, 'done', :plan)"
            ),
            {"programme": PROGRAMME, "now": "2026-01-01 00:00:00.000000", "plan": PLAN},
        )


def run_ended(office: Office) -> None:
    """Let a guard have found something else in the last run."""
    with office.service.database.writing() as connection:
        connection.execute(text("UPDATE run_programmes SET findings = :found"), {"found": FOUND.replace("9", "10")})
        connection.execute(
            text("UPDATE run_requests SET plan = :plan WHERE plan IS NOT NULL"), {"plan": PLAN.replace("9", "10")}
        )


def relearned(office: Office) -> None:
    """Let a layout of the same name have other columns."""
    office.learn(office.browsers["rina"], 2, "Siapa", "Apa", "LAN 2026")


def replaced(office: Office) -> None:
    """Let a newer file replace one of the scores that wait for another account."""
    rina = office.browsers["rina"]
    office.send(rina, "imports", "baru.csv", f"NIP;Nama;Nilai\r\n{MISSED};;99\r\n".encode())
    rina.post(f"{rina.page.url.path}/take")
    assert rina.page.status_code == 200, rina.text


def mailed(office: Office) -> None:
    """Let somebody else mail the lists of the same occasion."""
    does(f"{HOME}/letters", f"{HOME}/letters/chase", checked=True, occasion="Rapat 5 Desember")(office)


def given_up(office: Office) -> None:
    """Let something have been given up for a program."""
    with office.service.database.writing() as connection:
        webhooks.note_test(connection, "arsip", office.dashboard.clock())
        connection.execute(text("UPDATE webhook_deliveries SET state = 'given_up', error = 'x'"))


def corrected(office: Office) -> None:
    """Let the NIP of the person be corrected."""
    address = f"/people/{office.held}"
    does(address, f"{address}/nip", "wati", nip=FREE_NIP, why=BECAME)(office)


def forms_of(office: Office) -> dict[str, FilledForm]:
    """Return every form, by the route that takes it."""
    missed, passed = office.people["missed"], office.people["passed"]
    one, stays, goes = f"/people/{missed}", f"/people/{office.stays}", f"/people/{office.goes}"
    held = held_meanwhile("missed")
    reason, why = ("reason", "Reason"), ("why", "Reason")
    imports, files, certificates = f"{HOME}/imports", f"{HOME}/imports/1", f"{HOME}/certificates"
    merged = does(stays, f"{stays}/merge", checked=True, other=office.goes, why=WHY)
    accounts = {"page": "/accounts", "by": "rina"}
    rights = does("/accounts", "/accounts/rights", "wati", name="budi", role="panitia")
    letters = f"{HOME}/letters"
    erase = f"/privacy/people/{office.held}"
    resume = f"/privacy/people/{office.erased}"
    typed_paper = {**PAPER, "number": "RS 12", "issuer": WHY}
    makes = "makes something new; what was sent before is refused as such, or known again"
    shows = "shows this once what it makes: the answer to the second click is the one that is seen"
    asks = "asks for a run, which reads everything anew"
    return {
        "/people/{participant_id}/sync": FilledForm(one, f"{one}/sync", stale=asks),
        "/people/{participant_id}/decide": FilledForm(
            one, f"{one}/decide", {"kind": "hold", "reason": WHY, "until": "2027-01-31"}, held, said=reason
        ),
        "/people/{participant_id}/move": FilledForm(one, f"{one}/move", {"to": "II", "why": WHY}, held, said=why),
        "/people/{participant_id}/paper": FilledForm(
            one, f"{one}/paper", typed_paper, held, said=("issuer", "Issued by")
        ),
        "/people/{participant_id}/nip": FilledForm(one, f"{one}/nip", {"nip": FREE_NIP, "why": WHY}, held, said=why),
        "/people/{participant_id}/merge": FilledForm(
            stays,
            f"{stays}/merge",
            {"other": office.goes, "why": WHY},
            held_meanwhile(office.goes),
            said=why,
            checked=True,
        ),
        "/people/{participant_id}/part": FilledForm(
            goes, f"{goes}/part", {"why": WHY}, held_meanwhile(office.goes), said=why, first=merged
        ),
        "/people/{participant_id}/account": FilledForm(
            one, f"{one}/account", {"user": "4711", "why": WHY}, held, said=why
        ),
        "/programmes/{name}/selected": FilledForm(
            f"{HOME}/people",
            f"{HOME}/selected",
            {"who": [passed], "action": "hold", "why": WHY},
            held_meanwhile("passed"),
            said=why,
            checked=True,
        ),
        "/programmes/{name}/approve": FilledForm(
            f"{HOME}/roster?angkatan=III",
            f"{HOME}/approve",
            {"everybody": "yes"},
            lambda office: held_meanwhile(office.waiting())(office),
        ),
        "/programmes/{name}/finalise": FilledForm(
            f"{HOME}/roster?angkatan=II",
            f"{HOME}/finalise",
            {"sk": "SK 9 2026", "dated": "2026-11-20"},
            lambda office: held_meanwhile(office.listed("II"))(office),
            said=("sk", "Number of the decree (SK)"),
            checked=True,
        ),
        "/programmes/{name}/sync": FilledForm(f"{HOME}/runs", f"{HOME}/sync", stale=asks),
        "/programmes/{name}/runs/stop": FilledForm(
            f"{HOME}/runs", f"{HOME}/runs/stop", stale="says of a run that has ended that it has"
        ),
        "/programmes/{name}/preview": FilledForm(f"{HOME}/runs", f"{HOME}/preview", stale=asks, first=guarded),
        "/programmes/{name}/accept": FilledForm(f"{HOME}/runs", f"{HOME}/accept", meanwhile=run_ended, first=guarded),
        "/programmes/{name}/threshold": FilledForm(
            f"{HOME}/threshold?value=81",
            f"{HOME}/threshold",
            {"legal_basis": WHY},
            does(f"{HOME}/threshold?value=82", f"{HOME}/threshold", checked=True, legal_basis=BECAME),
            said=("legal_basis", "Legal basis"),
            checked=True,
        ),
        "/programmes/{name}/clearances": FilledForm(
            f"{HOME}/clearances",
            f"{HOME}/clearances",
            {**typed_paper, "nip": PASSED},
            does(f"{HOME}/clearances", f"{HOME}/clearances", **typed_paper, nip=PASSED),
            said=("issuer", "Issued by"),
        ),
        "/programmes/{name}/clearances/{number}/revoke": FilledForm(
            f"{HOME}/clearances",
            f"{HOME}/clearances/1/revoke",
            {"why": WHY},
            does(f"{HOME}/clearances", f"{HOME}/clearances/1/revoke", why=BECAME),
            said=why,
        ),
        "/programmes/{name}/imports": FilledForm(
            imports, imports, stale=makes, file=("baru.csv", f"NIP;Angkatan\r\n{MISSED};III\r\n".encode())
        ),
        "/programmes/{name}/imports/{number}/take": FilledForm(
            files,
            f"{files}/take",
            {"why": WHY},
            does(f"/people/{passed}", f"/people/{passed}/move", to="III", why=BECAME),
            said=why,
        ),
        "/programmes/{name}/imports/{number}/columns": FilledForm(
            f"{imports}/2",
            f"{imports}/2/columns",
            {"kind": "scores", "nip": "Siapa", "score": "Apa", "layout": "BKD Kudus 2026"},
            lambda office: office.learn(office.browsers["rina"], 2, "Siapa", "Apa", "Lain"),
            said=("layout", "Name of the layout"),
        ),
        "/programmes/{name}/imports/layouts/forget": FilledForm(
            imports, f"{imports}/layouts/forget", {"layout": "LAN 2026"}, relearned
        ),
        "/programmes/{name}/imports/{number}/dismiss": FilledForm(
            files, f"{files}/dismiss", {"why": WHY}, does(files, f"{files}/take", why=BECAME), said=why
        ),
        "/programmes/{name}/imports/{number}/confirm": FilledForm(
            f"{imports}/recorded/1", f"{imports}/1/confirm", meanwhile=replaced
        ),
        "/programmes/{name}/certificates": FilledForm(
            certificates, certificates, stale=makes, file=("satu.pdf", certificate(PASSED))
        ),
        "/programmes/{name}/certificates/{number}/confirm": FilledForm(
            f"{certificates}/1",
            f"{certificates}/1/confirm",
            {"nip": CERTIFIED, "score": "88,5", "date": "12 April 2026", "certificate": "12 MOOC 2026"},
            does(f"{certificates}/1", f"{certificates}/1/reject", reason="not_signed"),
            checked=True,
        ),
        "/programmes/{name}/certificates/{number}/reject": FilledForm(
            f"{certificates}/1",
            f"{certificates}/1/reject",
            {"reason": "not_signed"},
            does(f"{certificates}/1", f"{certificates}/1/reject", reason="unreadable"),
        ),
        "/programmes/{name}/letters/chase": FilledForm(
            letters,
            f"{letters}/chase",
            {"occasion": "Rapat 5 Desember"},
            mailed,
            said=("occasion", "Occasion"),
            checked=True,
        ),
        "/accounts": FilledForm(
            **accounts,
            to="/accounts",
            fields={"name": "Dewi Lestari", "role": "viewer"},
            meanwhile=does("/accounts", "/accounts", "wati", name="Dewi Lestari", role="viewer"),
            said=("name", "Name"),
        ),
        "/accounts/rights": FilledForm(
            **accounts, to="/accounts/rights", fields={"name": "budi", "role": "admin", "bound": []}, meanwhile=rights
        ),
        "/accounts/invite": FilledForm(
            **accounts, to="/accounts/invite", fields={"name": "budi"}, meanwhile=rights, again=shows
        ),
        "/accounts/sign-out": FilledForm(
            **accounts, to="/accounts/sign-out", fields={"name": "budi"}, meanwhile=rights, records=False
        ),
        "/accounts/remove": FilledForm(**accounts, to="/accounts/remove", fields={"name": "budi"}, meanwhile=rights),
        "/accounts/token": FilledForm(
            **accounts, to="/accounts/token", fields={"name": "budi"}, meanwhile=rights, again=shows
        ),
        "/accounts/token/end": FilledForm(
            **accounts, to="/accounts/token/end", fields={"name": "budi"}, meanwhile=rights
        ),
        "/setup": FilledForm("/setup", "/setup", by="rina", stale=asks, records=False),
        "/setup/backup": FilledForm("/setup", "/setup/backup", by="rina", stale=makes, records=False),
        "/setup/webhooks/test": FilledForm("/setup", "/setup/webhooks/test", {"name": "arsip"}, by="rina", stale=makes),
        "/setup/webhooks/again": FilledForm(
            "/setup",
            "/setup/webhooks/again",
            {"name": "arsip"},
            by="rina",
            stale="what was sent meanwhile waits no more",
            records=False,
            first=given_up,
        ),
        "/privacy/people/{participant_id}/erase": FilledForm(
            erase, f"{erase}/erase", {"reason": "Surat 5 2026"}, corrected, by="rina", said=reason, checked=True
        ),
        "/privacy/people/{participant_id}/resume": FilledForm(
            resume,
            f"{resume}/resume",
            {"reason": "Surat 6 2026"},
            does(resume, f"{resume}/resume", "wati", checked=True, reason=BECAME),
            by="rina",
            said=reason,
            checked=True,
        ),
        "/privacy/destroy": FilledForm(
            "/privacy",
            "/privacy/destroy",
            {"programme": OTHER},
            does("/privacy", "/privacy/destroy", "wati", checked=True, programme=OTHER),
            by="rina",
            checked=True,
        ),
    }


def routes_of_forms() -> list[str]:
    """Return the routes of all pages that take a form."""
    routes = [route for page in PAGES for route in page.router.routes if isinstance(route, APIRoute)]
    return [route.path for route in routes if "POST" in route.methods]
