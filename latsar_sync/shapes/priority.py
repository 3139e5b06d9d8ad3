"""Who is preferred and who fills what is left (diutamakan, rule 14): seats by angkatan, and from when."""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from typing_extensions import TypedDict

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.fields import Day
from latsar_sync.store.reports import Row


class PriorityAngkatanShape(TypedDict):
    """The seats of one angkatan: ``preferred`` by rule or a person, ``filled`` by others; ``free`` null: no limit.

    ``would_fill`` are those who do not qualify (yet) and would take what is left; a guess where places are given by
    another order than the group.
    """

    angkatan: str
    capacity: int | None
    preferred: int
    filled: int
    free: int | None
    would_fill: int


class PriorityShape(TypedDict):
    """``roster priority --json``: ``fills_now`` says whether others fill seats today."""

    programme: str
    effect: Literal["block", "prioritise", "warn"]
    fill_from: Day | None
    fills_now: bool
    angkatan: list[PriorityAngkatanShape]


def priority_json(programme: ProgrammeSettings, rows: Sequence[Row], today: date) -> PriorityShape:
    """Return who is preferred and who fills; ``rows`` are everybody of the programme."""
    day = programme.fill_from
    fills = "prioritise" in (programme.effect, programme.clearances.effect)
    groups = {programme.source_group_of(each): each.id for each in programme.angkatan}

    def home(row: Row) -> str | None:
        told = [groups[name] for name in row["groups"] if name in groups]
        return row["angkatan"] or (told[0] if len(told) == 1 else None)

    lines: list[PriorityAngkatanShape] = []
    for each in programme.angkatan:
        seated = [row for row in rows if row["angkatan"] == each.id and row["state"] in HOLDS_A_SEAT]
        filled = sum(row["admission"] == Admission.FILLED for row in seated)
        waiting = [row for row in rows if home(row) == each.id and row["outcome"] == Outcome.NOT_YET]
        lines.append(
            {
                "angkatan": each.id,
                "capacity": each.capacity,
                "preferred": len(seated) - filled,
                "filled": filled,
                "free": None if each.capacity is None else max(0, each.capacity - len(seated)),
                "would_fill": sum(row["state"] not in HOLDS_A_SEAT for row in waiting) if fills else 0,
            }
        )
    return {
        "programme": programme.id,
        "effect": programme.effect,
        "fill_from": day.isoformat() if day else None,
        "fills_now": fills and day is not None and today >= day,
        "angkatan": lines,
    }
