"""What the store promises on SQLite and PostgreSQL alike: a ledger that cannot be rewritten, keys, exact values."""

import tracemalloc
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, Table, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from latsar_sync.domain.actions import (
    AngkatanMove,
    Clearance,
    Finalisation,
    IdentityAction,
    IdentityKind,
    Override,
    OverrideKind,
)
from latsar_sync.domain.decision import Decision, Outcome, Reason, Scale, Threshold
from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.evidence import (
    Activity,
    Attempts,
    Evaluation,
    Evidence,
    Grade,
    GradeStatus,
    Imported,
    Materials,
)
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.known_people import JudgedBy, PeopleInMemory
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Baseline, Record, RecordedTerms, Terms
from latsar_sync.rules.records_after_reading import standing_of
from latsar_sync.store import (
    baselines,
    clearances,
    finalisations,
    identities,
    imports,
    known_people,
    moves,
    overrides,
    participants,
    place_choices,
    pushes,
    renaming,
    runs,
    scores_of_files,
    tables,
    thresholds,
)
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.briefly_known import BrieflyKnown
from latsar_sync.store.database import Database
from latsar_sync.store.entries import load_entries, save_entries
from latsar_sync.store.pushes import Push
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.terms import add_terms

WIB = timezone(timedelta(hours=7))
NOON = datetime(2026, 8, 17, 12, 0, 0, 123456, tzinfo=WIB)

EXACT = (
    Decimal("69.99999"),
    Decimal("70.00000"),
    Decimal("0.00000"),
    Decimal("0.00001"),
    Decimal("99999.99999"),
    Decimal("69.99600"),
)

RECORD = Record(
    participant=Participant(
        "a" * 32,
        Person(
            7, "Ni Luh Ayu D'Souza", "199508172025042003", ("Angkatan I", "Angkatan & II"), "BKPSDM", Enrolment.ACTIVE
        ),
        "199508172025042003",
    ),
    evidence=Evidence(
        Grade(GradeStatus.GRADED, Decimal("69.99999"), Decimal("0.00000"), Decimal("100.00000"), True, NOON),
        Materials(12, (3,), (4, 5), (6,)),
        Attempts(2, 1, Decimal("70.00000"), NOON, Decimal("100.00000")),
        Enrolment.SUSPENDED,
    ),
    decision=Decision(
        Outcome.NOT_YET,
        (Reason("score_below_threshold", {"score": "69.99999", "threshold": "70.00000"}), Reason("no_grade")),
        Decimal("69.99999"),
        NOON,
        8,
        12,
    ),
    last_seen_at=NOON,
    grade_as_of=NOON,
    materials_as_of=NOON - timedelta(days=1),
    evidence_version=1,
    decision_version=1,
    threshold_version=1,
    required_version=1,
)


_ERASED = {"version": 1, "kind": "resumed", "reason": "Uji", "by": "Ratna", "at": NOON}
_DESTROYED = {
    "data_class": "access_log",
    "ended_on": NOON.date(),
    "months": 12,
    "legal_basis": "Uji",
    "counts": {},
    "by": "Ratna",
    "at": NOON,
}


@pytest.fixture
def database(module_database: Database) -> Database:
    """Give one database for all tests of this file: each keeps to its own ``Shelf``."""
    return module_database


@dataclass(frozen=True)
class Shelf:
    """A programme of its own with one row in every table."""

    database: Database
    programme: str
    record: Record
    run_id: int

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Return this programme's rows of a table."""
        keys = {"programme": self.programme, "participant_id": self.record.participant.id}
        column, value = next((table.c[key], value) for key, value in keys.items() if key in table.c)
        with self.database.reading() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table).where(column == value))]

    def row(self, table: Table) -> dict[str, Any]:
        """Return this programme's only row of a table."""
        [row] = self.rows(table)
        return row


