"""Of two accounts of one name and birth date under two NIPs one is seated until a person says more (rule 19).

And what speaks against two accounts being one person's.
"""

from dataclasses import replace
from typing import Any

import pytest
from builders import angkatan, candidate, entry, placement
from placements import CONFIRMED, PLANNED, REVIEW, WAITLISTED, WITHDRAWN, roster_after, standing

from latsar_sync.domain.decision import Outcome, Standing
from latsar_sync.domain.entry import Entry, Origin
from latsar_sync.domain.spelling import sort_form
from latsar_sync.rules.two_nips_of_one_person import (
    alike_by_name,
    born_on,
    clearly_different,
    days_of,
    second_accounts,
    still_to_come,
)

HELD, NOT_YET = Outcome.HELD, Outcome.NOT_YET
NIP, TYPED_WRONG, OTHER_DAY = "199508172025042003", "199508172025041104", "199508182025042003"


def standing_of(who: str, order: int, outcome: Outcome | None = Outcome.QUALIFIED, **more: Any) -> Standing:
    return Standing(who, order, NIP, outcome=outcome)._replace(**more)


def waiting(*entries: Entry, old: Outcome | None = Outcome.QUALIFIED, **more: Any) -> set[str]:
    """Return who of "old" and "new", two accounts alike, waits for a person's word."""
    stand = {"old": standing_of("old", 1, old, **more), "new": standing_of("new", 2)}
    return set(
        second_accounts(
            [("old", "new")], ["new", "old"], stand, {each.participant_id: each for each in entries}, placement()
        )
    )


def there(who: str) -> Entry:
    return entry(who, CONFIRMED).having(origin=Origin.PUSHED)


@pytest.mark.parametrize(
    ("entries", "waits"),
    [
        ((), {"new"}),
        ((there("old"),), {"new"}),
        ((there("new"),), {"old"}),
        ((there("new"), entry("old", PLANNED)), {"old"}),
        ((entry("new", PLANNED),), {"old"}),
        ((entry("old", PLANNED), entry("new", PLANNED)), {"new"}),
        ((entry("old", WITHDRAWN, reason="target_removed"),), {"new"}),
        ((entry("old", WITHDRAWN, reason="gave_way"),), set()),
        ((entry("old", REVIEW, None, "perhaps_one_person"),), {"new"}),
    ],
)
def test_whoever_is_furthest_on_the_way_to_a_seat_goes_on_and_the_other_waits(
    entries: tuple[Entry, ...], waits: set[str]
) -> None:
    assert waiting(*entries) == waits


@pytest.mark.parametrize(
    ("old", "more", "waits"),
    [
        (NOT_YET, {}, set()),
        (HELD, {}, {"new"}),
        (None, {"merged": True}, set()),
        (Outcome.QUALIFIED, {"enrolled": False}, {"old"}),
    ],
)
def test_an_account_that_gets_no_seat_is_in_nobodys_way(
    old: Outcome | None, more: dict[str, Any], waits: set[str]
) -> None:
    assert waiting(old=old, **more) == waits


@pytest.mark.parametrize(("accounts", "wait"), [(3, 2), (4, 0)])
def test_a_name_that_very_many_of_one_day_bear_says_nothing(accounts: int, wait: int) -> None:
    stand = {str(each): standing_of(str(each), each) for each in range(accounts)}

    assert len(second_accounts([list(stand)], stand, stand, {}, placement())) == wait


def test_who_waits_has_no_seat_and_is_not_sent_before_a_person_admits_them() -> None:
    people = candidate("old", 1), candidate("new", 2), candidate("another", 3)
    how = replace(placement(), second_accounts=frozenset({"new"}))

    roster = roster_after(*people, how=how)
    planned = roster_after(candidate("new"), entries=(entry("new", PLANNED),), how=how)["new"]
    admitted = roster_after(candidate("new", admitted=True), entries=(roster["new"],), how=how)["new"]
    cleared = roster_after(*people, entries=tuple(roster.values()))["new"]

    assert standing(roster)["new"] == (REVIEW, None, "perhaps_one_person")
    assert standing(roster)["another"] == (PLANNED, "I", None)
    assert (planned.state, planned.reason) == (PLANNED, "perhaps_one_person")
    assert (admitted.state, admitted.angkatan, admitted.reason) == (PLANNED, "I", None)
    assert (cleared.state, cleared.angkatan, cleared.reason) == (PLANNED, "I", None)


