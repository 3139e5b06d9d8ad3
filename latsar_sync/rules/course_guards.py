"""What befell an in-class course as a whole since it was last believed: findings about it. Pure (rules 5 and 6).

One person who is gone was taken out by a manager. Many at once, an enrolment method that is off, a group that is not
there any more: that is no decision about each of them, and no entry moves before a named person has looked.

What is not to be believed of the source stands in ``source_guards``, the limits of both in ``guard_limits``.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from latsar_sync.domain.entry import HOLDS_A_SEAT, NIP_CHANGED, Entry, EntryState
from latsar_sync.domain.errors import LatsarError, is_of_one_course
from latsar_sync.domain.in_class import Angkatan, CourseAsRead, PushKind
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules import entry_against_course
from latsar_sync.rules.guard_limits import GuardLimits, people_findings, too_many_lost
from latsar_sync.rules.released_findings import stay_true
from latsar_sync.rules.removed_by_managers import SHOW_THEM_GONE

SENDS_ANEW = frozenset({"target_group_gone", "target_replaced", *SHOW_THEM_GONE})
"""Findings that name whom accepting them sends into a group, or a course, once more; of those who are gone only those
whom a person admitted since."""
ALWAYS_ON = ("manual",)
"""The enrolment methods taken for granted in a course that no baseline tells of: what the service itself enrols by."""


@dataclass(frozen=True, slots=True)
class CourseChange:
    """What reading a course would do to those who were seen there: ``label`` is ``site/shortname``.

    ``active`` counts everybody active in the course, ``confirmed`` those of ours who were confirmed. ``lost`` are the
    internal ids of whom the reading would withdraw, ``lost_confirmed`` how many of them were confirmed, ``displaced``
    those whom it would send from confirmed to review (role, group or account are not theirs any more), ``groupless``
    those whose recorded group is not the angkatan's any more, by angkatan id, ``found_otherwise`` those displaced in an
    angkatan whose people are found in class by something else than before.
    """

    label: str
    methods: frozenset[str]
    active: int
    confirmed: int
    lost: tuple[str, ...] = ()
    lost_confirmed: int = 0
    displaced: tuple[str, ...] = ()
    groupless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    found_otherwise: tuple[str, ...] = ()


def label_of(course: CourseAsRead) -> str:
    """Return how a course is named in findings."""
    return f"{course.site}/{course.shortname}"


def active_people(course: CourseAsRead) -> int:
    """Count those in a course whose enrolment is active."""
    return sum(person.active for person in course.enrolled.values())


def change_of(
    course: CourseAsRead,
    people: Iterable[tuple[Angkatan, Sequence[Entry]]],
    account_key_of: Callable[[str], str | None],
    otherwise: Collection[str] = (),
) -> CourseChange:
    """Compare a course as read with the entries of its angkatan; ``account_key_of`` is the roster's.

    ``otherwise`` are the angkatan whose people are found by something else than before (``found_otherwise``).
    """
    confirmed, lost_confirmed = 0, 0
    lost: list[str] = []
    displaced: list[str] = []
    by_configuration: list[str] = []
    groupless: dict[str, list[str]] = {}
    for one_angkatan, entries in people:
        for entry in entries:
            if entry.origin is None or entry.state not in HOLDS_A_SEAT:
                continue
            was_confirmed = entry.state is EntryState.CONFIRMED
            confirmed += was_confirmed
            now, missing = entry_against_course.compare_with_course(
                entry, account_key_of(entry.participant_id), one_angkatan, course, enrolment_unsettled=False
            )
            if now.state is EntryState.WITHDRAWN:
                lost.append(entry.participant_id)
                lost_confirmed += was_confirmed
            # whose NIP was corrected in the MOOC is looked at for that reason alone
            elif was_confirmed and now.state is EntryState.REVIEW and entry.reason != NIP_CHANGED:
                (by_configuration if one_angkatan.id in otherwise else displaced).append(entry.participant_id)
            elif was_confirmed and missing is PushKind.MEMBERSHIP:
                groupless.setdefault(one_angkatan.id, []).append(entry.participant_id)
    return CourseChange(
        label_of(course),
        course.methods,
        active_people(course),
        confirmed,
        tuple(sorted(lost)),
        lost_confirmed,
        tuple(sorted(displaced)),
        {angkatan: tuple(sorted(mine)) for angkatan, mine in groupless.items()},
        tuple(sorted(by_configuration)),
    )


def how_found(all_angkatan: Iterable[Angkatan]) -> dict[str, str]:
    """Return by angkatan, of those with a course, by which field and with which role people are found there."""
    return {each.id: f"{each.target_key}, {each.role_id}" for each in all_angkatan if each.course is not None}


def found_otherwise(baseline: Baseline | None, all_angkatan: Iterable[Angkatan]) -> frozenset[str]:
    """Return the angkatan whose people are found in class by something else than when the ``baseline`` was read."""
    before = baseline.found_by if baseline is not None else {}
    return frozenset(name for name, now in how_found(all_angkatan).items() if before.get(name, now) != now)


def found_otherwise_findings(
    baseline: Baseline | None, change: CourseChange, all_angkatan: Sequence[Angkatan]
) -> list[Finding]:
    """Return the finding that people in a course are not found there any more as the configuration looks for them.

    Be they ever so few: nobody but whoever wrote it did anything. ``all_angkatan`` are those of the course.
    """
    if baseline is None or not change.found_otherwise:
        return []
    others, now = sorted(found_otherwise(baseline, all_angkatan)), how_found(all_angkatan)
    was, told = ("; ".join(f"{name}: {each[name]}" for name in others) for each in (baseline.found_by, now))
    return [Finding("target_found_otherwise", change.label, was, told, change.found_otherwise)]


def target_findings(
    baseline: Baseline | None, course: str, people: int, limits: GuardLimits, lost: tuple[str, ...] = ()
) -> list[Finding]:
    """Compare the active people of one in-class course (``site/shortname``) with the last good full read.

    ``lost`` are the internal ids of those whom the reading would withdraw.
    """
    if baseline is None:
        return []
    return people_findings("target", course, baseline.target_people.get(course, 0), people, limits, lost)


def change_findings(baseline: Baseline | None, change: CourseChange, limits: GuardLimits) -> list[Finding]:
    """Return what of a course's change must not be believed at once; its cause where that can be told."""
    known = baseline.target_methods.get(change.label, ALWAYS_ON) if baseline is not None else ALWAYS_ON
    if change.lost and not set(known) <= change.methods:
        return [Finding("target_method_off", change.label, _listed(known), _listed(change.methods), change.lost)]
    found = [
        Finding("target_group_gone", change.label, angkatan, str(len(people)), people)
        for angkatan, people in sorted(change.groupless.items())
    ]
    dropped = target_findings(baseline, change.label, change.active, limits, change.lost)
    if not dropped and too_many_lost(change.confirmed, change.lost_confirmed, limits):
        left = change.confirmed - change.lost_confirmed
        dropped = [Finding("target_lost", change.label, str(change.confirmed), str(left), change.lost)]
    if too_many_lost(change.confirmed, len(change.displaced), limits):
        left = change.confirmed - len(change.displaced)
        found.append(Finding("target_displaced", change.label, str(change.confirmed), str(left), change.displaced))
    return found + dropped


