"""A person's data can be shown whole and erased for good: what goes, what stays, and what every later run does."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from erasing_people import BY, NIP, OTHER, erased, id_of, name_of
from personal_data import Shell, content, contradictions, files_hold, where_found
from service import PROGRAMME, Service, ServiceFactory, new_postgres
from sqlalchemy import insert, select, text, update

from latsar_sync.demo import CASES, Campus
from latsar_sync.store import backup, database, queue, received
from latsar_sync.store.database import Database
from latsar_sync.store.erasure import erased_people
from latsar_sync.store.forgetting import rewrite_what_is_owed
from latsar_sync.store.leases import Lease
from latsar_sync.store.received import Checked, Way
from latsar_sync.store.tables import identities, leases, participants, pushes, run_programmes

pytestmark = pytest.mark.usefixtures("in_english")

SHARED = int(CASES["nip_shared"][0])


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    """Give the service after its first run."""
    service = make_service(sqlite_url)
    service.first_run()
    return service


# Erasing


def test_after_an_erasure_no_byte_of_name_or_nip_is_left_in_the_database(either: Service, shell: Shell) -> None:
    name, spaced = name_of(either, NIP), f"{NIP[:8]} {NIP[8:14]} {NIP[14]} {NIP[15:]}"
    queue.ask(either.database, PROGRAMME, "participant", NIP, "rina", datetime.now(UTC))
    with either.database.writing() as connection:
        one = connection.execute(select(pushes.c.id).limit(1)).scalar_one()
        connection.execute(update(pushes).where(pushes.c.id == one).values(error=f"Moodle says: {name} ({NIP})"))
        connection.execute(update(run_programmes).values(messages=[f"told of {name}", f"and of {spaced}"]))
    assert {"identities", "run_requests", "pushes", "run_programmes"} <= where_found(either.database, name, NIP)

    told = shell.json(either, "person", "erase", NIP, *BY, "--apply")

    assert told["file_clean"] is True
    assert where_found(either.database, name, NIP, spaced) == set()
    assert contradictions(either) == []
    with either.database.reading() as connection:
        messages = connection.execute(select(run_programmes.c.messages)).scalar_one()
    assert messages == ["told of [erased]", "and of [erased]"]


def test_a_server_on_which_somebody_sees_an_older_state_is_not_called_clean(
    make_service: ServiceFactory, postgres_server: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(new_postgres(postgres_server))
    service.first_run()
    monkeypatch.setattr(database, "REWRITES", 1)
    name = name_of(service, NIP)
    with service.database.engine.connect() as reader:
        reader.execution_options(isolation_level="SERIALIZABLE")  # it sees what was, as long as it reads
        reader.execute(text("SELECT 1")).all()
        told = shell.json(service, "person", "erase", NIP, *BY, "--apply")
    monkeypatch.undo()

    assert told["file_clean"] is False
    assert rewrite_what_is_owed(service.database) is None
    assert not files_hold(service.database, name, NIP)


def test_whoever_dies_between_an_erasure_and_the_rewriting_of_the_file_leaves_it_to_the_next(
    either: Service, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once the name stood in the file until something else happened to be written in its place."""
    name = name_of(either, NIP)

    def dies(_database: Database, _tables: object) -> None:
        raise KeyboardInterrupt

    with either.database.engine.connect():  # a daemon has the file open
        with monkeypatch.context() as patched:
            patched.setattr(Database, "forget_deleted", dies)
            shell.type(either, "person", "erase", NIP, *BY, "--apply")
        with either.database.reading() as reader:
            assert erased_people(reader, PROGRAMME)
        # a server may have tidied the page by itself
        assert files_hold(either.database, name, NIP) or either.database.engine.dialect.name == "postgresql"

        assert rewrite_what_is_owed(either.database) is None  # as a daemon does by the hour
        assert not files_hold(either.database, name, NIP)
        assert either.count("owed_rewriting") == 0


def test_who_decided_something_stays_on_record_though_their_name_is_that_of_the_person(
    service: Service, shell: Shell
) -> None:
    """Once the trail lost who had accepted a held run, because a participant of the same name was erased."""
    name = name_of(service, NIP)
    with service.database.writing() as connection:
        connection.execute(update(run_programmes).values(accepted_by=name, messages=[f"told of {name}"]))

    erased(shell, service, NIP)

    with service.database.reading() as connection:
        kept = connection.execute(select(run_programmes.c.accepted_by, run_programmes.c.messages)).one()
    assert kept == (name, ["told of [erased]"])


def test_an_erasure_changes_nothing_of_anybody_else_and_nothing_of_the_ledger(either: Service, shell: Shell) -> None:
    identifier = id_of(either, NIP)
    before = content(either.database, "access_log")

    erased(shell, either, NIP)

    after = content(either.database, "access_log")
    assert [line for line in before["identities"] if NIP not in line] == after["identities"]
    assert len(after["erasures"]) == 1
    assert identifier in after["erasures"][0]
    same = before.keys() - {"identities", "erasures"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}


