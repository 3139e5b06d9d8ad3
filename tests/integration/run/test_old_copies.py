"""An old copy of the database put back without a word: noticed by the mark outside it, however few it concerns."""

import json
import os
import re
import shutil
import sqlite3
import stat
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from seen_in_runs import is_in_class, let_pass
from service import (
    PROGRAMME,
    Command,
    KnownCampus,
    Service,
    ServiceFactory,
    default_angkatan,
    may_write_to_anybody,
    new_postgres,
)
from sqlalchemy import NullPool, create_engine, make_url, text
from unattended import NOON

from latsar_sync.actions.overrides import decide
from latsar_sync.demo import CASES, Campus
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.request import RunOutcome, Step
from latsar_sync.store import backup, runs
from latsar_sync.store.database import Database
from latsar_sync.store.database_mark import Counted, load_mark, save_mark

ALL_HAVE_A_SEAT = default_angkatan({"I": 40, "II": 40, "III": 40})
NEWCOMER = str(CASES["score_69_99999"][0])
"""Somebody of angkatan I who has studied everything and at first just misses the limit."""
MESSAGES = "[programmes.messages]\nmanagers = true\nadmitted = true\ndigest_hour = 0"


@pytest.fixture
def campus(campus: KnownCampus) -> Campus:
    """Give a campus whose service accounts may write to anybody."""
    campus.begin_with(may_write_to_anybody)
    return campus


@pytest.fixture
def address(tmp_path: Path) -> Path:
    """Give where the database lies."""
    return tmp_path / "latsar.db"


@pytest.fixture
def service(make_service: ServiceFactory, address: Path) -> Service:
    """Give the service after its first run; nobody is written to."""
    service = make_service(f"sqlite:///{address}", angkatan=ALL_HAVE_A_SEAT)
    assert service.first_run().run.outcome is RunOutcome.OK
    return service


def mark_of(address: Path) -> Path:
    """Return where the mark of a database lies unless the configuration says so."""
    return address.with_name(f"{address.name}.mark")


def id_of(service: Service, nip: str) -> str:
    """Return somebody's internal id."""
    return str(service.participants()[nip]["participant_id"])


def copied(service: Service, address: Path) -> Path:
    """Copy the file away, as a person would, while nobody uses it."""
    service.database.close()
    return Path(shutil.copy(address, address.with_suffix(".yesterday")))


def put_back(service: Service, address: Path, copy: Path) -> None:
    """Copy the file back, as a person would, and say so nowhere."""
    service.database.close()
    shutil.copy(copy, address)


def test_a_file_copied_back_is_noticed_though_it_concerns_one_person_only(
    make_service: ServiceFactory, address: Path, campus: Campus
) -> None:
    service = make_service(f"sqlite:///{address}", angkatan=ALL_HAVE_A_SEAT, guards=MESSAGES)
    service.first_run()
    last_end = f"{newest_end(service):%Y-%m-%d %H:%M} UTC"
    copy = copied(service, address)
    let_pass(campus, NEWCOMER)
    service.run(full=True)
    assert is_in_class(campus, NEWCOMER)
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(NEWCOMER))
    service.run(full=True)
    assert service.roster()[NEWCOMER]["state"] == "withdrawn"
    put_back(service, address, copy)

    first = service.run().run
    second = service.run(full=True).run

    for run in (first, second):
        assert run.outcome is RunOutcome.GUARDED
        [finding] = run.findings
        assert (finding.code, finding.before, finding.people) == (
            "memory_restored",
            last_end,
            (id_of(service, NEWCOMER),),
        )
    assert any("older than the last run that this service made" in said for said in first.messages)
    assert not is_in_class(campus, NEWCOMER)

    released = service.run(full=True, accept=True, by="Rina").run
    after = service.run(full=True).run

    assert (released.outcome, released.counts["pushed"]) == (RunOutcome.OK, 1)
    assert (after.outcome, after.findings, after.messages) == (RunOutcome.OK, (), released.messages[:0])
    times = Counter((message.to_id, message.text) for message in campus.mooc.messages + campus.kelas.messages)
    assert [to for (to, _), count in times.items() if count > 1] == []


