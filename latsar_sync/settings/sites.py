"""The Moodles: the tables ``[sites.NAME]``. Times are seconds."""

from typing import Annotated

from pydantic import Field, SecretStr, field_serializer

from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.settings.tables import Table, without_password
from latsar_sync.settings.values import (
    A_YEAR,
    EnvironmentName,
    FilePath,
    Number,
    ProxyAddress,
    Seconds,
    SiteAddress,
)


class SiteSettings(Table):
    """One Moodle. ``token`` comes from the environment or a secret file, never from the configuration."""

    url: SiteAddress
    token_env: EnvironmentName | None = None
    token_file: FilePath | None = None
    token: SecretStr
    ca_bundle: FilePath | None = None
    proxy: ProxyAddress | None = Field(default=None, repr=False)
    connect_timeout: Seconds = SiteLimits().connect_timeout
    read_timeout: Seconds = SiteLimits().read_timeout
    max_parallel: Annotated[int, Field(ge=1, le=8)] = SiteLimits().max_parallel
    requests_per_second: Annotated[Number, Field(gt=0, le=100_000)] = SiteLimits().requests_per_second
    max_lms_share: Annotated[Number, Field(gt=0, le=1)] = 0.05
    """How much of one request stream's time scheduled incremental runs may take: 0.05 are 180 seconds in an hour."""
    retry_budget: Annotated[Number, Field(ge=0, le=A_YEAR)] = SiteLimits().retry_budget
    """Seconds that one call may spend on all its repetitions together."""

    @field_serializer("proxy", when_used="json")
    def _hide_proxy_password(self, proxy: str | None) -> str | None:
        return without_password(proxy)
