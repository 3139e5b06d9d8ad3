"""The shape of the in-class roster."""

from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.entry import Admission, EntryState, Origin
from latsar_sync.exports.words import as_of
from latsar_sync.shapes.fields import DecimalText, Moment, Nip, ParticipantId, moment, number
from latsar_sync.shapes.participants import ReadAtShape, read_at_json
from latsar_sync.store.listings import Row


class _Place(TypedDict):
    participant_id: ParticipantId
    nip: Nip | None
    name: str | None
    angkatan: str | None
    state: EntryState
    score: DecimalText | None
    threshold: DecimalText | None
    decided_at: Moment | None
    site: str | None
    course: str | None
    course_id: int | None
    group: str | None
    group_id: int | None
    programme: str
    reason: str | None
    admission: Admission
    origin: Origin | None
    institution: str | None
    approved_by: str | None
    late: bool
    evidence_as_of: Moment | None
    place: str | None


class RosterShape(_Place, ReadAtShape):
    """One line of the roster: the person, where they stand, by which score and threshold, and where in the LMS.

    ``place`` is where they come together in class, null: where their angkatan does.
    ``course`` is the shortname; the ids are those of the in-class LMS. ``reason`` is the code that explains the state,
    ``admission`` why they are on the roster, ``origin`` who put them into the course, ``late`` a late comer.
    """


def roster_json(row: Row, zone: ZoneInfo) -> RosterShape:
    """One line of ``roster --json``."""
    return {
        "participant_id": row["participant_id"],
        "nip": row["nip"],
        "name": row["name"],
        "angkatan": row["angkatan"],
        "state": row["state"],
        "score": number(row["score"]),
        "threshold": number(row["threshold"]),
        "decided_at": moment(row["decided_at"], zone),
        "site": row["site"],
        "course": row["course"],
        "course_id": row["course_id"],
        "group": row["group"],
        "group_id": row["group_id"],
        "programme": row["programme"],
        "reason": row["roster_reason"],
        "admission": row["admission"],
        "origin": row["origin"],
        "institution": row["institution"],
        "approved_by": row["approved_by"],
        "late": bool(row["late"]),
        "evidence_as_of": moment(as_of(row), zone),
        "place": row["place"],
        **read_at_json(row, zone),
    }
