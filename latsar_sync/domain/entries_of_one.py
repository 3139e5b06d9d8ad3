"""A programme's roster in a run about one person: entries are read once they are asked for, best together.

Whoever follows one person may take it for the dict that it is where all are loaded: nothing is decided here.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, ItemsView, Iterable, Iterator, Mapping, MutableMapping, ValuesView
from typing import Any

from latsar_sync.domain.entry import Entry
from latsar_sync.domain.known_people import ONE_BY_ONE

Told = Mapping[str, Collection[Any]]
"""Values of entries by field."""


class EntriesRead:
    """The entries read so far, as they stand until the run changes them: nobody else does so while it goes on.

    ``read`` gives those that have one of the values in each of the fields, at most so many where a number is named.
    """

    def __init__(self, read: Callable[[Told, int | None], Iterable[Entry]]) -> None:
        self.a_few = read
        self.held: dict[str, Entry] = {}
        self._read = read
        self._asked = defaultdict[str, set[Any]](set)
        self._singly = 0
        self._is_whole = False

    def look_at(self, field: str, values: Iterable[Any]) -> None:
        """Have those at hand that have one of these values in a field."""
        missing = set(values) - self._asked[field]
        if missing and not self._is_whole:
            for entry in self._read({field: missing}, None):
                self.held.setdefault(entry.participant_id, entry)
            self._asked[field] |= missing

    def look_at_people(self, people: Iterable[str]) -> None:
        """Have the entries of these at hand."""
        self.look_at("participant_id", (who for who in people if who not in self.held))

    def look_at_one(self, who: str) -> None:
        """Have somebody's entry at hand: of a few people who are asked for one by one, else everybody's."""
        if not self._is_whole and who not in self.held and who not in self._asked["participant_id"]:
            self._singly += 1
            if self._singly <= ONE_BY_ONE:
                self.look_at_people([who])
            else:
                self.look_at_all()

    def look_at_all(self) -> None:
        """Have everybody's at hand, in their order."""
        if not self._is_whole:
            held, self.held = self.held, {each.participant_id: each for each in self._read({}, None)}
            self.held |= held
            self._is_whole = True


class EntriesOfOne(MutableMapping[str, Entry]):
    """Entries by internal id. What is set or deleted is so here alone; who goes through all reads all."""

    def __init__(self, read: EntriesRead, changes: Mapping[str, Entry | None] | None = None) -> None:
        """Take what was ``read``, and what is otherwise here: None for an entry that is there no more."""
        self._read = read
        self._changes = dict(changes or {})

    def preload(self, people: Iterable[str]) -> None:
        """Have the entries of these at hand."""
        self._read.look_at_people(people)

    def among(self, told: Told) -> dict[str, Entry]:
        """Return entries among which all are that have one of these values in one of these fields."""
        for field, values in told.items():
            self._read.look_at(field, values)
        return self._as_here()

    def a_few(self, number: int, **told: Any) -> list[Entry]:
        """Return at most so many of those that are recorded with these values."""
        return list(self._read.a_few({field: [value] for field, value in told.items()}, number))

    def changed(self, others: Mapping[str, Entry]) -> "EntriesOfOne":
        """Return the same with other entries for some people; this one is not changed."""
        return EntriesOfOne(self._read, {**self._changes, **others})

    def differing(self, before: "EntriesOfOne") -> Iterator[tuple[Entry | None, Entry]]:
        """Yield the entries that are others than ``before`` or new, each with what it was; of the same people."""
        for who in dict.fromkeys((*before._changes, *self._changes)):
            old, new = before.get(who), self.get(who)
            if new is not None and old is not new and old != new:
                yield old, new

    def values(self) -> ValuesView[Entry]:
        """Return everybody's entry."""
        return self._all().values()

    def items(self) -> ItemsView[str, Entry]:
        """Return everybody's internal id and entry."""
        return self._all().items()

    def _all(self) -> dict[str, Entry]:
        self._read.look_at_all()
        return self._as_here()

    def _as_here(self) -> dict[str, Entry]:
        here = {**self._read.held, **self._changes}
        return {who: entry for who, entry in here.items() if entry is not None}

    def __getitem__(self, who: str) -> Entry:
        if who not in self._changes:
            self._read.look_at_one(who)
        entry = self._changes.get(who, self._read.held.get(who))
        if entry is None:
            raise KeyError(who)
        return entry

    def __setitem__(self, who: str, entry: Entry) -> None:
        self._changes[who] = entry

    def __delitem__(self, who: str) -> None:
        self._changes[self[who].participant_id] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())
