"""The scores that came by files, and which of them counts. Rows are added, never changed.

A participant's newest imported score counts once a second person has confirmed it; until then the newest one that
was confirmed before. What was replaced by a newer file before anybody confirmed it can never count.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

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
    """One participant's imported scores: the ``newest`` that was told, and the ``confirmed`` one that counts.

    That is the newest confirmed one; where that says that there is no score, the last of the ``certificates``, which
    were confirmed and not taken back. ``waiting`` are those that a second person may still confirm.
    """

    newest: Imported
    confirmed: Imported | None = None
    certificates: tuple[Imported, ...] = ()
    waiting: tuple[Imported, ...] = ()

    @property
    def awaits(self) -> bool:
        """Whether something of them waits for a second person."""
        return bool(self.waiting)


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
    told: dict[str, list[_Told]] = {}
    for row in TOLD_SCORES.of(connection, programme, *which):
        told.setdefault(row.s_participant_id, []).append(_Told(imported_of(row), row.digest, row.confirmed is not None))
    return {who: _in_the_end(theirs) for who, theirs in told.items()}


def counting(scores: Mapping[str, ImportedScores]) -> dict[str, int]:
    """Return the version of the score that counts of each, without those of whom none does."""
    return {who: each.confirmed.version for who, each in scores.items() if each.confirmed}


class _Told(NamedTuple):
    """A score as it was told, the SHA-256 of what told it, and whether it is confirmed."""

    score: Imported
    digest: str
    is_confirmed: bool

    @property
    def takes_back(self) -> bool:
        """Whether it says that the certificate of this content is none."""
        return self.score.source == "certificate" and self.score.raw is None

    def is_of(self, contents: Collection[str]) -> bool:
        """Say whether a certificate of one of these contents told it."""
        return self.score.source == "certificate" and self.digest in contents


def _in_the_end(told: Sequence[_Told]) -> ImportedScores:
    """Return what somebody's scores come to, given them oldest first: the last that was confirmed and not taken back.

    Where that says that there is none, the last certificate; where none is left, that it was taken back.
    """
    confirmed = [each for each in told if each.is_confirmed]
    taken_back = {each.digest for each in confirmed if each.takes_back}
    stand = [each.score for each in confirmed if not each.is_of(taken_back)]
    certificates = tuple(each for each in stand if each.source == "certificate")
    counts = stand[-1] if stand else confirmed[-1].score if confirmed else None
    if stand and stand[-1].raw is None and certificates:
        counts = certificates[-1]
    scores = [each for each in told if not each.takes_back]
    newest = (scores or told)[-1]
    refused = {each.digest for each in told if each.takes_back}
    waiting = [each for each in told if each.takes_back or (each is newest and not each.is_of(refused))]
    return ImportedScores(
        newest.score, counts, certificates, tuple(each.score for each in waiting if not each.is_confirmed)
    )


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
