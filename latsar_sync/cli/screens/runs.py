"""What the terminal shows of runs: progress, results, plans, the service's state, errors with their remedy."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.text import Text

from latsar_sync.cli.screens.errors import show_error
from latsar_sync.cli.screens.findings import A_FEW, Names, finding_of, show_finding, shown_of_each
from latsar_sync.cli.screens.frames import decimal, figures, nip, styled, table, whole
from latsar_sync.cli.screens.moments import moment, short_moment
from latsar_sync.domain.decision import Reason
from latsar_sync.domain.entry import Admission
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.domain.request import STEP_TEXTS, PlanLine, RunOutcome, Step
from latsar_sync.domain.state_words import OUTCOME_TEXTS, RUN_KIND_TEXTS, RUN_OUTCOME_TEXTS, STATE_TEXTS, word
from latsar_sync.rules.lms_budget import Spacing, slowed_text
from latsar_sync.settings.files_changed import REMEDY, said_of

if TYPE_CHECKING:  # status shows past runs, and need not load what makes one
    from latsar_sync.run.pipeline import ProgrammeResult, RunResult

OUTCOME_STYLES = {"ok": "green", "partial": "yellow", "guarded": "yellow", "failed": "red"}


class StepLines:
    """Shows progress: one line that changes in a terminal, one line a step elsewhere, nothing when ``silent``."""

    def __init__(self, console: Console, silent: bool = False) -> None:
        self._console = console
        self._silent = silent
        self._status: Status | None = None
        self._furthest = dict[str, int]()

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
        """Show that a step begins; ``count`` people or things, 0 where that says nothing.

        Courses are read back after each turn of writes, and site after site: the number never goes back for it.
        """
        reached = self._furthest[programme] = max(step, self._furthest.get(programme, 0))
        text = f"{programme}: {reached:2d}/{len(Step)} {_(STEP_TEXTS[step])}" + (f" ({count})" if count else "")
        if self._status is not None:
            self._status.update(escape(text))
        elif not self._silent:
            self._console.print(text, markup=False, highlight=False)


def show_run(console: Console, errors: Console, result: "RunResult", language: str, names: Names) -> None:
    """Print what a run did, programme by programme, and what to do next; what went wrong goes to ``errors``.

    ``names`` are those of the people whom a guard's findings are about.
    """
    for programme in result.programmes:
        _show_programme(console, programme, language, names)
        if programme.error is not None:
            show_error(errors, programme.error)
    number = _("run {number}").format(number=result.run_id)
    console.print(Text.assemble(f"{number}: ", _outcome(str(result.outcome), language)))


def _show_programme(console: Console, result: "ProgrammeResult", language: str, names: Names) -> None:
    run, counts = result.run, result.run.counts
    text = counted("{requests} request in {seconds} s", "{requests} requests in {seconds} s", run.requests)
    cost = text.format(requests=run.requests, seconds=decimal(f"{run.seconds:.1f}"))
    console.print(
        Text.assemble(
            (run.programme, "bold"),
            f" ({word(RUN_KIND_TEXTS, run.kind, language)}): ",
            _outcome(str(run.outcome), language),
            f", {cost}",
        )
    )
    if counts:
        told = [f"{counts[each]} {word(OUTCOME_TEXTS, each, language)}" for each in OUTCOME_TEXTS if counts[each]]
        people = _("{count} participants: {decisions}").format(
            count=counts["participants"], decisions=", ".join(told) or "–"
        )
        moved = _("in this run: {pushed} pushed, {confirmed} confirmed, {failed} failed").format_map(counts)
        if counts.get("withdrawn"):
            moved += ", " + _("{count} withdrawn").format(count=counts["withdrawn"])
        if counts.get("to_review"):
            moved += ", " + _("{count} to review").format(count=counts["to_review"])
        for text in (people, moved):
            console.print(f"  {text}", markup=False, highlight=False)
    for finding in run.findings:
        show_finding(console, _("guard"), finding, names, language, shown_of_each(run.findings))
    if run.outcome is RunOutcome.GUARDED:
        _show_way_out(console, run.programme, run.kind)
    for message in run.messages:
        _labelled(console, _("note"), message, "cyan")


def _show_way_out(console: Console, programme: str, kind: str) -> None:
    """Say what releases findings: those of a run at once, those of a plan once a run has met them."""
    accept = _("latsar-sync sync --programme {programme} --accept --by NAME").format(programme=programme)
    told, commands = _("Nothing was pushed. Look at it in Moodle; if it is right:"), [accept]
    if kind == "plan":
        told = _("A plan is no run, so this cannot be accepted yet. Look at it in Moodle; if it is right:")
        commands = [_("latsar-sync sync --programme {programme}").format(programme=programme), accept]
    console.print(f"  {told}", markup=False, highlight=False, soft_wrap=True)
    for command in commands:
        console.print(f"  {command}", markup=False, highlight=False, soft_wrap=True)


def show_plan(console: Console, lines: Sequence[PlanLine], language: str, places: Mapping[str, str]) -> None:
    """Print who would move and what would be sent, and at which place where there are several (by internal id)."""
    actions = {"enrol": _("enrol + group"), "membership": _("add to group")}
    title = _("plan: nothing was written to the LMS")
    frame = table(title, whole("NIP"), _("Name"), _("Angkatan"), _("State"), _("Would send"))
    for line in lines:
        state = word(STATE_TEXTS, line.state, language)
        if line.reason:
            state = f"{state}: {sentence(Reason(line.reason), language)}"
        if line.admission is Admission.FILLED:
            state = _("{state} (fills what is left)").format(state=state)
        action = actions[line.action] if line.action else "–"
        where = " · ".join(filter(None, [line.angkatan, places.get(line.participant_id)])) or "–"
        frame.add_row(nip(line.nip), escape(line.name), escape(where), escape(state), action)
    console.print(frame if lines else _("plan: nobody would move, nothing would be sent."))


def show_runs(console: Console, lines: Sequence[Mapping[str, Any]], language: str, names: Names) -> None:
    """Print the history of runs, newest first, and under it what guards found, by name as far as ``names`` knows."""
    frame = table(
        _("runs"),
        figures(_("Run")),
        whole(_("When")),
        _("Programme"),
        whole(_("Kind")),
        _("Outcome"),
        figures(_("Pushed")),
        figures(_("Req.")),
        figures("s"),
        gap=1,
    )
    for line in lines:
        frame.add_row(
            str(line["run_id"]),
            short_moment(line["finished_at"]),
            line["programme"],
            word(RUN_KIND_TEXTS, line["kind"], language),
            _outcome(line["outcome"], language),
            str(line["pushed"]),
            str(line["requests"]),
            decimal(f"{line['seconds']:.1f}"),
        )
    console.print(frame if lines else _("No run has been made yet. Start one: latsar-sync sync"))
    for line in lines:
        for finding in map(finding_of, line["findings_in_full"]):
            show_finding(console, _("run {number}").format(number=line["run_id"]), finding, names, language, A_FEW)


def show_status(console: Console, status: Mapping[str, Any], language: str, names: Names) -> None:
    """Print the state of the service, a block a programme; ``names`` are those of whom findings are about."""
    where = _("database {name} (revision {number})").format(name=status["database"], number=status["revision"])
    console.print(where, markup=False, highlight=False, overflow="fold")  # a long path is broken, never cut
    for daemon in status["daemons"]:
        _plain(
            console,
            _("daemon on {host}, process {pid}, since {since}").format(**{**daemon, "since": moment(daemon["since"])}),
        )
        for file in daemon["changed_files"]:
            _plain(console, f"  {said_of(file)} {_(REMEDY)}")
    for missing in status["files_not_there"]:
        _plain(console, _("{key}: {file} is not there or cannot be read; what needs it fails.").format_map(missing))
    for each in status["unconfigured"]:
        _plain(console, each["text"])
    if not status["daemons"]:
        _plain(console, _("no daemon is running; latsar-sync run starts one"))
    for ill in status["quarantine"]:
        label = _("site {name} is left alone").format(name=ill["site"])
        text = _("{failures} failures since {since}, next try {next_try}: {reason}")
        times = {"since": moment(ill["since"]), "next_try": moment(ill["next_try"])}
        console.print(Text.assemble((f"{label}: ", "yellow"), text.format(**{**ill, **times})), soft_wrap=True)
    for line in status["programmes"]:
        _show_state(console, line, language, names)


def _show_state(console: Console, line: Mapping[str, Any], language: str, names: Names) -> None:
    console.print(Text.assemble((line["id"], "bold"), f" · {line['title']}"))
    running, last, good = line["running"], line["last_run"], line["last_good_run"]
    if running:
        since = {**running, "since": moment(running["since"])}
        _plain(console, "  " + _("running now: host {host}, process {pid}, since {since}").format(**since))
    _labelled(console, _("last run"), _told(last, language))
    if good != last:
        _labelled(console, _("last good run"), _told(good, language))
    if line["next_run"]:
        _labelled(console, _("next run"), moment(line["next_run"]))
    if line["slowed"]:
        slowed = [line["slowed"][name] for name in ("site", "lms_seconds", "max_lms_share")]
        _labelled(console, _("slowed down"), slowed_text(Spacing(*slowed)))
    roster = ", ".join(
        f"{count} {word(STATE_TEXTS, state, language)}" for state, count in line["roster"].items() if count
    )
    _labelled(console, _("roster"), roster or _("empty"))
    held = [finding_of(each) for each in line["held_in_full"]]
    for finding in held:
        show_finding(console, _("held by a guard"), finding, names, language, shown_of_each(held))
    if held:
        _show_way_out(console, line["id"], "")


def _labelled(console: Console, label: str, text: str, style: str = "") -> None:
    console.print(Text.assemble((f"  {label}: ", style), text), soft_wrap=True)


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _told(run: Mapping[str, Any] | None, language: str) -> str:
    if run is None:
        return _("none")
    number = _("run {number}").format(number=run["run_id"])
    return f"{number}, {word(RUN_OUTCOME_TEXTS, run['outcome'], language)}, {moment(run['finished_at'])}"


def _outcome(code: str, language: str) -> Text:
    return styled(code, OUTCOME_STYLES, word(RUN_OUTCOME_TEXTS, code, language))
