"""What a person sees in the terminal: tables that fit 80 columns, progress, and errors with their remedy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table
from rich.text import Text

from latsar_sync.cli import act_screen
from latsar_sync.cli.import_screen import imported_line
from latsar_sync.errors import ConfigurationError, LatsarError
from latsar_sync.guards import finding_text
from latsar_sync.language import _
from latsar_sync.model import HOLDS_A_SEAT, RunOutcome
from latsar_sync.nip import format_nip
from latsar_sync.pipeline import ProgrammeResult, RunResult
from latsar_sync.reasons import OUTCOME_TEXTS, STATE_TEXTS, Reason, sentence, word
from latsar_sync.request import STEP_TEXTS, PlanLine, Step
from latsar_sync.store.participants import IMPORTED

UNBROKEN = frozenset({"NIP", "Nilai", "No", "When", "Kind", "Outcome", "What", "Run", "Pushed", "Req.", "s"})
"""Columns whose text must stay whole to be copied."""

SEATED = frozenset(map(str, HOLDS_A_SEAT))

OUTCOME_STYLES = {"ok": "green", "partial": "yellow", "guarded": "yellow", "failed": "red"}
STATE_STYLES = {"confirmed": "green", "pushed": "green", "planned": "cyan", "waitlisted": "blue", "withdrawn": "red"}


class StepLines:
    """Shows progress: one line that changes in a terminal, one line a step elsewhere, nothing when ``silent``."""

    def __init__(self, console: Console, silent: bool = False) -> None:
        self._console = console
        self._silent = silent
        self._status: Status | None = None

    def __enter__(self) -> "StepLines":
        if not self._silent and self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def __call__(self, programme: str, step: Step, count: int) -> None:
        """Show that a step begins; ``count`` people or things, 0 where that says nothing."""
        text = f"{programme}: {step:2d}/{len(Step)} {_(STEP_TEXTS[step])}" + (f" ({count})" if count else "")
        if self._status is not None:
            self._status.update(escape(text))
        elif not self._silent:
            self._console.print(text, markup=False, highlight=False)


def show_error(console: Console, error: LatsarError) -> None:
    """Print what went wrong, every problem, and the remedy; never a traceback."""
    console.print(Text.assemble(("latsar-sync: ", "bold red"), error.message), soft_wrap=True)
    if isinstance(error, ConfigurationError):
        for problem in error.problems:
            console.print(f"  - {problem}", markup=False, highlight=False, soft_wrap=True)
    if error.remedy:
        console.print(Text.assemble(("  → ", "bold"), error.remedy), soft_wrap=True)


def show_run(console: Console, errors: Console, result: RunResult, language: str) -> None:
    """Print what a run did, programme by programme, and what to do next; what went wrong goes to ``errors``."""
    for programme in result.programmes:
        _show_programme(console, programme, language)
        if programme.error is not None:
            show_error(errors, programme.error)
    console.print(Text.assemble(f"run {result.run_id}: ", _styled(str(result.outcome), OUTCOME_STYLES)))


def _show_programme(console: Console, result: ProgrammeResult, language: str) -> None:
    run, counts = result.run, result.run.counts
    console.print(
        Text.assemble(
            (run.programme, "bold"),
            f" ({run.kind}): ",
            _styled(str(run.outcome), OUTCOME_STYLES),
            f", {run.requests} requests in {run.seconds:.1f} s",
        )
    )
    if counts:
        told = [f"{counts[each]} {word(OUTCOME_TEXTS, each, language)}" for each in OUTCOME_TEXTS if counts[each]]
        console.print(f"  {counts['participants']} participants: {', '.join(told)}", highlight=False)
        console.print(
            f"  in this run: {counts['pushed']} pushed, {counts['confirmed']} confirmed, {counts['failed']} failed",
            highlight=False,
        )
    for finding in run.findings:
        console.print(Text.assemble(("  guard: ", "yellow"), finding_text(finding, language)), soft_wrap=True)
    if run.outcome is RunOutcome.GUARDED:
        console.print(
            "  Nothing was pushed. Look at it in Moodle; if it is right:\n"
            f"  latsar-sync sync --programme {run.programme} --accept --by NAME",
            markup=False,
            highlight=False,
        )
    for message in run.messages:
        console.print(Text.assemble(("  note: ", "cyan"), message), soft_wrap=True)


def show_roster(console: Console, rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print the roster, a table for each angkatan in the order of placement."""
    if not rows:
        console.print("The roster is empty: nobody has qualified yet, or no run has been made.")
    for (programme, angkatan, decree), members in act_screen.lists_of(rows).items():
        counts = Counter(row["state"] for row in members)
        summary = ", ".join(
            f"{counts[state]} {word(STATE_TEXTS, state, language)}" for state in STATE_TEXTS if counts[state]
        )
        title = f"{programme} · angkatan {angkatan or '–'}{decree} · {summary}"
        table = _table(title, "No", "NIP", "Nama", "Nilai", "Status")
        for position, row in enumerate(members, start=1):
            state = _styled(row["state"], STATE_STYLES, word(STATE_TEXTS, row["state"], language))
            if row["reason"]:
                state.append(f"\n{sentence(Reason(row['reason']), language)}", style="dim")
            for remark in act_screen.remarks(row):
                state.append(f"\n{remark}", style="dim")
            table.add_row(
                str(position), _nip(row["nip"]), escape(row["name"] or _("(erased)")), _score(row["score"]), state
            )
        console.print(table)


