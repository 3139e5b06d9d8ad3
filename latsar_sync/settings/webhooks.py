"""Programs that are told of changes: the tables ``[webhooks.NAME]``."""

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr

from latsar_sync.domain.language import _
from latsar_sync.settings.problems import Location, Problem
from latsar_sync.settings.tables import Table
from latsar_sync.settings.tokens import find_secret
from latsar_sync.settings.values import EnvironmentName, ExistingFile, FilePath, ProxyAddress, WebhookAddress

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
    ca_bundle: ExistingFile | None = None
    proxy: ProxyAddress | None = Field(default=None, repr=False)

    @property
    def key(self) -> bytes:
        """The bytes that sign."""
        return key_of(self.secret.get_secret_value()) or b""


def key_of(secret: str) -> bytes | None:
    """Return the bytes that a secret stands for, None if it is not one: Base64, with ``whsec_`` before it or not."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= SHORTEST_SECRET else None


def with_webhook_secrets(
    document: Mapping[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> dict[str, object]:
    """Return the tables ``[webhooks.NAME]`` with their secrets, if there are any; add what is wrong with them."""
    webhooks = document.get("webhooks")
    if not isinstance(webhooks, dict):
        return {}
    prepared = dict(webhooks)
    for name, webhook in webhooks.items():
        if not isinstance(webhook, dict):
            continue
        location: Location = ("webhooks", name)
        if "secret" in webhook:
            remedy = _("Remove it from the file, and make a new one; use secret_env or secret_file.")
            problems.append(Problem((*location, "secret"), _("a secret must not stand in this file"), remedy))
        found = find_secret(webhook, "secret", location, environ, folders, folder)
        if isinstance(found, Problem):
            problems.append(found)
        elif found is not None and key_of(found[0]) is None:
            remedy = _('Make one: whsec_ followed by what "openssl rand -base64 32" prints.')
            problems.append(Problem(found[1], _("the secret found is not Base64 of 24 bytes or more"), remedy))
        secret = found[0] if isinstance(found, tuple) else ""
        prepared[name] = webhook | {"secret": SecretStr(secret)}
    return {"webhooks": prepared}
