"""Who is preferred and who fills what is left (diutamakan, rule 14): seats by angkatan, and from when."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from typing_extensions import TypedDict

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.fields import Day
from latsar_sync.shapes.funnel import reader_of_homes


class PriorityAngkatanShape(TypedDict):
    """The seats of one angkatan: ``preferred`` by rule or a person, ``filled`` by others, ``others`` sit in the group
    without a place on the roster; ``free`` null: no limit.

    ``would_fill`` are those who do not qualify (yet) and would take what is left; a guess where places are given by
    another order than the group.
    """

    angkatan: str
    capacity: int | None
    preferred: int
    filled: int
    others: int
    free: int | None
    would_fill: int


class PriorityShape(TypedDict):
    """``roster priority --json``: ``fills_now`` says whether others fill seats today."""

    programme: str
    effect: Literal["block", "prioritise", "warn"]
    fill_from: Day | None
    fills_now: bool
    angkatan: list[PriorityAngkatanShape]


def priority_json(
    programme: ProgrammeSettings,
    standing: Iterable[Mapping[str, Any]],
    others_there: Mapping[str, int],
    today: date,
) -> PriorityShape:
    """Return who is preferred and who fills; ``standing`` as ``store.searches`` counts it, ``others_there`` as
    ``store.filled_courses`` knows them.
    """
    day = programme.fill_from
    fills = "prioritise" in (programme.effect, programme.clearances.effect)
    home_of = reader_of_homes(programme)
    seated, filled, waiting = Counter[str](), Counter[str](), Counter[str]()
    for row in standing:
        home, number = home_of(row) or "", row["people"]
        if row["state"] in HOLDS_A_SEAT:
            seated[home] += number
            filled[home] += number * (row["admission"] == Admission.FILLED)
        elif row["outcome"] == Outcome.NOT_YET:
            waiting[home] += number
    return {
        "programme": programme.id,
        "effect": programme.effect,
        "fill_from": day.isoformat() if day else None,
        "fills_now": fills and day is not None and today >= day,
        "angkatan": [
            {
                "angkatan": each.id,
                "capacity": each.capacity,
                "preferred": seated[each.id] - filled[each.id],
                "filled": filled[each.id],
                "others": others_there.get(each.id, 0),
                "free": None
                if each.capacity is None
                else max(0, each.capacity - seated[each.id] - others_there.get(each.id, 0)),
                "would_fill": waiting[each.id] if fills else 0,
            }
            for each in programme.angkatan
        ],
    }