def show_participants(console: Console, rows: Sequence[Mapping[str, Any]], language: str) -> None:
    """Print the chase list, a table for each sending agency: who stands where and what is missing."""
    if not rows:
        console.print("Nobody matches.")
    agencies: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        agencies.setdefault(row["institution"] or "–", []).append(row)
    for agency in sorted(agencies):
        table = _table(f"{agency} ({len(agencies[agency])})", "NIP", "Nama", "Keputusan", "Kekurangan")
        for row in agencies[agency]:
            decision = word(OUTCOME_TEXTS, row["decision"], language) if row["decision"] else "–"
            table.add_row(_nip(row["nip"]), escape(row["name"] or ""), decision, escape(" ".join(row["missing"])))
        console.print(table)


def show_plan(console: Console, lines: Sequence[PlanLine], language: str) -> None:
    """Print who would move and what would be sent."""
    actions = {"enrol": "enrol + group", "membership": "add to group"}
    table = _table("plan: nothing was written to the LMS", "NIP", "Nama", "Angkatan", "Status", "Would send")
    for line in lines:
        state = word(STATE_TEXTS, line.state, language)
        if line.reason:
            state = f"{state}: {sentence(Reason(line.reason), language)}"
        action = actions[line.action] if line.action else "–"
        table.add_row(_nip(line.nip), escape(line.name), line.angkatan or "–", escape(state), action)
    if lines:
        console.print(table)
    else:
        console.print("plan: nobody would move, nothing would be sent.")


def show_runs(console: Console, lines: Sequence[Mapping[str, Any]]) -> None:
    """Print the history of runs, newest first."""
    table = _table("runs", "Run", "When", "Programme", "Kind", "Outcome", "Pushed", "Req.", "s", gap=1)
    for line in lines:
        when = (line["finished_at"] or "")[:16].replace("T", " ")
        outcome = _styled(line["outcome"], OUTCOME_STYLES)
        figures = (str(line["pushed"]), str(line["requests"]), f"{line['seconds']:.1f}")
        table.add_row(str(line["run_id"]), when, line["programme"], line["kind"], outcome, *figures)
    console.print(table if lines else "No run has been made yet. Start one: latsar-sync sync")


