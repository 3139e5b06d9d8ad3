"""Which course an angkatan fills: claimed before anything is sent, filled by another, or replaced. Pure (rules 7, 22).

A user id of another site means somebody else, so nothing that is known of an old course holds in the one that is there
now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan, CourseAsRead
from latsar_sync.domain.records import Finding
from latsar_sync.rules.moves import move_to

OWN_MARK = "latsar:"
"""How the idnumber of every group begins that the service makes of itself (rule 7)."""

UNKNOWN_ADDRESS = "?"
"""How ``FilledCourse.address`` begins where an older version kept the site's name alone."""

CLAIMED = -2
"""``FilledCourse.restoration`` of a course that no run has filled to its end yet: one began to, and nobody else may."""


@dataclass(frozen=True, slots=True)
class FilledCourse:
    """The course that an angkatan fills: the site with its address, the course and the group (None: not there yet).

    ``restoration`` is the number of the newest restoration after which a person released what was to be sent here.
    """

    angkatan: str
    site: str
    address: str
    course_id: int
    course: str
    group_id: int | None
    group_idnumber: str
    restoration: int


AngkatanCourse = tuple[Angkatan, CourseAsRead]

FilledGroups = Mapping[tuple[int, int | None], Sequence[tuple[str, FilledCourse]]]
"""What is filled by whom: a course's id and its group's give the programmes, each with its course."""


def with_group_idnumbers_in_use(
    all_angkatan: Iterable[Angkatan], known: Mapping[str, FilledCourse]
) -> tuple[Angkatan, ...]:
    """Return the angkatan with the mark that their group has carried since before they, or the programme, were renamed.

    What the configuration says of a group's idnumber itself is left as it is.
    """
    found = []
    for angkatan in all_angkatan:
        mark = known[angkatan.id].group_idnumber if angkatan.id in known else ""
        another = (
            mark.startswith(OWN_MARK)
            and angkatan.group_idnumber.startswith(OWN_MARK)
            and mark != angkatan.group_idnumber
        )
        found.append(replace(angkatan, group_idnumber=mark) if another else angkatan)
    return tuple(found)


def by_group(others: Iterable[tuple[str, FilledCourse]]) -> FilledGroups:
    """Return what other programmes and angkatan fill, by course and group there: it is looked up for each of ours."""
    found: dict[tuple[int, int | None], list[tuple[str, FilledCourse]]] = {}
    for programme, other in others:
        found.setdefault((other.course_id, other.group_id), []).append((programme, other))
    return found


def filled_by(filled: FilledCourse, others: FilledGroups) -> tuple[str, str] | None:
    """Return the programme and angkatan that fill the same group of the same course already, None if nobody does."""
    for programme, other in others.get((filled.course_id, filled.group_id), ()):
        if other.address in (filled.address, f"{UNKNOWN_ADDRESS}{filled.site}"):
            return programme, other.angkatan
    return None


def is_moved(before: FilledCourse, now: FilledCourse) -> bool:
    """Say whether an angkatan's course is another course, or one of another site, than its people were placed in."""
    if before.address == f"{UNKNOWN_ADDRESS}{now.site}":
        return before.course_id != now.course_id
    return (before.address, before.course_id) != (now.address, now.course_id)


def replaced_findings(
    known: Mapping[str, FilledCourse], now: Iterable[tuple[str, FilledCourse]], entries: Iterable[Entry]
) -> list[Finding]:
    """Compare where people were placed with the courses as read; ``now`` gives each with its label (site/course)."""
    found = []
    for label, filled in now:
        before = known.get(filled.angkatan)
        if before is None or not is_moved(before, filled):
            continue
        people = sorted(entry.participant_id for entry in entries if _was_placed(entry, before))
        found.append(Finding("target_replaced", label, _where(before), _where(filled), tuple(people)))
    return found


def placed_anew(
    entries: Mapping[str, Entry], angkatan: Angkatan, before: FilledCourse
) -> tuple[dict[str, Entry], tuple[Entry, ...]]:
    """Return the entries of an angkatan as its new course finds them, and those of people left behind in the old one.

    Whoever a manager removed from the old course is not sent to the new one either.
    """
    changed, left = {}, []
    for who, entry in entries.items():
        if not _was_placed(entry, before):
            continue
        if entry.target_user_id is not None and entry.origin is not None and entry.state is not EntryState.WITHDRAWN:
            left.append(entry)
        anew = move_to(entry, angkatan, entry.late)
        if entry.state is EntryState.WITHDRAWN:
            anew = anew.having(state=EntryState.WITHDRAWN, reason=entry.reason)
        changed[who] = anew.having(approved_by=entry.approved_by, late=entry.late)
    return changed, tuple(left)


def is_the_same_place(entry: Entry, account_key: str | None, before: FilledCourse, course: CourseAsRead) -> bool:
    """Say whether somebody who was placed in a replaced course is in the one that is there now by the same account: the
    same site, at another address. Nobody is left behind by that, nor may anybody be told to take them out.
    """
    theirs = {each.user_id for each in course.accounts.get(account_key or "", ())} & course.enrolled.keys()
    return before.course_id == course.course_id and entry.target_user_id in theirs


def claims(known: Mapping[str, FilledCourse], now: Iterable[FilledCourse]) -> list[FilledCourse]:
    """Return the courses to be written down before anything is sent there, in an order that all runs share.

    Which restoration was looked at stays as it was: a run that dies after its claim has released nothing.
    """
    found = []
    for filled in now:
        before = known.get(filled.angkatan)
        claim = replace(filled, restoration=CLAIMED if before is None else before.restoration)
        if filled.group_id is not None and claim != before:
            found.append(claim)
    return sorted(found, key=lambda each: (each.address, each.course_id, each.group_id or 0))


def _was_placed(entry: Entry, filled: FilledCourse) -> bool:
    return entry.angkatan == filled.angkatan and entry.course_id == filled.course_id


def _where(filled: FilledCourse) -> str:
    return f"{filled.angkatan}: {filled.address.removeprefix(UNKNOWN_ADDRESS)} {filled.course} ({filled.course_id})"
