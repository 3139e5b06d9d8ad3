"""The shapes of what commands answer about personal data: erased, taken in again, kept and destroyed (rule 16)."""

from typing import NotRequired

from typing_extensions import TypedDict

from latsar_sync.shapes.fields import Day, Moment, Nip, ParticipantId


class ErasedPersonShape(TypedDict):
    """The person whom an erasure is about, in one programme."""

    participant_id: ParticipantId
    programme: str
    nip: Nip | None
    name: str | None
    enrolment: str
    roster_state: str | None


class GoesShape(TypedDict):
    """What an erasure destroys, in rows."""

    identities: int
    requests: int


class TypedTextShape(TypedDict):
    """A text that a person typed, that names somebody and that nobody can change."""

    table: str
    column: str
    key: str


class ErasingShape(TypedDict):
    """What an erasure destroys and leaves; ``file_clean``, and how many programmes it waits in for the end of a run,
    stand after ``--apply`` alone.
    """

    people: list[ErasedPersonShape]
    goes: GoesShape
    stays: dict[str, int]
    texts: list[TypedTextShape]
    notes: list[str]
    file_clean: NotRequired[bool]
    waiting: NotRequired[int]
    applied: bool


class ResumedShape(TypedDict):
    """Somebody erased who is taken in again; ``waiting`` is 1 where that is done at the end of a run under way."""

    participant_id: ParticipantId
    programme: str
    resumed: bool
    waiting: int


class KeptDataClassShape(TypedDict):
    """How long a data class is kept, and what of it is due."""

    data_class: str
    months: int | None
    due_on: Day | None
    due: bool
    rows: int
    counts: dict[str, int]


class DestructionShape(TypedDict):
    """The report of one destruction."""

    number: int
    programme: str
    data_class: str
    ended_on: Day
    months: int
    legal_basis: str
    counts: dict[str, int]
    by: str
    at: Moment


class KeptProgrammeShape(TypedDict):
    """What is kept of one programme."""

    id: str
    ended_on: Day | None
    classes: list[KeptDataClassShape]


class RetentionShape(TypedDict):
    """How long each data class is kept, what is due, and the reports of what was destroyed."""

    months: dict[str, int | None]
    legal_basis: str | None
    keep_runs_days: int
    programmes: list[KeptProgrammeShape]
    reports: list[DestructionShape]


class DestroyedShape(TypedDict):
    """What a destruction took; ``file_clean``, and how many data classes wait for the end of a run, stand after
    ``--apply`` alone.
    """

    programme: str
    applied: bool
    classes: list[KeptDataClassShape]
    reports: list[DestructionShape]
    file_clean: NotRequired[bool]
    waiting: NotRequired[int]
