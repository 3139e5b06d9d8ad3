"""The shapes of files that came by themselves."""

from collections.abc import Mapping
from typing import Any, NotRequired
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.language import in_use
from latsar_sync.files.checking import Remark
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.shapes.fields import Moment, moment, told
from latsar_sync.shapes.import_reports import (
    ListReportShape,
    PeopleReportShape,
    RemarkShape,
    ScoreReportShape,
    report_json,
)
from latsar_sync.store.received import ReceivedFile


class ReceivedFileShape(TypedDict):
    """A file that came by itself. ``state``: waiting, rejected, taken or dismissed; ``problem`` refuses it as a whole.

    ``would_change`` stands where one file is shown that waits.
    """

    id: int
    programme: str
    file: str
    digest: str
    origin: str
    sender: str | None
    kind: str | None
    state: str
    rows: int | None
    problem: str | None
    rejected: list[RemarkShape]
    import_id: int | None
    received_at: Moment
    settled_by: str | None
    settled_at: Moment | None
    reason: str | None
    would_change: NotRequired[PeopleReportShape | ScoreReportShape | ListReportShape]


class FetchedShape(TypedDict):
    """What one look for files came to: those that are new, and what could not be read."""

    new: list[ReceivedFileShape]
    problems: list[str]


class ColumnProfileShape(TypedDict):
    """A layout of a table that was learned: which column is what, by field; ``scores`` in points or per cent."""

    name: str
    kind: str
    columns: dict[str, str]
    scores: str
    by: str
    at: Moment


def column_profile_json(row: Mapping[str, Any], zone: ZoneInfo) -> ColumnProfileShape:
    """One layout, a row of ``column_profiles.known``."""
    return {
        "name": row["name"],
        "kind": row["kind"],
        "columns": row["columns"],
        "scores": row["scores"],
        "by": row["by"],
        "at": told(row["at"], zone),
    }


def received_json(found: ReceivedFile, zone: ZoneInfo) -> ReceivedFileShape:
    """One received file."""
    return {
        "id": found.id,
        "programme": found.programme,
        "file": found.name,
        "digest": found.digest,
        "origin": str(found.origin),
        "sender": found.sender,
        "kind": found.kind,
        "state": str(found.state),
        "rows": found.rows,
        "problem": found.problem,
        "rejected": [
            {
                "line": line,
                "column": column,
                "reason": code,
                "message": Remark(line, column, code, values).said(in_use()),
            }
            for line, column, code, values in found.remarks
        ],
        "import_id": found.import_id,
        "received_at": told(found.received_at, zone),
        "settled_by": found.settled_by,
        "settled_at": moment(found.settled_at, zone),
        "reason": found.reason,
    }


def looked_at_json(
    found: ReceivedFile, report: Report | None, request: ImportRequest | None, zone: ZoneInfo
) -> ReceivedFileShape:
    """One received file with what it would change now, where it waits."""
    shape = received_json(found, zone)
    if report is not None and request is not None:
        shape["would_change"] = report_json(report, request)
    return shape
