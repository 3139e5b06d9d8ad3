"""Which site fails, since when, and when it is tried again: remembered across restarts, shared by all daemons."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from latsar_sync.rules.pauses import LONGEST_SITE_PAUSE, SITE_PAUSES
from latsar_sync.store.tables import site_health


@dataclass(frozen=True, slots=True)
class SiteHealth:
    """A site in quarantine: how often it failed in a row, why, since when, and when it is tried again."""

    site: str
    failures: int
    reason: str
    since: datetime
    next_try_at: datetime

    def is_left_alone(self, now: datetime) -> bool:
        """Say whether the site is to be left alone now; what a clock that ran ahead wrote down is not waited for."""
        return self.since <= now < self.next_try_at <= now + LONGEST_SITE_PAUSE


def ill_sites(connection: Connection) -> Mapping[str, SiteHealth]:
    """Return the sites that failed last time they were asked, by name."""
    return {row.site: SiteHealth(**row._mapping) for row in connection.execute(select(site_health))}


def note_failure(
    connection: Connection, site: str, reason: str, now: datetime, asked: timedelta | None = None
) -> tuple[SiteHealth, bool]:
    """Write down one more failure; return the state, and whether its reason is a new one that must be told.

    ``asked`` is the pause that the site itself asked for. While the site is left alone, what runs of other daemons
    or a person's request meet there is the same failure: it makes the pause longer only if the site asks for it.
    """
    wanted = min(asked or timedelta(), LONGEST_SITE_PAUSE)
    before = _locked(connection, site)
    if before is None:
        first = SiteHealth(site, 1, reason, now, now + max(SITE_PAUSES[0], wanted))
        try:
            with connection.begin_nested():
                connection.execute(insert(site_health).values(**asdict(first)))
        except IntegrityError:
            return note_failure(connection, site, reason, now, asked)  # another daemon was first by a hair
        return first, True
    if before.is_left_alone(now):
        state = replace(before, reason=reason, next_try_at=max(before.next_try_at, now + wanted))
    else:
        failures = before.failures + 1
        pause = max(SITE_PAUSES[min(failures, len(SITE_PAUSES)) - 1], wanted)
        state = SiteHealth(site, failures, reason, min(before.since, now), now + pause)
    connection.execute(update(site_health).where(site_health.c.site == site).values(**asdict(state)))
    return state, before.reason != reason


def note_success(connection: Connection, site: str) -> SiteHealth | None:
    """Forget that a site was failing; return what it had, None if it was well."""
    before = _locked(connection, site)
    if before is None:
        return None
    gone = connection.execute(delete(site_health).where(site_health.c.site == site))
    return before if gone.rowcount == 1 else None


def _locked(connection: Connection, site: str) -> SiteHealth | None:
    """Return a site's row, which no other daemon can change before this transaction ends."""
    row = connection.execute(select(site_health).where(site_health.c.site == site).with_for_update()).first()
    return SiteHealth(**row._mapping) if row is not None else None
