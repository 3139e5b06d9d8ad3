"""The page of one person: from the MOOC to the course, what must be done, and what somebody decides there."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from latsar_sync.actions import clearances, moves, overrides, shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.typed_text import named
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.clearances import NewClearance, kinds_of
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import listings, queue, searches
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.web import check_your_answer, identities, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    Context,
    Field,
    Page,
    Person,
    PersonToActOn,
    Reader,
    SentForm,
    dates_of_document,
    day,
    find_person,
)
from latsar_sync.web.people_filter import ByAddress
from latsar_sync.web.person_shown import known_of, steps
from latsar_sync.web.templating import WebPage

router = APIRouter()


@router.get("/people/{participant_id}")
def show_person(
    context: Context,
    page: Page,
    account: Reader,
    person: Person,
    asked: ByAddress,
    at: Annotated[int, Query(ge=0, le=10_000_000)] = -1,
) -> Response:
    """Show one person from the MOOC to the course; ``at`` is the place in the list that was searched for."""
    participant_id = person["participant_id"]
    programme = context.programme(account, person["programme"])
    with context.database.reading() as connection:  # before anything is read that is shown
        shown = fingerprint(shown_values.of_person(connection, programme.id, participant_id, context.clock()))
    person = find_person(context, account, participant_id)
    context.note(account, "person", programme.id, 1, participant_id)
    return page.show(
        "person.html",
        account,
        person=person,
        programme=programme,
        served=bool(living_daemons(context.database, context.clock())),
        may_act=account.may_act(programme.id),
        seen=shown,
        steps=steps(person),
        targets={each.id: each.id for each in programme.angkatan if each.id != person["angkatan"]},
        neighbours=_neighbours(context, programme, asked, at),
        paper_kinds={kind: words.clearance(kind) for kind in kinds_of(programme)},
        back=f"{asked.query()}#{participant_id}" if at >= 0 else "",
        **known_of(context, person),
        **identities.known_of(context, person),
    )


@router.post("/people/{participant_id}/sync")
def sync_person(context: Context, page: Page, account: Reader, person: PersonToActOn, sent: SentForm) -> Response:
    """Ask for a run about one person."""
    if person["nip"] is None:
        raise UsageError(
            _("Without a usable NIP this person cannot be asked for alone."), _("Sync the whole programme.")
        )
    with context.once(account, sent):
        queue.ask(context.database, person["programme"], "participant", person["nip"], account.name, context.clock())
    context.note(account, "sync", person["programme"], 1, person["participant_id"])
    return page.go_back_to(f"/people/{person['participant_id']}", _("Asked for. The service begins in a moment."))


@router.post("/people/{participant_id}/decide")
def decide(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    kind: Annotated[OverrideKind, Form()],
    reason: Field = "",
    until: Field = "",
) -> Response:
    """Record what somebody decides about one person (rule 15); an admission is checked first."""
    programme, participant_id = person["programme"], person["participant_id"]
    why, last = named(_("Reason"), reason), day(until)

    def do(as_sent: Sent) -> None:
        overrides.decide(
            context.settings,
            context.database,
            context.clock,
            programme,
            participant_id,
            kind,
            why,
            account.name,
            last,
            as_sent,
        )

    if kind is OverrideKind.ADMIT and not form.checked:
        form.require_takeable(sent, do)
        return _check_admission(page, account, person, sent, form, why, last)
    do(sent)
    context.note(account, str(kind), programme, 1, participant_id)
    return page.go_back_to(f"/people/{participant_id}", context.takes_effect(programme, _consequence(kind, person)))


@router.post("/people/{participant_id}/move")
def move(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    to: Field = "",
    why: Field = "",
) -> Response:
    """Move somebody to another angkatan."""
    reason = named(_("Reason"), why)
    moved = moves.move(context.settings, context.database, context.clock, person, to, reason, account.name, sent)
    context.note(account, "move", person["programme"], 1, person["participant_id"])
    said = _("Recorded. The next run acts on it.")
    if moved.stays_in:
        text = _("Recorded. This person is still in {course}; its manager ends that in Moodle.")
        said = text.format(course=moved.stays_in)
    return page.go_back_to(f"/people/{person['participant_id']}", context.takes_effect(person["programme"], said))


@router.post("/people/{participant_id}/paper")
def record_paper(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    kind: Field = "",
    number: Field = "",
    issuer: Field = "",
    issued: Field = "",
    valid_until: Field = "",
) -> Response:
    """Record a checked document of this person."""
    programme, who = person["programme"], person["participant_id"]
    texts = named(_("Number"), number), named(_("Issued by"), issuer)
    document = NewClearance(who, None, kind, *texts, *dates_of_document(issued, valid_until))
    clearances.record_document(
        context.settings, context.database, context.clock, programme, document, account.name, sent, is_compared=True
    )
    context.note(account, "clearance add", programme, 1, who)
    return page.go_back_to(f"/people/{who}", context.effect_of_document(programme, document))


def _check_admission(
    page: WebPage,
    account: Account,
    person: listings.Row,
    sent: Sent,
    form: check_your_answer.FormAsSent,
    reason: str,
    last: date | None,
) -> Response:
    codes = [*(person["reasons"] or ()), *([(person["roster_reason"], {})] if person["roster_reason"] else ())]
    missing = " ".join(words.reason(code, values) for code, values in codes)
    lines = [
        (_("Who"), person["name"]),
        (_("Decision by the rule"), words.outcome(person["outcome"])),
        (_("What is missing"), missing or "–"),
        (_("Reason"), reason),
        (_("Last day"), figures.long_day(last) if last else _("no end")),
    ]
    title = _("Admit against the rule?")
    warning = _("The next run sends this person into the in-class course, whatever rule, date or capacity say.")
    return form.show_check(page, account, sent, title, lines, _("Admit against the rule"), warning=warning)


def _consequence(kind: OverrideKind, person: listings.Row) -> str:
    """Say what follows from a decision that was recorded."""
    if kind is OverrideKind.HOLD and person["state"] in overrides.IN_CLASS:
        return _("Recorded. This person is still in the in-class course; its manager ends that in Moodle.")
    return _("Recorded. The next run acts on it.")


def _neighbours(context: PageContext, programme: ProgrammeSettings, asked: ByAddress, at: int) -> tuple[str, str]:
    """Return the addresses of who stands before and after in the list that was searched for; empty where nobody."""
    if at < 0:
        return "", ""
    with context.database.reading() as connection:
        search = asked.search(context, programme)
        before, after = searches.neighbours(connection, programme.id, search, asked.sort, at)
    query = asked.query()
    link = "/people/{who}?{query}&at={at}"
    return (
        link.format(who=before, query=query, at=at - 1) if before else "",
        link.format(who=after, query=query, at=at + 1) if after else "",
    )
