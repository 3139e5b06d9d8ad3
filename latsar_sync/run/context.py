"""What one run of one programme works with: the service's tools, what was asked for, the lease, the time it began."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from latsar_sync.domain.in_class import Angkatan
from latsar_sync.domain.request import Progress, Request, Step
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.rules.guard_limits import GuardLimits
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import angkatan_of, guard_limits_of
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease


@dataclass(frozen=True, slots=True)
class Tools:
    """What the runs of several programmes share. ``clock`` gives the time, aware of its zone; sites that are
    ``left_alone`` are not asked, each with the reason; ``clients`` are by site name.
    """

    settings: Settings
    database: Database
    clients: Mapping[str, MoodleClient]
    clock: Callable[[], datetime]
    progress: Progress
    left_alone: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunContext:
    """One run of one programme. ``now`` is the time by which it judges, ``today`` the date in the programme's zone."""

    tools: Tools
    programme: ProgrammeSettings
    request: Request
    run_id: int
    lease: Lease
    now: datetime
    today: date
    limits: GuardLimits
    all_angkatan: tuple[Angkatan, ...]

    @classmethod
    def of(
        cls, tools: Tools, programme: ProgrammeSettings, request: Request, run_id: int, lease: Lease
    ) -> "RunContext":
        """Ask the clock once, and return the context of the run that begins now."""
        now = tools.clock()
        today = now.astimezone(tools.settings.zone_of(programme)).date()
        return cls(
            tools, programme, request, run_id, lease, now, today, guard_limits_of(programme), angkatan_of(programme)
        )

    @property
    def name(self) -> str:
        """The programme's id."""
        return self.programme.id

    @property
    def writes(self) -> bool:
        """Whether the run records and sends anything; a plan does not."""
        return not self.request.dry_run

    @property
    def of_one(self) -> bool:
        """Whether the run is about one participant."""
        return self.request.nip is not None

    def step(self, step: Step, count: int = 0) -> None:
        """Tell that a step begins, with how many people or things it is about."""
        self.tools.progress(self.name, step, count)
