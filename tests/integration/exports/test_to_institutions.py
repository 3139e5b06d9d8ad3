"""What goes out to the sending institutions: letters, chase lists by mail, the recap; each gets its own alone."""

import io
import json
import smtplib
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from service import PROGRAMME, TOKENS, Command, Service, ServiceFactory
from sqlalchemy import update

from latsar_sync.domain import language
from latsar_sync.domain.errors import UsageError
from latsar_sync.exports.letter_zips import together, zips
from latsar_sync.exports.letters import LetterRequest, compose_letters
from latsar_sync.exports.one_letter import LetterKind
from latsar_sync.settings import load_settings
from latsar_sync.store.tables import identities

COLUMNS = ("--columns", "place,nip,name")
LOOP = (("{%tr for p in peserta %}", ""), ("{{ p.nama }}", "{{ p.nip }}"), ("{%tr endfor %}", ""))
OFFICE = """
[office]
letterhead = ["PEMERINTAH KABUPATEN CONTOH", "BKPSDM"]
place = "Contoh"
signer_name = "Rina Kusuma"
[[institutions]]
name = "{name}"
head = "Kepala BKPSDM Uji"
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
def settled(make_service: ServiceFactory, sqlite_url: str) -> Service:
    service = make_service(sqlite_url)
    service.first_run()
    return service


def with_office(service: Service, more: str = "", place: str = "") -> str:
    """Add office, institution and mail to a configuration; return the name of the institution with most people."""
    going = [row["institution"] for row in service.roster().values() if row["state"] == "confirmed"]
    name = max(sorted(set(going)), key=going.count)
    text = service.config.read_text(encoding="utf-8")
    text = text.replace('id = "I"', f'id = "I"\nplace = "{place}"') if place else text
    service.config.write_text(text + OFFICE.format(name=name) + more, encoding="utf-8")
    service.settings = load_settings(service.config, TOKENS)
    return str(name)


def people_of(service: Service, institution: str) -> set[str]:
    rows = service.roster().values()
    return {row["name"] for row in rows if row["institution"] == institution and row["state"] == "confirmed"}


def others(service: Service, institution: str) -> set[str]:
    return {row["name"] for row in service.participants().values() if row["institution"] != institution}


def test_each_institution_gets_a_zip_of_letters_with_its_own_people_alone(
    settled: Service, command: Command, tmp_path: Path
) -> None:
    name = with_office(settled)
    rows = settled.roster().values()
    held = next(row for row in rows if row["institution"] == name and row["state"] == "confirmed")
    command(settled, "override", "hold", held["nip"], "--reason", "Sakit", "--by", "Ratna")
    settled.run()
    folder = tmp_path / "surat"
    folder.mkdir()
    order = ("--institution", name, "--number", "800/12/2026", "--date", "2026-11-30", "-o", folder, "--json")
    code, told, said = command(settled, "export", "letters", "call-up", *order)
    assert code == 0, said
    assert "export letters" in settled.noted()
    [zipped] = json.loads(told)
    texts, printed = "", ""
    with zipfile.ZipFile(zipped["file"]) as archive:
        for member in archive.namelist():
            content = io.BytesIO(archive.read(member))
            if member.endswith(".docx"):
                document = Document(content)
                texts += "\n".join(each.text for each in document.paragraphs)
                cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
                texts += "\n".join(cells)
            else:
                printed += "".join(page.extract_text() for page in PdfReader(content).pages)
    mine = people_of(settled, name) - {held["name"]}

    assert mine
    assert all(each in texts for each in mine)
    assert not any(each in texts + printed for each in (*others(settled, name), held["name"]))
    for written in (texts, printed):
        assert "800/12/2026" in written
        assert "Kepala BKPSDM Uji" in written
        assert "Rina Kusuma" in written
    assert (folder / Path(zipped["file"]).name).stat().st_mode & 0o077 == 0


def test_the_offices_own_letter_is_filled_in_and_a_field_that_there_is_not_is_named(
    settled: Service, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = tmp_path / "bebas.docx"
    document = Document()
    document.add_paragraph("Yth. {{ yth }} di {{ instansi }}, {{ jumlah }} orang")
    table = document.add_table(rows=3, cols=2)
    for row, texts in zip(table.rows, LOOP, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.save(str(template))
    name = with_office(settled, f'[office.letters]\nduty = "{template}"\n')
    folder = tmp_path / "surat"
    folder.mkdir()
    order = ("--institution", name, "-o", folder, "--overwrite")
    monkeypatch.setenv("PATH", str(tmp_path))
    code, _out, said = command(settled, "export", "letters", "duty", *order)
    [zipped] = folder.iterdir()
    with zipfile.ZipFile(zipped) as archive:
        members = archive.namelist()
        made = Document(io.BytesIO(archive.read(next(each for each in archive.namelist() if each.endswith("docx")))))
    document.add_paragraph("{{ gaji }}")
    document.save(str(template))
    refused, _out, why = command(settled, "export", "letters", "duty", *order)
    template.write_bytes(template.read_bytes()[:400])
    broken, _out, what = command(settled, "export", "letters", "duty", *order)

    assert code == 0, said
    assert "Yth. Kepala BKPSDM Uji" in made.paragraphs[0].text
    assert {row.cells[0].text for row in made.tables[0].rows} <= people_of(settled, name)
    assert {Path(each).suffix for each in members} == {".docx"}  # a PDF with other words would be another letter
    assert "LibreOffice is needed" in " ".join(said.split())
    assert refused == 2
    assert "gaji" in why
    assert broken == 2
    assert "bebas.docx cannot be read" in what


CONVERTER = """#!/bin/sh
for each; do case "$each" in *.docx) cp "$each" "${each%.docx}.pdf" ;; esac; done
"""


def test_the_pdf_of_the_offices_own_letter_is_that_letter_as_libreoffice_prints_it(
    settled: Service, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    template, program = tmp_path / "panggilan.docx", tmp_path / "soffice"
    document = Document()
    document.add_paragraph("Yth. {{ yth }}")
    document.save(str(template))
    name = with_office(settled, f'[office.letters]\ncall_up = "{template}"\n')
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    order = ("--institution", name, "-o", tmp_path, "--overwrite")

    def members(script: str) -> tuple[dict[str, bytes], str]:
        program.write_text(script)
        program.chmod(0o700)
        code, _out, said = command(settled, "export", "letters", "call-up", *order)
        assert code == 0, said
        with zipfile.ZipFile(next(tmp_path.glob("*.zip"))) as archive:
            return {each: archive.read(each) for each in archive.namelist()}, said

    whole, said = members(CONVERTER)  # it hands back what it is given: each letter gets its own
    alone, why = members("#!/bin/sh\nexit 1\n")

    documents = {each for each in whole if each.endswith(".docx")}
    assert documents
    assert all(whole[each.replace(".docx", ".pdf")] == whole[each] for each in documents)
    assert "LibreOffice" not in said
    assert set(alone) == documents
    assert "LibreOffice made no PDF of them (CalledProcessError)" in " ".join(why.split())


def test_lists_and_letters_are_written_for_one_place(settled: Service, command: Command, tmp_path: Path) -> None:
    with_office(settled, place="Timur")
    file = tmp_path / "rekap.xlsx"
    code, _out, said = command(settled, "export", "recap", "--place", "timur", *COLUMNS, "-o", file)
    sheets = load_workbook(file).worksheets
    rows = [[cell.value for cell in row] for sheet in sheets for row in sheet.iter_rows()]
    placed = {row[1] for row in rows if len(row) > 2 and row[1] is not None and row[1] != "Place" and row[2]}
    nobody, _out, none = command(settled, "export", "letters", "call-up", "--place", "Barat", "-o", tmp_path, "--json")

    assert code == 0, said
    assert len(sheets) == 1
    assert "Timur" in placed
    assert nobody == 2
    assert "Nobody" in none


def test_a_recap_has_every_value_or_the_columns_that_were_chosen(
    settled: Service, command: Command, tmp_path: Path
) -> None:
    whole, some, paper = tmp_path / "semua.xlsx", tmp_path / "sebagian.xlsx", tmp_path / "semua.pdf"
    command(settled, "export", "recap", "-o", whole)
    command(settled, "export", "recap", "--columns", "score,nip", "-o", some)
    unknown, _out, said = command(settled, "export", "recap", "--columns", "gaji", "-o", tmp_path / "x.xlsx")
    printed, _out, _said = command(settled, "export", "recap", "-o", paper)

    def heads(file: Path) -> list[str]:
        rows = [[cell.value for cell in row] for row in load_workbook(file).worksheets[0].iter_rows()]
        return [str(each) for each in next(row for row in rows if "NIP" in row) if each is not None]

    assert heads(some) == ["No.", "Score", "NIP"]
    assert {"Decree", "Threshold", "Materials done", "Decision"} <= set(heads(whole))
    assert unknown == 2
    assert "gaji" in said
    assert printed == 0
    assert "Recap" in PdfReader(paper).pages[0].extract_text()


class Server:
    """A mail server that remembers; ``refuse`` and ``vanish`` let a mail be refused, or the connection break; while it
    is ``down`` nobody comes in.
    """

    sent: list[EmailMessage] = []  # noqa: RUF012 - one server for all connections of a test
    refuse = vanish = down = False

    def __init__(self, *_where: Any, **_how: Any) -> None:
        if Server.down:
            raise ConnectionRefusedError
        self.broken = False

    def noop(self) -> tuple[int, bytes]:
        if self.broken:
            raise smtplib.SMTPServerDisconnected
        return 250, b"ok"

    def starttls(self, **_how: Any) -> None: ...

    def quit(self) -> None: ...

    def send_message(self, message: EmailMessage) -> None:
        if Server.refuse:
            raise smtplib.SMTPDataError(550, b"no")
        if self.broken:
            raise smtplib.SMTPServerDisconnected
        Server.sent.append(message)
        if Server.vanish:
            self.broken = True
            raise smtplib.SMTPServerDisconnected


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[Server]:
    monkeypatch.setattr(smtplib, "SMTP", Server)
    Server.sent, Server.refuse, Server.vanish, Server.down = [], False, False, False
    return Server


def test_an_institution_is_mailed_its_own_chase_list_once_for_an_occasion(
    settled: Service, command: Command, server: type[Server]
) -> None:
    name = with_office(settled)
    order = ("notices", "chase", "2026-11-30", "--programme", PROGRAMME)
    _code, shown, _ = command(settled, *order, "--json")
    assert "notices chase" in settled.noted()
    before = len(server.sent)
    code, _out, said = command(settled, *order, "--send", "--by", "Siti")
    command(settled, *order, "--send", "--by", "Budi")
    _code, after, _ = command(settled, *order, "--json")

    lines = {each["institution"]: each for each in json.loads(shown)}
    assert lines[name]["has_contact"]
    assert before == 0
    assert code == 0, said
    [mail] = server.sent
    assert mail["To"] == "diklat@uji.example.go.id"
    [sheet] = list(mail.iter_attachments())
    book = load_workbook(io.BytesIO(sheet.get_payload(decode=True)))  # type: ignore[arg-type]
    written = {str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row}
    assert not written & others(settled, name)
    states = {each["institution"]: each["state"] for each in json.loads(after)}
    assert states[name] == "sent"
    assert {state for institution, state in states.items() if institution != name} == {None}


@pytest.mark.parametrize(("trouble", "mails"), [("refuse", 1), ("vanish", 1), ("down", 1)])
def test_a_mail_that_was_refused_may_go_again_and_one_without_an_answer_never(
    settled: Service, command: Command, server: type[Server], trouble: str, mails: int
) -> None:
    with_office(settled)
    order = ("notices", "chase", "hari ini", "--programme", PROGRAMME, "--send", "--by", "Siti")
    setattr(server, trouble, True)
    failed, _out, _said = command(settled, *order)
    server.refuse = server.vanish = server.down = False
    again, _out, _said = command(settled, *order)

    assert (failed, again) == (1, 0)
    assert len(server.sent) == mails


def test_a_connection_that_breaks_costs_no_other_institution_its_mail(
    settled: Service, command: Command, server: type[Server]
) -> None:
    order = ("notices", "chase", "hari ini", "--programme", PROGRAMME)
    first = with_office(settled)
    lacking = [each["institution"] for each in json.loads(command(settled, *order, "--json")[1])]
    with settled.config.open("a", encoding="utf-8") as config:
        for name in {*lacking} - {first}:
            config.write(f'[[institutions]]\nname = "{name}"\nemail = "diklat@lain.example.go.id"\n')
    server.vanish = True

    command(settled, *order, "--send", "--by", "Siti")

    assert len(server.sent) == len(lacking) > 1


def test_an_institution_that_is_spelt_in_two_ways_is_sent_one_mail(
    settled: Service, command: Command, server: type[Server]
) -> None:
    order = ("notices", "chase", "hari ini", "--programme", PROGRAMME)
    name = with_office(settled)

    def people() -> list[int]:
        shown = json.loads(command(settled, *order, "--json")[1])
        return [each["people"] for each in shown if each["institution"].upper() == name.upper()]

    before = people()
    lacking = next(
        nip for nip, row in settled.participants().items() if row["institution"] == name and row["outcome"] == "not_yet"
    )
    with settled.database.writing() as connection:
        who = settled.participants()[lacking]["participant_id"]
        connection.execute(
            update(identities).where(identities.c.participant_id == who).values(institution=name.upper())
        )

    command(settled, *order, "--send", "--by", "Siti")

    assert people() == before != [1]
    assert len(server.sent) == 1


def test_a_day_is_one_occasion_however_it_is_written(settled: Service, command: Command, server: type[Server]) -> None:
    with_office(settled)
    for day in ("30 November 2026", "30 Nov 2026", "2026-11-30", "30/11/2026"):
        code, out, _said = command(
            settled, "notices", "chase", day, "--programme", PROGRAMME, "--send", "--by", "Siti", "--json"
        )
        assert (code, {each["occasion"] for each in json.loads(out)}) == (0, {"2026-11-30"})

    assert len(server.sent) == 1


def test_a_letter_that_is_there_already_keeps_any_other_from_being_written(
    settled: Service, command: Command, tmp_path: Path
) -> None:
    order = ("export", "letters", "call-up", "-o", tmp_path / "surat")
    (tmp_path / "surat").mkdir()
    command(settled, *order)
    written = sorted((tmp_path / "surat").iterdir())
    for each in written[:-1]:
        each.unlink()
    refused, _out, said = command(settled, *order)

    assert refused == 2
    assert "exists already" in said
    assert list((tmp_path / "surat").iterdir()) == written[-1:]


def test_two_institutions_or_angkatan_that_are_named_alike_have_a_file_each(
    make_service: ServiceFactory, sqlite_url: str
) -> None:
    settings = make_service(sqlite_url).settings
    first = settings.programmes[0].angkatan[0]
    alike = tuple(first.model_copy(update={"id": each}) for each in ("1.2", "1-2"))
    programme = settings.programmes[0].model_copy(update={"angkatan": alike})
    begins = "Unit Pelaksana Teknis Daerah Satuan Pendidikan Sekolah Dasar Negeri di Kecamatan Contoh Nomor"
    standing = {"state": "confirmed", "roster_reason": None, "outcome": "qualified"}
    person = {**standing, "nip": None, "place": None}
    rows = [
        {**person, "name": f"Ani Satu {each}", "institution": f"{begins} {each}", "angkatan": angkatan}
        for each, angkatan in (("A", "1.2"), ("B", "1.2"), ("A", "1-2"))
    ]
    wanted = LetterRequest(LetterKind.CALL_UP, datetime(2026, 11, 30, tzinfo=UTC))

    made = together(zips(compose_letters(settings, programme, rows, wanted)))
    of_none = [{**rows[0], "institution": None}]
    for signs in (replace(wanted, place="."), replace(wanted, institution=".")):
        with pytest.raises(UsageError, match="Nobody is called up"):
            compose_letters(settings, programme, of_none, signs)

    named, letters = [], []
    with zipfile.ZipFile(io.BytesIO(b"".join(made))) as whole:
        assert len(set(whole.namelist())) == 2
        for each in whole.namelist():
            with zipfile.ZipFile(io.BytesIO(whole.read(each))) as one:
                letter = Document(io.BytesIO(one.read("call-up-1-2.docx")))
                letters.append({name for name in one.namelist() if name.endswith(".docx")})
            cells = {cell.text for table in letter.tables for row in table.rows for cell in row.cells}
            named.append(sorted(cells & {"Ani Satu A", "Ani Satu B"}))
    assert sorted(named) == [["Ani Satu A"], ["Ani Satu B"]]
    assert sorted(letters, key=len) == [{"call-up-1-2.docx"}, {"call-up-1-2.docx", "call-up-1-2-2.docx"}]
