"""What a named person accepts of a held run: exactly what it found, after looking at whom it would send.

The run that follows releases the findings (rule 6); here it is only asked for.
"""

from latsar_sync.actions import shown_values, what_is_new
from latsar_sync.actions.action_transaction import Clock, Sent
from latsar_sync.domain.errors import NotReady, SeenChanged, UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.fingerprints import difference
from latsar_sync.store import queue, runs
from latsar_sync.store.database import Database


def ask_preview(database: Database, clock: Clock, programme: str, run: int, by: str, sent: Sent) -> int:
    """Ask for the list of whom a held run would send; return the number of the request."""
    _require_held(database, programme, run)
    return _ask(database, clock, programme, queue.PREVIEW, run, by, sent)


def accept(database: Database, clock: Clock, programme: str, run: int, by: str, sent: Sent) -> int:
    """Ask for a run that releases what a guard found; return the number of the request.

    Raise UsageError if a guard did not hold that run, NotReady if the list of whom it would send was not made, or tells
    of more, SeenChanged if it is another one than was shown, or somebody has accepted it meanwhile.
    """
    _require_held(database, programme, run)
    with database.reading() as connection:
        plan, found = queue.last_plan(connection, programme), runs.find_run(connection, programme, run)
        shown = shown_values.of_held_run(connection, programme, run)
    keys = sorted(finding.key for finding in found.findings) if found else []
    if plan is None or plan["looked_at"] != keys or plan["more"]:
        raise NotReady(
            _("Nobody has looked yet at whom this run would send."), _("Let it be shown first, then accept it.")
        )
    if sent.seen is not None:
        changes = difference(sent.seen, shown)
        if changes:
            number = len(plan["lines"])
            raise SeenChanged(tuple(what_is_new.of_held_run(each, shown, number) for each in changes.new))
    return _ask(database, clock, programme, queue.ACCEPT, run, by, sent)


def _ask(database: Database, clock: Clock, programme: str, scope: str, run: int, by: str, sent: Sent) -> int:
    return queue.ask_together(database, programme, [(scope, str(run))], by, clock(), sent.key)[0]


def _require_held(database: Database, programme: str, run: int) -> None:
    """Raise UsageError for a number that is no run which a guard held."""
    with database.reading() as connection:
        found = runs.find_run(connection, programme, run)
    if found is None or not found.findings:
        raise UsageError(_("A guard did not hold this run."), _("Look at the page of runs again."))
