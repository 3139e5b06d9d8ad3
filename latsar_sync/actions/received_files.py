"""A named person takes a received file: what it would change is recorded as they saw it, and the file is settled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from latsar_sync.actions.accounts_in_class import choose_by_list_in
from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Clock, Sent, acting
from latsar_sync.actions.clearances import record_in
from latsar_sync.actions.identity import reason_without_numbers
from latsar_sync.actions.moves import move_by_list_in
from latsar_sync.actions.overrides import PassedOver
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.errors import SeenChanged
from latsar_sync.domain.language import _
from latsar_sync.files import looking_at_received, receiving
from latsar_sync.files.comparison import ListComparison
from latsar_sync.files.import_request import ImportRequest, Report, counts_of
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import imports, place_choices, received
from latsar_sync.store.database import Database
from latsar_sync.store.received import ReceivedState

LISTS = frozenset({imports.CLEARANCES, imports.PLACEMENT, imports.ACCOUNTS})
"""The kinds of which no import is recorded: each of their lines becomes an action of the person who takes them."""

WITH_A_REASON = frozenset({imports.PLACEMENT, imports.ACCOUNTS})
"""Those of which it is said why."""


def seen_of(report: Report | None) -> str:
    """Return the fingerprint of what a file would change, as it is shown before it is taken."""
    return fingerprint(_shown(report)) if report is not None else ""


def take(
    settings: Settings,
    database: Database,
    number: int,
    by: str,
    clock: Clock,
    whole: bool = True,
    accept: bool = False,
    reason: str = "",
    sent: Sent = BY_COMMAND,
) -> tuple[Report, ImportRequest, Sequence[PassedOver]]:
    """Take a waiting file in somebody's name; return what it changed, and whom it passed over.

    ``reason`` is why people are moved, or accounts are theirs. Raise UsageError if the file does not wait or cannot be
    used as it is now, SeenChanged if it would change something else than was shown.
    """
    found, content = looking_at_received.waiting(settings, database, number)
    programme = settings.programme(found.programme)

    def require_as_seen(report: Report) -> None:
        if sent.seen not in (None, seen_of(report)):
            raise SeenChanged((_("What the file would change now stands below; it is not what was shown."),))

    if found.kind not in LISTS:
        report, request = receiving.take(
            settings, database, number, by, clock, whole, accept, require_as_seen, sent.token_of
        )
        return report, request, ()
    request = replace(
        looking_at_received.request_of(programme, found.name, content or b""), apply=True, by=by, received=number
    )
    why = named(_("Reason"), reason) if found.kind in WITH_A_REASON else ""
    why = reason_without_numbers(why) if found.kind == imports.ACCOUNTS else why
    with acting(database, programme.id, clock, by, replace(sent, seen=None)) as action:
        # nobody else writes meanwhile: what is looked at here is what is recorded
        report = looking_at_received.look(settings, database, found.kind or "", request, clock)
        require_as_seen(report)
        taken = report.taken
        if report.rejected or not isinstance(taken, ListComparison):
            return report, request, ()
        passed = _do_line_by_line(settings, programme, action, found.kind or "", taken, why)
        if not received.settle(action.connection, number, ReceivedState.TAKEN, by, action.now, reason=why or None):
            raise received.waits_no_more(action.connection, number)
    return report, request, passed


def _do_line_by_line(
    settings: Settings, programme: ProgrammeSettings, action: Action, kind: str, taken: ListComparison, why: str
) -> Sequence[PassedOver]:
    """Do what each line of a list that was taken says; return whom it passed over."""
    if kind == imports.CLEARANCES:
        record_in(action, [each.document for each in taken.new if each.document is not None])
        return ()
    if kind == imports.ACCOUNTS:
        accounts = {each.participant.id: each.account for each in taken.new if each.participant and each.account}
        return choose_by_list_in(settings, action, accounts, why)
    targets = {each.participant.id: each.to for each in taken.new if each.participant and each.to}
    passed = move_by_list_in(settings, programme, action, targets, why)
    places = {each.participant.id: each.place for each in taken.new if each.participant and each.place}
    place_choices.choose(action.connection, places, why, action.by, action.now)
    return passed


def _shown(report: Report) -> dict[str, str]:
    counts: dict[str, Any] = counts_of(report)
    taken = report.taken
    lines = [each.words for each in taken.new] if isinstance(taken, ListComparison) else []
    return {**{what: str(number) for what, number in counts.items()}, "held": str(report.held), "lines": repr(lines)}
