"""Which site fails, since when, and when it is tried again: remembered across restarts, shared by all daemons."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from latsar_sync.store.tables import site_health

PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30))
"""How long a failing site is left alone after its first, second … failure; the last is kept."""


@dataclass(frozen=True, slots=True)
class SiteHealth:
    """A site in quarantine: how often it failed in a row, why, since when, and when it is tried again."""

    site: str
    failures: int
    reason: str
    since: datetime
    next_try_at: datetime


def ill_sites(connection: Connection) -> Mapping[str, SiteHealth]:
    """Return the sites that failed last time they were asked, by name."""
    return {row.site: SiteHealth(**row._mapping) for row in connection.execute(select(site_health))}


def note_failure(
    connection: Connection, site: str, reason: str, now: datetime, at_least: timedelta | None = None
) -> tuple[SiteHealth, bool]:
    """Write down one more failure; return the state, and whether its reason is a new one that must be told.

    ``at_least`` is the pause that the site itself asked for.
    """
    row = connection.execute(select(site_health).where(site_health.c.site == site)).first()
    before = SiteHealth(**row._mapping) if row is not None else None
    failures = before.failures + 1 if before else 1
    pause = max(PAUSES[min(failures, len(PAUSES)) - 1], at_least or timedelta())
    state = SiteHealth(site, failures, reason, before.since if before else now, now + pause)
    values = {"failures": failures, "reason": reason, "since": state.since, "next_try_at": state.next_try_at}
    if before is None:
        connection.execute(insert(site_health).values(site=site, **values))
    else:
        connection.execute(update(site_health).where(site_health.c.site == site).values(**values))
    return state, before is None or before.reason != reason


def note_success(connection: Connection, site: str) -> SiteHealth | None:
    """Forget that a site was failing; return what it had, None if it was well."""
    row = connection.execute(select(site_health).where(site_health.c.site == site)).first()
    if row is None:
        return None
    connection.execute(delete(site_health).where(site_health.c.site == site))
    return SiteHealth(**row._mapping)
