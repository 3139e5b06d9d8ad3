"""Sign-ins that went wrong are counted, by name and by address: who tries too often must wait."""

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

log = structlog.get_logger(__name__)

TRIES = RateLimitItemPerMinute(5, 5)
"""Sign-ins that may go wrong for one name from one address: five in five minutes."""
TRIES_IN_ALL = RateLimitItemPerMinute(50, 5)
"""Those for one name from everywhere, and from one address (an office may share one) for every name."""


class SignInAttempts:
    """Counts what went wrong, in this process. Safe between threads."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def may_try(self, name: str, address: str) -> bool:
        """Say whether one more sign-in with this name, from this address, may be tried."""
        return all(self._limiter.test(*each) for each in _limits(name, address))

    def may_try_from(self, address: str) -> bool:
        """Say whether one more sign-in from this address may be tried whose name is not known yet."""
        return self._limiter.test(TRIES_IN_ALL, "address", address)

    def count(self, name: str, address: str) -> None:
        """Count a sign-in that went wrong; the log does not tell the name, which may be a password typed too early."""
        log.warning("sign-in refused", address=address)
        for each in _limits(name, address):
            self._limiter.hit(*each)

    def count_from(self, address: str, reason: str) -> None:
        """Count a sign-in that proved no name of an account: it must not keep out whoever has such a name."""
        log.warning("sign-in refused", address=address, reason=reason)
        self._limiter.hit(TRIES_IN_ALL, "address", address)

    def is_first(self, limit: RateLimitItemPerMinute, kind: str, key: str) -> bool:
        """Say whether ``key`` is met within ``limit``, and count it."""
        return self._limiter.hit(limit, kind, key)


def _limits(name: str, address: str) -> tuple[tuple[RateLimitItemPerMinute, str, str], ...]:
    name = name.casefold()
    return (TRIES, name, address), (TRIES_IN_ALL, "name", name), (TRIES_IN_ALL, "address", address)
