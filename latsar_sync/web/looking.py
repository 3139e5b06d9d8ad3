"""The pages that only show: programmes, people, one person, rosters, runs, thresholds."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from latsar_sync import acts
from latsar_sync.admission import threshold_in_force
from latsar_sync.model import EntryState, Outcome, RunOutcome, Scale
from latsar_sync.reasons import TEXTS
from latsar_sync.schedules import timetables
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import overrides, queue, reports, rosters, runs, searches, site_health, thresholds
from latsar_sync.store.accounts import Account
from latsar_sync.store.leases import holders
from latsar_sync.web.desk import Desk
from latsar_sync.web.funnel import funnels

PAGE = 50
"""People on one page."""
RUNS_SHOWN = 50
STATES = (*map(str, Outcome), *map(str, EntryState))


def pages(desk: Desk) -> APIRouter:
    """Return the pages that show what is known."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk

    @router.get("/")
    def home(account: Annotated[Account, Depends(desk.signed_in)]) -> Response:
        return RedirectResponse("/classes" if account.classes is not None else "/programmes", 303)

    @router.get("/programmes")
    def programmes(request: Request, account: Reader) -> Response:
        return desk.page(
            request, "programmes.html", account, programmes=[_overview(desk, each) for each in desk.programmes(account)]
        )

    @router.get("/programmes/{name}")
    def programme(request: Request, account: Reader, name: str) -> Response:
        chosen = desk.programme(account, name)
        return desk.page(request, "programme.html", account, **_overview(desk, chosen), may_act=account.may_act(name))

    @router.get("/programmes/{name}/people")
    def people(
        request: Request,
        account: Reader,
        name: str,
        text: Annotated[str, Query(max_length=100)] = "",
        state: Annotated[str, Query(max_length=20)] = "",
        angkatan: Annotated[str, Query(max_length=64)] = "",
        institution: Annotated[str, Query(max_length=255)] = "",
        reason: Annotated[str, Query(max_length=64)] = "",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    ) -> Response:
        chosen = desk.programme(account, name)
        search = searches.Search(text, state, angkatan, institution, reason)
        with desk.database.reading() as connection:
            found, total = searches.find_people(connection, name, search, (page - 1) * PAGE, PAGE)
            agencies = searches.institutions(connection, name)
        return desk.page(
            request,
            "people.html",
            account,
            programme=chosen,
            people=found,
            total=total,
            number=page,
            last=max(1, -(-total // PAGE)),
            first=(page - 1) * PAGE,
            search=search,
            institutions=agencies,
            states=STATES,
            reasons=TEXTS,
        )

    @router.get("/people/{participant_id}")
    def person(request: Request, account: Reader, participant_id: str) -> Response:
        row = find_person(desk, account, participant_id)
        with desk.database.reading() as connection:
            decided = overrides.override_history(connection, row["programme"], participant_id)
            known: dict[str, Any] = {
                "evidence": reports.current_evidence(connection, participant_id),
                "decisions": reports.decision_history(connection, participant_id),
                "events": reports.roster_history(connection, participant_id),
                "pushes": reports.push_history(connection, participant_id),
            }
        chosen = desk.programme(account, row["programme"])
        binding = decided[-1] if decided and decided[-1].in_force(desk.clock()) else None
        return desk.page(
            request,
            "person.html",
            account,
            person=row,
            programme=chosen,
            binding=binding,
            overrides=decided,
            may_act=account.may_act(chosen.id),
            **known,
        )

    @router.get("/programmes/{name}/roster")
    def roster(
        request: Request, account: Reader, name: str, angkatan: Annotated[str, Query(max_length=64)] = ""
    ) -> Response:
        chosen = desk.programme(account, name)
        cohort = next((each for each in chosen.angkatan if each.id == angkatan), chosen.angkatan[0])
        with desk.database.reading() as connection:
            rows = reports.roster_rows(connection, [name], cohort.id)
        return desk.page(
            request,
            "roster.html",
            account,
            programme=chosen,
            cohort=cohort,
            rows=rows,
            course_address=course_address(desk, rows),
            waiting=sum(row["roster_reason"] == "awaiting_approval" for row in rows),
            may_act=account.may_act(name),
        )

    @router.get("/programmes/{name}/runs")
    def past_runs(request: Request, account: Reader, name: str) -> Response:
        chosen = desk.programme(account, name)
        with desk.database.reading() as connection:
            history = runs.recorded_runs(connection, name, RUNS_SHOWN)
        return desk.page(
            request, "runs.html", account, **_overview(desk, chosen), history=history, may_act=account.may_act(name)
        )

    @router.get("/programmes/{name}/threshold")
    def threshold(
        request: Request,
        account: Reader,
        name: str,
        value: Annotated[str, Query(max_length=20)] = "",
        scale: Scale = Scale.POINTS,
    ) -> Response:
        chosen = desk.programme(account, name)
        with desk.database.reading() as connection:
            history = thresholds.threshold_history(connection, name)
            entries = rosters.load_entries(connection, name) if value else {}
        tried: dict[str, Any] = {}
        if value:
            limit = acts.pass_limit(value, scale)
            known, moves = acts.preview_threshold(desk.settings, desk.database, desk.clock, name, limit, scale)
            tried = {"value": value, "limit": limit, "scale": scale, "known": known, "moves": moves, "entries": entries}
        return desk.page(
            request,
            "threshold.html",
            account,
            programme=chosen,
            history=history,
            in_force=threshold_in_force(history, desk.clock()),
            tried=tried,
            may_act=account.may_act(name),
        )

    return router


def find_person(desk: Desk, account: Account, participant_id: str) -> reports.Row:
    """Return one participant of a programme that this account may see. Raise 404 for any other."""
    names = [each.id for each in desk.programmes(account)]
    with desk.database.reading() as connection:
        found = reports.participant_rows(connection, names, participant_id=participant_id)
    if not found:
        raise HTTPException(404)
    return found[0]


def course_address(desk: Desk, rows: Sequence[reports.Row]) -> str | None:
    """Return the address of the Participants page in Moodle, None while nobody was placed in a course."""
    for row in rows:
        if row["site"] in desk.settings.sites and row["course_id"]:
            return f"{desk.settings.sites[row['site']].url}/user/index.php?id={row['course_id']}"
    return None


def _overview(desk: Desk, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return what is known of a programme as a whole: funnels, last and next run, what a guard holds, what is ill."""
    now = desk.clock()
    with desk.database.reading() as connection:
        whole, parts = funnels(programme, searches.standing(connection, programme.id))
        last = next(iter(runs.recorded_runs(connection, programme.id, 1)), None)
        good = runs.last_good_run(connection, programme.id)
        telling = runs.last_telling_run(connection, programme.id)
        ill = [each for name, each in site_health.ill_sites(connection).items() if name in programme.sites]
        waiting = queue.waiting(connection, now, [programme.id])
    held = telling if telling is not None and telling.outcome is RunOutcome.GUARDED else None
    slots = [each.next_after(now) for each in timetables(desk.settings) if each.programme == programme.id]
    return {
        "programme": programme,
        "whole": whole,
        "angkatan_funnels": parts,
        "last_run": last,
        "good_run": good,
        "next_run": min((slot for slot in slots if slot is not None), default=None),
        "held": held,
        "ill": ill,
        "asked": len(waiting),
        "running": any(each.programme == programme.id and not each.is_dead(now) for each in holders(desk.database)),
    }
