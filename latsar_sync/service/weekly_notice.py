"""The weekly sign of life: when it is due, and what it says of each programme. It names no person."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from latsar_sync.domain import figures
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.language import _, counted, in_use
from latsar_sync.domain.state_words import OUTCOME_TEXTS, word
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.notices import NoticeSettings
from latsar_sync.store import counts, notices, run_figures, runs
from latsar_sync.store.entries import count_entries

WEEK = timedelta(days=7)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def newest_slot(settings: Settings, wanted: NoticeSettings, now: datetime) -> datetime:
    """Return the moment of the newest weekly notice that is due by ``now``."""
    local = now.astimezone(settings.zone)
    slot = local.replace(hour=wanted.weekly_hour, minute=0, second=0, microsecond=0)
    slot -= timedelta(days=(local.weekday() - WEEKDAYS.index(wanted.weekly_day)) % 7)
    return slot if slot <= local else slot - WEEK


def week(connection: Connection, settings: Settings, now: datetime) -> tuple[str, str]:
    """Return title and text of the weekly notice: what was decided, sent and run, and what holds now."""
    parts = [_week_of(connection, settings, programme, now) for programme in settings.programmes]
    holding = [f"- {each.title}" for each in notices.lasting(connection)]
    if holding:
        parts.append(_("What holds now:\n{lines}").format(lines="\n".join(holding)))
    return _("latsar-sync: the week, all is alive"), "\n\n".join(parts)


def _week_of(connection: Connection, settings: Settings, programme: ProgrammeSettings, now: datetime) -> str:
    by_outcome = run_figures.outcomes_since(connection, programme.id, now - WEEK)
    telling, good = runs.last_telling_run(connection, programme.id), runs.last_good_run(connection, programme.id)
    entries = count_entries(connection, programme.id)
    lines = [f"{programme.title} ({programme.id})"]
    if telling is not None:
        decided = ", ".join(
            f"{telling.counts.get(code, 0)} {word(OUTCOME_TEXTS, code, in_use())}" for code in OUTCOME_TEXTS
        )
        people = telling.counts.get("participants", 0)
        lines.append(
            counted("- {count} participant: {decided}", "- {count} participants: {decided}", people).format(
                count=people, decided=decided
            )
        )
    lines.append(
        _("- in class: {confirmed}, of them newly this week: {new}; waiting list: {waitlisted}").format(
            confirmed=entries[EntryState.CONFIRMED],
            new=counts.confirmed_since(connection, programme.id, now - WEEK),
            waitlisted=entries[EntryState.WAITLISTED],
        )
    )
    lines.append(
        _("- to be looked at: {count}").format(count=entries[EntryState.REVIEW] + entries[EntryState.WITHDRAWN])
    )
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(by_outcome.items()))
    lines.append(_("- runs this week: {told}").format(told=told or _("none")))
    last = figures.moment(good.finished_at.astimezone(settings.zone)) if good and good.finished_at else _("none")
    lines.append(_("- last good run: {moment}").format(moment=last))
    return "\n".join(lines)
