"""What is told of a programme as a whole: how it is, what needs somebody today, how far its people have come."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from latsar_sync.domain import figures
from latsar_sync.domain.language import _, joined
from latsar_sync.domain.request import RunOutcome
from latsar_sync.service.schedule import timetables
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import Funnel, funnels, whole_in_brief
from latsar_sync.shapes.tasks import Task, find_tasks
from latsar_sync.store import counts, queue, runs, searches, site_health
from latsar_sync.store.filled_courses import others_there
from latsar_sync.store.leases import holders
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.web import words
from latsar_sync.web.context import PageContext
from latsar_sync.web.pages_for_commands import told_to_a_committee
from latsar_sync.web.under_way import under_way

TREND_WIDTH, TREND_HEIGHT = 300, 60
"""The size of a trend in a page, as in ``parts/funnel.html``."""
TREND_DAYS = 60
"""So many days back a trend tells, and so many ahead."""


@dataclass(frozen=True, slots=True)
class ProgrammeState:
    """How a programme is, in one sentence. ``kind`` is good, busy, warn, bad or new; ``address`` leads to the cause."""

    kind: str
    text: str
    address: str = ""


def condition(context: PageContext, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return how a programme is: last and next run, what a guard holds, what is ill, what is under way."""
    now = context.clock()
    with context.database.reading() as connection:
        last, good, telling = runs.last_runs(connection, programme.id)
        ill = [each for name, each in site_health.ill_sites(connection).items() if name in programme.sites]
        asked = queue.open_requests(connection, programme.id)
    stale_after = timedelta(hours=float(context.settings.service.stale_after))
    held = telling if telling is not None and telling.outcome is RunOutcome.GUARDED else None
    timed = [each for each in timetables(context.settings) if each.programme == programme.id]
    slots = [each.next_after(now) for each in timed]
    known = {
        "programme": programme,
        "last_run": last,
        "good_run": good,
        "next_run": min((slot for slot in slots if slot is not None), default=None),
        "held": held,
        "stale": bool(timed)
        and (good is None or good.finished_at is None or abs(now - good.finished_at) > stale_after),
        "ill": ill,
        "asked": len(asked),
        "running": any(each.programme == programme.id and not each.is_dead(now) for each in holders(context.database)),
        "now": under_way(context, programme.id),
        "served": bool(living_daemons(context.database, now)),
    }
    return {**known, "state": state_of(known, now)}


def state_of(known: Mapping[str, Any], now: datetime) -> ProgrammeState:
    """Return the one sentence about a programme, the gravest thing first."""
    runs_page = f"/programmes/{known['programme'].id}/runs"
    last, good, held = known["last_run"], known["good_run"], known["held"]
    if held:
        text = _("Held: {finding}").format(finding=words.finding(held.findings[0]))
        return ProgrammeState("warn", text, runs_page)
    if known["ill"]:
        text = _("The site {site} does not answer as it should.").format(site=known["ill"][0].site)
        return ProgrammeState("bad", text, runs_page)
    if last is not None and last.outcome is RunOutcome.FAILED:
        why = told_to_a_committee(last.error)
        return ProgrammeState("bad", joined(_("The last run broke off."), why), f"{runs_page}/{last.run_id}")
    if last is not None and last.outcome is RunOutcome.PARTIAL:
        return ProgrammeState("warn", _("The last run was done in part."), f"{runs_page}/{last.run_id}")
    if last is None:
        return ProgrammeState("new", _("No run yet: nobody has been read."), runs_page)
    if known["stale"]:
        return ProgrammeState("bad", _("There has been no good run over everybody for too long."), runs_page)
    if known["running"]:
        return ProgrammeState("busy", _("A run is under way."), runs_page)
    when = (good or last).finished_at
    return ProgrammeState(
        "good", _("Healthy, last run {time}").format(time=figures.ago(when, now) if when else figures.NONE)
    )


def overview(context: PageContext, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return what is known of a programme as a whole: its condition, and how far its people have come."""
    with context.database.reading() as connection:
        whole, parts = funnels(
            programme, searches.standing(connection, programme.id), others_there(connection, programme.id)
        )
    return {
        **condition(context, programme),
        "whole": whole,
        "angkatan_funnels": parts,
        "next_start": _start(context, programme),
    }


def overview_in_brief(context: PageContext, programme: ProgrammeSettings) -> dict[str, Any]:
    """Return the same as far as the list of programmes shows it: no stage, no angkatan."""
    with context.database.reading() as connection:
        whole = whole_in_brief(searches.standing_in_brief(connection, programme.id))
    return {**condition(context, programme), "whole": whole, "next_start": _start(context, programme)}


def _start(context: PageContext, programme: ProgrammeSettings) -> date | None:
    today = context.settings.today(context.clock(), programme.id)
    return min((each.starts for each in programme.angkatan if each.starts and each.starts >= today), default=None)


def tasks(context: PageContext, programme: ProgrammeSettings, whole: Funnel) -> list[Task]:
    """Return what needs somebody today, the most urgent first; each leads to exactly those whom it counts."""
    with context.database.reading() as connection:
        return find_tasks(connection, programme, whole, context.settings.today(context.clock(), programme.id))


def trend(context: PageContext, programme: ProgrammeSettings) -> list[tuple[date, int]]:
    """Return how many people had qualified at the end of each day, from the first one on, of the last days."""
    zone = context.settings.zone_of(programme)
    with context.database.reading() as connection:
        counted_by_run = counts.qualified_since(connection, programme.id)
    by_day: Counter[date] = Counter()
    for moment, number in counted_by_run:
        by_day[moment.astimezone(zone).date()] += number
    if not by_day:
        return []
    first, last = min(by_day), context.settings.today(context.clock(), programme.id)
    total, points = 0, []
    for passed in range((max(last, max(by_day)) - first).days + 1):
        day = first + timedelta(days=passed)
        total += by_day[day]
        points.append((day, total))
    return points[-TREND_DAYS:]


def last_day_of_trend(points: Sequence[tuple[date, int]], start: date | None) -> date | None:
    """Return the day at which a trend ends: the next first day in class unless that is too far, else today."""
    today = points[-1][0] if points else None
    near = start is not None and today is not None and today <= start <= today + timedelta(days=TREND_DAYS)
    return start if near else today


def line_of(points: Sequence[tuple[date, int]], last: date | None) -> str:
    """Return the points of a trend that ends at the day ``last`` as those of an SVG polyline."""
    most = max((number for _day, number in points), default=0) or 1
    step = TREND_WIDTH / max(1, (last - points[0][0]).days if last else 0)
    return " ".join(
        f"{place * step:.1f},{TREND_HEIGHT - number * TREND_HEIGHT / most:.1f}"
        for place, (_, number) in enumerate(points)
    )
