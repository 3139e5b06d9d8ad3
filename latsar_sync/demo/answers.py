"""How the campus prints answers: JSON and XML the way PHP and Moodle's REST server do."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from operator import is_
from typing import Final
from xml.sax.saxutils import escape

from latsar_sync.demo.failures import MoodleError

_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})
_MARK: Final = "\\u0000number "
_MARKED: Final = re.compile(rf'"{re.escape(_MARK)}([^"]*)"')


def php_json(value: object, short_numbers: bool = False) -> str:
    """Print a value as PHP's json_encode does with serialize_precision = 17 (69.996 becomes 69.995999999999995).

    With ``short_numbers`` as it does with -1, which Moodle sets since 4.5: as few digits as tell the number.
    Takes dict, list, str, bool, int, float, Decimal or None; raises TypeError for anything else.
    """
    marked = _marked(value, short_numbers)
    text = json.dumps(marked, separators=(",", ":")).replace("/", "\\/")  # PHP escapes slashes
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def _marked(value: object, short: bool) -> object:
    """The value with its fractions as marked texts: the encoder, which is written in C, would print them otherwise.

    What holds no fraction is given back itself, not copied: that is most of what is answered.
    """
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, dict):
        marked = {
            key: new
            for key, item in value.items()
            if type(item) not in _AS_THEY_ARE and (new := _marked(item, short)) is not item
        }
        return {**value, **marked} if marked else value
    if isinstance(value, list):
        items = [item if type(item) in _AS_THEY_ARE else _marked(item, short) for item in value]
        return value if all(map(is_, items, value)) else items
    if isinstance(value, (float, Decimal)):
        real = float(value)
        return "\0number " + (f"{real:.0f}" if real.is_integer() else repr(real) if short else f"{real:.17g}")
    if isinstance(value, (str, int)):
        return value
    raise TypeError(f"not part of a web-service answer: {type(value).__name__}")


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
    if isinstance(value, (float, Decimal)):
        return f"<VALUE>{float(value):.14g}</VALUE>\n"
    return f"<VALUE>{escape(str(value))}</VALUE>\n"