def test_without_apply_it_only_says_what_would_go_and_what_stays(service: Service, shell: Shell) -> None:
    before = content(service.database, "access_log")

    told = shell.json(service, "person", "erase", NIP, *BY)

    assert content(service.database, "access_log") == before
    [looked] = shell.json(service, "access-log")
    assert (looked["action"], looked["participant_id"]) == ("person erase preview", id_of(service, NIP))
    assert told["applied"] is False
    assert told["goes"] == {"identities": 1, "requests": 0}
    kept = {name: count for name, count in told["stays"].items() if count}
    assert kept == {"evidence": 1, "decisions": 1, "roster_events": 3, "pushes": 2}
    [person] = told["people"]
    assert (person["nip"], person["roster_state"], person["enrolment"]) == (NIP, "confirmed", "active")
    _, out, _ = shell.type(service, "person", "erase", NIP, *BY)
    assert "Nothing was changed" in out
    assert "every run passes the account over" in out


def test_the_reason_must_not_name_the_person(service: Service, shell: Shell) -> None:
    for reason in (f"{name_of(service, NIP)} minta", f"NIP {NIP}", f"{NIP[:8]}.{NIP[8:14]}.{NIP[14]}.{NIP[15:]}"):
        code, _, errors = shell.type(service, "person", "erase", NIP, "--reason", reason, "--by", "R", "--apply")
        assert code == 2
        assert "name or NIP" in errors
        assert NIP not in errors

    assert NIP in service.participants()


def test_a_text_that_a_person_typed_and_nobody_can_change_is_pointed_out(service: Service, shell: Shell) -> None:
    name, identifier = name_of(service, NIP), id_of(service, NIP)
    shell.type(service, "override", "hold", NIP, "--reason", f"Surat tentang {name}", "--by", "Ratna")

    told = shell.json(service, "person", "erase", NIP, *BY)

    assert told["texts"] == [{"table": "overrides", "column": "reason", "key": f"{identifier} 1"}]


def test_two_accounts_with_one_nip_are_told_apart_by_the_internal_id(
    service: Service, shell: Shell, campus: Campus
) -> None:
    nip = campus.mooc.users[SHARED].idnumber
    code, _, errors = shell.type(service, "person", "erase", nip, *BY, "--apply")
    ids = re.findall("[a-p]{32}", errors)

    assert code == 2
    assert len(ids) == 2
    assert shell.json(service, "person", "erase", ids[0], *BY, "--apply")["goes"]["identities"] == 1
    assert where_found(service.database, ids[1]) >= {"identities"}


@pytest.mark.parametrize("named", ["counts", "merged"])
def test_both_accounts_of_one_person_are_shown_and_erased_whichever_is_named(
    service: Service, shell: Shell, named: str
) -> None:
    """Once name and number of the second account stayed, and every later run wrote them anew."""
    either = {name_of(service, NIP), NIP, name_of(service, OTHER), OTHER}
    merge = ("identity", "merge", NIP, OTHER, "--although-different", "--reason", "Surat 4", "--by", "Ratna")
    shell.json(service, *merge)
    number = {"counts": NIP, "merged": OTHER}[named]

    shown = shell.json(service, "person", "export", number)
    told = shell.json(service, "person", "erase", number, *BY, "--apply")
    service.run(full=True)

    assert len(shown["records"]) == 2
    assert told["applied"] is True
    assert where_found(service.database, *either) == set()


def test_an_erasure_during_a_run_is_taken_and_done_when_the_run_has_ended(either: Service, shell: Shell) -> None:
    before = content(either.database, "leases", "access_log", "waiting_orders")

    with Lease(either.database, PROGRAMME, lambda: datetime.now(UTC)):
        told = shell.json(either, "person", "erase", NIP, *BY, "--apply")
        again = shell.json(either, "person", "erase", NIP, *BY, "--apply")
        assert content(either.database, "leases", "access_log", "waiting_orders") == before

    assert (told["waiting"], again["waiting"]) == (1, 1)
    assert where_found(either.database, NIP) == set()
    assert (either.count("erasures"), either.count("waiting_orders")) == (1, 0)


def test_an_erasure_waits_for_the_next_run_where_the_one_under_way_was_killed(service: Service, shell: Shell) -> None:
    with Lease(service.database, PROGRAMME, lambda: datetime.now(UTC)) as lease:
        shell.json(service, "person", "erase", NIP, *BY, "--apply")
        with service.database.writing() as connection:  # as if its process were gone, and nobody gave anything back
            connection.execute(update(leases).values(pid=2**22 + 1, holder="gone"))
        del lease
    assert service.count("waiting_orders") == 1

    service.run()

    assert where_found(service.database, NIP) == set()
    assert service.count("waiting_orders") == 0


def test_a_person_is_erased_in_all_programmes_also_in_those_no_longer_configured(either: Service, shell: Shell) -> None:
    with either.database.writing() as connection:
        old = {"programme": "latsar-2024", "site": "mooc", "source_user_id": 7, "groups": [], "enrolment": "ended"}
        seen = {"first_seen_at": datetime.now(UTC), "last_seen_at": datetime.now(UTC)}
        versions = {"evidence_version": 0, "decision_version": 0}
        connection.execute(insert(participants).values(id="o" * 32, **old, **seen, **versions))
        connection.execute(
            insert(identities).values(participant_id="o" * 32, nip=NIP, raw_key=NIP, name="Nama Lama", institution="B")
        )

    told = shell.json(either, "person", "erase", NIP, *BY, "--apply")

    assert sorted(person["programme"] for person in told["people"]) == ["latsar-2024", PROGRAMME]
    assert where_found(either.database, NIP, "Nama Lama") == set()


