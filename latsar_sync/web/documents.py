"""A document of the office as the answer to a request: made, at once or off the request, and a file with its name."""

from fastapi import Response

from latsar_sync import exports
from latsar_sync.domain.account import Account
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.store import counts
from latsar_sync.web.context import PageContext
from latsar_sync.web.long_work import Waiting

MEDIA_TYPES = {
    exports.Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    exports.Form.PDF: "application/pdf",
}


def made_document(
    context: PageContext,
    account: Account,
    programme: ProgrammeSettings,
    paper: exports.Paper,
    form: exports.Form,
    angkatan: str,
    institution: str,
) -> tuple[bytes | Waiting, int]:
    """Return a document, or how far it is where there are many people, and of how many the programme is."""
    name = programme.id
    asked = exports.ExportRequest(paper, account.name, context.clock(), name, angkatan or None, institution or None)
    with context.database.reading() as connection:
        people = counts.people_by_programme(connection, [name])[name]

    def make() -> bytes:
        with context.database.reading() as connection:
            return exports.in_memory(exports.compose(context.settings, connection, asked), form)

    key = f"{account.name} document {name} {paper} {form} {angkatan} {institution}"
    return context.make_long(key, make, people), people


def called(title: str) -> str:
    """Return the title of a document as its file is called."""
    return "-".join(title.lower().split())


def file_answer(content: bytes, form: exports.Form, *parts: str) -> Response:
    """Return a file that is called by its parts, of which only letters, digits and dashes are kept."""
    title = "-".join(part for part in parts if part)
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter == "-") else "_" for letter in title)
    disposition = f'attachment; filename="{safe}.{form}"'
    return Response(content, media_type=MEDIA_TYPES[form], headers={"Content-Disposition": disposition})
