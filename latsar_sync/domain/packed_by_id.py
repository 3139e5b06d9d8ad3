"""What is held by internal id of many people, packed: the ids themselves, values by them, and ids by other texts."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, TypeVar

from latsar_sync.domain.packed import Layout, PackedRows

ID_LENGTH = 32

T = TypeVar("T")


class Ids:
    """Internal ids, each with its place: 32 letters in 32 bytes, found by their hash."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._text = bytearray()
        self._slots = array("i", [-1]) * 1024
        self._told: str | None = None
        self._told_at = -1  # whoever is gone through or looked up is looked up again next
        for each in ids:
            self.add(each)

    def add(self, who: str) -> int:
        """Return the place of an id, given to it now if it has none."""
        if who is self._told and self._told_at >= 0:
            return self._told_at
        slot, place = self._slot_of(who)
        if place >= 0:
            return place
        self._told = None
        place = len(self)
        self._text += _padded(who)
        self._slots[slot] = place
        if 3 * len(self) > 2 * len(self._slots):
            self._grow()
        return place

    def place_of(self, who: object) -> int:
        """Return the place of an id, -1 if it has none."""
        if who is self._told:
            return self._told_at
        if not isinstance(who, str):
            return -1
        _, place = self._slot_of(who)
        self._told, self._told_at = who, place
        return place

    def setdefault(self, who: str, _who: str) -> None:
        """Take an id, as a mapping of ids by themselves does."""
        self.add(who)

    def get(self, _who: str, other: str) -> str:
        """Return an id as it is at hand: what is packed is not held as a text too."""
        return other

    def __iter__(self) -> Iterator[str]:
        return map(self.at, range(len(self)))

    def at(self, place: int) -> str:
        """Return the id at a place."""
        self._told = self._text[place * ID_LENGTH : (place + 1) * ID_LENGTH].decode().rstrip()
        self._told_at = place
        return self._told

    def __len__(self) -> int:
        return len(self._text) // ID_LENGTH

    def _slot_of(self, who: str) -> tuple[int, int]:
        """Return where an id stands in the table of hashes, or would stand, and its place."""
        slots, mask, text = self._slots, len(self._slots) - 1, _padded(who)
        slot = hash(who) & mask
        while (place := slots[slot]) >= 0 and not self._text.startswith(text, place * ID_LENGTH):
            slot = (slot + 1) & mask
        return slot, place

    def _grow(self) -> None:
        self._slots = array("i", [-1]) * (2 * len(self._slots))
        for place in range(len(self)):
            slot, _ = self._slot_of(self.at(place))
            self._slots[slot] = place


def _padded(who: str) -> bytes:
    text = who.encode()
    if len(text) > ID_LENGTH:
        raise ValueError(f"no internal id: {len(text)} bytes")
    return text if len(text) == ID_LENGTH else text.ljust(ID_LENGTH)


class IdByText(MutableMapping[str, str]):
    """Internal ids by texts that are each one's own and no longer than an id."""

    def __init__(self, ids: Ids) -> None:
        self._ids, self._texts, self._places = ids, Ids(), array("i")

    def __getitem__(self, text: str) -> str:
        place = self._texts.place_of(text)
        if place < 0 or self._places[place] < 0:
            raise KeyError(text)
        return self._ids.at(self._places[place])

    def __setitem__(self, text: str, who: str) -> None:
        place = self._texts.add(text)
        if place == len(self._places):
            self._places.append(-1)
        self._places[place] = self._ids.add(who)

    def __delitem__(self, text: str) -> None:
        self._places[self._texts.place_of(text)] = -1

    def __iter__(self) -> Iterator[str]:
        return (self._texts.at(place) for place, at in enumerate(self._places) if at >= 0)

    def __len__(self) -> int:
        return sum(at >= 0 for at in self._places)


