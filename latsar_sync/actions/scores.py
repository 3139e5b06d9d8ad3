"""A second person confirms imported scores: another account than the one that imported them (rule 21)."""

from latsar_sync.actions.action_transaction import BY_COMMAND, Clock, Sent, acting
from latsar_sync.domain.account import Account, Doer
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, command, counted, joined, see
from latsar_sync.domain.spelling import name_form
from latsar_sync.settings import Settings
from latsar_sync.store import imports
from latsar_sync.store.database import Database


def scores_seen(row: imports.Row) -> dict[str, str]:
    """Return what is shown of an import's scores, as a value that a fingerprint can be made of."""
    return {str(row["id"]): f"{row['awaiting']} {row['confirmed']}"}


def _waiting_now(row: imports.Row) -> str:
    if not row["awaiting"] and row["confirmed_by"]:
        return _("{name} has confirmed these scores meanwhile.").format(name=row["confirmed_by"])
    text = counted(
        "A newer file has replaced some; {number} score still waits.",
        "A newer file has replaced some; {number} scores still wait.",
        row["awaiting"],
    )
    return text.format(number=row["awaiting"])


def confirm_scores(
    settings: Settings, database: Database, clock: Clock, import_id: int, account: Account, sent: Sent = BY_COMMAND
) -> imports.Row:
    """Let the account of a second person confirm an import's scores; return it as ``imports.recorded_imports`` does.

    What a newer file replaced stays unconfirmed. Raise SeenChanged if that befell some that were shown, UsageError if
    the account imported them itself or may not act there, if there is no such import, or if nothing in it can be
    confirmed.
    """
    with database.reading() as connection:
        found = imports.find_import(connection, import_id)
    if not found or found["programme"] not in {programme.id for programme in settings.programmes}:
        raise UsageError(_("There is no import {number}.").format(number=import_id), see("import list"))
    if found["kind"] not in (imports.SCORES, imports.CERTIFICATES):
        raise UsageError(
            _("Import {number} is a list of participants; it needs no confirmation.").format(number=import_id),
            _("Only scores do."),
        )
    if Doer(found["by"], found["token_of"]).may_be(account.doer):
        told = _("{maker} made the token by which {name} imported these scores, and cannot confirm them.")
        if name_form(found["by"]) == name_form(account.name):
            told = _("{name} imported these scores and cannot confirm them.")
        elif name_form(found["by"]) == name_form(account.by_token_of or ""):
            told = _("{name} imported these scores, and made the token by which they would be confirmed.")
        raise UsageError(
            told.format(name=found["by"], maker=found["token_of"]),
            _("Let somebody else look at them: {where}.").format(where=command(f"import show {import_id}")),
        )
    if not account.may_act(found["programme"]):
        raise UsageError(
            _("The account {name} may not decide in programme {programme}.").format(
                name=account.name, programme=found["programme"]
            ),
            _("Let somebody confirm who may."),
        )
    with acting(database, found["programme"], clock, account.name, sent) as action:
        [now] = [
            row for row in imports.recorded_imports(action.connection, [found["programme"]]) if row["id"] == import_id
        ]
        action.require_unchanged(scores_seen(now), lambda _part: _waiting_now(now))
        imports.confirm(action.connection, import_id, account.name, action.now, account.by_token_of)
        rows = imports.recorded_imports(action.connection, [found["programme"]])
    [row] = [each for each in rows if each["id"] == import_id]
    if not row["confirmed"]:
        raise UsageError(
            _("A newer file replaced every score of import {number}.").format(number=import_id),
            joined(_("Confirm the newer one."), see("import list")),
        )
    return row
