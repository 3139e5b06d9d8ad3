"""The watched folder: a file that has stayed as it is goes in, and then to ``done/`` or ``rejected/`` with a report.

It is written down in the database before it is moved: killed in between, the next look finds it again by its content.
"""

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.files.office_file import plain_name
from latsar_sync.files.opening import MAX_BYTES
from latsar_sync.files.receiving import GoesOn

DONE, REJECTED = "done", "rejected"
UNFINISHED = (".part", ".partial", ".filepart", ".crdownload", ".tmp", ".swp", "~")
"""Endings of files that another program is still writing, as far as it says so."""
LONGEST_NAME = 230
"""Bytes of the name of a file that was put away: a file system takes 255, and a report lies beside it."""
NOBODYS_LIST = (".", "~$", "thumbs.db", "desktop.ini")
"""Beginnings of what programs lay beside files: Excel while somebody has one open, Windows for each folder."""


class Became(NamedTuple):
    """What became of a file: whether it was taken in, and the report that goes beside it."""

    taken: bool
    report: str


class Looked(NamedTuple):
    """What one look came to: how many files were moved, and what could not be read or moved."""

    moved: int = 0
    problems: tuple[str, ...] = ()


def look(folder: Path, settled: int, take: Callable[[str, bytes], Became]) -> Looked:
    """Take in every file of a folder that is whole: old enough, and not changed while it was read.

    ``take`` is given name and content. Whatever it raises leaves the file where it is; GoesOn is no problem to tell.
    """
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        text = _("The folder {folder} cannot be read: {reason}.").format(folder=folder, reason=reason_of(error))
        return Looked(0, (text,))
    moved, problems = 0, []
    for entry in entries:
        name = entry.name.lower()
        if name.startswith(NOBODYS_LIST) or name.endswith(UNFINISHED):
            continue
        try:
            content = _whole(Path(entry.path), settled)
            if content is None:
                continue
            became = take(entry.name, content)
            _put_away(folder, entry.name, became)
            moved += 1
        except GoesOn:
            continue
        except (OSError, UsageError, ValueError) as error:
            problems.append(f"{plain_name(entry.name)}: {_reason_of(error)}")
    return Looked(moved, tuple(problems))


def _reason_of(error: Exception) -> str:
    """Return what is told of an error: one of the program by its kind, since its text may hold a value."""
    if isinstance(error, OSError):
        return reason_of(error)
    return str(error) if isinstance(error, UsageError) else type(error).__name__


def _whole(path: Path, settled: int) -> bytes | None:
    """Return the bytes of a plain file that nobody is writing, None if it is another thing or still young.

    Whoever may lay files there may put a link in the place of one while it is looked at: none is followed.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        return None
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        before = os.fstat(file.fileno())
        age = time.time() - before.st_mtime
        if not stat.S_ISREG(before.st_mode) or 0 <= age < settled:
            return None
        content = file.read(MAX_BYTES + 1)
    after = path.lstat()
    same = (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    return content if same and (len(content) == after.st_size or len(content) > MAX_BYTES) else None


def _put_away(folder: Path, name: str, became: Became) -> None:
    """Move a file and lay its report beside it; the report is there first, so that no file is without one."""
    place = folder / (DONE if became.taken else REJECTED)
    place.mkdir(exist_ok=True)
    free = _free_name(place, name)
    report = place / f"{free}.txt"
    unfinished = report.with_name(f".{report.name}.tmp")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(became.report)
    os.replace(unfinished, report)
    os.replace(folder / name, place / free)


def _free_name(place: Path, name: str) -> str:
    """Return a name that no other file there has: the same, else with a number before its ending."""
    free = name = _fitting(name)
    stem, dot, ending = name.rpartition(".")
    number = 1
    while os.path.lexists(place / free):
        number += 1
        free = f"{stem} ({number}){dot}{ending}" if stem else f"{name} ({number})"
    return free


def _fitting(name: str) -> str:
    """Return a name that any text can hold, short enough for what is put before and behind it."""
    named = os.fsencode(name).decode("utf-8", "replace")
    stem, dot, ending = named.rpartition(".")
    room = LONGEST_NAME - len(f"{dot}{ending}".encode())
    if not stem or room <= 0:
        return named.encode()[:LONGEST_NAME].decode("utf-8", "ignore")
    return stem.encode()[:room].decode("utf-8", "ignore") + dot + ending
