"""What is past its period goes as a whole by one reported act, and the database lets nothing else through."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from personal_data import Shell, content, contradictions, where_found
from service import TOKENS, Service, new_postgres
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from unattended import programme, small_campus, urls_of, write_config

from latsar_sync.demo import Campus
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.records import SourceIds
from latsar_sync.domain.request import Request, RunOutcome, Step
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.run import pipeline
from latsar_sync.settings import load_settings
from latsar_sync.store import destruction_reports, retention
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease
from latsar_sync.store.source_ids import save_ids
from latsar_sync.store.tables import (
    APPEND_ONLY,
    access_log,
    accounts,
    action_keys,
    column_profiles,
    daemons,
    destruction_permits,
    destructions,
    metadata,
    notices,
    owed_rewriting,
    participants,
    restorations,
    runs,
    site_health,
    site_infos,
    thresholds,
    web_keys,
    web_sessions,
)
from latsar_sync.store.tables.filled_courses import database_mark

pytestmark = pytest.mark.usefixtures("in_english")

OLD, YOUNG = "latsar-2024-iii", "latsar-2026-iii"
ENDED = date(2024, 12, 20)
TODAY = datetime(2026, 12, 21, 3, tzinfo=UTC)
PERIODS = '[retention]\nidentities = 12\nledger = 24\naccess_log = 60\nlegal_basis = "JRA Nomor 7/2024"'


@pytest.fixture(scope="module")
def campus() -> Iterator[Campus]:
    """Give a campus with one small course, that nothing here changes."""
    with small_campus(6, 1) as campus:
        yield campus


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def service(request: pytest.FixtureRequest, tmp_path: Path, campus: Campus) -> Iterator[Service]:
    """Give a service with two programmes that both ran, the old one when its course was on."""
    sqlite = request.param == "sqlite"
    yield from opened(tmp_path, campus, "" if sqlite else new_postgres(request.getfixturevalue("postgres_server")))


@pytest.fixture
def on_sqlite(tmp_path: Path, campus: Campus) -> Iterator[Service]:
    """Give the same service on SQLite."""
    yield from opened(tmp_path, campus, "")


def both_run(service: Service) -> None:
    for name, at in ((OLD, datetime(2024, 12, 1, tzinfo=UTC)), (YOUNG, datetime(2026, 12, 1, tzinfo=UTC))):
        result = run(service, name, at)
        assert result.run.outcome is RunOutcome.OK
        with service.database.writing() as connection:
            note_accesses(connection, [Access(at, "rina", "cli", "roster", name, 6)])


def opened(folder: Path, campus: Campus, address: str) -> Iterator[Service]:
    programmes = (
        programme(OLD, ["1"])
        + f"ends = {ENDED}\n"
        + programme(YOUNG, ["1"]).replace(
            'source_group = "Angkatan 1"', 'source_group = "Angkatan 1"\ngroup = "Angkatan lain"'
        )
    )
    config = write_config(folder / "latsar.toml", programmes, urls_of(campus), address, top=PERIODS.replace("\n[", "["))
    settings = load_settings(config, TOKENS)
    database = Database(settings.database_url)
    database.upgrade()
    service = Service(config, settings, database)
    service.begin_after(f"both programmes ran on {campus.url}", both_run)
    yield service
    database.close()


def silent(programme: str, step: Step, count: int) -> None:
    """Listen to progress and say nothing."""


def run(service: Service, name: str, at: datetime) -> pipeline.ProgrammeResult:
    """Run one programme at a moment."""
    wanted = Request("test", (name,))
    return pipeline.run(service.settings, service.database, wanted, lambda: at, silent).programmes[0]


def destroy(shell: Shell, service: Service, *words: str, at: datetime = TODAY) -> Any:
    """Type retention apply for the old programme at a moment and return its JSON."""
    with time_machine.travel(at, tick=True):
        return shell.json(service, "retention", "apply", "--programme", OLD, "--by", "Ratna", *words)


def of(name: str, rows: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the rows that name a programme."""
    return {table: [line for line in lines if f"'{name}'" in line] for table, lines in rows.items()}


