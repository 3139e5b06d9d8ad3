"""Sign-ins are counted, by name and by address, before anything is looked up: who tries too often must wait.

A browser in which somebody signed in before has a count of its own: nobody else's tries, from wherever, keep it out.
"""

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from latsar_sync.domain.language import _

log = structlog.get_logger(__name__)

MINUTES = 5
"""So long tries count against whoever makes another."""
TRIES = RateLimitItemPerMinute(5, MINUTES)
"""Sign-ins that may go wrong for one name from one address, or in one browser that is known."""
TRIES_OF_A_NAME = RateLimitItemPerMinute(50, MINUTES)
"""Those for one name from everywhere."""
TRIES_FROM = RateLimitItemPerMinute(100, MINUTES)
"""Those from one address, which a whole office may share, for every name; that went well, too."""


class SignInAttempts:
    """Counts the tries of this process. Safe between threads."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def take(self, name: str, address: str, browser: str | None) -> bool:
        """Count a try, before its password is looked at; say whether it may be made.

        ``browser`` names a browser in which this name has signed in before, None for any other.
        """
        return all(self._limiter.hit(*each) for each in _limits(name, address, browser))

    def went_well(self, name: str, address: str, browser: str | None) -> None:
        """Forget the tries of somebody who has come in."""
        self._limiter.clear(*_limits(name, address, browser)[0])

    def went_wrong(self, address: str) -> None:
        """Say so in the log, without the name, which may be a password typed too early."""
        log.warning("sign-in refused", address=address)

    def may_try_from(self, address: str) -> bool:
        """Say whether one more sign-in from this address may be tried whose name is not known yet."""
        return self._limiter.test(TRIES_FROM, "address", address)

    def count_from(self, address: str, reason: str) -> None:
        """Count a sign-in that proved no name of an account: it must not keep out whoever has such a name."""
        log.warning("sign-in refused", address=address, reason=reason)
        self._limiter.hit(TRIES_FROM, "address", address)

    def is_first(self, limit: RateLimitItemPerMinute, kind: str, key: str) -> bool:
        """Say whether ``key`` is met within ``limit``, and count it."""
        return self._limiter.hit(limit, kind, key)


def too_many_tries() -> str:
    """Return what is said to whoever tried too often."""
    return _("Too many tries. Wait {minutes} minutes, then try again.").format(minutes=MINUTES)


def _limits(name: str, address: str, browser: str | None) -> tuple[tuple[RateLimitItemPerMinute, str, str], ...]:
    name = name.casefold()
    if browser is not None:
        return ((TRIES, "browser", browser),)
    return (TRIES, name, address), (TRIES_OF_A_NAME, "name", name), (TRIES_FROM, "address", address)
