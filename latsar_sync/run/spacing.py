"""How incremental runs are spaced by what the last ones took of the sites, and whether that slows the schedule down."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf

from sqlalchemy import Connection

from latsar_sync.rules.lms_budget import RUNS, Spacing, spacing, spares
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.cron import cron_trigger
from latsar_sync.store import checkpoints, run_figures, runs, source_ids

Took = dict[tuple[str, bool], list[dict[str, float]]]
"""The seconds by site of the last incremental runs, by programme, and of those alone that spared the MOOC."""
BEGIN = timedelta(seconds=5)
"""A run that began so near to where the last one has read to is that one: sites tell whole seconds."""


class Spacings:
    """The spacing of programmes as the database tells it; what was read is kept in ``took``, and not read again."""

    def __init__(self, connection: Connection, settings: Settings, took: Took | None = None) -> None:
        self._connection = connection
        self._settings = settings
        self._took: Took = {} if took is None else took

    def of(self, programme: ProgrammeSettings) -> Spacing | None:
        """Return what spaces the programme's incremental runs, None where nothing is known yet."""
        scheduled = [each for each in self._settings.programmes if each.schedule is not None]
        rounds = {
            site: [self._of_last_runs(each, site) for each in scheduled if site in each.sites]
            for site in programme.sites
        }
        shares = {site: float(each.max_lms_share) for site, each in self._settings.sites.items()}
        return spacing(sorted(programme.sites), rounds, shares, self._of_a_run_in_vain(programme))

    def slowing(self, programme: ProgrammeSettings, now: datetime) -> Spacing | None:
        """Return what spaces the programme's incremental runs further than its schedule; None where nothing does."""
        found = self.of(programme) if programme.schedule is not None else None
        if found is None or programme.schedule is None:
            return None
        trigger = cron_trigger(programme.schedule, self._settings.zone_of(programme))
        first = trigger.get_next_fire_time(None, now)
        second = trigger.get_next_fire_time(first, first) if first is not None else None
        return found if first is None or second is None or found.every > second - first else None

    def spares_the_mooc(self, programme: ProgrammeSettings, now: datetime) -> bool:
        """Say whether a scheduled incremental run, by group or by list, asks the MOOC about whoever was there only."""
        since, site = self._all_asked_at(programme), programme.source.site
        if since is None or site not in self._settings.sites:
            return False
        if not self._is_by_group(programme):  # then nothing tells what a run takes that spares it: what all took counts
            return self.slowing(programme, now) is not None and spares(inf, 1, now - since)
        used = sum(
            took.get(site, 0.0)
            for each in self._settings.programmes
            if each.schedule is not None and site in each.sites
            for took in run_figures.lms_seconds_since(self._connection, each.id, since - BEGIN)
        )
        return spares(used, float(self._settings.sites[site].max_lms_share), now - since)

    def _of_last_runs(self, programme: ProgrammeSettings, site: str) -> list[dict[str, float]]:
        """Return what the next incremental run of a programme may take of a site, by what the last ones took.

        By group it is known of the MOOC by those that spared it, since all was asked: that itself fits by and by.
        """
        since = None
        if site == programme.source.site and self._is_by_group(programme):
            since = self._all_asked_at(programme)
        key = programme.id, since is not None
        if key not in self._took:
            self._took[key] = (
                run_figures.lms_seconds(self._connection, programme.id, RUNS)
                if since is None
                else run_figures.lms_seconds_since(self._connection, programme.id, since + BEGIN)
            )
        return self._took[key]

    def _of_a_run_in_vain(self, programme: ProgrammeSettings) -> Mapping[str, float]:
        """Return what the last run took by site, if the next one reads as much again."""
        last = runs.last_of_everybody(self._connection, programme.id)
        return last.lms_seconds if last is not None and last.is_made_up_for else {}

    def _is_by_group(self, programme: ProgrammeSettings) -> bool:
        ids = source_ids.load_ids(self._connection, programme.id)
        return ids is not None and bool(ids.groups)

    def _all_asked_at(self, programme: ProgrammeSettings) -> datetime | None:
        """Return up to when changes in the MOOC are known: a run that spared it left that as it was."""
        checkpoint = checkpoints.load_checkpoint(self._connection, programme.id)
        return checkpoint.site_time if checkpoint else None
