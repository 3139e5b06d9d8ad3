"""The kinds of values in Moodle's answers, and the one place where a foreign value is converted (rule 20).

What is odd but means something is read (a number written as text); what means nothing is refused here, by an error of
pydantic, before anything of ours meets it. An odd moment is no moment: nothing is decided by it.
"""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from latsar_sync.domain.rounding import quantise

T = TypeVar("T")

LARGEST_NUMBER = Decimal(10) ** 10
"""Grades and marks are NUMERIC(10,5) in Moodle (``lib/db/install.xml``): this and more is no grade."""
LARGEST_ID = 2**63
FIRST_MOMENT, LAST_MOMENT = 978_307_200, 7_258_118_400
"""The years 2001, before there was a Moodle, and 2200 in Unix seconds: what lies before was written by a clock that was
not set, and would come first in every order; what lies beyond, in milliseconds.
"""


def clean(text: str) -> str:
    """Return a text without control characters, halves of characters, and what no XML holds: neither database nor
    terminal nor document should meet them.
    """
    if text.isprintable():
        return text
    text = re.sub(r"[\t\n\r\f\v\x85\u2028\u2029]+", " ", text)
    return re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "", text)


def _text(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_ID:
        return str(value)  # a plugin that answers a number where it looks like one
    return value


def _unescaped(text: str) -> str:
    return clean(html.unescape(text)) if "&" in text else text


def _whole(least: int, most: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        as_text = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value)
        as_float = isinstance(value, float | Decimal) and -(2**53) < value < 2**53 and value == int(value)
        if as_text or as_float:
            value = int(value)  # type: ignore[call-overload] # a text or number, told above
        if isinstance(value, bool) or not isinstance(value, int):
            raise PydanticCustomError("whole_number", "no whole number")
        if not least <= value < most:
            raise PydanticCustomError("out_of_range", "a number out of range")
        return value

    return check


def _number(value: object) -> object:
    # digits, and a point if anything: a dash, a decimal comma, a percent sign or a word is no number
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,30}(\.[0-9]{1,30})?\s*", value):
        value = Decimal(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    elif isinstance(value, float):
        value = Decimal(repr(value))
    if not isinstance(value, Decimal) or not value.is_finite():
        raise PydanticCustomError("number", "no number")
    if not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        raise PydanticCustomError("out_of_range", "more digits than any number of Moodle has")
    return quantise(value)


def _seconds(value: object) -> int | None:
    try:
        return _whole(FIRST_MOMENT, LAST_MOMENT)(value)
    except PydanticCustomError:
        return None


def _flag(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value in (0, 1, "0", "1") and isinstance(value, int | str):
        return bool(int(value))
    raise PydanticCustomError("flag", "neither yes nor no")


def _visit(value: object) -> int | None:
    return 0 if value in (0, "0") and not isinstance(value, bool) else _seconds(value)


_NOTHING_ODD = r"^[^\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]*$"
_TEXT = Annotated[str, Field(strict=True, pattern=_NOTHING_ODD)] | Annotated[str, BeforeValidator(_text)]
_EITHER_WAY = Field(union_mode="left_to_right")  # what is as it should be is read without a line of Python

Text = Annotated[_TEXT, _EITHER_WAY]
"""Plain text, cleaned."""
Name = Annotated[_TEXT, _EITHER_WAY, AfterValidator(_unescaped)]
"""A name that arrives HTML-escaped (trap 38)."""
Id = Annotated[
    Annotated[int, Field(strict=True, ge=0, lt=LARGEST_ID)] | Annotated[int, BeforeValidator(_whole(0, LARGEST_ID))],
    _EITHER_WAY,
]
"""A number of a row; 0 is "none" in some answers."""
Whole = Annotated[
    Annotated[int, Field(strict=True, ge=-LARGEST_ID, lt=LARGEST_ID)]
    | Annotated[int, BeforeValidator(_whole(-LARGEST_ID, LARGEST_ID))],
    _EITHER_WAY,
]
Number = Annotated[Decimal, BeforeValidator(_number)]
"""Any grade, bound or mark: the one place of every number, half-up at Moodle's five places (rule 1).

NaN, infinity, words, and what no gradebook can hold are no number.
"""
Flag = Annotated[Annotated[bool, Field(strict=True)] | Annotated[bool, BeforeValidator(_flag)], _EITHER_WAY]
Seconds = Annotated[int | None, BeforeValidator(_seconds)]
"""Unix seconds; None for 0, null and what is no moment."""
Visit = Annotated[int | None, BeforeValidator(_visit)]
"""Unix seconds of the last visit; 0 says that there was none, None that it cannot be told."""


def plain_text(markup: str) -> str:
    """Return a name as people read it, out of the HTML of a link."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def moment(seconds: int | None) -> datetime | None:
    """Given Unix seconds as read by ``Seconds``, produce the moment; None for none."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
