"""Whom an incremental run asks again: what the site's own signals prove unchanged is not read twice. Pure (rule 10).

A decision is made by what was read of somebody, who they are, and by what everybody is judged. Whoever was judged by
the same as this run judges by, and was fully read, is decided about alike until the source tells something else. Of
many people a line of each (``Brief``) tells who that is; the others are looked at, and what of them must be read again
is told by their records. In doubt the answer is to ask.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.evidence import GradeStatus, Materials
from latsar_sync.domain.known_people import Brief, JudgedBy
from latsar_sync.domain.nip import number_form
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.signals import may_have_changed, may_still_be_there

IN_TURN = 50
"""People who lack only material and are asked in turn, one request's worth a run: the mobile app tells no visit."""
DECIDED = frozenset({Outcome.QUALIFIED, Outcome.NOT_YET})
WITHOUT_NIP = frozenset({Outcome.UNDETERMINED})
"""How whoever has no NIP stands, whatever else is told of them, until another key or a named person gives them one."""
TOLD = frozenset({GradeStatus.GRADED, GradeStatus.NO_GRADE})
BELOW = frozenset({"no_grade", "score_below_threshold"})
"""Reasons of a score that decides whatever the material says."""
OF_MATERIAL = frozenset({"materials_incomplete", "materials_failed", "materials_open"})
OF_ONE_READING = BELOW | OF_MATERIAL | {"grade_overridden", "enrolment_suspended", "enrolment_ended"}
"""Reasons that nothing but reading somebody again could take away."""


def restless(
    briefs: Mapping[int, Brief], judged_by: JudgedBy, decided_about: Collection[str], merged_into: Collection[str]
) -> frozenset[int]:
    """Return the user ids of those who may be judged otherwise though the source tells nothing new of them.

    ``judged_by`` is what this run judges by. ``decided_about`` are the internal ids of those whom a named person holds,
    admits or moved, ``merged_into`` those of accounts that stand for others too.
    """
    carrying = Counter(each.standing.nip for each in briefs.values())
    shared = {nip for nip, times in carrying.items() if nip is not None and times > 1}
    also = {*decided_about, *merged_into}
    return frozenset(
        user_id
        for user_id, each in briefs.items()
        if each.judged_by != judged_by
        or each.grade not in TOLD
        or each.ungraded
        or not number_form(each.raw_key or "")
        or each.standing.nip in shared
        or each.standing.merged
        or each.standing.participant_id in also
        or not (of_one_reading(each.codes) if each.standing.nip else _of_one_reading_without_nip(each.codes))
        or each.standing.outcome not in (DECIDED if each.standing.nip else WITHOUT_NIP)
    )


def perhaps_changed(briefs: Iterable[Brief], signals: Signals) -> Iterator[Brief]:
    """Yield of whom their last visit tells that a value may be another one than was read.

    Somebody whose score decides whatever the material says is not asked for it; who lacks only material may be at what
    they opened before.
    """
    for each in briefs:
        material = None if _is_below(each.codes) else each.materials_as_of
        as_of = each.score_as_of if material is None or each.score_as_of is None else min(each.score_as_of, material)
        waits = _waits(each)
        if may_have_changed(signals, each.user_id, as_of) or (waits and may_still_be_there(signals, each.user_id)):
            yield each


def lacks_material(outcome: Outcome | None, codes: str) -> bool:
    """Say whether somebody of whom this was decided, for these reasons, lacks nothing but material."""
    return outcome is Outcome.NOT_YET and _only_material(codes)


def grades_to_read(
    people: Collection[Person],
    known: Mapping[int, Record],
    entries: Mapping[str, Entry],
    signals: Signals,
    exactly: Collection[int] = (),
    left_alone: Collection[int] = (),
) -> list[Person]:
    """Return whose grade must be read again: everybody of whom it is not proved that it stands as it was read.

    Those of ``exactly``, user ids, are read whatever is told of them; those of ``left_alone`` not, where the site told
    no grade of them before.
    """
    return [
        person
        for person in people
        if person.user_id in exactly
        or _grade_is_open(person, known.get(person.user_id), entries, signals, person.user_id in left_alone)
    ]


