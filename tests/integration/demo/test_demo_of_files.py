"""The demonstration of a programme on files: clean files are taken, dirty ones refused, and people arrive in class."""

from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from latsar_sync.cli.demo_files import PROGRAMME, demonstrate_files
from latsar_sync.demo import Campus
from latsar_sync.demo.mailbox import PASSWORD, serving
from latsar_sync.demo.rights import KELAS_TOKEN
from latsar_sync.domain import language
from latsar_sync.settings import load_settings
from latsar_sync.store import certificates, listings, received
from latsar_sync.store.database import Database


def test_what_offices_lay_down_and_mail_brings_five_of_six_people_into_the_course(
    campus: Campus, tmp_path: Path
) -> None:
    open_file = (tmp_path / "told.txt").open("w", encoding="utf-8")
    with open_file as told, serving(tmp_path) as box, language.speaking("en"):
        quiet = Console(file=told, width=100)
        went_well = demonstrate_files(quiet, quiet, tmp_path, campus, box, lambda: datetime.now(UTC))
    secrets = {"LATSAR_DEMO_KELAS_TOKEN": KELAS_TOKEN, "LATSAR_DEMO_MAILBOX_PASSWORD": PASSWORD}
    database = Database(load_settings(tmp_path / "berkas.toml", secrets).database_url)
    with database.reading() as connection:
        files = {each.name: str(each.state) for each in received.listed(connection, [PROGRAMME])}
        [paper] = certificates.listed(connection, PROGRAMME)
        rows = listings.roster_rows(connection, [PROGRAMME])
    database.close()

    assert went_well
    assert files == {
        "1 daftar peserta.xlsx": "taken",
        "2 nilai mooc.csv": "taken",
        "3 nilai salah.csv": "rejected",
        "nilai susulan.csv": "taken",
        "nilai dari kecamatan.csv": "rejected",
    }
    assert [row["state"] for row in rows] == ["confirmed"] * 5
    assert (paper["state"], paper["facts"]["score"], paper["person"] is not None) == ("proposed", "84,50", True)
    assert len(box.mails) - len(box.seen) == 1  # a stranger's stays unread, for whoever keeps the mailbox
    shown = (tmp_path / "told.txt").read_text(encoding="utf-8")
    assert "by mail, diklat@kuduskota.example.go.id" in shown
    assert "1 mail of a stranger stays unread." in shown
    assert " WIB" in shown
    assert " UTC" not in shown, "the zone of the configuration"
    report = (tmp_path / "masuk" / "rejected" / "3 nilai salah.csv.txt").read_text(encoding="utf-8")
    assert "13/12" in report
    assert "waits for a named person" in shown
