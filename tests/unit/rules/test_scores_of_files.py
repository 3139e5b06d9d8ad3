"""Of several scores that came by files one counts, and some may still be confirmed (rule 1)."""

from decimal import Decimal

import pytest

from latsar_sync.domain.evidence import Imported
from latsar_sync.rules.scores_of_files import ToldScore, in_the_end


def told(*words: str) -> list[ToldScore]:
    """Return scores, oldest first, as they are said: "file 80 confirmed", "paper-a 85", "paper-a none confirmed"."""
    found = []
    for version, (digest, raw, *confirmed) in enumerate(map(str.split, words), start=1):
        source = "certificate" if digest.startswith("paper") else "import"
        number = None if raw == "none" else Decimal(raw)
        score = Imported(version, version, number, Decimal(0), Decimal(100), source=source)
        found.append(ToldScore(score, digest, bool(confirmed)))
    return found


@pytest.mark.parametrize(
    ("words", "newest", "counts", "certificates", "waiting"),
    [
        (["file 80"], 1, None, (), (1,)),
        (["file 80 confirmed"], 1, 1, (), ()),
        (["file 80 confirmed", "newer 60"], 2, 1, (), (2,)),
        (["file 80", "newer 60"], 2, None, (), (2,)),
        (["file 80", "newer 60 confirmed"], 2, 2, (), ()),
        (["file 80 confirmed", "newer none confirmed"], 2, 2, (), ()),
        (["paper-a 85 confirmed", "file none confirmed"], 2, 1, (1,), ()),
        (["paper-a 85 confirmed", "file none"], 2, 1, (1,), (2,)),
        (["paper-a 85 confirmed", "file 60 confirmed"], 2, 2, (1,), ()),
        (["paper-a 85 confirmed", "file 60 confirmed", "newer none confirmed"], 3, 1, (1,), ()),
        (["paper-a 85 confirmed", "paper-a none"], 1, 1, (1,), (2,)),
        (["paper-a 85 confirmed", "paper-a none confirmed"], 1, 2, (), ()),
        (["paper-a 85", "paper-a none"], 1, None, (), (2,)),
        (["file 80 confirmed", "paper-a 85 confirmed", "paper-a none confirmed"], 2, 1, (), ()),
        (["paper-a 85 confirmed", "paper-b 90 confirmed", "paper-b none confirmed"], 2, 1, (1,), ()),
        (["paper-a 85 confirmed", "paper-a none", "file 70"], 3, 1, (1,), (2, 3)),
        (["paper-a none confirmed"], 1, 1, (), ()),
    ],
)
def test_the_last_that_was_confirmed_and_not_taken_back_counts_and_what_a_newer_one_replaced_waits_no_more(
    words: list[str], newest: int, counts: int | None, certificates: tuple[int, ...], waiting: tuple[int, ...]
) -> None:
    found = in_the_end(told(*words))

    assert found.newest.version == newest
    assert (found.confirmed.version if found.confirmed else None) == counts
    assert tuple(each.version for each in found.certificates) == certificates
    assert tuple(each.version for each in found.waiting) == waiting
    assert found.awaits == bool(waiting)
