"""How the scores of a programme lie along the range of the evaluation: bars, and where a limit stands. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

BARS = 20


@dataclass(frozen=True, slots=True)
class Bar:
    """How many people (``number``) have a score from ``low`` on and below ``high``; in the last bar ``high`` too."""

    low: Decimal
    high: Decimal
    number: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """The bars of a range from its ``least`` to its ``greatest`` score; ``without`` have no score."""

    least: Decimal
    greatest: Decimal
    bars: tuple[Bar, ...]
    without: int

    @property
    def most(self) -> int:
        """People of the highest bar."""
        return max(bar.number for bar in self.bars)

    @property
    def scored(self) -> int:
        """People with a score."""
        return sum(bar.number for bar in self.bars)

    def place_of(self, limit: Decimal, percent: bool) -> float:
        """Return where a limit stands along the range, in per cent of it; one beyond it stands at the end."""
        share = limit if percent else (limit - self.least) * 100 / (self.greatest - self.least)
        return float(min(max(share, Decimal(0)), Decimal(100)))


def histogram(
    counts: Iterable[tuple[Decimal | None, int]], least: Decimal, greatest: Decimal, bars: int = BARS
) -> Histogram | None:
    """Return the bars of scores with how many people have each (None: no score); None where the range is empty.

    A score beyond the range, as of an evaluation that was changed since, counts in the bar at that end.
    """
    if greatest <= least:
        return None
    width = (greatest - least) / bars
    numbers, without = [0] * bars, 0
    for score, number in counts:
        if score is None:
            without += number
        else:
            numbers[min(max(int((score - least) / width), 0), bars - 1)] += number
    return Histogram(
        least,
        greatest,
        tuple(Bar(least + place * width, least + (place + 1) * width, number) for place, number in enumerate(numbers)),
        without,
    )
