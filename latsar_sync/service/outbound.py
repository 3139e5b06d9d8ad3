"""One request to an address that the configuration names, beside the Moodles: bounded, by TLS, without redirects.

What it answers is not read beyond its status (rule 20); nothing of the address is told, which may hold a secret.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import requests
from urllib3.exceptions import HTTPError

from latsar_sync.domain.language import _
from latsar_sync.moodle.connection import open_session
from latsar_sync.moodle.deadline import Deadline

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0
PER_SECOND = 10.0


GONE = 410
"""What a program answers that is to be told nothing any more."""


class NotTaken(NamedTuple):
    """Why something was not taken, and whether it is of no use to try again."""

    why: str
    for_good: bool = False


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
        except requests.exceptions.SSLError:
            return NotTaken(_("its TLS certificate cannot be verified"))
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
