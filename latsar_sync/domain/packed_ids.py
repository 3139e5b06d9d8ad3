"""Internal ids of many people, and NIPs, packed: each with its position, or one by the other."""

from array import array
from binascii import hexlify, unhexlify
from collections.abc import Iterable, Iterator, MutableMapping

ID_LETTERS = "abcdefghijklmnop"
"""Of these an internal id is made."""
HEX, NO_HEX = b"0123456789abcdef", ord("x")
ODD = 255
"""A cell that begins so holds no text, but the number of one that is spelled otherwise."""


class Spelling:
    """How texts of one kind are nearly always spelled: so many letters of an alphabet of 16 or fewer, two in a byte."""

    def __init__(self, length: int, alphabet: str) -> None:
        self.length, self.size = length, length // 2
        self._as_hex = bytes(HEX[alphabet.index(chr(each))] if chr(each) in alphabet else NO_HEX for each in range(256))
        self._as_text = bytes.maketrans(HEX[: len(alphabet)], alphabet.encode())

    def cell_of(self, text: str) -> bytes | None:
        """Return a text in half as many bytes, None if it is spelled otherwise."""
        if len(text) != self.length:
            return None
        try:
            cell = unhexlify(text.encode().translate(self._as_hex))
        except ValueError:
            return None
        return None if cell[0] == ODD else cell

    def text_of(self, cell: bytes) -> str:
        """Return the text of a cell."""
        return hexlify(cell).translate(self._as_text).decode()


INTERNAL, NIPS = Spelling(32, ID_LETTERS), Spelling(18, "0123456789")


class Ids:
    """Internal ids, or other texts that are each one's own, each with its position: found by their hash."""

    def __init__(self, ids: Iterable[str] = (), spelling: Spelling = INTERNAL) -> None:
        self._spelling = spelling
        self._cells = bytearray()
        self._odd, self._odd_at = list[str](), dict[str, int]()
        self._slots = array("i", [-1]) * 1024
        self._told: str | None = None
        self._told_at = -1  # whoever is gone through or looked up is looked up again next
        for each in ids:
            self.add(each)

    def add(self, who: str) -> int:
        """Return the position of an id, given to it now if it has none."""
        if who is self._told and self._told_at >= 0:
            return self._told_at
        cell = self._cell_of(who)
        if cell is None:
            cell = self._cell_of_odd(self._odd_at.setdefault(who, len(self._odd)))
            self._odd.append(who)
        slot, position = self._slot_of(who, cell)
        if position >= 0:
            return position
        self._told = None
        position = len(self)
        self._cells += cell
        self._slots[slot] = position
        if 3 * len(self) > 2 * len(self._slots):
            self._grow()
        return position

    def position_of(self, who: object) -> int:
        """Return the position of an id, -1 if it has none."""
        if who is self._told:
            return self._told_at
        if not isinstance(who, str):
            return -1
        cell = self._cell_of(who)
        position = -1 if cell is None else self._slot_of(who, cell)[1]
        self._told, self._told_at = who, position
        return position

    def setdefault(self, who: str, _who: str) -> None:
        """Take an id, as a mapping of ids by themselves does."""
        self.add(who)

    def get(self, _who: str, other: str) -> str:
        """Return an id as it is at hand: what is packed is not held as a text too."""
        return other

    def __iter__(self) -> Iterator[str]:
        return map(self.at, range(len(self)))

    def at(self, position: int) -> str:
        """Return the id at a position."""
        size = self._spelling.size
        cell = bytes(self._cells[position * size : (position + 1) * size])
        self._told_at = position
        self._told = self._odd[int.from_bytes(cell[1:], "big")] if cell[0] == ODD else self._spelling.text_of(cell)
        return self._told

    def __len__(self) -> int:
        return len(self._cells) // self._spelling.size

    def _cell_of(self, who: str) -> bytes | None:
        """Return by which bytes an id is held, None if it is spelled otherwise and was never put in."""
        cell = self._spelling.cell_of(who)
        if cell is None and who in self._odd_at:
            return self._cell_of_odd(self._odd_at[who])
        return cell

    def _cell_of_odd(self, at: int) -> bytes:
        return bytes([ODD]) + at.to_bytes(self._spelling.size - 1, "big")

    def _slot_of(self, who: str, cell: bytes) -> tuple[int, int]:
        """Return where an id stands in the table of hashes, or would stand, and its position."""
        slots, mask, size = self._slots, len(self._slots) - 1, self._spelling.size
        slot = hash(who) & mask
        while (position := slots[slot]) >= 0 and not self._cells.startswith(cell, position * size):
            slot = (slot + 1) & mask
        return slot, position

    def _grow(self) -> None:
        self._slots = array("i", [-1]) * (2 * len(self._slots))
        for position in range(len(self)):
            who, size = self.at(position), self._spelling.size
            slot, _ = self._slot_of(who, bytes(self._cells[position * size : (position + 1) * size]))
            self._slots[slot] = position


class IdByText(MutableMapping[str, str]):
    """Internal ids by texts that are each one's own: NIPs, nearly all of them."""

    def __init__(self, ids: Ids) -> None:
        self._ids, self._texts, self._positions = ids, Ids(spelling=NIPS), array("i")

    def __getitem__(self, text: str) -> str:
        position = self._texts.position_of(text)
        if position < 0 or self._positions[position] < 0:
            raise KeyError(text)
        return self._ids.at(self._positions[position])

    def __setitem__(self, text: str, who: str) -> None:
        position = self._texts.add(text)
        if position == len(self._positions):
            self._positions.append(-1)
        self._positions[position] = self._ids.add(who)

    def __delitem__(self, text: str) -> None:
        self._positions[self._texts.position_of(text)] = -1

    def __iter__(self) -> Iterator[str]:
        return (self._texts.at(position) for position, at in enumerate(self._positions) if at >= 0)

    def __len__(self) -> int:
        return sum(at >= 0 for at in self._positions)


class IdList:
    """Internal ids in an order of their own."""

    def __init__(self, ids: Ids) -> None:
        self._ids, self._positions = ids, array("I")

    def append(self, who: str) -> None:
        """Put an id behind the others."""
        self._positions.append(self._ids.add(who))

    def __getitem__(self, at: int) -> str:
        return self._ids.at(self._positions[at])

    def __iter__(self) -> Iterator[str]:
        return map(self._ids.at, self._positions)

    def __len__(self) -> int:
        return len(self._positions)
