"""The pages of certificates: handed in, looked at beside their person and their text, taken over or refused."""

from base64 import b64encode

from fastapi import APIRouter, HTTPException, Response, UploadFile

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.certificates import (
    Facts,
    Proposal,
    confirm_certificate,
    of_certificate,
    propose,
)
from latsar_sync.actions.received_certificates import add_certificate, documents_in
from latsar_sync.actions.rejecting_certificates import REJECTIONS, reject_certificate
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted, in_use, translate
from latsar_sync.domain.spelling import names_differ
from latsar_sync.files.reading_pdf import Unprinted, pictures_of
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.certificates import certificate_json
from latsar_sync.store import certificates, scores_of_files, searches
from latsar_sync.store.certificates import CertificateState
from latsar_sync.web import check_your_answer
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    Context,
    Field,
    Number,
    Page,
    PageNumber,
    Programme,
    ProgrammeToActOn,
    Reader,
    SentForm,
    certificate_of,
    part_of,
)
from latsar_sync.web.uploads import CERTIFICATES, sent_file

PAGES_SHOWN = 3
SHOWN = 200
"""Decided certificates on a page, the newest first."""

router = APIRouter()


@router.get("/programmes/{name}/certificates")
def show_certificates(
    context: Context, page: Page, account: Reader, programme: Programme, number: PageNumber = 1
) -> Response:
    """Show the certificates that wait for somebody to look at them, and what became of the others."""
    zone = context.settings.zone
    with context.database.reading() as connection:
        rows = [certificate_json(row, zone) for row in certificates.listed(connection, programme.id)]
    waiting = [row for row in rows if row["state"] == CertificateState.PROPOSED]
    decided = [row for row in reversed(rows) if row["state"] != CertificateState.PROPOSED]
    part = part_of(number, len(decided), SHOWN)
    decided = decided[part.offset : part.offset + SHOWN]
    if rows:
        context.note(account, "certificates", programme.id, len(waiting) + len(decided))
    return page.show(
        "certificates.html",
        account,
        programme=programme,
        waiting=waiting,
        decided=decided,
        part=part,
        reasons=_reasons(),
        may_act=account.may_act(programme.id),
    )


@router.post("/programmes/{name}/certificates")
def hand_in(
    context: Context, page: Page, account: Reader, programme: ProgrammeToActOn, sent: SentForm, file: UploadFile
) -> Response:
    """Read a PDF, or a ZIP of many, and match each to its person; nothing counts by that."""
    file_name, content = sent_file(file, CERTIFICATES)
    if not file.filename:
        raise UsageError(_("No file was chosen."), _("Choose a PDF, or a ZIP of PDFs."))
    documents = documents_in(file_name, content)
    if not documents:
        raise UsageError(_("No PDF stands in the ZIP."), _("Save each certificate as PDF."))
    with context.once(account, sent):
        added = [
            add_certificate(context.settings, context.database, programme, name, part, account.name, context.clock)
            for name, part in documents
        ]
    context.note(account, "certificate add", programme.id, len(added))
    new = sum(is_new for _number, is_new in added)
    if len(added) == 1 and new:
        return page.go_to(f"{_address(programme)}/{added[0][0]}")
    said = counted("{number} certificate was taken in", "{number} certificates were taken in", new).format(number=new)
    known = len(added) - new
    if known:
        text = counted("{number} was known already", "{number} were known already", known)
        said += ", " + text.format(number=known)
    return page.go_to(_address(programme), f"{said}.")


@router.get("/programmes/{name}/certificates/{number}")
def show_certificate(context: Context, page: Page, account: Reader, programme: Programme, number: Number) -> Response:
    """Show a certificate beside what was read in it and whom it was matched to."""
    with context.database.reading() as connection:
        found = certificate_of(context, programme, number)
        who = found["participant_id"]
        standing = scores_of_files.scores_of_one(connection, programme.id, who) if who else None
        shown = fingerprint(of_certificate(found, standing))
        people = searches.people_of(connection, programme.id, [who]) if who else []
        [row] = [each for each in certificates.listed(connection, programme.id) if each["id"] == number]
    pictures: list[str] = []
    problem, total = "", 0
    if found["content"] is not None:
        try:
            drawn, total = pictures_of(found["content"], PAGES_SHOWN)
            pictures = [f"data:image/jpeg;base64,{b64encode(each).decode()}" for each in drawn]
        except Unprinted as error:
            problem = translate(str(error), in_use())
    context.note(account, "certificate", programme.id, 1, who)
    return page.show(
        "certificate.html",
        account,
        programme=programme,
        each=certificate_json(row, context.settings.zone),
        person=people[0] if people else None,
        standing=standing,
        seen=shown,
        pictures=pictures,
        more=max(0, total - len(pictures)),
        problem=problem,
        other_name=names_differ(found["facts"].get("name", ""), people[0]["name"] if people else ""),
        reasons=_reasons(),
        may_act=account.may_act(programme.id),
    )


