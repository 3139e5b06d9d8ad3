"""The scores that came by files, and which of them counts. Rows are added, never changed.

A participant's newest imported score counts once a second person has confirmed it; until then the newest one that
was confirmed before. What was replaced by a newer file before anybody confirmed it can never count.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select

from latsar_sync.domain.evidence import Imported
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


@dataclass(frozen=True, slots=True)
class ImportedScores:
    """One participant's imported scores: the ``newest``, and the ``confirmed`` one that counts if there is any.

    That is the newest; where a file that says that there is no score is the newest, the ``certificate`` that was
    confirmed before it. ``awaits`` says that the newest waits for a second person.
    """

    newest: Imported
    confirmed: Imported | None = None
    certificate: Imported | None = None
    awaits: bool = True


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
    select(*SCORE_COLUMNS, score_confirmations.c.version.label("confirmed"))
    .join(participants, participants.c.id == imported_scores.c.participant_id)
    .join(imports, imports.c.id == imported_scores.c.import_id)
    .outerjoin(identities, identities.c.participant_id == participants.c.id)
    .outerjoin(score_confirmations, CONFIRMED)
    .where(TOLD_OF_THE_OWNER)
    .order_by(imported_scores.c.version),
)


def scores_by_participant(connection: Connection, programme: str) -> dict[str, ImportedScores]:
    """Return the imported scores that matter of everybody who has any, by participant id."""
    found: dict[str, ImportedScores] = {}
    for row in TOLD_SCORES.of(connection, programme):
        score = imported_of(row)
        before = found.get(row.s_participant_id)
        confirmed, certificate = (before.confirmed, before.certificate) if before else (None, None)
        if row.confirmed is not None:
            certificate = score if score.source == "certificate" else certificate
            confirmed = score if score.raw is not None else certificate or score
        found[row.s_participant_id] = ImportedScores(score, confirmed, certificate, row.confirmed is None)
    return found


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
