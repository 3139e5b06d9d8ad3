"""A named person says which column of an office's own layout is what: it is learned, and the file looked at anew."""

from collections.abc import Mapping

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent, acting
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, see
from latsar_sync.domain.spelling import name_form
from latsar_sync.files import looking_at_received, receiving
from latsar_sync.files.column_profiles import ColumnProfile, ScoreScale, columns_of
from latsar_sync.files.office_file import OfficeFile
from latsar_sync.files.opening import read_office_bytes
from latsar_sync.files.receiving import Arrival
from latsar_sync.files.tables import find_table
from latsar_sync.files.wanted_columns import wanted_kinds
from latsar_sync.settings import Settings
from latsar_sync.store import column_profiles, received
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedFile, ReceivedState

LONGEST_NAME = 100


def may_change(account: Account, row: column_profiles.Row) -> bool:
    """Say whether an account may let a layout be forgotten, or give it other columns: every programme uses it, so that
    only whoever learned it may, or whoever decides in all of them.
    """
    return name_form(row["by"]) == name_form(account.name) or account.decides_everywhere


def _require_ones_own(account: Account, row: column_profiles.Row) -> None:
    if not may_change(account, row):
        raise UsageError(
            _("The layout {name} was learned by {person}, and every programme uses it.").format(
                name=row["name"], person=row["by"]
            ),
            _("Ask them or an administrator, or choose another name."),
        )


def file_to_be_told(settings: Settings, database: Database, number: int) -> tuple[ReceivedFile, OfficeFile] | None:
    """Return a received file whose columns nobody knew, opened; None if it is another one, or is kept no more."""
    found, content = looking_at_received.waiting(settings, database, number, must_wait=False)
    if content is None or found.state is not ReceivedState.REJECTED or not found.problem:
        return None
    return found, read_office_bytes(found.name, content)


def learn_layout(
    settings: Settings,
    database: Database,
    clock: Clock,
    number: int,
    kind: str,
    columns: Mapping[str, str],
    scores: ScoreScale,
    name: str,
    account: Account,
    sent: Sent = BY_COMMAND,
) -> ReceivedFile:
    """Learn, under a name, the columns of a received file (title by field), and look at the file anew by them.

    Raise UsageError if its columns cannot be told (any more), a needed one lacks, no table has these titles, or the
    name is that of a layout that is not the account's to change.
    """
    to_be_told = file_to_be_told(settings, database, number)
    if to_be_told is None:
        raise _columns_are_told(database, number)
    found, office = to_be_told
    programme = settings.programme(found.programme)
    wanted = wanted_kinds(programme).get(kind)
    if wanted is None:
        raise UsageError(_("This programme takes no such file."), _("Choose another kind of file."))
    told = columns_of([f"{field}={title}" for field, title in columns.items()], wanted)
    by = account.name
    profile = ColumnProfile(name[:LONGEST_NAME], kind, told, scores, by)
    find_table(office, profile.narrowed(wanted))
    with acting(database, programme.id, clock, by, sent) as action:
        for known in _called(action.connection, profile.name):
            _require_ones_own(account, known)
        column_profiles.learn(action.connection, profile.name, kind, told, scores, by, action.now)
    content = looking_at_received.waiting(settings, database, number, must_wait=False)[1] or b""
    arrival = Arrival(found.name, content, found.origin, found.sender)
    return receiving.receive(settings, database, programme, arrival, clock)[0]


def _columns_are_told(database: Database, number: int) -> UsageError:
    """Return the refusal to say which column is which of a file that does not wait for that, with what became of it."""
    with database.reading() as connection:
        found = received.get(connection, number)
        if found is not None and found.state in (ReceivedState.TAKEN, ReceivedState.DISMISSED):
            return received.waits_no_more(connection, number)
    if found is not None and found.state is ReceivedState.WAITING:
        return UsageError(
            _("Somebody has told the columns of this file meanwhile."), _("Look at what it would change.")
        )
    return UsageError(_("The columns of this file cannot be told any more."), _("Send it once more."))


def layout_seen(row: column_profiles.Row) -> dict[str, str]:
    """Return what is shown of a layout, as a value that a fingerprint can be made of."""
    return {row["name"]: str(row["id"])}


def forget_layout(
    database: Database, clock: Clock, programme: str, name: str, account: Account, sent: Sent = BY_COMMAND
) -> None:
    """Let a layout be used no more, in any programme. Raise UsageError if there is none of that name or it is not the
    account's to change, SeenChanged if it is another one than was shown.
    """
    told = _("The layout {name} has other columns now.").format(name=name)
    with acting(database, programme, clock, account.name, sent) as action:
        for known in _called(action.connection, name):
            action.require_unchanged(layout_seen(known), lambda _part: told)
            _require_ones_own(account, known)
        if not column_profiles.forget(action.connection, name, account.name, action.now):
            raise no_such_layout(name)


def no_such_layout(name: str) -> UsageError:
    """Return the refusal of a layout that is not there, or not any more."""
    text = _("There is no layout {name} any more: somebody has let it be forgotten.").format(name=name)
    return UsageError(text, see("import profiles"))


def _called(connection: Connection, name: str) -> list[column_profiles.Row]:
    return [each for each in column_profiles.known(connection) if each["name"] == name]
