"""Files that come by themselves: each is checked, kept while it waits, and taken or set aside by a named person.

A content counts once for a programme, whatever its name and way. What is refused may come again: it is looked at anew.
What was taken and comes again waits for a person where it would change something now, since a newer file was taken.
Killed anywhere, the next look goes on from what is written down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.language import _, command, in_use, see
from latsar_sync.files import (
    account_list,
    clearances,
    import_request,
    importing,
    office_lists,
    placement_list,
    wanted_columns,
)
from latsar_sync.files.cells import Cell
from latsar_sync.files.checking import Remark
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.files.mentions import whole_text
from latsar_sync.files.opening import read_office_bytes
from latsar_sync.files.tables import Found, NoSuchTable, Wanted, find_table
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import erasure, imports, received, waiting_orders
from latsar_sync.store.acting import acting
from latsar_sync.store.database import Database
from latsar_sync.store.received import Checked, ReceivedFile, ReceivedState, Way

LONGEST_NAME = 200
BY_ITSELF = "latsar-sync"
"""In whose name a list is taken that waits for nobody (``apply_participants``)."""


class GoesOn(Exception):
    """A file is taken in part: it stays where it is, the files behind it come first, and the next look goes on."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file as it came: its name, its bytes, by which way, from which account or address."""

    name: str
    content: bytes
    origin: Way
    sender: str | None = None


def receive(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    arrival: Arrival,
    clock: Callable[[], datetime],
) -> tuple[ReceivedFile, bool]:
    """Write down a file that came; return it with whether it is new.

    A list of participants from the watched folder is taken at once where the programme asks for that and nothing in it
    is wrong.
    """
    digest = sha256(arrival.content).hexdigest()
    with database.reading() as connection:
        known = received.find(connection, programme.id, digest)
    if known is None or known.state is ReceivedState.REJECTED:
        name = plain_name(arrival.name)
        checked = check(settings, database, programme, name, arrival.content, clock)
        with database.writing() as connection:
            origin, sender = arrival.origin, arrival.sender
            number = received.record(
                connection, programme.id, digest, name, arrival.content, origin, sender, checked, clock()
            )
            hold_erasures(connection, number, name, arrival.content, checked.state)
            found = received.get(connection, number)
    else:
        again = _would_change(settings, database, programme, known, arrival.content, clock)
        with database.writing() as connection:
            received.came_again(connection, known.id, clock())
            if again:
                received.wait_again(connection, known.id, arrival.content)
                hold_erasures(connection, known.id, known.name, arrival.content, ReceivedState.WAITING)
            found = received.get(connection, known.id) or known
    if found is None:
        raise UsageError(_("There is no received file {number}.").format(number=0), "")
    return take_by_itself(settings, database, programme, found, clock), known is None


def hold_erasures(connection: Connection, number: int, name: str, content: bytes, state: ReceivedState) -> None:
    """Let the erasures that wait for the end of a run look into a file that came meanwhile.

    While it waits and names the person they wait, too: taken later, it would bring the person back. Of a file that was
    refused nothing is kept then.
    """
    text: str | None = None
    for order_id, order in waiting_orders.erasures_that_wait(connection):
        pattern = erasure.pattern_of(erasure.find_people(connection, order.content["participant_id"]))
        text = whole_text(name, content) if text is None else text
        if pattern is None or not pattern.search(f"{name}\n{text}"):
            continue
        if state is ReceivedState.WAITING:
            waiting_orders.let_wait_for_file(connection, order_id, order, number)
        else:
            received.let_go(connection, number)


def _would_change(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    known: ReceivedFile,
    content: bytes,
    clock: Callable[[], datetime],
) -> bool:
    """Say whether a file that was taken, and came again, would change something now."""
    if known.state is not ReceivedState.TAKEN or known.import_id is None or known.kind is None:
        return False
    try:
        report = look(settings, database, known.kind, request_of(programme, known.name, content), clock)
    except UsageError:
        return False
    changes = import_request.counts_of(report)
    return not report.rejected and any(number for what, number in changes.items() if what != "unchanged")