@pytest.fixture
def shelf(database: Database) -> Shelf:
    """Write one row into every table, by the functions that the service uses."""
    programme, identifier = f"latsar-{uuid4().hex[:20]}", uuid4().hex
    record = RECORD._replace(participant=RECORD.participant._replace(id=identifier))
    with database.writing() as connection:
        run_id = runs.start_run(connection, "sync", "host", 1, NOON)
        thresholds.add_threshold(connection, programme, threshold(Decimal(70)))
        thresholds.add_required_set(connection, programme, 1, [Activity(3, "Modul 1", "page")], NOON)
        add_terms(connection, programme, RecordedTerms(1, Terms("blended", "gradebook", "none", "idnumber")), NOON)
        save_records(connection, programme, "mooc", [(None, record)], run_id, NOON)
        save_entries(connection, programme, {}, [Entry(identifier, EntryState.PLANNED, "I")], NOON, run_id)
        pushes.write_ahead(connection, programme, [Push(PushKind.ENROL, identifier, "kelas", 41, 501)], run_id, NOON)
        overrides.add_overrides(connection, [Override(identifier, 1, OverrideKind.HOLD, "Sakit", "Ratna", NOON)])
        connection.execute(insert(tables.erasures).values(**_ERASED, participant_id=identifier))
        note_accesses(connection, [Access(NOON, "rina", "cli", "roster", programme, 1)])
        connection.execute(insert(tables.destructions).values(**_DESTROYED, programme=programme))
        paper = Clearance(1, identifier, None, "surat_sehat", "1", "RSUD", NOON.date(), NOON.date(), "Ratna", NOON)
        clearances.add_clearances(connection, programme, [paper])
        clearances.revoke_clearance(connection, programme, 1, "Palsu", "Ratna", NOON)
        moves.add_move(connection, AngkatanMove(identifier, 1, "II", "I", "Cuti", "Ratna", NOON))
        place_choices.choose(connection, {identifier: "barat"}, "Cuti", "Ratna", NOON)
        said = IdentityAction(
            identifier, 1, IdentityKind.ACCOUNT, "SK 2", "Ratna", NOON, site="kelas", target_user_id=7
        )
        identities.add_identity_action(connection, said)
        decree = Finalisation(1, "I", "SK 1", NOON.date(), "Ratna", NOON, (identifier,))
        finalisations.add_finalisation(connection, programme, decree)
        renaming.note_action(connection, programme, "II", "renamed", "2", "Ejaan", "Ratna", NOON)
        file = imports.record_import(connection, programme, imports.SCORES, "nilai.csv", "0" * 64, {}, "Siti", NOON)
        score = Imported(1, file, Decimal("69.99999"), Decimal("0.00000"), Decimal("100.00000"), NOON, 11, 12)
        scores_of_files.add_scores(connection, {identifier: score})
        imports.confirm(connection, file, "Budi", NOON)
        telling = runs.ProgrammeRun(programme, "full", runs.RunOutcome.OK, {"pushed": 1})
        runs.finish_programme(connection, run_id, telling, NOON)
    return Shelf(database, programme, record, run_id)


def threshold(value: Decimal, version: int = 1) -> Threshold:
    """Return a threshold of this value."""
    return Threshold(version, value, Scale.POINTS, "SK 12/2026", NOON, "config", NOON)


@pytest.mark.parametrize("name", tables.APPEND_ONLY)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_the_database_itself_refuses_to_change_the_ledger(shelf: Shelf, name: str, verb: str) -> None:
    table = tables.metadata.tables[name]
    before = shelf.row(table)
    column = table.primary_key.columns.values()[0].name
    statement = f"UPDATE {name} SET {column} = {column}" if verb == "UPDATE" else f"DELETE FROM {name}"

    with pytest.raises(DBAPIError, match=f"{name} is append-only"), shelf.database.writing() as connection:
        connection.execute(text(statement))

    assert shelf.row(table) == before


@pytest.mark.parametrize("name", tables.APPEND_ONLY)
def test_a_row_of_the_ledger_cannot_be_replaced_by_inserting_its_key_again(shelf: Shelf, name: str) -> None:
    table = tables.metadata.tables[name]
    before = shelf.row(table)
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    replacing = {
        "sqlite": f"INSERT OR REPLACE INTO {name} ({columns}) SELECT {columns} FROM {name}",
        "postgresql": f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} "
        f"ON CONFLICT ({key}) DO UPDATE SET {key.split(', ')[0]} = excluded.{key.split(', ')[0]}",
    }[shelf.database.engine.dialect.name]

    with pytest.raises(DBAPIError), shelf.database.writing() as connection:
        connection.execute(text(replacing))

    assert shelf.row(table) == before


