"""What is done about many people at once: those who were ticked in a list, or all who were found.

Whom it is about is shown once more before anything is recorded, and afterwards whom it passed over and why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response

from latsar_sync import exports
from latsar_sync.actions import moves, overrides, reminding, resyncing, shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.overrides import PassedOver
from latsar_sync.actions.places import choose_places
from latsar_sync.actions.resyncing import Scope
from latsar_sync.actions.typed_text import named
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, mark
from latsar_sync.files.people_list import LARGEST_TEXT
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import queue, searches
from latsar_sync.store.listings import Row
from latsar_sync.web import check_your_answer, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import ChosenPeople, Context, Field, Page, ProgrammeToActOn, Reader, SentForm, day
from latsar_sync.web.documents import called, file_answer
from latsar_sync.web.pasted_numbers import SHOWN, pasted
from latsar_sync.web.people_filter import Asked, ByForm

ACTIONS = {
    "hold": mark("Hold back"),
    "release": mark("Release"),
    "admit": mark("Admit against the rule"),
    "approve": mark("Approve"),
    "move": mark("Move to another angkatan"),
    "place": mark("Give a place"),
    "remind": mark("Remind through Moodle"),
    "sync": mark("Sync now"),
    "nips": mark("Show the NIPs, to copy them"),
    "export": mark("Download as XLSX"),
}
WITH_A_REASON = frozenset({"hold", "release", "admit", "move", "place"})
AT_ONCE = frozenset({"sync", "nips", "export"})
"""What changes nothing of anybody, and is not checked first."""
CONSEQUENCES = {
    "hold": mark(
        "Nobody of them is sent. Whoever is in the in-class course already stays there until a manager ends it."
    ),
    "release": mark("The rule decides about them again."),
    "admit": mark("The next run sends them into the in-class course, whatever rule, date or capacity say."),
    "approve": mark("The next run enrols those of them who wait for approval."),
    "place": mark("Lists and letters name them there from now on; seats and decisions stay as they are."),
    "move": mark(
        "They are placed in the other angkatan; whoever is in a course already stays there until a manager ends it."
    ),
    "remind": mark("The next run writes to each of them what is still missing, in Moodle; once a day."),
}
"""What follows from each, as it is told before."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DoneAboutMany:
    """What came of an action: about how many, whom it ``passed_over``, who of them is ``in_class`` still."""

    number: int
    passed_over: Sequence[PassedOver] = ()
    in_class: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ManyWanted:
    """What is to be done about many: the action, its reason and last day, the angkatan of a move, or the place."""

    action: str
    reason: str
    until: str
    to: str
    at: str = ""


async def wanted_by_form(
    action: Field = "", why: Field = "", until: Field = "", to: Field = "", at: Field = ""
) -> ManyWanted:
    """Return what a form wants. Raise UsageError if that is nothing, or lacks its reason."""
    if action not in ACTIONS:
        raise UsageError(_("No action was chosen."), _("Choose what is to be done about those selected."))
    reason = named(_("Reason"), why) if action in WITH_A_REASON else ""
    if action == "move" and not to:
        raise UsageError(_("No angkatan was chosen."), _("Choose where those selected are to be moved."))
    return ManyWanted(action, reason, until, to, at)


@router.post("/programmes/{name}/selected")
def decide_about_selected(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    asked: ByForm,
    wanted: Annotated[ManyWanted, Depends(wanted_by_form)],
    who: ChosenPeople = (),
    everybody: Annotated[str, Form(max_length=3)] = "",
    nips: Annotated[str, Form(max_length=LARGEST_TEXT)] = "",
) -> Response:
    """Do something about those who were ticked, whose NIPs were pasted, or all who are found; mostly checked first."""
    if everybody:
        people = _found(context, programme, asked)
    else:
        people = list(dict.fromkeys([*who, *pasted(context, programme, nips)]))
    overrides.must_be_some(people)
    if wanted.action in AT_ONCE:
        return _at_once(context, page, account, programme, sent, form, wanted, people)
    if not form.checked:
        form.require_takeable(Sent(), lambda tried: _do(context, account, programme, wanted, people, tried))
        return _check(context, page, account, programme, form, wanted, people)
    done = _do(context, account, programme, wanted, people, sent)
    context.note(account, f"{wanted.action} many", programme.id, len(people))
    with context.database.reading() as connection:
        told = [*(each.participant_id for each in done.passed_over), *done.in_class]
        rows = {row["participant_id"]: row for row in searches.people_of(connection, programme.id, told)}
    return page.show(
        "selected.html",
        account,
        programme=programme,
        done=done,
        rows=rows,
        title=_(ACTIONS[wanted.action]),
        here=form.here,
        effect=context.takes_effect(programme.id, _("The next run acts on it.")),
    )


