"""The kinds of value that the shapes are made of: how a time, a day, a number and a NIP stand in JSON.

A shape is a typed dictionary that pydantic reads: made as fast as any dictionary, checked by mypy where it is made, by
pydantic where it is tested and where the API answers. Its keys come in the order in which the class names them.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field
from typing_extensions import TypedDict

from latsar_sync.rules.score_against_threshold import plain

Moment = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d(:\d\d)?$",
        description="ISO 8601 with the offset of the configured zone",
        json_schema_extra={"format": "date-time"},
    ),
]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="ISO 8601", json_schema_extra={"format": "date"})]
DecimalText = Annotated[
    str, Field(pattern=r"^-?\d+\.\d{5}$", description="a decimal with a point and five places, never a float")
]
Nip = Annotated[str, Field(pattern=r"^\d{18}$", description="18 digits")]
ParticipantId = Annotated[str, Field(description="the internal id of a participant")]
Plain = Any
"""A value of which JSON alone says the kind: what a table that is told row by row holds."""


class PersonShape(TypedDict):
    """Whose it is; null where there is no usable NIP, or the person was erased."""

    nip: Nip | None
    name: str | None


class PersonOfProgrammeShape(PersonShape):
    """Whose it is, and in which programme."""

    programme: str


class BindingShape(TypedDict):
    """Whether it binds now."""

    in_force: bool


def moment(value: datetime | None, zone: ZoneInfo) -> str | None:
    """Return a time as ISO 8601 with the zone's offset, to the second."""
    return None if value is None else told(value, zone)


def told(value: datetime, zone: ZoneInfo) -> str:
    """Return a time that is always there as ISO 8601 with the zone's offset, to the second."""
    return value.astimezone(zone).isoformat(timespec="seconds")


def day(value: date | None) -> str | None:
    """Return a date as ISO 8601."""
    return None if value is None else value.isoformat()


def number(value: Decimal | None) -> str | None:
    """Return a grade or threshold as plain text with a point and five places."""
    return None if value is None else plain(value)