def unreadable(site: str, course: str, entries: Iterable[Entry]) -> list[Finding]:
    """Return the finding that a course in which people were seen is hidden, gone or closed to the service account.

    ``entries`` are those of its angkatan.
    """
    there = [each for each in entries if each.origin is not None and each.state in HOLDS_A_SEAT]
    return [Finding("target_unreadable", f"{site}/{there[0].course or course}", str(len(there)), "0")] if there else []


def with_courses(baseline: Baseline, courses: Iterable[CourseAsRead], kept: Baseline | None) -> Baseline:
    """Return a baseline with the courses as they were read; of those that were not, what ``kept`` knows of them."""
    people = dict(kept.target_people) if kept is not None else {}
    methods = dict(kept.target_methods) if kept is not None else {}
    for course in courses:
        people[label_of(course)] = active_people(course)
        methods[label_of(course)] = tuple(sorted(course.methods))
    return replace(baseline, target_people=people, target_methods=methods)


def called_otherwise(baseline: Baseline | None, names: Mapping[str, str]) -> Baseline | None:
    """Return the baseline with its courses by the names that they have now, by those that they had (site/shortname)."""
    if baseline is None or not names:
        return baseline
    people = {names.get(label, label): number for label, number in baseline.target_people.items()}
    methods = {names.get(label, label): theirs for label, theirs in baseline.target_methods.items()}
    return replace(baseline, target_people=people, target_methods=methods)


def settled(baseline: Baseline, released: Sequence[Finding], courses: Iterable[CourseAsRead]) -> Baseline:
    """Return the baseline in which the courses that released findings are about are as they were read.

    Kept together with the roster that follows from them, so that one event is not found again under another name.
    """
    about = {each.subject for each in released if each.code.startswith("target_")}
    read = (course for course in courses if label_of(course) in about)
    return replace(with_courses(baseline, read, baseline), released=baseline.released | stay_true(released))


def _listed(methods: Iterable[str]) -> str:
    return ", ".join(sorted(methods)) or "-"


def is_down(problems: Sequence[LatsarError], stopped: Collection[str], all_angkatan: Iterable[Angkatan]) -> bool:
    """Say whether no course can be read: the site lets nobody in, or each course was refused.

    A course that is gone, and alone had to be read, stops its own angkatan only. ``stopped`` are angkatan ids.
    """
    down = not all(map(is_of_one_course, problems))
    return bool(problems) and (down or all(angkatan.id in stopped for angkatan in all_angkatan))
