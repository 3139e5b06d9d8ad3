"""The shapes of two registers: who was erased, and who looked at people or took them out."""

from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.actions import Erasure, ErasureKind
from latsar_sync.shapes.fields import Moment, ParticipantId, told
from latsar_sync.store import access


class ErasureShape(TypedDict):
    """One line of the register of erasures; ``at`` to the microsecond, since a restore writes it back."""

    participant_id: ParticipantId
    version: int
    kind: ErasureKind
    reason: str
    by: str
    at: Moment


class AccessShape(TypedDict):
    """One look at personal data, or one action; ``participant_id`` is null for a listing of so many ``people``.

    ``about`` is the account that was added, changed or removed, with the rights that it has by that.
    """

    at: Moment
    by: str
    via: str
    action: str
    programme: str
    people: int
    participant_id: ParticipantId | None
    about: str | None


def erasure_json(erasure: Erasure, zone: ZoneInfo) -> ErasureShape:
    """One line of the register of erasures; the time to the microsecond, since a restore writes it back."""
    return {
        "participant_id": erasure.participant_id,
        "version": erasure.version,
        "kind": erasure.kind,
        "reason": erasure.reason,
        "by": erasure.by,
        "at": erasure.at.astimezone(zone).isoformat(),
    }


def access_json(one: access.Access, zone: ZoneInfo) -> AccessShape:
    """One line of the access log."""
    return {
        "at": told(one.at, zone),
        "by": one.by,
        "via": one.via,
        "action": one.action,
        "programme": one.programme,
        "people": one.people,
        "participant_id": one.participant_id,
        "about": one.about,
    }
