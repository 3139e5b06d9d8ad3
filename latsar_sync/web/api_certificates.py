"""Certificates as evidence by the API: handed in, looked at, taken over or refused, as on their pages."""

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Response, UploadFile
from pydantic import Field

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.certificates import Facts, confirm_certificate, of_certificate, propose
from latsar_sync.actions.received_certificates import add_certificate, documents_in
from latsar_sync.actions.rejecting_certificates import REJECTIONS, reject_certificate
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.certificates import (
    CertificateShape,
    ConfirmedCertificateShape,
    ProposalShape,
    RefusedCertificateShape,
    certificate_json,
    proposal_json,
)
from latsar_sync.shapes.decided import FingerprintShape
from latsar_sync.store import certificates, scores_of_files
from latsar_sync.store.certificates import CertificateState
from latsar_sync.web.api import VIA, Caller, Id, Key
from latsar_sync.web.api_actions import Body, IfMatch, Number, ToActOn
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, certificate_of
from latsar_sync.web.idempotency import OnceRoute
from latsar_sync.web.uploads import CERTIFICATES, sent_file

Fact = Annotated[str, Field(max_length=100)]

router = APIRouter(route_class=OnceRoute)


class FactsBody(Body):
    """What a person takes over of a certificate; null: as it was read."""

    nip: Fact | None = None
    score: Fact | None = None
    date: Fact | None = None
    number: Fact | None = None

    @property
    def facts(self) -> Facts:
        """The facts."""
        return Facts(self.nip, self.score, self.date, self.number)


class RefusalBody(Body):
    """Why a certificate is refused."""

    reason: Literal[tuple(REJECTIONS)]  # type: ignore[valid-type]  # told one by one, for the API's description


@router.get("/programmes/{programme}/certificates", responses=LISTED)
def list_certificates(
    context: Context,
    account: Caller,
    programme: Id,
    part: Listed,
    state: Annotated[CertificateState | None, Query(description="Only those.")] = None,
) -> list[CertificateShape]:
    """List the certificates of a programme, oldest first, with what was read in each and whom it was matched to."""
    context.programme(account, programme)
    with context.database.reading() as connection:
        rows = part.of(certificates.listed(connection, programme, state))
    context.note(account, "certificates", programme, len(rows), via=VIA)
    return [certificate_json(row, context.settings.zone) for row in rows]


@router.post("/programmes/{programme}/certificates", status_code=201)
def hand_in(
    context: Context, account: Caller, wanted: ToActOn, file: UploadFile, _key: Key = None
) -> list[CertificateShape]:
    """Hand in a PDF, or a ZIP of many; each is matched to its person, and nothing counts by that."""
    documents = documents_in(*sent_file(file, CERTIFICATES))
    if not documents:
        raise UsageError(_("No PDF stands in the ZIP."), _("Save each certificate as PDF."))
    numbers = {
        add_certificate(context.settings, context.database, wanted, name, content, account.name, context.clock)[0]
        for name, content in documents
    }
    context.note(account, "certificate add", wanted.id, len(numbers), via=VIA)
    return [each for each in _shapes(context, wanted) if each["id"] in numbers]


@router.get("/programmes/{programme}/certificates/{number}")
def show_certificate(context: Context, account: Caller, programme: Id, number: Number) -> CertificateShape:
    """Show one certificate, with what was read in it."""
    found = certificate_of(context, context.programme(account, programme), number)
    context.note(account, "certificate", programme, 1, found["participant_id"], VIA)
    return next(each for each in _shapes(context, context.programme(account, programme)) if each["id"] == number)


@router.get(
    "/programmes/{programme}/certificates/{number}/document",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}},
)
def document(context: Context, account: Caller, programme: Id, number: Number) -> Response:
    """Return the document itself; it is destroyed when a person has decided."""
    found = certificate_of(context, context.programme(account, programme), number)
    if found["content"] is None:
        raise HTTPException(404)
    context.note(account, "certificate document", programme, 1, found["participant_id"], VIA)
    name = f'attachment; filename="sertifikat-{number}.pdf"'
    return Response(found["content"], media_type="application/pdf", headers={"Content-Disposition": name})


@router.post("/programmes/{programme}/certificates/{number}/proposal")
def show_proposal(context: Context, account: Caller, wanted: ToActOn, number: Number, body: FactsBody) -> ProposalShape:
    """Tell what would be taken over, and of whom; ``seen`` is for ``If-Match`` of the confirmation."""
    found = certificate_of(context, wanted, number)
    if found["state"] != CertificateState.PROPOSED:
        raise UsageError(_("Certificate {number} was decided already.").format(number=number))
    with context.database.reading() as connection:
        taken = propose(connection, context.settings, wanted, found, body.facts, context.clock())
        who = taken.person.participant.id
        standing = scores_of_files.scores_of_one(connection, wanted.id, who)
    context.note(account, "certificate", wanted.id, 1, who, VIA)
    return proposal_json(taken, number, fingerprint(of_certificate(found, standing)), context.settings.zone)


@router.post("/programmes/{programme}/certificates/{number}/confirmation", status_code=201)
def confirm(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    number: Number,
    body: FactsBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> ConfirmedCertificateShape:
    """Take over what a certificate says, having looked at it; the score then waits for another account."""
    certificate_of(context, wanted, number)
    import_id = confirm_certificate(
        context.settings,
        context.database,
        number,
        body.facts,
        account.name,
        context.clock,
        Sent(if_match, token_of=account.by_token_of),
    )
    context.note(account, "certificate confirm", wanted.id, 1, via=VIA)
    return {"certificate": number, "import_id": import_id}


@router.get("/programmes/{programme}/certificates/{number}/seen")
def what_stands_of_a_certificate(context: Context, account: Caller, programme: Id, number: Number) -> FingerprintShape:
    """Tell what stands of a certificate now, for ``If-Match`` of refusing it."""
    found = certificate_of(context, context.programme(account, programme), number)
    return {"seen": fingerprint(of_certificate(found, None))}


@router.post("/programmes/{programme}/certificates/{number}/refusal", status_code=201)
def refuse(
    context: Context,
    account: Caller,
    wanted: ToActOn,
    number: Number,
    body: RefusalBody,
    _key: Key = None,
    if_match: IfMatch = None,
) -> RefusedCertificateShape:
    """Refuse a certificate; its document is destroyed. One that was taken over is taken back by an import.

    ``If-Match`` is what ``…/seen`` of the certificate said.
    """
    certificate_of(context, wanted, number)
    import_id = reject_certificate(
        context.settings,
        context.database,
        number,
        body.reason,
        account.name,
        context.clock,
        Sent(if_match, token_of=account.by_token_of),
    )
    context.note(account, "certificate reject", wanted.id, via=VIA)
    return {"certificate": number, "reason": body.reason, "import_id": import_id}


def _shapes(context: PageContext, programme: ProgrammeSettings) -> list[CertificateShape]:
    with context.database.reading() as connection:
        rows = certificates.listed(connection, programme.id)
    return [certificate_json(row, context.settings.zone) for row in rows]
