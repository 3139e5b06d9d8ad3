"""The way to a site: its address, the connection to it, and what a failed connection means.

Exceptions of requests never leave here as they are: they hold the body, and with it the token.
"""

import ipaddress
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests
from typing_extensions import override
from urllib3.exceptions import NewConnectionError

from latsar_sync.domain.errors import ConfigurationError, LatsarError, NoMoodleThere, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _, mark
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.moodle.error_codes import NOT_AS_HTTP
from latsar_sync.moodle.pace import limited

CHUNK = 65_536
TOO_LARGE = "toolarge"
"""Our own code for an answer that goes beyond the bound."""


def site_url(name: str, url: str) -> str:
    """Given a site's address, produce it without trailing slashes.

    Raise ConfigurationError unless it is https, or http to this machine itself (rule 18), and bare of
    user, query and fragment.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        bare = parts.port != 0 and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        host, bare = "", False
    if not (host and bare and parts.scheme in ("https", "http")):
        raise ConfigurationError(
            _("sites.{name}.url is not a site's address.").format(name=name),
            _("Write it like https://lms.example.go.id"),
        )
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigurationError(
            _("sites.{name}.url is http: the token would cross the network in the clear.").format(name=name),
            _("Use https."),
        )
    return parts.geturl().rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Session(requests.Session):
    """Leads nowhere else: the library reads what it would follow, and the whole body of it, before anybody asks."""

    @override
    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return no address, whatever the answer names."""
        return None


def open_session(
    name: str, url: str, ca_bundle: Path | None, proxy: str | None, per_second: float, at_once: int
) -> requests.Session:
    """Return a session that sends at most ``per_second`` requests to an address and keeps ``at_once`` connections.

    ``name`` is that of its table in the configuration. Raise ConfigurationError if the file of ``ca_bundle`` is none.
    """
    session = _Session()
    session.trust_env = False  # no proxy, certificate file or password from the environment
    session.headers["Content-Type"] = "application/x-www-form-urlencoded"
    session.headers["User-Agent"] = "latsar-sync"
    if proxy:
        session.proxies = {"http": proxy, "https": proxy}
    if ca_bundle:
        try:
            ssl.create_default_context(cafile=ca_bundle)
        except OSError as error:
            raise ConfigurationError(
                _("{name}.ca_bundle: {ca_bundle} cannot be read as certificates ({strerror}).").format(
                    name=name, ca_bundle=ca_bundle, strerror=reason_of(error)
                ),
                _("Name a file of certificates in PEM, or remove the key."),
            ) from None
        session.verify = str(ca_bundle)
    session.mount(url, limited(per_second, at_once))
    return session


def read_body(where: str, response: requests.Response, largest: int) -> bytes:
    """Return the body of an answer, unpacked. Raise SiteRefuses beyond ``largest`` bytes: packed, they are a few."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(CHUNK):
        size += len(part)
        if size > largest:
            response.close()
            parts.clear()  # errors of one reading hang on one another, and each would hold what was read
            raise SiteRefuses(
                _("{where}: the answer is larger than {megabytes} MB.").format(
                    where=where, megabytes=largest // 1_000_000
                ),
                _(
                    "Moodle answers no such thing: show this line to the site's admin, who finds in the web server's "
                    "log what was answered."
                ),
                errorcode=TOO_LARGE,
            )
        parts.append(part)
    return b"".join(parts)


UNVERIFIED = (
    mark("{where}: the TLS certificate of {url} cannot be verified."),
    mark("If the site's certificate is from a private authority, name its file in `ca_bundle`."),
)
_ANOTHER_NAME = (
    mark("{where}: the TLS certificate of {url} is for another name."),
    mark("Write `url` with the name that the certificate is for, or let the site's admin mend the certificate."),
)
_ADMIN_OR_CLOCK = mark("Let the site's admin renew it; if it is right, the clock of this machine is wrong.")
WRONG_CERTIFICATES: Mapping[int, tuple[str, str]] = {
    9: (mark("{where}: the TLS certificate of {url} is not valid yet."), _ADMIN_OR_CLOCK),
    10: (mark("{where}: the TLS certificate of {url} has expired."), _ADMIN_OR_CLOCK),
    62: _ANOTHER_NAME,
    64: _ANOTHER_NAME,
}
"""What is wrong with a certificate, and what to do, by OpenSSL's number (X509_V_ERR_…: 62 host name, 64 address)."""