class IdList:
    """Internal ids in an order of their own."""

    def __init__(self, ids: Ids) -> None:
        self._ids, self._places = ids, array("I")

    def append(self, who: str) -> None:
        """Put an id behind the others."""
        self._places.append(self._ids.add(who))

    def __getitem__(self, at: int) -> str:
        return self._ids.at(self._places[at])

    def __iter__(self) -> Iterator[str]:
        return map(self._ids.at, self._places)

    def __len__(self) -> int:
        return len(self._places)


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

    def told(self, who: str, field: str) -> Any:
        """Return one field of a value, without making the rest of it; KeyError where there is none."""
        row = self._row_of(self.ids.place_of(who))
        if row < 0:
            raise KeyError(who)
        return self._rows.field(row, field)

    def get(self, who: str, other: Any = None) -> Any:
        """Return the value of an id, else ``other``."""
        row = self._row_of(self.ids.place_of(who))
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
        for place, row in self._held():
            was = before._row_of(place)
            if not (same and was == row):
                who = self.ids.at(place)
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
        for place, row in self._held():
            key = read(row)
            group = found.get(key)
            if group is None:
                group = found[key] = PackedGroup(self._rows, self.ids)
            group.take(place, row)
        return found

    def changed(self, others: Mapping[str, T]) -> "ById[T]":
        """Return a copy with other values for some; of both what is held already is held once."""
        copy = self.empty()
        copy._row_at, copy._number = self._row_at[:], self._number
        if isinstance(others, ById) and others._rows is self._rows:
            for place, row in others._held():
                copy._put(place, row)
        else:
            copy.update(others)
        return copy

    def __getitem__(self, who: str) -> T:
        row = self._row_of(self.ids.place_of(who))
        if row < 0:
            raise KeyError(who)
        return self._rows.get(row, who)

    def __setitem__(self, who: str, value: T) -> None:
        self._put(self.ids.add(who), self._rows.append(value))

    def __delitem__(self, who: str) -> None:
        place = self.ids.place_of(who)
        if self._row_of(place) < 0:
            raise KeyError(who)
        self._row_at[place] = -1
        self._number -= 1

    def __contains__(self, who: object) -> bool:
        return self._row_of(self.ids.place_of(who)) >= 0

    def __iter__(self) -> Iterator[str]:
        return (self.ids.at(place) for place, row in enumerate(self._row_at) if row >= 0)

    def values(self) -> "Values[T]":  # type: ignore[override]  # nobody asks it whether a value is in it
        """Return the values, to be gone through as often as one likes."""
        return Values(self)

    def items(self) -> Any:
        """Go through ids and values, once."""
        return ((self.ids.at(place), self._rows.get(row, self.ids.at(place))) for place, row in self._held())

    def all_values(self) -> Iterator[T]:
        """Go through the values in the order of the ids."""
        get, id_at = self._rows.get, self.ids.at
        return (get(row, id_at(place)) for place, row in self._held())

    def __len__(self) -> int:
        return self._number

    def _put(self, place: int, row: int) -> None:
        if place >= len(self._row_at):
            self._row_at.extend(array("i", [-1]) * (place + 1 - len(self._row_at)))
        self._number += self._row_at[place] < 0
        self._row_at[place] = row

    def _held(self) -> Iterator[tuple[int, int]]:
        return ((place, row) for place, row in enumerate(self._row_at) if row >= 0)

    def _row_of(self, place: int) -> int:
        return self._row_at[place] if 0 <= place < len(self._row_at) else -1


class PackedGroup(Iterable[T]):
    """Some of the values of a mapping, as they were when it was made."""

    def __init__(self, rows: PackedRows[T], ids: Ids) -> None:
        self._rows, self._ids = rows, ids
        self._places, self._row_of = array("I"), array("I")

    def take(self, place: int, row: int) -> None:
        """Take the value of a row, which belongs to the id at a place."""
        self._places.append(place)
        self._row_of.append(row)

    def __iter__(self) -> Iterator[T]:
        return map(self._rows.get, self._row_of, map(self._ids.at, self._places))

    def __len__(self) -> int:
        return len(self._places)


class Some(MutableMapping[str, T]):
    """The values of some ids, all of which ``held`` has; what is set or deleted here is so here alone."""

    def __init__(self, held: ById[T], ids: Iterable[str]) -> None:
        self._held = held
        self._places = array("i", sorted(map(held.ids.place_of, ids)))
        self._own: dict[str, T] = {}

    def __getitem__(self, who: str) -> T:
        return self._own[who] if who in self._own or self._at(who) is None else self._held[who]

    def __setitem__(self, who: str, value: T) -> None:
        self._own[who] = value

    def __delitem__(self, who: str) -> None:
        at = self._at(who)
        if at is not None:
            del self._places[at]
            self._own.pop(who, None)
        else:
            del self._own[who]

    def __iter__(self) -> Iterator[str]:
        yield from map(self._held.ids.at, self._places)
        yield from (who for who in self._own if self._at(who) is None)

    def __len__(self) -> int:
        return len(self._places) + sum(self._at(who) is None for who in self._own)

    def _at(self, who: object) -> int | None:
        place = self._held.ids.place_of(who)
        at = bisect_left(self._places, place)
        return at if at < len(self._places) and self._places[at] == place else None


class Values(Iterable[T]):
    """The values of a mapping ``of`` people."""

    def __init__(self, of: ById[T]) -> None:
        self.of = of

    def __iter__(self) -> Iterator[T]:
        return self.of.all_values()

    def __len__(self) -> int:
        return len(self.of)
