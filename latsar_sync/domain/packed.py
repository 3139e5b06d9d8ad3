"""Values of many people in a tenth of the memory: what is alike is held once, the rest as numbers and bytes.

From ``MANY`` people on a run holds so what it knows, reads and plans of each; a value is made anew whenever it is asked
for, equal to the one that was put in. Up to there plain values are faster, and are no burden.
"""

import marshal
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter, itemgetter
from struct import Struct
from typing import Any, Generic, TypeVar

MANY = 200_000
"""From so many people on they are held packed."""

NONE = -(2**63)
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
USUAL = 256
"""So many bytes the texts of one row take together, or less."""
_START = Struct("=I")
"""Where the texts of a row begin; it stands last in the row."""
DIGITS = 18
"""A text of so many digits, as a NIP is, is held as a number."""

T = TypeVar("T")


class Layout(Generic[T]):
    """How values of one kind are packed: ``alike`` names groups of fields that many share together (a group of none is
    the value itself), ``digits`` the texts that are nearly always ``DIGITS`` digits, ``own`` the other texts that they
    do not share, ``numbers`` and ``moments`` the rest.

    ``kind`` makes a value of its ``fields``, in this order. Where a value has no such fields, ``shown`` gives what has.
    """

    def __init__(
        self,
        kind: Callable[..., T],
        alike: Sequence[tuple[str, ...]],
        numbers: Sequence[str] = (),
        moments: Sequence[str] = (),
        digits: tuple[str, ...] = (),
        own: tuple[str, ...] = (),
        fields: Sequence[str] = (),
        shown: Callable[[T], Any] | None = None,
    ) -> None:
        self.shown = shown
        # a named tuple is made of a row of fields sooner than of so many arguments
        self.make: Callable[[Sequence[Any]], T] = getattr(kind, "_make", lambda fields: kind(*fields))
        self.alike = [_fields_of(names) for names in alike]
        self.numbers = [attrgetter(name) for name in numbers]
        self.moments = [attrgetter(name) for name in moments]
        self.digits, self.digits_named = [attrgetter(name) for name in digits], digits
        self.own, self.texts = _fields_of(own) if own else None, own
        self.row = Struct(f"={len(alike)}I{len(numbers)}q{len(moments)}q{len(digits)}q{'I' if own else ''}")
        self.shared = {name: (at, names.index(name)) for at, names in enumerate(alike) for name in names}
        held = [*(name for names in alike for name in names), *numbers, *moments, *digits, *own]
        self.order: Callable[[list[Any]], Sequence[Any]] = itemgetter(*map(held.index, fields)) if fields else list


def _fields_of(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads these fields of a value, or the value itself where there are none, always as a tuple."""
    read = attrgetter(*names) if names else lambda value: value
    return read if len(names) > 1 else lambda value: (read(value),)


class PackedRows(Generic[T]):
    """Values of one kind, row by row; a row once put in stays."""

    def __init__(self, layout: Layout[T]) -> None:
        self._layout = layout
        self._rows, self._own, self._own_before = bytearray(), bytearray(), (b"", 0)
        self._odd, self._odd_at = list[str](), dict[str, int]()
        self._numbers: list[dict[tuple[Any, ...], int]] = [{} for _ in layout.alike]
        self._alike: list[list[tuple[Any, ...]]] = [[] for _ in layout.alike]
        self._first_moment = len(layout.alike) + len(layout.numbers)
        self._after_moments = self._first_moment + len(layout.moments)
        self._after_digits = self._after_moments + len(layout.digits)
        self._numbers_of, self._size, self._has_texts = layout.row.unpack_from, layout.row.size, layout.own is not None
        self._order, self._make = layout.order, layout.make

    def append(self, value: T) -> int:
        """Put a value in; return its row."""
        layout, row = self._layout, list[int]()
        value = layout.shown(value) if layout.shown is not None else value
        for read, numbers, alike in zip(layout.alike, self._numbers, self._alike, strict=True):
            fields = read(value)
            number = numbers.setdefault(fields, len(alike))
            if number == len(alike):
                alike.append(fields)
            row.append(number)
        for read_one in layout.numbers:
            number = read_one(value)
            row.append(NONE if number is None else number)
        for read_one in layout.moments:
            moment = read_one(value)
            row.append(NONE if moment is None else (moment - EPOCH) // MICROSECOND)
        for read_one in layout.digits:
            row.append(self._number_of(read_one(value)))
        if layout.own is not None:
            row.append(self._start_of(marshal.dumps(layout.own(value))))
        self._rows += layout.row.pack(*row)
        return len(self) - 1

    def _number_of(self, text: str | None) -> int:
        if text is None:
            return NONE
        if len(text) == DIGITS and text.isascii() and text.isdigit():
            return int(text)
        at = self._odd_at.setdefault(text, len(self._odd))
        if at == len(self._odd):
            self._odd.append(text)
        return -1 - at

    def _text_of(self, number: int) -> str | None:
        if number >= 0:
            return f"{number:0{DIGITS}}"
        return None if number == NONE else self._odd[-1 - number]

    def _start_of(self, texts: bytes) -> int:
        """Return where the texts of a row begin: behind the others, or where those of the row before do if alike."""
        if texts != self._own_before[0]:
            self._own_before = texts, len(self._own)
            self._own += texts
        return self._own_before[1]

    def __len__(self) -> int:
        return len(self._rows) // self._layout.row.size

    def get(self, row: int, *before: Any) -> T:
        """Return the value of a row; ``before`` are those of its fields that are not held here, the first of it."""
        held = list[Any]()
        numbers = self._numbers_of(self._rows, row * self._size)
        at = 0
        for alike in self._alike:
            held += alike[numbers[at]]
            at += 1
        while at < self._first_moment:
            number = numbers[at]
            held.append(None if number == NONE else number)
            at += 1
        while at < self._after_moments:
            number = numbers[at]
            held.append(None if number == NONE else EPOCH + number * MICROSECOND)
            at += 1
        while at < self._after_digits:
            held.append(self._text_of(numbers[at]))
            at += 1
        if self._has_texts:
            held += self._texts(numbers[at])
        return self._make((*before, *self._order(held)))

    def _texts(self, start: int) -> Any:
        try:  # what stands behind them is not looked at; so long are those of nearly everybody
            return marshal.loads(self._own[start : start + USUAL])  # noqa: S302  our own bytes, of this process
        except (EOFError, ValueError):
            return marshal.loads(memoryview(self._own)[start:])  # noqa: S302  our own bytes, of this process

    def field(self, row: int, name: str) -> Any:
        """Return one of the texts of a row that nobody shares, or one of its fields that many share."""
        if name in self._layout.shared:
            return self.shared(name)(row)
        if name in self._layout.digits_named:
            at = self._after_moments + self._layout.digits_named.index(name)
            return self._text_of(self._numbers_of(self._rows, row * self._size)[at])
        [start] = _START.unpack_from(self._rows, (row + 1) * self._layout.row.size - _START.size)
        return self._texts(start)[self._layout.texts.index(name)]

    def shared(self, field: str) -> Callable[[int], Any]:
        """Return what reads one field of a row that many share."""
        group, position = self._layout.shared[field]
        alike, row_of, size = self._alike[group], self._layout.row.unpack_from, self._layout.row.size
        return lambda row: alike[row_of(self._rows, row * size)[group]][position]
