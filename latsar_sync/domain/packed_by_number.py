"""What is held of many people by a number, packed: their positions, their values, and these in order."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, overload

from latsar_sync.domain.packed import PackedRows, T
from latsar_sync.domain.packs import InOrder


class Positions:
    """Whole numbers that are each one's own, with the positions in which they were given, counted from 0."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._numbers = _as_short(numbers)
        positions = range(len(self._numbers))
        self._expected = 0  # mostly they are gone through in their order, and asked for so: the position after the last
        self._in_order: array[int] | None = None  # sites list people in the order of their ids
        if not all(self._numbers[position - 1] < self._numbers[position] for position in positions[1:]):
            self._in_order = array("I", sorted(positions, key=self._numbers.__getitem__))

    def of(self, number: object) -> int:
        """Return the position of a number, -1 if it has none."""
        numbers, expected = self._numbers, self._expected
        if expected < len(numbers) and numbers[expected] == number:
            self._expected = expected + 1
            return expected
        if not isinstance(number, int):
            return -1
        position = self._looked_up(number)
        if position == len(numbers) or numbers[position] != number:
            return -1
        self._expected = position + 1
        return position

    def _looked_up(self, number: int) -> int:
        """Return where a number stands, if it is one of them."""
        numbers, in_order = self._numbers, self._in_order
        if in_order is None:
            return bisect_left(numbers, number)
        at = bisect_left(in_order, number, key=numbers.__getitem__)
        return in_order[at] if at < len(in_order) else len(numbers)

    def __iter__(self) -> Iterator[int]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def _as_short(numbers: Iterable[int]) -> "array[int]":
    """Return numbers in 4 bytes each, as those of a Moodle are, or in 8 if one of them needs that."""
    held, coming = array("I"), iter(numbers)
    for number in coming:
        try:
            held.append(number)
        except OverflowError:
            return array("q", chain(held, [number], coming))
    return held


class ByNumber(Mapping[int, T]):
    """Values, held in ``rows``, by a whole number that is each one's own, such as the user id in the source."""

    def __init__(self, rows: PackedRows[T] | InOrder[T], pairs: Iterable[tuple[int, T]]) -> None:
        self._rows = rows
        self._positions = Positions(number for number, value in pairs if rows.append(value) >= 0)

    def __getitem__(self, number: int) -> T:
        position = self._positions.of(number)
        if position < 0:
            raise KeyError(number)
        return self._rows.get(position)

    def get(self, number: int, other: Any = None) -> Any:
        """Return the value of a number, else ``other``."""
        position = self._positions.of(number)
        return other if position < 0 else self._rows.get(position)

    def __contains__(self, number: object) -> bool:
        return self._positions.of(number) >= 0

    def __iter__(self) -> Iterator[int]:
        return iter(self._positions)

    def __len__(self) -> int:
        return len(self._positions)

    def all_values(self) -> "PackedSequence[T]":
        """Return the values alone, in their order."""
        return PackedSequence(self._rows, self)


class PackedSequence(Sequence[T]):
    """Values one after another; ``by_number`` has the same by their numbers."""

    def __init__(self, rows: PackedRows[T] | InOrder[T], by_number: ByNumber[T]) -> None:
        self._rows = rows
        self.by_number = by_number

    @overload
    def __getitem__(self, position: int) -> T: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[T, ...]: ...

    def __getitem__(self, position: int | slice) -> T | tuple[T, ...]:
        rows = range(len(self._rows))[position]
        return self._rows.get(rows) if isinstance(rows, int) else tuple(map(self._rows.get, rows))

    def __iter__(self) -> Iterator[T]:
        return map(self._rows.get, range(len(self._rows)))

    def __len__(self) -> int:
        return len(self._rows)
