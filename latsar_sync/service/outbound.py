"""One request to an address that the configuration names, beside the Moodles: bounded, by TLS, without redirects.

What it answers is not read beyond its status (rule 20); nothing of the address is told, which may hold a secret.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import requests
from typing_extensions import override
from urllib3.exceptions import HTTPError

from latsar_sync.domain.errors import SiteRefuses
from latsar_sync.domain.language import _, mark
from latsar_sync.moodle.connection import open_session, read_body, wrong_certificate
from latsar_sync.moodle.deadline import Adapter, Deadline

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
PER_SECOND = 10.0
LARGEST_ANSWER = 1_000_000
"""Bytes, unpacked."""

GONE = 410
"""What a program answers that is to be told nothing any more."""


UNVERIFIED = mark("its TLS certificate cannot be verified")
_ANOTHER_NAME = mark("its TLS certificate is for another name")
WRONG_CERTIFICATES: Mapping[int, str] = {
    9: mark("its TLS certificate is not valid yet, or the clock of this machine is wrong"),
    10: mark("its TLS certificate has expired, or the clock of this machine is wrong"),
    18: mark("its TLS certificate is of its own making: name its file in ca_bundle"),
    19: mark("its TLS certificate is from an authority of its own: name its file in ca_bundle"),
    20: mark("its TLS certificate is from an authority that is not known here: name its file in ca_bundle"),
    62: _ANOTHER_NAME,
    64: _ANOTHER_NAME,
}
"""What is wrong with a certificate, by OpenSSL's number (X509_V_ERR_…); no address, which may hold a secret."""


class NotTaken(NamedTuple):
    """Why something was not taken, and whether it is of no use to try again."""

    why: str
    for_good: bool = False


class TooLarge(requests.RequestException):
    """An answer is larger than it may be."""


class BoundedAdapter(Adapter):
    """Takes each answer whole, within ``ANSWER_SECONDS`` and ``LARGEST_ANSWER``, for a library that reads it itself.

    Raise TooLarge, or ReadTimeout, for another.
    """

    def __init__(self) -> None:
        super().__init__(per_second=PER_SECOND, limit_statuses=())

    @override
    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        watch = Deadline(ANSWER_SECONDS)
        try:
            with watch:
                response: requests.Response = super().send(request, *arguments, **{**options, "stream": True})
                response._content = read_body("", response, LARGEST_ANSWER)  # where requests keeps what it has read
        except SiteRefuses:
            raise TooLarge from None
        if watch.passed:
            raise requests.ReadTimeout
        return response


class Receiver:
    """An address that is written to. Raise ConfigurationError if the file of ``ca_bundle`` holds no certificates."""

    def __init__(self, table: str, url: str, ca_bundle: Path | None = None, proxy: str | None = None) -> None:
        """Prepare; ``table`` is where the configuration names it."""
        self._url = url
        self._session = open_session(table, url, ca_bundle, proxy, PER_SECOND, at_once=1)

    def post(self, body: bytes, headers: Mapping[str, str], path: str = "") -> NotTaken | None:
        """Send a body, and return None if it was taken (2xx), else why not; seconds may pass."""
        watch = Deadline(ANSWER_SECONDS)
        try:
            with watch:
                response = self._session.post(
                    f"{self._url}{path}",
                    data=body,
                    headers=dict(headers),
                    timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
                    allow_redirects=False,
                    stream=True,
                )
                status = response.status_code
                response.close()
        except requests.exceptions.SSLError as error:
            return NotTaken(_(WRONG_CERTIFICATES.get(wrong_certificate(error) or 0, UNVERIFIED)))
        except (requests.RequestException, HTTPError, OSError):
            return NotTaken(_("no answer in time") if watch.passed else _("no connection, or it was broken off"))
        if 300 <= status < 400:
            said = _("it leads elsewhere (HTTP {status}), which is not followed")
            return NotTaken(said.format(status=status))
        if 200 <= status < 300:
            return None
        return NotTaken(_("it answered HTTP {status}").format(status=status), status == GONE)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()
