"""The runs of Latsar: the tables ``[[programmes]]`` and all below them.

Dates are local dates of the programme's time zone, shares lie between 0 and 1.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from latsar_sync.domain.spelling import name_form
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.settings.angkatan import AngkatanSettings, PlaceSettings
from latsar_sync.settings.committee import CommitteeSettings
from latsar_sync.settings.judging import ClearanceSettings, EvaluationSettings, MaterialsSettings, SourceSettings
from latsar_sync.settings.received_files import IntakeSettings
from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import (
    CronExpression,
    Day,
    FilePath,
    Hour,
    Number,
    Period,
    ProgrammeId,
    Share,
    Text,
    TimeZoneName,
    Title,
    WholeNumber,
)


class GuardSettings(Table):
    """When a run stops before it pushes anything; shares are of the last good full read and of the plan."""

    max_drop_share: Share = GuardLimits().max_drop_share
    max_lost: WholeNumber = GuardLimits().max_lost
    max_lost_share: Share = GuardLimits().max_lost_share
    max_push: WholeNumber = GuardLimits().max_push
    max_push_share: Share = GuardLimits().max_push_share


class MessageSettings(Table):
    """What the service writes to people through Moodle; nothing unless it is asked for."""

    managers: bool = False
    manager_roles: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = ("editingteacher",)
    digest_hour: Hour = 16
    """Local hour of the day from which the digest to the course managers is sent."""
    reminders: Annotated[tuple[Period, ...], Field(strict=False)] = ()
    """Days before the deadline of the MOOC on which participants are reminded."""
    mooc_deadline: Day | None = None
    admitted: bool = False
    language: Literal["id", "en"] = "id"

    @property
    def any(self) -> bool:
        """Whether anything is to be written to anybody."""
        return self.managers or self.admitted or bool(self.reminders)


class MarkSettings(Table):
    """What course managers read inside Moodle of whom the service put there; nothing unless it is asked for."""

    group_description: bool = False
    note: bool = False
    note_score: bool = False
    """The score stands in the note too."""
    event: bool = False
    language: Literal["id", "en"] = "id"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of marks that are asked for, by their keys."""
        return tuple(kind for kind in ("group_description", "note", "event") if getattr(self, kind))


class CertificateSettings(Table):
    """Certificates as evidence: whether a second person must confirm what one has read in them."""

    second_person: bool = True


class AccountSettings(Table):
    """Accounts on the in-class site for those who have none; none is made unless it is asked for."""

    create: bool = False


class ProgrammeSettings(Table):
    """One run of Latsar. ``evaluation`` is None only with the method ``classical``."""

    id: ProgrammeId
    title: Title
    method: Literal["blended", "distance", "classical"] = "blended"
    schedule: CronExpression | None = None
    """When the daemon looks for what changed; None: only when somebody asks. What ``init`` proposes stands in
    ``setup.onboarding.draft``."""
    full_schedule: CronExpression | None = None
    full_turn_nights: Period = 14
    """Nights of ``full_schedule`` within which everybody is read exactly; 1 reads everything in each."""
    look_again_after: Annotated[Number, Field(ge=0, le=10 * 366 * 24)] = 1.0
    """Hours after which scheduled runs read an in-class course again in which people only wait for it to be mended."""
    timezone: TimeZoneName | None = None
    push: Literal["auto", "confirmed"] = "auto"
    second_person: bool = False
    """Whether whoever admitted people, or imported or confirmed their scores, cannot approve their places, too."""
    placement: Literal["group", "list", "first_qualified"] = "group"
    placement_file: FilePath | None = None
    """Data of an office, which comes and goes: where it is missing this programme's runs say so, and no other waits."""
    effect: Literal["block", "prioritise", "warn"] = "block"
    fill_from: Day | None = None
    participant_roles: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = ("student",)
    source: SourceSettings
    intake: IntakeSettings | None = None
    """None: files are given to a command or page, none comes by itself."""
    evaluation: EvaluationSettings | None = None
    materials: MaterialsSettings = Field(default_factory=MaterialsSettings)
    clearances: ClearanceSettings = Field(default_factory=ClearanceSettings)
    guards: GuardSettings = Field(default_factory=GuardSettings)
    messages: MessageSettings = Field(default_factory=MessageSettings)
    accounts: AccountSettings = Field(default_factory=AccountSettings)
    certificates: CertificateSettings = Field(default_factory=CertificateSettings)
    marks: MarkSettings = Field(default_factory=MarkSettings)
    committee: CommitteeSettings | None = None
    """None: nobody is told that something waits."""
    places: Annotated[tuple[PlaceSettings, ...], Field(strict=False)] = ()
    """The places that there are; none: any name may stand in lists and angkatan."""
    angkatan: Annotated[tuple[AngkatanSettings, ...], Field(strict=False, min_length=1)]

    @property
    def ended_on(self) -> date | None:
        """The last day of its last course; None if any angkatan has no such day."""
        days = [angkatan.ends for angkatan in self.angkatan]
        return max((day for day in days if day is not None), default=None) if None not in days else None

    @property
    def place_names(self) -> tuple[str, ...]:
        """The places that are configured, else those of its angkatan."""
        own = [each.place for each in self.angkatan if each.place is not None]
        return tuple(dict.fromkeys([each.name for each in self.places] or own))

    def place_named(self, text: str) -> str | None:
        """Return a place as it is configured, however it is spelt; None if there is no such place.

        Where none is configured every name is a place.
        """
        known = {name_form(name): name for name in self.place_names}
        return known.get(name_form(text), None if self.places else text)

    @property
    def sites(self) -> frozenset[str]:
        """The names of the sites that it reads or fills."""
        names = (self.source.site, *(angkatan.site for angkatan in self.angkatan))
        return frozenset(name for name in names if name is not None)

    @cached_property
    def angkatan_by_id(self) -> Mapping[str, AngkatanSettings]:
        """Its angkatan by id, in their order."""
        return {each.id: each for each in self.angkatan}

    @cached_property
    def position_by_group(self) -> Mapping[str, int]:
        """The position of an angkatan among all of them, by the group that tells who belongs to it, if groups do."""
        positions = {self.placing_group_of(each): at for at, each in reversed([*enumerate(self.angkatan)])}
        return {group: at for group, at in positions.items() if group}

    def angkatan_of_groups(self, groups: Iterable[str]) -> str | None:
        """Return the angkatan to which somebody in these groups belongs: in those of several, or of none, to none."""
        positions = {at for group in groups if (at := self.position_by_group.get(group)) is not None}
        return self.angkatan[positions.pop()].id if len(positions) == 1 else None

    @property
    def by_files(self) -> bool:
        """Whether people and evidence come from imported files instead of a MOOC course."""
        return self.source.kind == "import"

    def source_group_of(self, angkatan: AngkatanSettings) -> str | None:
        """The group in which an angkatan's people come: one of the MOOC, or the angkatan that a list names."""
        return angkatan.id if self.by_files else angkatan.source_group

    def placing_group_of(self, angkatan: AngkatanSettings) -> str | None:
        """The group that tells who belongs to an angkatan, None where something else does (rule 11)."""
        return self.source_group_of(angkatan) if self.placement == "group" else None

    def deadline_of(self, angkatan: AngkatanSettings | None) -> date | None:
        """The last day of the MOOC for somebody of that angkatan (None: of none yet)."""
        return (angkatan.mooc_deadline if angkatan else None) or self.messages.mooc_deadline
