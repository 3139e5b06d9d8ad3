"""What makes a configuration file no TOML: where, and what somebody who never saw TOML does about it."""

import re
from collections.abc import Mapping
from itertools import islice

from latsar_sync.domain.language import _, mark

_PLACE = re.compile(r"(.*) \(at line (\d+), column (\d+)\)", re.DOTALL)

CAUSES: Mapping[str, tuple[re.Pattern[str], str, str]] = {
    "quotes": (
        re.compile("[“”„‟«»‘’‚]"),
        mark("a curved quote, as word processors make them"),
        mark('Write straight quotes: ".'),
    ),
    "blank": (
        re.compile("[\u00a0\u00ad\u2000-\u200f\u2028-\u202f\u205f\u2060\u3000\ufeff]"),
        mark("a blank that is none, or a sign that cannot be seen"),
        mark("Delete the blanks of that line and type them anew."),
    ),
    "day": (
        re.compile(r"=\s*(\d{1,2}[/.-]\d{1,2}[/.-]\d{4}|\d{4}-\d{1,2}-\d{1,2})\b(?<!\d{4}-\d\d-\d\d)"),
        mark("a day that is written otherwise than here"),
        mark("Write it as in 2026-12-07."),
    ),
    "number": (
        re.compile(r"=\s*-?\d+,\d"),
        mark("a number with a comma"),
        mark("Write a point instead, as in 70.5."),
    ),
    "backslash": (
        re.compile(r'"[^"]*\\'),
        mark("a backslash within double quotes"),
        mark("Write / instead, or put the text into single quotes: '…'."),
    ),
    "colon": (re.compile(r"^\s*[\w.-]+\s*:"), mark("a colon where = belongs"), mark("Write key = value.")),
    "bare": (re.compile(r"=\s*[A-Za-z/]"), mark("a text without quotes"), mark('Put it into quotes: "…".')),
}
"""What people type that is no TOML: how it looks on its line, what it is, and what to do."""
TWICE = re.compile(r"Cannot (overwrite a value|declare .* twice)")


def syntax_problem(text: str, message: str) -> tuple[str, str]:
    """Return where and why ``text`` is no TOML, and the remedy; ``message`` is what tomllib says of it.

    What stands on the line is not repeated: it may be a token.
    """
    remedy = _("Correct it; texts stand in quotes, lists in [ ].")
    found = _PLACE.fullmatch(message)
    if found is None:
        return message, remedy
    number = int(found[2])
    line = next(islice(text.splitlines(), number - 1, None), "")
    told = found[1]
    if TWICE.fullmatch(told):
        told, remedy = _("this key or table stands there twice"), _("Delete one of the two.")
    else:
        for looks, cause, help_ in CAUSES.values():
            if looks.search(line):
                told, remedy = _(cause), _(help_)
                break
    return _("line {line}, column {column}: {message}").format(line=number, column=found[3], message=told), remedy
