"""In a run about one person the others are read once they are asked for, and counted as if all of them were at hand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from latsar_sync.domain import standings_of_one
from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.standings_of_one import Sought, StandingsOfOne

PEOPLE = {
    who: Standing(who, number, None, outcome=outcome)
    for number, (who, outcome) in enumerate(
        {"ani": Outcome.QUALIFIED, "budi": Outcome.NOT_YET, "citra": Outcome.NOT_YET, "dewi": None}.items(), start=1
    )
}
ANI_NOW = PEOPLE["ani"]._replace(outcome=Outcome.HELD)


@dataclass
class Reading:
    """What a database would give of the people, and what it was asked for."""

    asked: list[Sought | None] = field(default_factory=list)

    def __call__(self, sought: Sought | None) -> Iterator[Standing]:
        self.asked.append(sought)
        return (each for who, each in PEOPLE.items() if sought is None or who in sought.people)


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.fixture
def standings(reading: Reading) -> StandingsOfOne:
    others = Counter(each.outcome for who, each in PEOPLE.items() if who != "ani")
    return StandingsOfOne({"ani": ANI_NOW}, len(PEOPLE), others, reading)


def test_that_one_is_told_without_reading_anybody(standings: StandingsOfOne, reading: Reading) -> None:
    assert standings["ani"] == ANI_NOW
    assert len(standings) == len(PEOPLE)
    assert standings.outcomes() == {Outcome.HELD: 1, Outcome.NOT_YET: 2, None: 1}
    assert reading.asked == []


def test_others_are_read_together_and_once(standings: StandingsOfOne, reading: Reading) -> None:
    standings.preload(["budi", "ani", "citra"])
    standings.preload(["citra"])

    assert [standings[who] for who in ("budi", "citra")] == [PEOPLE["budi"], PEOPLE["citra"]]
    assert reading.asked == [Sought(people=frozenset({"budi", "citra"}))]


def test_who_is_asked_for_alone_is_read_alone_until_there_are_many(
    standings: StandingsOfOne, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standings_of_one, "ONE_BY_ONE", 1)

    assert [standings[who] for who in ("budi", "citra", "dewi")] == [PEOPLE[who] for who in ("budi", "citra", "dewi")]
    assert reading.asked == [Sought(people=frozenset({"budi"})), None]


def test_everybody_is_read_once_and_then_serves_for_some(standings: StandingsOfOne, reading: Reading) -> None:
    everybody = PEOPLE | {"ani": ANI_NOW}

    assert dict(standings) == everybody
    assert [*standings] == [*everybody]
    assert standings.sought(Sought(people=frozenset({"budi"}))) == everybody
    assert reading.asked == [None]


def test_nobody_unknown_is_found(standings: StandingsOfOne, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyError):
        standings["eko"]
    monkeypatch.setattr(standings_of_one, "ONE_BY_ONE", 0)
    with pytest.raises(KeyError):
        standings["eko"]
