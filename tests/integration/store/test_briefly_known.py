"""What an incremental run knows of everybody by a few columns is what it would know by their whole lines (rule 10)."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from builders import nip
from sqlalchemy import update

from latsar_sync.domain.decision import RULE_VERSION, Decision, Outcome, Reason
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus
from latsar_sync.domain.known_people import Brief, JudgedBy, StandingsOf
from latsar_sync.domain.participant import Enrolment, Participant, Person
from latsar_sync.domain.records import Activity, Record, RecordedTerms, Terms
from latsar_sync.rules import whom_to_ask_again
from latsar_sync.rules.report_rows import by_key
from latsar_sync.store import runs, tables, thresholds
from latsar_sync.store.briefly_known import BrieflyKnown
from latsar_sync.store.database import Database
from latsar_sync.store.record_changes import save_records
from latsar_sync.store.terms import add_terms

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)
BY = JudgedBy(1, 1, 1, RULE_VERSION)
PEOPLE = 60
REASONS = ["", "score_below_threshold", "materials_incomplete", "no_grade", "score_imported", "materials_failed"]


def made_up(number: int, chance: Random) -> Record:
    """Return somebody in one of the ways that somebody can be known; most are fully read, and carry their own NIP."""

    def seldom(value: Any, other: Any) -> Any:
        return value if chance.random() < 0.1 else other

    own = nip(chance.randint(1, number)) if chance.random() < 0.1 else nip(number)
    key = seldom(chance.choice(["", f"peserta{number}", " ".join(own)]), own)
    counting = None if str(key).startswith("peserta") or not key else own
    enrolment = seldom(Enrolment.ENDED, seldom(Enrolment.SUSPENDED, Enrolment.ACTIVE))
    grade = Grade(
        seldom(GradeStatus.GRADE_HIDDEN, chance.choice([GradeStatus.GRADED, GradeStatus.NO_GRADE])), Decimal(80)
    )
    attempts = seldom(Attempts(1, chance.randint(0, 1), None, NOON, None), None)
    codes = chance.choice(REASONS)
    outcome = seldom(Outcome.UNDETERMINED, Outcome.NOT_YET if codes else Outcome.QUALIFIED)
    read_at = NOON + timedelta(minutes=chance.randint(0, 5))
    return Record(
        Participant(uuid4().hex, Person(number, f"Ani {number}", key, (), "BKD", enrolment), counting),
        Evidence(grade, None, attempts, enrolment),
        seldom(None, Decision(outcome, (Reason(codes),) if codes else (), Decimal(80), NOON)),
        NOON,
        grade_as_of=read_at,
        materials_as_of=seldom(None, read_at),
        report_row=f"row {number}",
        evidence_version=1,
        decision_version=1,
        threshold_version=seldom(2, 1),
        required_version=1,
        terms_version=1,
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_few_columns_tell_of_everybody_what_their_whole_lines_tell(module_database: Database, seed: int) -> None:
    chance, programme = Random(seed), f"latsar-{uuid4().hex[:20]}"
    records = [made_up(number, chance) for number in range(1, PEOPLE + 1)]
    merged, into, corrected, decided = (each.participant.id for each in chance.sample(records, 4))
    with module_database.writing() as connection:
        run_id = runs.start_run(connection, "sync", "host", 1, NOON)
        thresholds.add_required_set(connection, programme, 1, [Activity(3, "Modul 1", "page")], NOON)
        add_terms(connection, programme, RecordedTerms(1, Terms("blended", "gradebook", "none", "idnumber")), NOON)
        save_records(connection, programme, "mooc", [(None, each) for each in records], run_id, NOON)
        people, who = tables.participants, tables.identities
        connection.execute(update(people).where(people.c.id == merged).values(merged_into=into))
        connection.execute(update(who).where(who.c.participant_id == corrected).values(corrected_nip=nip(99)))
    with module_database.reading() as connection:
        briefly, whole = (
            BrieflyKnown(module_database, programme, connection, BY, [decided], each) for each in (False, True)
        )

    lines = whole.briefs
    standings = {each.standing.participant_id: each.standing for each in lines.values()}
    assert briefly.restless == whom_to_ask_again.restless(lines, BY, [decided], [into])
    assert 0 < len(briefly.restless) < PEOPLE, "nothing is told by that"
    for known in (briefly, whole):
        assert list(known) == list(lines)
        assert list(known.enrolled) == [user_id for user_id, each in lines.items() if each.standing.enrolled]
        assert known.outcomes() == Counter(each.outcome for each in standings.values() if not each.merged)
        assert known.by_key() == by_key(each for each in lines.values() if each.standing.enrolled)  # type: ignore[arg-type]  # a line has what is looked at
        assert known.waiting() == waiting(lines.values())
        assert known.report_rows([*lines, 999]) == {user_id: each.report_row for user_id, each in lines.items()}
        assert {each: known.nip_of(each) for each in lines} == {each: lines[each].standing.nip for each in lines}
        assert all(known.shows_a_grade(each) is (lines[each].grade in whom_to_ask_again.TOLD) for each in lines)
        assert all(known.carries(each, lines[each].raw_key) is lines[each].standing.enrolled for each in lines)
        assert known.line(7) == lines[7]
        everybody = StandingsOf(known, {})
        assert dict(everybody) == standings
        assert [each for each in [*standings, "nobody"] if each in everybody] == [*standings]
    assert briefly.briefs == lines
    assert dict(briefly) == dict(whole)


def waiting(lines: Collection[Brief]) -> list[tuple[int, str]]:
    """Return who lacks only material, the longest unread first, by everybody's lines."""
    found = [
        (each.materials_as_of, each.user_id, each.standing.participant_id)
        for each in lines
        if each.standing.outcome is Outcome.NOT_YET
        and each.standing.enrolled
        and each.materials_as_of is not None
        and each.codes.strip().startswith("materials_")
    ]
    return [(user_id, who) for _at, user_id, who in sorted(found)]
