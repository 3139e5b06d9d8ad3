"""Errors that a person meets, sorted by what they must do about them.

Every error says what happened and, in ``remedy``, what to do next. Texts never hold a token or a whole NIP. What only
whoever runs the service can mend is for them: a committee reads of it what its kind of error says.
"""

from typing import ClassVar

from latsar_sync.domain.language import ADMIN_SEES_MORE, Told, _, for_admins, joined, mark, packed

NOT_CONFIRMED = "usernotconfirmed"
"""Moodle's code for an account that is not confirmed (``core_user::require_active_user``)."""
CLOSED_COURSE = "courseclosed"
"""Our own code: a course shows in the catalogue, and the account may not enter it."""
OF_ONE_COURSE = frozenset(
    [
        *(CLOSED_COURSE, "accessdenied", "errorcoursecontextnotvalid", "invalidrecord", "invalidrecordunknown"),
        *("nopermissions", "notingroup", "requireloginerror"),
    ]
)
"""Codes by which a site refuses what was asked of one course: it is gone, hidden, or closed to the account."""


class LatsarError(Exception):
    """Base of every error that is shown to a person without a traceback.

    ``message`` names the thing and the reason, ``remedy`` what to do; ``str()`` gives both in one line. ``details`` are
    lines that are shown beside: each mistake, what is new, or who is concerned. Names stand nowhere else in an error.
    """

    committee_reads: ClassVar[str | None] = None
    """What a committee reads in their place; None: it reads them, too."""

    def __init__(self, message: str, remedy: str = "", details: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.details = details
        if self.committee_reads is None:
            self.message, self.remedy = message, remedy
        else:
            others = joined(_(self.committee_reads), _(ADMIN_SEES_MORE))
            self.message, self.remedy = for_admins(message, others), for_admins(remedy, "")

    def __str__(self) -> str:
        return joined(self.message, self.remedy)


class ConfigurationError(LatsarError):
    """Our own configuration is wrong or incomplete (file, environment, address, course name): exit code 2."""

    committee_reads: ClassVar[str | None] = mark("Something is not set up as it should be, in the service or Moodle.")


class NoMoodleThere(ConfigurationError):
    """At a site's address something else answers: a redirect, a portal, another page, or a certificate not its own."""


class InputMissing(ConfigurationError):
    """Something is missing or unusable that a committee brings: a threshold, a list. Exit code 2."""

    committee_reads = None


class UsageError(InputMissing):
    """Something was asked for that does not exist or does not fit: exit code 2."""


class NotWritten(LatsarError):
    """A file could not be written to its end, as on a full disk; nothing of it is left: exit code 1."""


class NoDatabase(ConfigurationError):
    """There is no database where the configuration says, and whoever only looks makes none."""


class NotReady(LatsarError):
    """What a person asked for must wait; the message says for what: exit code 1."""


class NotWhileGuarded(NotReady):
    """It must wait until what a guard holds is released: exit code 4."""


class MailServerFails(LatsarError):
    """The mail server cannot be reached, or does not let us in: exit code 1. What was due still was not sent."""

    committee_reads = mark("The mail server cannot be used; what was due still was not sent. Try again later.")


class DatabaseMoved(NotReady):
    """The file of the database is another one than was opened, or gone; this process can only end."""

    committee_reads = mark("The service must be started again.")


class SeenChanged(LatsarError):
    """What somebody looked at when they acted is no longer so, and nothing was done; its details say what is now."""

    def __init__(self, changes: tuple[str, ...]) -> None:
        super().__init__(
            _("Nothing was recorded: what you had before you has changed meanwhile."),
            _("Look at what is new, then decide again; what you typed still stands in the form."),
            changes,
        )


class AlreadyDone(LatsarError):
    """The very same form was taken before: it is done once, and not a second time."""

    def __init__(self) -> None:
        super().__init__(_("This was recorded already; nothing was done a second time."))


class SiteError(LatsarError):
    """A site did not do what was asked of it."""

    committee_reads = mark("A site does not answer as it should.")

    def came_from(self, site: str) -> None:
        """Name the site to a committee, too."""
        said = _("The site {site} does not answer as it should.").format(site=site)
        self.message = Told.of({**packed(self.message), "others": packed(joined(said, _(ADMIN_SEES_MORE)))})


class SiteUnavailable(SiteError):
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


class SiteRefuses(SiteError):
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

    committee_reads = mark("The site rejects a record that it was asked about.")

    def __init__(self, message: str, remedy: str = "", errorcode: str = "") -> None:
        super().__init__(message, remedy)
        self.errorcode = errorcode


class LeaseHeld(LatsarError):
    """Another run holds the programme: exit code 75. The message says who and since when."""

    committee_reads = mark("Another run of this programme is under way.")


class StoppedByPerson(LatsarError):
    """A named person asked that a run ends: it did, at the next step, and is not gone on with by itself."""


class Stopped(LatsarError):
    """The service was told to stop; the run ended between two steps, and the next one goes on from there."""


class LeaseLost(LatsarError):
    """Our lease expired or was taken over while we worked; nothing more may be written to the LMS."""


def is_of_one_course(error: LatsarError) -> bool:
    """Say whether what reading a course ran into is about that course, and not about the site or the way to it."""
    if isinstance(error, SiteRefuses):
        return error.errorcode in OF_ONE_COURSE
    return not isinstance(error, SiteUnavailable | NoMoodleThere)
