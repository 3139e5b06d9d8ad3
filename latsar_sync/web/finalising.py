"""Signing the roster of an angkatan: the decree that fixes it, or amends it; checked first, then signed."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Response

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.finalisation_conditions import PlacesAreOpen
from latsar_sync.actions.finalisations import draft_of, fix_list
from latsar_sync.actions.typed_text import named
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.rules.finalisation import DecreeDraft
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.shapes.funnel import group_of
from latsar_sync.store import listings, searches
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.overrides import overrides_in_force
from latsar_sync.store.search_conditions import Search
from latsar_sync.web import check_your_answer, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    Context,
    Field,
    Page,
    ProgrammeToActOn,
    Reader,
    SentForm,
    day,
)
from latsar_sync.web.rosters import angkatan_named, roster_address
from latsar_sync.web.templating import WebPage

LEFT_OUT_SHOWN = 200

OF_AN_ANGKATAN = 100_000
"""More people than any angkatan has."""

router = APIRouter()


@router.post("/programmes/{name}/finalise")
def finalise(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    angkatan: Field,
    sk: Field = "",
    dated: Field = "",
) -> Response:
    """Record the decree that fixes the roster, or amends it once it is fixed: checked first, then signed."""
    one_angkatan = angkatan_named(programme, angkatan)
    number, date = named(_("Number of the decree (SK)"), sk), day(dated)
    if date is None:
        raise UsageError(_("The decree has no date."), _("Give the date that stands on it."))
    with context.database.reading() as connection:
        history = finalisation_history(connection, programme.id)
    amendment = any(each.angkatan == one_angkatan.id for each in history)
    if not form.checked:
        with names_are_noted(context, account, programme.id):
            draft = draft_of(
                programme, context.database, context.clock, one_angkatan.id, number, account.name, amendment, sent
            )
        decree = number, figures.long_day(date), amendment
        return _check_decree(context, page, account, programme, sent, form, one_angkatan, draft, decree)
    with names_are_noted(context, account, programme.id):
        fixed = fix_list(
            programme, context.database, context.clock, one_angkatan.id, number, date, account.name, amendment, sent
        )
    members, left = len(fixed.decree.members), len(fixed.decree.left)
    context.note(account, "amend" if amendment else "finalise", programme.id, members + left)
    said = counted("Recorded: {number} person taken in.", "Recorded: {number} people taken in.", members)
    said = context.takes_effect(programme.id, said.format(number=members))
    if fixed.to_approve:
        waits = _("{number} of them can be approved by another account after the next run.")
        said += " " + waits.format(number=fixed.to_approve)
    return page.go_to(roster_address(programme, one_angkatan), said)


@contextmanager
def names_are_noted(context: PageContext, account: Account, programme: str, via: str = "web") -> Iterator[None]:
    """Note of whom a decree is refused: it tells them by name."""
    try:
        yield
    except PlacesAreOpen as error:
        context.note(account, "roster", programme, len(error.details), via=via)
        raise


def _check_decree(
    context: PageContext,
    page: WebPage,
    account: Account,
    programme: ProgrammeSettings,
    sent: Sent,
    form: check_your_answer.FormAsSent,
    angkatan: AngkatanSettings,
    draft: DecreeDraft,
    decree: tuple[str, str, bool],
) -> Response:
    """Show by name who is taken in by a decree, who is taken out, and who else of the angkatan is left out and why."""
    number, dated, amendment = decree
    with context.database.reading() as connection:
        groups = [
            check_your_answer.People(heading, searches.people_of(connection, programme.id, list(people)), len(people))
            for heading, people in ((_("Taken in"), draft.members), (_("Left the list"), draft.left))
            if people
        ]
        search = Search(angkatan=angkatan.id, group=group_of(programme, angkatan.id))
        decided = {*draft.members, *draft.left, *draft.stays}
        others = searches.find_ids(connection, programme.id, search, 0, OF_AN_ANGKATAN)
        left_out = [each for each in others if each not in decided]
        rows = searches.people_of(connection, programme.id, left_out[:LEFT_OUT_SHOWN])
        said = overrides_in_force(connection, programme.id, context.clock())
    if left_out:
        whys = {row["participant_id"]: _why_left_out(row, said.get(row["participant_id"])) for row in rows}
        groups.append(check_your_answer.People(_("Left out"), rows, len(left_out), whys))
    context.note(account, "people", programme.id, len(decided) - len(draft.stays) + len(rows))
    lines = [
        (_("Angkatan"), angkatan.id),
        (_("Number of the decree (SK)"), number),
        (_("Date of the decree"), dated),
    ]
    title = _("Amend the finalised roster?") if amendment else _("Finalise the roster?")
    warning = _("It cannot be taken back.")
    return form.show_check(page, account, sent, title, lines, _("Record the decree"), groups, warning)


def _why_left_out(row: listings.Row, binding: Override | None) -> str:
    """Say why somebody of an angkatan does not come on the list that a decree fixes."""
    if binding is not None and binding.kind is OverrideKind.HOLD:  # perhaps since the last run
        return words.reason("held")
    said = [words.reason(code, values) for code, values in row["reasons"] or ()]
    said += [words.reason(row["roster_reason"])] if row["roster_reason"] else []
    return " ".join(said) or words.state(row["state"])
