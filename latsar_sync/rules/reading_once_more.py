"""Whom a run reads, once more or besides, before it believes that somebody loses by a reading. Pure (rules 6, 10)."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from math import ceil

from latsar_sync.domain.decision import Outcome, Rules
from latsar_sync.domain.evidence import Evidence, GradeStatus
from latsar_sync.domain.records import Record
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.guard_limits import GuardLimits, too_many_lost
from latsar_sync.rules.kept_from_before import evidence_after
from latsar_sync.rules.loss_guard import is_qualified
from latsar_sync.rules.reading_depth import has_left

LEFT_MEANWHILE = 20
"""So many people may leave while everything is read; of more the grades were cleared."""
FEW_ENOUGH = 5000
"""Of so many, everything is read in a minute or two where an incremental run meets a loss; of more, a sample."""
SAMPLE = 200
"""So many who are qualified tell an incremental run whether more of very many lose it than those who came by."""


def costs_somebody(
    known: Mapping[int, Record], reading: SourceReading, rules: Rules, depth: Depth, limits: GuardLimits
) -> bool:
    """Say whether what was read now, where that is of a part, costs somebody the qualification or many what they had.

    A night that reads some in turn sees a part of a loss only, day by day, and an incremental run whoever comes by. So
    everybody is read before anything is decided: the guard for many sees them together (rule 6). Where more of those
    read have less than the ``limits`` let lose, so may all others. An incremental run of very many reads first the
    ``sample_of``; whom it could not read loses nothing by it. Where everything was read it is read once more for a few
    whose grade is none by now: they may have left after the list of people was read.
    """
    if depth is Depth.FULL:
        return bool(may_have_left(known, reading, rules))
    read = reading.grades.keys() | reading.materials.keys() | reading.attempts.keys()
    losing = {Outcome.NOT_YET, Outcome.UNDETERMINED} if depth is Depth.NIGHT else {Outcome.NOT_YET}
    loses = next(_who_would_lose(known, reading, rules, read, losing), None) is not None
    return loses or _many_fall_back(known, reading, rules, limits)


def may_have_left(known: Mapping[int, Record], reading: SourceReading, rules: Rules) -> frozenset[int]:
    """Return the user ids of a few who would lose what they have by having no grade, where everything was read."""
    grades = reading.grades
    ungraded = {user_id for user_id, grade in grades.items() if grade.status is GradeStatus.NO_GRADE}
    lost = list(islice(_who_would_lose(known, reading, rules, ungraded, {Outcome.NOT_YET}), LEFT_MEANWHILE + 1))
    return frozenset(lost) if len(lost) <= LEFT_MEANWHILE else frozenset()


def sample_of(known: Mapping[int, Record], people: int, depth: Depth) -> frozenset[int]:
    """Return of whom an incremental run reads exactly before it believes a loss, by user id; none where of everybody.

    They are ``SAMPLE`` of those who are qualified, evenly apart, where more than ``FEW_ENOUGH`` ``people`` are read.
    """
    if depth is not Depth.INCREMENTAL or people <= FEW_ENOUGH:
        return frozenset()
    qualified = sorted(number for number, each in known.items() if is_qualified(each) and not has_left(each))
    return frozenset(qualified[:: ceil(len(qualified) / SAMPLE)])


def sample_loses(
    known: Mapping[int, Record], reading: SourceReading, rules: Rules, sample: Collection[int], limits: GuardLimits
) -> bool:
    """Say whether more of a ``sample`` would be qualified no longer than may lose that at once (rule 6)."""
    lost = sum(1 for _each in _who_would_lose(known, reading, rules, sample, {Outcome.NOT_YET}))
    return too_many_lost(len(sample), lost, limits)


def _who_would_lose(
    known: Mapping[int, Record],
    reading: SourceReading,
    rules: Rules,
    read: Collection[int],
    losing: Collection[Outcome],
) -> Iterator[int]:
    """Yield the user ids of those ``read`` who were qualified and would come to one of the ``losing`` outcomes."""
    for person in reading.people:
        record = known.get(person.user_id) if person.user_id in read else None
        if (
            record is None
            or not is_qualified(record)
            or decide(record.evidence, rules).outcome is not Outcome.QUALIFIED
        ):
            continue
        if decide(evidence_after(person, record, reading, rules), rules).outcome in losing:
            yield person.user_id


def _many_fall_back(known: Mapping[int, Record], reading: SourceReading, rules: Rules, limits: GuardLimits) -> bool:
    """Say whether more of those read have less than before than may lose that at once: a reset shows in them first."""
    read = reading.grades.keys() | reading.materials.keys()
    here = [(known[each.user_id], each) for each in reading.people if each.user_id in read and each.user_id in known]
    less = sum(_has_less(was.evidence, evidence_after(person, was, reading, rules)) for was, person in here)
    return too_many_lost(len(here), less, limits)


def _has_less(before: Evidence, now: Evidence) -> bool:
    """Say whether somebody's grade is gone or less, or fewer of the same activities are done; what is unread is not."""
    was, had = before.grade.raw, before.materials
    if was is not None and now.grade.status is GradeStatus.NO_GRADE:
        return True
    if was is not None and now.grade.raw is not None and now.grade.raw < was:
        return True
    have = now.materials
    if had is None or have is None or had.total != have.total or have.unknown:
        return False
    return have.done < had.done
