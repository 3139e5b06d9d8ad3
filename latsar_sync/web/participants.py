"""The list of people: who is missing what; searched, filtered, put in order, and left as a file."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Response

from latsar_sync import exports
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.stages import FOLLOW_UP, NEEDS, ON_NO_ROSTER, SEATED, STAGES, UNDER_WAY, UNSEATED
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import Funnel, funnels
from latsar_sync.store import searches
from latsar_sync.web import words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, FormToken, Page, PageNumber, Programme, Reader
from latsar_sync.web.documents import called, file_answer
from latsar_sync.web.people_filter import SIZES, Asked, ByAddress, ByForm, chips

STATES = (*map(str, Outcome), *map(str, EntryState))

router = APIRouter()


@router.post("/programmes/{name}/people")
def search_people(
    context: Context,
    page: Page,
    programme: Programme,
    _token: FormToken,
    asked: ByForm,
    text: Annotated[str, Form(max_length=255)] = "",
) -> Response:
    """Turn what was typed into an address in which no name and no NIP can be read."""
    query = asked.query(find=context.hide(text.strip()) if text.strip() else "")
    return page.go_to(f"/programmes/{programme.id}/people?{query}")


@router.get("/programmes/{name}/people")
def list_people(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    asked: ByAddress,
    number: PageNumber = 1,
) -> Response:
    """List the people of a programme who were searched for, a page at a time."""
    search = asked.search(context, programme)
    with context.database.reading() as connection:
        search = searches.resolved(connection, programme.id, search)
        standing = searches.standing(connection, programme.id, search)
        total = sum(row["people"] for row in standing)
        last = max(1, -(-total // asked.size))
        if number > last:
            return page.go_to(f"/programmes/{programme.id}/people?{asked.query()}&page={last}")
        first = (number - 1) * asked.size
        ids = searches.find_ids(connection, programme.id, search, first, asked.size, asked.sort)
        rows = {row["participant_id"]: row for row in searches.people_of(connection, programme.id, ids)}
        institutions, locations = searches.found_origins(connection, programme.id, search)
    found = [rows[who] for who in ids if who in rows]
    if found:
        context.note(account, "people", programme.id, len(found))
    whole, parts = funnels(programme, standing)
    options = _options(programme, whole, parts, institutions, locations, asked)
    return page.show(
        "people.html",
        account,
        programme=programme,
        people=found,
        total=total,
        first=first,
        number=number,
        last=last,
        asked=asked,
        sought=search.text,
        options=options,
        labels={
            name: {value: f"{said} ({figures.count(number)})" for value, (said, number) in values.items()}
            for name, values in options.items()
        },
        homes={each.id: each.id for each in programme.angkatan},
        chips=chips(asked, _said(options), search.text),
        sizes=SIZES,
        may_act=account.may_act(programme.id),
    )


@router.get("/programmes/{name}/people.{form}")
def export_people(
    context: Context, account: Reader, programme: Programme, asked: ByAddress, form: exports.Form
) -> Response:
    """Return exactly those who are found as a file, in the order of the page."""
    return _file_of_found(context, account, programme, asked, form, chase=False)


@router.get("/programmes/{name}/chase.{form}")
def chase_found(
    context: Context, account: Reader, programme: Programme, asked: ByAddress, form: exports.Form
) -> Response:
    """Return the chase list of those who are found: who of them lacks what, by institution."""
    return _file_of_found(context, account, programme, asked, form, chase=True)


def _file_of_found(
    context: PageContext, account: Account, programme: ProgrammeSettings, asked: Asked, form: exports.Form, chase: bool
) -> Response:
    search = asked.search(context, programme)
    with context.database.reading() as connection:
        ids = searches.find_ids(connection, programme.id, search, 0, exports.MOST_FOUND + 1, asked.sort)
    if len(ids) > exports.MOST_FOUND:
        raise UsageError(
            _("More than {most} people are found.").format(most=figures.count(exports.MOST_FOUND)),
            _("Narrow the search, for example to one angkatan or institution."),
        )
    context.note(account, f"export {'chase' if chase else 'people'} {form}", programme.id, len(ids))
    with context.database.reading() as connection:
        document = exports.compose_found(
            context.settings, connection, programme, ids, account.name, context.clock(), chase
        )
        content = exports.in_memory(document, form)
    return file_answer(content, form, called(document.title), programme.id)


def _options(
    programme: ProgrammeSettings,
    whole: Funnel,
    parts: list[Funnel],
    institutions: Mapping[str, int],
    locations: Mapping[str, int],
    asked: Asked,
) -> dict[str, dict[str, tuple[str, int]]]:
    """Return what each filter can be: its values that occur among those found, in words, with how many they are."""
    found: dict[str, dict[str, tuple[str, int]]] = {
        "decision": {each: (words.outcome(each), whole.outcomes[each]) for each in map(str, Outcome)},
        "place": {
            **{each: (words.state(each), whole.states[each]) for each in map(str, EntryState)},
            ON_NO_ROSTER: (_("on no roster"), whole.states[ON_NO_ROSTER]),
            **_by_seat(whole, asked.place),
        },
        "reason": {
            code: (words.label(code), number)
            for code, number in sorted(whole.reasons.items(), key=lambda each: (-each[1], words.label(each[0])))
        },
        "angkatan": {
            name: (said, part.people["enrolled"])
            for part, (name, said) in zip(parts, words.names_of_angkatan(parts).items(), strict=True)
        },
        "institution": {name: (name, number) for name, number in institutions.items()},
        "location": {name: (name, number) for name, number in locations.items()},
        "stage": {stage: (_(text), whole.people[stage]) for stage, text in STAGES.items() if asked.stage == stage},
        "need": {code: (_(need.label), whole.needs[code]) for code, need in NEEDS.items() if asked.need == code},
    }
    return {
        name: {value: each for value, each in values.items() if each[1] or getattr(asked, name) == value}
        for name, values in found.items()
    }


def _by_seat(whole: Funnel, place: str) -> dict[str, tuple[str, int]]:
    """Return the choice of people with or without a seat, where that is asked for (by a link of another page)."""
    without = whole.people["enrolled"] - whole.seats
    said = {
        SEATED: (_("has a seat"), whole.seats),
        UNSEATED: (_("has no seat"), without),
        UNDER_WAY: (_("on the way to the course"), whole.states["planned"] + whole.states["pushed"]),
        FOLLOW_UP: (_("needs follow-up"), whole.review),
    }
    return {place: said[place]} if place in said else {}


def _said(options: Mapping[str, Mapping[str, tuple[str, int]]]) -> dict[str, dict[str, str]]:
    """Return the words of each filter's values."""
    told = {name: {value: text for value, (text, _number) in values.items()} for name, values in options.items()}
    either: dict[str, str] = {each: words.outcome(each) for each in Outcome}
    return {**told, "state": either | {each: words.state(each) for each in EntryState}}
