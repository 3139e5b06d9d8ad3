"""What becomes of an error that nothing expected: named by its kind, for whoever can do something about it.

Its own text may hold a value, a statement or an answer, so it is not said.
"""

import re
from pathlib import Path
from traceback import extract_tb

from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)

from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.system_errors import reason_of, told_by_database
from latsar_sync.store.database_errors import is_full, remedy_of_damage, says_only_reading


class ProgramFault(LatsarError):
    """Something broke that is no fault of site, settings or person; ``passes`` says that it may be gone by itself.

    ``reason`` is what the database says, empty where it is none of it.
    """

    committee_reads = mark("Something in the service is broken.")

    def __init__(self, message: str, remedy: str = "", passes: bool = False, reason: str = "") -> None:
        super().__init__(message, remedy)
        self.passes = passes
        self.reason = reason


def fault_of(error: BaseException) -> LatsarError:
    """Return an error as one that a person may read: our own as it is, one of the database by what to do about it.

    The error itself is its ``__cause__``, for a log.
    """
    if isinstance(error, LatsarError):
        return error
    fault = _named(error)
    fault.__cause__ = error
    return fault


def _named(error: BaseException) -> ProgramFault:
    if isinstance(error, SQLAlchemyError):
        return _of_the_database(error)
    if isinstance(error, MemoryError):
        return ProgramFault(
            _("There is not enough memory."), _("Give the service more, or run fewer programmes at once.")
        )
    frames = [frame for frame in extract_tb(error.__traceback__) if "latsar_sync" in frame.filename]
    place = f", {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    fault = type(error).__name__ + place
    if isinstance(error, OSError) and error.strerror:
        return ProgramFault(
            _("The operating system refused ({fault}): {reason}.").format(fault=fault, reason=reason_of(error)),
            _("Check rights and disk space where this runs, the folder for temporary files included."),
            passes=True,
        )
    return ProgramFault(
        _("A fault of the program ({fault}).").format(fault=fault),
        _("Please report it with this line; nothing else is touched by it."),
    )


def first_line(error: SQLAlchemyError) -> str:
    """Return what the database or its driver says, without the statement and without values."""
    said = str(getattr(error, "orig", None) or "").strip()
    line = said.splitlines()[0] if said else type(error).__name__
    line = "".join(sign if sign.isprintable() else " " for sign in line)
    return re.sub(r"""=\(.*\)|: "[^"]*"|\d{5,}""", "…", line)[:200]


def _of_the_database(error: SQLAlchemyError) -> ProgramFault:
    reason = first_line(error)
    message = _("The database refused: {reason}.").format(reason=told_by_database(reason).rstrip("."))
    if isinstance(error, DataError | IntegrityError | ProgrammingError):
        return ProgramFault(
            message, _("That is a fault of the program: please report it with this line."), reason=reason
        )
    damage = remedy_of_damage(error)
    if damage is not None:
        return ProgramFault(message, damage, reason=reason)
    passes = isinstance(error, OperationalError | InterfaceError)
    if isinstance(error, DatabaseError) and says_only_reading(error):
        remedy = _("Run the command where this account may write, and the disk may be written to.")
        return ProgramFault(message, remedy, passes, reason)
    if is_full(error):
        return ProgramFault(message, _("Free space on the disk of the database, then do it again."), passes, reason)
    if reason == "database is locked":
        message = _("Another program holds the database and has not let go of it in half a minute.")
        remedy = _("Wait until it has ended, or close what has the file open: a viewer, a copy. Then do it again.")
        return ProgramFault(message, remedy, passes, reason)
    return ProgramFault(message, _("Check that it runs, its disk space, its rights and who locks it."), passes, reason)
