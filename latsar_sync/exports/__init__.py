"""Documents for offices, as sheets and on paper: ``compose`` says what stands in one, ``write`` puts it into a file.

The command line calls both, and so may a page: neither asks the clock or who is logged in.
"""

from latsar_sync.exports.composing import (
    MOST_FOUND,
    TITLES,
    ExportRequest,
    Paper,
    compose,
    compose_found,
    compose_moved,
    in_memory,
    write,
)
from latsar_sync.exports.document import Document, Form
from latsar_sync.exports.files import write_file

__all__ = [
    "MOST_FOUND",
    "TITLES",
    "Document",
    "ExportRequest",
    "Form",
    "Paper",
    "compose",
    "compose_found",
    "compose_moved",
    "in_memory",
    "write",
    "write_file",
]