@router.get("/programmes/{name}/certificates/{number}/document")
def document(context: Context, account: Reader, programme: Programme, number: Number) -> Response:
    """Return the document itself, to be kept or opened with another program."""
    found = certificate_of(context, programme, number)
    if found["content"] is None:
        raise HTTPException(404)
    context.note(account, "certificate document", programme.id, 1, found["participant_id"])
    name = f'attachment; filename="sertifikat-{number}.pdf"'
    return Response(found["content"], media_type="application/pdf", headers={"Content-Disposition": name})


@router.post("/programmes/{name}/certificates/{number}/confirm")
def confirm(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    number: Number,
    nip: Field = "",
    score: Field = "",
    date: Field = "",
    certificate: Field = "",
) -> Response:
    """Take over what a certificate says, after a second look at whom it is about."""
    found = certificate_of(context, programme, number)
    facts = Facts(nip.strip(), score.strip(), date.strip(), certificate.strip())

    def do(as_sent: Sent) -> int:
        return confirm_certificate(
            context.settings, context.database, number, facts, account.name, context.clock, as_sent
        )

    if not form.checked:
        form.require_takeable(Sent(), do)  # it is about whom the NIP names that was typed, as the check shows them
        with context.database.reading() as connection:
            taken = propose(connection, context.settings, programme, found, facts, context.clock())
            standing = scores_of_files.scores_of_one(connection, programme.id, taken.person.participant.id)
            shown = fingerprint(of_certificate(found, standing))
            people = searches.people_of(connection, programme.id, [taken.person.participant.id])
        warnings = [_("The document is destroyed by that; what it says is kept.")]
        if taken.names_another:
            warnings.insert(0, _("The document names somebody else: look at both."))
        context.note(account, "people", programme.id, len(people))
        whom = [check_your_answer.People(_("Whose it is"), people, len(people))]
        return form.show_check(
            page,
            account,
            Sent(shown, sent.key),
            _("Take over this certificate?"),
            _lines(context, taken, programme, found),
            _("Take it over"),
            whom,
            " ".join(warnings),
        )
    import_id = do(sent)
    context.note(account, "certificate confirm", programme.id, 1)
    said = _("Taken over. The next run judges by it.")
    if programme.certificates.second_person:
        said = _("Taken over as import {number}; it waits for another account, on the page of imports.")
    return page.go_to(_address(programme), context.takes_effect(programme.id, said.format(number=import_id)))


@router.post("/programmes/{name}/certificates/{number}/reject")
def reject(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    number: Number,
    reason: Field = "",
) -> Response:
    """Refuse a certificate for one of the reasons; its document is destroyed. One that was taken over is taken back."""
    certificate_of(context, programme, number)
    import_id = reject_certificate(
        context.settings, context.database, number, reason, account.name, context.clock, sent
    )
    context.note(account, "certificate reject", programme.id)
    said = _("Refused; its document is destroyed.")
    if import_id is not None:
        said = _("Taken back. The next run judges by it.")
        if programme.certificates.second_person:
            said = _(
                "Taken back by import {number}, which waits for another account; the certificate counts until then."
            )
        said = context.takes_effect(programme.id, said.format(number=import_id))
    return page.go_to(_address(programme), said)


def _lines(
    context: PageContext, taken: Proposal, programme: ProgrammeSettings, found: certificates.Row
) -> list[tuple[str, str]]:
    zone = context.settings.zone_of(programme)
    lines = [(_("Name in the document"), found["facts"].get("name") or _("not read"))]
    lines += [(_("Score"), figures.number(taken.score))]
    lines += [(_("Date"), figures.long_day(taken.at.astimezone(zone).date()))] if taken.at else []
    return [*lines, (_("Number"), taken.number or "–")]


def _reasons() -> dict[str, str]:
    return {code: translate(text, in_use()) for code, text in REJECTIONS.items()}


def _address(programme: ProgrammeSettings) -> str:
    return f"/programmes/{programme.id}/certificates"
