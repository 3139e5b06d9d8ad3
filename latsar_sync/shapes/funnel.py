"""How far the people of a programme have come, as the stages of a funnel; for each angkatan and together. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import TypedDict

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import HOLDS_A_SEAT, EntryState
from latsar_sync.domain.language import mark
from latsar_sync.settings import ProgrammeSettings

STAGES: Mapping[str, str] = {
    "enrolled": mark("In the MOOC"),
    "materials": mark("Material done"),
    "passed": mark("Evaluation reached"),
    "qualified": mark("Qualified"),
    "placed": mark("Placed"),
    "confirmed": mark("Confirmed in class"),
}
SEATED = frozenset(map(str, HOLDS_A_SEAT))


@dataclass(slots=True)
class Funnel:
    """One angkatan, or a whole programme (``angkatan`` None): people by stage, seats, and who needs somebody's eye.

    ``waitlisted`` wait for a seat, ``review`` are on the roster and need looking at, ``unclear`` are undetermined.
    """

    angkatan: str | None
    capacity: int | None = None
    people: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STAGES, 0))
    seats: int = 0
    waitlisted: int = 0
    review: int = 0
    unclear: int = 0

    @property
    def bars(self) -> list[tuple[str, int, float]]:
        """The stages from the top: text, people, and the width of the bar in per cent of the widest."""
        most = max(self.people.values(), default=0) or 1
        return [(STAGES[stage], number, round(100 * number / most, 2)) for stage, number in self.people.items()]

    def add(self, row: Mapping[str, Any]) -> None:
        """Count the people of one kind of standing."""
        number, state = row["people"], row["state"]
        self.people["enrolled"] += number
        self.people["materials"] += number * row["materials"]
        self.people["passed"] += number * row["passed"]
        self.people["qualified"] += number * (row["outcome"] == Outcome.QUALIFIED)
        self.people["placed"] += number * (state in SEATED)
        self.people["confirmed"] += number * (state == EntryState.CONFIRMED)
        self.seats += number * (state in SEATED)
        self.waitlisted += number * (state == EntryState.WAITLISTED)
        self.review += number * (state in (EntryState.REVIEW, EntryState.WITHDRAWN))
        self.unclear += number * (row["outcome"] == Outcome.UNDETERMINED)


def funnels(programme: ProgrammeSettings, standing: Iterable[Mapping[str, Any]]) -> tuple[Funnel, list[Funnel]]:
    """Return the funnel of the whole programme, and those of its angkatan in the order of the configuration.

    Somebody belongs to the angkatan of the roster entry, else to that of the MOOC group (``standing`` as
    ``store.searches`` counts it); whoever is in none is in the whole alone.
    """
    whole = Funnel(None)
    parts = {each.id: Funnel(each.id, each.capacity) for each in programme.angkatan}
    by_group = {programme.source_group_of(each): each.id for each in programme.angkatan}
    for row in standing:
        whole.add(row)
        groups = json.loads(row["groups"] or "[]")
        named = row["angkatan"] or next((by_group[group] for group in groups if group in by_group), None)
        if named in parts:
            parts[named].add(row)
    return whole, list(parts.values())


class StageShape(TypedDict):
    """People at each stage of a programme or of one angkatan (``angkatan`` null: all together)."""

    angkatan: str | None
    capacity: int | None
    seats: int
    waitlisted: int
    review: int
    undetermined: int
    people: dict[str, int]


class ProgrammeShape(TypedDict):
    """A programme and how far its people have come."""

    id: str
    title: str
    method: str
    whole: StageShape
    angkatan: list[StageShape]


def programme_shape(programme: ProgrammeSettings, standing: Iterable[Mapping[str, Any]]) -> ProgrammeShape:
    """Return a programme with its funnels, as the API answers it."""
    whole, parts = funnels(programme, standing)
    return {
        "id": programme.id,
        "title": programme.title,
        "method": programme.method,
        "whole": _stage(whole),
        "angkatan": [_stage(each) for each in parts],
    }


def _stage(funnel: Funnel) -> StageShape:
    return {
        "angkatan": funnel.angkatan,
        "capacity": funnel.capacity,
        "seats": funnel.seats,
        "waitlisted": funnel.waitlisted,
        "review": funnel.review,
        "undetermined": funnel.unclear,
        "people": funnel.people,
    }


def group_of(programme: ProgrammeSettings, angkatan: str) -> str:
    """Return the group in which an angkatan's people come, empty where it has none or there is no such angkatan."""
    return next((programme.source_group_of(each) or "" for each in programme.angkatan if each.id == angkatan), "")
