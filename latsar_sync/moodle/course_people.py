"""Everybody of a course as its lists show them, and how well these could be read (rules 4 and 20)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from latsar_sync.domain.many_people import pack_people
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.source_as_read import HowWellRead
from latsar_sync.domain.spelling import seen as as_seen
from latsar_sync.moodle import payloads
from latsar_sync.moodle.parsing import Listing, kept_once


class CoursePeople(dict[int, payloads.EnrolledUser]):
    """Everybody of a course by user id, as far as they could be read.

    ``spoiled`` says by user id what of somebody could not be read; ``whole`` is False where somebody may be in the
    course who is not here: a row whose id could not be read, or pages that could not be shown to join. ``twice`` counts
    people who stood on two pages with different values: the first reading is kept; ``nameless`` says where in the list
    somebody stands of whom not even the id could be read.
    """

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self.spoiled: dict[int, str] = {}
        self.whole = True
        self.twice = 0
        self.nameless: list[str] = []

    @property
    def how_well_read(self) -> HowWellRead:
        """How well it was read, without the people."""
        return HowWellRead(self.whole, self.spoiled, self.twice, tuple(self.nameless))

    def take(self, page: Listing[payloads.EnrolledUser]) -> int:
        """Take a page; return how many of its people are new."""
        before = len(self)
        # without the key nothing is known; of groups Moodle leaves it out where there are none
        roles_shown = any("roles" in user.model_fields_set for user in page)
        for user in page:
            if roles_shown and "roles" not in user.model_fields_set:
                self.spoiled.setdefault(user.id, "roles: absent")
            if self.setdefault(user.id, user) is not user and self[user.id] != user:
                self.twice += 1
        for user_id, what in page.spoiled.items():
            self.spoiled.setdefault(user_id, what)
        self.whole = self.whole and not page.lost and page.whole
        return len(self) - before

    def join(self, other: "CoursePeople") -> None:
        """Take everybody of another list; who stands in both is the same, whatever they did in between."""
        for user_id, user in other.items():
            self.setdefault(user_id, user)
        for user_id, what in other.spoiled.items():
            self.spoiled.setdefault(user_id, what)
        self.whole = self.whole and other.whole
        self.twice += other.twice
        self.nameless += other.nameless


def visits_of(users: Iterable[payloads.EnrolledUser]) -> dict[int, datetime | None]:
    """Return the last visit of each; never is long ago, None where the site hides it (hiddenuserfields).

    Whose visit is no moment is left out, as somebody who may have been there.
    """
    return {
        user.id: None if user.lastcourseaccess is None else datetime.fromtimestamp(user.lastcourseaccess, UTC)
        for user in users
        if user.lastcourseaccess is not None or "lastcourseaccess" not in user.model_fields_set
    }


def members_of_groups(users: Iterable[payloads.EnrolledUser]) -> tuple[dict[int, frozenset[int]], dict[int, str]]:
    """Return the members of each group, and what it is called, by group id."""
    members: dict[int, set[int]] = {}
    names: dict[int, str] = {}
    for user in users:
        for group in user.groups:
            members.setdefault(group.id, set()).add(user.id)
            names[group.id] = group.name
    return {group: frozenset(user_ids) for group, user_ids in members.items()}, names


def persons_of(
    users: Collection[payloads.EnrolledUser], key: str, active: Collection[int] | None = None
) -> Sequence[Person]:
    """Return people as the course shows them, whose NIP stands in ``key``; all are active where ``active`` is None."""
    people = (
        Person(
            user_id=user.id,
            name=as_seen(user.fullname),
            raw_key=getattr(user, key),
            groups=kept_once(tuple(sorted(group.name for group in user.groups))),
            institution=as_seen(user.institution or ""),
            enrolment=Enrolment.ACTIVE if active is None or user.id in active else Enrolment.SUSPENDED,
        )
        for user in users
    )
    return pack_people(people, len(users))
