"""The shapes of people with what named persons decided of them: lines of the roster, and what ``explain`` adds."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from typing_extensions import TypedDict

from latsar_sync.domain.actions import LeftBehind, taken_in
from latsar_sync.rules.merged_accounts import carried_on
from latsar_sync.shapes.actions import (
    AngkatanMoveShape,
    ClearanceShape,
    DecreeShape,
    LeftBehindShape,
    angkatan_move_json,
    clearance_json,
    decree_json,
    left_behind_json,
)
from latsar_sync.shapes.identity import WhoShape, identity_of_person
from latsar_sync.shapes.roster import RosterShape, roster_json
from latsar_sync.store import listings
from latsar_sync.store.clearances import clearances_of_person
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.identities import handed_over
from latsar_sync.store.listings import Row
from latsar_sync.store.merged_accounts import merges as merges_of
from latsar_sync.store.moves import load_left_behind, move_history


class _ActionsOnOne(TypedDict):
    finalised: DecreeShape | None
    left_behind: list[LeftBehindShape]


class RosterLineShape(RosterShape, _ActionsOnOne):
    """One line of ``roster --json``: the entry, the decree that took the person in, the courses left behind."""


class _Decided(TypedDict):
    identity: WhoShape
    clearances: list[ClearanceShape]
    moves: list[AngkatanMoveShape]


class ExplainedShape(_Decided, _ActionsOnOne):
    """What named persons decided about somebody, in ``explain --json``."""


def roster_lines(connection: Connection, rows: Sequence[Row], zone: ZoneInfo) -> list[RosterLineShape]:
    """Return ``roster --json``: rows of the roster with the decrees and the courses left behind."""
    taken = _Taken(connection, {row["programme"] for row in rows}, zone)
    return [{**roster_json(row, zone), **taken.of(row["participant_id"], row["angkatan"])} for row in rows]


def each_roster_line(
    connection: Connection, programmes: Sequence[str], angkatan: str | None, zone: ZoneInfo
) -> tuple[Counter[str], list[RosterLineShape], Iterator[RosterLineShape]]:
    """Return the same lines as they come, so that memory stays flat.

    Before them how many there are by programme, and the lines of those who left a course and are still in it, whatever
    their angkatan is now.
    """
    taken = _Taken(connection, programmes, zone)
    gone = listings.roster_rows(connection, programmes, participant_ids=taken.left)
    numbers, rows = listings.each_on_the_roster(connection, programmes, angkatan)

    def line(row: Row) -> RosterLineShape:
        return {**roster_json(row, zone), **taken.of(row["participant_id"], row["angkatan"])}

    return numbers, list(map(line, gone)), map(line, rows)


def with_actions(connection: Connection, rows: Sequence[Row], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the same of rows for a page, which shows more of them than the shape has."""
    taken = _Taken(connection, {row["programme"] for row in rows}, zone)
    return [{**row, **taken.of(row["participant_id"], row["angkatan"])} for row in rows]


class _Taken:
    """The decrees and the courses left behind of some programmes, by whom they are about."""

    def __init__(self, connection: Connection, programmes: Collection[str], zone: ZoneInfo) -> None:
        """Read both."""
        self._zone = zone
        self._decrees: dict[tuple[str, str], DecreeShape] = {}
        self._left: dict[str, list[LeftBehind]] = {}
        for programme in programmes:
            since, merges = handed_over(connection, programme), merges_of(connection, programme)
            for angkatan, members in taken_in(finalisation_history(connection, programme), since).items():
                listed = carried_on(members, merges).items()
                self._decrees |= {
                    (who, angkatan): decree_json(number, decree, zone) for who, (number, decree) in listed
                }
            for each in load_left_behind(connection, programme):
                if each.still_there:
                    self._left.setdefault(each.participant_id, []).append(each)

    @property
    def left(self) -> list[str]:
        """The internal ids of those who are still in a course that they left."""
        return list(self._left)

    def of(self, who: str, angkatan: str | None) -> "_ActionsOnOne":
        return {
            "finalised": self._decrees.get((who, angkatan or "")),
            "left_behind": [
                left_behind_json(each, self._zone)
                for each in self._left.get(who, [])
                if each.version < 0 or each.angkatan != angkatan
            ],
        }


def explained(connection: Connection, row: Row, today: date, zone: ZoneInfo) -> ExplainedShape:
    """What ``explain --json`` tells of one person beside the rule: who they are by the word of a person, clearances,
    moves, the decree, the courses left.
    """
    who, programme = row["participant_id"], row["programme"]
    mine = clearances_of_person(connection, programme, who, row["angkatan"])
    return {
        "identity": identity_of_person(connection, row, zone),
        "clearances": [clearance_json(each, today, zone) for each in mine],
        "moves": [angkatan_move_json(each, zone) for each in move_history(connection, programme, who)],
        **_Taken(connection, [programme], zone).of(who, row["angkatan"]),
    }
