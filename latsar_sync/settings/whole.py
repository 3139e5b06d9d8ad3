"""The whole configuration as one frozen model; ``load_settings`` makes it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_serializer
from typing_extensions import override

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import name_form
from latsar_sync.settings.committee import PingSettings
from latsar_sync.settings.institutions import InstitutionSettings, MailSettings
from latsar_sync.settings.notices import NoticeSettings
from latsar_sync.settings.office import OfficeSettings
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.settings.programmes import ProgrammeSettings
from latsar_sync.settings.retention import RetentionSettings
from latsar_sync.settings.service import ServiceSettings
from latsar_sync.settings.sites import SiteSettings
from latsar_sync.settings.tables import Table, without_password
from latsar_sync.settings.values import DatabaseUrl, FilePath, SiteName, TimeZoneName, WebhookName
from latsar_sync.settings.webhooks import WebhookSettings


class Settings(Table):
    """The whole configuration, checked. ``repr`` and JSON hold neither a token nor a password."""

    database_url: DatabaseUrl = Field(repr=False)
    mark_file: FilePath | None = None
    """Where the file names none, ``load_settings`` gives ``default_database_url`` and ``default_mark_file``."""
    timezone: TimeZoneName = "Asia/Jakarta"
    language: Literal["id", "en"]
    """Of all that a person meets; where the file names none, ``load_settings`` asks the environment."""
    service: ServiceSettings = Field(default_factory=ServiceSettings)
    office: OfficeSettings = Field(default_factory=OfficeSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    notices: NoticeSettings | None = None
    """None: nobody is told anything."""
    ping: PingSettings | None = None
    """None: nobody waits for a sign of life."""
    webhooks: dict[WebhookName, WebhookSettings] = Field(default_factory=dict)
    """Programs that are told of changes, by name."""
    mail: MailSettings | None = None
    """None: no institution is written to."""
    institutions: Annotated[tuple[InstitutionSettings, ...], Field(strict=False)] = ()
    sites: dict[SiteName, SiteSettings] = Field(default_factory=dict)
    """None where everything comes as files and nobody is enrolled; who names one that is not there is told so."""
    programmes: Annotated[tuple[ProgrammeSettings, ...], Field(strict=False, min_length=1)]
    _secret_files: tuple[Path, ...] = ()
    _as_read: Mapping[Path, str] = {}

    @override
    def model_post_init(self, context: Any, /) -> None:
        self._secret_files = (context or {}).get("secret_files", ())
        self._as_read = (context or {}).get("as_read", {})

    @property
    def secret_files(self) -> tuple[Path, ...]:
        """The files that are there for its secrets: every ``.env`` that is looked into, and what keys name."""
        return self._secret_files

    @property
    def as_read(self) -> Mapping[Path, str]:
        """The files that it was read from, each with what tells its content then from another (``files_changed``)."""
        return self._as_read

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of everything that no programme has another one for."""
        return ZoneInfo(self.timezone)

    def programme(self, programme_id: str) -> ProgrammeSettings:
        """Return the programme of that id. Raise UsageError, naming the known ids, if there is none."""
        for programme in self.programmes:
            if programme.id == programme_id:
                return programme
        known = [programme.id for programme in self.programmes]
        raise UsageError(
            _('No programme has the id "{programme_id}".').format(programme_id=programme_id),
            did_you_mean(programme_id, known),
        )

    def ids(self) -> dict[str, frozenset[str]]:
        """Return the ids of all configured angkatan by programme."""
        return {each.id: frozenset(angkatan.id for angkatan in each.angkatan) for each in self.programmes}

    def capacities(self) -> dict[tuple[str, str], int]:
        """Return how many seats each angkatan has, by programme and angkatan; one without a bound is not in it."""
        return {
            (programme.id, angkatan.id): angkatan.capacity
            for programme in self.programmes
            for angkatan in programme.angkatan
            if angkatan.capacity is not None
        }

    def institution(self, name: str) -> InstitutionSettings | None:
        """Return the institution of that name or alias, however it is spaced and written; None for any other."""
        return self._institutions_by_form.get(name_form(name))

    @cached_property
    def _institutions_by_form(self) -> Mapping[str, InstitutionSettings]:
        named = [(name_form(name), each) for each in self.institutions for name in (each.name, *each.aliases)]
        return dict(reversed(named))  # the first of those that share a name counts

    def zone_of(self, programme: ProgrammeSettings) -> ZoneInfo:
        """Return the programme's own time zone, else the common one: its dates and schedules are local."""
        return ZoneInfo(programme.timezone or self.timezone)

    def zone_in(self, programme_id: str) -> ZoneInfo:
        """Return the zone of a programme by its id, the common one where it is not configured."""
        return next((self.zone_of(each) for each in self.programmes if each.id == programme_id), self.zone)

    def today(self, moment: datetime, programme_id: str | None = None) -> date:
        """Return a programme's date at a moment: in its own zone, in the common one where it is not configured.

        Without a programme the latest date of all of them: what any of them may hold is not of the future.
        """
        zones = [self.zone_of(each) for each in self.programmes if programme_id in (None, each.id)]
        return max(moment.astimezone(zone).date() for zone in zones or [self.zone])

    @field_serializer("database_url", when_used="json")
    def _hide_database_password(self, database_url: str) -> str | None:
        return without_password(database_url)
