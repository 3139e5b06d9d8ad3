"""What must hold of an account of the dashboard, wherever it is made or its owner chooses a password."""

from latsar_sync.actions.typed_text import named, require_printable
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.store import queue

LONGEST_NAME = 64
SHORTEST_PASSWORD = 12
"""Characters of either."""


def account_name(what: str, text: str) -> str:
    """Return the name that a new account is to have; ``what`` is the field or argument in which it was typed.

    Raise UsageError if it is blank or too long, or if the queue of requests keeps the scheduled ones under it.
    """
    name = named(what, text)
    if name == queue.SCHEDULE:
        raise UsageError(
            _('"{name}" is what the timetable is called.').format(name=queue.SCHEDULE), _("Choose another name.")
        )
    if len(name) > LONGEST_NAME:
        raise UsageError(
            _("The name is longer than {number} characters.").format(number=LONGEST_NAME), _("Choose a shorter one.")
        )
    return name


def require_long(password: str) -> None:
    """Raise UsageError if a password is too short, or cannot be typed again."""
    require_printable(_("The password"), password)
    if len(password) < SHORTEST_PASSWORD:
        raise UsageError(
            _("The password is shorter than {number} characters.").format(number=SHORTEST_PASSWORD),
            _("Choose a longer one; several words are good."),
        )
