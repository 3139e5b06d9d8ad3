"""The shapes of past imports and of imported scores. What a file would change: ``import_reports``."""

from typing import NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.evidence import Imported
from latsar_sync.rules.score_against_threshold import plain
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId, moment, number, told
from latsar_sync.store.listings import Row


class ScoreShape(TypedDict):
    """One imported score, with who imported and who confirmed it."""

    participant_id: ParticipantId
    nip: Nip | None
    name: str | None
    import_id: int
    file: str
    line: int | None
    score: DecimalText | None
    score_max: DecimalText
    date: Moment | None
    materials_done: int | None
    materials_total: int | None
    by: str
    at: Moment
    confirmed_by: str | None
    confirmed_at: Moment | None


class ImportShape(TypedDict):
    """One import: its file with the SHA-256 of its bytes, and how many of its scores count, wait or were replaced.

    ``lines`` stand in ``import show`` alone.
    """

    id: int
    programme: str
    kind: str
    file: str
    digest: str
    by: str
    at: Moment
    counts: dict[str, int]
    scores: int
    confirmed: int
    awaiting: int
    replaced: int
    confirmed_by: str | None
    confirmed_at: Moment | None
    lines: NotRequired[list[ScoreShape]]


def import_json(row: Row, zone: ZoneInfo) -> ImportShape:
    """One line of ``import list --json``."""
    return {
        "id": row["id"],
        "programme": row["programme"],
        "kind": row["kind"],
        "file": row["file"],
        "digest": row["digest"],
        "by": row["by"],
        "at": told(row["at"], zone),
        "counts": row["counts"],
        "scores": row["scores"],
        "confirmed": row["confirmed"],
        "awaiting": row["awaiting"],
        "replaced": row["scores"] - row["confirmed"] - row["awaiting"],
        "confirmed_by": row["confirmed_by"],
        "confirmed_at": moment(row["confirmed_at"], zone),
    }


def score_json(line: Row, zone: ZoneInfo) -> ScoreShape:
    """One imported score, in ``import show --json`` and ``explain --json``."""
    score: Imported = line["score"]
    return {
        "participant_id": line["s_participant_id"],
        "nip": line["nip"],
        "name": line["name"],
        "import_id": score.import_id,
        "file": line["file"],
        "line": score.line,
        "score": number(score.raw),
        "score_max": plain(score.maximum),
        "date": moment(score.at, zone),
        "materials_done": score.materials_done,
        "materials_total": score.materials_total,
        "by": line["by"],
        "at": told(line["at"], zone),
        "confirmed_by": line["confirmed_by"],
        "confirmed_at": moment(line["confirmed_at"], zone),
    }
