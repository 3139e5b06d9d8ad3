"""How hard the service may lean on a site, unless configured (``settings.sites``); ``moodle.pace`` keeps to it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SiteLimits:
    """How hard the service may lean on a site. Times in seconds; ``retry_budget`` covers one call with its waits.

    ``read_timeout`` is for a whole answer once the request was sent; ``largest_answer`` is in bytes, unpacked.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 120.0
    max_parallel: int = 2
    requests_per_second: float = 10.0
    retry_budget: float = 180.0
    retry_attempts: int = 5
    largest_answer: int = 64_000_000
