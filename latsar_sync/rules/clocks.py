"""What is to be said of clocks that cannot both be right: a site's and ours, the last run's and ours. Pure (rule 2).

Dates of admission, papers, thresholds and the age of what was read are told by this computer's clock.
"""

from datetime import datetime, timedelta

from latsar_sync.domain.language import _

MAY_DIFFER = timedelta(minutes=5)
"""Runs take minutes and are finished by other hosts too; less than this harms nobody."""


def against_a_site(site: str, theirs: datetime | None, now: datetime) -> list[str]:
    """Say that a site's clock shows another time than ours, if it tells one and it does."""
    if theirs is None or abs(theirs - now) <= MAY_DIFFER:
        return []
    text = _("The clock of site {site} shows {theirs}, this computer's {ours}. Set both by NTP.")
    return [text.format(site=site, theirs=theirs, ours=now)]


def against_the_last_run(ended: datetime | None, now: datetime) -> list[str]:
    """Say that the last run ended at a time that is still to come by our clock, if it did."""
    if ended is None or ended - now <= MAY_DIFFER:
        return []
    text = _(
        "The last run ended at {ended}, but this computer's clock shows {ours}: it is wrong now, or it was then. "
        "Set it by NTP; what was recorded under a wrong clock keeps its dates."
    )
    return [text.format(ended=ended, ours=now)]
