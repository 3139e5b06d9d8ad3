"""What came by files: each import, the scores in it, and who confirmed them. Rows are added, never changed.

A participant's newest imported score counts once a second person has confirmed it; until then the newest one that
was confirmed before. What was replaced by a newer file before anybody confirmed it can never count.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from latsar_sync.domain.evidence import Imported
from latsar_sync.store.bulk import batches
from latsar_sync.store.order_of_words import not_before
from latsar_sync.store.participant_values import imported_of
from latsar_sync.store.participants import IMPORTED
from latsar_sync.store.rows_of_people import RowsOfPeople
from latsar_sync.store.tables import (
    identities,
    imported_scores,
    imports,
    participants,
    received_files,
    score_confirmations,
)

PEOPLE, SCORES, CERTIFICATES = "participants", "scores", "certificates"
CLEARANCES, PLACEMENT, ACCOUNTS = "clearances", "placement", "accounts"
"""Lists that are received and taken, too: checked documents, who goes to which angkatan, whose account is which."""

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


def record_import(
    connection: Connection,
    programme: str,
    kind: str,
    file: str,
    digest: str,
    counts: Mapping[str, int],
    by: str,
    now: datetime,
) -> int:
    """Write down that a file was imported and return its number; ``digest`` is the SHA-256 of its bytes."""
    now = not_before(connection, programme, now)
    values = {"programme": programme, "kind": kind, "file": file, "digest": digest, "counts": dict(counts)}
    statement = insert(imports).values(**values, by=by, at=now).returning(imports.c.id)
    return int(connection.execute(statement).scalar_one())


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


def note_lines(connection: Connection, import_id: int, lines: Mapping[str, int]) -> None:
    """Write down from which line of an import's file each of these participants came, by internal id."""
    if lines:
        statement = (
            update(identities)
            .where(identities.c.participant_id == bindparam("who"))
            .values(import_id=import_id, import_line=bindparam("where"))
        )
        connection.execute(statement, [{"who": who, "where": line} for who, line in lines.items()])


def listed_by(connection: Connection, participant_id: str) -> Row | None:
    """Return the import by which a participant stands on the list as they do, with the ``line``; None without one."""
    statement = (
        select(imports, identities.c.import_line.label("line"))
        .join(identities, identities.c.import_id == imports.c.id)
        .where(identities.c.participant_id == participant_id)
    )
    row = connection.execute(statement).first()
    return None if row is None else dict(row._mapping)


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
    rows = connection.execute(TOLD_SCORES.on(connection), {"of_programme": programme})
    found: dict[str, ImportedScores] = {}
    for row in rows:
        score = imported_of(row)
        before = found.get(row.s_participant_id)
        confirmed, certificate = (before.confirmed, before.certificate) if before else (None, None)
        if row.confirmed is not None:
            certificate = score if score.source == "certificate" else certificate
            confirmed = score if score.raw is not None else certificate or score
        found[row.s_participant_id] = ImportedScores(score, confirmed, certificate, row.confirmed is None)
    return found


def confirm(connection: Connection, import_id: int, by: str, now: datetime) -> int:
    """Confirm the scores of an import that are their participants' newest and wait; return how many those were."""
    programme = find_import(connection, import_id)["programme"]
    waiting = [
        {"participant_id": participant_id, "version": standing.newest.version, "by": by, "at": now}
        for participant_id, standing in scores_by_participant(connection, programme).items()
        if standing.awaits and standing.newest.import_id == import_id
    ]
    if waiting:
        connection.execute(insert(score_confirmations), waiting)
    return len(waiting)


def find_import(connection: Connection, import_id: int) -> Row:
    """Return one import; an empty mapping if there is none of that number."""
    row = connection.execute(select(imports).where(imports.c.id == import_id)).first()
    return {} if row is None else dict(row._mapping)


def recorded_imports(connection: Connection, programmes: Sequence[str]) -> list[Row]:
    """Return every import, oldest first, with ``scores``, ``confirmed`` and ``awaiting`` counts, and who confirmed."""
    tallies: dict[int, Row] = {
        row.import_id: dict(row._mapping)
        for row in connection.execute(
            select(
                imported_scores.c.import_id,
                func.count().label("scores"),
                func.count(score_confirmations.c.version).label("confirmed"),
                func.min(score_confirmations.c.by).label("confirmed_by"),
                func.min(score_confirmations.c.at).label("confirmed_at"),
            )
            .outerjoin(score_confirmations, CONFIRMED)
            .where(imported_scores.c.import_id.in_(select(imports.c.id).where(imports.c.programme.in_(programmes))))
            .group_by(imported_scores.c.import_id)
        )
    }
    awaiting: dict[int, int] = {}
    for programme in programmes:
        for standing in scores_by_participant(connection, programme).values():
            if standing.awaits:
                awaiting[standing.newest.import_id] = awaiting.get(standing.newest.import_id, 0) + 1
    none = {"scores": 0, "confirmed": 0, "confirmed_by": None, "confirmed_at": None}
    rows = connection.execute(select(imports).where(imports.c.programme.in_(programmes)).order_by(imports.c.id))
    return [{**dict(row._mapping), **tallies.get(row.id, none), "awaiting": awaiting.get(row.id, 0)} for row in rows]


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


def newest_file(connection: Connection, programme: str) -> datetime | None:
    """Return when a programme's imports last told something: imported, confirmed, or the same file sent again."""
    mine = imports.c.programme == programme
    confirmed = (
        select(func.max(score_confirmations.c.at))
        .join(
            imported_scores,
            and_(
                imported_scores.c.participant_id == score_confirmations.c.participant_id,
                imported_scores.c.version == score_confirmations.c.version,
            ),
        )
        .join(imports, imports.c.id == imported_scores.c.import_id)
        .where(mine)
    )
    again = select(func.max(received_files.c.received_at)).where(
        received_files.c.programme == programme, received_files.c.state == "taken"
    )
    told = (select(func.max(imports.c.at)).where(mine), confirmed, again)
    moments = [connection.execute(statement).scalar() for statement in told]
    return max((moment for moment in moments if moment is not None), default=None)


def newest_list(connection: Connection, programme: str) -> int:
    """Return the number of the newest import that changed the programme's list of participants, 0 if none did."""
    mine = imports.c.programme == programme, imports.c.kind == PEOPLE
    return connection.execute(select(func.max(imports.c.id)).where(*mine)).scalar() or 0


def last_list(connection: Connection, programme: str) -> str | None:
    """Return the name of the file that the programme's list of participants was last changed by, None if none was."""
    statement = (
        select(imports.c.file)
        .where(imports.c.programme == programme, imports.c.kind == PEOPLE)
        .order_by(imports.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none()


__all__ = [
    "IMPORTED",
    "PEOPLE",
    "SCORES",
    "ImportedScores",
    "add_scores",
    "confirm",
    "find_import",
    "last_list",
    "listed_by",
    "newest_file",
    "newest_list",
    "note_lines",
    "record_import",
    "recorded_imports",
    "scores_by_participant",
    "scores_of",
]
