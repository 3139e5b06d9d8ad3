"""Where people stand in a run about one of them: those who are looked up, rather than everybody."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.known_people import ONE_BY_ONE


class Sought(NamedTuple):
    """Whom to look for among very many people: whoever is told by any of these.

    ``people`` are internal ids, ``born`` birth dates as a NIP begins with them, ``groups`` names in the MOOC. With
    ``outcomes``: of whom that was decided, and who is merged into another account; left out are those who are confirmed
    in class with nothing against it.
    """

    people: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    born: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()


class StandingsOfOne(Mapping[str, Standing]):
    """Where everybody stands, in a run about one person: the others are read once they are asked for, best together.

    ``near`` are that one and whoever has to do with them.
    """

    def __init__(
        self,
        near: Mapping[str, Standing],
        number: int,
        others: Counter[Outcome | None],
        read: Callable[[Sought | None], Iterable[Standing]],
    ) -> None:
        """Take those near, how many people there are, the ``others`` by their decision, and what ``read`` some of them,
        or all, in the order of everybody."""
        self.near, self._number, self._others, self._read = near, number, others, read
        self._held = dict(near)
        self._singly = 0

    def sought(self, sought: Sought) -> Mapping[str, Standing]:
        """Return whoever is sought, in the order of everybody, with those near, or more people than these."""
        if "_everybody" in self.__dict__:
            return self._everybody
        found = {each.participant_id: each for each in self._read(sought)}
        found.update(self.near)
        self._held |= found
        return found

    def preload(self, people: Iterable[str]) -> None:
        """Have these at hand."""
        missing = frozenset(who for who in people if who not in self._held)
        if missing:
            self.sought(Sought(people=missing))

    @cached_property
    def _everybody(self) -> Mapping[str, Standing]:
        everybody = {each.participant_id: each for each in self._read(None)}
        everybody.update(self.near)
        return everybody

    def __getitem__(self, who: str) -> Standing:
        if who not in self._held and "_everybody" not in self.__dict__:
            self._singly += 1
            if self._singly <= ONE_BY_ONE:
                self.preload([who])
                return self._held[who]
        return self._held[who] if who in self._held else self._everybody[who]

    def __iter__(self) -> Iterator[str]:
        return iter(self._everybody)

    def __len__(self) -> int:
        return self._number

    def outcomes(self) -> Counter[Outcome | None]:
        """Count people by their decision; an account that was merged into another is nobody of its own."""
        near = Counter(each.outcome for each in self.near.values() if not each.merged)
        return Counter(
            {outcome: number for outcome in {*self._others, *near} if (number := self._others[outcome] + near[outcome])}
        )
