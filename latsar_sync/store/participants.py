"""Participants, their evidence and their decisions: read whole, written in bulk, only where something differs."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import count
from os import urandom
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Connection, Table, Text, and_, cast, select

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.domain.model import (
    RULE_VERSION,
    Attempts,
    Decision,
    Enrolment,
    Evidence,
    Grade,
    GradeStatus,
    Imported,
    Materials,
    Outcome,
    Participant,
    Person,
)
from latsar_sync.domain.reasons import Reason
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import ALIKE, add_rows, change_rows, read_rows, set_rows, shared
from latsar_sync.store.tables.core import decisions, evidence, identities, imported_scores, participants

IMPORTED = "import"
"""The ``site`` of participants who came by a file."""

OUTCOMES = {str(each): each for each in Outcome}
ENROLMENTS = {str(each): each for each in Enrolment}
STATUSES = {str(each): each for each in GradeStatus}


def labelled(table: Table, prefix: str, without: Collection[str] = ()) -> list[ColumnElement[Any]]:
    """Return the columns of a table for a ``select``, labelled ``prefix_name``, JSON as the text it is stored as."""
    return [
        (cast(column, Text) if isinstance(column.type, JSON) else column).label(f"{prefix}_{column.name}")
        for column in table.columns
        if column.name not in without
    ]


EVIDENCE_COLUMNS = (*labelled(evidence, "e"), *labelled(imported_scores, "s"))
SCORE_SEEN = and_(
    imported_scores.c.participant_id == evidence.c.participant_id,
    imported_scores.c.version == evidence.c.imported_version,
)
"""How evidence finds the imported score that was confirmed when it was seen."""


LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def rising_ids(now: datetime) -> Callable[[], str]:
    """Return what gives a new internal id at each call: 32 letters that rise within a run and cannot be guessed.

    The rows of an intake then go to the end of each index, which takes half the time of going everywhere. No digits:
    some of them in a row look like a NIP, and would be hidden in the log.
    """
    run = f"{int(now.timestamp() * 1000):012x}"
    numbers = count()
    return lambda: f"{run}{next(numbers):08x}{urandom(6).hex()}".translate(LETTERS)


def load_records(connection: Connection, programme: str) -> dict[int, Record]:
    """Return every participant of a programme by user id in the MOOC, with current evidence and decision.

    Whoever was erased is not among them: nothing more is judged or placed for them.
    """
    rows = read_rows(
        connection,
        select(
            *labelled(participants, "p", without=("programme", "site", "first_seen_at")),
            *labelled(identities, "i", without=("participant_id",)),
            *labelled(evidence, "e", without=("participant_id", "seen_at")),
            *labelled(imported_scores, "s", without=("participant_id",)),
            *labelled(
                decisions, "d", without=("participant_id", "evidence_version", "rule_version", "decided_at", "run_id")
            ),
        )
        .select_from(participants)
        .join(identities, identities.c.participant_id == participants.c.id)
        .outerjoin(
            evidence,
            and_(evidence.c.participant_id == participants.c.id, evidence.c.version == participants.c.evidence_version),
        )
        .outerjoin(imported_scores, SCORE_SEEN)
        .outerjoin(
            decisions,
            and_(
                decisions.c.participant_id == participants.c.id,
                decisions.c.version == participants.c.decision_version,
            ),
        )
        .where(participants.c.programme == programme),
    )
    return {row.p_source_user_id: _record(row) for row in rows}


def save_records(
    connection: Connection,
    programme: str,
    site: str,
    known: Mapping[int, Record],
    records: Collection[Record],
    run_id: int,
    now: datetime,
) -> None:
    """Write what differs between ``known`` and ``records``.

    A record's ``evidence_version`` and ``decision_version`` must already count up where evidence or decision differ.
    """
    owner = programme if site == IMPORTED else None

    def compared() -> Iterator[tuple[Record | None, Record]]:
        return ((known.get(record.participant.person.user_id), record) for record in records)

    changed = (after for before, after in compared() if before and _stands(before) != _stands(after))
    change_rows(connection, participants, "id", map(_changed_row, changed))
    renamed = (after for before, after in compared() if before and before.participant != after.participant)
    change_rows(connection, identities, "participant_id", map(_identity_row, renamed))
    new = [after for before, after in compared() if before is None]
    add_rows(connection, participants, (_participant_row(each, programme, site, first_seen=now) for each in new))
    add_rows(connection, identities, ({**_identity_row(each), "import_programme": owner} for each in new))
    seen = (
        after for before, after in compared() if before is None or before.evidence_version != after.evidence_version
    )
    add_rows(connection, evidence, (_evidence_row(each, now) for each in seen))
    decided = (
        (after, after.decision)
        for before, after in compared()
        if after.decision and (before is None or before.decision_version != after.decision_version)
    )
    add_rows(connection, decisions, (_decision_row(*each, run_id, now) for each in decided))
    seen_again: dict[_Times, list[str]] = {}
    for before, after in compared():
        if before and _stands(before) == _stands(after) and _times(before) != _times(after):
            seen_again.setdefault(_times(after), []).append(after.participant.id)
    for times, ids in seen_again.items():
        set_rows(connection, participants, "id", ids, times._asdict())


def _stands(record: Record) -> tuple[Any, ...]:
    """Return what a participant's row holds beside the times of reading."""
    person = record.participant.person
    return person.groups, person.enrolment, record.evidence_version, record.decision_version


class _Times(NamedTuple):
    """What differs when a reading brings nothing new: of a whole programme mostly nothing else, and alike."""

    last_seen_at: datetime
    grade_as_of: datetime | None
    detail_as_of: datetime | None


def _times(record: Record) -> _Times:
    return _Times(record.last_seen_at, record.grade_as_of, record.detail_as_of)


