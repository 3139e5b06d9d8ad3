"""The pages of personal data, for administrators: one person's data, erasure, what is due, who looked (rule 16)."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Path, Query, Response

from latsar_sync.actions import erasing
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import number_form
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.shapes.erasing import consequences_json
from latsar_sync.shapes.person_export import dossier_json
from latsar_sync.shapes.person_export_text import dossier_text
from latsar_sync.shapes.retention import retention_in_brief
from latsar_sync.shapes.retention_text import DATA_CLASS_TEXTS, table_text
from latsar_sync.store import access, destruction_reports, erasable_people, erasure, waiting_orders
from latsar_sync.store.erasable_people import FoundPerson
from latsar_sync.web import check_your_answer
from latsar_sync.web.accounts import Administrator
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, FormToken, Page, PageNumber, SentForm, part_of

ACCESSES = 200
"""Lines of the access log on a page, the newest first."""
ParticipantId = Annotated[str, Path(pattern=r"^[0-9a-z]{32}$")]

router = APIRouter()


@router.get("/privacy")
def show_privacy(
    context: Context,
    page: Page,
    account: Administrator,
    programme: Annotated[str, Query(max_length=64)] = "",
    number: PageNumber = 1,
) -> Response:
    """Show what is kept how long and what is due, who was erased, what was destroyed, who looked at whose data."""
    with context.database.reading() as connection:
        of = [programme] if programme else []
        part = part_of(number, access.count_accesses(connection, of), ACCESSES)
        looks = access.recorded_accesses(connection, of, ACCESSES, part.offset)
        erased = erasure.register(connection)
        reports = destruction_reports.find_reports(connection)
        kept = retention_in_brief(connection, context.settings, context.clock())
        waiting = waiting_orders.waiting(connection)
    return page.show(
        "privacy.html",
        account,
        looks=looks,
        part=part,
        erased=erased,
        reports=reports,
        kept=kept,
        waiting=waiting,
        classes=DATA_CLASS_TEXTS,
        chosen=programme,
        programmes={each.id: each.title for each in context.settings.programmes},
    )


@router.post("/privacy/person")
def find_person(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    nip: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Lead to what is held about one person by NIP, in whichever programme they are."""
    with context.database.reading() as connection:
        found = erasable_people.find_people(connection, number_form(nip))
    if not found:
        raise UsageError(_("Nobody with this NIP is known."), _("Type all 18 digits."))
    return page.go_to(f"/privacy/people/{found[0].participant_id}")


@router.get("/privacy/people/{participant_id}")
def show_person(context: Context, page: Page, account: Administrator, participant_id: ParticipantId) -> Response:
    """Show in which programmes one person is held, and what an erasure would destroy and leave."""
    people = _people(context, participant_id)
    _note(context, account, "personal data", people)
    with context.database.reading() as connection:
        shape = consequences_json(connection, context.settings, people)
        ids = {each.participant_id for each in people}
        waiting = [each.by for each in waiting_orders.waiting(connection) if each.what in ids]
        gone = [each for each in people if not each.identity and erasure.register(connection, each.participant_id)]
    return page.show(
        "privacy_person.html",
        account,
        participant_id=participant_id,
        programmes={each.id: each.title for each in context.settings.programmes},
        people=people,
        shape=shape,
        gone=gone,
        waiting=waiting,
        stays=[(table_text(name), number) for name, number in shape["stays"].items() if number],
        person_seen=fingerprint(erasing.seen_of(people)),
    )


@router.get("/privacy/people/{participant_id}/export.{form}")
def export_person(
    context: Context,
    account: Administrator,
    participant_id: ParticipantId,
    form: Annotated[str, Path(pattern="^(txt|json)$")],
) -> Response:
    """Return everything held about one person as a file, to read or for a program."""
    people = _people(context, participant_id)
    _note(context, account, "person export", people)
    with context.database.reading() as connection:
        shape = dossier_json(connection, context.settings, people, account.name, context.clock())
    text = (
        json.dumps(shape, ensure_ascii=False, indent=2)
        if form == "json"
        else dossier_text(shape, context.settings.zone)
    )
    return as_file(text, f"{participant_id}.{form}", "application/json" if form == "json" else "text/plain")


@router.post("/privacy/people/{participant_id}/erase")
def erase_person(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    form: check_your_answer.Form,
    participant_id: ParticipantId,
    reason: Field = "",
) -> Response:
    """Destroy a person's name and NIP for good; checked first, and done after a run that is under way."""
    why = named(_("Reason"), reason)
    with context.database.reading() as connection:
        people = erasing.not_erased(connection, _people(context, participant_id))
        shape = consequences_json(connection, context.settings, people)
    erasing.require_nameless(why, people)
    if not form.checked:
        erasing.require_as_shown(sent, people)
        lines = [(_("Programme"), f"{context.title_of(each.programme)}: {each.name or '–'}") for each in people]
        lines += [(_("Reason"), why), *((_("Mind"), note) for note in shape["notes"])]
        warning = _("The name and the NIP are destroyed for good; it cannot be undone.")
        return form.show_check(page, account, sent, _("Erase this person?"), lines, _("Erase"), warning=warning)
    done = erasing.erase(context.database, context.clock, people, why, account.name, sent)
    _note(context, account, "person erase", people)
    said = _("Erased.") if not done.waiting else _("Recorded. A run is under way: it is done when that has ended.")
    return page.go_to("/privacy", said)


@router.post("/privacy/people/{participant_id}/resume")
def resume_person(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    form: check_your_answer.Form,
    participant_id: ParticipantId,
    reason: Field = "",
) -> Response:
    """Take an erased person in again; checked first, and done after a run that is under way."""
    why = named(_("Reason"), reason)
    with context.database.reading() as connection:
        person = erasing.find_erased(connection, participant_id)
    if not form.checked:
        title = context.title_of(person.programme)
        lines = [(_("Programme"), title), (_("Internal id"), participant_id), (_("Reason"), why)]
        warning = _("The next run over everybody reads, judges and places this person anew.")
        return form.show_check(
            page, account, sent, _("Take this person in again?"), lines, _("Take in"), warning=warning
        )
    done = erasing.resume(context.database, context.clock, context.settings, person, why, account.name, sent)
    _note(context, account, "person resume", [person])
    said = _("Recorded. The next run over everybody collects the person again.")
    if done.waiting:
        said = _("Recorded. A run is under way: it is done when that has ended.")
    return page.go_to("/privacy", said)


def _people(context: PageContext, participant_id: str) -> list[FoundPerson]:
    """Return the records of one person in all programmes, named by one of their internal ids; 404 for nobody."""
    with context.database.reading() as connection:
        found = erasing.everywhere(connection, participant_id)
    if not found:
        raise HTTPException(404)
    return found


def _note(context: PageContext, account: Account, action: str, people: Sequence[FoundPerson]) -> None:
    for each in people:
        context.note(account, action, each.programme, 1, each.participant_id)


def as_file(text: str, name: str, kind: str) -> Response:
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), media_type=f"{kind}; charset=utf-8", headers=headers)
