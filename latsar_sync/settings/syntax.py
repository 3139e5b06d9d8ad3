"""What makes a configuration file no TOML: where, and what somebody who never saw TOML does about it."""

import re
from collections.abc import Mapping

from latsar_sync.domain.language import _, mark

_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)

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
SAID: Mapping[str, tuple[str, str | None]] = {
    "Cannot|Duplicate": (mark("this key or table stands there twice"), mark("Delete one of the two.")),
    "Unclosed|Expected.*\\]": (mark("a bracket that is not closed"), None),
    "Expected newline": (mark("something more behind what the line says"), None),
    "Unterminated|Illegal character": (mark("a quote that is not closed"), None),
    "Expected '='": (mark("a line that is no key = value"), mark("Write key = value.")),
    "Invalid date": (mark("a day that there is not"), mark("Write it as in 2026-12-07.")),
    "Invalid initial|Invalid statement": (mark("something that can be no key"), mark("Write key = value.")),
    "": (mark("something that is no value"), None),
}
"""How what tomllib says begins, and the same in words that can be translated."""
TWICE = "Cannot|Duplicate"


def syntax_problem(text: str, message: str) -> tuple[str, str]:
    """Return where and why ``text`` is no TOML, and the remedy; ``message`` is what tomllib says of it.

    What stands on the line is not repeated: it may be a token.
    """
    found = _PLACE.fullmatch(message)
    said = found[1] if found else message
    cause, remedy = next(words for begins, words in SAID.items() if re.match(begins, said))
    lines = text.splitlines()
    number = int(found[2]) if found and found[2] else max(len(lines), 1)
    column = found[3] if found and found[3] else "1"
    line = lines[number - 1] if number <= len(lines) else ""
    if not re.match(TWICE, said):
        for looks, typed, help_ in CAUSES.values():
            if looks.search(line):
                cause, remedy = typed, help_
                break
    told = _("line {line}, column {column}: {message}").format(line=number, column=column, message=_(cause))
    return told, _(remedy or mark("Correct it; texts stand in quotes, lists in [ ]."))
