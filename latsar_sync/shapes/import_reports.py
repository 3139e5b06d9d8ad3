"""The shapes of what a file would change, or changed: people, scores, lists, and the lines that were not taken."""

from collections.abc import Sequence
from typing import Literal

from typing_extensions import TypedDict

from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.files.checking import Remark
from latsar_sync.files.comparison import ListComparison, ListLine, PeopleComparison, PersonChange
from latsar_sync.files.comparison_of_scores import ScoreChange
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.shapes.decided import PassedOverShape
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId, number


class PersonChangeShape(TypedDict):
    """Somebody whom a list changes; ``what`` names the columns that differ."""

    participant_id: ParticipantId
    nip: Nip | None
    name: str
    institution: str
    angkatan: str | None
    what: list[str]


class ScoreChangeShape(TypedDict):
    """A score that a file would add; ``date`` is as the file says it, with the offset that it was read in."""

    participant_id: ParticipantId
    nip: Nip | None
    name: str
    score: DecimalText | None
    score_before: DecimalText | None
    date: Moment | None
    materials_done: int | None
    materials_total: int | None


class ListLineShape(TypedDict):
    """What one line of a list (documents, placements, accounts) changes, in words; of a whole angkatan: no person."""

    line: int
    participant_id: ParticipantId | None
    nip: Nip | None
    name: str | None
    what: str


class RemarkShape(TypedDict):
    """Something about one line of a file; ``reason`` is a code, ``message`` the sentence."""

    line: int
    column: str
    reason: str
    message: str


class _Head(TypedDict):
    outcome: Literal["ok", "guarded", "failed"]
    error: str | None
    programme: str
    kind: str
    file: str
    applied: bool
    import_id: int | None
    rows: int
    profile: str | None


class _Tail(TypedDict):
    unchanged: int
    rejected: list[RemarkShape]
    warnings: list[RemarkShape]
    ignored_columns: list[str]


class _PeopleChanges(TypedDict):
    new: list[PersonChangeShape]
    changed: list[PersonChangeShape]
    ended: list[PersonChangeShape]


class _ScoreChanges(TypedDict):
    new: list[ScoreChangeShape]
    changed: list[ScoreChangeShape]


class PeopleReportShape(_Head, _PeopleChanges, _Tail):
    """What a list of participants changes; ``import_id`` is null if nothing was recorded."""


class ScoreReportShape(_Head, _ScoreChanges, _Tail):
    """What a file of scores adds; ``import_id`` is null if nothing was recorded."""


class _ListChanges(TypedDict):
    new: list[ListLineShape]
    passed_over: list[PassedOverShape]


class ListReportShape(_Head, _ListChanges, _Tail):
    """What a list of documents records, moves, or says of accounts; none of them has a number of an import."""


def report_json(
    report: Report, request: ImportRequest, passed_over: Sequence[tuple[str, str]] = ()
) -> PeopleReportShape | ScoreReportShape | ListReportShape:
    """Shape of ``import participants --json`` and ``import scores --json``, and of received lists.

    ``passed_over`` are those whom a placement list did not move, by internal id, and why.
    """
    taken, head, tail = report.taken, _head(report, request), _tail(report)
    if isinstance(taken, ListComparison):
        names = {each.participant.id: each.participant.person.name for each in taken.new if each.participant}
        passed: list[PassedOverShape] = [
            {"participant_id": who, "name": names.get(who), "why": why} for who, why in passed_over
        ]
        return {**head, "new": [_list_line_json(each) for each in taken.new], "passed_over": passed, **tail}
    if isinstance(taken, PeopleComparison):
        return {
            **head,
            "new": [_person_json(change) for change in taken.new],
            "changed": [_person_json(change) for change in taken.changed],
            "ended": [_person_json(change) for change in taken.ended],
            **tail,
        }
    return {
        **head,
        "new": [change_json(change) for change in taken.changes if change.before is None],
        "changed": [change_json(change) for change in taken.changes if change.before is not None],
        **tail,
    }


def _head(report: Report, request: ImportRequest) -> _Head:
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
        "profile": report.profile or None,
    }


def _tail(report: Report) -> _Tail:
    return {
        "unchanged": report.taken.unchanged,
        "rejected": [_remark_json(remark) for remark in report.rejected],
        "warnings": [_remark_json(remark) for remark in report.warnings],
        "ignored_columns": list(report.ignored),
    }


def _list_line_json(each: ListLine) -> ListLineShape:
    who = each.participant
    return {
        "line": each.line,
        "participant_id": who.id if who else None,
        "nip": who.nip if who else None,
        "name": who.person.name if who else None,
        "what": each.words,
    }


def _person_json(change: PersonChange) -> PersonChangeShape:
    participant = change.record.participant
    return {
        "participant_id": participant.id,
        "nip": participant.nip,
        "name": participant.person.name,
        "institution": participant.person.institution,
        "angkatan": next(iter(participant.person.groups), None),
        "what": list(change.what),
    }


def change_json(change: ScoreChange) -> ScoreChangeShape:
    """One score that a file would add."""
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


def _remark_json(remark: Remark) -> RemarkShape:
    return {
        "line": remark.line,
        "column": remark.column,
        "reason": remark.code,
        "message": remark.said(in_use()),
    }


def held_line(held: tuple[int, int]) -> str:
    """Say that a list was not taken since too many are missing from it: of how many, and how many."""
    return _("{missing} of {before} participants are missing from it: more than may be at once.").format(
        before=held[0], missing=held[1]
    )


def rejection_line(lines: int) -> str:
    """Say that nothing was imported, and because of how many rows."""
    return counted(
        "{number} row was rejected, so nothing of the file was imported.",
        "{number} rows were rejected, so nothing of the file was imported.",
        lines,
    ).format(number=lines)