def take_by_itself(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    found: ReceivedFile,
    clock: Callable[[], datetime],
) -> ReceivedFile:
    """Take a waiting list of participants from the folder where the programme asks for that; return how it stands."""
    intake = programme.intake
    mine = (found.state, found.kind, found.origin) == (ReceivedState.WAITING, imports.PEOPLE, Way.FOLDER)
    mine = mine and found.import_id is None  # an old list that lies there again undoes nothing by itself
    if not mine or intake is None or not intake.apply_participants:
        return found
    try:
        take(settings, database, found.id, BY_ITSELF, clock)
    except LatsarError:
        return found  # it waits: for the next look, or for a person where too many are missing from it
    with database.reading() as connection:
        return received.get(connection, found.id) or found


def check(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    name: str,
    content: bytes,
    clock: Callable[[], datetime],
) -> Checked:
    """Look at a file: what it is, and every line that is wrong. Nothing is imported."""
    try:
        request = request_of(programme, name, content)
        kind = kind_of(database, programme, request)
        report = look(settings, database, kind, request, clock)
    except UsageError as error:
        return Checked(problem=str(error), is_table=isinstance(error, NoSuchTable))
    remarks = [(each.line, each.column, each.code, dict(each.values)) for each in report.rejected]
    return Checked(kind, None, remarks, report.rows)


def request_of(programme: ProgrammeSettings, name: str, content: bytes) -> ImportRequest:
    """Return what only looks at a file, read once however often it is looked at; raise UsageError if it cannot be."""
    return ImportRequest(
        Path(name), programme.id, False, BY_ITSELF, content=content, opened=read_office_bytes(name, content)
    )


def kind_of(database: Database, programme: ProgrammeSettings, request: ImportRequest) -> str:
    """Return what a file holds: documents, whose account is which, scores, participants, or who goes where.

    Raise UsageError, as for a list of participants or of scores, if it is none of these; what has the columns of
    one and is not clear is never taken for another.
    """
    for kind in (imports.CLEARANCES, imports.ACCOUNTS):
        if _has_table(request, _LISTS[kind]):
            return kind
    refused: NoSuchTable | None = None
    for kind, columns in reversed(wanted_columns.wanted_kinds(programme).items()):  # scores name people, too
        try:
            importing.open_file(database, request, kind, columns)
        except NoSuchTable as error:
            refused = error
        else:
            return kind
    if refused is None or _has_table(request, placement_list.WANTED):
        find_table(request.open(), placement_list.WANTED)
        return imports.PLACEMENT
    raise refused


def _has_table(request: ImportRequest, wanted: Wanted) -> bool:
    try:
        find_table(request.open(), wanted)
    except NoSuchTable:
        return False
    return True