@pytest.mark.parametrize("name", tables.APPEND_ONLY)
def test_the_ledger_cannot_be_emptied_at_one_stroke(shelf: Shelf, name: str) -> None:
    # SQLite has no TRUNCATE; its own fast emptying is a DELETE without a condition
    statement = {"sqlite": f"DELETE FROM {name}", "postgresql": f"TRUNCATE {name} CASCADE"}
    dialect = shelf.database.engine.dialect.name

    with pytest.raises(DBAPIError, match=f"{name} is append-only"), shelf.database.writing() as connection:
        connection.execute(text(statement[dialect]))

    assert len(shelf.rows(tables.metadata.tables[name])) == 1


OTHER_NUMBERS: dict[str, dict[str, Any]] = {"participants": {"id": "b" * 32}, "pushes": {"id": 1_000_000}}
"""A second row under another number is still the same thing where the number says nothing."""


@pytest.mark.parametrize(
    "name",
    [
        "participants",
        "identities",
        "thresholds",
        "required_sets",
        "evidence",
        "decisions",
        "roster_entries",
        "roster_events",
        "pushes",
        "run_programmes",
    ],
)
def test_the_same_thing_cannot_be_written_twice(shelf: Shelf, name: str) -> None:
    table = tables.metadata.tables[name]
    again = shelf.row(table) | OTHER_NUMBERS.get(name, {})

    with pytest.raises(IntegrityError), shelf.database.writing() as connection:
        connection.execute(insert(table).values(**again))

    assert len(shelf.rows(table)) == 1


def test_clearances_moves_and_decrees_come_back_as_they_went_in(shelf: Shelf) -> None:
    who = shelf.record.participant.id
    with shelf.database.reading() as connection:
        [paper] = clearances.load_clearances(connection, shelf.programme)
        [owned] = clearances.each_with_owner(connection, shelf.programme, "I")
        [move] = moves.move_history(connection, shelf.programme)
        [decree] = finalisations.finalisation_history(connection, shelf.programme)

    day = NOON.date()
    assert paper == Clearance(1, who, None, "surat_sehat", "1", "RSUD", day, day, "Ratna", NOON, revoked=True)
    assert (owned.nip, owned.name) == (shelf.record.participant.nip, shelf.record.participant.person.name)
    assert (owned.roster_angkatan, owned.revoked_by) == ("I", "Ratna")
    assert move == AngkatanMove(who, 1, "II", "I", "Cuti", "Ratna", NOON)
    assert decree == Finalisation(1, "I", "SK 1", day, "Ratna", NOON, (who,))


def test_a_long_list_of_documents_and_of_decisions_is_handed_on_row_by_row(shelf: Shelf) -> None:
    programme, who, day = shelf.programme, shelf.record.participant.id, NOON.date()
    paper = Clearance(1, who, None, "surat_sehat", "1", "RSUD", day, day, "Ratna", NOON)
    with shelf.database.writing() as connection:
        clearances.add_clearances(connection, programme, [replace(paper, version=each) for each in range(2, 4_002)])
        held = [Override(who, each, OverrideKind.HOLD, "Sakit", "Ratna", NOON) for each in range(2, 4_002)]
        overrides.add_overrides(connection, held)

    for listed in (clearances.each_with_owner, overrides.each_with_name):
        with shelf.database.reading() as connection:
            tracemalloc.start()
            one_by_one = sum(1 for _ in listed(connection, programme))
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            everything = list(listed(connection, programme))
            _, of_all = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        assert one_by_one == len(everything) == 4_001
        assert most < of_all / 2


def test_the_next_version_of_a_decision_and_the_next_attempt_of_a_push_are_accepted(shelf: Shelf) -> None:
    decision = shelf.row(tables.decisions) | {"version": 2}
    push = shelf.row(tables.pushes) | {"attempt": 2}
    del push["id"]

    with shelf.database.writing() as connection:
        connection.execute(insert(tables.decisions).values(**decision))
        connection.execute(insert(tables.pushes).values(**push))

    assert [row["version"] for row in shelf.rows(tables.decisions)] == [1, 2]
    assert [row["attempt"] for row in shelf.rows(tables.pushes)] == [1, 2]


