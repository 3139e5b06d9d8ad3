"""Full readings of a few people, judged one after the other, and what is then known of them."""

from collections.abc import Mapping
from datetime import datetime
from itertools import count

from builders import TODAY, day, done, graded, judge, person, reading_of, rules

from latsar_sync.domain.decision import Outcome, Rules, Threshold
from latsar_sync.domain.evidence import Grade, Materials
from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.records_after_reading import OnRecord

ANI, BUDI = person(1), person(2)
RULES = rules()


def read(
    *people: Person,
    grades: Mapping[int, Grade] | None = None,
    materials: Mapping[int, Materials | None] | None = None,
    looks_for_everybody: bool = True,
    enrolments: bool = True,
) -> SourceReading:
    """Return a full reading where everybody has 80 and studied everything, unless told otherwise."""
    return reading_of(
        people,
        {each.user_id: graded("80") for each in people} if grades is None else grades,
        {each.user_id: done() for each in people} if materials is None else materials,
        looks_for_everybody=looks_for_everybody,
        enrolments=enrolments,
    )


def run(
    known: Mapping[int, Record],
    reading: SourceReading,
    by: Rules = RULES,
    now: datetime | None = None,
    required: int = 1,
    earlier: Threshold | None = None,
) -> dict[int, Record]:
    """Judge a reading and return everything that is known then; ``earlier`` is the row that judged before."""
    numbers = count(len(known) + 1)
    history = {earlier.version: earlier} if earlier else {}
    moment = OnRecord(now or day(10), TODAY, required, history)
    return {**known, **judge(known, reading, by, moment, lambda: f"id-{next(numbers)}")}


def outcome(record: Record) -> Outcome | None:
    return record.decision.outcome if record.decision else None


def codes(record: Record) -> list[str]:
    return [reason.code for reason in record.decision.reasons] if record.decision else []


def versions(record: Record) -> tuple[int, int]:
    return record.evidence_version, record.decision_version
