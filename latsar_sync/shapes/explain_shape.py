"""The shape of one person end to end: what ``explain --json`` prints and the API answers; made in ``explain``."""

from typing_extensions import TypedDict

from latsar_sync.domain.decision import Outcome, Scale
from latsar_sync.domain.entry import Admission, EntryState, Origin
from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.participant import Enrolment
from latsar_sync.shapes.actions import OverrideShape
from latsar_sync.shapes.evidence import EvidenceShape
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId
from latsar_sync.shapes.imports import ScoreShape
from latsar_sync.shapes.with_actions import ExplainedShape


class AccountShape(TypedDict):
    """The participant and their account in the MOOC."""

    participant_id: ParticipantId
    nip: Nip | None
    name: str | None
    programme: str
    institution: str | None
    source_site: str
    source_user_id: int
    groups: list[str]
    enrolment: Enrolment
    first_seen_at: Moment | None
    last_seen_at: Moment | None


class TermsShape(TypedDict):
    """What a decision was judged by beside threshold and required set (rule 22)."""

    method: str
    basis: str
    materials_mode: str
    participant_key: str
    clearances: list[str]


class DecisionShape(TypedDict):
    """One decision with everything that it was judged by."""

    version: int
    decision: Outcome
    reasons: list[str]
    sentences: list[str]
    score: DecimalText | None
    threshold: DecimalText | None
    threshold_version: int | None
    materials_done: int | None
    materials_total: int | None
    reached_at: Moment | None
    decided_at: Moment
    rule_version: str
    required_version: int | None
    judged_by: TermsShape | None
    evidence_version: int | None
    run_id: int | None


class ListedShape(TypedDict):
    """From which file, and which line of it, somebody stands on an imported list as they do, and who imported it."""

    import_id: int
    file: str
    line: int | None
    by: str
    at: Moment


class JudgingThresholdShape(TypedDict):
    """The threshold that the last decision was judged by."""

    version: int
    value: DecimalText
    scale: Scale
    legal_basis: str


class EventShape(TypedDict):
    """One change of somebody's place on the roster."""

    state: EntryState
    angkatan: str | None
    reason: str | None
    by: str | None
    at: Moment
    run_id: int | None


class PlaceShape(TypedDict):
    """Somebody's place on the roster, and how it came about."""

    state: EntryState
    angkatan: str | None
    admission: Admission
    origin: Origin | None
    site: str | None
    course: str | None
    course_id: int | None
    group: str | None
    group_id: int | None
    reason: str | None
    sentence: str | None
    target_user_id: int | None
    approved_by: str | None
    history: list[EventShape]


class PushShape(TypedDict):
    """One attempted write to the LMS."""

    kind: PushKind
    attempt: int
    state: PushState
    site: str
    course_id: int | None
    target_user_id: int | None
    group_id: int | None
    error: str | None
    run_id: int | None
    sent_at: Moment | None
    settled_at: Moment | None


class ExplanationShape(TypedDict):
    """What the rule did with one person: matched, seen, judged, placed, pushed, confirmed."""

    participant: AccountShape
    evidence: EvidenceShape | None
    decisions: list[DecisionShape]
    threshold: JudgingThresholdShape | None
    roster: PlaceShape | None
    pushes: list[PushShape]
    overrides: list[OverrideShape]
    imports: list[ScoreShape]
    listed: ListedShape | None


class _InForce(TypedDict):
    override_in_force: OverrideShape | None


class _NotPlaced(TypedDict):
    not_placed: str | None


class PersonExplainedShape(ExplanationShape, ExplainedShape, _InForce, _NotPlaced):
    """One person end to end: what the rule did, and what named persons decided.

    ``override_in_force`` binds them now: one of ``overrides``, or what was said of another account of theirs.
    ``not_placed`` says why somebody who qualified has no line on the roster, where the last run tells it.
    """


class _Others(TypedDict):
    others: list[PersonExplainedShape]


class ExplainShape(PersonExplainedShape, _Others):
    """``explain --json``; ``others`` are further accounts or programmes with that NIP."""
