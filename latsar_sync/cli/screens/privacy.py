"""What the commands about personal data print: erasures, the access log, retention, the report of a destruction."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from latsar_sync.cli.screens.frames import nip, say, table, whole
from latsar_sync.cli.screens.moments import day, moment, short_moment
from latsar_sync.domain import figures
from latsar_sync.domain.language import _
from latsar_sync.shapes.retention_text import DATA_CLASS_TEXTS, table_text


def show_erasure(console: Console, shape: Mapping[str, Any]) -> None:
    """Print what an erasure destroys and leaves, and what the next run does."""
    done = shape["applied"]
    for person in shape["people"]:
        who = _("participant {id}").format(id=person["participant_id"])
        if not done:
            who = f"{person['name'] or '–'} · NIP {nip(person['nip'])} · {who}"
        say(console, f"{person['programme']}: {who}", style="bold")
    say(console, _("Destroyed:") if done else _("Would be destroyed:"))
    say(console, _("  {count} × name, NIP and institution").format(count=shape["goes"]["identities"]))
    if shape["goes"]["requests"]:
        say(console, _("  {count} × NIP in a request that waits").format(count=shape["goes"]["requests"]))
    say(console, _("Stays, under the internal id, because decisions must be accounted for:"))
    for name, count in shape["stays"].items():
        if count:
            say(console, f"  {count} × {table_text(name)}")
    for text in shape["texts"]:
        place = f"{text['table']}.{text['column']} ({text['key']})"
        said = _("A text that somebody typed names the person, and nobody can change it: {place}")
        say(console, said.format(place=place), style="yellow")
    for note in shape["notes"]:
        say(console, f"- {note}")
    if not done:
        say(console, _("Nothing was changed. It cannot be undone; --apply does it."), style="bold")
    elif shape["file_clean"] and not shape["waiting"]:
        say(console, _("Done. The database file was written anew, so that nothing of it is left there."))
    else:
        say(console, _waits() if shape["waiting"] else _not_clean(), style="yellow")


def show_erasures(console: Console, lines: Sequence[Mapping[str, Any]]) -> None:
    """Print the register of erasures, oldest first."""
    frame = table(_("erasures"), _("Internal id"), _("What"), whole(_("When")), _("By"), _("Reason"))
    for line in lines:
        what = _("erased") if line["kind"] == "erased" else _("taken in again")
        frame.add_row(
            line["participant_id"], what, short_moment(line["at"]), escape(line["by"]), escape(line["reason"])
        )
    console.print(frame if lines else _("Nobody was erased yet."))


def show_accesses(console: Console, lines: Sequence[Mapping[str, Any]]) -> None:
    """Print the access log, newest first."""
    frame = table(_("access log"), whole(_("When")), _("By"), _("Via"), _("What"), _("Programme"), _("Whom"))
    for line in lines:
        counted = _("{count} people").format(count=line["people"]) if line["people"] else "–"
        whom = line["participant_id"] or escape(line["about"] or counted)
        frame.add_row(
            short_moment(line["at"]), escape(line["by"]), line["via"], line["action"], line["programme"], whom
        )
    console.print(frame if lines else _("Nobody has looked yet."))


def show_retention(console: Console, shape: Mapping[str, Any]) -> None:
    """Print periods, what is due, and the reports."""
    say(console, _("Legal basis: {basis}").format(basis=shape["legal_basis"] or _("none configured")))
    for name, months in shape["months"].items():
        kept = _("kept without end") if months is None else _("{months} months after the end").format(months=months)
        say(console, f"  {_(DATA_CLASS_TEXTS[name])}: {kept}")
    said = _("  runs that changed nothing: {days} days, deleted by the daemon (service.keep_runs)")
    say(console, said.format(days=shape["keep_runs_days"]))
    frame = table(_("programmes"), _("Programme"), whole(_("Ended")), _("Data class"), _("Rows"), whole(_("Due on")))
    for programme in shape["programmes"]:
        for each in programme["classes"]:
            due = _said_day(each["due_on"])
            due = _("{day}, due").format(day=due) if each["due"] else due
            ended = _said_day(programme["ended_on"], _("not known"))
            kind = DATA_CLASS_TEXTS[each["data_class"]]
            frame.add_row(programme["id"], ended, _(kind), figures.count(each["rows"]), due)
    console.print(frame)
    for report in shape["reports"]:
        said = _("report {number}: {programme}, {data_class}, destroyed {at} by {by}")
        kind = DATA_CLASS_TEXTS[report["data_class"]]
        say(console, said.format(**{**report, "data_class": _(kind), "at": moment(report["at"])}))


def _said_day(stamp: str | None, otherwise: str = figures.NONE) -> str:
    return day(stamp) if stamp else otherwise


def show_destruction(console: Console, shape: Mapping[str, Any], due_since: Sequence[str]) -> None:
    """Print what a destruction deletes, or deleted, and where its report is."""
    if not shape["classes"]:
        say(console, _("{programme}: nothing is due.").format(programme=shape["programme"]))
        return
    for each, since in zip(shape["classes"], due_since, strict=True):
        kind = each["data_class"]
        say(console, f"{shape['programme']} · {_(DATA_CLASS_TEXTS[kind])}", style="bold")
        say(console, _("  kept {months} months, due since {day}").format(months=each["months"], day=day(since)))
        for name, count in each["counts"].items():
            say(console, f"  {count} × {table_text(name)}")
    if not shape["applied"]:
        say(console, _("Nothing was changed. It cannot be undone; --apply does it."), style="bold")
        return
    if shape["waiting"]:
        say(console, _waits(), style="yellow")
    for report in shape["reports"]:
        command = f"latsar-sync retention report {report['number']}"
        say(console, _("Destroyed. Print the report: {command}").format(command=command))
    if not shape["file_clean"]:
        say(console, _not_clean(), style="yellow")


def _waits() -> str:
    return _("Recorded. A run is under way: it is done when that has ended, before anything else.")


def _not_clean() -> str:
    return _(
        "Done, but the database could not be written anew, so its files may still hold traces. Stop the service and "
        "run latsar-sync db compact, which does it or says what stands in the way."
    )
