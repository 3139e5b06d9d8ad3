"""Why the operating system or SQLite refuses something, in the reader's language: their words are English. Pure."""

from latsar_sync.domain.language import _, mark

KNOWN = (
    mark("Address already in use"),
    mark("Bad file descriptor"),
    mark("Broken pipe"),
    mark("Cannot assign requested address"),
    mark("Connection refused"),
    mark("Connection reset by peer"),
    mark("Connection timed out"),
    mark("Disk quota exceeded"),
    mark("File exists"),
    mark("File name too long"),
    mark("File too large"),
    mark("Input/output error"),
    mark("Is a directory"),
    mark("Name or service not known"),
    mark("Network is unreachable"),
    mark("No route to host"),
    mark("No space left on device"),
    mark("No such file or directory"),
    mark("Not a directory"),
    mark("Operation not permitted"),
    mark("Permission denied"),
    mark("Read-only file system"),
    mark("Temporary failure in name resolution"),
    mark("Too many levels of symbolic links"),
    mark("Too many open files"),
)
"""The reasons that people meet, as Linux says them; others stay as they are said."""


KNOWN_OF_SQLITE = (
    mark("attempt to write a readonly database"),
    mark("database disk image is malformed"),
    mark("database is locked"),
    mark("database or disk is full"),
    mark("disk I/O error"),
    mark("file is not a database"),
    mark("unable to open database file"),
)


def told_by_database(said: str) -> str:
    """Return the first line of what a database said; a server speaks the language that it was set to."""
    line = said.strip().partition("\n")[0].rstrip()
    return _(line) if line in KNOWN_OF_SQLITE else line


def reason_of(error: OSError) -> str:
    """Return why the operating system refused, without a path or an address."""
    if error.strerror is None and isinstance(error, TimeoutError):
        return _("Connection timed out")
    return _(error.strerror) if error.strerror in KNOWN else str(error.strerror or type(error).__name__)
