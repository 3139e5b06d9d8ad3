"""The JSON shapes of the import commands: a contract, to which keys are added and never lost."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.domain.model import Imported
from latsar_sync.files.checking import Remark
from latsar_sync.files.comparison import PeopleComparison, PersonChange, ScoreChange
from latsar_sync.files.importing import ImportRequest, Report
from latsar_sync.shapes.listings import moment, number


def report_json(report: Report, request: ImportRequest) -> dict[str, Any]:
    """Shape of ``import participants --json`` and ``import scores --json``."""
    taken = report.taken
    if isinstance(taken, PeopleComparison):
        changes = {
            "new": [_person_json(change) for change in taken.new],
            "changed": [_person_json(change) for change in taken.changed],
            "ended": [_person_json(change) for change in taken.ended],
        }
    else:
        changes = {
            "new": [change_json(change) for change in taken.changes if change.before is None],
            "changed": [change_json(change) for change in taken.changes if change.before is not None],
        }
    rejected = len({remark.line for remark in report.rejected})
    return {
        "outcome": "failed" if report.rejected else "guarded" if report.held else "ok",
        "error": rejection_line(rejected) if report.rejected else held_line(report.held) if report.held else None,
        "programme": request.programme,
        "kind": report.kind,
        "file": report.file,
        "applied": request.apply and not report.rejected and not report.held,
        "import_id": report.import_id,
        "rows": report.rows,
        **changes,
        "unchanged": taken.unchanged,
        "rejected": [_remark_json(remark) for remark in report.rejected],
        "warnings": [_remark_json(remark) for remark in report.warnings],
        "ignored_columns": list(report.ignored),
    }


def import_json(row: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """One line of ``import list --json``."""
    return {
        "id": row["id"],
        "programme": row["programme"],
        "kind": row["kind"],
        "file": row["file"],
        "digest": row["digest"],
        "by": row["by"],
        "at": moment(row["at"], zone),
        "counts": row["counts"],
        "scores": row["scores"],
        "confirmed": row["confirmed"],
        "awaiting": row["awaiting"],
        "replaced": row["scores"] - row["confirmed"] - row["awaiting"],
        "confirmed_by": row["confirmed_by"],
        "confirmed_at": moment(row["confirmed_at"], zone),
    }


def score_json(line: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """One imported score, in ``import show --json`` and ``explain --json``."""
    score: Imported = line["score"]
    return {
        "participant_id": line["s_participant_id"],
        "nip": line["nip"],
        "name": line["name"],
        "import_id": score.import_id,
        "file": line["file"],
        "score": number(score.raw),
        "score_max": number(score.maximum),
        "date": moment(score.at, zone),
        "materials_done": score.materials_done,
        "materials_total": score.materials_total,
        "by": line["by"],
        "at": moment(line["at"], zone),
        "confirmed_by": line["confirmed_by"],
        "confirmed_at": moment(line["confirmed_at"], zone),
    }


def _person_json(change: PersonChange) -> dict[str, Any]:
    participant = change.record.participant
    return {
        "participant_id": participant.id,
        "nip": participant.nip,
        "name": participant.person.name,
        "institution": participant.person.institution,
        "angkatan": next(iter(participant.person.groups), None),
        "what": list(change.what),
    }


def change_json(change: ScoreChange) -> dict[str, Any]:
    participant, after, before = change.record.participant, change.after, change.before
    return {
        "participant_id": participant.id,
        "nip": participant.nip,
        "name": participant.person.name,
        "score": number(after.raw),
        "score_before": number(before.raw) if before else None,
        "date": after.at.isoformat(timespec="seconds") if after.at else None,
        "materials_done": after.materials_done,
        "materials_total": after.materials_total,
    }


def _remark_json(remark: Remark) -> dict[str, Any]:
    return {
        "line": remark.line,
        "column": remark.column,
        "reason": remark.code,
        "message": remark.said(in_use()),
    }


def held_line(held: tuple[int, int]) -> str:
    """Say that a list was not taken since too many are missing from it: of how many, and how many."""
    return _("{missing} of {before} participants are missing from it: more than max_drop_share allows.").format(
        before=held[0], missing=held[1]
    )


def rejection_line(lines: int) -> str:
    """Say that nothing was imported, and because of how many rows."""
    return counted(
        "{number} row was rejected, so nothing of the file was imported.",
        "{number} rows were rejected, so nothing of the file was imported.",
        lines,
    ).format(number=lines)
