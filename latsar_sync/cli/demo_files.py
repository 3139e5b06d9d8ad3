"""The demonstration's second programme: a MOOC without an API, run on files as offices lay them down or mail them."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.console import Console

from latsar_sync.actions.scores import confirm_scores
from latsar_sync.cli.screens import people, runs
from latsar_sync.cli.screens.frames import say
from latsar_sync.cli.screens.received import show_received_files
from latsar_sync.demo import Campus, office_files
from latsar_sync.demo.mailbox import PASSWORD, USER, Mailbox
from latsar_sync.demo.records import User
from latsar_sync.demo.rights import KELAS_TOKEN
from latsar_sync.domain import language
from latsar_sync.domain.account import Account, Role
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.files import receiving
from latsar_sync.run import pipeline
from latsar_sync.service.receiving import fetch
from latsar_sync.settings import Settings, load_settings
from latsar_sync.shapes.received import received_json
from latsar_sync.shapes.roster import roster_json
from latsar_sync.store import accounts, certificates, listings, received
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedState

PROGRAMME = "latsar-2026-berkas"
PEOPLE = 6
FIRST, SECOND = "siti", "budi"
MAILBOX_VARIABLE = "LATSAR_DEMO_MAILBOX_PASSWORD"


def demonstrate_files(
    output: Console, errors: Console, folder: Path, campus: Campus, box: Mailbox, clock: Callable[[], datetime]
) -> bool:
    """Run a second programme on files beside the first, with a database of its own; say whether all went well.

    Two accounts, ``siti`` and ``budi``, are two people; what they do, ``import take`` and ``import confirm`` do.
    """
    config, settings = prepare_files(folder, campus, box, clock)
    database = Database(settings.database_url, mark=settings.mark_file)
    try:
        output.rule(_("A second programme, on files: what lay in the folder, and what came by mail"), align="left")
        _look(output, settings, database, box, clock)
        output.rule(_("Two people look at the scores; then a run like any other"), align="left")
        _take_and_confirm(settings, database, clock)
        with runs.StepLines(errors) as progress:
            result = pipeline.run(settings, database, Request("demo"), clock, progress)
        runs.show_run(output, errors, result, settings.language, {})
        with database.reading() as connection:
            rows = listings.roster_rows(connection, [PROGRAMME])
        people.show_roster(output, [roster_json(row, settings.zone) for row in rows], settings.language)
        shown = f"  {as_called()} --config {config} import received --all"
        output.print(shown, markup=False, highlight=False, soft_wrap=True)
        return result.outcome is RunOutcome.OK
    finally:
        database.close()


def prepare_files(folder: Path, campus: Campus, box: Mailbox, clock: Callable[[], datetime]) -> tuple[Path, Settings]:
    """Write the second programme's configuration, the files of its offices and their mails, and its two accounts."""
    somebody = people_of_files(campus)
    config = _configure(folder, campus, box, clock().date())
    secrets = {"LATSAR_DEMO_KELAS_TOKEN": KELAS_TOKEN, MAILBOX_VARIABLE: PASSWORD}
    (folder / ".env").touch(0o600)
    with (folder / ".env").open("a", encoding="utf-8") as file:
        file.write(f"{MAILBOX_VARIABLE}={PASSWORD}\n")
    settings = load_settings(config, {**os.environ, **secrets})
    language.choose_zone(settings.zone)
    database = Database(settings.database_url, mark=settings.mark_file)
    database.upgrade()
    _add_accounts(database, clock)
    database.close()
    office_files.write_files(folder / "masuk", somebody)
    office_files.put_mails(box, somebody)
    return config, settings


def _look(output: Console, settings: Settings, database: Database, box: Mailbox, clock: Callable[[], datetime]) -> None:
    """Look once into folder and mailbox, as the daemon does every minute; the list is taken before scores are read."""
    [programme] = settings.programmes
    found = fetch(settings, database, programme, clock)
    show_received_files(output, [received_json(each, settings.zone) for each in found.new], _("Nothing new came."))
    for problem in found.problems:
        say(output, problem)
    with database.reading() as connection:
        waiting = certificates.listed(connection, programme.id)
    for each in waiting:
        told = _("{file} by mail from {sender}: a certificate of {person}, to be looked at")
        say(output, told.format(file=each["name"], sender=each["added_by"], person=each["person"] or "–"))
    strangers = len(box.mails) - len(box.seen)
    text = counted("{number} mail of a stranger stays unread.", "{number} mails of strangers stay unread.", strangers)
    say(output, text.format(number=strangers))


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


def people_of_files(campus: Campus) -> list[User]:
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


def _configure(folder: Path, campus: Campus, box: Mailbox, today: date) -> Path:
    monday = today + timedelta(days=28 - today.weekday())
    config = folder / "berkas.toml"
    config.write_text(
        f"""# Made by latsar-sync demo: people and scores come as files. The token is in .env beside this file.
database_url = "sqlite:///berkas.db"
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

[programmes.intake.mailbox]
host = "127.0.0.1"
port = {box.port}
user = "{USER}"
password_env = "{MAILBOX_VARIABLE}"
senders = {json.dumps(office_files.SENDERS)}
ca_bundle = "{box.certificate.name}"

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


def as_called() -> str:
    """Return the command as it can be typed again: by its name where the path finds it, else by its place."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    if found is not None and Path(found).resolve() == called.resolve():
        return called.name
    return os.path.relpath(called) if called.is_file() else "latsar-sync"
