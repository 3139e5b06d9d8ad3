"""What the commands about received files show in the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console

from latsar_sync.cli.screens.frames import say
from latsar_sync.cli.screens.imports import KINDS, show_findings
from latsar_sync.cli.screens.moments import moment
from latsar_sync.domain.language import _, in_use, mark, translate
from latsar_sync.files.import_request import ImportRequest, Report

STATES: Mapping[str, str] = {
    "waiting": mark("waits for a named person"),
    "rejected": mark("refused"),
    "taken": mark("taken"),
    "dismissed": mark("set aside"),
}
WAYS: Mapping[str, str] = {
    "folder": mark("from the folder"),
    "mailbox": mark("by mail"),
    "api": mark("by the API"),
    "page": mark("by the page"),
}


def show_received_files(console: Console, lines: Sequence[Mapping[str, Any]], nothing: str) -> None:
    """Print received files, oldest first."""
    if not lines:
        say(console, nothing)
    for line in lines:
        say(console, _told(line))


def show_received(console: Console, line: Mapping[str, Any], report: Report | None, request: ImportRequest) -> None:
    """Print one received file with what it would change, or with what is wrong with it."""
    say(console, _told(line))
    if line["problem"]:
        say(console, f"   {line['problem']}")
    for remark in line["rejected"]:
        text = _("line {line}: {problem}").format(line=remark["line"], problem=remark["message"])
        say(console, f"   {text} ({remark['column']})")
    if report is not None:
        show_findings(console, report, request)
        say(console, f"  latsar-sync import take {line['id']} --by NAME")
        say(console, f"  latsar-sync import dismiss {line['id']} --by NAME --reason …")


def _told(line: Mapping[str, Any]) -> str:
    kind = translate(KINDS[line["kind"]], in_use()) if line["kind"] else "–"
    way = translate(WAYS[line["origin"]], in_use()) + (f", {line['sender']}" if line["sender"] else "")
    told = [way, moment(line["received_at"]), translate(STATES[line["state"]], in_use())]
    if line["settled_by"]:
        told.append(_("by {name}, {at}").format(name=line["settled_by"], at=moment(line["settled_at"])))
    return f"{line['id']}  {line['programme']} · {kind} · {line['file']}\n   {' · '.join(told)}"
