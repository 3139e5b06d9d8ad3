"""What run and serve share: the log without secrets, the signals that end them, a warning."""

import re
import signal
from itertools import chain
from urllib.parse import parse_qsl, unquote

import structlog

from latsar_sync.settings import Settings
from latsar_sync.settings.webhooks import PREFIX

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


def ending_signals() -> set[signal.Signals]:
    """Return what ends a service in order; a terminal that closes (SIGHUP) does not where nohup had it ignored."""
    signals = {signal.SIGTERM, signal.SIGINT}
    return signals if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else signals | {signal.SIGHUP}


def secrets_of(settings: Settings) -> list[str]:
    """Return every text of the configuration that no log line may hold: passwords as written and as meant."""
    found = [site.token.get_secret_value() for site in settings.sites.values()]
    if settings.service.oidc:
        found.append(settings.service.oidc.client_secret.get_secret_value())
    found += [settings.mail.password.get_secret_value()] if settings.mail and settings.mail.password else []
    for webhook in settings.webhooks.values():
        signing = webhook.secret.get_secret_value()
        found += [signing, signing.removeprefix(PREFIX)]
    mailboxes = (programme.intake.mailbox for programme in settings.programmes if programme.intake)
    found += [mailbox.password.get_secret_value() for mailbox in mailboxes if mailbox]
    found += [settings.ping.url.get_secret_value()] if settings.ping else []
    told = [each.urls for each in (settings.notices, *(one.committee for one in settings.programmes)) if each]
    for secret in chain.from_iterable(told):
        whole = secret.get_secret_value()
        found += [whole, *(part for part in re.split(r"[^\w.~-]+", whole) if len(part) >= LONG_ENOUGH_FOR_A_SECRET)]
    for address in filter(None, [settings.database_url, *_proxies(settings)]):
        password = re.match(r"[^:]+://[^:/@]*:(.*)@", address)
        found += [password[1], unquote(password[1])] if password else []
        found += [value for name, value in parse_qsl(address.partition("?")[2]) if "password" in name]
    return [text for text in found if text]


def _proxies(settings: Settings) -> list[str | None]:
    oidc = settings.service.oidc
    of_webhooks = (each.proxy for each in settings.webhooks.values())
    return [*(site.proxy for site in settings.sites.values()), *of_webhooks, oidc.proxy if oidc else None]
