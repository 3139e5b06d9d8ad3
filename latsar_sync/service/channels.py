"""Sending a notice to the operators' addresses with Apprise; the addresses hold secrets and are never shown."""

import hashlib
import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from pydantic import SecretStr

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _

if TYPE_CHECKING:
    from apprise import Apprise

WITHIN_SECONDS = 60.0
"""So long an address may take; then it has not taken the notice, and is asked nothing until it has answered."""
# its lines may hold addresses, and with them secrets; what went wrong is told by the answer of ``send``
_QUIET = logging.getLogger("apprise")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one notice: fingerprints of the addresses that took it, and the services that did not."""

    delivered: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(slots=True)
class _Address:
    """One address; it is asked in a thread that nobody needs to wait for, not even the end of the process."""

    fingerprint: str
    service: str
    sender: "Apprise"
    asked: Thread | None = None
    took_it: bool = False

    def begin(self, title: str, body: str) -> bool:
        """Ask it, unless it has not answered the last time yet; say whether it is asked."""
        if self.asked is not None and self.asked.is_alive():
            return False
        self.took_it = False
        self.asked = Thread(target=self._ask, args=(title, body), name=f"notice {self.fingerprint}", daemon=True)
        self.asked.start()
        return True

    def has_taken_it(self, seconds: float) -> bool:
        """Say whether it took what it was asked to take, within so many seconds."""
        if self.asked is not None:
            self.asked.join(max(seconds, 0.0))
        return self.took_it

    def _ask(self, title: str, body: str) -> None:
        self.took_it = bool(self.sender.notify(title=title, body=body, body_format="text"))


class Channel:
    """Addresses of people, checked; ``table`` is where the configuration has them.

    Raise ConfigurationError, by number, for one that is not understood.
    """

    def __init__(self, addresses: Sequence[SecretStr], table: str = "notices") -> None:
        # loaded only where somebody is to be told
        from apprise import Apprise, AppriseAsset, OverflowMode, PersistentStoreMode

        _QUIET.setLevel(logging.CRITICAL + 1)
        _QUIET.propagate = False
        # nothing is kept on disk, and nothing but the text is sent
        asset = AppriseAsset(app_id="latsar-sync", storage_mode=PersistentStoreMode.MEMORY, secure_logging=True)
        self._addresses: list[_Address] = []
        for number, address in enumerate(addresses, start=1):
            secret = address.get_secret_value()
            server = Apprise.instantiate(secret, asset=asset)
            if server is None:
                raise ConfigurationError(
                    _("{table}: address number {number} is not one that Apprise understands.").format(
                        table=table, number=number
                    ),
                    _("Correct it where urls_env or urls_file leads to; Apprise's pages list every service."),
                )
            if "overflow=" not in secret.lower():  # else a service refuses what is too long for it, and nobody is told
                server.overflow_mode = OverflowMode.SPLIT
            sender = Apprise(asset=asset)
            sender.add(server)
            fingerprint = hashlib.sha256(secret.encode()).hexdigest()[:16]
            self._addresses.append(_Address(fingerprint, f"{number} ({server.service_name})", sender))

    def send(self, title: str, body: str, already: Collection[str] = ()) -> Delivery:
        """Send a text to every address that has not got it ``already``, all at once; ``WITHIN_SECONDS`` may pass."""
        enough = time.monotonic() + WITHIN_SECONDS
        wanted = [each for each in self._addresses if each.fingerprint not in already]
        asked = [address.begin(title, body) for address in wanted]
        taken = [
            is_asked and address.has_taken_it(enough - time.monotonic())
            for address, is_asked in zip(wanted, asked, strict=True)
        ]
        return Delivery(
            tuple(each.fingerprint for each, took_it in zip(wanted, taken, strict=True) if took_it),
            tuple(each.service for each, took_it in zip(wanted, taken, strict=True) if not took_it),
        )