def people_of(service: Service, name: str) -> set[str]:
    """Return the internal ids of a programme's participants."""
    with service.database.reading() as connection:
        return set(connection.execute(text(f"SELECT id FROM participants WHERE programme = '{name}'")).scalars())


def test_exactly_one_programme_goes_with_all_that_belongs_to_it(service: Service, shell: Shell) -> None:
    gone = people_of(service, OLD)
    before = content(service.database)
    names = {line for line in before["identities"] if any(each in line for each in gone)}

    told = destroy(shell, service, "--apply")

    after = content(service.database)
    assert [report["data_class"] for report in told["reports"]] == ["ledger"]
    assert not any(each in line for lines in after.values() for line in lines for each in gone)
    assert of(OLD, after).keys() == before.keys()
    assert {table for table, lines in of(OLD, after).items() if lines} == {"access_log", "destructions"}
    for table, lines in before.items():
        stayed = [line for line in lines if f"'{OLD}'" not in line and not any(each in line for each in gone)]
        if table not in ("destructions", "access_log"):
            assert after[table] == stayed, table
    assert len(names) == 6
    assert contradictions(service) == []


def test_the_counts_of_the_report_are_those_of_the_rows_that_went(service: Service, shell: Shell) -> None:
    before = content(service.database)

    [report] = destroy(shell, service, "--apply")["reports"]

    after = content(service.database)
    went = {table: len(lines) - len(after[table]) for table, lines in before.items() if table != "destructions"}
    assert went.pop("access_log") == -1  # that it was done is noted
    assert report["counts"] == {table: count for table, count in went.items() if count}
    assert (report["months"], report["legal_basis"], report["by"]) == (24, "JRA Nomor 7/2024", "Ratna")
    assert report["ended_on"] == "2024-12-20"


def test_a_destruction_during_a_run_is_taken_and_done_when_the_run_has_ended(on_sqlite: Service, shell: Shell) -> None:
    with time_machine.travel(TODAY, tick=True), Lease(on_sqlite.database, OLD, lambda: datetime.now(UTC)):
        told = destroy(shell, on_sqlite, "--apply")
        assert (told["waiting"], told["reports"]) == (1, [])
        assert people_of(on_sqlite, OLD)

    assert people_of(on_sqlite, OLD) == set()
    with on_sqlite.database.reading() as connection:
        [report] = destruction_reports.find_reports(connection)
    assert (report.by, report.programme) == ("Ratna", OLD)


def test_without_apply_it_only_says_what_would_go(on_sqlite: Service, shell: Shell) -> None:
    before = content(on_sqlite.database)

    told = destroy(shell, on_sqlite)

    assert content(on_sqlite.database) == before
    assert [each["data_class"] for each in told["classes"]] == ["ledger"]
    assert told["classes"][0]["counts"]["participants"] == 6


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2025, 12, 19, 16, tzinfo=UTC), []),
        (datetime(2025, 12, 19, 17, tzinfo=UTC), ["identities"]),  # midnight in Jakarta
        (datetime(2026, 12, 19, 16, tzinfo=UTC), ["identities"]),
        (datetime(2026, 12, 19, 17, tzinfo=UTC), ["ledger"]),
        (datetime(2030, 1, 1, tzinfo=UTC), ["ledger", "access_log"]),
    ],
)
def test_each_course_is_due_on_its_own_day_in_the_programmes_zone(
    on_sqlite: Service, shell: Shell, at: datetime, due: list[str]
) -> None:
    assert [each["data_class"] for each in destroy(shell, on_sqlite, at=at)["classes"]] == due


