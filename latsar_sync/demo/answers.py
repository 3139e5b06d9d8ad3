"""How the campus prints answers: JSON and XML the way PHP and Moodle's REST server do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

from latsar_sync.demo.failures import MoodleError

_MARK: Final = "\\u0000number "
_MARKED: Final = re.compile(rf'"{re.escape(_MARK)}([^"]*)"')


def php_json(value: object, short_numbers: bool = False) -> str:
    """Print a value as PHP's json_encode does with serialize_precision = 17 (69.996 becomes 69.995999999999995).

    With ``short_numbers`` as it does with -1, which Moodle sets since 4.5: as few digits as tell the number.
    Takes dict, list, str, bool, int, Decimal or None; raises TypeError for anything else but a float, which would be
    printed as Python does.
    """
    text = _ENCODERS[short_numbers](value).replace("/", "\\/")  # PHP escapes slashes
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def _encoder(short: bool) -> Callable[[object], str]:
    """What prints in C all but fractions, which it takes for marked texts."""

    def marked(value: object) -> str:
        if not isinstance(value, Decimal):
            raise TypeError(f"not part of a web-service answer: {type(value).__name__}")
        real = float(value)
        return "\0number " + (f"{real:.0f}" if real.is_integer() else repr(real) if short else f"{real:.17g}")

    return json.JSONEncoder(separators=(",", ":"), default=marked).encode


_ENCODERS: Final = {short: _encoder(short) for short in (False, True)}


def moodle_xml(value: object) -> str:
    """Print an answer as the REST server does by default (recording get_site_info.default-format-is-xml)."""
    head = '<?xml version="1.0" encoding="UTF-8" ?>\n'
    if isinstance(value, MoodleError):
        return (
            f'{head}<EXCEPTION class="{escape(value.exception)}">\n<ERRORCODE>{escape(value.errorcode)}</ERRORCODE>\n'
            f"<MESSAGE>{escape(value.message)}</MESSAGE>\n</EXCEPTION>"
        )
    body = "" if value is None else _xml_value(value)
    return f"{head}<RESPONSE>\n{body}</RESPONSE>\n"


def _xml_value(value: object) -> str:
    if isinstance(value, dict):
        keys = "".join(f'<KEY name="{escape(str(key))}">{_xml_value(item)}</KEY>\n' for key, item in value.items())
        return f"<SINGLE>\n{keys}</SINGLE>\n"
    if isinstance(value, list):
        return "<MULTIPLE>\n" + "".join(_xml_value(item) for item in value) + "</MULTIPLE>\n"
    if value is None:
        return '<VALUE null="null"/>\n'
    if isinstance(value, bool):
        return f"<VALUE>{int(value)}</VALUE>\n"
    if isinstance(value, Decimal):
        return f"<VALUE>{float(value):.14g}</VALUE>\n"
    return f"<VALUE>{escape(str(value))}</VALUE>\n"