def _participant_row(record: Record, programme: str, site: str, first_seen: datetime) -> dict[str, Any]:
    return {
        **_changed_row(record),
        "programme": programme,
        "site": site,
        "source_user_id": record.participant.person.user_id,
        "first_seen_at": first_seen,
    }


def _changed_row(record: Record) -> dict[str, Any]:
    person = record.participant.person
    return {
        "id": record.participant.id,
        **_times(record)._asdict(),
        "groups": person.groups,
        "enrolment": str(person.enrolment),
        "evidence_version": record.evidence_version,
        "decision_version": record.decision_version,
    }


def _identity_row(record: Record) -> dict[str, Any]:
    participant = record.participant
    return {
        "participant_id": participant.id,
        "raw_key": participant.person.key,
        "nip": participant.nip,
        "nip_reason": participant.nip_reason,
        "nip_detail": participant.nip_detail,
        "corrected_nip": participant.corrected,
        "name": participant.person.name,
        "institution": participant.person.institution,
    }


def _evidence_row(record: Record, now: datetime) -> dict[str, Any]:
    seen, materials, attempts = record.evidence, record.evidence.materials, record.evidence.attempts
    return {
        "participant_id": record.participant.id,
        "version": record.evidence_version,
        "source": seen.source,
        "enrolment": str(seen.enrolment),
        "grade_status": str(seen.grade.status),
        "raw": seen.grade.raw,
        "minimum": seen.grade.minimum,
        "maximum": seen.grade.maximum,
        "overridden": seen.grade.overridden,
        "graded_at": seen.grade.graded_at,
        "materials_total": materials.total if materials else None,
        "materials_open": materials.open if materials else None,
        "materials_failed": materials.failed if materials else None,
        "materials_unknown": materials.unknown if materials else None,
        "attempts_finished": attempts.finished if attempts else None,
        "attempts_ungraded": attempts.ungraded if attempts else None,
        "attempts_best": attempts.best if attempts else None,
        "attempts_maximum": attempts.maximum if attempts else None,
        "attempts_reached_at": attempts.reached_at if attempts else None,
        "seen_at": now,
        "imported_version": seen.imported.version if seen.imported else None,
    }


def _decision_row(record: Record, decision: Decision, run_id: int, now: datetime) -> dict[str, Any]:
    return {
        "participant_id": record.participant.id,
        "version": record.decision_version,
        "outcome": str(decision.outcome),
        "reasons": [[reason.code, dict(reason.values)] for reason in decision.reasons],
        "score": decision.score,
        "reached_at": decision.reached_at,
        "materials_done": decision.materials_done,
        "materials_total": decision.materials_total,
        "threshold_version": record.threshold_version,
        "required_version": record.required_version,
        "evidence_version": record.evidence_version,
        "rule_version": RULE_VERSION,
        "decided_at": now,
        "run_id": run_id,
        "terms_version": record.terms_version,
    }


def _record(row: Any) -> Record:
    key = row.i_raw_key
    person = Person(
        user_id=row.p_source_user_id,
        name=row.i_name,
        key=key,
        groups=_listed(row.p_groups),
        institution=shared(row.i_institution),
        enrolment=ENROLMENTS[row.p_enrolment],
    )
    return Record(
        participant=Participant(
            row.p_id,
            person,
            key if row.i_nip == key else row.i_nip,
            row.i_nip_reason,
            row.i_nip_detail,
            row.i_corrected_nip,
            row.p_merged_into,
        ),
        evidence=evidence_of(row) if row.e_version is not None else Evidence(),
        decision=decision_of(row) if row.d_version is not None else None,
        last_seen_at=row.p_last_seen_at,
        grade_as_of=row.p_grade_as_of,
        detail_as_of=row.p_detail_as_of,
        evidence_version=row.p_evidence_version,
        decision_version=row.p_decision_version,
        threshold_version=row.d_threshold_version,
        required_version=row.d_required_version,
        terms_version=row.d_terms_version,
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
    )


def source_sites(connection: Connection, programme: str) -> set[str]:
    """Return the sites that a programme's participants came from, ``IMPORTED`` for files."""
    rows = connection.execute(select(participants.c.site).where(participants.c.programme == programme).distinct())
    return {row.site for row in rows}


def decision_of(row: Any) -> Decision:
    """Return the decision in a row of ``labelled(decisions, "d")``."""
    return Decision(
        outcome=OUTCOMES[row.d_outcome],
        reasons=_reasons(row.d_reasons),
        score=row.d_score,
        reached_at=row.d_reached_at,
        materials_done=row.d_materials_done,
        materials_total=row.d_materials_total,
    )


@lru_cache(ALIKE)
def _reasons(stored: str) -> tuple[Reason, ...]:
    return tuple(Reason(code, values) for code, values in json.loads(stored))


@lru_cache(ALIKE)
def _listed(stored: str) -> tuple[Any, ...]:
    return tuple(json.loads(stored))


@lru_cache(ALIKE)
def _materials(total: int, undone: str, failed: str, unknown: str) -> Materials:
    return Materials(total, _listed(undone), _listed(failed), _listed(unknown))


def site_of(connection: Connection, programme: str, configured: str | None) -> str:
    """Return the site that a programme's participants come from, ``IMPORTED`` for files.

    ``configured`` is the name of its site in the settings, None if it has none.

    Raise ConfigurationError if those known came from another one: two people could have one number then.
    """
    site = configured or IMPORTED
    others = source_sites(connection, programme) - {site}
    if others:
        raise ConfigurationError(
            _("The participants of programme {programme} came from {before}; now source says {now}.").format(
                programme=programme, before=", ".join(sorted(others)), now=site
            ),
            _("Give the programme a new id, or put its source back."),
        )
    return site
