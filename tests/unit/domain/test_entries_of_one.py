"""In a run about one person entries are read once they are asked for, and tell what the whole roster would."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import pytest
from builders import entry

from latsar_sync.domain import entries_of_one, many_people
from latsar_sync.domain.entries_of_one import EntriesOfOne, EntriesRead, Told
from latsar_sync.domain.entry import Entry, EntryState

WORLDS = 200
NAMES = [f"p{number}" for number in range(8)]
STATES = [EntryState.CONFIRMED, EntryState.PLANNED, EntryState.WAITLISTED]


@dataclass
class Reading:
    """What a database would give of a roster, and what it was asked for."""

    roster: dict[str, Entry]
    asked: list[Told] = field(default_factory=list)

    def __call__(self, told: Told, most: int | None) -> Iterator[Entry]:
        self.asked.append({name: set(values) for name, values in told.items()})
        found = (
            each for each in self.roster.values() if all(getattr(each, name) in values for name, values in told.items())
        )
        return (each for number, each in enumerate(found) if most is None or number < most)


def drawn(chance: Random, who: str) -> Entry:
    return entry(who, chance.choice(STATES), chance.choice(["I", "II", None]))


def test_a_roster_of_which_some_is_read_tells_what_the_whole_would() -> None:
    for seed in range(WORLDS):
        chance = Random(seed)
        before = {who: drawn(chance, who) for who in NAMES if chance.random() < 0.7}
        known = EntriesOfOne(EntriesRead(Reading(before)))
        whole, some = dict(before), known.changed({})

        for _ in range(6):
            who, places = chance.choice(NAMES), {chance.choice(["I", "II", None])}
            new = {who: drawn(chance, who)}
            match chance.choice(["get", "among", "set", "delete", "change", "preload", "all"]):
                case "get":
                    assert some.get(who) == whole.get(who)
                case "among":
                    near = many_people.among(some, angkatan=places).values()
                    assert {each for each in near if each.angkatan in places} == {
                        each for each in whole.values() if each.angkatan in places
                    }
                case "set":
                    whole |= new
                    some.update(new)
                case "delete" if who in whole:
                    del whole[who], some[who]
                case "change":
                    whole, some = whole | new, some.changed(new)
                case "preload":
                    some.preload(NAMES[:3])
                case "all":
                    assert (dict(some), len(some)) == (whole, len(whole))
                    assert (dict(some.items()), {*some.values()}) == (whole, {*whole.values()})
            in_turn = (many_people.differing(one, other) for one, other in ((before, whole), (known, some)))
            assert len({frozenset(each) for each in in_turn}) == 1
        assert dict(known) == before


@pytest.fixture
def reading() -> Reading:
    chance = Random(1)
    return Reading({who: drawn(chance, who)._replace(angkatan="I" if who < "p4" else "II") for who in NAMES})


def test_no_more_is_read_than_is_asked_for_and_that_once(reading: Reading) -> None:
    entries = EntriesOfOne(EntriesRead(reading))

    entries.preload(["p0", "somebody new"])
    assert [entries.get(who) for who in ("p0", "somebody new")] == [reading.roster["p0"], None]
    assert [*entries.among({"angkatan": ["I"]})] == ["p0", "p1", "p2", "p3"]
    assert [*entries.among({"angkatan": ["I"]})] == ["p0", "p1", "p2", "p3"]
    assert len(entries.a_few(2, angkatan="II")) == 2

    assert reading.asked == [
        {"participant_id": {"p0", "somebody new"}},
        {"angkatan": {"I"}},
        {"angkatan": {"II"}},
    ]


def test_who_asks_for_many_one_by_one_has_all_read(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries_of_one, "ONE_BY_ONE", 1)
    entries = EntriesOfOne(EntriesRead(reading))

    assert [entries[who] for who in NAMES] == [*reading.roster.values()]
    assert reading.asked == [{"participant_id": {"p0"}}, {}]
