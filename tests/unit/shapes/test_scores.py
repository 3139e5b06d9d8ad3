"""How scores lie along the range of the evaluation."""

from decimal import Decimal

from latsar_sync.shapes.scores import histogram


def counts(**scores: int) -> list[tuple[Decimal | None, int]]:
    return [(Decimal(score.replace("_", ".")[1:]), number) for score, number in scores.items()]


def test_each_score_counts_in_one_bar_the_greatest_in_the_last() -> None:
    found = histogram([*counts(s0=1, s4_99999=2, s5=3, s70=4, s100=5), (None, 6)], Decimal(0), Decimal(100))

    assert found is not None
    assert {bar.low: bar.number for bar in found.bars if bar.number} == {0: 3, 5: 3, 70: 4, 95: 5}
    assert (found.scored, found.without, found.most) == (15, 6, 5)


def test_a_score_beyond_the_range_counts_at_its_end() -> None:
    found = histogram(counts(s5=1, s120=2), Decimal(10), Decimal(50), bars=4)

    assert found is not None
    assert [bar.number for bar in found.bars] == [1, 0, 0, 2]


def test_a_limit_stands_along_the_range_in_points_and_in_per_cent() -> None:
    found = histogram([], Decimal(20), Decimal(120))

    assert found is not None
    assert found.place_of(Decimal(70), percent=False) == 50
    assert found.place_of(Decimal(70), percent=True) == 70
    assert found.place_of(Decimal(500), percent=False) == 100


def test_an_evaluation_without_a_range_has_no_picture() -> None:
    assert histogram(counts(s1=1), Decimal(0), Decimal(0)) is None
