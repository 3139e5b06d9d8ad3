"""What the import commands show: JSON shapes, and tables that fit 80 columns."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from latsar_sync.checking import Remark
from latsar_sync.cli.listings import moment, number
from latsar_sync.headers import SHOWN
from latsar_sync.importing import Report, Wish, counts_of
from latsar_sync.intake import PeopleIntake, PersonChange, ScoreChange
from latsar_sync.language import _, counted, in_use, mark, translate
from latsar_sync.model import Imported
from latsar_sync.nip import format_nip

COUNTED: Mapping[str, str] = {
    "new": mark("{number} new"),
    "changed": mark("{number} changed"),
    "ended": mark("{number} no longer listed"),
    "unchanged": mark("{number} unchanged"),
}
KINDS: Mapping[str, str] = {"participants": mark("participants"), "scores": mark("scores")}


def report_json(report: Report, wish: Wish) -> dict[str, Any]:
    """Shape of ``import participants --json`` and ``import scores --json``."""
    taken = report.taken
    if isinstance(taken, PeopleIntake):
        changes = {
            "new": [_person_json(change) for change in taken.new],
            "changed": [_person_json(change) for change in taken.changed],
            "ended": [_person_json(change) for change in taken.ended],
        }
    else:
        changes = {
            "new": [_change_json(change) for change in taken.changes if change.before is None],
            "changed": [_change_json(change) for change in taken.changes if change.before is not None],
        }
    rejected = len({remark.line for remark in report.rejected})
    return {
        "outcome": "failed" if report.rejected else "ok",
        "error": _rejection_line(rejected) if report.rejected else None,
        "programme": wish.programme,
        "kind": report.kind,
        "file": report.file,
        "applied": wish.apply and not report.rejected,
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


def _change_json(change: ScoreChange) -> dict[str, Any]:
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


def show_report(console: Console, report: Report, wish: Wish) -> None:
    """Print what would change, every rejected row, and what to do next."""
    counts = [_(COUNTED[what]).format(number=count) for what, count in counts_of(report).items()]
    rows = counted("{number} row", "{number} rows", report.rows).format(number=report.rows)
    _say(console, f"{report.file} → {wish.programme}: {rows} · {', '.join(counts)}")
    if report.ignored:
        _say(console, _("Columns not used: {names}").format(names=", ".join(report.ignored)))
    if not report.rejected:
        _show_changes(console, report)
    _show_remarks(console, _("Unusual, taken all the same"), report.warnings)
    _show_remarks(console, _("Rejected"), report.rejected)
    if report.rejected:
        _say(console, _rejection_line(len({remark.line for remark in report.rejected})))
        _say(console, _("Correct those lines in the file and import it again."))
    elif not any(count for what, count in counts_of(report).items() if what != "unchanged"):
        _say(console, _("Everything in it is known already; nothing changes."))
    elif report.import_id is None:
        _say(console, _("Nothing was written. If it is right, run it again with --apply."))
    else:
        _say(console, _("Recorded as import {number} by {name}.").format(number=report.import_id, name=wish.by))
        if report.kind == "scores":
            _say(console, _("It admits nobody until somebody else has looked at it and confirmed it:"))
            _say(console, f"  latsar-sync import show {report.import_id}")
            _say(console, f"  latsar-sync import confirm {report.import_id} --by NAME")
        else:
            _say(console, _("The next run reads it."))


def show_confirmed(console: Console, row: Mapping[str, Any]) -> None:
    """Print what was confirmed."""
    text = counted("{number} score of import {id} is", "{number} scores of import {id} are", row["confirmed"])
    by = _("confirmed by {name}; the next run judges by them.").format(name=row["confirmed_by"])
    _say(console, f"{text.format(number=row['confirmed'], id=row['id'])} {by}")
    replaced = row["scores"] - row["confirmed"] - row["awaiting"]
    if replaced:
        _say(
            console,
            _("{number} of its scores were replaced by a newer file before and do not count.").format(number=replaced),
        )


def show_scores(console: Console, shape: Mapping[str, Any]) -> None:
    """Print one import, with every score in it."""
    _say(console, _told(shape))
    if not shape["lines"]:
        _say(console, _("It is a list of participants; see latsar-sync participants."))
        return
    table = _table("", "NIP", _(SHOWN["name"]), _(SHOWN["score"]), _(SHOWN["materials"]), _(SHOWN["date"]))
    for line in shape["lines"]:
        date = (line["date"] or "–")[:10]
        table.add_row(_nip(line["nip"]), escape(line["name"] or "–"), _score(line["score"]), _share(line), date)
    console.print(table)
    if shape["awaiting"]:
        _say(console, f"  latsar-sync import confirm {shape['id']} --by NAME")


def show_imports(console: Console, lines: Sequence[Mapping[str, Any]]) -> None:
    """Print every import, oldest first."""
    if not lines:
        _say(console, _("Nothing has been imported yet."))
    for line in lines:
        _say(console, _told(line))


def _told(line: Mapping[str, Any]) -> str:
    """Return an import in two lines: what and whose, and where it stands."""
    head = f"{line['id']}  {line['programme']} · {_(KINDS[line['kind']])} · {line['file']}"
    by = _("by {name}, {at}").format(name=line["by"], at=line["at"][:16].replace("T", " "))
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
    text = _("import {number}: {score} of {maximum}, {file}, by {name}").format(
        number=line["import_id"],
        score=line["score"] or "–",
        maximum=line["score_max"],
        file=line["file"],
        name=line["by"],
    )
    if line["confirmed_by"]:
        return text + _(", confirmed by {name}").format(name=line["confirmed_by"])
    return text + _(", not confirmed")


def _rejection_line(lines: int) -> str:
    return counted(
        "{number} row was rejected, so nothing of the file was imported.",
        "{number} rows were rejected, so nothing of the file was imported.",
        lines,
    ).format(number=lines)


def _show_changes(console: Console, report: Report) -> None:
    taken = report.taken
    if isinstance(taken, PeopleIntake):
        table = _table("", "", "NIP", _(SHOWN["name"]), _(SHOWN["angkatan"]), _(SHOWN["institution"]))
        for sign, changes in (("+", taken.new), ("~", taken.changed), ("-", taken.ended)):
            for change in changes:
                person = change.record.participant.person
                angkatan = next(iter(person.groups), "–")
                table.add_row(sign, _nip(person.key), escape(person.name), angkatan, escape(person.institution))
    else:
        titles = (_(SHOWN["name"]), _(SHOWN["score"]), _("Before"), _(SHOWN["materials"]))
        table = _table("", "", "NIP", *titles)
        for each in taken.changes:
            shape = _change_json(each)
            sign = "+" if each.before is None else "~"
            before = "" if each.before is None else _score(shape["score_before"])
            name = escape(shape["name"])
            table.add_row(sign, _nip(shape["nip"]), name, _score(shape["score"]), before, _share(shape))
    if table.row_count:
        console.print(table)


def _show_remarks(console: Console, title: str, remarks: Sequence[Remark]) -> None:
    if not remarks:
        return
    table = _table(title, _("Line"), _("Column"), _("Reason"))
    for remark in remarks:
        table.add_row(str(remark.line), escape(remark.column), escape(remark.said(in_use())))
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=escape(title) or None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    right = {translate(text, in_use()) for text in (SHOWN["score"],)} | {_("Before"), _("Line")}
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in ("NIP", *right))
    return table


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _nip(nip: str | None) -> str:
    return format_nip(nip) if nip else "–"


def _score(score: str | None) -> str:
    return score.replace(".", ",") if score else "–"


def _share(line: Mapping[str, Any]) -> str:
    return "–" if line["materials_total"] is None else f"{line['materials_done']}/{line['materials_total']}"
