"""In a run about one person few people are looked at, and that one is placed as if all of them were (rule 11)."""

from collections import Counter
from random import Random

import pytest
from builders import TODAY, TOMORROW, YESTERDAY, angkatan, day, entry
from placements import CONFIRMED, PLANNED, PUSHED, REVIEW, WAITLISTED

from latsar_sync.domain.decision import Gate, Outcome, Standing
from latsar_sync.domain.entry import Admission, Entry
from latsar_sync.domain.standings_of_one import Sought
from latsar_sync.rules.order_of_seats import give_seats
from latsar_sync.rules.placement import Placement
from latsar_sync.rules.two_nips_of_one_person import still_to_come
from latsar_sync.rules.whom_placing_concerns import seats_kept, who_are_ranked, who_bears_on

WORLDS = 100
NAMES = [f"p{number}" for number in range(8)]
STATES = [
    *((CONFIRMED, None),) * 3,
    (PUSHED, None),
    (PLANNED, None),
    (PLANNED, "over_capacity"),
    (WAITLISTED, "over_capacity"),
    (REVIEW, "no_longer_qualifies"),
    (REVIEW, "clearance_unmet"),
    (REVIEW, "target_account_missing"),
    (REVIEW, "angkatan_not_configured"),
    (CONFIRMED, "angkatan_not_configured"),
]


@pytest.mark.parametrize("kind", ["group", "list", "first_qualified"])
def test_one_is_placed_by_those_who_bear_on_them_as_by_everybody(kind: str) -> None:
    seats_matter = stand_alone = 0
    for seed in range(WORLDS):
        chance = Random(seed)
        stand = {who: drawn_standing(chance, who, number) for number, who in enumerate(NAMES, start=1)}
        entries = {who: drawn_entry(chance, who) for who in NAMES if chance.random() < 0.5}
        courses = [angkatan(name, chance.choice([1, 2, 3, None])) for name in ("I", "II")]
        courses += [angkatan("III", course=None)] * chance.randint(0, 1)
        how = drawn_placement(chance, kind)
        others = {each: chance.randint(0, 1) for each in ("I", "II")}
        seated = {who: chance.choice(["I", "II"]) for who in NAMES if chance.random() < 0.1}

        everybody = give_seats(stand, entries, courses, how, others, seated)

        for who, standing in stand.items():
            sought = who_bears_on(who, standing, entries, courses, how, seated)
            some = {each: here for each, here in stand.items() if each == who or told(here, entries.get(each), sought)}
            taken = Counter(others) + seats_kept(entries, some)
            assert give_seats(some, entries, courses, how, taken, seated).get(who) == everybody.get(who)
            alone = give_seats({who: standing}, entries, courses, how, others, seated)
            seats_matter += alone.get(who) != everybody.get(who)
            mine = {who: standing}
            if not who_are_ranked(mine, entries, courses, how, ()) and not still_to_come(mine, entries, how):
                stand_alone += 1
                assert alone.get(who) == everybody.get(who)
    assert seats_matter > WORLDS / 10
    assert stand_alone > WORLDS


def drawn_standing(chance: Random, who: str, number: int) -> Standing:
    return Standing(
        who,
        number,
        who,
        chance.choice([("Angkatan I",), ("Angkatan I",), ("Angkatan II",), (), ("Angkatan I", "Angkatan II")]),
        merged=chance.random() < 0.1,
        outcome=chance.choice([Outcome.QUALIFIED] * 3 + [*Outcome]),
        reached_at=day(chance.randint(1, 9)),
        unmet=frozenset({chance.choice([*Gate])}),
    )


def drawn_entry(chance: Random, who: str) -> Entry:
    state, reason = chance.choice(STATES)
    lifted = "target_removed" if chance.random() < 0.1 else None
    known = entry(who, state, chance.choice(["I", "I", "II"]), reason)
    return known._replace(admission=chance.choice([*Admission]), lifted_from=lifted)


def drawn_placement(chance: Random, kind: str) -> Placement:
    return Placement(
        kind=kind,
        effect=chance.choice(["block", "prioritise", "warn"]),
        today=TODAY,
        fill_from=chance.choice([None, YESTERDAY, TOMORROW]),
        listed={who: chance.choice(["I", "II"]) for who in NAMES if chance.random() < 0.8},
        moves={who: chance.choice(["I", "II", "IX"]) for who in NAMES if chance.random() < 0.1},
        admitted=frozenset(who for who in NAMES if chance.random() < 0.1),
        second_accounts=frozenset(who for who in NAMES if chance.random() < 0.1),
    )


def told(standing: Standing, known: Entry | None, sought: Sought) -> bool:
    """Say whether somebody is sought by what is told of them, and no more: the database may tell of others too."""
    is_confirmed = known is not None and known.state is CONFIRMED and known.reason is None
    return (
        standing.participant_id in sought.people
        or standing.nip in sought.numbers
        or not sought.groups.isdisjoint(standing.groups)
        or (standing.outcome in sought.outcomes and not is_confirmed)
        or (bool(sought.outcomes) and standing.merged)
    )
