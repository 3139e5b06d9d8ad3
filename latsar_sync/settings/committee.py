"""Who is told that somebody must act (``[programmes.committee]``), and who is told that all is well (``[ping]``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, SecretStr

from latsar_sync.domain.language import _
from latsar_sync.settings.addresses import webhook_address
from latsar_sync.settings.problems import Location, Problem
from latsar_sync.settings.tables import Table
from latsar_sync.settings.tokens import find_addresses, find_secret
from latsar_sync.settings.values import Count, EnvironmentName, FilePath, Hour

CommitteeEvent = Literal["held", "approval", "review", "files", "start"]
"""What waits for a committee."""


class CommitteeSettings(Table):
    """Who decides about the people of a programme. ``urls`` come as those of ``[notices]`` do, never from the file."""

    urls_env: EnvironmentName | None = None
    urls_file: FilePath | None = None
    urls: tuple[SecretStr, ...]
    events: Annotated[tuple[CommitteeEvent, ...], Field(strict=False, min_length=1)] = get_args(CommitteeEvent)
    start_days: Count = 7
    """So many days before the first day in class it is told that the list is not finalised."""
    digest_hour: Hour | None = None
    """The hour of a daily summary of what waits, in the programme's zone; None: there is none."""


class PingSettings(Table):
    """An address that is asked after each good run, as healthchecks.io has it. It holds a secret: never here."""

    url_env: EnvironmentName | None = None
    url_file: FilePath | None = None
    url: SecretStr


def with_committees(
    document: Mapping[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> dict[str, object]:
    """Return the programmes with the addresses of their committees, and ``[ping]`` with its; add what is wrong."""
    prepared: dict[str, object] = {}
    ping = document.get("ping")
    if isinstance(ping, dict):
        prepared["ping"] = ping | {"url": _ping_address(ping, environ, folders, folder, problems)}
    programmes = document.get("programmes")
    if isinstance(programmes, list):
        prepared["programmes"] = [
            _with_addresses(programme, ("programmes", number, "committee"), environ, folders, folder, problems)
            for number, programme in enumerate(programmes)
        ]
    return prepared


def _with_addresses(
    programme: object,
    location: Location,
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> object:
    committee = programme.get("committee") if isinstance(programme, dict) else None
    if not (isinstance(programme, dict) and isinstance(committee, dict)):
        return programme
    if "urls" in committee:
        reason = _("addresses hold secrets and must not stand in this file")
        problems.append(
            Problem((*location, "urls"), reason, _("Remove them from the file; use urls_env or urls_file."))
        )
    found = find_addresses(committee, location, environ, folders, folder)
    if isinstance(found, Problem):
        problems.append(found)
    return programme | {"committee": committee | {"urls": found if isinstance(found, tuple) else ()}}


def _ping_address(
    ping: Mapping[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> SecretStr:
    if "url" in ping:
        reason = _("addresses hold secrets and must not stand in this file")
        problems.append(Problem(("ping", "url"), reason, _("Remove it from the file; use url_env or url_file.")))
    found = find_secret(ping, "url", ("ping",), environ, folders, folder)
    if isinstance(found, Problem):
        problems.append(found)
    if not isinstance(found, tuple):
        return SecretStr("")
    try:
        return SecretStr(webhook_address(found[0]))
    except ValueError as error:  # its reason names nothing of the address
        context = getattr(error, "context", None) or {}
        problems.append(Problem(found[1], context.get("reason", _("is not a web address")), context.get("remedy", "")))
        return SecretStr("")
