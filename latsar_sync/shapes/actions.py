"""The shapes of what named persons decided: overrides, clearances, moves, finalised lists."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.actions import AngkatanMove, Finalisation, LeftBehind, Override, OverrideKind
from latsar_sync.shapes.fields import (
    BindingShape,
    Day,
    Moment,
    ParticipantId,
    PersonOfProgrammeShape,
    PersonShape,
    moment,
    told,
)


class OverrideShape(TypedDict):
    """A person's decision about one participant against the rule; ``until`` is the first moment after its last day,
    null: without end.
    """

    participant_id: ParticipantId
    version: int
    kind: OverrideKind
    reason: str
    by: str
    at: Moment
    until: Moment | None


class RecordedOverrideShape(PersonShape, OverrideShape):
    """The override that a command recorded."""


class OverrideLineShape(PersonOfProgrammeShape, OverrideShape, BindingShape):
    """One line of ``override list``; ``in_force`` says that it binds now."""


class ClearanceShape(TypedDict):
    """One checked document, of a participant or of a whole angkatan; ``state`` is as of today."""

    no: int
    programme: str
    participant_id: ParticipantId | None
    angkatan: str | None
    kind: str
    number: str
    issuer: str
    date: Day
    valid_until: Day
    by: str
    at: Moment
    state: Literal["valid", "expired", "revoked"]
    revoked_by: str | None
    revoked_at: Moment | None
    revoked_reason: str | None


class _Owner(PersonShape):
    roster_angkatan: str | None


class ClearanceLineShape(ClearanceShape, _Owner):
    """One line of ``clearance list``: the document, and whose it is."""


AngkatanMoveShape = TypedDict(
    "AngkatanMoveShape",
    {
        "participant_id": ParticipantId,
        "version": int,
        "from": str | None,
        "to": str,
        "reason": str,
        "by": str,
        "at": Moment,
    },
)
"""One move to another angkatan."""


class _Stays(TypedDict):
    left_behind: str | None


class RecordedMoveShape(PersonOfProgrammeShape, AngkatanMoveShape, _Stays):
    """The move that a command recorded; ``left_behind`` is the course in which the person stays enrolled."""


class RecordedPlacesShape(TypedDict):
    """What ``roster place`` recorded: for how many, of how many it stood so already, and how many are not known."""

    programme: str
    recorded: int
    unchanged: int
    unknown: int


class LeftBehindShape(TypedDict):
    """The in-class course that somebody was moved from and is still enrolled in."""

    angkatan: str | None
    site: str
    course: str
    course_id: int
    group: str | None
    group_id: int | None
    target_user_id: int
    wrong_account: bool
    seen_at: Moment


class DecreeShape(TypedDict):
    """The decree that took somebody in; ``amendment`` is 0 for the list itself, then counts up."""

    amendment: int
    sk: str
    date: Day
    by: str
    at: Moment


class _Where(TypedDict):
    programme: str
    angkatan: str


class _Lists(TypedDict):
    members: list[ParticipantId]
    left: list[ParticipantId]


class FinalisationShape(_Where, DecreeShape, _Lists):
    """A finalised roster or its amendment: who came on the list, who left it."""


def override_json(override: Override, zone: ZoneInfo) -> OverrideShape:
    """One row of the overrides."""
    return {
        "participant_id": override.participant_id,
        "version": override.version,
        "kind": override.kind,
        "reason": override.reason,
        "by": override.by,
        "at": told(override.at, zone),
        "until": moment(override.until, zone),
    }


def clearance_json(row: Any, today: date, zone: ZoneInfo) -> ClearanceShape:
    """One checked document; ``state`` is ``valid``, ``expired`` (today) or ``revoked``."""
    state: Literal["valid", "expired", "revoked"]
    state = "revoked" if row.revoked_at else "valid" if row.valid_until >= today else "expired"
    return {
        "no": row.version,
        "programme": row.programme,
        "participant_id": row.participant_id,
        "angkatan": row.angkatan,
        "kind": row.kind,
        "number": row.number,
        "issuer": row.issuer,
        "date": row.issued.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "by": row.by,
        "at": told(row.at, zone),
        "state": state,
        "revoked_by": row.revoked_by,
        "revoked_at": moment(row.revoked_at, zone),
        "revoked_reason": row.revoked_reason,
    }


def angkatan_move_json(move: AngkatanMove, zone: ZoneInfo) -> AngkatanMoveShape:
    """One move to another angkatan."""
    return {
        "participant_id": move.participant_id,
        "version": move.version,
        "from": move.before,
        "to": move.angkatan,
        "reason": move.reason,
        "by": move.by,
        "at": told(move.at, zone),
    }


def left_behind_json(left: LeftBehind, zone: ZoneInfo) -> LeftBehindShape:
    """The course that somebody was moved from, or was in by an account not theirs, and is still enrolled in."""
    return {
        "angkatan": left.angkatan,
        "site": left.site,
        "course": left.course,
        "course_id": left.course_id,
        "group": left.group,
        "group_id": left.group_id,
        "target_user_id": left.target_user_id,
        "wrong_account": left.wrong_account,
        "seen_at": told(left.seen_at, zone),
    }


def finalisations_json(programme: str, history: Sequence[Finalisation], zone: ZoneInfo) -> list[FinalisationShape]:
    """Every decree of a programme, oldest first; ``amendment`` is 0 for the list itself, then counts up."""
    counted = Counter[str]()
    shapes: list[FinalisationShape] = []
    for each in history:
        shapes.append(
            {
                "programme": programme,
                "angkatan": each.angkatan,
                **decree_json(counted[each.angkatan], each, zone),
                "members": list(each.members),
                "left": list(each.left),
            }
        )
        counted[each.angkatan] += 1
    return shapes


def decree_json(amendment: int, decree: Finalisation, zone: ZoneInfo) -> DecreeShape:
    return {
        "amendment": amendment,
        "sk": decree.number,
        "date": decree.dated.isoformat(),
        "by": decree.by,
        "at": told(decree.at, zone),
    }
