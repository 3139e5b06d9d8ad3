"""Which received files wait, and what one would do: its kind, and what would be recorded of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use, see
from latsar_sync.files import (
    account_list,
    clearances,
    importing,
    office_lists,
    placement_list,
    wanted_columns,
)
from latsar_sync.files.cells import Cell
from latsar_sync.files.checking import Remark
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.files.opening import read_office_bytes
from latsar_sync.files.tables import Found, NoSuchTable, Wanted, find_table
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import imports, received
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedFile, ReceivedState

BY_ITSELF = "latsar-sync"
"""In whose name a list is taken that waits for nobody (``apply_participants``)."""

MOST_TELLING_FIRST = (imports.CLEARANCES, imports.SCORES, imports.ACCOUNTS, imports.PEOPLE, imports.PLACEMENT)
"""Scores name people, too, and beside them may stand the user id that each has in the MOOC."""


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
    learned = wanted_columns.wanted_kinds(programme)
    refused: dict[str, NoSuchTable] = {}
    for kind in MOST_TELLING_FIRST:
        if kind in learned or kind in _LISTS:
            try:
                _table_of(database, programme, request, kind)
            except NoSuchTable as error:
                refused[kind] = error
            else:
                return kind
    raise next(refused[each] for each in (imports.PEOPLE, imports.SCORES, imports.PLACEMENT) if each in refused)


def look(
    settings: Settings, database: Database, kind: str, request: ImportRequest, clock: Callable[[], datetime]
) -> Report:
    """Return what a file would change now. Raise UsageError if it cannot be used as a whole."""
    return LOOKS[kind](settings, database, request, clock)


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


_LISTS: Mapping[str, Wanted] = {
    imports.CLEARANCES: clearances.WANTED,
    imports.ACCOUNTS: account_list.WANTED,
    imports.PLACEMENT: placement_list.WANTED,
}
"""The columns of lists whose layouts are not learned."""


LOOKS: Mapping[str, Callable[[Settings, Database, ImportRequest, Callable[[], datetime]], Report]] = {
    imports.SCORES: importing.import_scores,
    imports.PEOPLE: importing.import_participants,
    imports.CLEARANCES: office_lists.look_at_clearances,
    imports.PLACEMENT: office_lists.look_at_placement,
    imports.ACCOUNTS: office_lists.look_at_accounts,
}
