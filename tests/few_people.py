"""The bundled programme with every kind of case, and fewer of the ordinary people: a run of them costs two thirds."""

from collections import Counter
from functools import cache
from typing import Final

from latsar_sync.demo import Site
from latsar_sync.demo.cases import people
from latsar_sync.demo.seed import seed_programme

KEPT: Final = Counter(
    {
        ("passed", "Angkatan I"): 8,
        ("passed", "Angkatan II"): 5,
        ("passed", "Angkatan III"): 9,
        ("nothing_done", "Angkatan I"): 1,
        ("nothing_done", "Angkatan II"): 1,
        ("nothing_done", "Angkatan III"): 1,
        ("in_progress", "Angkatan I"): 1,
        ("in_progress", "Angkatan II"): 1,
        ("in_progress", "Angkatan III"): 1,
    }
)
"""How many of a case stay in an angkatan, the first ones; of other cases everybody does."""
SEATS: Final = {"I": 40, "II": 40, "III": 7}
"""Of the three angkatan: five who qualified wait for one of the third, as among all people."""

CONFIRMED: Final = 29
"""People whom a first run of all three angkatan confirms."""
FOUND: Final = 2
"""Of these, who sat in the in-class course and in its group already."""


def seed_few(mooc: Site, kelas: Site, now: int) -> None:
    """Fill both sites as ``seed_programme`` does; then let those go who are too many, as if they had never been."""
    seed_programme(mooc, kelas, now)
    for site in (mooc, kelas):
        for nip in too_many():
            for user_id in site.user_ids(nip):
                _forget(site, user_id)


@cache
def too_many() -> tuple[str, ...]:
    """Return the NIPs of whom the bundled programme has and this one has not."""
    left, gone = KEPT.copy(), []
    for person in people():
        kind = person.case.name, "".join(person.groups)
        if kind in KEPT:
            left[kind] -= 1
            if left[kind] < 0:
                gone.append(person.idnumber)
    return tuple(gone)


def _forget(site: Site, user_id: int) -> None:
    del site.users[user_id]
    for course in site.courses.values():
        about = [course.enrolments, course.roles, course.completed, course.lastaccess]
        about += [group.members for group in course.groups.values()]
        for module in course.modules:
            about.append(module.completions)
            if module.quiz is not None:
                about += [module.quiz.attempts, module.quiz.grades, module.quiz.regraded]
        for each in about:
            each.pop(user_id, None)
