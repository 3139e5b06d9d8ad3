"""What ``--accept`` releases: exactly the findings of the last run, if a guard held it (rule 6)."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.records import Finding
from latsar_sync.domain.request import Request, RunOutcome
from latsar_sync.store import runs
from latsar_sync.store.runs import ProgrammeRun


def released(request: Request, programme: str, last: ProgrammeRun | None) -> tuple[Finding, ...]:
    """Return the findings that a run releases; none if it accepts nothing or nothing was held.

    Raise UsageError if the person looked at other findings than those of the ``last`` run.
    """
    if not request.accept:
        return ()
    held_run = last if last is not None and last.outcome is RunOutcome.GUARDED else None
    found = held_run.findings if held_run else ()
    if request.looked_at not in (None, frozenset(finding.key for finding in found)):
        if held_run is None:
            raise _nothing_held([programme])
        other = _("Run {run} of programme {programme} found something else than what was accepted.")
        other = other.format(run=held_run.run_id, programme=programme)
        raise UsageError(other, _("Look at what it found, and accept that."))
    return found


def require_something(connection: Connection, request: Request, programmes: Sequence[str]) -> None:
    """Raise UsageError, before anything runs, if ``--accept`` has nothing to release in any of the programmes.

    Of several those that a guard holds are released; the others run as they always do.
    """
    if request.accept:
        _held_of(connection, request, programmes)


def each_by_its_first(connection: Connection, requests: Sequence[Request]) -> list[Request]:
    """Return requests that all accept, each accepting only what none before it does.

    Raise UsageError, before anything runs, if nothing of any programme is held.
    """
    programmes = list(dict.fromkeys(name for each in requests for name in each.programmes))
    return each_once(requests, _held_of(connection, requests[0], programmes))


def each_once(requests: Sequence[Request], held: Collection[str]) -> list[Request]:
    """Return the requests, of which the first with each of the programmes that are ``held`` accepts."""
    left, found = set(held), []
    for each in requests:
        found.append(replace(each, accept=not left.isdisjoint(each.programmes)))
        left.difference_update(each.programmes)
    return found


def _held_of(connection: Connection, request: Request, programmes: Sequence[str]) -> set[str]:
    held = {
        programme
        for programme in programmes
        if released(request, programme, runs.last_telling_run(connection, programme))
    }
    if not held:
        raise _nothing_held(programmes)
    return held


def _nothing_held(programmes: Sequence[str]) -> UsageError:
    text = _("The last run of programme {programme} was not held by a guard; there is nothing to accept.")
    return UsageError(text.format(programme=", ".join(programmes)), for_admins(_("Run sync without --accept.")))
