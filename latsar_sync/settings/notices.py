"""What the operators of the service are told, and where: ``[notices]``."""

from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import EnvironmentName, FilePath, Hour

NoticeEvent = Literal["failed", "partial", "guarded", "stale", "healed", "files", "weekly"]
"""What the operators can be told."""


class NoticeSettings(Table):
    """Notices to the operators. ``urls`` are Apprise addresses: from the environment or a secret file, never here."""

    urls_env: EnvironmentName | None = None
    urls_file: FilePath | None = None
    urls: tuple[SecretStr, ...]
    events: Annotated[tuple[NoticeEvent, ...], Field(strict=False, min_length=1)] = get_args(NoticeEvent)
    weekly_day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    weekly_hour: Hour = 7
