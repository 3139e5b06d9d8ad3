"""Where and how the service answers, and how people sign in: ``[service]`` and ``[service.oidc]``."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_serializer

from latsar_sync.settings.tables import Table, without_password
from latsar_sync.settings.values import (
    Count,
    EnvironmentName,
    FilePath,
    HostName,
    HostOrNetwork,
    Hours,
    IssuerAddress,
    Number,
    Period,
    ProxyAddress,
    PublicAddress,
    Seconds,
    Text,
)


class OidcSettings(Table):
    """The OpenID Connect provider by which people may sign in. ``client_secret`` comes as the tokens of sites do."""

    title: Text | None = None
    """What people call it, for the button; None: the host of ``issuer``."""
    issuer: IssuerAddress
    client_id: Text
    client_secret_env: EnvironmentName | None = None
    client_secret_file: FilePath | None = None
    client_secret: SecretStr
    claim: Text = "email"
    """The claim of the ID token that is the name of an account here; ``email`` counts only if it is verified."""
    ca_bundle: FilePath | None = None
    proxy: ProxyAddress | None = Field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What the provider is called on the pages."""
        return self.title or urlsplit(self.issuer).hostname or self.issuer

    @field_serializer("proxy", when_used="json")
    def _hide_proxy_password(self, proxy: str | None) -> str | None:
        return without_password(proxy)


class ServiceSettings(Table):
    """The daemon: where it answers on this host, how it logs, how long it keeps what nobody looks at."""

    host: HostName = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8750
    public_url: PublicAddress | None = None
    """The address by which people reach the pages; with https cookies are sent over TLS only. It may have a path."""
    proxies: Annotated[tuple[HostOrNetwork, ...], Field(strict=False)] = ()
    """Hosts, or networks, of the proxies before the pages: of these alone is believed from where a request comes."""
    oidc: OidcSettings | None = None
    """None: people sign in with their passwords alone."""
    stop_within: Seconds = 30.0
    """Seconds that a step in hand may still take after SIGTERM."""
    jitter: Annotated[Number, Field(ge=0, le=600)] = 20.0
    """Seconds over which the scheduled runs of one moment are spread, so that they do not meet at one site."""
    stale_after: Hours = 26.0
    """Hours without a good run of a scheduled programme after which the service is not ready."""
    log_format: Literal["console", "json"] = "console"
    log_file: FilePath | None = None
    log_file_megabytes: Count = 10
    log_files_kept: Count = 5
    backup_folder: FilePath | None = None
    """Where an admin lets a copy of the database be written by the page; None: only by the command."""
    keep_runs: Period = 90
    """Days for which runs that changed nothing are kept."""

    @property
    def public_path(self) -> str:
        """The path below which people reach the pages, as "/latsar"; empty at the top of a host."""
        return urlsplit(self.public_url or "").path.rstrip("/")
