"""How often incremental runs may lean on a site: its budget is a share of the time of one request stream. Pure.

Each run's requests took the site so many seconds. If every programme that is scheduled there runs once a round, a round
may come no more often than its seconds fit into the share: 9 seconds at a share of 0.05 are a round in three minutes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from latsar_sync.domain.language import _, for_admins

RUNS = 10
"""So many of the last incremental runs tell what one takes: a large push is spread over them."""
LONGEST = timedelta(hours=1)
"""No programme waits longer for its budget: somebody would think that the service is dead."""
LEFT = timedelta(minutes=15)
"""What no visit tells, as a grade that a teacher overrides, is left for so long at most."""


class Spacing(NamedTuple):
    """The site that spaces a programme's incremental runs: a round takes ``seconds`` of it, ``share`` is allowed."""

    site: str
    seconds: float
    share: float

    @property
    def every(self) -> timedelta:
        """How long after the begin of an incremental run the next one may begin."""
        return min(LONGEST, timedelta(seconds=self.seconds / self.share))


def spacing(
    sites: Iterable[str],
    rounds: Mapping[str, Sequence[Sequence[Mapping[str, float]]]],
    shares: Mapping[str, float],
    of_a_run_in_vain: Mapping[str, float],
) -> Spacing | None:
    """Return what spaces the scheduled runs of a programme that asks these sites; None where nothing is known yet.

    ``rounds`` has by site, for each programme that is scheduled there, the seconds by site of its last incremental
    runs; ``of_a_run_in_vain`` those of this programme's last run if a guard held it, or it failed as one of a night,
    since the next one reads as much again.
    """
    found = [
        Spacing(site, seconds, shares[site]) for site, seconds in of_a_run_in_vain.items() if seconds and site in shares
    ]
    for site in sites:
        seconds = sum(_mean([each.get(site, 0.0) for each in runs]) for runs in rounds.get(site, ()))
        if seconds:
            found.append(Spacing(site, seconds, shares[site]))
    return max(found, key=lambda each: each.every, default=None)


def spares(used: float, share: float, since: timedelta) -> bool:
    """Say whether a scheduled incremental run leaves to a later one what no visit tells.

    It does while the ``used`` seconds of the MOOC, in the time ``since`` everything was asked, are more than the share
    of that time: so whoever was there need not wait for the budget, and nothing else waits long.
    """
    return timedelta(0) <= since < LEFT and used > share * since.total_seconds()


def slowed_text(found: Spacing) -> str:
    """Say that a schedule is slowed down, and why."""
    return for_admins(
        _(
            "Incremental runs come every {minutes} minutes only: a round takes {seconds} seconds of {site}, of which "
            "max_lms_share allows {share} %."
        ).format(
            minutes=Decimal(f"{found.every.total_seconds() / 60:.1f}"),
            seconds=Decimal(f"{found.seconds:.1f}"),
            site=found.site,
            share=Decimal(f"{found.share * 100:g}"),
        ),
        "",
    )


def _mean(seconds: Sequence[float]) -> float:
    return sum(seconds) / len(seconds) if seconds else 0.0