def test_a_placement_file_that_names_the_nip_is_pointed_out(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path, shell: Shell
) -> None:
    (tmp_path / "placement.csv").write_text(f"nip,angkatan\n{NIP},I\n", encoding="utf-8")
    service = make_service(sqlite_url, programme='placement = "list"\nplacement_file = "placement.csv"')
    service.first_run()

    assert any("placement.csv" in note for note in shell.json(service, "person", "erase", NIP, *BY)["notes"])
    assert not any("placement.csv" in note for note in shell.json(service, "person", "erase", OTHER, *BY)["notes"])


# What later runs do


def test_what_an_older_version_left_in_the_file_goes_with_the_erasure(service: Service, shell: Shell) -> None:
    path = service.database.engine.url.database or ""
    with closing(sqlite3.connect(path)) as raw:  # overwrites nothing that it deletes, as the service once did
        raw.execute("PRAGMA secure_delete=OFF")
        raw.execute("CREATE TABLE formerly (told TEXT)")
        raw.execute("INSERT INTO formerly VALUES (?)", (f"Nama {NIP} " * 999,))
        raw.execute("DROP TABLE formerly")
        raw.commit()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert Path(path).name in where_found(service.database, f"Nama {NIP}")

    erased(shell, service, NIP)

    assert where_found(service.database, NIP) == set()


def test_an_identity_that_vanished_by_hand_is_a_contradiction_and_the_register_mends_it(
    either: Service, shell: Shell
) -> None:
    identifier = id_of(either, NIP)
    with either.database.writing() as connection:
        connection.execute(text(f"DELETE FROM identities WHERE participant_id = '{identifier}'"))

    assert contradictions(either) == ["identity_missing"]
    erased_by_id = shell.json(either, "person", "erase", identifier, *BY, "--apply")

    assert erased_by_id["goes"]["identities"] == 0
    assert contradictions(either) == []
    assert shell.type(either, "person", "erase", identifier, *BY, "--apply")[0] == 2


# Backups


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_a_restore_with_the_register_erases_again_whom_an_older_backup_still_knows(
    make_service: ServiceFactory, tmp_path: Path, shell: Shell, kind: str, request: pytest.FixtureRequest
) -> None:
    service = make_service(f"sqlite:///{tmp_path / 'before.db'}")
    service.first_run()
    name, old, when = name_of(service, NIP), tmp_path / "old.backup", datetime.now(UTC)
    with service.database.writing() as connection:
        for number, checked in enumerate((Checked("scores"), Checked("scores", remarks=[(2, "Nilai", "x", {})]))):
            file = f"NIP;Nilai\n{NIP};{number}\n".encode()
            received.record(connection, PROGRAMME, f"{number:064}", f"{number}.csv", file, Way.API, None, checked, when)
    backup.back_up(service.database, old, when)
    shell.type(service, "import", "dismiss", "1", *BY)
    erased(shell, service, NIP)
    register = str(tmp_path / "erasures.json")
    assert [shell.type(service, "person", "erasures", "-o", each)[0] for each in (register, register, str(old))] == [
        0,
        0,
        2,
    ]
    assert "is a device or a pipe" in shell.type(service, "person", "erasures", "-o", "/dev/null")[2]  # not read first
    address = f"sqlite:///{tmp_path / 'after.db'}"
    if kind == "postgres":
        address = new_postgres(request.getfixturevalue("postgres_server"))
    restored = make_service(address)
    restored.database.close()
    if kind == "sqlite":
        for file in tmp_path.glob("after.db*"):
            file.unlink()

    told = shell.json(restored, "db", "restore", str(old), "--erasures", str(tmp_path / "erasures.json"))
    with restored.database.reading() as connection:
        waits, was_refused = (received.content_of(connection, number) for number in (1, 2))
    shell.type(restored, "import", "dismiss", "1", *BY)
    shell.type(restored, "db", "compact")

    assert told["rows"] > 0
    assert (told["waiting_files"], waits is not None, was_refused) == ([1], True, None)
    assert where_found(restored.database, name, NIP) == set()
    assert not files_hold(restored.database, name, NIP)
    assert contradictions(restored) == []
    assert content(restored.database)["erasures"] == content(service.database)["erasures"]


def test_a_file_that_is_no_register_restores_nothing(
    make_service: ServiceFactory, sqlite_url: str, tmp_path: Path, shell: Shell
) -> None:
    service = make_service(sqlite_url)
    (tmp_path / "wrong.json").write_text('[{"participant_id": "x"}]', encoding="utf-8")

    code, _, errors = shell.type(service, "db", "restore", "x", "--erasures", str(tmp_path / "wrong.json"))

    assert code == 2
    assert "no register of erasures" in errors
