"""A file that came with a form or a call of the API: its name and content, bounded, and not looked into."""

import re

from fastapi import UploadFile

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, mark
from latsar_sync.files.opening import MAX_BYTES

SENT_TO = re.compile(r"(?:/api/v1)?/programmes/[^/]+/(imports|files|certificates)")
"""The addresses to which files are sent, which are larger than any form."""
TABLES = mark("Keep only the table with the participants.")
CERTIFICATES = mark("Send the certificates in several ZIPs.")
"""What helps where a file is too large."""
REMEDIES = {"imports": TABLES, "files": TABLES, "certificates": CERTIFICATES}


def sent_file(file: UploadFile, remedy: str) -> tuple[str, bytes]:
    """Return name and content, empty where no file was chosen; raise UsageError with ``remedy`` if it is too large."""
    name, content = file.filename or "file", file.file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise UsageError(
            _("{file} was not taken: {reason}.").format(
                file=name, reason=_("it is larger than {limit} MB").format(limit=MAX_BYTES // 1_000_000)
            ),
            _(remedy),
        )
    return name, content
