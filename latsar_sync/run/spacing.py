"""How quiet runs are spaced by what the last ones took of the sites, and whether that slows the schedule down."""

from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.rules.lms_budget import RUNS, Spacing, spacing
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.cron import cron_trigger
from latsar_sync.store import runs

Took = dict[str, list[dict[str, float]]]
"""The seconds by site of the last quiet runs, by programme."""


class Spacings:
    """The spacing of programmes as the database tells it; what was read is kept in ``took``, and not read again."""

    def __init__(self, connection: Connection, settings: Settings, took: Took | None = None) -> None:
        self._connection = connection
        self._settings = settings
        self._took: Took = {} if took is None else took

    def of(self, programme: ProgrammeSettings) -> Spacing | None:
        """Return what spaces the programme's quiet runs, None where nothing is known yet."""
        scheduled = [each for each in self._settings.programmes if each.schedule is not None]
        rounds = {
            site: [self._of_last_runs(each.id) for each in scheduled if site in each.sites] for site in programme.sites
        }
        shares = {site: float(each.max_lms_share) for site, each in self._settings.sites.items()}
        return spacing(sorted(programme.sites), rounds, shares)

    def slowing(self, programme: ProgrammeSettings, now: datetime) -> Spacing | None:
        """Return what spaces the programme's quiet runs further than its schedule does; None where nothing does."""
        found = self.of(programme) if programme.schedule is not None else None
        if found is None or programme.schedule is None:
            return None
        trigger = cron_trigger(programme.schedule, self._settings.zone_of(programme))
        first = trigger.get_next_fire_time(None, now)
        second = trigger.get_next_fire_time(first, first) if first is not None else None
        return found if first is None or second is None or found.every > second - first else None

    def _of_last_runs(self, programme: str) -> list[dict[str, float]]:
        if programme not in self._took:
            self._took[programme] = runs.lms_seconds(self._connection, programme, RUNS)
        return self._took[programme]
