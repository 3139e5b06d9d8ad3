"""What a person typed, as it may stand on record for good: not empty, not endless, without what cannot be seen."""

import re
from datetime import date

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
"""Days outside of these are mistakes of typing."""

LONGEST_TEXT = 500
"""Characters of a reason, a legal basis, a number of a decree."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def named(what: str, text: str, longest: int = LONGEST_TEXT) -> str:
    """Return what a person said, in one line, without marks that turn the direction in which it is read.

    Raise UsageError if it is blank, too long, or holds control characters. ``what`` is the field or option.
    """
    require_printable(what, text)
    said = " ".join(_TURNS.sub("", text).split())  # a line of its own would read like one that the service wrote
    if not said:
        raise UsageError(
            _("{option} is empty.").format(option=what), _("Say it in words; it stands in the history for good.")
        )
    if len(said) > longest:
        raise UsageError(
            _("{option} is longer than {number} characters.").format(option=what, number=longest),
            _("Say it in fewer words."),
        )
    return said


def require_printable(what: str, text: str) -> None:
    """Raise UsageError if a text holds control characters, which no database keeps as they are."""
    if _CONTROL.search(text):
        raise UsageError(
            _("{option} holds characters that cannot be printed.").format(option=what),
            _("Type it anew, as plain text."),
        )


def sensible(day: date) -> date:
    """Return a day that may be meant; raise UsageError for one that only a mistake of typing gives."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise UsageError(
            _("{day} cannot be meant.").format(day=day), _("Give a day between 2000-01-01 and 2099-12-31.")
        )
    return day