def attempts_to_read(person: Person, record: Record | None, signals: Signals, left_alone: bool = False) -> bool:
    """Say whether the person's attempts must be read again: never read, one not marked yet, or perhaps a new one.

    Whoever is ``left_alone`` is not asked for what the site told nothing of before.
    """
    if record is None or record.evidence.attempts is None:
        return not left_alone
    if record.evidence.attempts.ungraded:
        return True
    return signals.evaluation or may_have_changed(signals, person.user_id, record.attempts_as_of)


def materials_to_read(
    person: Person,
    record: Record | None,
    required: Collection[int],
    signals: Signals,
    left_alone: bool = False,
) -> bool:
    """Say whether the person's completion must be read again. Who is confirmed or cannot qualify is not asked here.

    ``required`` are the course-module ids of the required set. Whoever is ``left_alone`` is not asked for what the site
    told nothing of before.
    """
    if record is None or record.evidence.materials is None:
        return not left_alone
    materials = record.evidence.materials
    if materials.unknown or materials.total != len(required) or signals.settings & set(required):
        return True
    happened = signals.touched & set(required) or 0 in required or may_still_be_there(signals, person.user_id)
    if happened and _is_waiting(materials):
        return True  # 0 stands for course completion, which the site's cron settles long after the visit
    return may_have_changed(signals, person.user_id, record.materials_as_of)


def in_turn(people: Iterable[tuple[Person, Record | None]]) -> list[Person]:
    """Return whoever waits for material and was read the longest ago, ``IN_TURN`` people at most.

    Given are those whose score admits them and of whom no signal tells a change.
    """
    waiting = [
        (record.materials_as_of, person.user_id, person)
        for person, record in people
        if record and record.materials_as_of and record.evidence.materials and _is_waiting(record.evidence.materials)
    ]
    return [person for _, _, person in sorted(waiting)[:IN_TURN]]


def is_confirmed(record: Record | None, entries: Mapping[str, Entry]) -> bool:
    """Say whether somebody sits in the course already: then an incremental run does not ask again."""
    entry = entries.get(record.participant.id) if record else None
    return entry is not None and entry.state is EntryState.CONFIRMED


def _grade_is_open(
    person: Person, record: Record | None, entries: Mapping[str, Entry], signals: Signals, left_alone: bool
) -> bool:
    if record is None:
        return True
    if is_confirmed(record, entries):
        return False
    status = record.evidence.grade.status
    if status not in (GradeStatus.GRADED, GradeStatus.NO_GRADE):
        return not left_alone or status not in (GradeStatus.GRADE_UNREAD, GradeStatus.RECORD_UNREADABLE)
    back = record.participant.person.enrolment is Enrolment.ENDED
    return signals.evaluation or back or may_have_changed(signals, person.user_id, record.grade_as_of)


def _is_waiting(materials: Materials) -> bool:
    return bool(materials.open or materials.failed)


def _waits(each: Brief) -> bool:
    return (
        each.standing.enrolled
        and each.materials_as_of is not None
        and lacks_material(each.standing.outcome, each.codes)
    )


@lru_cache(4096)
def of_one_reading(codes: str) -> bool:
    """Say whether nothing but reading somebody again, who has a NIP, could take a reason of theirs away."""
    return set(codes.split()) <= OF_ONE_READING


@lru_cache(4096)
def _of_one_reading_without_nip(codes: str) -> bool:
    said = set(codes.split())
    return "nip_invalid" in said and said <= OF_ONE_READING | {"nip_invalid"}


@lru_cache(4096)
def _is_below(codes: str) -> bool:
    return bool(set(codes.split()) & BELOW)


@lru_cache(4096)
def _only_material(codes: str) -> bool:
    return bool(set(codes.split()) & OF_MATERIAL) and not _is_below(codes)