def newest_end(service: Service) -> object:
    """Return when the last run ended."""
    with service.database.reading() as connection:
        return runs.recorded_runs(connection)[0].finished_at


def test_a_copy_that_lacks_nothing_but_a_hold_is_noticed(service: Service, campus: Campus, address: Path) -> None:
    copy = copied(service, address)
    held = id_of(service, NEWCOMER)
    decide(
        service.settings,
        service.database,
        lambda: datetime.now(UTC),
        PROGRAMME,
        held,
        OverrideKind.HOLD,
        "Cuti melahirkan",
        "Sari",
    )
    put_back(service, address, copy)
    let_pass(campus, NEWCOMER)

    run = service.run(full=True).run

    assert run.outcome is RunOutcome.GUARDED
    assert [(each.code, each.people) for each in run.findings] == [("memory_restored", (held,))]
    assert not is_in_class(campus, NEWCOMER)


def test_a_copy_made_while_a_run_was_under_way_and_put_back_after_it_was_killed_is_noticed(
    service: Service, campus: Campus, address: Path
) -> None:
    copy = copied(service, address)
    let_pass(campus, NEWCOMER)

    def killed(_programme: str, step: Step, _count: int) -> None:
        if step is Step.READ_BACK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.run(full=True, progress=killed)
    assert is_in_class(campus, NEWCOMER)
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(NEWCOMER))
    put_back(service, address, copy)

    assert service.run(full=True).run.outcome is RunOutcome.GUARDED
    assert not is_in_class(campus, NEWCOMER)


def test_a_copy_that_would_send_nobody_goes_on_by_itself_and_says_that_it_is_one(
    service: Service, address: Path
) -> None:
    copy = copied(service, address)
    service.run(full=True)
    put_back(service, address, copy)

    run, after = service.run().run, service.run().run

    assert (run.outcome, run.kind, run.counts["pushed"]) == (RunOutcome.OK, "full", 0)
    assert any("older than the last run that this service made" in said for said in run.messages)
    assert after.messages == ()


@pytest.mark.parametrize("state", ["gone", "behind", "of another database", "torn"])
def test_a_mark_that_was_not_written_to_the_end_or_is_not_there_holds_nothing(
    service: Service, campus: Campus, address: Path, state: str
) -> None:
    mark = mark_of(address)
    [(identity, count)] = json.loads(mark.read_text(encoding="utf-8")).items()
    if state == "gone":
        mark.unlink()
    elif state == "torn":
        mark.write_text(mark.read_text(encoding="utf-8")[:-3], encoding="utf-8")
    else:
        known = {identity: count - 1} if state == "behind" else {"another": count + 100}
        mark.write_text(json.dumps(known), encoding="utf-8")
    let_pass(campus, NEWCOMER)

    run = service.run(full=True).run

    assert (run.outcome, run.counts["pushed"], run.findings) == (RunOutcome.OK, 1, ())
    assert run.messages == ()
    assert json.loads(mark.read_text(encoding="utf-8"))[identity] > count


def test_the_mark_is_private_and_holds_numbers_only(service: Service, address: Path) -> None:
    mark = mark_of(address)

    assert service.run().run.messages == ()
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600
    assert all(isinstance(count, int) for count in json.loads(mark.read_text(encoding="utf-8")).values())
    assert [each.name for each in address.parent.glob("*mark*")] == [mark.name]


def test_a_mark_that_is_a_link_to_another_disk_stays_one_and_a_pipe_is_left_alone(tmp_path: Path) -> None:
    disk, link, pipe = tmp_path / "disk.mark", tmp_path / "latsar.db.mark", tmp_path / "pipe"
    link.symlink_to(disk)
    os.mkfifo(pipe)

    save_mark(link, Counted("one", 3))
    with pytest.raises(OSError, match="Invalid argument"):
        save_mark(pipe, Counted("one", 3))

    assert (link.is_symlink(), load_mark(disk)) == (True, {"one": 3})
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_mark_that_cannot_be_written_is_told_and_fails_no_run(
    make_service: ServiceFactory, address: Path, campus: Campus
) -> None:
    mark_of(address).mkdir()
    service = make_service(f"sqlite:///{address}", angkatan=ALL_HAVE_A_SEAT)

    run = service.run().run

    assert run.outcome is RunOutcome.OK
    [said] = [message for message in run.messages if str(mark_of(address)) in message]
    assert "mark_file" in said