def look(
    settings: Settings, database: Database, kind: str, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Return what a file would change now. Raise UsageError if it cannot be used as a whole."""
    return _LOOKS[kind](settings, database, request, clock)


def look_at(
    settings: Settings, database: Database, number: int, clock: Callable[[], datetime]
) -> tuple[ReceivedFile, Report | None]:
    """Return a received file with what it would change now, None where it does not wait."""
    found, content = waiting(settings, database, number, must_wait=False)
    if content is None or found.kind is None or found.state is not ReceivedState.WAITING:
        return found, None
    programme = settings.programme(found.programme)
    return found, look(settings, database, found.kind, request_of(programme, found.name, content), clock)


def no_such_file(number: int) -> UsageError:
    """Return what is said where there is no received file of a number."""
    return UsageError(_("There is no received file {number}.").format(number=number), see("import received"))


def refused_lines(
    settings: Settings, database: Database, number: int
) -> tuple[Sequence[Cell], Sequence[tuple[Sequence[Cell], str]]] | None:
    """Return the header of a refused file as written, and its wrong lines, each with what is wrong in it.

    None if it was refused as a whole, or longer ago than its lines are kept. Raise UsageError if there is no such file.
    """
    found, content = waiting(settings, database, number, must_wait=False)
    programme = settings.programme(found.programme)
    kinds = {**_LISTS, **wanted_columns.wanted_kinds(programme)}
    if content is None or found.state is not ReceivedState.REJECTED or not found.remarks or found.kind not in kinds:
        return None
    wrong: dict[int, list[str]] = {}
    for line, column, code, values in found.remarks:
        said = Remark(line, column, code, values).said(in_use())
        wrong.setdefault(line, []).append(f"{column}: {said}" if column else said)
    try:
        table = _table_of(database, programme, request_of(programme, found.name, content), found.kind)
    except UsageError:
        return None  # a layout that was learned meanwhile reads it otherwise
    rows = {line: cells for line, cells, _width in table.rows}
    return table.heading, [(rows[line], " ".join(told)) for line, told in sorted(wrong.items()) if line in rows]


def _table_of(database: Database, programme: ProgrammeSettings, request: ImportRequest, kind: str) -> Found:
    """Return the table of a file whose kind is known. Raise UsageError if there is none."""
    columns = wanted_columns.wanted_kinds(programme).get(kind)
    if columns is not None:
        return importing.open_file(database, request, kind, columns).found
    return find_table(request.open(), _LISTS[kind])


def take(
    settings: Settings,
    database: Database,
    number: int,
    by: str,
    clock: Callable[[], datetime],
    whole: bool = True,
    accept: bool = False,
    require: Callable[[Report], None] | None = None,
) -> tuple[Report, ImportRequest]:
    """Import a waiting list of participants, or scores, in somebody's name; those then wait for another person.

    ``require`` raises where what the file changes is not to be recorded. Raise UsageError if it does not wait, or
    cannot be used any more as it is; it goes on waiting then.
    """
    found, content = waiting(settings, database, number)
    kind = found.kind or ""
    request = ImportRequest(
        Path(found.name),
        found.programme,
        True,
        by,
        whole=whole,
        accept=accept,
        content=content,
        received=number,
        require=require,
    )
    report = _LOOKS[kind](settings, database, request, clock)
    if report.held and not accept and by == BY_ITSELF:
        raise UsageError(
            _("Too many are missing from it."), _("A person takes it: {where}.").format(where=command("import take"))
        )
    return report, request


def dismiss(
    settings: Settings, database: Database, number: int, by: str, reason: str, clock: Callable[[], datetime]
) -> ReceivedFile:
    """Set a waiting file aside: its content is destroyed, it is never taken. Raise UsageError if it does not wait."""
    found, _content = waiting(settings, database, number)
    with acting(database, found.programme, clock) as (connection, _free):
        if not received.settle(connection, number, ReceivedState.DISMISSED, by, clock(), reason=reason):
            raise received.waits_no_more(connection, number)
        return received.get(connection, number) or found


def waiting(
    settings: Settings, database: Database, number: int, must_wait: bool = True
) -> tuple[ReceivedFile, bytes | None]:
    """Return a received file of a configured programme with its content. Raise UsageError if it does not wait."""
    with database.reading() as connection:
        found = received.get(connection, number)
        content = received.content_of(connection, number) if found else None
    if found is None or found.programme not in {each.id for each in settings.programmes}:
        raise no_such_file(number)
    if must_wait and (found.state is not ReceivedState.WAITING or content is None):
        with database.reading() as connection:
            raise received.waits_no_more(connection, number)
    return found, content


def plain_name(name: str) -> str:
    """Return the name of a file without folder and without signs that no name should have."""
    bare = "".join(sign for sign in name.replace("\\", "/").rpartition("/")[2] if sign.isprintable()).strip()
    return (bare or "file")[-LONGEST_NAME:]


_LISTS: Mapping[str, Wanted] = {
    imports.CLEARANCES: clearances.WANTED,
    imports.ACCOUNTS: account_list.WANTED,
    imports.PLACEMENT: placement_list.WANTED,
}
"""The columns of lists whose layouts are not learned."""
_LOOKS: Mapping[str, Callable[[Settings, Database, ImportRequest, Callable[[], datetime]], Report]] = {
    imports.SCORES: importing.import_scores,
    imports.PEOPLE: importing.import_participants,
    imports.CLEARANCES: office_lists.look_at_clearances,
    imports.PLACEMENT: office_lists.look_at_placement,
    imports.ACCOUNTS: office_lists.look_at_accounts,
}
