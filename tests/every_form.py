"""Every form of the pages in one table: where it stands, what is typed, what another account does meanwhile.

The office of the table has something to act upon for each of them, and is put back before each form is tried.
"""

from typing import Any

from acting_office import CERTIFIED, PAPER, FilledForm, Meanwhile, Office, certificate
from dashboard import HOME, MISSED, OTHER, PASSED
from fastapi.routing import APIRoute
from service import PROGRAMME
from sqlalchemy import text

from latsar_sync.store import webhooks
from latsar_sync.web.app import PAGES

WHY = "Surat dr. Sjaiful 7/2026"
FREE_NIP = "199001012025031001"
BECAME = "Rapat panitia"
"""What the other account types meanwhile."""
FOUND = '[{"code": "too_many_pushes", "subject": "x", "before": "2", "now": "9"}]'
PLAN = '{"looked_at": ["too_many_pushes|x|2|9"], "more": false, "lines": []}'
BESIDE = {
    "/sign-in": "nobody is signed in",
    "/sign-out": "ends the session; twice is as once",
    "/look": "language and colours of a browser, without an account",
    "/invitation/{token}": "nobody is signed in: test_invitations.py",
    "/programmes/{name}/people": "a search, which changes nothing",
    "/privacy/person": "a search, which changes nothing",
    "/me/password": "holds passwords, which no form shows again: test_sessions.py",
    "/me/sessions": "ends a session; twice is as once: test_sessions.py",
    "/me/token/end": "ends a token; twice is as once: test_invitations.py",
}
"""Forms beside the table, and why."""
NEVER_STALE = {
    *("/people/{participant_id}/sync", "/programmes/{name}/sync", "/programmes/{name}/runs/stop"),
    *("/programmes/{name}/preview", "/programmes/{name}/imports", "/programmes/{name}/certificates"),
    *("/setup", "/setup/backup", "/setup/webhooks/test", "/setup/webhooks/again"),
}
"""Forms about nothing that can be another one meanwhile; the table says why."""


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
    office.learn(office.browsers["wati"], 2, "Siapa", "Apa", "LAN 2026")


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
            imports, f"{imports}/layouts/forget", {"layout": "LAN 2026"}, relearned, by="rina", checked=True
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
