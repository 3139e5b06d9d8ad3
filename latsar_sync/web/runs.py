"""The page of runs: what was done, what a guard holds, asking for a run, accepting a held one, live progress."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Response

from latsar_sync.actions import held_runs, shown_values
from latsar_sync.actions.resyncing import Scope, ask
from latsar_sync.domain import figures
from latsar_sync.domain.language import _
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import STEP_TEXTS, Step
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.store import queue, run_changes, runs, searches
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    ChosenPeople,
    Context,
    Field,
    Number,
    Page,
    PageNumber,
    Programme,
    ProgrammeToActOn,
    Reader,
    SentForm,
    part_of,
)
from latsar_sync.web.overview import condition

RUNS_SHOWN = 50
PEOPLE_SHOWN = 500
RUN_PEOPLE_SHOWN = 150
RUN_COURSES_SHOWN = 50
"""Of a plan; the rest is counted."""


RunNumber = Annotated[int, Form(ge=1, le=GREATEST_NUMBER)]

router = APIRouter()


@router.get("/programmes/{name}/runs")
def show_runs(context: Context, page: Page, account: Reader, programme: Programme, number: PageNumber = 1) -> Response:
    """Show the runs of a programme, and what a guard holds with everybody whom it concerns."""
    name = programme.id
    known = condition(context, programme)
    held = known["held"]
    findings = held.findings if held else ()
    with context.database.reading() as connection:
        accepted_by = queue.accepted_by(connection, name, held.run_id) if held else None
        held_seen = fingerprint(shown_values.of_held_run(connection, name, held.run_id)) if held else ""
        part = part_of(number, runs.count_runs(connection, name), RUNS_SHOWN)
        history = runs.recorded_runs(connection, name, RUNS_SHOWN, part.offset)
        plan = _plan_of(queue.last_plan(connection, name), known["held"])
        shown = _shown_of_each(PEOPLE_SHOWN, findings, bool(plan))
        lines = plan["lines"][:shown] if plan else []
        planned = {line["participant_id"]: line["angkatan"] for line in lines}
        people = [
            {**row, "planned_angkatan": planned[row["participant_id"]]}
            for row in searches.people_of(connection, name, list(planned))
        ]
        concerned = {
            row["participant_id"]: row for row in searches.people_of(connection, None, _concerned(findings, shown))
        }
    if people or concerned:
        context.note(account, "plan", name, len(concerned.keys() | planned.keys()))
    return page.show(
        "runs.html",
        account,
        known=known,
        history=history,
        part=part,
        plan=plan,
        people=people,
        concerned=concerned,
        shown=shown,
        held_seen=held_seen,
        accepted_by=accepted_by,
        may_act=account.may_act(name),
    )


@router.get("/programmes/{name}/runs/{number}")
def show_run(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    number: Number,
    turned_to: PageNumber = 1,
) -> Response:
    """Show what one run did: when, what it read and asked, whom it moved or decided about, what a guard found."""
    name = programme.id
    first = (turned_to - 1) * RUN_PEOPLE_SHOWN
    with context.database.reading() as connection:
        run = runs.find_run(connection, name, number)
        if run is None:
            raise HTTPException(404)
        moved_people, moved_number = run_changes.changed_in_run(connection, name, number, first, RUN_PEOPLE_SHOWN)
        judged_people, judged_number = run_changes.judged_in_run(connection, name, number, first, RUN_PEOPLE_SHOWN)
        shown = _shown_of_each(RUN_PEOPLE_SHOWN, run.findings)
        longest = max((len(each.people) for each in run.findings), default=0)
        pages = max(-(-max(moved_number, judged_number) // RUN_PEOPLE_SHOWN), -(-longest // shown))
        part = part_of(turned_to, pages, 1)
        passed_over = (turned_to - 1) * shown
        about = _concerned(run.findings, shown, passed_over)
        concerned = {row["participant_id"]: row for row in searches.people_of(connection, None, about)}
    if part.number != turned_to:
        return page.go_to(f"/programmes/{name}/runs/{number}?page={part.last}")
    if seen := concerned.keys() | {row["participant_id"] for row in (*moved_people, *judged_people)}:
        context.note(account, f"run {number}", name, len(seen))
    return page.show(
        "run.html",
        account,
        programme=programme,
        run=run,
        facts=_facts(context, programme, run),
        steps=[(_(STEP_TEXTS[Step(step)]), seconds) for step, seconds in run.steps if step in set(Step)],
        longest=max((seconds for _step, seconds in run.steps), default=0.0),
        moved_people=moved_people,
        moved_number=moved_number,
        judged_people=judged_people,
        judged_number=judged_number,
        part=part,
        concerned=concerned,
        shown=shown,
        passed_over=passed_over,
        courses_shown=RUN_COURSES_SHOWN,
    )


def _facts(context: PageContext, programme: ProgrammeSettings, run: runs.ProgrammeRun) -> list[tuple[str, str]]:
    """Return the figures of a run in words."""
    zone = context.settings.zone_of(programme)

    def told(moment: datetime | None) -> str:
        return figures.moment(moment.astimezone(zone) if moment else None)

    texts = {
        "participants": _("People"),
        "qualified": _("Qualified"),
        "not_yet": _("Not yet"),
        "undetermined": _("Undetermined"),
        "held": _("On hold"),
        "pushed": _("Sent"),
        "confirmed": _("Confirmed"),
        "failed": _("Rejected by the LMS"),
        "withdrawn": _("Gone from the course"),
        "to_review": _("Gone to follow-up"),
    }
    return [
        (_("Began"), told(run.started_at)),
        (_("Ended"), told(run.finished_at)),
        (_("Duration"), figures.seconds(run.seconds)),
        (_("Requests to the LMS"), figures.count(run.requests)),
        *((text, figures.count(run.counts[key])) for key, text in texts.items() if run.counts.get(key)),
    ]


@router.post("/programmes/{name}/sync")
def sync(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    full: Field = "",
    angkatan: Field = "",
    who: ChosenPeople = (),
) -> Response:
    """Ask for a run of what is open, of everything, of an angkatan, or of people who were ticked."""
    with context.database.reading() as connection:
        people = [row["nip"] for row in searches.people_of(connection, programme.id, list(who))]
    scope = Scope.of_people(people) if who and not full else Scope(bool(full), angkatan or None)
    ask(context.settings, context.database, context.clock, programme.id, scope, account.name, sent)
    context.note(account, "sync full" if full else "sync", programme.id)
    return page.go_to(_address(programme), _("Asked for. The service begins in a moment."))


@router.post("/programmes/{name}/runs/stop")
def stop(context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, request: RunNumber) -> Response:
    """Ask a run to end at its next step; what it has done stands, and the next one goes on from there."""
    with context.database.writing() as connection:
        asked = queue.ask_to_stop(connection, programme.id, request, account.name)
    if asked:
        context.note(account, "stop", programme.id)
    said = _("Asked. It ends at the next step.") if asked else _("That run is under way no more.")
    return page.go_to(_address(programme), said)


@router.post("/programmes/{name}/preview")
def preview(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, run: RunNumber
) -> Response:
    """Ask for the list of whom a held run would send."""
    held_runs.ask_preview(context.database, context.clock, programme.id, run, account.name, sent)
    context.note(account, f"preview run {run}", programme.id)
    return page.go_to(_address(programme), _("Asked for. Nothing is sent; the list stands here in a moment."))


@router.post("/programmes/{name}/accept")
def accept(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, run: RunNumber
) -> Response:
    """Accept what a guard found in a run, and ask for the next one; whom that sends must have been looked at."""
    held_runs.accept(context.database, context.clock, programme.id, run, account.name, sent)
    context.note(account, f"accept run {run}", programme.id)
    return page.go_to(_address(programme), _("Accepted. The service runs again in a moment."))


def _address(programme: ProgrammeSettings) -> str:
    return f"/programmes/{programme.id}/runs"


def _shown_of_each(most: int, findings: Sequence[Finding], and_a_plan: bool = False) -> int:
    """Return how many people of each list a page shows, so that all of its lists stay within ``most``."""
    return most // max(1, sum(bool(each.people) for each in findings) + and_a_plan)


def _concerned(findings: Sequence[Finding], shown: int, passed_over: int = 0) -> list[str]:
    """Return the people whom findings are about, as many of each as a page shows after those on the pages before."""
    return sorted({who for each in findings for who in each.people[passed_over : passed_over + shown]})


def _plan_of(plan: Any, held: runs.ProgrammeRun | None) -> Any:
    """Return a preview if it shows what releasing exactly these findings would send, else None."""
    if held is None or plan is None:
        return None
    return plan if plan["looked_at"] == sorted({finding.key for finding in held.findings}) else None