def test_a_backup_that_is_restored_is_held_as_that_and_the_file_that_it_replaced_is_older_from_then_on(
    make_service: ServiceFactory, address: Path, tmp_path: Path, campus: Campus
) -> None:
    service = make_service(f"sqlite:///{address}", angkatan=ALL_HAVE_A_SEAT)
    service.first_run()
    backup.back_up(service.database, tmp_path / "old.backup", NOON)
    service.run()
    replaced = copied(service, address)
    address.unlink()
    empty = Database(f"sqlite:///{address}")
    backup.restore(empty, tmp_path / "old.backup", NOON)
    empty.close()
    let_pass(campus, NEWCOMER)

    held = service.run().run
    released = service.run(accept=True, by="Rina").run

    assert [(each.code, each.before) for each in held.findings] == [("memory_restored", f"{NOON:%Y-%m-%d %H:%M} UTC")]
    assert not any("older than the last run" in said for said in held.messages)
    assert (released.outcome, released.counts["pushed"]) == (RunOutcome.OK, 1)

    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(NEWCOMER))
    service.run(full=True)
    put_back(service, address, replaced)

    assert service.run().run.outcome is RunOutcome.GUARDED
    assert not is_in_class(campus, NEWCOMER)


def test_a_copy_from_before_the_program_kept_a_mark_is_noticed(service: Service, campus: Campus, address: Path) -> None:
    copy = copied(service, address)
    with sqlite3.connect(copy) as connection:
        connection.execute("DELETE FROM database_mark")
    connection.close()
    let_pass(campus, NEWCOMER)
    service.run(full=True)
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(NEWCOMER))
    put_back(service, address, copy)

    assert service.run().run.outcome is RunOutcome.GUARDED
    assert not is_in_class(campus, NEWCOMER)


def test_a_plan_tells_of_an_older_copy_and_the_next_run_is_held(
    service: Service, campus: Campus, address: Path, command: Command
) -> None:
    copy = copied(service, address)
    service.run(full=True)
    put_back(service, address, copy)
    let_pass(campus, NEWCOMER)

    code, out, err = command(service, "plan")

    assert code == 4
    assert "older copy" in out + err
    assert service.run().run.outcome is RunOutcome.GUARDED


@pytest.mark.postgres
def test_a_server_set_back_to_yesterday_is_noticed_by_the_mark_that_the_configuration_names(
    make_service: ServiceFactory, postgres_server: str, campus: Campus, tmp_path: Path
) -> None:
    url, mark = new_postgres(postgres_server), tmp_path / "elsewhere" / "latsar.mark"
    service = make_service(url)
    service.database.close()
    service = Service(service.config, service.settings, Database(url, mark=mark))
    service.run()
    service.database.close()
    yesterday = twin(postgres_server, url)
    let_pass(campus, NEWCOMER)
    service.run(full=True)
    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(NEWCOMER))
    service.database.close()
    old = Service(service.config, service.settings, Database(yesterday, mark=mark))

    run = old.run().run
    old.database.close()

    assert run.outcome is RunOutcome.GUARDED
    assert [each.code for each in run.findings] == ["memory_restored"]
    assert not is_in_class(campus, NEWCOMER)


def twin(server: str, url: str) -> str:
    """Make another database of the server that holds the same as this one does now, and return its address."""
    address = make_url(url)
    engine = create_engine(
        make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {address.database}_old TEMPLATE {address.database}"))
    return address.set(database=f"{address.database}_old").render_as_string(hide_password=False)


def test_doctor_says_where_the_mark_lies_and_that_the_database_is_older(
    service: Service, address: Path, command: Command
) -> None:
    copy = copied(service, address)
    before = command(service, "doctor")[1]
    service.run(full=True)
    put_back(service, address, copy)

    after = command(service, "doctor")[1]

    assert str(mark_of(address)) in re.sub(r"\n\s*", "", before)
    assert "older than the last run" in " ".join(after.split())
