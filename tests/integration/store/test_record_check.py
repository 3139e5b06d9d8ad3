"""The record checker finds each contradiction, explains it and says what to do; about sound records it is silent."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from service import TOKENS, Service, ServiceFactory, new_postgres
from sqlalchemy import Connection, delete, insert, select, text, update
from unattended import NOON, programme, small_campus, urls_of, write_config

from latsar_sync.demo import CASES, Campus, Fault
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings
from latsar_sync.store.check import Contradiction, check_records
from latsar_sync.store.database import Database
from latsar_sync.store.engines import begin_writing
from latsar_sync.store.leases import Lease
from latsar_sync.store.tables import (
    APPEND_ONLY,
    decisions,
    erasures,
    identities,
    participants,
    pushes,
    roster_entries,
    roster_events,
    runs,
    terms,
    thresholds,
)

PROGRAMME = "latsar-2026-iii"


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service after a good run; every test that spoils its records puts them back."""
    folder = tmp_path_factory.mktemp("check")
    sqlite = request.param == "sqlite"
    address = "" if sqlite else new_postgres(request.getfixturevalue("postgres_server"))
    with small_campus(6, 1) as campus:
        config = write_config(folder / "latsar.toml", programme(PROGRAMME, ["1"]), urls_of(campus), address)
        settings = load_settings(config, TOKENS)
        database = Database(settings.database_url)
        database.upgrade()
        service = Service(config, settings, database)
        assert service.run().run.outcome is RunOutcome.OK
        yield service
        database.close()


