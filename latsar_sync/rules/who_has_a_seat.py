"""Who has a seat, and who sits in the groups of the in-class courses, counted once each. Pure (rule 11).

Who gets a seat that is free, and in which order, stands in ``order_of_seats`` (``give_seats``).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import HOLDS_A_SEAT, Entry
from latsar_sync.domain.in_class import Angkatan, CourseAsRead

AccountOnSite = tuple[str | None, int | None]
"""A site and a user id there: one account. The same number on another site is another account."""


class InTheGroups(NamedTuple):
    """Who sits in the groups of the in-class courses.

    ``taken_besides`` counts, by angkatan id, who takes a seat in its group besides those whose entry holds one there:
    strangers, active or not, and participants who hold a seat elsewhere or were counted for another group already.
    ``sitting_in`` are our participants who sit there, active, with the angkatan of the group: whoever of them holds no
    seat (waits, is held, not judged) takes one more. ``strangers`` counts, by angkatan id, who of ``taken_besides`` is
    none of ours.
    """

    taken_besides: Mapping[str, int]
    sitting_in: Mapping[str, str]
    strangers: Mapping[str, int]


NOBODY_THERE = InTheGroups({}, {}, {})


class Owners:
    """Whose account is whose: ``participants`` maps NIP to internal id."""

    def __init__(self, participants: Mapping[str, str]) -> None:
        self._participants = participants
        self._placed: dict[AccountOnSite, str] = {}
        self._left: set[tuple[str, int, int]] = set()
        self._carriers: dict[int, dict[int, list[str]]] = {}

    def note_placed(self, site: str | None, user_id: int | None, participant_id: str) -> None:
        """Note who was placed on an account: it is theirs unless it carries the NIP of somebody else."""
        self._placed[site, user_id] = participant_id

    def note_left_behind(self, site: str, course_id: int, user_id: int, participant_id: str) -> None:
        """Note whom a named person moved out of a course: the seat there was given free by that."""
        self._left.add((site, course_id, user_id))
        self._placed.setdefault((site, user_id), participant_id)

    def strangers(self, angkatan_courses: Iterable[tuple[Angkatan, CourseAsRead]]) -> set[AccountOnSite]:
        """Return the accounts in the groups of these courses that carry no participant's NIP."""
        return {
            (course.site, person.user_id)
            for angkatan, course in angkatan_courses
            for person in course.enrolled.values()
            if course.groups.get(angkatan.id) in person.group_ids and self.of(angkatan, course, person.user_id) is None
        }

    def of(self, angkatan: Angkatan, course: CourseAsRead, user_id: int) -> str | None:
        """Return whose NIP an account in a course carries, else who was placed on it; None for a stranger."""
        # an account that was chosen by hand is found by a key that comes before every NIP
        nips = [
            *sorted(self._carried_by(course).get(user_id, ())),
            course.nip_by_account.get(angkatan.target_key, {}).get(user_id, ""),
        ]
        found = next((self._participants[nip] for nip in nips if nip in self._participants), None)
        return found or self._placed.get((course.site, user_id))

    def has_left(self, course: CourseAsRead, user_id: int) -> bool:
        """Say whether a named person moved the account's owner out of this course."""
        return (course.site, course.course_id, user_id) in self._left

    def _carried_by(self, course: CourseAsRead) -> dict[int, list[str]]:
        """Return the NIPs that each account was found by, made once for all the courses that share their accounts."""
        if id(course.accounts) not in self._carriers:
            found: dict[int, list[str]] = {}
            for nip, accounts in course.accounts.items():
                for account in accounts:
                    found.setdefault(account.user_id, []).append(nip)
            self._carriers[id(course.accounts)] = found
        return self._carriers[id(course.accounts)]


def who_sits_where(
    angkatan_courses: Iterable[tuple[Angkatan, CourseAsRead]], entries: Mapping[str, Entry], owners: Owners
) -> InTheGroups:
    """Return who sits in the groups of these courses, counted once each."""
    counts, strangers = Counter[str](), Counter[str]()
    sitting_in: dict[str, str] = {}
    for angkatan, course in angkatan_courses:
        group = course.groups.get(angkatan.id)
        for person in course.enrolled.values():
            if group is None or group not in person.group_ids:
                continue
            who = owners.of(angkatan, course, person.user_id)
            student = angkatan.role_id in person.role_ids
            if who is None:
                strangers[angkatan.id] += student  # active or not: no entry would tell that the seat is free
                continue
            entry = entries.get(who)
            home = entry.seat_in if entry is not None else None
            if not person.active:
                continue  # their entry tells of their seat: held in review, or free since a manager made them inactive
            if home != angkatan.id and owners.has_left(course, person.user_id):
                continue
            if home == angkatan.id or (home is None and who not in sitting_in):
                sitting_in[who] = angkatan.id
            else:
                counts[angkatan.id] += student
    return InTheGroups(dict(counts + strangers), sitting_in, dict(strangers))


def seats_taken(entries: Mapping[str, Entry], in_the_groups: InTheGroups) -> Counter[str]:
    """Return the seats that are taken, by angkatan id: held by ``entries``, or sat on in the groups."""
    taken = Counter(in_the_groups.taken_besides)
    states = many_people.fields(entries, "state", "angkatan")  # as ``Entry.seat_in`` tells it, of very many people
    taken.update(angkatan for state, angkatan in states if state in HOLDS_A_SEAT and angkatan is not None)
    taken.update(in_the_groups.sitting_in[who] for who in _without_a_seat(entries, in_the_groups))
    return taken


def others_there(entries: Mapping[str, Entry], in_the_groups: InTheGroups) -> Counter[str]:
    """Return how many sit in the group of each angkatan, by its id, of whom no entry tells that they have a seat."""
    others = Counter(in_the_groups.strangers)
    others.update(in_the_groups.sitting_in[who] for who in _without_a_seat(entries, in_the_groups))
    return others


def _without_a_seat(entries: Mapping[str, Entry], in_the_groups: InTheGroups) -> Iterator[str]:
    return (who for who in in_the_groups.sitting_in if who not in entries or entries[who].state not in HOLDS_A_SEAT)
