"""Which angkatan somebody may sit in, and which of them has a seat left. Pure (design §4, rule 11).

Made once for a placement and looked up for each person: a programme may have thousands of people and of angkatan.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from latsar_sync.model import Angkatan


class Offer:
    """The angkatan that somebody may sit in, in their order: ``cohorts`` by id, ``classes`` with an in-class course.

    ``admits`` says whether admission to any of the classes is still open on the day ``today``.
    """

    def __init__(self, cohorts: Iterable[Angkatan], today: date) -> None:
        self.cohorts = {cohort.id: cohort for cohort in cohorts}
        self.classes = {name: cohort for name, cohort in self.cohorts.items() if cohort.course is not None}
        self._open = deque(cohort for cohort in self.classes.values() if not is_closed(cohort, today))
        self.admits = bool(self._open)

    def with_a_seat(self, used: Mapping[str, int]) -> Angkatan | None:
        """Return the first open class with a seat left; ``used`` only grows, so a full one is not looked at again."""
        while self._open and (seats := self._open[0].capacity) is not None and used[self._open[0].id] >= seats:
            self._open.popleft()
        return self._open[0] if self._open else None


class Offers:
    """What is offered to whom with ``placement`` "group", "list" or "first_qualified"; ``today`` is a local date."""

    def __init__(self, placement: str, angkatan: Sequence[Angkatan], today: date) -> None:
        self._placement = placement
        self._all = Offer(angkatan, today) if placement == "first_qualified" else None
        self._named: dict[str | None, list[Offer]] = {}
        for cohort in angkatan if self._all is None else ():
            name = cohort.id if placement == "list" else cohort.source_group
            self._named.setdefault(name, []).append(Offer([cohort], today))

    def to(self, groups: Iterable[str], listed: str | None) -> tuple[Offer | None, str | None]:
        """Return what is offered to a member of these MOOC groups, listed for that angkatan; or why nothing is."""
        if self._all is not None:
            return (self._all, None) if self._all.cohorts else (None, "no_angkatan")
        names = {listed} if self._placement == "list" else set(groups)
        found = [offer for name in names for offer in self._named.get(name, ())]
        if not found:
            return None, "no_angkatan"
        return (found[0], None) if len(found) == 1 else (None, "two_angkatan")


def is_closed(cohort: Angkatan, today: date) -> bool:
    """Say whether the angkatan's admission date has passed."""
    return cohort.admission_closes is not None and today > cohort.admission_closes
