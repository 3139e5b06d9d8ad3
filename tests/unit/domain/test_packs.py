"""Many values held together: they come back as they were put in, each pack is made out once while it is at hand."""

import pytest

from latsar_sync.domain import packs
from latsar_sync.domain.packs import InHand, Packs, rows_of


def test_a_pack_comes_back_row_by_row_until_it_is_let_go() -> None:
    held = Packs()
    held.append([("a", "b"), (1, 1)])

    assert list(rows_of(held.of(0))) == [("a", 1), ("b", 1)]
    held.let_go(0)
    assert len(held) == 1
    with pytest.raises(Exception, match="incomplete"):
        held.of(0)


def test_the_rows_of_a_pack_are_made_out_together_and_the_one_made_out_longest_ago_goes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packs, "TOGETHER", 2)
    monkeypatch.setattr(packs, "IN_HAND", 2)
    made: list[int] = []

    def rows(pack: int) -> list[str]:
        made.append(pack)
        return [f"{pack}a", f"{pack}b"]

    at = InHand(rows).at

    assert [at(place) for place in (0, 1, 2, 3, 4, 2)] == ["0a", "0b", "1a", "1b", "2a", "1a"]
    assert made == [0, 1, 2]
    assert (at(0), made) == ("0a", [0, 1, 2, 0])
