"""How the text of an answer becomes objects, and what one bad record in it spoils: itself (rule 20)."""

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

T = TypeVar("T")
Row = TypeVar("Row", bound="Payload")


@lru_cache(4096)
def kept_once(value: T) -> T:
    """Return one and the same value for equal ones: a course has few different grades, groups and roles, and one range;
    most people have done the same activities as somebody else.
    """
    return value


class Listing(list[Row]):
    """The rows of an answer that could be read, and what could not be.

    ``spoiled`` says by a row's id what of it was unreadable (such a row is in the list where the rest of it could be
    read); ``lost`` counts rows of which not even the id was. ``whole`` False: people may be missing besides.
    """

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """Take rows that were read well."""
        super().__init__(rows)
        self.spoiled: dict[int, str] = {}
        self.lost = 0
        self.whole = True

    def note(self, user_id: int | None, what: str) -> None:
        """Note a row that cannot be read, by its id if that can."""
        if user_id is None:
            self.lost += 1
        else:
            self.spoiled.setdefault(user_id, what)


class Payload(BaseModel, frozen=True, extra="ignore"):
    """Base of every answer: unchangeable, and blind to what the service does not use."""


class Shape(Generic[T]):
    """What the answer of a function looks like and how its body becomes objects.

    With ``exact_numbers`` every JSON number becomes the Decimal of its own text. Pydantic's JSON reader goes
    through a binary float first, which turns 69.999994999999999 into 69.999995: use it for all grades.
    """

    def __init__(self, adapter: TypeAdapter[T], *, exact_numbers: bool = False) -> None:
        self._adapter = adapter
        self._exact_numbers = exact_numbers

    def parse(self, body: bytes | str) -> T:
        """Read a body. Raise pydantic's ValidationError if it has another shape, ValueError if it is no JSON."""
        if self._exact_numbers:
            return self._adapter.validate_python(loaded(body))
        try:
            return self._adapter.validate_json(body)
        except ValidationError as error:
            if error.errors(include_url=False, include_context=False, include_input=False)[0]["type"] != "json_invalid":
                raise
        return self._adapter.validate_python(loaded(body))  # halves of characters, bytes that are no UTF-8


class Rows(Shape[Listing[Row]]):
    """The shape of a list about people: a row that cannot be read spoils itself and not the list (rule 20)."""

    def __init__(self, row: type[Row], needed: Mapping[str, Any] | None = None) -> None:
        """Take the payload class of a row, and what stands for a needed value of it that cannot be read."""
        self._rows: TypeAdapter[list[Row]] = TypeAdapter(list[row])  # type: ignore[valid-type] # a type in a variable
        self._row = row
        self._needed = needed or {}

    def parse(self, body: bytes | str) -> Listing[Row]:
        """Read a body. Raise ValidationError if it is no list, ValueError if it is no JSON."""
        try:
            return Listing(self._rows.validate_json(body))
        except ValidationError:
            listed = TypeAdapter(list[object]).validate_python(loaded(body))
        found: Listing[Row] = Listing()
        for fields in listed:
            row, what = read_row(self._row, fields, self._needed)
            if what:
                found.note(row.id if row is not None else None, what)  # type: ignore[attr-defined] # every row has one
            if row is not None:
                found.append(row)
        return found


def loaded(body: bytes | str) -> Any:
    """Return what a JSON text says, numbers exact. Raise ValueError if it is none.

    Bytes that are no UTF-8 become stand-ins; a number too long to be any, and NaN, are refused by the field that they
    are for.
    """
    text = body if isinstance(body, str) else body.decode("utf-8", errors="replace")
    try:
        return (_WITH_LONG if _LONG.search(text) else _USUAL).decode(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _integer(digits: str) -> int | Decimal:
    return int(digits) if len(digits) < 40 else Decimal("Infinity")


def _decimal(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except ArithmeticError:
        return Decimal("Infinity")


_LONG = re.compile("[0-9]{40}")
_USUAL = json.JSONDecoder(parse_float=_decimal)
_WITH_LONG = json.JSONDecoder(parse_float=_decimal, parse_int=_integer)  # a line of Python for each number


def read_row(shape: type[Row], fields: object, needed: Mapping[str, Any]) -> tuple[Row | None, str]:
    """Read one row as far as it can be; return it, None without its id, and what could not be read, if anything."""
    try:
        return shape.model_validate(fields), ""
    except ValidationError as error:
        what, bad = mismatch(error), {str(place["loc"][0]) for place in _errors(error) if place["loc"]}
    if not isinstance(fields, dict):
        return None, what
    rest = {name: value for name, value in fields.items() if name not in bad}
    try:
        return shape.model_validate({**{name: needed[name] for name in needed if name in bad}, **rest}), what
    except ValidationError:
        return None, what


def mismatch(error: ValidationError) -> str:
    """Name the first mismatch and its kind, without the value."""
    first = _errors(error)[0]
    place = ".".join(
        str(part) for part in first["loc"] if re.fullmatch(r"[a-z0-9_]+", str(part)) and part not in _KINDS
    )
    return f"{place or '*'}: {first['msg']}"


_KINDS = frozenset({"int", "str", "decimal", "none", "bool"})


def _errors(error: ValidationError) -> list[Any]:
    return error.errors(include_url=False, include_context=False, include_input=False)
