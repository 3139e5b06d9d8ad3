"""How the campus prints answers: JSON and XML the way PHP and Moodle's REST server do."""

from __future__ import annotations

import json
from decimal import Decimal
from xml.sax.saxutils import escape

from latsar_sync.demo.failures import MoodleError


def php_json(value: object, short_numbers: bool = False) -> str:
    """Print a value as PHP's json_encode does with serialize_precision = 17 (69.996 becomes 69.995999999999995).

    With ``short_numbers`` as it does with -1, which Moodle sets since 4.5: as few digits as tell the number.
    Takes dict, list, str, bool, int, float, Decimal or None; raises TypeError for anything else.
    """
    parts: list[str] = []
    _write_json(value, parts, short_numbers)
    return "".join(parts)


def _write_json(value: object, parts: list[str], short_numbers: bool) -> None:
    if isinstance(value, str):
        parts.append(_php_string(value))
    elif value is None:
        parts.append("null")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, int):
        parts.append(str(value))
    elif isinstance(value, (float, Decimal)):
        number = float(value)
        parts.append(f"{number:.0f}" if number.is_integer() else repr(number) if short_numbers else f"{number:.17g}")
    elif isinstance(value, dict):
        parts.append("{")
        for position, (key, item) in enumerate(value.items()):
            parts.append("," if position else "")
            parts.append(_php_string(str(key)) + ":")
            _write_json(item, parts, short_numbers)
        parts.append("}")
    elif isinstance(value, list):
        parts.append("[")
        for position, item in enumerate(value):
            parts.append("," if position else "")
            _write_json(item, parts, short_numbers)
        parts.append("]")
    else:
        raise TypeError(f"not part of a web-service answer: {type(value).__name__}")


def _php_string(value: str) -> str:
    # PHP escapes slashes and everything beyond ASCII.
    return json.dumps(value).replace("/", "\\/")


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
