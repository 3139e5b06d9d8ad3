"""The page of documents: what is missing to enter, by whom and kind; recording one, revoking one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response

from latsar_sync.actions.clearances import record_document, revoke_document
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import check_nip
from latsar_sync.files.clearances import NewClearance, kinds_of
from latsar_sync.rules.deciding import CLEARANCE_CODES
from latsar_sync.rules.merged_accounts import papers_of_both
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes import actions
from latsar_sync.shapes.clearance_matrix import Matrix, PersonPapers, matrix
from latsar_sync.shapes.funnel import Funnel, funnels, group_of, groups_of
from latsar_sync.store import clearances, listings, merged_accounts, searches
from latsar_sync.store.search_conditions import Search
from latsar_sync.web import words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    AngkatanParameter,
    Context,
    Field,
    Number,
    Page,
    PageNumber,
    Programme,
    ProgrammeToActOn,
    Reader,
    SentForm,
    dates_of_document,
    part_of,
)

SHOWN = 200
"""Documents on a page, the newest first."""
OF_AN_ANGKATAN = 500
"""People of an angkatan on the page; the rest is counted."""
NARROWED: Mapping[str, Callable[[PersonPapers], bool]] = {
    "missing": lambda each: not each.is_complete,
    "soon": lambda each: each.ends_soon,
}
"""Whom of an angkatan the page may show alone."""

router = APIRouter()


@router.get("/programmes/{name}/clearances")
def show_clearances(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    state: Annotated[str, Query(max_length=20)] = "",
    angkatan: AngkatanParameter = "",
    only: Annotated[str, Query(max_length=20)] = "",
    number: PageNumber = 1,
) -> Response:
    """Show what is missing: by angkatan, person and kind; and what is on record."""
    zone, today = context.settings.zone, context.settings.today(context.clock(), programme.id)
    with context.database.reading() as connection:
        part = part_of(number, clearances.count_clearances(connection, programme.id, state, today), SHOWN)
        rows, total = clearances.part_of_clearances(
            connection, programme.id, state, today, part.offset, SHOWN, newest_first=True
        )
        standing = searches.standing(connection, programme.id)
        listed: list[dict[str, Any]] = [dict(actions.clearance_json(row, today, zone)) for row in rows]
        ids = [each["participant_id"] for each in listed if each["participant_id"]]
        people = {row["participant_id"]: row for row in searches.people_of(connection, programme.id, ids)}
    papers, choices, chosen, more = _matrix(context, programme, standing, angkatan)
    missing = {code: sum(row["people"] for row in standing if f" {code} " in row["codes"]) for code in CLEARANCE_CODES}
    if seen := people.keys() | {each.row["participant_id"] for each in papers.people}:
        context.note(account, "clearances", programme.id, len(seen))
    return page.show(
        "clearances.html",
        account,
        programme=programme,
        documents=listed,
        total=total,
        part=part,
        people=people,
        missing={code: number for code, number in missing.items() if number},
        kinds={kind: words.clearance(kind) for kind in kinds_of(programme)},
        required=[*programme.clearances.of_participant, *programme.clearances.of_angkatan],
        state=state,
        papers=papers,
        narrowed=[each for each in papers.people if NARROWED.get(only, bool)(each)],
        choices=words.counted_angkatan(choices),
        homes={each.id: each.id for each in programme.angkatan},
        chosen=chosen,
        only=only,
        more=more,
        may_act=account.may_act(programme.id),
    )


@router.post("/programmes/{name}/clearances")
def add(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    kind: Field = "",
    nip: Annotated[str, Form(max_length=40)] = "",
    angkatan: Field = "",
    number: Field = "",
    issuer: Field = "",
    issued: Field = "",
    valid_until: Field = "",
) -> Response:
    """Record a checked document of one participant, or of a whole angkatan."""
    if bool(nip.strip()) == bool(angkatan):
        raise UsageError(_("A document is of one participant or of a whole angkatan."), _("Give a NIP or an angkatan."))
    who = _participant(context, programme.id, nip) if nip.strip() else None
    texts = named(_("Number"), number), named(_("Issued by"), issuer)
    document = NewClearance(who, angkatan or None, kind, *texts, *dates_of_document(issued, valid_until))
    record_document(context.settings, context.database, context.clock, programme.id, document, account.name, sent)
    context.note(account, "clearance add", programme.id, 1 if who else 0, who)
    return page.go_back_to(_address(programme.id), context.effect_of_document(programme.id, document))


@router.post("/programmes/{name}/clearances/{number}/revoke")
def revoke(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    number: Number,
    why: Field = "",
) -> Response:
    """Revoke a document; from the next run on it counts no more."""
    reason = named(_("Reason"), why)
    revoke_document(context.database, context.clock, programme.id, number, reason, account.name, sent)
    context.note(account, "clearance revoke", programme.id)
    said = context.takes_effect(programme.id, _("Recorded. The next run acts on it."))
    return page.go_back_to(_address(programme.id), said)


def _matrix(
    context: PageContext, programme: ProgrammeSettings, standing: Sequence[listings.Row], asked: str
) -> tuple[Matrix, list[Funnel], str, int]:
    """Return the documents of one angkatan, all angkatan with people, which one it is, and how many are not shown."""
    choices = funnels(programme, standing)[1]
    chosen = next((each.angkatan for each in choices if each.angkatan == asked), None) or choices[0].angkatan or ""
    configured = programme.angkatan_by_id.get(chosen)
    search = Search(
        angkatan=chosen, group=group_of(programme, chosen) if configured else "", groups=groups_of(programme)
    )
    required = programme.clearances.of_participant
    with context.database.reading() as connection:
        rows, total = searches.find_people(connection, programme.id, search, 0, OF_AN_ANGKATAN) if required else ([], 0)
        people = {row["participant_id"] for row in rows}
        merges = [each for each in merged_accounts.merges(connection, programme.id) if each.into in people]
        recorded = clearances.load_clearances(connection, programme.id, [*people, *(each.account for each in merges)])
        recorded = papers_of_both(recorded, merges)
    found = matrix(programme, configured, rows, recorded, context.settings.today(context.clock(), programme.id))
    return found, choices, chosen, total - len(rows)


def _participant(context: PageContext, programme: str, nip: str) -> str:
    """Return the one participant with a NIP, written whole. Raise UsageError if there is none, or more than one."""
    number = check_nip(nip, context.settings.today(context.clock(), programme)).nip
    with context.database.reading() as connection:
        owners = searches.owners_of(connection, programme, [number] if number else [])
    found = owners.get(number or "", ())
    if len(found) != 1:
        raise UsageError(_("Exactly one participant must have this NIP."), _("Give all 18 digits."))
    return found[0]


def _address(programme: str) -> str:
    return f"/programmes/{programme}/clearances"
