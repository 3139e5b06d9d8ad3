"""Sending a notice to the operators' addresses with Apprise; the addresses hold secrets and are never shown."""

import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _

if TYPE_CHECKING:
    from apprise import Apprise

# its lines may hold addresses, and with them secrets; what went wrong is told by the answer of ``send``
_QUIET = logging.getLogger("apprise")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one notice: fingerprints of the addresses that took it, and the services that did not."""

    delivered: tuple[str, ...]
    failed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Address:
    fingerprint: str
    service: str
    sender: "Apprise"


class Channel:
    """Addresses of people, checked; ``table`` is where the configuration has them.

    Raise ConfigurationError, by number, for one that is not understood.
    """

    def __init__(self, addresses: Sequence[SecretStr], table: str = "notices") -> None:
        # loaded only where somebody is to be told
        from apprise import Apprise, AppriseAsset, PersistentStoreMode

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
            sender = Apprise(asset=asset)
            sender.add(server)
            fingerprint = hashlib.sha256(secret.encode()).hexdigest()[:16]
            self._addresses.append(_Address(fingerprint, f"{number} ({server.service_name})", sender))

    def send(self, title: str, body: str, already: Collection[str] = ()) -> Delivery:
        """Send a text to every address that has not got it ``already``; seconds may pass."""
        delivered, failed = [], []
        for address in self._addresses:
            if address.fingerprint in already:
                continue
            if address.sender.notify(title=title, body=body, body_format="text"):
                delivered.append(address.fingerprint)
            else:
                failed.append(address.service)
        return Delivery(tuple(delivered), tuple(failed))
