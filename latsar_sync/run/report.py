"""What is told of one programme's run, noted as it goes: a run that breaks off tells how far it came."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.records import Baseline, CourseRead, Finding
from latsar_sync.domain.request import Depth, PlanLine, Request, RunOutcome
from latsar_sync.rules.released_findings import unreleased


class HeldByGuard(Exception):
    """A guard ends the run of a programme here; what it found is in the report."""


@dataclass(slots=True)
class RunReport:
    """How the run of one programme goes, as it is told. What was found, and came of it, is asked again at its end."""

    request: Request
    depth: Depth
    """How much is read."""
    outcome: RunOutcome = RunOutcome.OK
    people: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    """The people by decision."""
    states_reached: Counter[EntryState] = field(default_factory=Counter)
    """Entries by the state that they came to."""
    rejected: int = 0
    findings: list[Finding] = field(default_factory=list)
    released: set[str] = field(default_factory=set)
    """The keys of those findings that a person releases with this run."""
    courses_read: list[CourseRead] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """What a person should know."""
    problems: list[LatsarError] = field(default_factory=list)
    """Errors that stopped a part of it."""
    nothing_done_in_class: LatsarError | None = None
    """Why no in-class course could be read, or none would take a write: the run fails, once people were written to."""
    accepted_by: str | None = None
    push_ended: bool = False
    """Whether everybody was sent who was to be sent into at least one course."""
    plan: tuple[PlanLine, ...] = ()

    @property
    def kind(self) -> str:
        """The kind of this run: plan, participant, full, night or incremental."""
        if self.request.dry_run:
            return "plan"
        if self.request.nip is not None:
            return "participant"
        return str(self.depth)

    def count_people(self, counts: Counter[Outcome | None]) -> None:
        """Note how many people there are, by what was decided of them, None of those who were not judged yet."""
        self.people = counts.total()
        self.outcomes = Counter({outcome: count for outcome, count in counts.items() if outcome is not None})

    def note_read(self, site: str, course: str, people: int) -> None:
        """Note a course that was read to its end, at the depth of this run."""
        self.courses_read.append(CourseRead(site, course, people, self.depth is Depth.FULL))

    def note(self, found: Sequence[Finding], accepted: Collection[Finding]) -> None:
        """Note findings, and which of them a person released."""
        self.findings += [each for each in found if each not in self.findings]  # the source may be read twice
        self.released |= {each.key for each in found if not unreleased([each], accepted)}

    def hold_unless_released(
        self,
        found: Sequence[Finding],
        accepted: Collection[Finding],
        baseline: Baseline | None,
        problems: Sequence[LatsarError] = (),
    ) -> None:
        """Note findings. Raise HeldByGuard if any of them was not released by a person (rule 6).

        ``problems`` are told too if the run ends here.
        """
        self.note(found, accepted)
        if unreleased(found, accepted, baseline):
            self.outcome = RunOutcome.GUARDED
            self.problems += problems
            raise HeldByGuard

    def counts(self) -> dict[str, int]:
        """Return the figures of ``sync --json``: decisions after the run, transitions made in it."""
        return {
            "participants": self.people,
            **{str(outcome): self.outcomes[outcome] for outcome in Outcome},
            "pushed": self.states_reached[EntryState.PUSHED],
            "confirmed": self.states_reached[EntryState.CONFIRMED],
            "failed": self.rejected,
            "withdrawn": self.states_reached[EntryState.WITHDRAWN],
            "to_review": self.states_reached[EntryState.REVIEW],
        }
