"""Who takes part: an account of the MOOC, and the participant that it is. Plain frozen values."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from latsar_sync.domain.nip import may_be_mistyped

HANDED_OVER = "account_handed_over"
"""Why the NIP of an account cannot be used that was another person's before."""


class Enrolment(StrEnum):
    """State of a participant's enrolment in the MOOC course."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Person(NamedTuple):
    """One participant of the source (rule 11); only a list tells ``email``.

    ``raw_key`` is what their account carries in the field ``participant_key``: a NIP, not checked yet.
    """

    user_id: int
    name: str
    raw_key: str | None
    groups: tuple[str, ...] = ()
    institution: str = ""
    enrolment: Enrolment = Enrolment.ACTIVE
    email: str = ""
    place: str = ""


class Owner(NamedTuple):
    """Whose account it was, by the name and the checked NIP that it carried."""

    name: str
    nip: str | None


class Participant(NamedTuple):
    """A participant as known: ``nip`` checked, or ``corrected`` by a person; ``merged_into`` the one that counts.

    ``owner`` is whose the results of the account are, where it carries another name or another NIP since;
    ``handed_over_at`` is when it was seen to be somebody else's: what was decided before was decided of that owner.
    """

    id: str
    person: Person
    nip: str | None
    nip_reason: str | None = None
    nip_detail: str | None = None
    corrected: str | None = None
    merged_into: str | None = None
    owner: Owner | None = None
    handed_over_at: datetime | None = None

    def has_another_nip_than(self, before: "Participant") -> bool:
        """Say whether they have clearly another NIP than ``before``, or than their account carried before it had none:
        what a file told of that number is not told of them.
        """
        was = before.nip or (before.owner.nip if before.owner else None)
        return None not in (self.nip, was) and not may_be_mistyped(self.nip or "", was or "")
