"""What was decided of one account goes on for the account that it was merged into (rules 15 and 19)."""

from datetime import timedelta

import pytest
from builders import NOW

from latsar_sync.domain.actions import Clearance, Override, OverrideKind
from latsar_sync.rules.merged_accounts import Merge, all_of_them, carried_on, overrides_in_force, papers_of_both

HOUR = timedelta(hours=1)
MERGED = (Merge("old", "new", NOW - 2 * HOUR),)
HOLD, ADMIT, RELEASE = OverrideKind.HOLD, OverrideKind.ADMIT, OverrideKind.RELEASE
BEFORE, SINCE = NOW - 3 * HOUR, NOW - HOUR


@pytest.mark.parametrize(
    ("of_old", "of_new", "binds"),
    [
        ((HOLD, BEFORE), None, HOLD),
        ((ADMIT, BEFORE), None, ADMIT),
        ((HOLD, BEFORE), (ADMIT, BEFORE), HOLD),
        ((ADMIT, BEFORE), (HOLD, BEFORE), HOLD),
        ((ADMIT, BEFORE), (RELEASE, BEFORE), ADMIT),
        ((HOLD, BEFORE), (RELEASE, SINCE), None),
        ((HOLD, BEFORE), (ADMIT, SINCE), ADMIT),
        ((RELEASE, BEFORE), (HOLD, BEFORE), HOLD),
        (None, (ADMIT, BEFORE), ADMIT),
    ],
)
def test_what_binds_one_account_binds_the_person_until_something_is_said_of_them(of_old, of_new, binds) -> None:
    said = {
        who: Override(who, 1, word[0], "surat", "Rina", word[1])
        for who, word in (("old", of_old), ("new", of_new))
        if word is not None
    }

    found = overrides_in_force(said, MERGED, NOW, {}).get("new")

    assert (found and (found.kind, found.participant_id)) == (binds and (binds, "new"))


def test_each_of_several_merges_binds_its_own() -> None:
    merges = (Merge("x", "y", SINCE), *MERGED, Merge("older", "other", SINCE))
    papers = [Clearance(1, who, None, "pcr", "1", "RS", NOW, NOW, "Siti", NOW) for who in ("old", "older")]

    bound = overrides_in_force({"old": Override("old", 1, HOLD, "surat", "Rina", BEFORE)}, merges, NOW, {})

    assert bound.keys() == {"old", "new"}
    assert [each.participant_id for each in papers_of_both(papers, merges)] == ["old", "older", "new", "other"]


def test_what_has_ended_for_one_account_binds_nobody() -> None:
    ended = Override("old", 1, HOLD, "surat", "Rina", BEFORE, until=SINCE)

    assert overrides_in_force({"old": ended}, MERGED, NOW, {}) == {}


def test_the_other_accounts_word_counts_where_there_is_none_of_the_persons_own() -> None:
    assert carried_on({"old": "II"}, MERGED) == {"old": "II", "new": "II"}
    assert carried_on({"old": "II", "new": "I"}, MERGED) == {"old": "II", "new": "I"}
    assert carried_on({}, MERGED) == {}


def test_who_is_on_a_decree_by_one_account_is_on_it_by_the_other() -> None:
    assert all_of_them({"old", "somebody"}, MERGED) == {"old", "new", "somebody"}
    assert all_of_them({"somebody"}, MERGED) == {"somebody"}
