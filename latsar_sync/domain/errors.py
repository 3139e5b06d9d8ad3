"""Errors that a person meets, sorted by what they must do about them.

Every error says what happened and, in ``remedy``, what to do next. Texts never hold a token or a whole NIP.
"""

from latsar_sync.domain.language import _, joined

NOT_CONFIRMED = "usernotconfirmed"
"""Moodle's code for an account that is not confirmed (``core_user::require_active_user``)."""


class LatsarError(Exception):
    """Base of every error that is shown to a person without a traceback.

    ``message`` names the thing and the reason, ``remedy`` what to do; ``str()`` gives both in one line.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return joined(self.message, self.remedy)


class ConfigurationError(LatsarError):
    """Our own configuration is wrong or incomplete (file, environment, address, course name): exit code 2.

    ``problems`` lists every mistake found, a line each, when there are several.
    """

    def __init__(self, message: str, remedy: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy)
        self.problems = problems


class UsageError(ConfigurationError):
    """A command was called with something that does not exist or does not fit: exit code 2."""


class NoDatabase(ConfigurationError):
    """There is no database where the configuration says, and whoever only looks makes none."""


class NotReady(LatsarError):
    """What a person asked for must wait; the message says for what: exit code 1.

    ``guarded`` says that a guard holds the programme: exit code 4.
    """

    def __init__(self, message: str, remedy: str = "", guarded: bool = False) -> None:
        super().__init__(message, remedy)
        self.guarded = guarded


class SeenChanged(LatsarError):
    """What somebody looked at when they acted is no longer so, and nothing was done; ``changes`` say what is now."""

    def __init__(self, changes: tuple[str, ...]) -> None:
        super().__init__(
            _("Nothing was recorded: what you had before you has changed meanwhile."),
            _("Look at what is new, then decide again; what you typed still stands in the form."),
        )
        self.changes = changes


class AlreadyDone(LatsarError):
    """The very same form was taken before: it is done once, and not a second time."""

    def __init__(self) -> None:
        super().__init__(_("This was recorded already; nothing was done a second time."))


class SiteUnavailable(LatsarError):
    """The site did not answer, or asked to come back later; a later run heals by itself.

    ``retry_after`` is the number of seconds the site asked for, None when it did not say; ``errorcode`` is Moodle's own
    code, empty when the answer had none or did not come.
    """

    def __init__(self, message: str, remedy: str = "", retry_after: float | None = None, errorcode: str = "") -> None:
        super().__init__(message, remedy)
        self.retry_after = retry_after
        self.errorcode = errorcode


class WriteUnknown(SiteUnavailable):
    """A write was sent and no answer came: it may or may not have happened. Only reading back settles it."""


class SiteRefuses(LatsarError):
    """The site answered and will not do it: token, service, capability, setting. Its admin must change something.

    ``errorcode`` is Moodle's own code, empty when the answer had none.
    """

    def __init__(self, message: str, remedy: str = "", errorcode: str = "") -> None:
        super().__init__(message, remedy)
        self.errorcode = errorcode


class RecordRejected(LatsarError):
    """The site rejects one call because of the record in it (unknown user, deleted account, bad value).

    The other records are not affected. ``errorcode`` is Moodle's own code.
    """

    def __init__(self, message: str, remedy: str = "", errorcode: str = "") -> None:
        super().__init__(message, remedy)
        self.errorcode = errorcode


class LeaseHeld(LatsarError):
    """Another run holds the programme: exit code 75. The message says who and since when."""


class StoppedByPerson(LatsarError):
    """A named person asked that a run ends: it did, at the next step, and is not gone on with by itself."""


class Stopped(LatsarError):
    """The service was told to stop; the run ended between two steps, and the next one goes on from there."""


class LeaseLost(LatsarError):
    """Our lease expired or was taken over while we worked; nothing more may be written to the LMS."""
