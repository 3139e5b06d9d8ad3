"""The scores that came by files. Rows are added, never changed. Which of them counts: ``rules/scores_of_files``."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from latsar_sync.domain.evidence import Imported
from latsar_sync.rules.scores_of_files import ImportedScores, ToldScore, in_the_end
from latsar_sync.store.bulk import batches
from latsar_sync.store.participant_values import imported_of
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import identities, imported_scores, imports, participants, score_confirmations

Row = Mapping[str, Any]

CONFIRMED = and_(
    score_confirmations.c.participant_id == imported_scores.c.participant_id,
    score_confirmations.c.version == imported_scores.c.version,
)
TOLD_OF_THE_OWNER = and_(
    or_(identities.c.handed_over_at.is_(None), imports.c.at >= identities.c.handed_over_at),
    or_(identities.c.nip_since.is_(None), imports.c.at >= identities.c.nip_since),
)
"""What a file told of whoever had an account, or of the NIP that it carried, before is not told of who has it now."""
SCORE_COLUMNS = tuple(column.label(f"s_{column.name}") for column in imported_scores.columns)


def add_scores(connection: Connection, scores: Mapping[str, Imported]) -> None:
    """Record imported scores by participant id; each gets that participant's next version.

    That may be a higher one than the caller knows: what a file told of another person by this account has one too.
    """
    number, last = imported_scores.c.participant_id, Counter[str]()
    for some in batches(scores):
        newest = select(number, func.max(imported_scores.c.version).label("version")).where(number.in_(some))
        last.update({row.participant_id: row.version for row in connection.execute(newest.group_by(number))})
    rows = [
        {
            "participant_id": participant_id,
            "version": last[participant_id] + 1,
            "import_id": score.import_id,
            "raw": score.raw,
            "minimum": score.minimum,
            "maximum": score.maximum,
            "reached_at": score.at,
            "materials_done": score.materials_done,
            "materials_total": score.materials_total,
            "line": score.line,
            "source": None if score.source == "import" else score.source,
        }
        for participant_id, score in scores.items()
    ]
    if rows:
        connection.execute(insert(imported_scores), rows)


TOLD_SCORES = RowsOfPeople(
    imported_scores,
    select(*SCORE_COLUMNS, imports.c.digest, score_confirmations.c.version.label("confirmed"))
    .join(participants, participants.c.id == imported_scores.c.participant_id)
    .join(imports, imports.c.id == imported_scores.c.import_id)
    .outerjoin(identities, identities.c.participant_id == participants.c.id)
    .outerjoin(score_confirmations, CONFIRMED)
    .where(TOLD_OF_THE_OWNER)
    .order_by(imported_scores.c.version),
)
_any, _said = imported_scores.alias("any_score"), score_confirmations.alias("any_confirmation")
_NOT_CONFIRMED = (
    select(_any.c.participant_id)
    .outerjoin(_said, and_(_said.c.participant_id == _any.c.participant_id, _said.c.version == _any.c.version))
    .where(_said.c.version.is_(None))
)
"""Whoever has a score that nobody confirmed; most have none."""


def scores_by_participant(
    connection: Connection, programme: str, people: Collection[str] | None = None
) -> dict[str, ImportedScores]:
    """Return the imported scores that matter of everybody who has any, or of these few ``people``, by internal id."""
    return _scores(connection, programme, *(() if people is None else (participants.c.id.in_(people),)))


def scores_of_one(connection: Connection, programme: str, participant_id: str) -> ImportedScores | None:
    """Return those of one person, None if no file told any."""
    return scores_by_participant(connection, programme, [participant_id]).get(participant_id)


def scores_that_wait(connection: Connection, programme: str) -> Iterator[tuple[str, Imported]]:
    """Yield the scores of a programme that a second person may still confirm, each with whose it is (internal id)."""
    for who, standing in _scores(connection, programme, participants.c.id.in_(_NOT_CONFIRMED)).items():
        yield from ((who, each) for each in standing.waiting)


def _scores(connection: Connection, programme: str, *which: ColumnElement[bool]) -> dict[str, ImportedScores]:
    told: dict[str, list[ToldScore]] = {}
    for row in TOLD_SCORES.of(connection, programme, *which):
        score = ToldScore(imported_of(row), row.digest, row.confirmed is not None)
        told.setdefault(row.s_participant_id, []).append(score)
    return {who: in_the_end(theirs) for who, theirs in told.items()}


def counting(scores: Mapping[str, ImportedScores]) -> dict[str, int]:
    """Return the version of the score that counts of each, without those of whom none does."""
    return {who: each.confirmed.version for who, each in scores.items() if each.confirmed}


def may_count(connection: Connection, programme: str, participant_id: str, import_id: int) -> Imported | None:
    """Return the score that a certificate told of somebody by an import, where it counts or may count (again)."""
    standing = scores_of_one(connection, programme, participant_id)
    theirs = () if standing is None else (*standing.certificates, *standing.waiting)
    return next((each for each in theirs if each.import_id == import_id), None)


def scores_of(connection: Connection, import_id: int | None = None, participant_id: str | None = None) -> list[Row]:
    """Return the imported scores of one import or one participant, with import, person and confirmation."""
    statement = (
        select(
            *SCORE_COLUMNS,
            identities.c.nip,
            identities.c.name,
            imports.c.file,
            imports.c.by,
            imports.c.at,
            score_confirmations.c.by.label("confirmed_by"),
            score_confirmations.c.at.label("confirmed_at"),
        )
        .join(imports, imports.c.id == imported_scores.c.import_id)
        .outerjoin(identities, identities.c.participant_id == imported_scores.c.participant_id)
        .outerjoin(score_confirmations, CONFIRMED)
        .order_by(imported_scores.c.import_id, identities.c.sort_name, imported_scores.c.participant_id)
    )
    if import_id is not None:
        statement = statement.where(imported_scores.c.import_id == import_id)
    if participant_id is not None:
        statement = statement.where(imported_scores.c.participant_id == participant_id)
    return [{**dict(row._mapping), "score": imported_of(row)} for row in connection.execute(statement)]