def test_nobody_waits_for_a_persons_word_where_their_angkatan_has_no_course() -> None:
    how = replace(placement(), second_accounts=frozenset({"new", "had a line"}))
    before = (entry("had a line", REVIEW, None, "perhaps_one_person"),)

    roster = roster_after(
        candidate("new"), candidate("had a line"), entries=before, courses=(angkatan("I", course=None),), how=how
    )

    assert standing(roster) == {"had a line": (WAITLISTED, "I", "no_class")}


def test_those_are_looked_for_who_may_get_a_seat_and_were_never_seen_there() -> None:
    stand = {
        who: standing_of(who, number) for number, who in enumerate(("new", "planned", "there", "gone", "admitted"))
    }
    entries = {
        "planned": entry("planned", PLANNED),
        "there": there("there"),
        "gone": entry("gone", WITHDRAWN),
    }
    how = replace(placement(), admitted=frozenset({"admitted"}))

    assert still_to_come({**stand, "not yet": standing_of("not yet", 9, NOT_YET)}, entries, how) == [
        "new",
        "planned",
    ]


@pytest.mark.parametrize(
    ("name", "nip", "alike"),
    [
        ("SITI AMINAH, S.Pd., M.Pd.", TYPED_WRONG, True),
        ("dr. Siti Aminah", TYPED_WRONG, True),
        ("Siti Aminah", OTHER_DAY, False),
        ("Siti Aminah", NIP, False),
        ("Siti Aminah", None, False),
        ("Siti Aminah Putri", TYPED_WRONG, False),
    ],
)
def test_alike_are_two_nips_of_one_name_and_one_birth_date(name: str, nip: str | None, alike: bool) -> None:
    one, other, names = (
        standing_of("old", 1),
        standing_of("new", 2, nip=nip),
        {"old": "siti aminah", "new": sort_form(name)},
    )

    found = alike_by_name({"old": one, "new": other}, names.items())

    assert found == ([frozenset({"old", "new"})] if alike else [])
    assert alike_by_name({"old": one, "new": other._replace(merged=True)}, names.items()) == []


def test_of_few_who_are_still_to_come_those_alone_are_looked_at_who_were_born_on_their_days() -> None:
    nips = {"old": NIP, "new": TYPED_WRONG, "another": OTHER_DAY, "unknown": None}
    stand = {who: standing_of(who, place, nip=nip) for place, (who, nip) in enumerate(nips.items())}

    assert list(born_on(stand, days_of(stand, ["new", "unknown"]))) == ["old", "new"]


def test_who_may_be_one_person_is_asked_of_those_alone_who_are_still_to_come() -> None:
    stand = {"old": standing_of("old", 1), "new": standing_of("new", 2)}
    entries = {each.participant_id: each for each in (there("old"), there("new"))}

    assert second_accounts([("old", "new")], [], stand, entries, placement()) == frozenset()


@pytest.mark.parametrize(
    ("name", "nip", "differ"),
    [
        ("SITI AMINAH, S.Pd", NIP, ()),
        ("Siti Aminah", None, ()),
        ("Siti Aminah", "199508172025042004", ()),
        ("Siti Aminah", "199001012020121002", ("nip",)),
        ("Siti Aminah binti Karim", "199001012020121002", ("nip",)),
        ("Budi Santoso", NIP, ()),
        ("Budi Santoso", None, ("name",)),
        ("Budi Santoso", "199001012020121002", ("name", "nip")),
    ],
)
def test_two_accounts_are_clearly_different_by_name_where_no_nip_speaks_for_them_and_by_usable_nips(
    name: str, nip: str | None, differ: tuple[str, ...]
) -> None:
    assert clearly_different("Siti Aminah", NIP, name, nip) == differ
