"""What the rows of a participant, their evidence and their decision hold, as values."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, TypeVar

from sqlalchemy import JSON, ColumnElement, Table, Text, cast

from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus, Imported, Materials
from latsar_sync.domain.participant import Enrolment, Owner, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import ALIKE, batches, shared
from latsar_sync.store.tables.columns import PlainDecimal, UtcDateTime

T = TypeVar("T")
OUTCOMES = {str(each): each for each in Outcome}


ENROLMENTS = {str(each): each for each in Enrolment}


STATUSES = {str(each): each for each in GradeStatus}


def labelled(table: Table, prefix: str, without: Collection[str] = (), plain: bool = False) -> list[ColumnElement[Any]]:
    """Return the columns of a table for a ``select``, labelled ``prefix_name``, JSON as the text it is stored as.

    Moments and numbers too, if ``plain``.
    """
    as_text = (JSON, UtcDateTime, PlainDecimal) if plain else JSON
    return [
        (cast(column, Text) if isinstance(column.type, as_text) else column).label(f"{prefix}_{column.name}")
        for column in table.columns
        if column.name not in without
    ]


def participants_of(columns: Mapping[str, Iterable[Any]]) -> Iterator[Participant]:
    """Return who is told of in rows of ``records_of``, by their columns: row by row it would take twice as long."""
    person = (
        columns["p_source_user_id"],
        columns["i_name"],
        columns["i_raw_key"],
        map(listed, columns["p_groups"]),
        map(shared, columns["i_institution"]),
        map(ENROLMENTS.__getitem__, columns["p_enrolment"]),
        (each or "" for each in columns["i_email"]),
        (each or "" for each in columns["i_place"]),
    )
    names, nips = columns["i_owner_name"], columns["i_owner_nip"]
    participant = (
        columns["p_id"],
        made(Person, person),
        (key if nip == key else nip for key, nip in zip(columns["i_raw_key"], columns["i_nip"], strict=False)),
        columns["i_nip_reason"],
        columns["i_nip_detail"],
        columns["i_corrected_nip"],
        columns["p_merged_into"],
        (None if name is None else Owner(name, nip) for name, nip in zip(names, nips, strict=False)),
        columns["i_handed_over_at"],
    )
    return made(Participant, participant)


def made(kind: type[T], columns: Iterable[Iterable[Any]]) -> Iterator[T]:
    """Return named tuples of a kind by the columns of their values, in the order of its fields."""
    new: Any = partial(tuple.__new__, kind)  # without a look at their length, which is theirs
    return map(new, zip(*columns, strict=False))


def participant_of(row: Any) -> Participant:
    """Return who is told of in a row of ``records_of``."""
    return next(participants_of({name: (value,) for name, value in zip(row._fields, row, strict=True)}))


def records_in(rows: Iterable[Any]) -> Iterator[tuple[int, Record]]:
    """Yield the records in rows of ``records_of``, each with its user id in the source."""
    for some in batches(rows):
        columns = dict(zip(some[0]._fields, zip(*some, strict=True), strict=True))
        for row, participant in zip(some, participants_of(columns), strict=True):
            yield participant.person.user_id, record_of(row, participant)


def record_of(row: Any, participant: Participant) -> Record:
    """Return the record in a row of ``records_of``, of somebody who is made out already."""
    return Record(
        participant,
        evidence_of(row) if row.e_version is not None else Evidence(),
        decision_of(row) if row.d_version is not None else None,
        row.p_last_seen_at,
        row.p_grade_as_of,
        row.p_materials_as_of,
        row.p_attempts_as_of,
        row.p_report_row,
        row.p_evidence_version,
        row.p_decision_version,
        row.d_threshold_version,
        row.d_required_version,
        row.d_terms_version,
    )


def evidence_of(row: Any) -> Evidence:
    """Return the evidence in a row of ``EVIDENCE_COLUMNS``: evidence labelled ``e_…``, the imported score ``s_…``."""
    materials = attempts = None
    if row.e_materials_total is not None:
        materials = _materials(
            row.e_materials_total, row.e_materials_open, row.e_materials_failed, row.e_materials_unknown
        )
    if row.e_attempts_finished is not None:
        attempts = Attempts(
            row.e_attempts_finished,
            row.e_attempts_ungraded,
            row.e_attempts_best,
            row.e_attempts_reached_at,
            row.e_attempts_maximum,
        )
    grade = Grade(
        STATUSES[row.e_grade_status], row.e_raw, row.e_minimum, row.e_maximum, row.e_overridden, row.e_graded_at
    )
    imported = imported_of(row) if row.s_version is not None else None
    return Evidence(grade, materials, attempts, ENROLMENTS[row.e_enrolment], imported)


def imported_of(row: Any) -> Imported:
    """Return the imported score in a row whose columns are labelled ``s_…``."""
    return Imported(
        version=row.s_version,
        import_id=row.s_import_id,
        raw=row.s_raw,
        minimum=row.s_minimum,
        maximum=row.s_maximum,
        at=row.s_reached_at,
        materials_done=row.s_materials_done,
        materials_total=row.s_materials_total,
        line=row.s_line,
        source=row.s_source or "import",
    )


def decision_of(row: Any) -> Decision:
    """Return the decision in a row of ``labelled(decisions, "d")``."""
    return Decision(
        OUTCOMES[row.d_outcome],
        _reasons(row.d_reasons),
        row.d_score,
        row.d_reached_at,
        row.d_materials_done,
        row.d_materials_total,
    )


@lru_cache(ALIKE)
def _reasons(stored: str) -> tuple[Reason, ...]:
    return tuple(Reason(code, values) for code, values in json.loads(stored))


@lru_cache(ALIKE)
def listed(stored: str) -> tuple[Any, ...]:
    """Return a stored list, one and the same for equal ones."""
    return tuple(json.loads(stored))


@lru_cache(ALIKE)
def _materials(total: int, undone: str, failed: str, unknown: str) -> Materials:
    return Materials(total, listed(undone), listed(failed), listed(unknown))
