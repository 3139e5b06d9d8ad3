"""All that is known of one person is shown to whoever may ask, and noted; no page of the file keeps what went."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from erasing_people import BY, NIP, OTHER, UNDECIDED, erased, id_of, name_of
from personal_data import Shell, content, where_found
from service import PROGRAMME, Service, ServiceFactory
from sqlalchemy import event, select

from latsar_sync.store import person_export, queue
from latsar_sync.store.database import Database
from latsar_sync.store.forgetting import rewrite_what_is_owed
from latsar_sync.store.tables import identities, metadata, participants

pytestmark = pytest.mark.usefixtures("in_english")


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service after its first run."""
    service = make_service(sqlite_url)
    service.first_run()
    return service


# Showing everything, and who looked


def test_the_export_holds_everything_about_one_person_and_nothing_of_others(
    either: Service, shell: Shell, tmp_path: Path
) -> None:
    shell.type(either, "override", "hold", NIP, "--reason", "Sakit", "--by", "Ratna")
    shell.type(either, "explain", NIP)
    shell.type(either, "roster")
    queue.ask(either.database, PROGRAMME, "participant", NIP, "rina", datetime.now(UTC))

    whole = shell.json(either, "person", "export", NIP)

    [record] = whole["records"]
    assert record["participant"]["nip"] == NIP
    assert record["participant"]["key_as_read"] == NIP
    assert record["evidence"][0]["materials"] == {"done": 12, "total": 12, "open": [], "failed": [], "unknown": []}
    assert record["decisions"][0]["legal_basis"] == "Uji"
    assert [event["state"] for event in record["roster"]["history"]] == ["planned", "pushed", "confirmed"]
    assert [push["kind"] for push in record["pushes"]] == ["enrol", "membership"]
    assert record["overrides"][0]["reason"] == "Sakit"
    assert record["waiting_requests"][0]["requested_by"] == "rina"
    assert record["runs_that_changed"][0]["changed"][:2] == ["decision 1", "roster 1"]
    assert record["runs_that_read"]["count"] == 1
    actions = [(line["action"], line["participant_id"] is not None) for line in record["accesses"]]
    assert actions == [("person export", True), ("roster", False), ("explain", True), ("override hold", True)]
    assert OTHER not in json.dumps(whole)
    assert name_of(either, OTHER) not in json.dumps(whole, ensure_ascii=False)


def test_the_export_reads_as_a_text_in_a_file_for_its_owner_only(
    service: Service, shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "orang.txt"
    file.write_text("of somebody else")
    file.chmod(0o644)

    refused, _, _ = shell.type(service, "person", "export", NIP, "-o", str(file))
    kept = file.read_text()
    code, out, _ = shell.type(service, "person", "export", NIP, "-o", str(file), "--overwrite")
    shell.type(service, "person", "export", NIP, "-o", str(tmp_path / "orang.json"))

    assert json.loads((tmp_path / "orang.json").read_text(encoding="utf-8"))["records"]
    assert (refused, kept) == (2, "of somebody else")
    assert (code, out) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600
    told = file.read_text(encoding="utf-8")
    assert f"NIP: {NIP[:8]} {NIP[8:14]} {NIP[14]} {NIP[15:]}" in told
    assert "Decision: qualified" in told
    assert "_" not in "".join(line.split(":")[0] for line in told.splitlines())


def test_what_is_left_of_an_erased_person_can_be_shown_by_the_internal_id(service: Service, shell: Shell) -> None:
    name = name_of(service, NIP)
    identifier = erased(shell, service, NIP)

    [record] = shell.json(service, "person", "export", identifier)["records"]

    assert record["participant"]["nip"] is None
    assert record["decisions"][0]["decision"] == "qualified"
    assert record["erasures"][0]["reason"] == "Surat nomor 5/2026"
    assert name not in json.dumps(record, ensure_ascii=False)
    assert "(erased)" in shell.type(service, "explain", identifier)[1]


def test_every_table_that_points_to_a_participant_is_in_the_export(service: Service) -> None:
    pointing = {
        table for table in metadata.sorted_tables if any(key.column is participants.c.id for key in table.foreign_keys)
    }

    assert pointing >= person_export.TOLD
    with service.database.reading() as connection:
        assert person_export.other_rows(connection, id_of(service, NIP)) == {}


@pytest.mark.parametrize(
    "words",
    [
        ("roster",),
        ("participants",),
        ("explain", NIP),
        ("override", "list"),
        ("threshold", "preview", "90", "--programme", PROGRAMME),
        ("person", "export", NIP),
        ("roster", "--format", "csv"),
    ],
    ids=" ".join,
)
def test_whoever_sees_people_in_a_terminal_is_written_down(
    make_service: ServiceFactory, sqlite_url: str, shell: Shell, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "rina")
    service = make_service(sqlite_url)
    service.first_run()
    shell.type(service, "override", "hold", OTHER, "--reason", "Sakit", "--by", "Ratna")

    shell.type(service, *words)

    line, held = shell.json(service, "access-log", "--programme", PROGRAMME)
    assert (held["action"], held["people"]) == ("override hold", 1)
    assert (line["by"], line["via"], line["programme"]) == ("rina", "cli", PROGRAMME)
    assert " ".join(words).startswith(line["action"])
    assert line["people"] > 0


def test_a_listing_without_people_writes_nothing_down(
    make_service: ServiceFactory, sqlite_url: str, shell: Shell
) -> None:
    service = make_service(sqlite_url)

    shell.type(service, "roster")

    assert shell.json(service, "access-log") == []


def test_an_erased_person_is_in_no_chase_list(service: Service, shell: Shell) -> None:
    identifier = erased(shell, service, UNDECIDED)

    listed = shell.json(service, "participants")

    assert identifier not in {line["participant_id"] for line in listed}


def test_a_database_can_be_written_anew_by_itself(
    make_service: ServiceFactory, database_url: str, shell: Shell
) -> None:
    service = make_service(database_url)
    service.first_run()
    before = content(service.database)

    assert shell.json(service, "db", "compact")["compacted"] is True

    assert content(service.database) == before


def test_what_keeps_a_database_from_being_written_anew_is_told(
    make_service: ServiceFactory, database_url: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latsar_sync.store.engines.BUSY_TIMEOUT_MILLISECONDS", 1)
    service = make_service(database_url)
    service.first_run()
    reader = Database(database_url)
    with reader.reading() as connection:
        connection.execute(select(identities)).all()
        code, _out, told = shell.type(service, "db", "compact")

    assert (code, "in use" in told) == (1, True), told
    reader.close()


def test_a_database_that_can_only_be_read_is_not_called_in_use(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    event.listen(database.engine, "connect", lambda raw, _record: raw.execute("PRAGMA query_only=ON"))

    refused = database.forget_deleted(["identities"])

    database.close()
    assert refused is not None
    assert "can only be read" in refused.message


def test_a_reader_of_an_older_state_is_told_and_the_erasure_counts_all_the_same(
    make_service: ServiceFactory, sqlite_url: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("latsar_sync.store.engines.BUSY_TIMEOUT_MILLISECONDS", 1)
    service = make_service(sqlite_url)
    service.first_run()
    reader = Database(sqlite_url)

    with reader.reading() as connection:
        connection.execute(select(identities)).all()
        code, out, _ = shell.type(service, "person", "erase", NIP, *BY, "--apply")

    assert code == 0
    assert "latsar-sync db compact" in out
    assert NIP not in service.participants()
    reader.close()
    assert rewrite_what_is_owed(service.database) is None  # as a daemon does by the hour
    assert where_found(service.database, NIP) == set()
