"""Participants, their evidence and their decisions, read whole; ``record_changes`` writes what becomes of them."""

import json
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import count
from os import urandom
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Select, Table, Text, and_, cast, select

from latsar_sync.domain.decision import Decision, Outcome, Reason
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.evidence import Attempts, Evidence, Grade, GradeStatus, Imported, Materials
from latsar_sync.domain.language import _
from latsar_sync.domain.packed_ids import ID_LETTERS
from latsar_sync.domain.participant import Enrolment, Owner, Participant, Person
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import ALIKE, batches, read_rows, shared
from latsar_sync.store.tables import decisions, evidence, identities, imported_scores, participants
from latsar_sync.store.tables.columns import STATEMENTS_KEPT, PlainDecimal, UtcDateTime

IMPORTED = "import"
"""The ``site`` of participants who came by a file."""

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


EVIDENCE_COLUMNS = (*labelled(evidence, "e"), *labelled(imported_scores, "s"))
SCORE_SEEN = and_(
    imported_scores.c.participant_id == evidence.c.participant_id,
    imported_scores.c.version == evidence.c.imported_version,
)
"""How evidence finds the imported score that was confirmed when it was seen."""


LETTERS = str.maketrans("0123456789abcdef", ID_LETTERS)


def numbered_ids(now: datetime) -> Callable[[int], str]:
    """Return what gives the internal id of a number, counted from 0: 32 letters that rise within a run and cannot be
    guessed.

    The rows of an import then go to the end of each index, which takes half the time of going everywhere. No digits:
    some of them in a row look like a NIP, and would be hidden in the log.
    """
    run, secret = f"{int(now.timestamp() * 1000):012x}", urandom(32)

    def of(number: int) -> str:
        hidden = blake2b(number.to_bytes(8, "big"), key=secret, digest_size=6).hexdigest()
        return f"{run}{number:08x}{hidden}".translate(LETTERS)

    return of


def rising_ids(now: datetime) -> Callable[[], str]:
    """Return what gives a new internal id at each call, as ``numbered_ids``."""
    numbers, of = count(), numbered_ids(now)
    return lambda: of(next(numbers))


def load_records(connection: Connection, programme: str) -> dict[int, Record]:
    """Return every participant of a programme by user id in the MOOC, with current evidence and decision.

    Whoever was erased is not among them: nothing more is judged or placed for them.
    """
    return {row.p_source_user_id: record_of(row) for row in read_rows(connection, records_of(programme))}


def records_with_nip(connection: Connection, programme: str, nip: str) -> list[Record]:
    """Return those of a programme who carry a NIP, likewise."""
    rows = read_rows(connection, records_of(programme).where(identities.c.nip == nip))
    return [record_of(row) for row in rows]


@lru_cache(STATEMENTS_KEPT)
def records_of(programme: str, plain: bool = False) -> Select[Any]:
    """Return the query for everybody of a programme with current evidence and decision; ``record_of`` takes its rows.

    ``plain``: moments and numbers are given as the text that they are stored as.
    """
    told = partial(labelled, plain=plain)
    return (
        select(
            *told(participants, "p", without=("programme", "site", "first_seen_at")),
            *told(identities, "i", without=("participant_id", "search_words", "sort_name")),
            *told(evidence, "e", without=("participant_id", "seen_at")),
            *told(imported_scores, "s", without=("participant_id",)),
            *told(
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
        .where(participants.c.programme == programme)
    )


def load_participants(connection: Connection, participant_ids: Collection[str]) -> dict[str, Participant]:
    """Return these participants by internal id, without those who were erased."""
    found: dict[str, Participant] = {}
    for some in batches(participant_ids):
        rows = read_rows(
            connection,
            select(*labelled(participants, "p"), *labelled(identities, "i", without=("participant_id",)))
            .join(identities, identities.c.participant_id == participants.c.id)
            .where(participants.c.id.in_(some)),
        )
        found |= {row.p_id: participant_of(row) for row in rows}
    return found


def participant_of(row: Any) -> Participant:
    """Return who is told of in a row of ``records_of``."""
    key = row.i_raw_key
    person = Person(
        user_id=row.p_source_user_id,
        name=row.i_name,
        raw_key=key,
        groups=listed(row.p_groups),
        institution=shared(row.i_institution),
        enrolment=ENROLMENTS[row.p_enrolment],
        email=row.i_email or "",
        place=row.i_place or "",
    )
    return Participant(
        row.p_id,
        person,
        key if row.i_nip == key else row.i_nip,
        row.i_nip_reason,
        row.i_nip_detail,
        row.i_corrected_nip,
        row.p_merged_into,
        None if row.i_owner_name is None else Owner(row.i_owner_name, row.i_owner_nip),
        row.i_handed_over_at,
    )


def record_of(row: Any) -> Record:
    """Return the record in a row of ``records_of``."""
    return Record(
        participant=participant_of(row),
        evidence=evidence_of(row) if row.e_version is not None else Evidence(),
        decision=decision_of(row) if row.d_version is not None else None,
        last_seen_at=row.p_last_seen_at,
        grade_as_of=row.p_grade_as_of,
        materials_as_of=row.p_materials_as_of,
        attempts_as_of=row.p_attempts_as_of,
        report_row=row.p_report_row,
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
        line=row.s_line,
        source=row.s_source or "import",
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
def listed(stored: str) -> tuple[Any, ...]:
    """Return a stored list, one and the same for equal ones."""
    return tuple(json.loads(stored))


@lru_cache(ALIKE)
def _materials(total: int, undone: str, failed: str, unknown: str) -> Materials:
    return Materials(total, listed(undone), listed(failed), listed(unknown))


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
