"""What is held by internal id of many people, packed: values, some of them, and values by one of their fields."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

from latsar_sync.domain.packed import Layout, PackedRows
from latsar_sync.domain.packed_ids import Ids

T = TypeVar("T")


class ById(MutableMapping[str, T]):
    """Values by internal id, which is their first field; ``ids`` may be shared with other such mappings.

    They come in the order of the ids.
    """

    def __init__(self, layout: Layout[T], ids: Ids) -> None:
        self.ids = ids
        self._layout = layout
        self._rows: PackedRows[T] = PackedRows(layout)
        self._row_at = array("i")
        self._number = 0

    def field_of(self, who: str, field: str) -> Any:
        """Return one field of a value, without making the rest of it; KeyError where there is none."""
        row = self._row_of(self.ids.position_of(who))
        if row < 0:
            raise KeyError(who)
        return self._rows.field(row, field)

    def get(self, who: str, other: Any = None) -> Any:
        """Return the value of an id, else ``other``."""
        row = self._row_of(self.ids.position_of(who))
        return other if row < 0 else self._rows.get(row, who)

    def fields(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """Go through some fields that many share, without making the values."""
        read = [self._rows.shared(name) for name in names]
        return (tuple([each(row) for each in read]) for _, row in self._held())

    def differing(self, before: "ById[T]") -> Iterator[tuple[T | None, T]]:
        """Yield the values that are others than ``before`` or new, each with what it was: what is equal may be left
        out unseen where the one was made of the other.
        """
        same = before._rows is self._rows
        for position, row in self._held():
            was = before._row_of(position)
            if not (same and was == row):
                who = self.ids.at(position)
                old, new = before._rows.get(was, who) if was >= 0 else None, self._rows.get(row, who)
                if old != new:
                    yield old, new

    def empty(self) -> "ById[T]":
        """Return an empty mapping for the same people; what is put into it costs no more once it changes this one."""
        empty = ById(self._layout, self.ids)
        empty._rows = self._rows
        return empty

    def grouped(self, field: str) -> dict[Any, "PackedGroup[T]"]:
        """Return the values, as they are now, by one of their fields that many share."""
        found: dict[Any, PackedGroup[T]] = {}
        read = self._rows.shared(field)
        for position, row in self._held():
            key = read(row)
            group = found.get(key)
            if group is None:
                group = found[key] = PackedGroup(self._rows, self.ids)
            group.take(position, row)
        return found

    def changed(self, others: Mapping[str, T]) -> "ById[T]":
        """Return a copy with other values for some; of both what is held already is held once."""
        copy = self.empty()
        copy._row_at, copy._number = self._row_at[:], self._number
        if isinstance(others, ById) and others._rows is self._rows:
            for position, row in others._held():
                copy._put(position, row)
        else:
            copy.update(others)
        return copy

    def __getitem__(self, who: str) -> T:
        row = self._row_of(self.ids.position_of(who))
        if row < 0:
            raise KeyError(who)
        return self._rows.get(row, who)

    def __setitem__(self, who: str, value: T) -> None:
        self._put(self.ids.add(who), self._rows.append(value))

    def __delitem__(self, who: str) -> None:
        position = self.ids.position_of(who)
        if self._row_of(position) < 0:
            raise KeyError(who)
        self._row_at[position] = -1
        self._number -= 1

    def __contains__(self, who: object) -> bool:
        return self._row_of(self.ids.position_of(who)) >= 0

    def __iter__(self) -> Iterator[str]:
        return (self.ids.at(position) for position, row in enumerate(self._row_at) if row >= 0)

    def values(self) -> "Values[T]":  # type: ignore[override]  # nobody asks it whether a value is in it
        """Return the values, to be gone through as often as one likes."""
        return Values(self)

    def items(self) -> Any:
        """Go through ids and values, once."""
        return ((self.ids.at(position), self._rows.get(row, self.ids.at(position))) for position, row in self._held())

    def all_values(self) -> Iterator[T]:
        """Go through the values in the order of the ids."""
        get, id_at = self._rows.get, self.ids.at
        return (get(row, id_at(position)) for position, row in self._held())

    def __len__(self) -> int:
        return self._number

    def _put(self, position: int, row: int) -> None:
        if position >= len(self._row_at):
            self._row_at.extend(array("i", [-1]) * (position + 1 - len(self._row_at)))
        self._number += self._row_at[position] < 0
        self._row_at[position] = row

    def _held(self) -> Iterator[tuple[int, int]]:
        return ((position, row) for position, row in enumerate(self._row_at) if row >= 0)

    def _row_of(self, position: int) -> int:
        return self._row_at[position] if 0 <= position < len(self._row_at) else -1


class PackedGroup(Iterable[T]):
    """Some of the values of a mapping, as they were when it was made."""

    def __init__(self, rows: PackedRows[T], ids: Ids) -> None:
        self._rows, self._ids = rows, ids
        self._positions, self._row_of = array("I"), array("I")

    def take(self, position: int, row: int) -> None:
        """Take the value of a row, which belongs to the id at a position."""
        self._positions.append(position)
        self._row_of.append(row)

    def __iter__(self) -> Iterator[T]:
        return map(self._rows.get, self._row_of, map(self._ids.at, self._positions))

    def __len__(self) -> int:
        return len(self._positions)


class Some(MutableMapping[str, T]):
    """The values of some ids, all of which ``held`` has; what is set or deleted here is so here alone."""

    def __init__(self, held: ById[T], ids: Iterable[str]) -> None:
        self._held = held
        self._positions = array("i", sorted(map(held.ids.position_of, ids)))
        self._own: dict[str, T] = {}

    def __getitem__(self, who: str) -> T:
        return self._own[who] if who in self._own or self._at(who) is None else self._held[who]

    def __setitem__(self, who: str, value: T) -> None:
        self._own[who] = value

    def __delitem__(self, who: str) -> None:
        at = self._at(who)
        if at is not None:
            del self._positions[at]
            self._own.pop(who, None)
        else:
            del self._own[who]

    def __iter__(self) -> Iterator[str]:
        yield from map(self._held.ids.at, self._positions)
        yield from (who for who in self._own if self._at(who) is None)

    def __len__(self) -> int:
        return len(self._positions) + sum(self._at(who) is None for who in self._own)

    def _at(self, who: object) -> int | None:
        position = self._held.ids.position_of(who)
        at = bisect_left(self._positions, position)
        return at if at < len(self._positions) and self._positions[at] == position else None


class Values(Iterable[T]):
    """The values of a mapping ``of`` people."""

    def __init__(self, of: ById[T]) -> None:
        self.of = of

    def __iter__(self) -> Iterator[T]:
        return self.of.all_values()

    def __len__(self) -> int:
        return len(self.of)
