"""What run and serve share: the log without secrets, the signals that end them, a warning."""

import re
import signal
from collections.abc import Iterator
from itertools import chain
from urllib.parse import parse_qsl, unquote

import structlog
from pydantic import BaseModel, SecretStr

from latsar_sync.domain.errors import NotReady
from latsar_sync.domain.language import _
from latsar_sync.settings import Settings
from latsar_sync.settings.webhooks import PREFIX
from latsar_sync.store.database import Database

LONG_ENOUGH_FOR_A_SECRET = 8
"""Parts of an Apprise address from this length on are hidden: any of them may be a password or token."""


def warn_when_bound_wider(settings: Settings) -> None:
    """Say so when the pages are reachable from other hosts and no TLS is named before them."""
    service = settings.service
    behind_tls = (service.public_url or "").startswith("https:")
    if service.host not in ("127.0.0.1", "::1", "localhost") and not behind_tls:
        structlog.get_logger("latsar_sync").warning(
            "pages, health and metrics are reachable from other hosts, without TLS", host=service.host
        )


def outgrown(database: Database) -> NotReady:
    """Return the error with which a service ends whose tables a newer version has changed."""
    return NotReady(
        _("Another version of latsar-sync has changed the tables of {name} while this one was at work.").format(
            name=database.name
        ),
        _("Start the installed version again; all processes of one database run the same one."),
    )


def ending_signals() -> set[signal.Signals]:
    """Return what ends a service in order; a terminal that closes (SIGHUP) does not where nohup had it ignored."""
    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
    return signals if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else signals | {signal.SIGHUP}


def secrets_of(settings: Settings) -> list[str]:
    """Return every text of the configuration that no log line may hold: passwords as written and as meant."""
    found: list[str] = []
    for secret in _secrets_in(settings):
        found += [secret, secret.removeprefix(PREFIX)]
        if "://" in secret:
            found += [part for part in re.split(r"[^\w.~-]+", secret) if len(part) >= LONG_ENOUGH_FOR_A_SECRET]
    for address in filter(None, [settings.database_url, *_proxies(settings)]):
        password = re.match(r"[^:]+://[^:/@]*:(.*)@", address)
        found += [password[1], unquote(password[1])] if password else []
        found += [value for name, value in parse_qsl(address.partition("?")[2]) if "password" in name]
    return [text for text in found if text]


def _secrets_in(value: object) -> Iterator[str]:
    """Yield every secret of the configuration, in whatever table it stands."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        yield from chain.from_iterable(_secrets_in(each) for _, each in value)
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(_secrets_in, value.values()))
    elif isinstance(value, tuple):
        yield from chain.from_iterable(map(_secrets_in, value))


def _proxies(settings: Settings) -> list[str | None]:
    oidc = settings.service.oidc
    of_webhooks = (each.proxy for each in settings.webhooks.values())
    return [*(site.proxy for site in settings.sites.values()), *of_webhooks, oidc.proxy if oidc else None]
