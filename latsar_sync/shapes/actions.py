"""The JSON shapes of what named persons did to a roster: clearances, moves, finalised lists, who is who."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from latsar_sync.domain.language import _
from latsar_sync.domain.records import AngkatanMove, Finalisation, IdentityAction, IdentityKind, LeftBehind, taken_in
from latsar_sync.shapes.listings import moment, number
from latsar_sync.store import reports
from latsar_sync.store.clearances import clearance_rows
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.identities import corrected_nip, identity_history
from latsar_sync.store.moves import load_left_behind, move_history
from latsar_sync.store.reports import Row

Shape = dict[str, Any]


def clearance_json(row: Any, today: date, zone: ZoneInfo) -> Shape:
    """One checked document; ``state`` is ``valid``, ``expired`` (today) or ``revoked``."""
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
        "at": moment(row.at, zone),
        "state": state,
        "revoked_by": row.revoked_by,
        "revoked_at": moment(row.revoked_at, zone),
        "revoked_reason": row.revoked_reason,
    }


def angkatan_move_json(move: AngkatanMove, zone: ZoneInfo) -> Shape:
    """One move to another angkatan."""
    return {
        "participant_id": move.participant_id,
        "version": move.version,
        "from": move.before,
        "to": move.angkatan,
        "reason": move.reason,
        "by": move.by,
        "at": moment(move.at, zone),
    }


def identity_json(act: IdentityAction, zone: ZoneInfo) -> Shape:
    """One word about who is who."""
    return {
        "participant_id": act.participant_id,
        "version": act.version,
        "kind": str(act.kind),
        "undo": act.undo,
        "sentence": identity_in_words(act),
        "merged_into": act.other,
        "site": act.site,
        "target_user_id": act.target_user_id,
        "reason": act.reason,
        "by": act.by,
        "at": moment(act.at, zone),
    }


def identity_in_words(act: IdentityAction) -> str:
    """Return what one word says of a person: their NIP was corrected, merged into another account, their account."""
    texts = {
        (IdentityKind.CORRECT, False): _("NIP corrected"),
        (IdentityKind.CORRECT, True): _("correction of the NIP undone"),
        (IdentityKind.MERGE, False): _("merged into account {other}"),
        (IdentityKind.MERGE, True): _("parted from account {other}"),
        (IdentityKind.ACCOUNT, False): _("has account {number} on {site}"),
        (IdentityKind.ACCOUNT, True): _("choice of an account on {site} undone"),
    }
    return texts[act.kind, act.undo].format(other=act.other, number=act.target_user_id, site=act.site)


def _identity_of_person(connection: Connection, row: Row, zone: ZoneInfo) -> Shape:
    """Who somebody is by the word of named persons: the acts, and the accounts of one person side by side."""
    who, programme = row["participant_id"], row["programme"]
    history = identity_history(connection, programme, who)
    counting = row["merged_into"] or who
    same = {each.participant_id for each in history if each.other == counting} | {counting} if history else set()
    accounts = [
        found
        for each in sorted(same - {who})
        for found in reports.participant_rows(connection, [programme], participant_id=each)
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


def left_behind_json(left: LeftBehind, zone: ZoneInfo) -> Shape:
    """The class that somebody was moved from, or was in by an account not theirs, and that is still enrolled there."""
    keys = ("angkatan", "site", "course", "course_id", "group", "group_id", "target_user_id", "wrong_account")
    return {**{key: getattr(left, key) for key in keys}, "seen_at": moment(left.seen_at, zone)}


def finalisations_json(programme: str, history: Sequence[Finalisation], zone: ZoneInfo) -> list[Shape]:
    """Every decree of a programme, oldest first; ``amendment`` is 0 for the list itself, then counts up."""
    counted = Counter[str]()
    shapes = []
    for each in history:
        lists = {"members": list(each.members), "left": list(each.left)}
        where = {"programme": programme, "angkatan": each.angkatan}
        shapes.append(where | _decree_json(counted[each.angkatan], each, zone) | lists)
        counted[each.angkatan] += 1
    return shapes


def _decree_json(amendment: int, decree: Finalisation, zone: ZoneInfo) -> Shape:
    return {
        "amendment": amendment,
        "sk": decree.number,
        "date": decree.dated.isoformat(),
        "by": decree.by,
        "at": moment(decree.at, zone),
    }


def with_actions(connection: Connection, lines: Sequence[Row], zone: ZoneInfo) -> list[Shape]:
    """Return roster lines with ``finalised``, the decree that took somebody in, and ``left_behind``, the classes that
    they were moved from, or that were replaced, and are still enrolled in.
    """
    decrees: dict[tuple[str, str], Shape] = {}
    left: dict[str, list[LeftBehind]] = {}
    for programme in {line["programme"] for line in lines}:
        for angkatan, members in taken_in(finalisation_history(connection, programme)).items():
            decrees |= {
                (who, angkatan): _decree_json(number, decree, zone) for who, (number, decree) in members.items()
            }
        for each in load_left_behind(connection, programme):
            if each.still_there:
                left.setdefault(each.participant_id, []).append(each)
    return [
        {
            **line,
            "finalised": decrees.get((line["participant_id"], line["angkatan"])),
            "left_behind": [
                left_behind_json(each, zone)
                for each in left.get(line["participant_id"], [])
                if each.version < 0 or each.angkatan != line["angkatan"]
            ],
        }
        for line in lines
    ]


def explained(connection: Connection, row: Row, today: date, zone: ZoneInfo) -> Shape:
    """What ``explain --json`` tells of one person beside the rule: who they are by the word of a person, clearances,
    moves, the decree, the classes left.
    """
    who, programme = row["participant_id"], row["programme"]
    mine = [
        each
        for each in clearance_rows(connection, programme)
        if each.participant_id == who or (each.angkatan is not None and each.angkatan == row["angkatan"])
    ]
    line = {"programme": programme, "angkatan": row["angkatan"], "participant_id": who}
    [actions] = with_actions(connection, [line], zone)
    return {
        "identity": _identity_of_person(connection, row, zone),
        "clearances": [clearance_json(each, today, zone) for each in mine],
        "moves": [angkatan_move_json(each, zone) for each in move_history(connection, programme, who)],
        "finalised": actions["finalised"],
        "left_behind": actions["left_behind"],
    }