def test_each_attempt_at_the_same_write_is_a_row_of_its_own_with_the_next_number(shelf: Shelf) -> None:
    first = Push(PushKind.ENROL, shelf.record.participant.id, "kelas", 41, 501)
    with shelf.database.writing() as connection:
        other = replace(first, subject="c" * 32)
        ids = pushes.write_ahead(connection, shelf.programme, [other, first], shelf.run_id, NOON)

    rows = {row["id"]: row for row in shelf.rows(tables.pushes)}
    assert [(rows[each]["subject"], rows[each]["attempt"], rows[each]["state"]) for each in ids] == [
        ("c" * 32, 1, "sending"),
        (shelf.record.participant.id, 2, "sending"),
    ]


def test_a_decision_about_nobody_is_refused(shelf: Shelf) -> None:
    orphan = shelf.row(tables.decisions) | {"participant_id": "f" * 32}

    with pytest.raises(IntegrityError), shelf.database.writing() as connection:
        connection.execute(insert(tables.decisions).values(**orphan))


def test_a_participant_comes_back_exactly_as_written(shelf: Shelf) -> None:
    with shelf.database.reading() as connection:
        found = participants.load_records(connection, shelf.programme)

    assert found == {7: shelf.record}
    assert found[7].evidence.grade.raw is not None
    assert str(found[7].evidence.grade.raw) == "69.99999"
    assert found[7].last_seen_at.utcoffset() is not None


def test_a_participant_held_packed_is_the_same_and_told_of_alike(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_people, "PACKED_FROM", 1)
    with shelf.database.reading() as connection:
        held = PeopleInMemory(participants.load_records(connection, shelf.programme))
        packed = known_people.load_known(connection, shelf.programme)

    assert not isinstance(packed, PeopleInMemory)
    assert dict(packed) == held
    assert (packed.ids(), packed.outcomes()) == (held.ids(), held.outcomes())
    [user_id] = held
    participant = held[user_id].participant
    assert packed.participant(user_id) == participant
    assert packed.in_words_of(participant.person, participant) == participant
    packed.let_go(user_id)
    assert (user_id in packed, packed.participant(user_id), len(packed)) == (False, None, 0)


def test_a_participant_known_by_a_line_is_the_same_whatever_a_person_says_meanwhile(shelf: Shelf) -> None:
    with shelf.database.reading() as connection:
        held = PeopleInMemory(participants.load_records(connection, shelf.programme))
        briefly = BrieflyKnown(shelf.database, shelf.programme, connection, JudgedBy(None, None, None, None), ())
    mine = tables.identities.c.participant_id == shelf.record.participant.id
    with shelf.database.writing() as connection:
        connection.execute(update(tables.identities).where(mine).values(nip="199508172025042001", corrected_nip="1"))

    [(user_id, record)] = held.items()
    assert (briefly.ids(), briefly.outcomes()) == (held.ids(), held.outcomes())
    assert briefly.briefs[user_id].standing == standing_of(record)
    assert dict(briefly) == held
    briefly.let_go(user_id)
    assert (user_id in briefly, briefly.participant(user_id), len(briefly)) == (False, None, 0)


def test_an_unchanged_participant_adds_no_row_to_the_ledger(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        known = participants.load_records(connection, shelf.programme)
        [before] = known.values()
        save_records(connection, shelf.programme, "mooc", [(before, shelf.record)], shelf.run_id, NOON)

    assert shelf.row(tables.evidence)["version"] == 1
    assert shelf.row(tables.decisions)["version"] == 1


def test_a_roster_entry_comes_back_exactly_as_written(shelf: Shelf) -> None:
    entry = Entry(
        participant_id=shelf.record.participant.id,
        state=EntryState.CONFIRMED,
        angkatan="I",
        reached_at=NOON,
        source_user_id=2**40,
        origin=Origin.PUSHED,
        site="kelas",
        course_id=41,
        course="KLS-I",
        target_user_id=2**40,
        group_id=9,
        group="Angkatan I",
        approved_by="Sekretaris",
    )
    with shelf.database.writing() as connection:
        known = load_entries(connection, shelf.programme)
        save_entries(connection, shelf.programme, known, [entry], NOON, shelf.run_id)

    with shelf.database.reading() as connection:
        assert load_entries(connection, shelf.programme) == {entry.participant_id: entry}


@pytest.mark.parametrize("value", EXACT)
def test_a_threshold_survives_to_the_last_decimal_place(shelf: Shelf, value: Decimal) -> None:
    with shelf.database.writing() as connection:
        thresholds.add_threshold(connection, shelf.programme, threshold(value, version=2))

    with shelf.database.reading() as connection:
        history = thresholds.threshold_history(connection, shelf.programme)

    assert [str(each.value) for each in history] == ["70.00000", str(value)]


@pytest.mark.parametrize("zone", [UTC, WIB, timezone(timedelta(hours=9))])
def test_a_moment_survives_to_the_microsecond_whatever_its_zone(shelf: Shelf, zone: timezone) -> None:
    moment = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=zone)
    with shelf.database.writing() as connection:
        thresholds.add_threshold(connection, shelf.programme, replace(threshold(Decimal(1), 2), effective_from=moment))

    with shelf.database.reading() as connection:
        stored = thresholds.threshold_history(connection, shelf.programme)[-1].effective_from

    assert stored == moment
    assert stored.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(shelf: Shelf) -> None:
    with pytest.raises(StatementError, match="time zone"), shelf.database.writing() as connection:
        runs.start_run(connection, "sync", "host", 1, NOON.replace(tzinfo=None))


