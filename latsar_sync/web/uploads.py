"""A file that came with a form or a call of the API: its name and content, bounded, and not looked into."""

from fastapi import UploadFile

from latsar_sync.files.opening import MAX_BYTES
from latsar_sync.files.receiving import require_bounded


def sent_file(file: UploadFile) -> tuple[str, bytes]:
    """Return name and content, empty where no file was chosen; raise UsageError if it is larger than any list."""
    name, content = file.filename or "file", file.file.read(MAX_BYTES + 1)
    require_bounded(len(content), name)
    return name, content