def test_names_can_go_before_the_ledger_which_then_stays_without_them(
    service: Service, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    written_anew: set[str] = set()
    monkeypatch.setattr(Database, "forget_deleted", lambda _database, tables: written_anew.update(tables))
    with service.database.writing() as connection:
        marks = SourceIds("MOOC", 1, strangers=("407d0880b612",))  # a fingerprint of the number of somebody in a report
        save_ids(connection, OLD, marks)
        save_ids(connection, YOUNG, marks)
        connection.execute(update(participants).values(report_row="407d0880b612"))
    before = content(service.database)
    gone = people_of(service, OLD)

    told = destroy(shell, service, "--apply", at=datetime(2026, 1, 1, tzinfo=UTC))

    after = content(service.database)
    assert (len(before["source_ids"]), len(after["source_ids"])) == (2, 1)
    assert told["reports"][0]["counts"] == {"identities": 6}
    # a server keeps what was deleted or changed until the table is written anew
    beside = {"source_ids", "participants", "certificates", "received_files", "run_requests"}
    assert written_anew == {"identities", *beside}
    assert len(after["identities"]) == 6
    assert len(after["erasures"]) == 6
    assert not any(each in line for line in after["identities"] for each in gone)
    assert (after["decisions"], after["evidence"]) == (before["decisions"], before["evidence"])
    assert contradictions(service) == []


def test_the_access_log_goes_by_a_period_of_its_own(service: Service, shell: Shell) -> None:
    destroy(shell, service, "--apply", at=datetime(2030, 1, 1, tzinfo=UTC))

    with service.database.reading() as connection:
        left = connection.execute(select(access_log.c.programme, access_log.c.action).order_by(access_log.c.id))
        looked, done = map(tuple, left)
        assert (looked[0], done) == (YOUNG, (OLD, "retention apply"))  # the note of what was done just now
        courses = connection.execute(select(destructions.c.data_class).order_by(destructions.c.id)).scalars()
        assert list(courses) == ["ledger", "access_log"]


@pytest.mark.parametrize("data_class", ["identities", "ledger"])
def test_a_programme_whose_people_were_destroyed_is_never_collected_again(
    on_sqlite: Service, shell: Shell, data_class: str
) -> None:
    at = TODAY if data_class == "ledger" else datetime(2026, 1, 1, tzinfo=UTC)
    destroy(shell, on_sqlite, "--apply", at=at)
    before = content(on_sqlite.database, "runs", "run_programmes")

    result = run(on_sqlite, OLD, TODAY)

    assert isinstance(result.error, ConfigurationError)
    assert "were destroyed" in str(result.error)
    assert content(on_sqlite.database, "runs", "run_programmes") == before
    assert run(on_sqlite, YOUNG, TODAY).run.outcome is RunOutcome.OK


def test_nothing_is_ever_due_without_a_configured_period(on_sqlite: Service, shell: Shell) -> None:
    on_sqlite.config.write_text(on_sqlite.config.read_text(encoding="utf-8").replace(PERIODS, ""), encoding="utf-8")

    told = destroy(shell, on_sqlite, "--apply", at=datetime(2124, 1, 1, tzinfo=UTC))

    assert (told["classes"], told["reports"]) == ([], [])
    assert len(people_of(on_sqlite, OLD)) == 6


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--programme", YOUNG), "end of programme latsar-2026-iii is not known"),
        (("--programme", YOUNG, "--ended", "2026-11-30"), "too early"),
        (("--programme", OLD, "--ended", "2024-12-19"), "too early"),
        (("--programme", OLD, "--ended", "31/12/9999"), "cannot be meant"),
        (("--programme", "latsar-2014"), "latsar-2014"),
    ],
)
def test_an_end_that_is_unknown_or_said_too_early_destroys_nothing(
    on_sqlite: Service, shell: Shell, words: tuple[str, ...], said: str
) -> None:
    before = content(on_sqlite.database)

    with time_machine.travel(datetime(2050, 1, 1, tzinfo=UTC), tick=True):
        code, _, errors = shell.type(on_sqlite, "retention", "apply", *words, "--by", "Ratna", "--apply")

    assert code == 2
    assert said in errors
    assert content(on_sqlite.database) == before


