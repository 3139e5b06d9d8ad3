"""The exit codes, and which one the outcome of a run or an error has (docs/commands.md)."""

from collections.abc import Collection

from latsar_sync.domain.errors import ConfigurationError, LatsarError, LeaseHeld, NotWhileGuarded
from latsar_sync.domain.request import RunOutcome

HELD = "held by another run"
EXIT_FAILED, EXIT_CONFIGURATION, EXIT_PARTIAL, EXIT_GUARDED, EXIT_HELD = 1, 2, 3, 4, 75
EXIT_STOPPED = 130
"""What a shell calls a command that Ctrl-C ended; the parser itself answers with it."""


def code_of(outcomes: Collection[str]) -> int:
    """Return the exit code of several outcomes, of which HELD is one: the first of 1, 4, 3, 75, 0 that applies.

    2 is for what is found before anything runs; a course that is wrong is found by a run, which then failed. Where
    something was done while another run held the rest, it is done in part.
    """
    ended = set(outcomes) - {HELD}
    if ended == {str(RunOutcome.FAILED)}:
        return EXIT_FAILED
    if RunOutcome.GUARDED in ended:
        return EXIT_GUARDED
    if ended - {str(RunOutcome.OK)} or (ended and HELD in outcomes):
        return EXIT_PARTIAL
    return EXIT_HELD if HELD in outcomes else 0


def code_of_error(error: LatsarError) -> int:
    """Return the exit code of an error that ended a command."""
    if isinstance(error, ConfigurationError):
        return EXIT_CONFIGURATION
    if isinstance(error, NotWhileGuarded):
        return EXIT_GUARDED
    return EXIT_HELD if isinstance(error, LeaseHeld) else EXIT_FAILED