def test_a_baseline_comes_back_with_exact_numbers(shelf: Shelf) -> None:
    evaluation = Evaluation(5, 9, "quiz", "Evaluasi", Decimal(0), Decimal("100.00000"), Decimal("69.99999"))
    baseline = Baseline(117, evaluation, (Activity(3, "Modul 1", "page"),), {"kelas/KLS-I": 40})

    with shelf.database.writing() as connection:
        baselines.save_baseline(connection, shelf.programme, baseline, shelf.run_id, NOON)
        baselines.save_baseline(connection, shelf.programme, baseline, shelf.run_id, NOON)

    with shelf.database.reading() as connection:
        assert baselines.load_baseline(connection, shelf.programme) == baseline


def test_a_transaction_that_fails_leaves_no_trace(shelf: Shelf) -> None:
    push = shelf.row(tables.pushes)

    with pytest.raises(IntegrityError), shelf.database.writing() as connection:
        settle_and_insert(connection, push)

    assert shelf.rows(tables.pushes) == [push]


def settle_and_insert(connection: Connection, push: dict[str, Any]) -> None:
    """Change a push, then insert it a second time, which must fail."""
    pushes.settle(connection, [push["id"]], PushState.CONFIRMED, NOON)
    connection.execute(insert(tables.pushes).values(**push))


def test_a_reader_sees_one_state_of_the_database_throughout(shelf: Shelf) -> None:
    count = select(tables.thresholds.c.version).where(tables.thresholds.c.programme == shelf.programme)

    with shelf.database.reading() as reader:
        before = reader.execute(count).all()
        with shelf.database.writing() as writer:
            thresholds.add_threshold(writer, shelf.programme, threshold(Decimal(75), version=2))
        after = reader.execute(count).all()

    assert before == after
    assert len(shelf.rows(tables.thresholds)) == 2


def test_what_a_dead_run_left_in_the_air_is_unknown_to_the_next(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        pushes.forget_the_dead(connection, "another-programme", NOON)
    assert shelf.row(tables.pushes)["state"] == "sending"

    with shelf.database.writing() as connection:
        pushes.forget_the_dead(connection, shelf.programme, NOON)

    with shelf.database.reading() as connection:
        [left] = pushes.open_pushes(connection, shelf.programme)
    assert left.push.subject == shelf.record.participant.id
    assert shelf.row(tables.pushes)["state"] == "unknown"


def test_of_pushes_without_an_answer_those_into_the_courses_just_read_are_found(shelf: Shelf) -> None:
    with shelf.database.writing() as connection:
        pushes.forget_the_dead(connection, shelf.programme, NOON)

    with shelf.database.reading() as connection:
        [left] = everything = pushes.open_pushes(connection, shelf.programme)
        here, elsewhere = left.push.course_id, left.push.course_id + 1

        assert pushes.open_pushes_into(connection, shelf.programme, {here, elsewhere}) == everything
        assert pushes.open_pushes_into(connection, shelf.programme, {elsewhere}) == []
        assert pushes.open_pushes_into(connection, "another-programme", {here}) == []
