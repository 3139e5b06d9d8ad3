"""Documents of the office by the API, as files: lists, letters, and what goes back to whoever sent something wrong."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query, Response
from fastapi.responses import JSONResponse

from latsar_sync import exports
from latsar_sync.domain.language import _
from latsar_sync.exports.one_letter import LetterKind
from latsar_sync.exports.rejected_lines import rejected_lines
from latsar_sync.files import looking_at_received
from latsar_sync.settings.for_the_rules import require_angkatan
from latsar_sync.shapes.letters import LetterShape
from latsar_sync.web.api import VIA, Caller, Id, OfAngkatan
from latsar_sync.web.api_actions import Number, ToActOn
from latsar_sync.web.api_pages import LISTED, Listed
from latsar_sync.web.dependencies import Context, received_file_of
from latsar_sync.web.documents import MEDIA_TYPES, called, file_answer, made_document
from latsar_sync.web.idempotency import OnceRoute
from latsar_sync.web.letters import ZIP, WantedLetters, counted_letters, made_letters
from latsar_sync.web.long_work import Waiting
from latsar_sync.web.rosters import accounts_to_upload
from latsar_sync.web.templating import LOOKS_AGAIN_SECONDS

Institution = Annotated[str, Query(max_length=255, description="The institution that sends people, as listed.")]
Place = Annotated[str, Query(max_length=255, description="The place at which they come together.")]
OfLetters = Annotated[str, Query(max_length=255, description="The number of the letters.")]
Dated = Annotated[str, Query(max_length=40, description="The date of the letters.")]
Kind = Annotated[LetterKind, Path(description="What the letters are.")]
Paper = Annotated[exports.Paper, Path(description="Which document.")]
Form = Annotated[exports.Form, Path(description="As a sheet, or on paper.")]

router = APIRouter(route_class=OnceRoute)


def _files(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Return what the description of a call says of the files that it answers with."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    waits = {"application/json": {"schema": {"type": "object", "required": ["before"]}}}
    header = {"Retry-After": {"description": "Seconds until it is worth asking again.", "schema": {"type": "integer"}}}
    return {
        200: {"description": "The file; its name stands in ``Content-Disposition``.", "content": content},
        202: {
            "description": "It is being made, after as many others as ``before`` says: ask the same again.",
            "content": waits,
            "headers": header,
        },
    }


@router.get(
    "/programmes/{programme}/documents/{paper}.{form}", response_class=Response, responses=_files(*MEDIA_TYPES.values())
)
def document(
    context: Context,
    account: Caller,
    programme: Id,
    paper: Paper,
    form: Form,
    angkatan: OfAngkatan = "",
    institution: Institution = "",
) -> Response:
    """Return a document of the office as a file; of many people it is made off the call (202)."""
    wanted = context.programme(account, programme)
    if angkatan:
        require_angkatan(wanted, angkatan)
    made, people = made_document(context, account, wanted, paper, form, angkatan, institution)
    if isinstance(made, Waiting):
        return _being_made(made)
    context.note(account, f"export {paper} {form}", programme, people, via=VIA)
    return file_answer(made, form, called(_(exports.TITLES[paper])), programme, angkatan)


@router.get("/programmes/{programme}/letters", responses=LISTED)
def list_letters(
    context: Context, account: Caller, programme: Id, part: Listed, angkatan: OfAngkatan = "", place: Place = ""
) -> list[LetterShape]:
    """List to which institutions letters go: how many to each, about how many people."""
    wanted = WantedLetters(LetterKind.CALL_UP, angkatan, place, "", "")
    found = counted_letters(context, context.programme(account, programme), wanted)
    return part.of(
        [{"institution": name, "letters": letters, "people": people} for name, (letters, people) in found.items()]
    )


@router.get("/programmes/{programme}/letters/{kind}.zip", response_class=Response, responses=_files(ZIP))
def letters(
    context: Context,
    account: Caller,
    programme: Id,
    kind: Kind,
    angkatan: OfAngkatan = "",
    place: Place = "",
    number: OfLetters = "",
    dated: Dated = "",
    institution: Institution = "",
) -> Response:
    """Return the letters to one institution as a ZIP, or to all of them: a ZIP that holds one for each (202 at first).

    ``number`` and ``dated`` are those of the letters.
    """
    wanted = WantedLetters(kind, angkatan, place, number.strip(), dated)
    made = made_letters(context, account, context.programme(account, programme), wanted, institution)
    if isinstance(made.content, Waiting):
        return _being_made(made.content)
    context.note(account, f"export letters {kind}", programme, made.people, via=VIA)
    return made.answer()


@router.get(
    "/programmes/{programme}/missing-accounts.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def missing_accounts(context: Context, account: Caller, wanted: ToActOn, angkatan: OfAngkatan) -> Response:
    """Return who of an angkatan has no account on the in-class site, for Moodle's page *Upload users*."""
    one_angkatan = require_angkatan(wanted, angkatan)
    answer, people = accounts_to_upload(context, wanted, one_angkatan.id)
    context.note(account, "export accounts", wanted.id, people, via=VIA)
    return answer


@router.get(
    "/programmes/{programme}/files/{number}/rejected.xlsx",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPES[exports.Form.XLSX]: {"schema": {"type": "string", "format": "binary"}}}}},
)
def rejected(context: Context, account: Caller, programme: Id, number: Number) -> Response:
    """Return the wrong lines of a refused file, with what is wrong in the last column; they are kept for seven days."""
    received_file_of(context, context.programme(account, programme), number)
    found = looking_at_received.refused_lines(context.settings, context.database, number)
    if found is None:
        raise HTTPException(404)
    context.note(account, "file rejected", programme, len(found[1]), via=VIA)
    return file_answer(rejected_lines(*found), exports.Form.XLSX, "baris-salah", programme, str(number))


def _being_made(waiting: Waiting) -> Response:
    return JSONResponse({"before": waiting.before}, 202, {"Retry-After": str(LOOKS_AGAIN_SECONDS)})
