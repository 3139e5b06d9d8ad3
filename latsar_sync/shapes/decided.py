"""What was decided about many people at once: whom it was recorded of, whom it passed over and why."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from typing_extensions import TypedDict

from latsar_sync.domain.actions import Override
from latsar_sync.shapes.actions import AngkatanMoveShape, OverrideShape, override_json
from latsar_sync.shapes.fields import ParticipantId
from latsar_sync.store.listings import Row


class PassedOverShape(TypedDict):
    """Somebody about whom nothing was recorded, and the sentence that says why."""

    participant_id: ParticipantId
    name: str | None
    why: str


class DecidedShape(TypedDict):
    """A decision about many people: ``in_class`` are those of them who are held and in their course still; ``unknown``
    counts the NIPs and ids that are nobody's, or several people's.
    """

    recorded: list[OverrideShape]
    passed_over: list[PassedOverShape]
    in_class: list[ParticipantId]
    unknown: int


def decided_json(
    recorded: Sequence[Override],
    passed_over: Sequence[tuple[str, str]],
    in_class: Sequence[str],
    unknown: int,
    people: Mapping[str, Row],
    zone: ZoneInfo,
) -> DecidedShape:
    """What was decided about many; ``people`` are their rows by internal id, ``passed_over`` ids with the reason."""
    return {
        "recorded": [override_json(each, zone) for each in recorded],
        "passed_over": passed_over_json(passed_over, people),
        "in_class": list(in_class),
        "unknown": unknown,
    }


def passed_over_json(passed_over: Sequence[tuple[str, str]], people: Mapping[str, Row]) -> list[PassedOverShape]:
    """Whom an action passed over, by internal id with the reason; ``people`` are the rows of those who are known."""
    return [
        {"participant_id": who, "name": people[who]["name"] if who in people else None, "why": why}
        for who, why in passed_over
    ]


class MovedPeopleShape(TypedDict):
    """Who was moved to another angkatan; ``left_behind`` stay enrolled in the course that they were in."""

    moved: list[AngkatanMoveShape]
    passed_over: list[PassedOverShape]
    left_behind: list[ParticipantId]


class RemindedShape(TypedDict):
    """How many reminders the next run writes."""

    asked_for: int
    passed_over: list[PassedOverShape]


class FingerprintShape(TypedDict):
    """What stands of people now, in a text that ``If-Match`` carries."""

    seen: str
