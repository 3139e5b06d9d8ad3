"""The mark: how far this database had come, kept outside it, so that an older copy put back is noticed (rule 22).

Whoever takes the lease of a programme counts one on in the database and then in the mark, and once more when the lease
is given back. So the mark is never ahead of the database that it was written for, wherever a process dies; one that is
ahead says that this is an older copy. A copy made by ``db backup`` says so itself and takes up the count that it meets.
"""

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import NAMESPACE_OID, uuid4, uuid5

from sqlalchemy import Connection, insert, select, update

from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.store import filled_courses
from latsar_sync.store.tables import run_programmes, runs
from latsar_sync.store.tables.filled_courses import database_mark

KEPT = 50
"""So many databases one mark remembers: those that were used last."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What one count on came to: the database's own name in the mark, its count, and when its last run ended if it is
    an older copy than the mark knows, else None.
    """

    identity: str
    count: int
    older: datetime | None = None


def load_mark(file: Path | None) -> dict[str, int]:
    """Return the counts of the databases in a mark; none where there is no file, or one that was torn."""
    try:
        known = json.loads(file.read_text(encoding="utf-8")) if file is not None else {}
    except (OSError, ValueError):
        return {}
    if not isinstance(known, dict):
        return {}
    return {name: count for name, count in known.items() if isinstance(count, int)}


def keep_in_step(database: str, file: Path | None, counted: Counted) -> list[str]:
    """Write down outside the database how far it has come, after it has; return what a person must know of it.

    No run fails if that cannot be done. ``database`` is the name by which a person knows it.
    """
    if file is None:
        return []
    remarks = [] if counted.older is None else [_older(database, counted.older)]
    try:
        save_mark(file, counted)
    except OSError as error:
        remarks.append(_not_marked(file, error))
    return remarks


def _older(database: str, as_of: datetime) -> str:
    said = _(
        "The database {database} is older than the last run that this service made: an older copy was put back. It "
        "knows nothing of what happened after {as_of}; whom it would send or write to is held. "
        "Record again what is lost, put a hold on whom a manager removed since, and release the rest with sync "
        "--accept --by NAME."
    ).format(database=database, as_of=as_of)
    others = _("An older copy of the database was put back; whom it would send or write to is held.")
    return for_admins(said, others)


def _not_marked(mark: Path, error: OSError) -> str:
    said = _(
        "The mark {mark}, by which an older copy of the database is noticed, cannot be written ({reason}). "
        "Set mark_file to a file that this account may write."
    ).format(mark=mark, reason=reason_of(error))
    return for_admins(said, "")


def save_mark(file: Path, counted: Counted) -> None:
    """Write the count of a database into a mark that nobody else may read. Raise OSError if that cannot be done."""
    file = Path(os.path.realpath(file))  # a link to another disk stays one
    if os.path.exists(file) and not os.path.isfile(file):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(file))  # a device is never put out of its place
    known = load_mark(file)
    count = max(counted.count, known.pop(counted.identity, 0))  # another process may have been faster
    known[counted.identity] = count
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
            json.dump(dict(list(known.items())[-KEPT:]), written)
            written.flush()
            os.fsync(written.fileno())
        os.replace(unfinished, file)
    except OSError:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise


def count_on(connection: Connection, known: Mapping[str, int], now: datetime) -> Counted:
    """Count one on, past the mark; write down that the database is a copy if the mark is ahead of it."""
    identity, count = _row(connection, lock=True)
    ahead = known.get(identity, 0)
    older = None
    if count is not None and count < ahead:
        older = last_end(connection) or filled_courses.last_noted(connection) or now
        filled_courses.note_restoration(connection, older, now)
    counted = Counted(identity, max(count or 0, ahead) + 1, older)
    connection.execute(update(database_mark).values(steps=counted.count))
    return counted


def is_older(connection: Connection, known: Mapping[str, int]) -> bool:
    """Say whether a mark is ahead of this database; nothing is written."""
    row = connection.execute(select(database_mark)).first()
    identity, count = (row.identity, row.steps) if row is not None else (_of_first_run(connection), 0)
    return count is not None and count < known.get(identity or "", 0)


def note_copy(connection: Connection, as_of: datetime, now: datetime) -> None:
    """Write into a copy that what it knows ends with ``as_of``, and that its count is not to be held against it."""
    filled_courses.note_restoration(connection, as_of, now)
    _row(connection)
    connection.execute(update(database_mark).values(steps=None))


def last_end(connection: Connection) -> datetime | None:
    """Return when the run that was recorded last ended, None before the first."""
    last = select(run_programmes.c.finished_at).order_by(run_programmes.c.id.desc()).limit(1)
    return connection.execute(last).scalar_one_or_none()


def _row(connection: Connection, lock: bool = False) -> tuple[str, int | None]:
    """Return the database's name in the mark and its count; they are made where an older version kept none."""
    statement = select(database_mark)
    row = connection.execute(statement.with_for_update() if lock else statement).first()
    if row is not None:
        return row.identity, row.steps
    identity = _of_first_run(connection) or uuid4().hex
    connection.execute(insert(database_mark).values(id=1, identity=identity, steps=0))
    return identity, 0


def _of_first_run(connection: Connection) -> str | None:
    """Return the name that follows from the first run: it is the same in every copy, those of older versions too."""
    first = connection.execute(select(runs).order_by(runs.c.id).limit(1)).first()
    return None if first is None else uuid5(NAMESPACE_OID, f"{first.started_at} {first.host} {first.pid}").hex