NO_ANSWER_OF_HTTP: Mapping[type[Exception], str] = {
    requests.exceptions.ContentDecodingError: mark("{where}: the answer of {url} is not packed as it says."),
    requests.exceptions.InvalidHeader: mark("{where}: the headers of the answer of {url} contradict each other."),
}

NO_COMMON_TLS = frozenset(
    [
        *("DH_KEY_TOO_SMALL", "HTTP_REQUEST", "NO_PROTOCOLS_AVAILABLE", "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        *("TLSV1_ALERT_PROTOCOL_VERSION", "TLSV1_UNRECOGNIZED_NAME", "UNSAFE_LEGACY_RENEGOTIATION_DISABLED"),
        *("UNSUPPORTED_PROTOCOL", "WRONG_SIGNATURE_TYPE", "WRONG_SSL_VERSION", "WRONG_VERSION_NUMBER"),
    ]
)
"""OpenSSL's reasons for which a connection is not even begun: nothing was sent."""


def connection_problem(where: str, url: str, error: BaseException, no_answer: type[SiteUnavailable]) -> LatsarError:
    """Our own words for a failed connection: the text of requests' errors may hold address and body."""
    causes = tuple(_causes(error))
    wrong = wrong_certificate(error)
    if wrong is not None:
        said, remedy = WRONG_CERTIFICATES.get(wrong, UNVERIFIED)
        return NoMoodleThere(_(said).format(where=where, url=url), _(remedy))
    apart = next(
        (each.reason for each in causes if isinstance(each, ssl.SSLError) and each.reason in NO_COMMON_TLS), None
    )
    if apart is not None:
        return SiteUnavailable(
            _("{where}: {url} and this computer find no common TLS ({reason}).").format(
                where=where, url=url, reason=apart.replace("_", " ").lower()
            ),
            _(
                "Does `url` name the port on which the site speaks https? If it does, its web server offers only old "
                "TLS: its admin must enable TLS 1.2 or newer, with secure renegotiation."
            ),
        )
    for kind, said in NO_ANSWER_OF_HTTP.items():
        if isinstance(error, kind):
            return no_answer(_(said).format(where=where, url=url), _(NOT_AS_HTTP))
    if isinstance(error, ValueError):
        return NoMoodleThere(
            _("{where}: `proxy` is not a usable address.").format(where=where), _("Write it like http://proxy:3128")
        )
    reasons = [reason_of(cause) for cause in causes if isinstance(cause, OSError) and cause.strerror]
    in_time = not isinstance(error, requests.Timeout)
    reason = reasons[-1] if reasons else _("broken off") if in_time else _("no answer in time")
    never_sent = isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or any(
        isinstance(cause, NewConnectionError) for cause in causes
    )
    if isinstance(error, requests.exceptions.ProxyError):
        return SiteUnavailable(
            _("{where}: the proxy lets nobody through to {url} ({reason}).").format(
                where=where, url=url, reason=reason
            ),
            _("Is the `proxy` of this site up, and does it let this machine through?"),
        )
    if never_sent:
        return SiteUnavailable(
            _("{where}: no connection to {url} ({reason}).").format(where=where, url=url, reason=reason),
            _("Is the site up and reachable from here?"),
        )
    return no_answer(
        _("{where}: no answer from {url} ({reason}).").format(where=where, url=url, reason=reason),
        _("The next run reads again; if it stays, the logs of the site's web server and of each proxy tell why.")
        if in_time
        else _(
            "The next run reads again; if it stays, raise `read_timeout` of this site, or ask its admin why it is slow."
        ),
    )


def wrong_certificate(error: BaseException) -> int | None:
    """Return OpenSSL's number for what is wrong with a certificate, 0 if it tells none; None: it is not that."""
    refused = (each for each in _causes(error) if isinstance(each, ssl.SSLCertVerificationError))
    return next((getattr(each, "verify_code", 0) for each in refused), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    for wrapped in (getattr(error, "reason", None), *error.args, error.__cause__):
        if isinstance(wrapped, BaseException):
            yield from _causes(wrapped)
