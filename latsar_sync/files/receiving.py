"""Files that come by themselves: each is checked, kept while it waits, and taken or set aside by a named person.

A content counts once for a programme, whatever its name and way. What is refused may come again: it is looked at anew.
What was taken and comes again waits for a person where it would change something now, since a newer file was taken.
Killed anywhere, the next look goes on from what is written down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

from latsar_sync.domain.errors import LatsarError, UsageError
from latsar_sync.domain.language import _, command
from latsar_sync.files import (
    import_request,
)
from latsar_sync.files.finding_columns import UnclearColumns
from latsar_sync.files.import_request import ImportRequest, Report
from latsar_sync.files.looking_at_received import BY_ITSELF, LOOKS, kind_of, look, request_of, waiting
from latsar_sync.files.mentions import whole_text
from latsar_sync.files.office_file import plain_name
from latsar_sync.files.tables import NoSuchTable
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import erasable_people, erasure, imports, received, retention, waiting_orders
from latsar_sync.store.acting import acting
from latsar_sync.store.database import Database
from latsar_sync.store.received import Checked, ReceivedFile, ReceivedState, Way


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
        pattern = erasure.pattern_of(erasable_people.find_people(connection, order.content["participant_id"]))
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
        with database.reading() as connection:
            retention.require_not_destroyed(connection, programme.id)
        request = request_of(programme, name, content)
        kind = kind_of(database, programme, request)
        report = look(settings, database, kind, request, clock)
    except UsageError as error:
        return Checked(problem=str(error), is_table=isinstance(error, NoSuchTable | UnclearColumns))
    remarks = [(each.line, each.column, each.code, dict(each.values)) for each in report.rejected]
    return Checked(kind, None, remarks, report.rows)


def take(
    settings: Settings,
    database: Database,
    number: int,
    by: str,
    clock: Callable[[], datetime],
    whole: bool = True,
    accept: bool = False,
    require: Callable[[Report], None] | None = None,
    token_of: str | None = None,
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
        token_of=token_of,
    )
    report = LOOKS[kind](settings, database, request, clock)
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
