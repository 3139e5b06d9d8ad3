"""Where everybody stands in a run that judges a part of them: as judged, the others as they are known."""

from collections import Counter
from collections.abc import Collection
from typing import cast

import pytest

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.known_people import PeopleInMemory, RestingPeople, StandingsOf
from latsar_sync.domain.records import Record

KNOWN = {
    number: Standing(who, number, None, outcome=outcome)
    for number, (who, outcome) in enumerate({"ani": Outcome.NOT_YET, "budi": Outcome.QUALIFIED}.items(), start=1)
}
ANI_NOW = KNOWN[1]._replace(outcome=Outcome.QUALIFIED)
NEW = Standing("citra", 3, None, outcome=Outcome.NOT_YET)
SECOND = Standing("dewi", 4, None, merged=True, outcome=Outcome.QUALIFIED)


class Line:
    def __init__(self, standing: Standing) -> None:
        self.standing = standing


class Known:
    """Those whom a run knows, as far as their standing is asked for; ani was let go of when she was judged."""

    def __init__(self) -> None:
        self.at_hand: list[Collection[int]] = []
        self.briefs = {number: Line(each) for number, each in KNOWN.items()}

    def user_ids(self) -> dict[str, int]:
        return {each.participant_id: number for number, each in KNOWN.items()}

    def preload_lines(self, user_ids: Collection[int]) -> None:
        self.at_hand.append(user_ids)

    def line(self, user_id: int) -> Line:
        return self.briefs[user_id]

    def outcomes(self) -> Counter[Outcome | None]:
        return Counter([KNOWN[2].outcome])


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def standings(known: Known) -> StandingsOf:
    return StandingsOf(cast(RestingPeople, known), {each.participant_id: each for each in (ANI_NOW, NEW, SECOND)})


def test_the_judged_stand_as_judged_and_the_others_as_they_are_known_in_the_order_of_everybody(
    standings: StandingsOf,
) -> None:
    assert dict(standings) == {"ani": ANI_NOW, "budi": KNOWN[2], "citra": NEW, "dewi": SECOND}
    assert [*standings] == ["ani", "budi", "citra", "dewi"]
    assert len(standings) == 4
    assert ("budi" in standings, "citra" in standings, "eko" in standings) == (True, True, False)
    with pytest.raises(KeyError):
        standings["eko"]


def test_the_lines_of_those_known_are_had_together(standings: StandingsOf, known: Known) -> None:
    standings.preload(["budi", "citra", "ani"])

    assert known.at_hand == [[2, 1]]


def test_people_are_counted_by_their_newest_decision_and_a_merged_account_is_nobody(standings: StandingsOf) -> None:
    assert standings.outcomes() == {Outcome.QUALIFIED: 2, Outcome.NOT_YET: 1}


def test_who_was_let_go_is_known_no_more() -> None:
    held = PeopleInMemory({number: cast(Record, each) for number, each in KNOWN.items()})

    held.let_go(1)

    assert (held.participant(1), [*held]) == (None, [2])
