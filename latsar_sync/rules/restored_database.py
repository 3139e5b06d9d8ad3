"""Whether the database knows what happened: it is compared with the courses before anything is sent. Pure (rule 22).

A database can be older than the world (restored, an old file put back) or know nothing of it (a new one, another
folder). What it would then send, it may have sent before, and a manager may have undone it since.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.in_class import Angkatan, TargetCourse
from latsar_sync.domain.many_people import differing
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Finding
from latsar_sync.rules.moves import move_to

OWN_MARK = "latsar:"
"""How the idnumber of every group begins that the service makes of itself (rule 7)."""

MANY_NEWCOMERS = 5
"""From so many people on who sit in a course unbeknown to us, and more than are to be sent, the database is doubted."""

UNKNOWN_ADDRESS = "?"
"""How ``FilledCourse.address`` begins where an older version kept the site's name alone."""

SITE_NAME = 64
"""So many letters the database keeps of a site's name."""

A_FEW = 3
"""Fewer accounts with another NIP than before are taken for corrections, whatever their share."""

CLAIMED = -2
"""``FilledCourse.restoration`` of a course that no run has filled to its end yet: one began to, and nobody else may."""

MEMORY = ("memory_restored", "memory_new", "memory_behind")
"""The findings that say that the database may not know what happened."""


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


@dataclass(frozen=True, slots=True)
class Restoration:
    """The database became a copy: it knows nothing of what happened after ``as_of``. ``number`` counts up."""

    number: int
    as_of: datetime


AngkatanCourse = tuple[Angkatan, TargetCourse]

FilledGroups = Mapping[tuple[int, int | None], Sequence[tuple[str, FilledCourse]]]
"""What is filled by whom: a course's id and its group's give the programmes, each with its course."""

Sighting = tuple[str, int, int]
"""Somebody seen in a course: the site, the course there, the account."""


def is_doubtful(known: Iterable[FilledCourse], newest: int, released: int) -> bool:
    """Say whether a restoration made something doubtful that no person released.

    ``newest`` is its number, ``released`` that of the last one released; 0 is none.
    """
    return released < newest or any(each.restoration < newest for each in known)


def doubted(
    known: Mapping[str, FilledCourse],
    newest: int,
    released: int,
    angkatan_courses: Iterable[AngkatanCourse],
    made: frozenset[str],
) -> tuple[list[AngkatanCourse], list[AngkatanCourse]]:
    """Return the courses that a restored database may not know, and those that a new one has never filled.

    ``known`` are by angkatan id, ``newest`` and ``released`` as in ``is_doubtful``; ``made`` are the angkatan whose
    group this database made.
    """
    restored, new = [], []
    for angkatan, course in angkatan_courses:
        filled = known.get(angkatan.id)
        filled = None if filled is not None and filled.restoration == CLAIMED else filled
        known_up_to = released if filled is None else filled.restoration
        if known_up_to < newest:
            restored.append((angkatan, course))
        elif filled is None and course.idnumbers.get(angkatan.id, "").startswith(OWN_MARK) and angkatan.id not in made:
            new.append((angkatan, course))
    return restored, new


def memory_findings(
    programme: str,
    restoration: Restoration | None,
    restored: bool,
    new: Sequence[AngkatanCourse],
    sends: Collection[str],
    waits: Collection[str],
    newcomers: int,
    writes: bool,
    held: Iterable[Finding] = (),
) -> list[Finding]:
    """Return what must be released by a person before anything is sent, with the people who would be.

    ``restored`` says that a restoration made something doubtful, ``new`` are the courses never filled. ``sends`` are
    the internal ids of everybody who would be sent now, ``waits`` of those who would be once a seat is free; ``writes``
    says that messages go to people, which may have gone out already. ``newcomers`` counts those who were found in a
    course though nothing here says that they were sent. ``held`` is what the last run was held for.
    """
    everybody = tuple(sorted({*sends, *waits}))
    harmful = bool(everybody) or writes
    if restored and restoration is not None and harmful:
        as_of = f"{restoration.as_of:%Y-%m-%d %H:%M} UTC"
        return [Finding("memory_restored", programme, as_of, str(len(everybody)), everybody)]
    if new and harmful:
        angkatan_courses = ", ".join(sorted({f"{course.site}/{course.shortname}" for _, course in new}))
        marks = ", ".join(sorted(course.idnumbers.get(angkatan.id, "") for angkatan, course in new))
        return [Finding("memory_new", angkatan_courses, marks, str(len(everybody)), everybody)]
    before = next((each.before for each in held if each.code == "memory_behind"), None)
    if before is None and newcomers >= MANY_NEWCOMERS and newcomers > len(sends) > 0:
        before = str(newcomers)
    if before is not None:
        return [Finding("memory_behind", programme, before, str(len(sends)), tuple(sorted(sends)))]
    return []


def waiting_for(angkatan_courses: Iterable[AngkatanCourse], entries: Mapping[str, Entry]) -> frozenset[str]:
    """Return who waits for a seat, or with one, for these courses, and was not seen there: sent sooner or later."""
    doubted_ids = {angkatan.id for angkatan, _course in angkatan_courses}
    return frozenset(
        who
        for who, entry in entries.items()
        if entry.state in (EntryState.WAITLISTED, EntryState.PLANNED)
        and entry.origin is None
        and entry.angkatan in doubted_ids
    )


