"""The clients of the sites that a run asks, as the settings say; those of one site share its throttle."""

from collections.abc import Callable, Sequence
from functools import partial

from latsar_sync.moodle.client import ClientLimits, MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.pace import Throttle
from latsar_sync.settings import ProgrammeSettings, Settings, SiteSettings

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
    limits = ClientLimits(
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
