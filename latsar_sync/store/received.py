"""Files that came by themselves: each content once a programme, kept until somebody has decided about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, mark, see
from latsar_sync.store.names_in_texts import TAKEN_OUT
from latsar_sync.store.tables.received_files import received_files


class ReceivedState(StrEnum):
    """What became of a received file: it waits for a person, was refused, taken (imported), or set aside by one."""

    WAITING = "waiting"
    REJECTED = "rejected"
    TAKEN = "taken"
    DISMISSED = "dismissed"


class Way(StrEnum):
    """By which way a file came."""

    FOLDER = "folder"
    MAILBOX = "mailbox"
    API = "api"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A received file without its content. ``remarks`` are its bad lines: line, column, code, values."""

    id: int
    programme: str
    digest: str
    name: str
    origin: Way
    sender: str | None
    kind: str | None
    state: ReceivedState
    problem: str | None
    remarks: Sequence[tuple[int, str, str, Mapping[str, str]]]
    rows: int | None
    import_id: int | None
    received_at: datetime
    settled_by: str | None
    settled_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at a file found: ``problem`` refuses it as a whole, ``remarks`` are its bad lines."""

    kind: str | None = None
    problem: str | None = None
    remarks: Sequence[tuple[int, str, str, Mapping[str, str]]] = ()
    rows: int | None = None
    is_table: bool = False

    @property
    def state(self) -> ReceivedState:
        """Where a file stands that was just looked at."""
        return ReceivedState.REJECTED if self.problem or self.remarks else ReceivedState.WAITING


NO_LONGER = mark("File {number} does not wait any more.")
OUTCOMES = {
    ReceivedState.TAKEN: mark("File {number} does not wait any more: {name} has taken it over."),
    ReceivedState.DISMISSED: mark("File {number} does not wait any more: {name} has set it aside ({reason})."),
}


def waits_no_more(connection: Connection, number: int) -> UsageError:
    """Return the refusal to decide about a file that somebody has decided about, with who did and how."""
    found = get(connection, number)
    text = _(OUTCOMES.get(found.state, NO_LONGER) if found and found.settled_by else NO_LONGER)
    told = {"name": found.settled_by, "reason": found.reason or "–"} if found else {}
    return UsageError(text.format(number=number, **told), see("import received"))


COLUMNS = tuple(column for column in received_files.columns if column.name != "content")


def record(
    connection: Connection,
    programme: str,
    digest: str,
    name: str,
    content: bytes,
    origin: Way,
    sender: str | None,
    checked: Checked,
    now: datetime,
) -> int:
    """Write down a file that came, and return its number; one that was refused before is looked at anew.

    Of what is refused for some of its lines the content is kept for a while (``forget_refused``), so that these can
    be handed out, and of a table whose columns nobody knows, so that these can be told; what else is refused as a whole
    is not kept: whoever sent it has it.
    """
    kept = not checked.problem or checked.is_table
    values = {
        "name": name,
        "origin": str(origin),
        "sender": sender,
        "content": content if kept else None,
        "kind": checked.kind,
        "state": str(checked.state),
        "problem": checked.problem,
        "remarks": [[line, column, code, dict(told)] for line, column, code, told in checked.remarks],
        "rows": checked.rows,
        "received_at": now,
    }
    known = find(connection, programme, digest)
    if known is not None:
        connection.execute(update(received_files).where(received_files.c.id == known.id).values(**values))
        return known.id
    statement = insert(received_files).values(programme=programme, digest=digest, **values)
    return int(connection.execute(statement.returning(received_files.c.id)).scalar_one())


def find(connection: Connection, programme: str, digest: str) -> ReceivedFile | None:
    """Return the received file of this content, None if there is none."""
    where = received_files.c.programme == programme, received_files.c.digest == digest
    row = connection.execute(select(*COLUMNS).where(*where)).first()
    return None if row is None else _received(row)


def forget_refused(connection: Connection, before: datetime) -> None:
    """Let go of the content of files that were refused before a moment."""
    refused = received_files.c.state == str(ReceivedState.REJECTED), received_files.c.received_at < before
    connection.execute(
        update(received_files).where(*refused, received_files.c.content.is_not(None)).values(content=None)
    )


def came_again(connection: Connection, number: int, now: datetime) -> None:
    """Write down that the same content came again: what it says still holds."""
    connection.execute(update(received_files).where(received_files.c.id == number).values(received_at=now))


def wait_again(connection: Connection, number: int, content: bytes) -> None:
    """Let a file that was taken wait once more: it would change something, since a newer one was taken."""
    values = {"state": str(ReceivedState.WAITING), "content": content, "settled_by": None, "settled_at": None}
    taken = received_files.c.id == number, received_files.c.state == str(ReceivedState.TAKEN)
    connection.execute(update(received_files).where(*taken).values(**values))


def get(connection: Connection, number: int) -> ReceivedFile | None:
    """Return the received file of this number, None if there is none."""
    row = connection.execute(select(*COLUMNS).where(received_files.c.id == number)).first()
    return None if row is None else _received(row)


def content_of(connection: Connection, number: int) -> bytes | None:
    """Return the content of a file that waits, or that was refused a short while ago; else None."""
    statement = select(received_files.c.content).where(received_files.c.id == number)
    return connection.execute(statement).scalar_one_or_none()


def listed(connection: Connection, programmes: Sequence[str], state: ReceivedState | None = None) -> list[ReceivedFile]:
    """Return received files, oldest first, of all states or of one."""
    statement = select(*COLUMNS).where(received_files.c.programme.in_(programmes)).order_by(received_files.c.id)
    if state is not None:
        statement = statement.where(received_files.c.state == str(state))
    return [_received(row) for row in connection.execute(statement)]


def kept_anywhere(connection: Connection, state: ReceivedState) -> list[ReceivedFile]:
    """Return every file of a state whose content is kept, of any programme, oldest first."""
    kept = received_files.c.state == str(state), received_files.c.content.is_not(None)
    statement = select(*COLUMNS).where(*kept).order_by(received_files.c.id)
    return [_received(row) for row in connection.execute(statement)]


def let_go(connection: Connection, number: int) -> None:
    """Let the content of a file go, whatever became of it."""
    connection.execute(update(received_files).where(received_files.c.id == number).values(content=None))


def set_all_aside(connection: Connection, programme: str, by: str, reason: str, now: datetime) -> None:
    """Set every waiting file of a programme aside, and let its content go."""
    values = {"state": str(ReceivedState.DISMISSED), "settled_by": by, "settled_at": now, "reason": reason}
    waits = received_files.c.programme == programme, received_files.c.state == str(ReceivedState.WAITING)
    connection.execute(update(received_files).where(*waits).values(content=None, **values))


def forget_names(connection: Connection, programme: str) -> None:
    """Take the names of a programme's files out, also of what was said of them."""
    mine = update(received_files).where(received_files.c.programme == programme)
    connection.execute(mine.values(name=TAKEN_OUT, problem=None))


def settle(
    connection: Connection,
    number: int,
    state: ReceivedState,
    by: str,
    now: datetime,
    import_id: int | None = None,
    reason: str | None = None,
) -> bool:
    """Record what became of a file that waited, and let its content go; False if it did not wait any more."""
    values = {"state": str(state), "settled_by": by, "settled_at": now, "import_id": import_id, "reason": reason}
    waits = received_files.c.id == number, received_files.c.state == str(ReceivedState.WAITING)
    done = connection.execute(update(received_files).where(*waits).values(content=None, **values))
    return done.rowcount == 1


def _received(row: Any) -> ReceivedFile:
    values = dict(row._mapping)
    remarks = [(line, column, code, told) for line, column, code, told in values.pop("remarks")]
    return ReceivedFile(
        **{**values, "state": ReceivedState(values["state"]), "origin": Way(values["origin"]), "remarks": remarks}
    )