def with_their_marks(all_angkatan: Iterable[Angkatan], known: Mapping[str, FilledCourse]) -> tuple[Angkatan, ...]:
    """Return the angkatan with the mark that their group has carried since before they, or the programme, were renamed.

    What the configuration says of a group's idnumber itself is left as it is.
    """
    found = []
    for angkatan in all_angkatan:
        mark = known[angkatan.id].group_idnumber if angkatan.id in known else ""
        ours = mark.startswith(OWN_MARK) and angkatan.group_idnumber.startswith(OWN_MARK)
        found.append(replace(angkatan, group_idnumber=mark) if ours else angkatan)
    return tuple(found)


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


def replaced_findings(
    known: Mapping[str, FilledCourse], now: Iterable[tuple[str, FilledCourse]], entries: Iterable[Entry]
) -> list[Finding]:
    """Compare where people were placed with the courses as read; ``now`` gives each with its label (site/course).

    A user id of another site means somebody else, so nothing that is known of the old course holds in the new one.
    """
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


def as_left(entry: Entry, before: FilledCourse, now: FilledCourse) -> Entry:
    """Return the entry of somebody left behind; the old site goes by its address if its name is another site's now."""
    if before.site == now.site and before.address != now.address:
        return entry.having(site=before.address.removeprefix(UNKNOWN_ADDRESS)[:SITE_NAME])
    return entry


def strangers(
    course: str,
    known: Callable[[int], Participant | None],
    seen: Iterable[Person],
    nip_of: Callable[[str | None], str | None],
    most: int,
    share: float,
    as_known: int = 0,
) -> list[Finding]:
    """Return a finding if accounts of the MOOC stand for other people than before: another site behind the address.

    ``known`` tells who is known by a user id in the MOOC, ``nip_of`` reads a profile field. More than ``most`` people
    and more than ``share`` of those compared, or most of three and more; whatever is less is taken for corrections of
    NIPs. So many stand ``as_known``, and were compared already.
    """
    compared, others = as_known, []
    for person in seen:
        before = known(person.user_id)
        if before is None or not before.person.key or not person.key:
            continue
        compared += 1
        if before.person.key != person.key:
            then, now = nip_of(before.person.key), nip_of(person.key)
            if then and now and then != now:
                others.append(before.id)
    if (len(others) >= A_FEW and len(others) * 2 > compared) or (len(others) > max(most, share * compared)):
        return [Finding("source_replaced", course, str(compared), str(len(others)), tuple(sorted(others)))]
    return []


def perhaps_renamed(programme: str, seen: Iterable[Person], lost: Mapping[str, frozenset[int]]) -> list[Finding]:
    """Return a finding if most people of a new programme are those of one that is no longer configured.

    ``lost`` gives the user ids in the same MOOC by programme.
    """
    accounts = {person.user_id for person in seen}
    return [
        Finding("programme_renamed", programme, name, str(len(accounts & people)))
        for name, people in sorted(lost.items())
        if len(accounts & people) * 2 > len(accounts)
    ]


def is_moved(before: FilledCourse, now: FilledCourse) -> bool:
    """Say whether an angkatan's course is another course, or one of another site, than its people were placed in."""
    if before.address == f"{UNKNOWN_ADDRESS}{now.site}":
        return before.course_id != now.course_id
    return (before.address, before.course_id) != (now.address, now.course_id)


def _was_placed(entry: Entry, filled: FilledCourse) -> bool:
    return entry.angkatan == filled.angkatan and entry.course_id == filled.course_id


def _where(filled: FilledCourse) -> str:
    return f"{filled.angkatan}: {filled.address.removeprefix(UNKNOWN_ADDRESS)} {filled.course} ({filled.course_id})"


def in_doubt(findings: Iterable[Finding]) -> bool:
    """Say whether the database may not know what happened; then nobody is written to, though a person released it."""
    return any(finding.code in MEMORY for finding in findings)


def newcomers(before: Mapping[str, Entry], after: Mapping[str, Entry], sent: Iterable[str]) -> int:
    """Count the people found in a course of whom no entry and no push (``sent``, by internal id) knew before."""
    known = frozenset(sent)
    return sum(
        now.state is EntryState.CONFIRMED and now.origin is Origin.FOUND and now.participant_id not in known
        for was, now in differing(before, after)
        if was is None or was.origin is None
    )


def put_back(
    sends: Iterable[Entry], before: Mapping[str, Entry], seen: Collection[Sighting], spoken_for: Collection[str]
) -> dict[str, Entry]:
    """Return, withdrawn, whoever is about to be enrolled again in a course in which some run saw their account.

    However that was forgotten (nobody was judged then, another account or entry stood for them): a manager took them
    out. ``before`` is the roster before placing, ``seen`` whom no entry follows any more; ``spoken_for`` are those whom
    a named person admitted, or moved to where they are now.
    """
    found = {}
    for entry in sends:
        was = before.get(entry.participant_id)
        here = (entry.site, entry.course_id, entry.target_user_id)
        theirs = was is not None and was.origin is not None and (was.site, was.course_id, was.target_user_id) == here
        if (theirs or here in seen) and not entry.lifted and entry.participant_id not in spoken_for:
            found[entry.participant_id] = entry.having(
                state=EntryState.WITHDRAWN, reason="target_removed", origin=Origin.FOUND
            )
    return found
