"""Addresses of the web: of sites, of the dashboard, of a provider, of a proxy."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from latsar_sync.domain.language import _
from latsar_sync.settings.refusals import refusal

PAGES = frozenset(
    [
        *("accounts", "api", "assets", "classes", "healthz", "invitation", "look", "me", "metrics", "people"),
        *("privacy", "programmes", "readyz", "setup", "sign-in", "sign-out"),
    ]
)
"""What the first part of a path of the dashboard can be; a test holds it to the routes."""


def site_address(url: str) -> str:
    """Return the address of a Moodle without a closing slash; refuse what could leak a token or miss it."""
    parts = _split_address(url)
    if parts.username is not None or parts.password is not None:
        raise refusal(_("holds a user name or password"), _("Write the address alone; the token comes from token_env."))
    if "?" in url or "#" in url:
        raise refusal(_("holds a query or fragment"), _("Write the address alone, without what follows ? or #."))
    if parts.path.endswith(".php"):
        raise refusal(_("is the address of one page"), _("Write the site's own address, as Moodle's wwwroot has it."))
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise refusal(
            _("sends the token unencrypted"), _("Use https://; http:// is taken only for this machine (127.0.0.1).")
        )
    return url.rstrip("/")


def moodle_at(url: str) -> str:
    """Return an address in one spelling: two names of one address are one Moodle."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path.rstrip('/')}"


def public_address(url: str) -> str:
    """Return the address of the dashboard; its path must be none that the dashboard itself has."""
    url = site_address(url)
    path = urlsplit(url).path
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", path) or {".", ".."} & {*path.split("/")}:
        raise refusal(_("has a path that cannot be used"), _("Use letters, digits and dashes, as in /latsar."))
    if path.split("/")[1:2] and path.split("/")[1] in PAGES:
        raise refusal(_("has a path that the dashboard itself has"), _("Choose another, as in /latsar."))
    return url


def webhook_address(url: str) -> str:
    """Return the address of a receiver: by TLS (rule 18), without user, query or fragment: they hold secrets."""
    return site_address(url) if not urlsplit(url).path.endswith(".php") else f"{site_address(url[:-4])}.php"


def issuer_address(url: str) -> str:
    """Return an issuer as it is written: it is compared letter by letter, a closing slash included."""
    site_address(url)
    return url


def proxy_address(url: str) -> str:
    """Return the address of a proxy, which may hold a name and a password."""
    _split_address(url)
    return url


def _split_address(url: str) -> SplitResult:
    remedy = _("Write it as in https://lms.example.go.id.")
    if any(character in " \\" or not character.isprintable() for character in url):
        raise refusal(_("holds a space or a character that no address has"), remedy)
    try:
        parts = urlsplit(url)
        has_host = _is_host(parts.hostname or "") and (parts.port is None or parts.port > 0)
    except ValueError:
        has_host = False
    if not has_host or parts.scheme not in {"http", "https"}:
        raise refusal(_("is not a web address"), remedy)
    return parts


def host_name(text: str) -> str:
    """Return the name, or number, of a host; refuse what nobody can look up."""
    if not _is_host(text):
        raise refusal(_("is no name or number of a host"), _("Write it like mail.example.go.id or 10.0.0.5."))
    return text


def _is_host(name: str) -> bool:
    """Say whether a name may be one of a host, or its number."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return len(name) < 254 and re.fullmatch(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?", name) is not None
    return True


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself, by its number or by the name localhost."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_or_network(text: str) -> str:
    """Return the address of a host or a network, such as 10.0.0.5 or 10.0.0.0/24; refuse anything else."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise refusal(_("is no address of a host or network"), _("Write it like 10.0.0.5 or 10.0.0.0/24.")) from None
    return text
