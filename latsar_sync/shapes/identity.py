"""The shapes of who is who: what named persons said of it, and the accounts of one person side by side."""

from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from typing_extensions import TypedDict

from latsar_sync.domain.actions import IdentityAction, IdentityKind
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.language import _
from latsar_sync.shapes.fields import (
    BindingShape,
    DecimalText,
    Moment,
    ParticipantId,
    PersonOfProgrammeShape,
    PersonShape,
    number,
    told,
)
from latsar_sync.store import listings
from latsar_sync.store.identities import corrected_nip, identity_history
from latsar_sync.store.listings import Row


class IdentityShape(TypedDict):
    """What a named person said of who somebody is; ``undo`` takes the one before back."""

    participant_id: ParticipantId
    version: int
    kind: IdentityKind
    undo: bool
    sentence: str
    merged_into: ParticipantId | None
    site: str | None
    target_user_id: int | None
    reason: str
    by: str
    at: Moment


class _Shared(TypedDict):
    shared_with: list[ParticipantId]


class RecordedIdentityShape(PersonShape, IdentityShape, _Shared):
    """What a command recorded; ``shared_with`` are others with the same NIP."""


class IdentityLineShape(PersonOfProgrammeShape, IdentityShape, BindingShape):
    """One line of ``identity list``; ``in_force`` says that it binds now."""


class OtherAccountShape(TypedDict):
    """Another MOOC account of the same person, with what it shows."""

    participant_id: ParticipantId
    source_user_id: int
    decision: Outcome | None
    score: DecimalText | None
    materials_done: int | None
    materials_total: int | None
    merged_into: ParticipantId | None


class WhoShape(TypedDict):
    """Who somebody is by the word of named persons, and the accounts of one person side by side."""

    acts: list[IdentityShape]
    nip_corrected: bool
    merged_into: ParticipantId | None
    other_accounts: list[OtherAccountShape]


def identity_json(action: IdentityAction, zone: ZoneInfo) -> IdentityShape:
    """One word about who is who."""
    return {
        "participant_id": action.participant_id,
        "version": action.version,
        "kind": action.kind,
        "undo": action.undo,
        "sentence": identity_in_words(action),
        "merged_into": action.other,
        "site": action.site,
        "target_user_id": action.target_user_id,
        "reason": action.reason,
        "by": action.by,
        "at": told(action.at, zone),
    }


def identity_in_words(action: IdentityAction) -> str:
    """Return what one word says of a person: their NIP was corrected, merged into another account, their account."""
    texts = {
        (IdentityKind.CORRECT, False): _("NIP corrected"),
        (IdentityKind.CORRECT, True): _("correction of the NIP undone"),
        (IdentityKind.MERGE, False): _("merged into account {other}"),
        (IdentityKind.MERGE, True): _("parted from account {other}"),
        (IdentityKind.ACCOUNT, False): _("has account {number} on {site}"),
        (IdentityKind.ACCOUNT, True): _("choice of an account on {site} undone"),
    }
    return texts[action.kind, action.undo].format(other=action.other, number=action.target_user_id, site=action.site)


def identity_of_person(connection: Connection, row: Row, zone: ZoneInfo) -> WhoShape:
    """Who somebody is by the word of named persons: their actions, and the accounts of one person side by side."""
    who, programme = row["participant_id"], row["programme"]
    history = identity_history(connection, programme, who)
    counting = row["merged_into"] or who
    same = {each.participant_id for each in history if each.other == counting} | {counting} if history else set()
    accounts = [
        found
        for each in sorted(same - {who})
        for found in listings.participant_rows(connection, [programme], participant_id=each)
        if counting in (each, found["merged_into"])
    ]
    return {
        "acts": [identity_json(each, zone) for each in history],
        "nip_corrected": corrected_nip(connection, who) is not None,
        "merged_into": row["merged_into"],
        "other_accounts": [
            {
                "participant_id": each["participant_id"],
                "source_user_id": each["source_user_id"],
                "decision": each["outcome"],
                "score": number(each["score"]),
                "materials_done": each["materials_done"],
                "materials_total": each["materials_total"],
                "merged_into": each["merged_into"],
            }
            for each in accounts
        ],
    }
