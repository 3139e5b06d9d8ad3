"""Programs that are told of changes: the tables ``[webhooks.NAME]``."""

import base64
import binascii
from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import EnvironmentName, FilePath, ProxyAddress, WebhookAddress

WebhookEvent = Literal["admitted", "withdrawn", "review", "held_run"]
"""What a program can be told."""

PREFIX = "whsec_"
SHORTEST_SECRET = 24
"""Bytes of a secret, as Standard Webhooks wants them."""


class WebhookSettings(Table):
    """One program that is told. ``secret`` comes as the tokens of sites do, never from the file."""

    url: WebhookAddress
    secret_env: EnvironmentName | None = None
    secret_file: FilePath | None = None
    secret: SecretStr
    events: Annotated[tuple[WebhookEvent, ...], Field(strict=False, min_length=1)] = get_args(WebhookEvent)
    ca_bundle: FilePath | None = None
    proxy: ProxyAddress | None = Field(default=None, repr=False)

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The bytes that sign; of two secrets, while it is changed, those of both."""
        return keys_of(self.secret.get_secret_value()) or ()


def keys_of(secrets: str) -> tuple[bytes, ...] | None:
    """Return the bytes that secrets, with a blank between them, stand for; None if there is none, or one is not one."""
    keys = [_key_of(each) for each in secrets.split()]
    found = tuple(each for each in keys if each is not None)
    return found if found and len(found) == len(keys) else None


def _key_of(secret: str) -> bytes | None:
    """Return the bytes that a secret stands for, None if it is not one: Base64, with ``whsec_`` before it or not."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= SHORTEST_SECRET else None
