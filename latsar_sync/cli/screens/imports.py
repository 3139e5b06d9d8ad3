"""What the import commands show in the terminal: tables that fit 80 columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from latsar_sync.cli.screens.frames import decimal, figures, nip, say, table, whole
from latsar_sync.cli.screens.moments import day, moment
from latsar_sync.domain.language import _, counted, in_use, mark, translate
from latsar_sync.files.checking import Remark
from latsar_sync.files.column_titles import usual_title
from latsar_sync.files.comparison import ListComparison, PeopleComparison, PersonChange
from latsar_sync.files.import_request import ImportRequest, Report, counts_of
from latsar_sync.shapes.import_reports import change_json, held_line, rejection_line

MOST_SHOWN = 500
"""Changes that a table shows; rejected rows are always shown all."""

COUNTED: Mapping[str, str] = {
    "new": mark("{number} new"),
    "changed": mark("{number} changed"),
    "ended": mark("{number} no longer listed"),
    "unchanged": mark("{number} unchanged"),
}
KINDS: Mapping[str, str] = {
    "participants": mark("participants"),
    "scores": mark("scores"),
    "certificates": mark("certificate"),
    "clearances": mark("documents"),
    "placement": mark("placement list"),
    "accounts": mark("list of accounts in class"),
}


def show_report(console: Console, report: Report, request: ImportRequest) -> None:
    """Print what would change, every rejected row, and what to do next."""
    show_findings(console, report, request)
    if report.rejected:
        say(console, _("Correct those lines in the file and import it again."))
    elif report.held:
        say(console, _("Nothing was written. If the list is whole and they really left, add --accept."))
    elif not any(count for what, count in counts_of(report).items() if what != "unchanged"):
        say(console, _("Everything in it is known already; nothing changes."))
    elif request.apply and isinstance(report.taken, ListComparison):
        say(console, _("Recorded. The next run acts on it."))
    elif report.import_id is None:
        say(console, _("Nothing was written. If it is right, run it again with --apply."))
    else:
        say(console, _("Recorded as import {number} by {name}.").format(number=report.import_id, name=request.by))
        if report.kind == "scores":
            say(console, _("It admits nobody until somebody else has looked at it and confirmed it:"))
            say(console, f"  latsar-sync import show {report.import_id}")
            say(console, f"  latsar-sync import confirm {report.import_id} --by NAME")
        else:
            say(console, _("The next run reads it."))


def show_findings(console: Console, report: Report, request: ImportRequest) -> None:
    """Print what would change, and every rejected row."""
    counts = [_(COUNTED[what]).format(number=count) for what, count in counts_of(report).items()]
    if report.rejected:
        counts = [_("{number} rejected").format(number=len({remark.line for remark in report.rejected}))]
    rows = counted("{number} row", "{number} rows", report.rows).format(number=report.rows)
    say(console, f"{report.file} → {request.programme}: {rows} · {', '.join(counts)}")
    if report.profile:
        say(console, _("Columns known by the profile {name}.").format(name=report.profile))
    if report.ignored:
        say(console, _("Columns not used: {names}").format(names=", ".join(report.ignored)))
    if not report.rejected:
        _show_changes(console, report)
    _show_remarks(console, _("Unusual, taken all the same"), report.warnings)
    _show_remarks(console, _("Rejected"), report.rejected)
    if report.rejected:
        say(console, rejection_line(len({remark.line for remark in report.rejected})))
    elif report.held:
        say(console, held_line(report.held), style="yellow")


def show_confirmed(console: Console, row: Mapping[str, Any]) -> None:
    """Print what was confirmed."""
    text = counted(
        "{number} score of import {id} is confirmed by {name}; the next run judges by it.",
        "{number} scores of import {id} are confirmed by {name}; the next run judges by them.",
        row["confirmed"],
    )
    say(console, text.format(number=row["confirmed"], id=row["id"], name=row["confirmed_by"]))
    replaced = row["scores"] - row["confirmed"] - row["awaiting"]
    if replaced:
        say(
            console,
            _("{number} of its scores were replaced by a newer file before and do not count.").format(number=replaced),
        )


def show_scores(console: Console, shape: Mapping[str, Any]) -> None:
    """Print one import, with every score in it."""
    say(console, _told(shape))
    if not shape["lines"]:
        say(console, _("It is a list of participants; see latsar-sync participants."))
        return
    titles = (usual_title("name"), figures(usual_title("score")), usual_title("materials"), usual_title("date"))
    frame = table("", whole("NIP"), *titles)
    for line in shape["lines"]:
        score, date = decimal(line["score"]), day(line["date"])
        frame.add_row(nip(line["nip"]), escape(line["name"] or "–"), score, _share(line), date)
    console.print(frame)
    if shape["awaiting"]:
        say(console, f"  latsar-sync import confirm {shape['id']} --by NAME")


def show_imports(console: Console, lines: Sequence[Mapping[str, Any]]) -> None:
    """Print every import, oldest first."""
    if not lines:
        say(console, _("Nothing has been imported yet."))
    for line in lines:
        say(console, _told(line))


def _told(line: Mapping[str, Any]) -> str:
    """Return an import in two lines: what and whose, and where it stands."""
    head = f"{line['id']}  {line['programme']} · {translate(KINDS[line['kind']], in_use())} · {line['file']}"
    by = _("by {name}, {at}").format(name=line["by"], at=moment(line["at"]))
    counts = ", ".join(_(COUNTED[what]).format(number=count) for what, count in line["counts"].items() if count)
    told = [by, counts]
    if line["awaiting"]:
        text = counted("{number} waits for a second person", "{number} wait for a second person", line["awaiting"])
        told.append(text.format(number=line["awaiting"]))
    if line["confirmed"]:
        text = _("{number} confirmed by {name}")
        told.append(text.format(number=line["confirmed"], name=line["confirmed_by"]))
    if line["replaced"]:
        told.append(_("{number} replaced by a newer file").format(number=line["replaced"]))
    return f"{head}\n   {' · '.join(told)}"


def imported_line(line: Mapping[str, Any]) -> str:
    """Return one imported score as ``explain`` shows it: how much, from which file, and who confirmed it."""
    text = (
        _("import {number}: {score} of {maximum}, {file}, line {line}, by {name}, confirmed by {confirmed_by}")
        if line["confirmed_by"]
        else _("import {number}: {score} of {maximum}, {file}, line {line}, by {name}, not confirmed")
    )
    return text.format(
        number=line["import_id"],
        score=decimal(line["score"]),
        maximum=decimal(line["score_max"]),
        file=line["file"],
        line=line["line"] or "–",
        name=line["by"],
        confirmed_by=line["confirmed_by"],
    )


def listed_line(found: Mapping[str, Any]) -> str:
    """Return from which file, line and person somebody stands on the list."""
    return _("import {number}: {file}, line {line}, by {name}, {at}").format(
        number=found["import_id"],
        file=found["file"],
        line=found["line"] or "–",
        name=found["by"],
        at=moment(found["at"]),
    )


def _show_changes(console: Console, report: Report) -> None:
    """Print a line a change; of very many only the first, since a table of thousands helps nobody decide."""
    taken = report.taken
    if isinstance(taken, ListComparison):
        frame = table("", figures(_("Line")), whole("NIP"), usual_title("name"), _("What"))
        for line in taken.new[:MOST_SHOWN]:
            person = line.participant
            name = person.person.name if person else "–"
            frame.add_row(str(line.line), nip(person.nip if person else None), escape(name), escape(line.words))
        unseen = len(taken.new) - frame.row_count
    elif isinstance(taken, PeopleComparison):
        frame = table("", "", whole("NIP"), usual_title("name"), usual_title("angkatan"), usual_title("institution"))
        people = [(sign, change) for sign, group in _groups(taken) for change in group]
        for sign, change in people[:MOST_SHOWN]:
            frame.add_row(sign, nip(change.record.participant.nip), *map(escape, _person_cells(change)))
        unseen = len(people) - frame.row_count
    else:
        titles = (usual_title("name"), figures(usual_title("score")), figures(_("Before")), usual_title("materials"))
        frame = table("", "", whole("NIP"), *titles)
        for each in taken.changes[:MOST_SHOWN]:
            shape = change_json(each)
            sign = "+" if each.before is None else "~"
            before = "" if each.before is None else decimal(shape["score_before"])
            name = escape(shape["name"])
            frame.add_row(sign, nip(shape["nip"]), name, decimal(shape["score"]), before, _share(shape))
        unseen = len(taken.changes) - frame.row_count
    if frame.row_count:
        console.print(frame)
    if unseen:
        say(console, _("… and {number} more; all of them with --json.").format(number=unseen))


def _groups(taken: PeopleComparison) -> tuple[tuple[str, tuple[PersonChange, ...]], ...]:
    return ("+", taken.new), ("~", taken.changed), ("-", taken.ended)


def _person_cells(change: PersonChange) -> tuple[str, str, str]:
    """Return name, angkatan and institution; below each of them what it was before, where it changes."""
    person, before = change.record.participant.person, change.before

    def told(column: str, now: str, was: str) -> str:
        return f"{now}\n({was or '–'})" if column in change.what else now

    was = before.participant.person if before else person
    name = told("name", person.name, was.name)
    if "enrolment" in change.what:
        name += "\n" + _("(listed again)")
    angkatan = told("angkatan", ", ".join(person.groups) or "–", ", ".join(was.groups))
    return name, angkatan, told("institution", person.institution, was.institution)


def _show_remarks(console: Console, title: str, remarks: Sequence[Remark]) -> None:
    if not remarks:
        return
    frame = table(title, figures(_("Line")), _("Column"), _("Reason"))
    for remark in remarks:
        frame.add_row(str(remark.line), escape(remark.column), escape(remark.said(in_use())))
    console.print(frame)


def _share(line: Mapping[str, Any]) -> str:
    return "–" if line["materials_total"] is None else f"{line['materials_done']}/{line['materials_total']}"
