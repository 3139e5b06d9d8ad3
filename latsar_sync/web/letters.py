"""The page of what goes out to institutions: letters, one ZIP each, and chase lists by mail, once for an occasion."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Annotated, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from latsar_sync.domain.account import Account
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import name_form
from latsar_sync.exports.conversion import converter
from latsar_sync.exports.files import UnnamedFile
from latsar_sync.exports.letter_zips import together, write_zip, zips
from latsar_sync.exports.letters import LetterRequest, compose_letters, nobody_called_up
from latsar_sync.exports.listed_people import by_alphabet
from latsar_sync.exports.one_letter import NO_INSTITUTION, Letter, LetterKind, file_name, kind_in_a_name
from latsar_sync.service.chase_mail import chase_mails, occasion_of, occasion_text
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.settings.for_the_rules import require_some_angkatan
from latsar_sync.store import counts, institutions, listings, searches, sent_mails
from latsar_sync.store.search_conditions import Search
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import AngkatanParameter, Context, Page, PageNumber, Programme, Reader, day, part_of
from latsar_sync.web.long_work import Waiting
from latsar_sync.web.people_filter import homes_of

Text = Annotated[str, Query(max_length=255)]
ZIP = "application/zip"
SHOWN = 200
"""Sent mails on the page, the newest first."""

router = APIRouter()


@dataclass(frozen=True, slots=True)
class WantedLetters:
    """Which letters an address asks for; an empty field asks nothing."""

    kind: LetterKind
    angkatan: str
    place: str
    number: str
    dated: str

    def query(self, **more: str) -> str:
        """Return it as the query of an address."""
        told = {"angkatan": self.angkatan, "place": self.place, "number": self.number, "dated": self.dated, **more}
        return urlencode({name: value for name, value in told.items() if value})

    def request(self, now: datetime, institution: str | None = None) -> LetterRequest:
        """Return it as letters are composed, of one institution or of all. Raise UsageError for a date that is none."""
        number = self.number or None
        return LetterRequest(
            self.kind, now, self.angkatan or None, institution, self.place or None, number, day(self.dated)
        )


@dataclass(frozen=True, slots=True)
class MadeLetters:
    """Letters as a ZIP, or how far they are; about how many people, and the name of the file."""

    content: UnnamedFile | Waiting
    people: int
    name: str

    def answer(self) -> Response:
        """Return the file. Only where it is there."""
        made = cast(UnnamedFile, self.content)
        headers = {"Content-Disposition": f'attachment; filename="{self.name}"', "Content-Length": str(made.size)}
        return StreamingResponse(iter(made), media_type=ZIP, headers=headers)


async def wanted_by_address(
    kind: LetterKind = LetterKind.CALL_UP,
    angkatan: AngkatanParameter = "",
    place: Text = "",
    number: Text = "",
    dated: Annotated[str, Query(max_length=40)] = "",
) -> WantedLetters:
    """Return which letters the query of an address asks for."""
    return WantedLetters(kind, angkatan, place, number.strip(), dated)


ByAddress = Annotated[WantedLetters, Depends(wanted_by_address)]


@router.get("/programmes/{name}/letters")
def show_letters(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    wanted: ByAddress,
    occasion: Text = "",
    number: PageNumber = 1,
) -> Response:
    """Show to which institutions letters go, and what is known of the chase lists that were mailed."""
    occasion = occasion_of(occasion) or context.settings.today(context.clock(), programme.id).isoformat()
    wanted.request(context.clock())  # a date that is none is told at once
    letters = counted_letters(context, programme, wanted)
    with context.database.reading() as connection:
        sent = list(reversed(sent_mails.told(connection, programme.id)))
    part = part_of(number, len(sent), SHOWN)
    own = context.settings.office.letters
    template = own.call_up if wanted.kind is LetterKind.CALL_UP else own.duty
    return page.show(
        "letters.html",
        account,
        programme=programme,
        wanted=wanted,
        kinds={str(LetterKind.CALL_UP): _("Call-up"), str(LetterKind.DUTY): _("Release from duties")},
        letters=letters,
        refusal_of_letters="" if letters else str(nobody_called_up()),
        only_word=template is not None and converter() is None,
        mail=context.settings.mail is not None,
        occasion=occasion,
        occasion_text=occasion_text,
        mails=chase_mails(context.settings, context.database, programme, occasion) if context.settings.mail else [],
        sent=sent[part.offset : part.offset + SHOWN],
        part=part,
        may_act=account.may_act(programme.id),
    )


@router.get("/programmes/{name}/letters/{kind}.zip")
def download(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    wanted: ByAddress,
    kind: LetterKind,
    institution: Text = "",
) -> Response:
    """Return the letters to one institution as a ZIP, or to all of them: a ZIP that holds one for each.

    Those to all are made off the request, and a page says how far they are.
    """
    made = made_letters(context, account, programme, replace(wanted, kind=kind), institution)
    if isinstance(made.content, Waiting):
        return page.show_waiting(account, programme, made.people, made.content)
    context.note(account, f"export letters {kind}", programme.id, made.people)
    return made.answer()


def made_letters(
    context: PageContext, account: Account, programme: ProgrammeSettings, wanted: WantedLetters, institution: str
) -> MadeLetters:
    """Return the letters to one institution; those to all are made off the request."""
    asked = wanted.request(context.clock(), institution or None)
    name = f"{kind_in_a_name(wanted.kind)}-{file_name(institution) if institution else programme.id}.zip"
    if institution:
        letters = _letters(context, programme, asked)
        people = sum(len(each.people) for mine in letters.values() for each in mine)
        [(_name, parts)] = zips(letters).files
        return MadeLetters(UnnamedFile(partial(write_zip, parts)), people, name)
    with context.database.reading() as connection:
        people = counts.people_by_programme(connection, [programme.id])[programme.id]
    key = f"{account.name} letters {programme.id} {wanted.kind} {wanted.query()}"
    return MadeLetters(
        context.make_long(key, lambda: together(zips(_letters(context, programme, asked)))), people, name
    )


def counted_letters(
    context: PageContext, programme: ProgrammeSettings, wanted: WantedLetters
) -> dict[str, tuple[int, int]]:
    """Return the letters that there are by institution, in the order of the alphabet: how many, about how many."""
    require_some_angkatan([programme], wanted.angkatan or None)
    homes, places = homes_of(programme), None
    with context.database.reading() as connection:
        if wanted.place:
            _institutions, known = searches.found_origins(connection, programme.id, Search(homes=homes))
            places = [each for each in known if name_form(each) == name_form(wanted.place)]
        angkatan = [each for each in programme.angkatan_by_id if wanted.angkatan in ("", each)]
        rows = institutions.called_up(connection, programme.id, angkatan, homes, places)
    found = sorted(rows, key=by_alphabet)
    return {row["institution"] or NO_INSTITUTION: (row["letters"], row["people"]) for row in found}


def _letters(context: PageContext, programme: ProgrammeSettings, asked: LetterRequest) -> dict[str, list[Letter]]:
    """Return letters as they are asked for, to one institution or to all; only whose people they are about is read."""
    with context.database.reading() as connection:
        spelt = None
        if asked.institution is not None:
            known, _places = searches.found_origins(connection, programme.id, Search())
            wanted = name_form(asked.institution)
            spelt = [each for each in ("", *known) if name_form(each or NO_INSTITUTION) == wanted]
        rows = listings.roster_rows(connection, [programme.id], asked.angkatan, institutions=spelt)
    return compose_letters(context.settings, programme, rows, asked)
