"""What came by files: each import, and who confirmed its scores. Rows are added, never changed.

The scores themselves stand in ``scores_of_files``.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from latsar_sync.store.order_of_words import not_before
from latsar_sync.store.scores_of_files import CONFIRMED, scores_that_wait
from latsar_sync.store.tables import (
    identities,
    imported_scores,
    imports,
    received_files,
    score_confirmations,
)
from latsar_sync.store.tables.columns import OF_PROGRAMME

PEOPLE, SCORES, CERTIFICATES = "participants", "scores", "certificates"
CLEARANCES, PLACEMENT, ACCOUNTS = "clearances", "placement", "accounts"
"""Lists that are received and taken, too: checked documents, who goes to which angkatan, whose account is which."""

Row = Mapping[str, Any]


def record_import(
    connection: Connection,
    programme: str,
    kind: str,
    file: str,
    digest: str,
    counts: Mapping[str, int],
    by: str,
    now: datetime,
    token_of: str | None = None,
) -> int:
    """Write down that a file was imported and return its number; ``digest`` is the SHA-256 of its bytes.

    ``token_of`` is who made the token by which it came, if it came by one; of a confirmation likewise (rule 21).
    """
    now = not_before(connection, programme, now)
    values = {"programme": programme, "kind": kind, "file": file, "digest": digest, "counts": dict(counts)}
    statement = insert(imports).values(**values, by=by, at=now, token_of=token_of).returning(imports.c.id)
    return int(connection.execute(statement).scalar_one())


def record_certificate(
    connection: Connection, certificate: Row, counts: Mapping[str, int], by: str, now: datetime, token_of: str | None
) -> int:
    """Write down that the score of a certificate was taken over, or taken back, and return the number of that import.

    By the certificate's number: this is for good, and offices name such a file by the person.
    """
    file = f"certificate-{certificate['id']}.pdf"
    return record_import(
        connection, certificate["programme"], CERTIFICATES, file, certificate["digest"], counts, by, now, token_of
    )


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


def confirm(connection: Connection, import_id: int, by: str, now: datetime, token_of: str | None = None) -> int:
    """Confirm the scores of an import that wait; return how many those were."""
    programme, said = find_import(connection, import_id)["programme"], {"by": by, "at": now, "token_of": token_of}
    waiting = [
        {"participant_id": participant_id, "version": score.version, **said}
        for participant_id, score in scores_that_wait(connection, programme)
        if score.import_id == import_id
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
    awaiting = Counter(
        score.import_id for programme in programmes for _who, score in scores_that_wait(connection, programme)
    )
    none = {"scores": 0, "confirmed": 0, "confirmed_by": None, "confirmed_at": None}
    rows = connection.execute(select(imports).where(imports.c.programme.in_(programmes)).order_by(imports.c.id))
    return [{**dict(row._mapping), **tallies.get(row.id, none), "awaiting": awaiting[row.id]} for row in rows]


def newest_file(connection: Connection, programme: str) -> datetime | None:
    """Return when a programme's lists and scores last told something: imported, confirmed, or the same file sent again.

    What a file of another kind tells, or one certificate, makes neither list nor scores newer.
    """
    kinds = (PEOPLE, SCORES)
    mine = and_(imports.c.programme == programme, imports.c.kind.in_(kinds))
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
        received_files.c.programme == programme, received_files.c.state == "taken", received_files.c.kind.in_(kinds)
    )
    told = (select(func.max(imports.c.at)).where(mine), confirmed, again)
    moments = [connection.execute(statement).scalar() for statement in told]
    return max((moment for moment in moments if moment is not None), default=None)


NEWEST_LIST = select(func.max(imports.c.id)).where(imports.c.programme == OF_PROGRAMME, imports.c.kind == PEOPLE)


def newest_list(connection: Connection, programme: str) -> int:
    """Return the number of the newest import that changed the programme's list of participants, 0 if none did."""
    return connection.execute(NEWEST_LIST, {"of_programme": programme}).scalar() or 0


def last_list(connection: Connection, programme: str) -> str | None:
    """Return the name of the file that the programme's list of participants was last changed by, None if none was."""
    statement = (
        select(imports.c.file)
        .where(imports.c.programme == programme, imports.c.kind == PEOPLE)
        .order_by(imports.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none()
