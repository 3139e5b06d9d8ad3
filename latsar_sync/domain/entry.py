"""One participant's line on the roster, with its states. Plain frozen values."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class EntryState(StrEnum):
    """State of a roster entry (docs/rules.md)."""

    WAITLISTED = "waitlisted"
    PLANNED = "planned"
    PUSHED = "pushed"
    CONFIRMED = "confirmed"
    REVIEW = "review"
    WITHDRAWN = "withdrawn"


HOLDS_A_SEAT = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED, EntryState.REVIEW})
"""States of whoever has a seat: nobody else gets it."""


class Admission(StrEnum):
    """Why somebody is on the roster: by the rule, by the programme's effect when the rule is unmet (rule 14), or by a
    named person's word against both (rule 15).
    """

    RULE = "rule"
    FILLED = "filled"
    WARNED = "warned"
    OVERRIDE = "override"


class Origin(StrEnum):
    """Who put the person into the in-class course: this service, or somebody before it; None while nobody did.

    So it says, too, that they were seen there, or that Moodle answered a push of ours as done: ``PUSHED`` is set by
    that answer, stays when the entry's state goes on, and is taken back where they are not there.
    """

    PUSHED = "pushed"
    FOUND = "found"


WITHOUT_A_SEAT = "without_a_seat"
"""What a person's admission lifted somebody out of who had no seat: nothing but the waiting list, or not even that."""

ENROLMENT_SENT = "enrolment_sent"
"""What stands in place of what an admission lifted once Moodle took its enrolment: the group alone is still to come."""

MERGED = "gave_way"
"""Why an entry gave way: another account of the same person has the seat."""

REMOVED = "target_removed"
"""The reason of a withdrawal: a manager took the person out of the course, or made them inactive there."""

ACCOUNT_MISSING = "target_account_missing"
"""The reason of whoever has no account on the site of their in-class course."""

ACCOUNT_UNREADABLE = "target_account_unreadable"
"""The reason of whoever waits since what the site holds of their account cannot be read."""

NIP_CHANGED = "nip_changed"
"""The reason of an entry whose person's NIP changed since they were seen in class: the account is to be compared."""

LISTED_ANEW = "listed_anew"
"""The reason of whoever may be somebody that left the imported list with a seat, under another NIP."""

PERHAPS_ONE_PERSON = "perhaps_one_person"
"""The reason of whoever has name and birth date of somebody else of the programme, who is before them on the way."""

UNPLACED = frozenset({"no_angkatan", "two_angkatan", LISTED_ANEW, PERHAPS_ONE_PERSON})
"""Reasons of whoever is in no course for now: with whom nothing is compared."""

MENDABLE = UNPLACED | {
    "target_account_missing",
    "target_account_ambiguous",
    "target_account_suspended",
    "target_account_unconfirmed",
    ACCOUNT_UNREADABLE,
    "target_account_changed",
    "target_account_taken",
    "target_enrolment_inactive",
    "target_role_missing",
    "target_other_group",
    "target_group_left",
    "angkatan_not_configured",
}
"""Causes of ``review`` that are looked at again in each run and clear by themselves; others wait for an override."""


BY_MANAGERS = frozenset(
    {REMOVED, "target_enrolment_inactive", "target_role_missing", "target_other_group", "target_group_left"}
)
"""Reasons of whoever is otherwise in class than we left them, since a manager did so."""


class Entry(NamedTuple):
    """One participant's line on the roster. ``reason`` is the stable code that explains a state, None when plain.

    ``site``, ``course``, ``course_id``, ``group`` and ``group_id`` say where in class, ``target_user_id`` by which
    account there; ``source_user_id`` is the account in the MOOC.

    ``origin``: was ever seen in, or taken into, the course. ``late``: a late comer (susulan). ``lifted_from``: the
    reason of the review or withdrawal that a person lifted, or ``WITHOUT_A_SEAT``, then ``ENROLMENT_SENT``, until what
    lacks is sent; empty where an older version did not keep it. ``sat_there_before``: sat in the group before seats
    were given.
    """

    participant_id: str
    state: EntryState
    angkatan: str | None
    admission: Admission = Admission.RULE
    reason: str | None = None
    reached_at: datetime | None = None
    source_user_id: int = 0
    origin: Origin | None = None
    site: str | None = None
    course_id: int | None = None
    course: str | None = None
    target_user_id: int | None = None
    group_id: int | None = None
    group: str | None = None
    approved_by: str | None = None
    late: bool = False
    lifted_from: str | None = None
    sat_there_before: bool = False

    @property
    def seat_in(self) -> str | None:
        """The angkatan in which they hold a seat, None where they hold none: by this seats are counted (rule 11)."""
        return self.angkatan if self.state in HOLDS_A_SEAT else None

    @property
    def lifted(self) -> bool:
        """Whether a person lifted a review or withdrawal, and the enrolment that may lack is not sent yet."""
        return self.lifted_from not in (None, WITHOUT_A_SEAT, ENROLMENT_SENT)

    @property
    def group_lifted(self) -> bool:
        """Whether a person lifted a review or withdrawal, and the group that may lack is not sent yet."""
        return self.lifted or self.lifted_from == ENROLMENT_SENT

    def having(self, **changes: Any) -> "Entry":
        """Return the entry with these changes: itself if it has them, as of a whole roster nearly every one does."""
        for name, value in changes.items():
            if getattr(self, name) != value:
                return self._replace(**changes)
        return self
