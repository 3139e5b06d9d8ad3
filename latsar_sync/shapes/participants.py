"""The shape of the chase list: everybody with decision, roster state and what is missing."""

from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.decision import Outcome, Reason
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.exports.words import as_of
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId, moment, number
from latsar_sync.store.listings import Row


class ReadAtShape(TypedDict):
    """When each part of somebody's evidence was last read exactly: null if never, or if nobody is judged by it."""

    grade_as_of: Moment | None
    materials_as_of: Moment | None
    attempts_as_of: Moment | None


class _Participant(TypedDict):
    participant_id: ParticipantId
    nip: Nip | None
    name: str | None
    decision: Outcome | None
    reasons: list[str]
    score: DecimalText | None
    materials_done: int | None
    materials_total: int | None
    angkatan: str | None
    roster_state: EntryState | None
    evidence_as_of: Moment | None
    programme: str
    institution: str | None
    enrolment: Enrolment
    roster_reason: str | None
    merged_into: ParticipantId | None
    shared_nip: Nip | None
    missing: list[str]
    place: str | None


class ParticipantShape(_Participant, ReadAtShape):
    """One participant: the decision with its reason codes, the score, the material, the place on the roster.

    ``place`` is where they come together in class, null: where their angkatan does. ``materials_done`` is null while
    they were not read; ``merged_into`` is the account that counts instead; ``shared_nip`` is the NIP that others carry,
    too: it is nobody's before that is settled, so ``nip`` is null;
    ``missing`` says in sentences what stands between the person and the seat. ``grade_as_of``, ``materials_as_of`` and
    ``attempts_as_of`` say when each was last read exactly: null if never, or if nobody is judged by it.
    """


class PeopleShape(TypedDict):
    """One page of people, and how many there are in all."""

    total: int
    people: list[ParticipantShape]


class ChasedInstitutionShape(TypedDict):
    """How many people of an institution stand on a chase list; whoever has none is in no line."""

    institution: str
    people: int


class ChaseListShape(PeopleShape):
    """One page of a chase list: who lacks something, by institution, and how many of each in all."""

    institutions: list[ChasedInstitutionShape]


def participant_json(row: Row, zone: ZoneInfo, language: str) -> ParticipantShape:
    """One line of ``participants --json``."""
    codes = [code for code, _ in row["reasons"] or []]
    is_shared = "nip_duplicate" in codes
    return {
        "participant_id": row["participant_id"],
        "nip": None if is_shared else row["nip"],
        "name": row["name"],
        "decision": row["outcome"],
        "reasons": codes,
        "score": number(row["score"]),
        "materials_done": row["materials_done"],
        "materials_total": row["materials_total"],
        "angkatan": row["angkatan"],
        "roster_state": row["state"],
        "evidence_as_of": moment(as_of(row), zone),
        "programme": row["programme"],
        "institution": row["institution"],
        "enrolment": row["enrolment"],
        "roster_reason": row["roster_reason"],
        "merged_into": row["merged_into"],
        "shared_nip": row["nip"] if is_shared else None,
        "missing": missing(row, language),
        "place": row["place"],
        **read_at_json(row, zone),
    }


def read_at_json(row: Row, zone: ZoneInfo) -> ReadAtShape:
    """When each part of somebody's evidence was last read exactly."""
    return {
        "grade_as_of": moment(row["grade_as_of"], zone),
        "materials_as_of": moment(row["materials_as_of"], zone),
        "attempts_as_of": moment(row["attempts_as_of"], zone),
    }


def missing(row: Row, language: str) -> list[str]:
    """Return what stands between a participant and the seat, a sentence each."""
    sentences = [sentence(Reason(code, values), language) for code, values in row["reasons"] or []]
    if row["roster_reason"]:
        sentences.append(sentence(Reason(row["roster_reason"]), language))
    return sentences