def show_thresholds(console: Console, shape: Mapping[str, Any]) -> None:
    """Print a programme's threshold history; the row in force is marked."""
    table = _table(f"{shape['programme']} · threshold", "", "Value", "Legal basis", "Effective from", "Recorded by")
    for line in shape["history"]:
        mark = "→" if line["version"] == shape["in_force"] else ""
        value = f"{line['value']} {line['scale']}"
        table.add_row(
            mark, value, escape(line["legal_basis"]), line["effective_from"][:16], escape(line["recorded_by"])
        )
    if shape["history"]:
        console.print(table)
    else:
        console.print(f"{shape['programme']}: none recorded yet; the first run takes it from the configuration.")


def show_overrides(console: Console, lines: Sequence[Mapping[str, Any]]) -> None:
    """Print every override, oldest first; an arrow marks what binds now."""
    table = _table("overrides", "", "NIP", "Nama", "What", "By", "Reason")
    for line in lines:
        what = f"{line['kind']}\n{_override_days(line)}"
        row = (escape(line["name"] or _("(erased)")), what, escape(line["by"]), escape(line["reason"]))
        table.add_row("→" if line["in_force"] else "", _nip(line["nip"]), *row)
    console.print(table if lines else "Nobody was admitted or held by a person yet.")


def _override_days(line: Mapping[str, Any]) -> str:
    """Return from when and to which last day an override binds."""
    if not line["until"]:
        return str(line["at"][:10])
    last = datetime.fromisoformat(line["until"]) - timedelta(seconds=1)
    return f"{line['at'][:10]} – {last:%Y-%m-%d}"


def show_preview(
    console: Console, programme: str, limit: str, people: int, moves: Sequence[Mapping[str, Any]], language: str
) -> None:
    """Print who another threshold would move; whoever holds a seat keeps it and would go to review."""
    if not moves:
        console.print(f"{programme}: with {limit} none of {people} decisions would change.")
        return
    title = f"{programme} · with {limit}: {len(moves)} of {people} would move"
    table = _table(title, "NIP", "Nama", "Nilai", "Now", "Then")
    for move in moves:
        then = word(OUTCOME_TEXTS, move["after"], language)
        if move["after"] == "not_yet" and move["roster_state"] in SEATED:
            then += ", keeps the seat, in review"
        before = word(OUTCOME_TEXTS, move["before"], language)
        table.add_row(_nip(move["nip"]), escape(move["name"]), _score(move["score"]), before, then)
    console.print(table)


def show_status(console: Console, status: Mapping[str, Any], language: str) -> None:
    """Print the state of the service, a block a programme."""
    console.print(f"database {status['database']} (revision {status['revision']})", highlight=False, soft_wrap=True)
    for daemon in status["daemons"]:
        console.print(f"daemon on {daemon['host']}, process {daemon['pid']}, since {daemon['since']}", highlight=False)
    if not status["daemons"]:
        console.print("no daemon is running; latsar-sync run starts one")
    for ill in status["quarantine"]:
        text = f"{ill['failures']} failures since {ill['since']}, next try {ill['next_try']}: {ill['reason']}"
        console.print(Text.assemble((f"site {ill['site']} is left alone: ", "yellow"), text), soft_wrap=True)
    for line in status["programmes"]:
        console.print(Text.assemble((line["id"], "bold"), f" · {line['title']}"))
        running, last, good = line["running"], line["last_run"], line["last_good_run"]
        if running:
            console.print(f"  running now: host {running['host']}, process {running['pid']}, since {running['since']}")
        console.print(f"  last run: {_told(last)}", highlight=False)
        if good != last:
            console.print(f"  last good run: {_told(good)}", highlight=False)
        if line["next_run"]:
            console.print(f"  next run: {line['next_run']}", highlight=False)
        roster = ", ".join(
            f"{count} {word(STATE_TEXTS, state, language)}" for state, count in line["roster"].items() if count
        )
        console.print(f"  roster: {roster or 'empty'}", highlight=False)
        for finding in line["held_by"]:
            console.print(Text.assemble(("  held by a guard: ", "yellow"), finding), soft_wrap=True)


