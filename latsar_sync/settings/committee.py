"""Who is told that somebody must act (``[programmes.committee]``), and who is told that all is well (``[ping]``)."""

from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr

from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import EnvironmentName, FilePath, Hour, Period

CommitteeEvent = Literal["held", "approval", "review", "files", "start"]
"""What waits for a committee."""


class CommitteeSettings(Table):
    """Who decides about the people of a programme. ``urls`` come as those of ``[notices]`` do, never from the file."""

    urls_env: EnvironmentName | None = None
    urls_file: FilePath | None = None
    urls: tuple[SecretStr, ...]
    events: Annotated[tuple[CommitteeEvent, ...], Field(strict=False, min_length=1)] = get_args(CommitteeEvent)
    start_days: Period = 7
    """So many days before the first day in class it is told that the list is not finalised."""
    digest_hour: Hour | None = None
    """The hour of a daily summary of what waits, in the programme's zone; None: there is none."""


class PingSettings(Table):
    """An address that is asked after each good run, as healthchecks.io has it. It holds a secret: never here."""

    url_env: EnvironmentName | None = None
    url_file: FilePath | None = None
    url: SecretStr
