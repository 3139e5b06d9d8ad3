"""The shape of a programme in a list of them: how its people stand, in a few numbers."""

from collections.abc import Iterable, Mapping
from typing import Any

from typing_extensions import TypedDict

from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes.funnel import Funnel, funnels


class StageShape(TypedDict):
    """People at each stage of a programme or of one angkatan (``angkatan`` null: all together).

    ``others`` sit in its group without a place on the roster: they take seats besides ``seats``.
    """

    angkatan: str | None
    capacity: int | None
    seats: int
    others: int
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


def programme_shape(
    programme: ProgrammeSettings, standing: Iterable[Mapping[str, Any]], others_there: Mapping[str, int]
) -> ProgrammeShape:
    """Return a programme with its funnels, as the API answers it."""
    whole, parts = funnels(programme, standing, others_there)
    whole.others = sum(each.others for each in parts)
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
        "others": funnel.others,
        "waitlisted": funnel.waitlisted,
        "review": funnel.review,
        "undetermined": funnel.unclear,
        "people": funnel.people,
    }
