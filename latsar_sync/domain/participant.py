"""Who takes part: an account of the MOOC, and the participant that it is. Plain frozen values."""

from enum import StrEnum
from typing import NamedTuple


class Enrolment(StrEnum):
    """State of a participant's enrolment in the MOOC course."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Person(NamedTuple):
    """One participant of the source (rule 11). ``key`` is the raw NIP field; only a list tells ``email``."""

    user_id: int
    name: str
    key: str | None
    groups: tuple[str, ...] = ()
    institution: str = ""
    enrolment: Enrolment = Enrolment.ACTIVE
    email: str = ""
    place: str = ""


class Participant(NamedTuple):
    """A participant as known: ``nip`` checked, or ``corrected`` by a person; ``merged_into`` the one that counts."""

    id: str
    person: Person
    nip: str | None
    nip_reason: str | None = None
    nip_detail: str | None = None
    corrected: str | None = None
    merged_into: str | None = None
