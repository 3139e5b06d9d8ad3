"""The runs of Latsar: the tables ``[[programmes]]`` and all below them.

Dates are local dates of the programme's time zone, shares lie between 0 and 1.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from latsar_sync.domain.spelling import name_form
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.settings.committee import CommitteeSettings
from latsar_sync.settings.intake import IntakeSettings
from latsar_sync.settings.tables import Table
from latsar_sync.settings.values import (
    AngkatanId,
    ClearanceKind,
    Count,
    CronExpression,
    Day,
    FilePath,
    GradeLimit,
    GroupIdnumber,
    GroupName,
    Hour,
    Hours,
    Number,
    Period,
    ProgrammeId,
    Said,
    Share,
    Text,
    TimeZoneName,
    WholeNumber,
)

PersonKey = Literal["idnumber", "username"]
"""The profile field of a Moodle account that holds the NIP."""


class SourceSettings(Table):
    """Where people and evidence come from: a MOOC course (``course``: shortname or idnumber), or imported files."""

    kind: Literal["moodle", "import"]
    site: Text | None = None
    course: Text | None = None
    participant_key: PersonKey = "idnumber"
    stale_after: Hours | None = None
    """Hours after which the newest imported file is too old to finalise a roster by; None is never."""
    exact_up_to: WholeNumber = 200
    """People not confirmed up to whom every run reads each one's grade, where nobody but ours is read."""
    report: Count | None = None
    """The number of a custom report of the MOOC that shows whose results changed; None is without."""


class ThresholdSeed(Table):
    """The threshold that seeds the first row of the threshold history; later the database rules."""

    value: GradeLimit
    scale: Literal["points", "percent"]
    legal_basis: Said


class EvaluationSettings(Table):
    """The MOOC evaluation, named by exactly one of ``item`` (course-module idnumber) and ``cmid``."""

    item: Text | None = None
    cmid: Count | None = None
    basis: Literal["gradebook", "best_attempt"] = "gradebook"
    maximum: GradeLimit = Decimal(100)
    """The greatest score that an imported file may hold; a MOOC course tells its own."""
    threshold: ThresholdSeed | None = None


class MaterialsSettings(Table):
    """What must be studied; ``include`` and ``exclude`` are course-module ids (cmid)."""

    mode: Literal["activities", "course", "none"] = "activities"
    include: Annotated[tuple[Count, ...], Field(strict=False)] = ()
    exclude: Annotated[tuple[Count, ...], Field(strict=False)] = ()


COVID = (("surat_sehat", "antigen/pcr"), ("rekomendasi_satgas",))
"""The documents of 2021, of each participant and of each angkatan (as Probolinggo announced them)."""


class ClearanceSettings(Table):
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


class AngkatanSettings(Table):
    """One angkatan. Without ``site`` and ``course`` it has no in-class phase, which is legal."""

    id: AngkatanId
    source_group: Text | None = None
    site: Text | None = None
    course: Text | None = None
    target_key: PersonKey = "idnumber"
    group: GroupName | None = None
    group_idnumber: GroupIdnumber | None = None
    role_id: Count | None = None
    capacity: Count | None = None
    """Seats in the course; None is without limit."""
    starts: Day | None = None
    ends: Day | None = None
    admit_until: Day | None = None
    venue: Text | None = None
    """Where the course meets, for documents."""
    place: Text | None = None
    """Which of several places it is, as in "Timur"; an imported list may name another for somebody."""
    mooc_deadline: Day | None = None

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


class PlaceSettings(Table):
    """One of several places at which a programme's people come together in class."""

    name: Text
    """As lists and angkatan call it, as in "Timur"."""
    venue: Text | None = None
    """Where that is, for letters and lists; None: the venue of the angkatan."""


class ProgrammeSettings(Table):
    """One run of Latsar. ``evaluation`` is None only with the method ``classical``."""

    id: ProgrammeId
    title: Text
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
        """The position of an angkatan among all of them, by the group in which its people come."""
        positions = {self.source_group_of(each): at for at, each in reversed([*enumerate(self.angkatan)])}
        return {group: at for group, at in positions.items() if group}

    def angkatan_of_groups(self, groups: Iterable[str]) -> list[str]:
        """Return the ids of the angkatan whose people come in these groups, in the order of the angkatan."""
        positions = {at for group in groups if (at := self.position_by_group.get(group)) is not None}
        return [self.angkatan[at].id for at in sorted(positions)]

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