def test_a_programme_that_is_configured_no_longer_is_destroyed_by_its_said_end(
    on_sqlite: Service, shell: Shell
) -> None:
    text = on_sqlite.config.read_text(encoding="utf-8")
    start, end = text.index(f'[[programmes]]\nid = "{OLD}"'), text.index(f'[[programmes]]\nid = "{YOUNG}"')
    on_sqlite.config.write_text(text[:start] + text[end:], encoding="utf-8")

    told = destroy(shell, on_sqlite, "--ended", "2024-12-20", "--apply")

    assert told["reports"][0]["programme"] == OLD
    assert people_of(on_sqlite, OLD) == set()


def test_the_report_is_printed_as_a_page_and_as_json_without_a_name(
    on_sqlite: Service, shell: Shell, tmp_path: Path
) -> None:
    people = [row for row in on_sqlite.participants().values() if row["programme"] == OLD]
    destroy(shell, on_sqlite, "--apply")
    file = tmp_path / "berita-acara.txt"

    shell.type(on_sqlite, "retention", "report", "1", "-o", str(file))
    shape = shell.json(on_sqlite, "retention", "report", "1")
    page = file.read_text(encoding="utf-8")

    for expected in ("JRA Nomor 7/2024", "20 December 2024", "24 months", "Ratna", OLD, "Witness"):
        assert expected in page
    assert shape["number"] == 1
    for row in people:
        assert row["nip"] not in page + json.dumps(shape)
        assert row["name"] not in page + json.dumps(shape)
    assert shell.type(on_sqlite, "retention", "report", "2")[0] == 2


def test_no_byte_of_a_destroyed_programmes_people_is_left_in_the_file(on_sqlite: Service, shell: Shell) -> None:
    # the other programme has the same people: it is left out, so that what is found is of the old one
    with time_machine.travel(TODAY, tick=True):
        for row in on_sqlite.participants().values():
            if row["programme"] == YOUNG:
                shell.type(
                    on_sqlite, "person", "erase", row["participant_id"], "--reason", "Uji", "--by", "R", "--apply"
                )
    people = list(on_sqlite.participants().values())
    assert len(people) == 6

    assert destroy(shell, on_sqlite, "--apply")["file_clean"] is True

    assert where_found(on_sqlite.database, *(str(row[key]) for row in people for key in ("nip", "name"))) == set()


def test_what_is_kept_and_due_is_shown(on_sqlite: Service, shell: Shell) -> None:
    with time_machine.travel(TODAY, tick=True):
        shape = shell.json(on_sqlite, "retention", "show")
        _, page, _ = shell.type(on_sqlite, "retention", "show")

    assert shape["months"] == {"identities": 12, "ledger": 24, "access_log": 60}
    assert shape["keep_runs_days"] == 90
    courses = {each["data_class"]: each for each in shape["programmes"][0]["classes"]}
    assert (courses["ledger"]["due_on"], courses["ledger"]["due"]) == ("2026-12-20", True)
    assert (courses["access_log"]["due_on"], courses["access_log"]["due"]) == ("2029-12-20", False)
    assert shape["programmes"][1]["ended_on"] is None
    assert "JRA Nomor 7/2024" in page


# What the database itself lets through

OVER = Keeping(OLD, DataClass.LEDGER, ENDED, 24)


def in_one_transaction(service: Service, *steps: Callable[[Connection], object]) -> None:
    """Do these things in one transaction."""
    with service.database.writing() as connection:
        for step in steps:
            step(connection)


def with_permit(connection: Connection, data_class: str = "ledger") -> None:
    """Open the way for one course of the old programme, as a destruction does."""
    values = {"programme": OLD, "data_class": data_class, "ended_on": ENDED, "months": 24}
    report = insert(destructions).values(**values, legal_basis="x", counts={}, by="R", at=TODAY)
    number = connection.execute(report.returning(destructions.c.id)).scalar_one()
    connection.execute(
        insert(destruction_permits).values(programme=OLD, data_class=data_class, destruction_id=number, never=-1)
    )


