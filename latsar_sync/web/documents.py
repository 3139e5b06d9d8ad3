"""A document of the office as the answer to a request: a file with its name and kind."""

from fastapi import Response

from latsar_sync import exports

MEDIA_TYPES = {
    exports.Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    exports.Form.PDF: "application/pdf",
}


def file_answer(content: bytes, form: exports.Form, *parts: str) -> Response:
    """Return a file that is called by its parts, of which only letters, digits and dashes are kept."""
    title = "-".join(part for part in parts if part)
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter == "-") else "_" for letter in title)
    disposition = f'attachment; filename="{safe}.{form}"'
    return Response(content, media_type=MEDIA_TYPES[form], headers={"Content-Disposition": disposition})
