"""Which angkatan somebody belongs to and may sit in, and which of them has a seat left. Pure (rule 11).

That an angkatan takes nobody new any more by its date (``admit_until`` in ``settings.angkatan``) is said here,
by ``admission_closed``.

Made once for a placement and looked up for each person: a programme may have thousands of people and of angkatan.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from latsar_sync.domain.entry import Entry
from latsar_sync.domain.in_class import Angkatan

UNCONFIGURED = "angkatan_not_configured"
"""The ``review`` of somebody of an angkatan that is no longer configured; it ends once it is again, or was closed."""

_NONE: Mapping[str, str | None] = MappingProxyType({})


class Belonging:
    """Which angkatan somebody belongs to with ``placement`` "group", "list" or "first_qualified" (``kind``).

    ``unconfigured`` are angkatan with people that are no longer configured and that nobody closed, each with its group.
    """

    def __init__(self, kind: str, angkatan: Sequence[Angkatan], unconfigured: Mapping[str, str | None] = _NONE) -> None:
        self._kind = kind
        self._all = tuple(angkatan)
        self._order = {one_angkatan.id: at for at, one_angkatan in enumerate(angkatan)}
        self._named: dict[str | None, list[Angkatan]] = {}
        for one_angkatan in angkatan:
            self._named.setdefault(one_angkatan.source_group if kind == "group" else one_angkatan.id, []).append(
                one_angkatan
            )
        self._unconfigured = frozenset(unconfigured)
        # a group that a configured angkatan has now is no second one
        names = unconfigured.values() if kind == "group" else unconfigured
        self._unconfigured_names = frozenset(name for name in names if name is not None) - self._named.keys()

    def of(self, groups: Collection[str], listed: str | None, moved: str | None) -> Sequence[Angkatan]:
        """Return the angkatan of somebody in the order of the configuration: where a person moved them, else theirs.

        ``groups`` are their groups in the MOOC, ``listed`` is the angkatan of the placement list.
        """
        if moved is not None:
            return (self._all[self._order[moved]],) if moved in self._order else ()
        if self._kind == "first_qualified":
            return self._all
        names = set(groups) if self._kind == "group" else {listed}
        found = [angkatan for name in names for angkatan in self._named.get(name, ())]
        return sorted(found, key=lambda angkatan: self._order[angkatan.id]) if len(found) > 1 else found

    def had(self, groups: Collection[str], listed: str | None, moved: str | None) -> bool:
        """Say whether somebody, of whom ``of`` is told the same, belongs to an angkatan that is not configured now."""
        if moved is not None:
            return moved in self._unconfigured
        if self._kind == "first_qualified":
            return False
        return not self._unconfigured_names.isdisjoint(groups if self._kind == "group" else {listed})


def home_of(
    belonging: Belonging, entry: Entry | None, groups: Collection[str], listed: str | None, moved: str | None
) -> str | None:
    """Return the angkatan of somebody: of their line on the roster, else the only one that ``Belonging.of`` tells."""
    if entry is not None and entry.angkatan is not None:
        return entry.angkatan
    found = belonging.of(groups, listed, moved)
    return found[0].id if len(found) == 1 else None


def elsewhere(belonging: Belonging, entry: Entry, groups: Collection[str], listed: str | None) -> str | None:
    """Return the angkatan that somebody with a seat belongs to by now, None where it is the one that they sit in.

    They keep the seat; ``groups`` and ``listed`` as ``Belonging.of`` is told them.
    """
    if entry.seat_in is None:
        return None
    names = [angkatan.id for angkatan in belonging.of(groups, listed, None)]
    return None if not names or entry.seat_in in names else names[0]


class PossibleAngkatan:
    """The angkatan that somebody may sit in, by id and in their order, and which of them have an in-class course.

    ``seats_by_rule`` says whether anybody is newly seated in one of the courses by the rule at all, ``admits_today``
    whether admission to such a course is still open on the day ``today``; ``admits_without_clearance_today`` whether it
    is to one of those that lack a clearance of their own, in which the rule seats nobody.
    """

    def __init__(self, all_angkatan: Sequence[Angkatan], today: date, without_clearance: Collection[str]) -> None:
        self.all_angkatan = {angkatan.id: angkatan for angkatan in all_angkatan}
        self.angkatan_with_course = {
            name: angkatan for name, angkatan in self.all_angkatan.items() if angkatan.course is not None
        }
        courses = self.angkatan_with_course.values()
        is_open = [angkatan for angkatan in courses if not admission_closed(angkatan, today)]
        self._open = deque(angkatan for angkatan in is_open if angkatan.id not in without_clearance)
        self._open_without_clearance = deque(angkatan for angkatan in is_open if angkatan.id in without_clearance)
        self.seats_by_rule = any(angkatan.id not in without_clearance for angkatan in courses)
        self.admits_today = bool(self._open)
        self.admits_without_clearance_today = bool(self._open_without_clearance)

    def with_a_seat(self, used: Mapping[str, int], without_clearance: bool = False) -> Angkatan | None:
        """Return the first open course with a seat left, of those with their clearances, or of those that lack one.

        ``used`` only grows, so a full one is not looked at again.
        """
        open_ones = self._open_without_clearance if without_clearance else self._open
        while open_ones and (seats := open_ones[0].capacity) is not None and used[open_ones[0].id] >= seats:
            open_ones.popleft()
        return open_ones[0] if open_ones else None


class WhichAngkatan:
    """Who may sit in which angkatan.

    ``today`` is a local date, ``without_clearance`` and ``unconfigured`` as in ``Placement``.
    """

    def __init__(
        self,
        kind: str,
        angkatan: Sequence[Angkatan],
        today: date,
        without_clearance: Collection[str] = (),
        unconfigured: Mapping[str, str | None] = _NONE,
    ) -> None:
        self._belonging = Belonging(kind, angkatan, unconfigured)
        self._several = kind == "first_qualified"
        self._today = today
        self._without_clearance = without_clearance
        self._made: dict[str | None, PossibleAngkatan] = {}

    def possible_for(
        self, groups: Collection[str], listed: str | None, moved: str | None
    ) -> tuple[PossibleAngkatan | None, str | None]:
        """Return in which somebody may sit of whom ``Belonging.of`` is told the same; or the reason why in none."""
        found, another = self._belonging.of(groups, listed, moved), self._belonging.had(groups, listed, moved)
        if not found:
            return None, UNCONFIGURED if another else "no_angkatan"
        if (len(found) > 1 or another) and not self._several:
            return None, "two_angkatan"
        name = found[0].id if len(found) == 1 else None  # None for all of them
        if name not in self._made:
            self._made[name] = PossibleAngkatan(found, self._today, self._without_clearance)
        return self._made[name], None


def admission_closed(angkatan: Angkatan, today: date) -> bool:
    """Say whether the angkatan's admission date has passed."""
    return angkatan.admit_until is not None and today > angkatan.admit_until


def why_no_seat(angkatan: Angkatan, entries: Iterable[Entry], today: date, others_there: int) -> str | None:
    """Return the reason why an angkatan gives nobody a seat today; None if it has one.

    ``others_there`` sit in its group without a seat by ``entries``: strangers, and whoever waits or is not judged.
    """
    if admission_closed(angkatan, today):
        return "admission_closed"
    seats = others_there + sum(1 for entry in entries if entry.seat_in == angkatan.id)
    return None if angkatan.capacity is None or seats < angkatan.capacity else "over_capacity"