def _found(context: PageContext, programme: ProgrammeSettings, asked: Asked) -> list[str]:
    with context.database.reading() as connection:
        search = asked.search(context, programme)
        return searches.find_ids(connection, programme.id, search, 0, overrides.PEOPLE_AT_ONCE + 1, asked.sort)


def _at_once(
    context: PageContext,
    page: Page,
    account: Account,
    programme: ProgrammeSettings,
    sent: Sent,
    form: check_your_answer.FormAsSent,
    wanted: ManyWanted,
    people: Sequence[str],
) -> Response:
    """Ask for a run about people, show their NIPs, or hand them out as a file."""
    with context.database.reading() as connection:
        rows = searches.people_of(connection, programme.id, people)
        known = {row["participant_id"] for row in rows}
        mine = [who for who in people if who in known]
        if wanted.action == "export":
            document = exports.compose_found(
                context.settings, connection, programme, mine, account.name, context.clock()
            )
    context.note(account, f"{wanted.action} many", programme.id, len(rows))
    if wanted.action == "export":
        content = exports.in_memory(document, exports.Form.XLSX)
        return file_answer(content, exports.Form.XLSX, called(document.title), programme.id)
    if wanted.action == "nips":
        nips = [row["nip"] for row in rows if row["nip"]]
        return page.show(
            "nips.html", account, programme=programme, nips=nips, without=len(rows) - len(nips), here=form.here
        )
    scope = Scope.of_people([row["nip"] for row in rows])
    resyncing.ask(context.settings, context.database, context.clock, programme.id, scope, account.name, sent)
    return page.go_to(f"/programmes/{programme.id}/runs", _("Asked for. The service begins in a moment."))


def _check(
    context: PageContext,
    page: Page,
    account: Account,
    programme: ProgrammeSettings,
    form: check_your_answer.FormAsSent,
    wanted: ManyWanted,
    people: Sequence[str],
) -> Response:
    """Show whom it is about and what follows; what is shown of them here must stand when it is recorded."""
    with context.database.reading() as connection:
        shown = fingerprint(shown_values.of_chosen(connection, programme.id, people, context.clock()))
        rows = searches.people_of(connection, programme.id, people[:SHOWN])
    context.note(account, "people", programme.id, len(rows))
    title = _(ACTIONS[wanted.action])
    lines = [(_("Action"), title), (_("People"), figures.count(len(people)))]
    lines += [(_("Angkatan"), wanted.to)] if wanted.to else []
    lines += [(_("Place"), wanted.at or _("as listed"))] if wanted.action == "place" else []
    lines += [(_("Reason"), wanted.reason)] if wanted.reason else []
    last = day(wanted.until)
    lines += [(_("Last day"), figures.long_day(last))] if last else []
    whom = [
        check_your_answer.People(_("Selected"), rows, len(people), {row["participant_id"]: _now(row) for row in rows})
    ]
    consequence = _(CONSEQUENCES[wanted.action])
    return form.show_check(page, account, Sent(shown), f"{title}?", lines, title, whom, consequence)


def _now(row: Row) -> str:
    """Say how somebody is decided about, and where they stand on the roster."""
    place = f"{words.state(row['state'])} {row['angkatan'] or ''}".strip() if row["state"] else ""
    return " · ".join(filter(None, [words.outcome(row["outcome"]), place]))


def _do(
    context: PageContext,
    account: Account,
    programme: ProgrammeSettings,
    wanted: ManyWanted,
    people: Sequence[str],
    sent: Sent,
) -> DoneAboutMany:
    settings, database, clock = context.settings, context.database, context.clock
    if wanted.action == "move":
        moved, passed = moves.move_about(
            settings, database, clock, programme.id, people, wanted.to, wanted.reason, account.name, sent
        )
        stay = [each.move.participant_id for each in moved if each.stays_in]
        return DoneAboutMany(len(moved), passed, stay)
    if wanted.action == "place":
        told = dict.fromkeys(people, wanted.at or None)
        chosen = choose_places(settings, database, clock, programme.id, told, wanted.reason, account.name, sent)
        return DoneAboutMany(len(chosen))
    if wanted.action == "approve":
        approved = overrides.approve(settings, database, clock, programme.id, None, account.name, people, sent)
        return DoneAboutMany(approved.number, approved.passed_over)
    if wanted.action == "remind":
        asked = reminding.ask_for_reminders(settings, database, clock, programme.id, people, account.name, sent)
        if asked.number:
            queue.ask(database, programme.id, resyncing.INCREMENTAL, "", account.name, clock())
        return DoneAboutMany(asked.number, asked.passed_over)
    kind = OverrideKind(wanted.action)
    decided = overrides.decide_about(
        settings, database, clock, programme.id, people, kind, wanted.reason, account.name, day(wanted.until), sent
    )
    return DoneAboutMany(len(decided.overrides), decided.passed_over, decided.in_class)
