"""Whether the database knows what happened: it is compared with the courses before anything is sent. Pure (rule 22).

A database can be older than the world (restored, an old file put back) or know nothing of it (a new one, another
folder). What it would then send, it may have sent before, and a manager may have undone it since.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from latsar_sync.domain.entry import Entry, EntryState, Origin
from latsar_sync.domain.many_people import among, differing
from latsar_sync.domain.records import Finding
from latsar_sync.rules.filled_courses import CLAIMED, OWN_MARK, AngkatanCourse, FilledCourse

MANY_NEWCOMERS = 5
"""From so many people on who sit in a course unbeknown to us, and more than are to be sent, the database is doubted."""

MEMORY = ("memory_restored", "memory_new", "memory_behind")
"""The findings that say that the database may not know what happened."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """The database became a copy: it knows nothing of what happened after ``as_of``. ``number`` counts up."""

    number: int
    as_of: datetime


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


def newcomers(before: Mapping[str, Entry], after: Mapping[str, Entry], sent: Iterable[str]) -> Counter[str | None]:
    """Count, by angkatan, who was found in its course and was known by no entry and no push (``sent``) before."""
    known = frozenset(sent)
    return Counter(
        now.angkatan
        for was, now in differing(before, after)
        if (was is None or was.origin is None)
        and now.state is EntryState.CONFIRMED
        and now.origin is Origin.FOUND
        and now.participant_id not in known
    )


def waiting_for(doubted_ids: Collection[str | None], entries: Mapping[str, Entry]) -> frozenset[str]:
    """Return who waits for a seat, or with one, in these angkatan, and was not seen there: sent sooner or later.

    Whoever waits for a seat in whichever angkatan waits for these too.
    """
    if not doubted_ids:
        return frozenset()
    return frozenset(
        who
        for who, entry in among(entries, angkatan={*doubted_ids, None}).items()
        if entry.state in (EntryState.WAITLISTED, EntryState.PLANNED)
        and entry.origin is None
        and (entry.angkatan is None or entry.angkatan in doubted_ids)
    )


def memory_findings(
    programme: str,
    restoration: Restoration | None,
    restored: bool,
    new: Sequence[AngkatanCourse],
    sends: Collection[str],
    waits: Collection[str],
    newcomers: int,
    behind: Collection[str],
    writes: bool,
    findings_before: Iterable[Finding] = (),
) -> list[Finding]:
    """Return what must be released by a person before anything is sent, with the people who would be.

    ``restored`` says that a restoration made something doubtful, ``new`` are the courses never filled. ``sends`` are
    the internal ids of everybody who would be sent now, ``waits`` of those who would be once a seat is free; ``writes``
    says that messages go to people, which may have gone out already. ``newcomers`` counts those who were found in a
    course though nothing here says that they were sent, ``behind`` are those who wait for a seat beside them. What the
    last run was held for.
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
    before = next((each.before for each in findings_before if each.code == "memory_behind"), None)
    if before is None and newcomers >= MANY_NEWCOMERS and newcomers > len(sends) and (sends or behind):
        before = str(newcomers)
    if before is not None:
        people = tuple(sorted({*sends, *behind}))
        return [Finding("memory_behind", programme, before, str(len(people)), people)]
    return []


def in_doubt(findings: Iterable[Finding]) -> bool:
    """Say whether the database may not know what happened; then nobody is written to, though a person released it."""
    return any(finding.code in MEMORY for finding in findings)