def without_protection(connection: Connection) -> None:
    """Let the ledger be changed, as somebody with a database tool could."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET session_replication_role = replica"))
        return
    for table in APPEND_ONLY:
        for what in ("update", "delete", "replace"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{what}"))


def found_after(service: Service, spoil: Callable[[Connection], object], **capacities: int) -> list[Contradiction]:
    """Spoil the records, look at them, and put them back; that they could be spoilt at all is left out."""
    with service.database.engine.connect() as connection:
        begin_writing(connection)
        without_protection(connection)
        spoil(connection)
        found = check_records(connection, {(PROGRAMME, name): seats for name, seats in capacities.items()})
        connection.rollback()
    return [each for each in found if each.code != "ledger_unprotected"]


def test_a_ledger_that_the_database_no_longer_protects_is_named(service: Service) -> None:
    sqlite = service.database.engine.dialect.name == "sqlite"
    drop = "DROP TRIGGER decisions_no_update" if sqlite else "DROP TRIGGER decisions_no_truncate ON decisions"
    off = drop if sqlite else "ALTER TABLE evidence DISABLE TRIGGER evidence_append_only"
    with service.database.engine.connect() as connection:
        begin_writing(connection)
        connection.execute(text(drop))
        dropped = check_records(connection, {})
        connection.rollback()
        begin_writing(connection)
        connection.execute(text(off))
        switched_off = check_records(connection, {})
        connection.rollback()

    assert [each.code for each in (*dropped, *switched_off)] == ["ledger_unprotected"] * 2
    assert "decisions" in dropped[0].found


def somebody(connection: Connection, outcome: str = "qualified") -> Any:
    """Return the current decision of a participant with this outcome."""
    current = decisions.c.version == participants.c.decision_version
    statement = (
        select(decisions)
        .join(participants, participants.c.id == decisions.c.participant_id)
        .where(current, decisions.c.outcome == outcome)
        .order_by(decisions.c.participant_id)
    )
    return connection.execute(statement).first()


def change_decision(connection: Connection, **values: Any) -> str:
    """Change a qualified decision and return whose it is."""
    row = somebody(connection)
    mine = (decisions.c.participant_id == row.participant_id, decisions.c.version == row.version)
    connection.execute(update(decisions).where(*mine).values(**values))
    return str(row.participant_id)


def change_participant(connection: Connection, **values: Any) -> None:
    """Change the row of a qualified participant."""
    who = somebody(connection).participant_id
    connection.execute(update(participants).where(participants.c.id == who).values(**values))


def change_entry(connection: Connection, **values: Any) -> None:
    """Change one confirmed roster entry."""
    one = connection.execute(select(roster_entries).where(roster_entries.c.state == "confirmed")).first()
    assert one is not None
    mine = roster_entries.c.participant_id == one.participant_id
    connection.execute(update(roster_entries).where(mine).values(**values))


def give_two_people_one_account(connection: Connection) -> None:
    """Let two roster entries point to the same account."""
    first, second = connection.execute(select(roster_entries).where(roster_entries.c.state == "confirmed")).all()[:2]
    mine = roster_entries.c.participant_id == second.participant_id
    connection.execute(update(roster_entries).where(mine).values(target_user_id=first.target_user_id))


def give_two_people_one_nip(connection: Connection) -> None:
    """Let two participants carry the same NIP."""
    first, second = connection.execute(select(identities).order_by(identities.c.participant_id)).all()[:2]
    mine = identities.c.participant_id == second.participant_id
    connection.execute(update(identities).where(mine).values(nip=first.nip))
    theirs = decisions.c.participant_id.in_([first.participant_id, second.participant_id])
    connection.execute(
        update(decisions).where(theirs).values(outcome="qualified", score=90, materials_done=12, materials_total=12)
    )


def leave_a_push_in_the_air(connection: Connection) -> None:
    """Make a push look as if the run had died while it was sent."""
    one = connection.execute(select(pushes.c.id).limit(1)).scalar_one()
    connection.execute(update(pushes).where(pushes.c.id == one).values(state="sending", settled_at=None))


ERASED = {"version": 1, "kind": "erased", "reason": "Uji", "by": "Ratna", "at": NOON}

SPOILT: dict[str, Callable[[Connection], object]] = {
    "decision_version_wrong": lambda c: change_participant(c, decision_version=9),
    "evidence_version_wrong": lambda c: change_participant(c, evidence_version=9),
    "outcome_counted_wrong": lambda c: change_participant(c, outcome="held"),
    "threshold_missing": lambda c: c.execute(delete(thresholds)),
    "evidence_missing": lambda c: change_decision(c, evidence_version=9),
    "qualified_below_limit": lambda c: change_decision(c, score=69),
    "qualified_unfinished": lambda c: change_decision(c, materials_done=3),
    "entry_incomplete": lambda c: change_entry(c, group_id=None),
    "history_differs": lambda c: change_entry(c, state="withdrawn"),
    "seat_taken_twice": give_two_people_one_account,
    "shared_nip_qualified": give_two_people_one_nip,
    "identity_missing": lambda c: c.execute(
        delete(identities).where(identities.c.participant_id == somebody(c).participant_id)
    ),
    "erased_identity_present": lambda c: c.execute(
        insert(erasures).values(**ERASED, participant_id=somebody(c).participant_id)
    ),
    "pushes_in_the_air": leave_a_push_in_the_air,
    "not_yet_at_limit": lambda c: change_decision(
        c, outcome="not_yet", score=70, reasons=[["score_below_threshold", {}]]
    ),
    "ledger_row_missing": lambda c: c.execute(delete(roster_events).where(roster_events.c.version == 1)),
    "entry_missing": lambda c: c.execute(delete(roster_entries)),
}


@pytest.mark.parametrize("code", SPOILT)
def test_each_contradiction_is_found_explained_and_comes_with_a_remedy(service: Service, code: str) -> None:
    found = found_after(service, SPOILT[code])

    assert code in {each.code for each in found}
    with service.database.reading() as connection:
        people = connection.execute(select(identities.c.nip, identities.c.name)).all()
    for each in found:
        assert each.found.endswith(".")
        assert len(each.remedy) > 20
        assert not any(nip in each.found or name in each.found for nip, name in people)


@pytest.mark.parametrize(
    ("code", "spoil"),
    [
        ("qualified_below_limit", lambda c: change_decision(c, score=None)),
        ("qualified_unfinished", lambda c: change_decision(c, materials_done=None)),
        ("entry_incomplete", lambda c: change_entry(c, angkatan=None)),
        ("entry_incomplete", lambda c: change_entry(c, target_user_id=None)),
        ("entry_incomplete", lambda c: change_entry(c, origin=None)),
        ("history_differs", lambda c: change_entry(c, version=99)),
        ("history_differs", lambda c: change_entry(c, angkatan="II")),
        ("ledger_row_missing", lambda c: c.execute(update(thresholds).values(version=2))),
    ],
)
def test_what_is_missing_altogether_contradicts_too(
    service: Service, code: str, spoil: Callable[[Connection], object]
) -> None:
    assert code in {each.code for each in found_after(service, spoil)}


@pytest.mark.parametrize(("score", "contradicts"), [(8, False), (-5, False), (69, False), (70, True), (100, True)])
def test_a_score_is_compared_with_the_limit_as_a_number(service: Service, score: int, contradicts: bool) -> None:
    too_low = {"outcome": "not_yet", "score": score, "reasons": [["score_below_threshold", {}]]}

    found = found_after(service, lambda c: change_decision(c, **too_low))

    assert ("not_yet_at_limit" in {each.code for each in found}) is contradicts


def test_the_person_is_named_by_internal_id(service: Service) -> None:
    named: list[str] = []

    [found] = found_after(service, lambda c: named.append(change_decision(c, score=69)))

    assert named[0] in found.found


def test_more_seats_taken_than_there_are_is_told_and_exactly_as_many_is_not(service: Service) -> None:
    taken = len(service.roster())

    assert [each.code for each in found_after(service, lambda c: None, **{"1": taken - 1})] == ["angkatan_overfull"]
    assert found_after(service, lambda c: None, **{"1": taken}) == []


@pytest.mark.parametrize(
    ("judged_by", "decision"),
    [
        ({"materials_mode": "none"}, {"materials_done": 3}),
        ({"method": "classical"}, {"materials_done": 3, "score": None}),
    ],
)
def test_what_a_decision_was_not_judged_by_is_no_contradiction(
    service: Service, judged_by: dict[str, str], decision: dict[str, Any]
) -> None:
    def spoil(connection: Connection) -> None:
        first = dict(connection.execute(select(terms)).mappings().one())
        connection.execute(insert(terms).values(**{**first, "version": 2, **judged_by}))
        change_decision(connection, terms_version=2, **decision)

    assert found_after(service, spoil) == []


def test_a_score_exactly_at_the_limit_and_a_push_of_a_run_under_way_are_no_contradictions(service: Service) -> None:
    assert found_after(service, lambda c: change_decision(c, score=70)) == []
    below = {"outcome": "not_yet", "reasons": [["score_below_threshold", {}]]}
    told = {each.code for each in found_after(service, lambda c: change_decision(c, score=69, **below))}
    assert told == {"outcome_counted_wrong"}

    with Lease(service.database, PROGRAMME, lambda: NOON):
        assert found_after(service, leave_a_push_in_the_air) == []


def test_looking_changes_nothing_and_sound_records_are_passed_over_in_silence(service: Service) -> None:
    with service.database.reading() as connection:
        assert check_records(connection, {(PROGRAMME, "1"): 40}) == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"evaluation": 'item = "EVAL-AKADEMIK"\nthreshold = { value = 70, scale = "percent", legal_basis = "Uji" }'},
        {
            "evaluation": 'item = "EVAL-AKADEMIK"\nbasis = "best_attempt"\n'
            'threshold = { value = 70, scale = "points", legal_basis = "Uji" }'
        },
        {"programme": 'effect = "warn"\nplacement = "first_qualified"'},
    ],
    ids=["usual", "percent", "best_attempt", "warn"],
)
def test_every_case_of_the_campus_and_a_lost_answer_leave_sound_records(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, options: dict[str, str]
) -> None:
    service = make_service(sqlite_url, **options)
    campus.faults.add(Fault("drop_after_commit", function="enrol_manual_enrol_users", count=1))
    capacities = {(PROGRAMME, name): seats for name, seats in {"I": 40, "II": 40, "III": 25}.items()}

    for _ in range(2):
        service.run()
        with service.database.reading() as connection:
            assert check_records(connection, capacities) == []

    campus.kelas.unenrol("KLS-I", campus.kelas.user_id(str(CASES["passed"][0])))
    service.run(full=True)
    with service.database.reading() as connection:
        assert check_records(connection, capacities) == []


# The file itself


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file of a database that fills many pages."""
    file = tmp_path / "latsar.db"
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    with database.writing() as connection:
        connection.execute(insert(runs).values(id=1, command="run", host="host", pid=1, started_at=NOON))
        same = {"programme": "p", "kind": "enrol", "state": "confirmed", "site": "kelas", "course_id": 41, "run_id": 1}
        rows = [{**same, "subject": f"{number:032}", "attempt": 1, "sent_at": NOON} for number in range(1000)]
        connection.execute(insert(pushes), rows)
    database.close()
    return file


def codes_of(file: Path) -> list[str]:
    """Return what is found in the database of this file."""
    database = Database(f"sqlite:///{file}")
    try:
        with database.reading() as connection:
            return [each.code for each in check_records(connection, {})]
    finally:
        database.close()


@pytest.mark.parametrize("length", [20_000, 100_000])
def test_a_damaged_file_is_found_and_nothing_else_is_concluded_from_it(file: Path, length: int) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[:-length] + b"\xff" * length)

    assert set(codes_of(file)) == {"file_damaged"}


def test_a_file_cut_short_is_not_even_opened(file: Path) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    database = Database(f"sqlite:///{file}")

    with pytest.raises(ConfigurationError, match="malformed"):
        database.upgrade()
    database.close()


def test_a_row_that_points_to_nothing_is_found(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO baselines VALUES ('p', 4711, '{}', '2026-01-01 00:00:00')")
        connection.commit()

    assert codes_of(file) == ["row_points_nowhere"]


def test_a_sound_file_is_passed_over_in_silence(file: Path) -> None:
    assert codes_of(file) == []
