"""What a page asks for by naming it in its parameters: context, who asks, programme or person, the form's token.

Who is not signed in is sent to the sign-in page (303); what an account may not see is not found (404); what it may see
and not do, and a form without the token of its session, is refused (403).
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Form, HTTPException, Path, Query, Request
from pydantic import StringConstraints

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.typed_text import require_printable
from latsar_sync.domain import language
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.files.dates import day_of
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.store import certificates, listings, received
from latsar_sync.web import sessions, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.refused_forms import HERE, StaleForm, key_of
from latsar_sync.web.templating import WebPage
from latsar_sync.web.whole_numbers import TypedNumber

Field = Annotated[str, Form(max_length=2000)]
AngkatanParameter = Annotated[str, Query(max_length=64)]
Number = Annotated[int, Path(ge=1, le=GREATEST_NUMBER)]
"""The number of something in an address, as the database counts."""
PageNumber = Annotated[TypedNumber, Query(alias="page", ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class PartOfList:
    """The page of a long list that is shown: which of how many, and behind how many lines it begins."""

    number: int
    last: int
    offset: int


def part_of(number: int, total: int, size: int) -> PartOfList:
    """Return the page of that number of ``total`` lines, the last one where there are not so many."""
    last = max(1, -(-total // size))
    number = min(number, last)
    return PartOfList(number, last, (number - 1) * size)


async def page_context(request: Request) -> PageContext:
    """Return the context of the application that was asked; the state of each of its parts holds it."""
    context: PageContext = request.app.state.context
    return context


Context = Annotated[PageContext, Depends(page_context)]


async def language_in_use() -> str:
    """Return the language of the answer, which the session or the configuration names (``web/app.py``)."""
    return language.in_use()


Language = Annotated[str, Depends(language_in_use)]


async def web_page(request: Request, context: Context) -> WebPage:
    """Return the page that answers."""
    return WebPage(request, context.templates, context.database)


Page = Annotated[WebPage, Depends(web_page)]


def account_still_signed_in(request: Request, context: Context) -> Account:
    """Return who asks, without making the session last longer."""
    return sessions.find_account(sessions.of(request), context.database, context.clock())


async def signed_in(
    request: Request, context: Context, account: Annotated[Account, Depends(account_still_signed_in)]
) -> Account:
    """Return who asks, whose session goes on by that."""
    sessions.go_on(sessions.of(request), context.database, context.clock())
    return account


def signed_in_or_none(request: Request, context: Context) -> Account | None:
    """Return who asks as ``signed_in`` does, None if nobody is signed in."""
    try:
        account = account_still_signed_in(request, context)
    except sessions.SignInNeeded:
        return None
    sessions.go_on(sessions.of(request), context.database, context.clock())
    return account


SignedIn = Annotated[Account, Depends(signed_in)]
Visitor = Annotated[Account | None, Depends(signed_in_or_none)]


def require_reader(account: Account) -> Account:
    """Return an account that may see programmes; who is bound to in-class courses has their own pages (403)."""
    if account.courses is not None:
        raise HTTPException(403)
    return account


async def reader(account: SignedIn) -> Account:
    """Return who asks, if they may see programmes."""
    return require_reader(account)


Reader = Annotated[Account, Depends(reader)]


async def require_token(request: Request, _visitor: Visitor, csrf: Field = "") -> None:
    """Refuse a form that does not carry the token of its session: it came from another page, or another session.

    What was typed into any of its fields is text that can be kept: raise UsageError, by the field, where it is not.
    """
    if not sessions.is_token_of(sessions.of(request), csrf):
        raise StaleForm
    form = await request.form()
    setattr(request.state, HERE, str(form.get(HERE) or ""))
    for name, value in form.multi_items():
        if isinstance(value, str):
            require_printable(words.field(name), value)


FormToken = Annotated[None, Depends(require_token)]


async def sent_form(request: Request, seen: Annotated[str, Form(max_length=40_000)] = "") -> Sent:
    """Return what the form of an action carries along: what was shown, and the key by which it is taken once.

    A form without them was not made by a page of ours: it is about nothing that anybody saw.
    """
    return Sent(seen, await key_of(request))


ChosenPeople = Annotated[tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{32}$")], ...], Form()]
"""Whom somebody ticked, by internal id; as many as one action may be about."""
SentForm = Annotated[Sent, Depends(sent_form)]


async def programme_to_see(context: Context, account: Reader, name: str) -> ProgrammeSettings:
    """Return the programme of the address, if who asks may see it."""
    return context.programme(account, name)


Programme = Annotated[ProgrammeSettings, Depends(programme_to_see)]


async def programme_to_act_on(account: Reader, programme: Programme, _token: FormToken) -> ProgrammeSettings:
    """Return the programme of the address, if who sent the form may do something there."""
    if not account.may_act(programme.id):
        raise HTTPException(403)
    return programme


ProgrammeToActOn = Annotated[ProgrammeSettings, Depends(programme_to_act_on)]


def find_person(context: PageContext, account: Account, participant_id: str) -> listings.Row:
    """Return one participant of a programme that this account may see. Raise 404 for any other."""
    names = [each.id for each in context.programmes(account)]
    with context.database.reading() as connection:
        found = listings.participant_rows(connection, names, participant_id=participant_id)
    if not found:
        raise HTTPException(404)
    return found[0]


def person_to_see(context: Context, account: Reader, participant_id: str) -> listings.Row:
    """Return the participant of the address, if who asks may see them."""
    return find_person(context, account, participant_id)


Person = Annotated[listings.Row, Depends(person_to_see)]


async def person_to_act_on(account: Reader, person: Person, _token: FormToken) -> listings.Row:
    """Return the participant of the address, if who sent the form may do something about them."""
    if not account.may_act(person["programme"]):
        raise HTTPException(403)
    return person


PersonToActOn = Annotated[listings.Row, Depends(person_to_act_on)]


def dates_of_document(issued: str, valid_until: str) -> tuple[date, date]:
    """Read a document's own date and its last valid day. Raise UsageError if one is missing or none."""
    dated, last = day(issued), day(valid_until)
    if dated is None or last is None:
        remedy = _("Give its own date, and the last day on which it is valid.")
        raise UsageError(_("The document lacks a date."), remedy)
    return dated, last


def day(text: str) -> date | None:
    """Read a day that a form sends, None where it was left empty. Raise UsageError if it is none."""
    if not text.strip():
        return None
    found = day_of(text)
    if found is None:
        raise UsageError(_('"{text}" is no day.').format(text=text), _("Write it like 2026-12-07."))
    return found


def certificate_of(context: PageContext, programme: ProgrammeSettings, number: int) -> certificates.Row:
    """Return a certificate of the programme by its number. Raise HTTPException 404 if it has none of that number."""
    with context.database.reading() as connection:
        found = certificates.get(connection, number)
    if found is None or found["programme"] != programme.id:
        raise HTTPException(404)
    return found


def received_file_of(context: PageContext, programme: ProgrammeSettings, number: int) -> received.ReceivedFile:
    """Return a received file of the programme by its number. Raise HTTPException 404 if it has none of that number."""
    with context.database.reading() as connection:
        found = received.get(connection, number)
    if found is None or found.programme != programme.id:
        raise HTTPException(404)
    return found
