"""What somebody does by a command stands in the access log, by the account at the keyboard beside the typed name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from service import PROGRAMME, Command, ServiceFactory
from test_every_view_is_noted import leaves

from latsar_sync.cli import app
from latsar_sync.domain import language
from latsar_sync.store import access
from latsar_sync.web.access_log_words import access_text

BY = ("--by", "Rina")
WHY = ("--reason", "Surat 5/2026", *BY)
PAPER = ("--number", "S-1", "--issuer", "Dinas", "--date", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}")
NOTED_AS_VIEWS = {
    *("roster", "roster approve", "roster move", "roster place", "override admit", "override hold", "override release"),
    *("identity correct", "identity merge", "identity account", "person erase", "person resume", "notices chase"),
    *("export attendance", "export chase", "export summons", "export ledger", "export recap"),
    *("certificate add", "import participants", "import scores", "import confirm", "import take"),
}
"""Actions that show or name people: ``test_every_view_is_noted``, and the tests of files and institutions."""
SELDOM = {
    *("certificate confirm", "certificate reject", "import dismiss", "import profiles", "retention apply", "resync"),
    *("programme rename", "programme close", "angkatan rename", "angkatan close", "roster amend"),
}
"""Noted by the same call as those below; ``resync`` records who asks in its request."""


def test_actions_that_name_nobody_are_noted_too(make_service: ServiceFactory, command: Command, tmp_path: Path) -> None:
    """Once a threshold, a decree, a document of an angkatan and what was accepted told a typed name alone."""
    service = make_service(f"sqlite:///{tmp_path / 'latsar.db'}")
    service.config.write_text(
        service.config.read_text(encoding="utf-8").replace("[programmes.guards]", "[programmes.guards]\nmax_push = 1"),
        encoding="utf-8",
    )
    papers = tmp_path / "surat.csv"
    papers.write_text(
        "angkatan,jenis,nomor,penerbit,tanggal,berlaku sampai\nII,rekomendasi_satgas,S-2,Dinas,2026-11-01,2099-01-01\n",
        encoding="utf-8",
    )
    command(service, "sync")
    typed = {
        "sync": ("--accept", *BY),
        "roster finalise": ("--angkatan", "III", "--sk", "SK 1", "--date", "24-11-2026", *BY),
        "threshold set": ("71", "--programme", PROGRAMME, "--legal-basis", "SK 2", *BY),
        "clearance add": ("--angkatan", "I", "--kind", "surat_sehat", *PAPER, "--valid-until", "2099-01-01", *BY),
        "clearance revoke": ("1", *WHY),
        "clearance import": (papers, "--apply", *BY),
    }
    unnoted = []
    for name, more in typed.items():
        with service.database.reading() as connection:
            before = access.count_accesses(connection, [])
        code, _out, err = command(service, *name.split(), *more)
        with service.database.reading() as connection:
            noted = access.recorded_accesses(connection, [], access.count_accesses(connection, []) - before or 1)
        done = [each.action for each in noted if each.via == "cli"]
        if code != 0 or ("accept" if name == "sync" else name) not in done:
            unnoted.append((name, code, err, done))

    assert unnoted == []
    assert {name for name in leaves() if signs(name)} == typed.keys() | NOTED_AS_VIEWS | SELDOM


def signs(name: str) -> bool:
    """Say whether a command takes the name of who does something."""
    found = typer.main.get_command(app)
    for word in name.split():
        found = found.commands[word]  # type: ignore[attr-defined]
    return any("--by" in each.opts for each in found.params)


def test_an_action_by_a_command_is_not_told_as_a_look() -> None:
    """Once the page of personal data said of an erasure that somebody had looked at one person."""
    with language.speaking("en"):
        told = {
            each: access_text(each)
            for each in ("person erase", "person resume", "roster approve", "roster move", "roster finalise", "accept")
        }

    assert not any("looked" in each for each in told.values()), told