@pytest.mark.parametrize(
    "forbidden",
    [
        f"DELETE FROM thresholds WHERE programme = '{YOUNG}'",
        f"DELETE FROM decisions WHERE participant_id IN (SELECT id FROM participants WHERE programme = '{YOUNG}')",
        "UPDATE decisions SET outcome = 'qualified'",
        "UPDATE thresholds SET value = '1.00000'",
        "DELETE FROM destructions",
        "DELETE FROM access_log",
    ],
)
def test_even_in_a_destruction_nothing_else_may_be_deleted_and_nothing_changed(
    service: Service, forbidden: str
) -> None:
    before = content(service.database)

    with pytest.raises(DBAPIError, match="is append-only"):
        in_one_transaction(service, with_permit, lambda c: c.execute(text(forbidden)))

    assert content(service.database) == before


def test_an_ordinary_deletion_is_refused_before_and_after_a_destruction(service: Service) -> None:
    def refused() -> None:
        for name in APPEND_ONLY:
            table = metadata.tables[name]
            with service.database.reading() as connection:
                empty = connection.execute(select(table).limit(1)).first() is None
            if not empty:
                with (
                    pytest.raises(DBAPIError, match=f"{name} is append-only"),
                    service.database.writing() as connection,
                ):
                    connection.execute(delete(table))

    refused()
    with service.database.writing() as connection:
        retention.destroy(connection, OVER, "JRA", "Ratna", TODAY)

    refused()


def test_no_transaction_can_end_with_the_way_left_open(service: Service) -> None:
    before = content(service.database)

    with pytest.raises(IntegrityError):
        in_one_transaction(
            service, with_permit, lambda c: c.execute(delete(thresholds).where(thresholds.c.programme == OLD))
        )

    assert content(service.database) == before


@pytest.mark.parametrize("never", [1, None])
def test_there_is_no_permit_that_could_last_and_none_without_a_report(service: Service, never: int | None) -> None:
    def add(number: int, never: int | None) -> Callable[[Connection], object]:
        values = {"id": 1, "programme": OLD, "data_class": "ledger", "destruction_id": number, "never": never}
        return lambda connection: connection.execute(insert(destruction_permits).values(**values))

    def take_away(connection: Connection) -> object:
        return connection.execute(delete(destruction_permits))

    with pytest.raises(IntegrityError):
        in_one_transaction(service, add(99, -1), take_away)
    with pytest.raises(IntegrityError):
        in_one_transaction(service, with_permit, take_away, add(1, never))

    assert content(service.database)["destructions"] == []


def test_rows_that_come_while_it_counts_undo_the_whole_destruction(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(service.database)
    real: Callable[..., dict[str, int]] = retention.count_rows
    monkeypatch.setattr(retention, "count_rows", lambda *words: real(*words) | {"decisions": 1})

    with pytest.raises(Exception, match="changed while it was counted"), service.database.writing() as connection:
        retention.destroy(connection, OVER, "JRA", "Ratna", TODAY)

    assert content(service.database) == before


def test_every_table_belongs_to_the_programmes_ledger_or_is_known_not_to(on_sqlite: Service) -> None:
    belonging = {table for table, _ in retention.rows_of(OLD, DataClass.LEDGER)}

    of_the_service = {runs, daemons, notices, site_health, accounts, web_keys, restorations, database_mark}
    of_the_service |= {web_sessions, action_keys, site_infos, column_profiles, owed_rewriting}
    assert set(metadata.sorted_tables) - belonging == {*retention.OUTLIVE, *of_the_service}


def test_a_keeping_without_an_end_or_a_period_is_never_destroyed(on_sqlite: Service) -> None:
    for keeping in (Keeping(OLD, DataClass.LEDGER, None, 24), Keeping(OLD, DataClass.LEDGER, ENDED, None)):
        with pytest.raises(ValueError, match="no period"), on_sqlite.database.writing() as connection:
            retention.destroy(connection, keeping, "JRA", "Ratna", TODAY + timedelta(days=9999))
