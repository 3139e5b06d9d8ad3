"""The configuration as frozen models, one per table of the file. They are made by ``load_settings``.

Dates are local dates of the programme's time zone, shares lie between 0 and 1, times are seconds.
"""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_serializer

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings.problems import did_you_mean
from latsar_sync.settings.values import (
    AngkatanId,
    ClearanceKind,
    Count,
    CronExpression,
    DatabaseUrl,
    EnvironmentName,
    ExistingFile,
    FilePath,
    GradeLimit,
    GroupIdnumber,
    GroupName,
    Hour,
    IssuerAddress,
    Number,
    PngFile,
    ProgrammeId,
    ProxyAddress,
    PublicAddress,
    Seconds,
    Share,
    SignerNip,
    SiteAddress,
    SiteName,
    Text,
    TimeZoneName,
)

NoticeEvent = Literal["failed", "partial", "guarded", "stale", "healed", "weekly"]
"""What the operators can be told."""

PersonKey = Literal["idnumber", "username"]
"""The profile field of a Moodle account that holds the NIP."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


def _without_password(address: str | None) -> str | None:
    """Return an address with its password, before the host or in the query, replaced by stars."""
    hidden = address and re.sub(r"(://[^:/@]*):.*@", r"\1:***@", address)
    return hidden and re.sub(r"([?&]password=)[^&]*", r"\1***", hidden)


class SiteSettings(_Table):
    """One Moodle. ``token`` comes from the environment or a secret file, never from the configuration."""

    url: SiteAddress
    token_env: EnvironmentName | None = None
    token_file: FilePath | None = None
    token: SecretStr
    ca_bundle: ExistingFile | None = None
    proxy: ProxyAddress | None = Field(default=None, repr=False)
    connect_timeout: Seconds = 10.0
    read_timeout: Seconds = 120.0
    max_parallel: Annotated[int, Field(ge=1, le=8)] = 2
    requests_per_second: Annotated[Number, Field(gt=0)] = 10.0
    retry_budget: Annotated[Number, Field(ge=0)] = 180.0
    """Seconds that one call may spend on all its repetitions together."""

    @field_serializer("proxy", when_used="json")
    def _hide_proxy_password(self, proxy: str | None) -> str | None:
        return _without_password(proxy)


class SourceSettings(_Table):
    """Where people and evidence come from: a MOOC course (``course``: shortname or idnumber), or imported files."""

    kind: Literal["moodle", "import"]
    site: Text | None = None
    course: Text | None = None
    participant_key: PersonKey = "idnumber"


class ThresholdSeed(_Table):
    """The pass limit that seeds the first row of the threshold history; later the database rules."""

    value: GradeLimit
    scale: Literal["points", "percent"]
    legal_basis: Text


class EvaluationSettings(_Table):
    """The MOOC evaluation, named by exactly one of ``item`` (course-module idnumber) and ``cmid``."""

    item: Text | None = None
    cmid: Count | None = None
    basis: Literal["gradebook", "best_attempt"] = "gradebook"
    maximum: GradeLimit = Decimal(100)
    """The greatest score that an imported file may hold; a MOOC course tells its own."""
    threshold: ThresholdSeed | None = None


class MaterialsSettings(_Table):
    """What must be studied; ``include`` and ``exclude`` are course-module ids (cmid)."""

    mode: Literal["activities", "course", "none"] = "activities"
    include: Annotated[tuple[Count, ...], Field(strict=False)] = ()
    exclude: Annotated[tuple[Count, ...], Field(strict=False)] = ()


COVID = (("surat_sehat", "antigen/pcr"), ("rekomendasi_satgas",))
"""The documents of 2021, of each participant and of each angkatan (as Probolinggo announced them)."""


class ClearanceSettings(_Table):
    """Documents without which nobody enters; "antigen/pcr" takes one of the two. All off by default (rule 12)."""

    preset: Literal["none", "covid"] = "none"
    participant: Annotated[tuple[ClearanceKind, ...], Field(strict=False)] = ()
    angkatan: Annotated[tuple[ClearanceKind, ...], Field(strict=False)] = ()
    effect: Literal["block", "prioritise", "warn"] | None = None
    """What happens to those who lack one; None: the programme's own ``effect``."""

    @property
    def of_participant(self) -> tuple[str, ...]:
        """What every participant must have, the preset's first."""
        return tuple(dict.fromkeys((*self._preset[0], *self.participant)))

    @property
    def of_angkatan(self) -> tuple[str, ...]:
        """What every angkatan with an in-class phase must have, the preset's first."""
        return tuple(dict.fromkeys((*self._preset[1], *self.angkatan)))

    @property
    def _preset(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return COVID if self.preset == "covid" else ((), ())


class GuardSettings(_Table):
    """When a run stops before it pushes anything; shares are of the last good full read and of the plan."""

    max_drop_share: Share = 0.2
    max_lost: Annotated[int, Field(ge=0)] = 5
    max_lost_share: Share = 0.05
    max_push: Annotated[int, Field(ge=0)] = 200
    max_push_share: Share = 0.5


class MessageSettings(_Table):
    """What the service writes to people through Moodle; nothing unless it is asked for."""

    managers: bool = False
    manager_roles: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = ("editingteacher",)
    digest_hour: Hour = 16
    """Local hour of the day from which the digest to the course managers is sent."""
    reminders: Annotated[tuple[Count, ...], Field(strict=False)] = ()
    """Days before the deadline of the MOOC on which participants are reminded."""
    mooc_deadline: date | None = None
    admitted: bool = False
    language: Literal["id", "en"] = "id"

    @property
    def any(self) -> bool:
        """Whether anything is to be written to anybody."""
        return self.managers or self.admitted or bool(self.reminders)


class AngkatanSettings(_Table):
    """One class angkatan. Without ``site`` and ``course`` it has no in-class phase, which is legal."""

    id: AngkatanId
    source_group: Text | None = None
    site: Text | None = None
    course: Text | None = None
    target_key: PersonKey = "idnumber"
    group: GroupName | None = None
    group_idnumber: GroupIdnumber | None = None
    role_id: Count | None = None
    capacity: Count | None = None
    """Seats in the class; None is without limit."""
    starts: date | None = None
    ends: date | None = None
    admit_until: date | None = None
    venue: Text | None = None
    """Where the class meets, for documents."""
    mooc_deadline: date | None = None

    @property
    def has_course(self) -> bool:
        """Whether there is an in-class (or virtual) course that people are enrolled in."""
        return self.course is not None

    @property
    def group_name(self) -> str:
        """The group's exact name in the in-class course: as configured, else that of the source group."""
        return self.group or self.source_group or f"Angkatan {self.id}"

    @property
    def admission_closes(self) -> date | None:
        """The last day on which anybody new is pushed; None is never."""
        return self.admit_until or self.starts

    def group_key(self, programme_id: str) -> str:
        """Return the group's idnumber in Moodle, by which it is found again after somebody renamed it."""
        return self.group_idnumber or f"latsar:{programme_id}:{self.id}"


class ProgrammeSettings(_Table):
    """One run of Latsar. ``evaluation`` is None only with the method ``classical``."""

    id: ProgrammeId
    title: Text
    method: Literal["blended", "distance", "classical"] = "blended"
    schedule: CronExpression | None = None
    full_schedule: CronExpression | None = None
    timezone: TimeZoneName | None = None
    push: Literal["auto", "confirmed"] = "auto"
    placement: Literal["group", "list", "first_qualified"] = "group"
    placement_file: ExistingFile | None = None
    effect: Literal["block", "prioritise", "warn"] = "block"
    fill_from: date | None = None
    participant_roles: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = ("student",)
    source: SourceSettings
    evaluation: EvaluationSettings | None = None
    materials: MaterialsSettings = MaterialsSettings()
    clearances: ClearanceSettings = ClearanceSettings()
    guards: GuardSettings = GuardSettings()
    messages: MessageSettings = MessageSettings()
    angkatan: Annotated[tuple[AngkatanSettings, ...], Field(strict=False, min_length=1)]

    @property
    def ended_on(self) -> date | None:
        """The last day of its last class; None if any angkatan has no such day."""
        days = [angkatan.ends for angkatan in self.angkatan]
        return max((day for day in days if day is not None), default=None) if None not in days else None

    @property
    def sites(self) -> frozenset[str]:
        """The names of the sites that it reads or fills."""
        names = (self.source.site, *(angkatan.site for angkatan in self.angkatan))
        return frozenset(name for name in names if name is not None)

    @property
    def by_files(self) -> bool:
        """Whether people and evidence come from imported files instead of a MOOC course."""
        return self.source.kind == "import"

    def source_group_of(self, angkatan: AngkatanSettings) -> str | None:
        """The group in which an angkatan's people come: one of the MOOC, or the angkatan that a list names."""
        return angkatan.id if self.by_files else angkatan.source_group

    def deadline_of(self, angkatan: AngkatanSettings | None) -> date | None:
        """The last day of the MOOC for somebody of that angkatan (None: of none yet)."""
        return (angkatan.mooc_deadline if angkatan else None) or self.messages.mooc_deadline


class OidcSettings(_Table):
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
    ca_bundle: ExistingFile | None = None
    proxy: ProxyAddress | None = Field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What the provider is called on the pages."""
        return self.title or urlsplit(self.issuer).hostname or self.issuer

    @field_serializer("proxy", when_used="json")
    def _hide_proxy_password(self, proxy: str | None) -> str | None:
        return _without_password(proxy)


class ServiceSettings(_Table):
    """The daemon: where it answers on this host, how it logs, how long it keeps what nobody looks at."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8750
    public_url: PublicAddress | None = None
    """The address by which people reach the pages; with https cookies are sent over TLS only. It may have a path."""
    oidc: OidcSettings | None = None
    """None: people sign in with their passwords alone."""
    stop_within: Seconds = 30.0
    """Seconds that a step in hand may still take after SIGTERM."""
    jitter: Annotated[Number, Field(ge=0, le=600)] = 20.0
    """Seconds over which the scheduled runs of one moment are spread, so that they do not meet at one site."""
    stale_after: Annotated[Number, Field(gt=0)] = 26.0
    """Hours without a good run of a scheduled programme after which the service is not ready."""
    log_format: Literal["console", "json"] = "console"
    log_file: FilePath | None = None
    log_file_megabytes: Count = 10
    log_files_kept: Count = 5
    keep_runs: Count = 90
    """Days for which runs that changed nothing are kept."""

    @property
    def public_path(self) -> str:
        """The path below which people reach the pages, as "/latsar"; empty at the top of a host."""
        return urlsplit(self.public_url or "").path.rstrip("/")


class OfficeSettings(_Table):
    """Whose documents the exports are: their letterhead, and who signs them. All of it can be left out."""

    letterhead: Annotated[tuple[Text, ...], Field(strict=False, max_length=4)] = ()
    """The lines of the office's name, the last one printed largest."""
    address: Annotated[tuple[Text, ...], Field(strict=False, max_length=3)] = ()
    logo: PngFile | None = None
    place: Text | None = None
    """Where documents are signed, before the date."""
    signer_position: Text | None = None
    signer_name: Text | None = None
    signer_nip: SignerNip | None = None


class RetentionSettings(_Table):
    """How many months after a programme's end each class of data is kept; None is without end."""

    identities: Count | None = None
    ledger: Count | None = None
    access_log: Count | None = None
    legal_basis: Text | None = None


class NoticeSettings(_Table):
    """Notices to the operators. ``urls`` are Apprise addresses: from the environment or a secret file, never here."""

    urls_env: EnvironmentName | None = None
    urls_file: FilePath | None = None
    urls: tuple[SecretStr, ...]
    events: Annotated[tuple[NoticeEvent, ...], Field(strict=False, min_length=1)] = get_args(NoticeEvent)
    weekly_day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "mon"
    weekly_hour: Hour = 7


class Settings(_Table):
    """The whole configuration, checked. ``repr`` and JSON hold neither a token nor a password."""

    database_url: DatabaseUrl = Field(repr=False)
    mark_file: FilePath | None = None
    """Where the file names none, ``load_settings`` gives ``default_database_url`` and ``default_mark_file``."""
    timezone: TimeZoneName = "Asia/Jakarta"
    language: Literal["id", "en"]
    """Of all that a person meets; where the file names none, ``load_settings`` asks the environment."""
    service: ServiceSettings = ServiceSettings()
    office: OfficeSettings = OfficeSettings()
    retention: RetentionSettings = RetentionSettings()
    notices: NoticeSettings | None = None
    """None: nobody is told anything."""
    sites: dict[SiteName, SiteSettings]
    programmes: Annotated[tuple[ProgrammeSettings, ...], Field(strict=False, min_length=1)]

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

    def zone_of(self, programme: ProgrammeSettings) -> ZoneInfo:
        """Return the programme's own time zone, else the common one: its dates and schedules are local."""
        return ZoneInfo(programme.timezone or self.timezone)

    def today(self, moment: datetime, programme_id: str | None = None) -> date:
        """Return a programme's date at a moment: in its own zone, in the common one where it is not configured.

        Without a programme the latest date of all of them: what any of them may hold is not of the future.
        """
        zones = [self.zone_of(each) for each in self.programmes if programme_id in (None, each.id)]
        return max(moment.astimezone(zone).date() for zone in zones or [self.zone])

    @field_serializer("database_url", when_used="json")
    def _hide_database_password(self, database_url: str) -> str | None:
        return _without_password(database_url)