def _told(run: Mapping[str, Any] | None) -> str:
    return "none" if run is None else f"run {run['run_id']}, {run['outcome']}, {run['finished_at']}"


def show_explanation(console: Console, found: Mapping[str, Any], language: str) -> None:
    """Print one person's five steps: matched, seen, judged, placed, confirmed; and where it stopped."""
    person, evidence, roster = found["participant"], found["evidence"], found["roster"]
    judged = found["decisions"][-1] if found["decisions"] else None
    console.print(Text.assemble((person["name"] or _("(erased)"), "bold"), f" · NIP {_nip(person['nip'])}"))
    account = f"{person['source_site']} user {person['source_user_id']}"
    if person["source_site"] == IMPORTED:
        account = _("imported list, number {number}").format(number=person["source_user_id"])
    _line(console, "1 matched", f"{account}, {person['enrolment']}, groups: {', '.join(person['groups']) or 'none'}")
    if evidence is None:
        _line(console, "2 seen", "nothing yet")
        return
    materials = evidence["materials"]
    seen = [f"grade {evidence['grade'] or evidence['grade_status']}"]
    seen += [f"of {evidence['grade_max']}"] if evidence["grade_max"] else []
    seen += ["(set by a teacher)"] if evidence["overridden"] else []
    seen.append(f"· materials {materials['done']}/{materials['total']}" if materials else "· materials not read")
    _line(console, "2 seen", " ".join(seen) + f", as of {evidence['as_of']}")
    for each in found["imports"]:
        _line(console, "", imported_line(each))
    if judged is not None:
        threshold = found["threshold"]
        against = (
            f" against {threshold['value']} {threshold['scale']} ({threshold['legal_basis']})" if threshold else ""
        )
        _line(
            console, "3 judged", f"{word(OUTCOME_TEXTS, judged['decision'], language)}{against}, {judged['decided_at']}"
        )
        for text in judged["sentences"]:
            _line(console, "", text)
    for override in found["overrides"]:
        told = f"{override['kind']} by {override['by']}, {_override_days(override)}: {override['reason']}"
        _line(console, "override", told)
    for label, told in act_screen.told_of_acts(found, language):
        _line(console, label, told)
    if roster is None:
        _line(console, "4 placed", "not on the roster")
    else:
        where = f"angkatan {roster['angkatan'] or '–'}: {word(STATE_TEXTS, roster['state'], language)}"
        _line(console, "4 placed", where + (f". {roster['sentence']}" if roster["sentence"] else ""))
        for push in found["pushes"]:
            _line(console, "", f"{push['kind']} attempt {push['attempt']}: {push['state']}, sent {push['sent_at']}")
        if roster["state"] == "confirmed":
            _line(
                console,
                "5 confirmed",
                f"{roster['site']}: {roster['course']}, group {roster['group']} ({roster['origin']})",
            )
        else:
            _line(console, "5 confirmed", "not yet")
    if len(found["decisions"]) > 1:
        _line(console, "history", f"{len(found['decisions'])} decisions; all of them with --json")


def _line(console: Console, label: str, text: str) -> None:
    """Print one labelled line; what is too long goes on under its own beginning."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=13, style="bold cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(f"  {label}", escape(text))
    console.print(grid)


def _table(title: str, *columns: str, gap: int = 2) -> Table:
    """Return an empty table with ``gap`` blanks between its columns."""
    table = Table(
        title=escape(title),
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, gap, 0, 0),
    )
    for column in columns:
        right = column in ("No", "Nilai", "Run", "Pushed", "Req.", "s")
        table.add_column(column, justify="right" if right else "left", no_wrap=column in UNBROKEN)
    return table


def _styled(code: str, styles: Mapping[str, str], shown: str | None = None) -> Text:
    return Text(shown or code, style=styles.get(code, "yellow"))


def _nip(nip: str | None) -> str:
    return format_nip(nip) if nip else "–"


def _score(score: str | None) -> str:
    return score.replace(".", ",") if score else "–"
