"""What is decided of a participant, and by which rules. Plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from latsar_sync.domain.evidence import Activity

RULE_VERSION = "2"
"""Changes whenever ``rules.deciding`` would judge the same evidence differently."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a stable code and the values its sentence needs (never a name or NIP of a person)."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict, hash=False)


class GateAnswer(NamedTuple):
    """One gate's answer: True met, False not met, None not known; with the reasons for False and None."""

    met: bool | None
    reasons: tuple[Reason, ...] = ()


MET = GateAnswer(met=True)
"""The answer of most gates, held once."""


class Outcome(StrEnum):
    """What a decision says of a participant."""

    QUALIFIED = "qualified"
    NOT_YET = "not_yet"
    UNDETERMINED = "undetermined"
    HELD = "held"


class Gate(StrEnum):
    """The gates that a programme can have: the MOOC (score and material), and required clearances (rules 12 to 14)."""

    MOOC = "mooc"
    CLEARANCE = "clearance"


class Scale(StrEnum):
    """How a threshold counts: in the evaluation's own points, or in per cent of its range."""

    POINTS = "points"
    PERCENT = "percent"


class Basis(StrEnum):
    """Which score is judged: the gradebook's final grade, or the best finished attempt (rule 1)."""

    GRADEBOOK = "gradebook"
    BEST_ATTEMPT = "best_attempt"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The recorded threshold. Rows are never changed; ``version`` counts up within a programme."""

    version: int
    value: Decimal
    scale: Scale
    legal_basis: str
    effective_from: datetime
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """What a programme demands of evidence: threshold, basis and the recorded required set (rules 1 to 3).

    ``gated`` is False for the classical method, which has no MOOC gate (rule 13); ``by_materials`` False
    for mode "none". ``score_range`` is the least and the greatest grade of the evaluation, None where it is not known.
    """

    threshold: Threshold | None
    basis: Basis = Basis.GRADEBOOK
    gated: bool = True
    by_materials: bool = True
    required: tuple[Activity, ...] = ()
    score_range: tuple[Decimal, Decimal] | None = None


class Decision(NamedTuple):
    """The answer for one participant, with reasons. ``score`` is in the threshold's scale, at five places."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    score: Decimal | None = None
    reached_at: datetime | None = None
    materials_done: int | None = None
    materials_total: int | None = None

    @property
    def by_admission(self) -> bool:
        """Whether a named person admits them, whatever the rule gave (rule 15)."""
        return any(each.code == "admitted_by_override" for each in self.reasons)


NO_GATES = frozenset[Gate]()


class Standing(NamedTuple):
    """Where one participant stands once judged: what places, pushes and plans go by, and nothing else.

    Evidence, reasons and names are on record; of a large programme they would be most of what a run holds in memory.
    ``source_user_id`` also breaks a tie in the order of seats; ``outcome`` None: not judged yet.

    ``enrolled``: their enrolment in the MOOC has not ended. ``merged``: another account counts for this person.
    ``unmet`` are the gates that a ``not_yet`` is about. ``name`` is empty where nobody is told it.
    """

    participant_id: str
    source_user_id: int
    nip: str | None
    groups: tuple[str, ...] = ()
    enrolled: bool = True
    merged: bool = False
    outcome: Outcome | None = None
    reached_at: datetime | None = None
    score: Decimal | None = None
    unmet: frozenset[Gate] = NO_GATES
    name: str = ""
