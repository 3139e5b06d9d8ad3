"""What is recorded and no longer configured: programmes, and angkatan with people. Pure (rules 6 and 22)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from latsar_sync.domain import many_people
from latsar_sync.domain.entry import HOLDS_A_SEAT, MENDABLE, Entry, EntryState
from latsar_sync.domain.records import Finding
from latsar_sync.rules.moves import waiting_anew
from latsar_sync.rules.which_angkatan import UNCONFIGURED

ON_THE_ROSTER = HOLDS_A_SEAT | {EntryState.WAITLISTED}
"""The states of those who are lost sight of when their angkatan is taken out of the configuration."""

STANDS = frozenset({EntryState.PLANNED, EntryState.PUSHED, EntryState.CONFIRMED})


def angkatan_findings(programme: str, unconfigured: Collection[str], entries: Iterable[Entry]) -> list[Finding]:
    """Return a finding for each angkatan with people that is ``unconfigured`` now, and that nobody closed.

    Released, it is remembered by ``released_findings.stay_true``.
    """
    people: dict[str, list[str]] = {}
    for entry in entries if unconfigured else ():
        if entry.angkatan in unconfigured and entry.state in ON_THE_ROSTER:
            people.setdefault(str(entry.angkatan), []).append(entry.participant_id)
    return [
        Finding("angkatan_unconfigured", f"{programme} {angkatan}", str(len(mine)), "0", tuple(sorted(mine)))
        for angkatan, mine in sorted(people.items())
    ]


def course_findings(programme: str, without_course: Collection[str], entries: Iterable[Entry]) -> list[Finding]:
    """Return a finding for each angkatan whose in-class course was taken out, with those who were seen or sent there.

    ``without_course`` are the configured angkatan that filled a course before and have none now.
    """
    theirs = [entry for entry in entries if entry.origin is not None and entry.angkatan in without_course]
    found = angkatan_findings(programme, without_course, (each for each in theirs if each.state in HOLDS_A_SEAT))
    return [replace(each, code="class_unconfigured") for each in found]


def programme_findings(
    taken_groups: Iterable[tuple[str, str, str]], people: Mapping[tuple[str, str], Collection[str]]
) -> list[Finding]:
    """Return a finding for each group that a programme which is no longer configured fills already, with its people.

    ``taken_groups`` gives the group's course (``site/course``) and whose it is, by programme and angkatan; ``people``
    those on the roster of the programmes that are not configured.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for label, programme, angkatan in taken_groups:
        if mine := people.get((programme, angkatan)):
            found.setdefault((programme, label), set()).update(mine)
    return [
        Finding("programme_unconfigured", programme, str(len(mine)), label, tuple(sorted(mine)))
        for (programme, label), mine in sorted(found.items())
    ]


def as_it_stands(
    entries: Mapping[str, Entry],
    unconfigured: Collection[str],
    closed: Collection[str],
    open_pushes: Collection[str],
    without_course: Collection[str] = (),
) -> dict[str, Entry]:
    """Return the entries that change because their angkatan is configured no more, or again, or is over.

    Of those ``unconfigured`` nobody reads the course: its people go to review, or wait, and count there. Once it is
    ``closed``, whoever was never seen in its course waits to be placed anew, unless a write about them is under way
    (``open_pushes``, by internal id); the others stay as they were last seen. The same holds ``without_course``, but
    that whoever was seen there goes to review, since nobody reads that course either.
    """
    changed = {}
    perhaps = many_people.among(entries, angkatan={*unconfigured, *closed, *without_course}, reason=[UNCONFIGURED])
    for who, entry in perhaps.items():
        if entry.angkatan in unconfigured:
            if entry.state in STANDS:
                changed[who] = entry.having(state=EntryState.REVIEW, reason=UNCONFIGURED)
            elif entry.state is EntryState.WAITLISTED:
                changed[who] = entry.having(reason=UNCONFIGURED)
        elif entry.state is EntryState.WAITLISTED and entry.reason == UNCONFIGURED:
            changed[who] = entry.having(reason=None)
        elif entry.angkatan in without_course and entry.origin is not None and entry.state in STANDS:
            changed[who] = entry.having(state=EntryState.REVIEW, reason=UNCONFIGURED)
        elif (entry.angkatan in closed or entry.angkatan in without_course) and _is_free(entry, open_pushes):
            changed[who] = waiting_anew(entry)
    return changed


def _is_free(entry: Entry, open_pushes: Collection[str]) -> bool:
    """Say whether somebody holds a seat of a course in which nobody saw them, and to which nothing is on its way."""
    holds = entry.state is EntryState.PLANNED or (entry.state is EntryState.REVIEW and entry.reason in MENDABLE)
    return holds and entry.origin is None and entry.participant_id not in open_pushes
