"""The pages of certificates, letters, chase lists by mail and priority, without JavaScript."""

import io
import re
import smtplib
import zipfile
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from dashboard import HOME, MISSED, PASSED, Browser, Dashboard
from fpdf import FPDF
from service import TOKENS
from unattended import wait_for

from latsar_sync.domain import figures, language
from latsar_sync.settings import load_settings
from latsar_sync.web import certificates

OFFICE = """
[[institutions]]
name = "{name}"
email = "diklat@uji.example.go.id"
[mail]
host = "smtp.example.go.id"
sender = "latsar@example.go.id"
"""


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield


@pytest.fixture
def reading(sari: Browser) -> Browser:
    return sari.in_english()


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a document be shown without how it looks, which the first test is about."""
    monkeypatch.setattr(certificates, "pictures_of", lambda *_: ([], 0))


def certificate(nip: str, score: str = "85,50", name: str = "Sri Wahyuni") -> bytes:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=12)
    pdf.add_page()
    for line in (
        "SERTIFIKAT",
        "Nomor: 12/MOOC/2026",
        f"Nama: {name}",
        f"NIP: {nip}",
        f"Nilai: {score}",
        "12 April 2026",
    ):
        pdf.cell(text=line, new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def send(browser: Browser, name: str, content: bytes) -> str:
    """Hand in a file on the page of certificates, and return the text of the page that follows."""
    address = f"{HOME}/certificates"
    browser.get(address)
    data = {**browser.hidden(address), "csrf": browser.token}
    browser.page = browser.client.post(address, data=data, files={"file": (name, content)})
    return browser.text


def test_a_certificate_is_looked_at_beside_its_person_checked_and_confirmed_by_another_account(
    dashboard: Dashboard, reading: Browser
) -> None:
    shown = send(reading, "sertifikat.pdf", certificate(MISSED))
    html = reading.page.text
    needed = reading.get(HOME)
    reading.get(f"{HOME}/certificates/1")
    checked = reading.post(
        f"{HOME}/certificates/1/confirm", nip=MISSED, score="88,5", date="12 April 2026", certificate="12/MOOC/2026"
    )
    before = dashboard.service.count("imported_scores")
    said = reading.confirm()
    other = dashboard.browser("rina").in_english()
    other.get(f"{HOME}/imports/recorded/1")
    confirmed = other.post(f"{HOME}/imports/1/confirm")
    gone = reading.client.get(f"{HOME}/certificates/1/document")
    after_all = reading.get(f"{HOME}/certificates/1")
    back = reading.post(f"{HOME}/certificates/1/reject", reason="not_signed")

    assert "1 certificate waits to be looked at" in needed
    assert "It is none after all?" in after_all
    assert "Taken back by import 2, which waits for another account" in back
    assert 'src="data:image/jpeg;base64,' in html  # the document itself, without a script
    assert 'value="85,50"' in html
    assert "Whose it is" in shown
    assert "Name in the document Sri Wahyuni" in shown
    assert "The document names somebody else: look at both." in shown
    assert "names somebody else" in checked
    assert "Take over this certificate?" in checked
    assert "88.5" in checked
    assert before == 0
    assert "it waits for another account" in said
    assert "Confirmed." in confirmed
    assert dashboard.service.count("score_confirmations") == 1
    assert gone.status_code == 404
    noted = [each.action for each in dashboard.accesses()]
    assert {"certificate add", "certificate", "certificate confirm", "certificates"} <= set(noted)


@pytest.mark.usefixtures("without_pictures")
def test_a_score_that_came_in_since_the_second_look_is_told_and_nothing_is_taken_over(
    dashboard: Dashboard, reading: Browser
) -> None:
    send(reading, "satu.pdf", certificate(MISSED))
    facts = {"nip": MISSED, "date": "12 April 2026"}
    reading.post(f"{HOME}/certificates/1/confirm", **facts, score="88,5")
    other = dashboard.browser("rina").in_english()
    send(other, "dua.pdf", certificate(MISSED, "90"))
    other.post(f"{HOME}/certificates/2/confirm", **facts, score="90")
    other.confirm()
    late = reading.confirm()

    assert "Another score of this person came in meanwhile." in late
    assert dashboard.service.count("imported_scores") == 1


@pytest.mark.usefixtures("without_pictures")
def test_a_zip_of_certificates_is_taken_whole_and_one_without_a_nip_is_given_one(
    dashboard: Dashboard, reading: Browser
) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("satu.pdf", certificate(MISSED))
        archive.writestr("dua.pdf", certificate("tidak terbaca"))
    said = send(reading, "semua.zip", made.getvalue())
    again = send(reading, "lagi.zip", made.getvalue())
    broken = send(reading, "rusak.zip", made.getvalue()[:200])
    listed = reading.get(f"{HOME}/certificates")
    unmatched = reading.get(f"{HOME}/certificates/2")
    nobody = reading.post(f"{HOME}/certificates/2/confirm", nip="", score="85,5", date="12 April 2026")
    reading.get(f"{HOME}/certificates/2")
    checked = reading.post(f"{HOME}/certificates/2/confirm", nip=PASSED, score="85,5", date="12 April 2026")

    assert "2 certificates were taken in." in said
    assert "2 were known already" in again
    assert "neither a PDF nor a ZIP" in broken
    assert "To be looked at: 2" in listed
    assert "matches nobody" in listed
    assert "It matches nobody: read the NIP" in unmatched
    assert "Nobody in the programme has the NIP" in nobody
    assert "Take over this certificate?" in checked
    assert dashboard.service.count("imported_scores") == 0


@pytest.mark.usefixtures("without_pictures")
def test_who_may_only_look_hands_in_and_decides_nothing(dashboard: Dashboard, reading: Browser) -> None:
    send(reading, "sertifikat.pdf", certificate(MISSED))
    viewer = dashboard.browser("budi").in_english()
    shown = viewer.get(f"{HOME}/certificates/1")
    refused = [
        viewer.client.post(f"{HOME}{address}", data={"csrf": viewer.token}).status_code
        for address in ("/certificates/1/confirm", "/certificates/1/reject", "/letters/chase")
    ]

    assert "Refuse it" not in shown
    assert refused == [403, 403, 403]
    assert viewer.client.get("/programmes/latsar-2026-ii/certificates").status_code == 404


def institution_of(dashboard: Dashboard) -> str:
    """Return the institution with most people who have a seat."""
    going = [row["institution"] for row in dashboard.service.roster().values() if row["state"] == "confirmed"]
    return str(max(sorted(set(going)), key=going.count))


def test_letters_are_listed_by_institution_and_come_as_a_zip_of_its_own_people(
    dashboard: Dashboard, reading: Browser
) -> None:
    name = institution_of(dashboard)
    shown = reading.get(f"{HOME}/letters?kind=duty&number=800/12/2026&dated=2026-11-30")
    [link] = [each for each in reading.links("duty.zip") if name.replace(" ", "+") in each]
    answer = reading.client.get(link.replace("&amp;", "&"))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        members = archive.namelist()
    reading.get(f"{HOME}/letters?kind=duty&angkatan=III")
    [all_of_them] = [each for each in reading.links("duty.zip") if "institution" not in each]
    waiting = reading.get(all_of_them)
    answers = [reading.page]

    def has_come() -> bool:
        answers.append(reading.client.get(all_of_them))
        return answers[-1].status_code == 200

    wait_for(has_come, "the letters")
    with zipfile.ZipFile(io.BytesIO(answers[-1].content)) as archive:
        institutions = archive.namelist()
    wrong = reading.get(f"{HOME}/letters?dated=kemarin")

    assert name in shown
    assert answer.headers["content-type"] == "application/zip"
    assert {each.rpartition(".")[2] for each in members} == {"docx", "pdf"}
    assert "The document is being made" in waiting
    assert len(institutions) > 1
    assert all(re.fullmatch(r"duty-[a-z0-9-]+\.zip", each) for each in institutions)
    assert "export letters duty" in {each.action for each in dashboard.accesses()}
    assert "is no day" in wrong


class Server:
    """A mail server that remembers."""

    sent: list[EmailMessage] = []  # noqa: RUF012 - one server for all connections of a test

    def __init__(self, *_where: Any, **_how: Any) -> None: ...

    def starttls(self, **_how: Any) -> None: ...

    def noop(self) -> tuple[int, bytes]:
        return 250, b"ok"

    def quit(self) -> None: ...

    def send_message(self, message: EmailMessage) -> None:
        Server.sent.append(message)


def test_chase_lists_are_mailed_after_a_second_look_once_for_an_occasion(
    dashboard: Dashboard, reading: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtplib, "SMTP", Server)
    Server.sent = []
    without = reading.get(f"{HOME}/letters")
    lacking = [row["institution"] for row in dashboard.service.participants().values() if row["outcome"] == "not_yet"]
    service = dashboard.service
    text = service.config.read_text(encoding="utf-8") + OFFICE.format(name=lacking[0])
    service.config.write_text(text, encoding="utf-8")
    dashboard.app.state.context.settings = load_settings(service.config, TOKENS)
    reading.get(f"{HOME}/letters")
    proposed = reading.page.text
    checked = reading.post(f"{HOME}/letters/chase", occasion="rapat 30 November")
    before = len(Server.sent)
    said = reading.confirm()
    reading.get(f"{HOME}/letters")
    again = reading.post(f"{HOME}/letters/chase", occasion="rapat 30 November")
    today = figures.long_day(dashboard.clock().astimezone(service.settings.zone).date())

    assert "no mail server is configured" in without
    assert f'value="{today}"' in proposed
    assert "Mail these lists?" in checked
    assert "diklat@uji.example.go.id" in checked
    assert before == 0
    assert "1 list was mailed." in said
    assert "Mails so far" in said
    assert [mail["To"] for mail in Server.sent] == ["diklat@uji.example.go.id"]
    assert "Nothing is left to be mailed for this occasion." in again


def test_the_page_of_priority_tells_seats_and_who_would_fill_them(dashboard: Dashboard, reading: Browser) -> None:
    strict = reading.get(f"{HOME}/priority")
    service = dashboard.service
    text = service.config.read_text(encoding="utf-8")
    text = text.replace("[programmes.source]", 'effect = "prioritise"\nfill_from = 2100-12-01\n[programmes.source]', 1)
    service.config.write_text(text, encoding="utf-8")
    dashboard.app.state.context.settings = load_settings(service.config, TOKENS)
    shown = reading.get(f"{HOME}/priority")
    missed = dashboard.service.participants()[MISSED]["name"]

    assert "Nobody fills seats here" in strict
    assert missed not in strict
    assert "Until 1 December 2100" in shown or "Until 1 Dec 2100" in shown
    assert "Would fill what is left" in shown
    assert missed in shown
    assert "priority" in {each.action for each in dashboard.accesses()}
