"""The page of the threshold: its history, whom another value would move, and recording one."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response

from latsar_sync import exports
from latsar_sync.actions import shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.threshold import (
    Preview,
    preview_threshold,
    range_of_scores,
    read_threshold,
    record_threshold,
    require_reachable,
)
from latsar_sync.actions.typed_text import named
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.decision import Scale, Threshold
from latsar_sync.domain.language import _, joined
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.rules.threshold import is_seed, next_threshold, threshold_in_force
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.scores import histogram
from latsar_sync.shapes.thresholds import effects, home_of
from latsar_sync.store import counts
from latsar_sync.store.thresholds import threshold_history
from latsar_sync.web import check_your_answer
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, Page, Programme, ProgrammeToActOn, Reader, SentForm, day
from latsar_sync.web.documents import file_answer
from latsar_sync.web.long_work import Waiting
from latsar_sync.web.templating import LOOKS_AGAIN_SECONDS

MOVES_SHOWN = 100
"""People on the page of a preview; the rest is counted."""


router = APIRouter()


@router.get("/programmes/{name}/threshold")
def show_threshold(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    value: Annotated[str, Query(max_length=20)] = "",
    scale: Scale = Scale.POINTS,
) -> Response:
    """Show the thresholds that were recorded, and whom another value would move."""
    with context.database.reading() as connection:
        shown = fingerprint(shown_values.of_threshold(connection, programme.id, context.clock()))
        history = threshold_history(connection, programme.id)
        limits = range_of_scores(connection, programme.id)
        scores = histogram(counts.score_counts(connection, programme.id), *limits) if limits else None
        people = counts.people_by_programme(connection, [programme.id])[programme.id]
    in_force = threshold_in_force(history, context.clock())
    tried: dict[str, Any] = {}
    if value:
        limit = read_threshold(value, scale)
        with context.database.reading() as connection:
            require_reachable(connection, programme.id, limit, scale)
        preview = _preview(context, account, programme, limit, scale, people)
        tried = {"value": value, "limit": limit, "scale": scale, "people": people}
        if isinstance(preview, Waiting):
            tried["waiting"] = preview
        else:
            context.note(account, "threshold preview", programme.id, min(len(preview.moves), MOVES_SHOWN))
            tried |= {"preview": preview, "effects": effects(programme, preview)}
    answer = page.show(
        "threshold.html",
        account,
        programme=programme,
        history=history,
        in_force=in_force,
        greatest=limits[1] if limits else None,
        scores=scores if scores and scores.scored else None,
        seeded=next((each.version for each in history if is_seed(each)), None),
        tried=tried,
        shown=MOVES_SHOWN,
        threshold_seen=shown,
        may_act=account.may_act(programme.id),
    )
    if "waiting" in tried and not page.is_refusal:  # whoever types into a form is not interrupted
        answer.headers["Refresh"] = str(LOOKS_AGAIN_SECONDS)
    return answer


@router.get("/programmes/{name}/threshold.{form}")
def download(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    form: exports.Form,
    value: Annotated[str, Query(max_length=20)],
    scale: Scale = Scale.POINTS,
) -> Response:
    """Return by name whom another value would move, as a file."""
    limit = read_threshold(value, scale)
    with context.database.reading() as connection:
        people = counts.people_by_programme(connection, [programme.id])[programme.id]
    preview = _preview(context, account, programme, limit, scale, people)
    if isinstance(preview, Waiting):
        return page.show_waiting(account, programme, people, preview)
    context.note(account, f"export threshold {form}", programme.id, len(preview.moves))
    homes = {each.record.participant.id: home_of(programme, each, preview) for each in preview.moves}
    said = f"{figures.number(limit)} {_units()[scale]}"
    with context.database.reading() as connection:
        document = exports.compose_moved(
            context.settings,
            connection,
            programme,
            said,
            preview.moves,
            homes,
            preview.entries,
            account.name,
            context.clock(),
        )
        content = exports.in_memory(document, form)
    return file_answer(content, form, "batas", programme.id)


@router.post("/programmes/{name}/threshold")
def record(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    value: Field,
    scale: Annotated[Scale, Form()],
    legal_basis: Field = "",
    since: Field = "",
) -> Response:
    """Record a threshold, from now or from the beginning of a day on; checked first."""
    first, basis = day(since), named(_("Legal basis"), legal_basis)
    zone = context.settings.zone_of(programme)
    at_once = first is None or first == context.clock().astimezone(zone).date()
    begin = None if first is None or at_once else datetime(first.year, first.month, first.day, tzinfo=zone)
    limit = read_threshold(value, scale)

    def do(as_sent: Sent) -> None:
        record_threshold(
            context.database, context.clock, programme.id, limit, scale, basis, account.name, begin, as_sent
        )

    if not form.checked:
        form.require_takeable(sent, do)
        with context.database.reading() as connection:
            history = threshold_history(connection, programme.id)
        in_force = threshold_in_force(history, context.clock())
        following = next_threshold(history, begin or context.clock())
        lines = [(_("In force"), _said(in_force))] if in_force is not None else []
        lines += [
            (_("Value"), f"{figures.number(limit)} {_units()[scale]}"),
            (_("Legal basis"), basis),
            (_("In force from"), figures.long_day(first) if first else _("now")),
        ]
        if following is not None:
            after = figures.long_day(following.effective_from.astimezone(zone).date())
            lines.append(
                (_("Recorded for later"), _("{threshold}, from {day} on").format(threshold=_said(following), day=after))
            )
        title = _("Record this threshold?")
        warning = joined(
            _("It stands on record for good."), _judges_from(begin, _("The next run judges everybody by it anew."))
        )
        return form.show_check(page, account, sent, title, lines, _("Record it"), warning=warning)
    do(sent)
    context.note(account, "threshold set", programme.id)
    said = context.takes_effect(programme.id, _("The next run judges by it.")) if begin is None else ""
    return page.go_to(f"/programmes/{programme.id}/threshold", joined(_("Recorded."), _judges_from(begin, said)))


def _judges_from(begin: datetime | None, at_once: str) -> str:
    """Return the sentence of when a threshold judges: from the day on when it begins, else ``at_once``."""
    if begin is None:
        return at_once
    return _("It judges from {day} on; until then nothing changes.").format(day=figures.long_day(begin.date()))


def _preview(
    context: PageContext, account: Account, programme: ProgrammeSettings, limit: Decimal, scale: Scale, people: int
) -> Preview | Waiting:
    """Return whom another threshold would move; of very many people it is worked out off the request."""

    def make() -> Preview:
        return preview_threshold(context.settings, context.database, context.clock, programme.id, limit, scale)

    return context.make_long(f"{account.name} threshold {programme.id} {limit} {scale}", make, people)


def _said(threshold: Threshold) -> str:
    """Return a recorded threshold with what it rests on."""
    return f"{figures.number(threshold.value)} {_units()[threshold.scale]} ({threshold.legal_basis})"


def _units() -> dict[Scale, str]:
    return {Scale.POINTS: _("points"), Scale.PERCENT: "%"}
