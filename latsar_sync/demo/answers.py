"""How the campus prints answers: JSON and XML the way PHP and Moodle's REST server do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Final, TypeGuard
from xml.sax.saxutils import escape

from latsar_sync.demo.failures import MoodleError

_MARK: Final = "\\u0000number "
_MARKED: Final = re.compile(rf'"{re.escape(_MARK)}([^"]*)"')


class Known(dict[str, object]):
    """A part of answers that is not changed any more: it is printed once, however often it is sent."""

    __slots__ = ("_texts",)

    def __init__(self, part: dict[str, object]) -> None:
        """Take what the part holds."""
        super().__init__(part)
        self._texts: dict[bool, str] = {}

    def printed(self, short_numbers: bool) -> str:
        """The part as ``php_json`` prints it."""
        text = self._texts.get(short_numbers)
        if text is None:
            text = self._texts[short_numbers] = _printed(self, short_numbers)
        return text


class Parts:
    """Parts of answers by everything that they follow from: the same people are asked about time and again."""

    def __init__(self, most: int = 8192) -> None:
        """Take how many to remember; those of very many people are made anew."""
        self._most = most
        self._known: dict[Hashable, Known] = {}

    def part(self, follows_from: Hashable, make: Callable[[], dict[str, object]]) -> Known:
        """The part that follows from these values; what has no text yet is made."""
        known = self._known.get(follows_from)
        if known is None:
            if len(self._known) >= self._most:
                self._known.clear()
            known = self._known[follows_from] = Known(make())
        return known


def php_json(value: object, short_numbers: bool = False) -> str:
    """Print a value as PHP's json_encode does with serialize_precision = 17 (69.996 becomes 69.995999999999995).

    With ``short_numbers`` as it does with -1, which Moodle sets since 4.5: as few digits as tell the number.
    Takes dict, list, str, bool, int, Decimal or None; raises TypeError for anything else but a float, which would be
    printed as Python does.
    """
    if isinstance(value, Known):
        return value.printed(short_numbers)
    if _holds_known(value):
        return "[" + ",".join([php_json(each, short_numbers) for each in value]) + "]"
    if isinstance(value, dict) and any(_holds_known(each) for each in value.values()):
        return "{" + ",".join([f'"{name}":{php_json(each, short_numbers)}' for name, each in value.items()]) + "}"
    return _printed(value, short_numbers)


def _holds_known(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Known)


def _printed(value: object, short_numbers: bool) -> str:
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
