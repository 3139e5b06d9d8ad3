"""The demonstration's second programme: a MOOC without an API, run on files as offices send them."""

import os
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.console import Console

from latsar_sync.actions.scores import confirm_scores
from latsar_sync.cli.screens import people, runs
from latsar_sync.cli.screens.received import show_received_files
from latsar_sync.demo import Campus
from latsar_sync.demo.records import User
from latsar_sync.demo.rights import KELAS_TOKEN
from latsar_sync.domain.language import _
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.files import receiving
from latsar_sync.run import pipeline
from latsar_sync.service.receiving import fetch
from latsar_sync.settings import Settings, load_settings
from latsar_sync.shapes.received import received_json
from latsar_sync.shapes.roster import roster_json
from latsar_sync.store import accounts, received, reports
from latsar_sync.store.accounts import Account, Role
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedState

PROGRAMME = "latsar-2026-berkas"
PEOPLE = 6
FIRST, SECOND = "siti", "budi"
SCORES = ("92,5", "70", "69,99", "85", "", "78,25")
PLACES = ("Barat", "Timur")
INSTITUTIONS = ("Kota Kudus", "Kabupaten Demak")


def demonstrate_files(
    output: Console, errors: Console, folder: Path, campus: Campus, clock: Callable[[], datetime]
) -> bool:
    """Run a second programme on files beside the first, with a database of its own; say whether all went well.

    Two accounts, ``siti`` and ``budi``, are two people; what they do, ``import take`` and ``import confirm`` do.
    """
    somebody = _without_a_course(campus)
    config = _configure(folder, campus, clock().date())
    settings = load_settings(config, {**os.environ, "LATSAR_DEMO_KELAS_TOKEN": KELAS_TOKEN})
    database = Database(settings.database_url, mark=settings.mark_file)
    database.upgrade()
    try:
        _add_accounts(database, clock)
        _write_files(folder / "masuk", somebody)
        output.rule(_("A second programme, on files: what lay in the folder"), align="left")
        _look(output, settings, database, clock)
        output.rule(_("Two people look at the scores; then a run like any other"), align="left")
        _take_and_confirm(settings, database, clock)
        with runs.StepLines(errors) as progress:
            result = pipeline.run(settings, database, Request("demo"), clock, progress)
        runs.show_run(output, errors, result, settings.language, {})
        with database.reading() as connection:
            rows = reports.roster_rows(connection, [PROGRAMME])
        people.show_roster(output, [roster_json(row, settings.zone) for row in rows], settings.language)
        output.print(f"  latsar-sync --config {config} import received --all", markup=False, highlight=False)
        return result.outcome is RunOutcome.OK
    finally:
        database.close()


def _look(output: Console, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
    """Look into the folder once, as the daemon does every minute; the list is taken before the scores are read."""
    [programme] = settings.programmes
    found = fetch(settings, database, programme, clock)
    show_received_files(output, [received_json(each, settings.zone) for each in found.new], _("Nothing new came."))


def _take_and_confirm(settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
    with database.reading() as connection:
        waiting = received.listed(connection, [PROGRAMME], ReceivedState.WAITING)
        second = accounts.find_account(connection, SECOND)
    for each in waiting:
        report, _request = receiving.take(settings, database, each.id, FIRST, clock)
        if report.import_id is not None and second is not None:
            confirm_scores(settings, database, clock, report.import_id, second)


def _add_accounts(database: Database, clock: Callable[[], datetime]) -> None:
    with database.writing() as connection:
        for name in (FIRST, SECOND):
            account = Account(name, Role.ADMIN, None, None, "demo", clock(), has_password=False, has_token=False)
            accounts.add_account(connection, account, None)


def _without_a_course(campus: Campus) -> list[User]:
    """Return some people of the in-class site who are in no course there."""
    kelas = campus.kelas
    taken = {user_id for course in kelas.courses.values() for user_id in course.enrolments}
    numbers = [user.idnumber for user in kelas.users.values()]
    free = (
        user
        for user in kelas.users.values()
        if user.id not in taken
        and len(user.idnumber) == 18
        and user.idnumber.isdigit()
        and numbers.count(user.idnumber) == 1
        and user.confirmed
        and not user.suspended
    )
    return [user for user, _number in zip(free, range(PEOPLE), strict=False)]


def _write_files(folder: Path, somebody: Sequence[User]) -> None:
    """Write what an office sends, clean and dirty; older than a moment, as if it had lain there."""
    from xlsxwriter import Workbook

    folder.mkdir()
    with Workbook(str(folder / "1 daftar peserta.xlsx")) as book:
        sheet = book.add_worksheet("Peserta")
        sheet.merge_range("A1:E1", "DAFTAR PESERTA PELATIHAN DASAR CPNS")
        sheet.write_row(2, 0, ["No", "NIP", "Nama dan Gelar", "Instansi", "Angkatan", "Lokasi"])
        for line, user in enumerate(somebody, start=1):
            office, place = INSTITUTIONS[line % 2], PLACES[line % 2]
            sheet.write_row(2 + line, 0, [line, f"'{user.idnumber}", user.fullname, office, "A", place])
    lines = [
        f"{number};{user.idnumber};{score};{'12/12' if score else '7/12'}"
        for number, (user, score) in enumerate(zip(somebody, SCORES, strict=False), start=1)
    ]
    head = "REKAP NILAI MOOC;;;\r\nNo;NIP;Nilai;Materi selesai\r\n"
    (folder / "2 nilai mooc.csv").write_bytes((head + "\r\n".join([*lines, ""])).encode("cp1252"))
    dirty = [lines[0].replace("92,5", "92,5%"), lines[1].replace("70", "seratus"), lines[2].replace("12/12", "13/12")]
    (folder / "3 nilai salah.csv").write_bytes((head + "\r\n".join([*dirty, ""])).encode("cp1252"))
    then = (folder / "2 nilai mooc.csv").stat().st_mtime - 60
    for path in folder.iterdir():
        os.utime(path, (then, then))


def _configure(folder: Path, campus: Campus, today: date) -> Path:
    monday = today + timedelta(days=28 - today.weekday())
    config = folder / "berkas.toml"
    config.write_text(
        f"""# Made by latsar-sync demo: people and scores come as files. The token is in .env beside this file.
database_url = "sqlite:///{(folder / "berkas.db").resolve().as_posix()}"
timezone = "Asia/Jakarta"

[sites.kelas]
url = "{campus.kelas.url}"
token_env = "LATSAR_DEMO_KELAS_TOKEN"
requests_per_second = 100

[[institutions]]
name = "Kota Kudus"
head = "Kepala BKPSDM Kota Kudus"

[[programmes]]
id = "{PROGRAMME}"
title = "Latsar CPNS dari berkas (contoh)"

[programmes.source]
kind = "import"
stale_after = 72

[programmes.intake]
folder = "masuk"
apply_participants = true

[programmes.evaluation]
threshold = {{ value = 70, scale = "points", legal_basis = "Contoh: keputusan kepala badan yang dibuat-buat" }}

[[programmes.angkatan]]
id = "A"
site = "kelas"
course = "KLS-III"
group = "Angkatan berkas"
role_id = 5
capacity = 20
starts = {monday}
ends = {monday + timedelta(days=5)}
venue = "Gedung Diklat BKPSDM"
""",
        encoding="utf-8",
    )
    return config
