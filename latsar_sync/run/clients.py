"""The clients of the sites that a run asks, as the settings say; those of one site share its throttle."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from pydantic import ValidationError
from sqlalchemy import Connection

from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.pace import Throttle
from latsar_sync.moodle.payloads import SiteInfo
from latsar_sync.settings import ProgrammeSettings, Settings, SiteSettings
from latsar_sync.store import site_infos
from latsar_sync.store.database import Database

Observer = Callable[[str, Function, float, str], None]
"""Is told each request: site, function, seconds, status."""


def connect_all(
    settings: Settings,
    programmes: Sequence[ProgrammeSettings],
    throttles: dict[str, Throttle],
    observe: Observer | None,
) -> dict[str, MoodleClient]:
    """Return a client for each site that the programmes need, by its name; ``throttles`` are filled up by site."""
    needed = frozenset[str]().union(*(programme.sites for programme in programmes))
    clients = {}
    for name in sorted(needed):
        site = settings.sites[name]
        throttle = throttles.setdefault(name, Throttle(site.max_parallel))
        clients[name] = connect(name, site, observe, throttle)
    return clients


def connect(
    name: str, site: SiteSettings, observe: Observer | None = None, throttle: Throttle | None = None
) -> MoodleClient:
    """Return a client for a configured site; nothing is asked of it yet."""
    limits = SiteLimits(
        connect_timeout=float(site.connect_timeout),
        read_timeout=float(site.read_timeout),
        max_parallel=site.max_parallel,
        requests_per_second=float(site.requests_per_second),
        retry_budget=float(site.retry_budget),
    )
    client = MoodleClient(
        name, site.url, site.token, ca_bundle=site.ca_bundle, proxy=site.proxy, limits=limits, gate=throttle
    )
    if observe is not None:
        client.observer = partial(observe, name)
    return client


def remember_the_sites(database: Database, clients: Iterable[MoodleClient], now: datetime, anew: bool) -> None:
    """Let each client know what its site said of itself within the last hour; what is older is a guess only.

    So is everything if ``anew``: the sites are asked again.
    """
    with database.reading() as connection:
        for client in clients:
            kept = site_infos.load_info(connection, client.name, client.url, now)
            if kept is None:
                continue
            info, too_old = kept
            try:
                client.remember(
                    SiteInfo.model_validate({**info, "functions": _listed(info["functions"])}), anew or too_old
                )
            except (ValidationError, KeyError):
                continue  # it was kept by another version of this program


def keep_what_sites_told(connection: Connection, clients: Iterable[MoodleClient], now: datetime) -> None:
    """Keep what the sites said of themselves; of one that let us in no more, or must be mended first, none is kept."""
    for client in clients:
        info = client.site_info_told
        if client.trouble is not None or (info is not None and info.completion_off):
            site_infos.forget_info(connection, client.name)
        elif info is not None:
            told = info.model_dump(mode="json")
            told["functions"] = sorted(told["functions"])
            site_infos.save_info(connection, client.name, client.url, told, now)


def _listed(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": name} for name in names]
