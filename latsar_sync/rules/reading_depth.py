"""The depth of a run, and whose values it reads exactly whatever the site's signals say. Pure (rule 10).

A night reads the course itself whole, exactly whoever waits or is near the limit, and of the others those who were not
read for the longest: each comes within so many nights. Once a week, and when somebody asks, everything is read.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import nsmallest
from itertools import islice
from math import ceil
from typing import NamedTuple

from latsar_sync.domain.decision import Outcome, Rules, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.evidence import Evidence, GradeStatus
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Checkpoint, Record, oldest
from latsar_sync.domain.request import Depth, Request
from latsar_sync.domain.source_as_read import SourceReading
from latsar_sync.rules.deciding import decide
from latsar_sync.rules.guard_limits import GuardLimits, too_many_lost
from latsar_sync.rules.kept_from_before import evidence_after
from latsar_sync.rules.loss_guard import is_qualified
from latsar_sync.rules.signals import LONG_AGO
from latsar_sync.rules.whom_to_ask_again import is_confirmed

EVERYTHING_EVERY = timedelta(days=7)
SLACK = timedelta(hours=12)
"""A night may begin some hours earlier than that of a week ago."""
DEEP_AT_LEAST_EVERY = timedelta(hours=36)
"""A day and a half: a night that failed once is made up for, one that was never scheduled too."""
NEAR = Decimal("0.01")
"""So near to the limit a change of the score shows nowhere but in the grade itself."""


LEFT_MEANWHILE = 20
"""So many people may leave while everything is read; of more the grades were cleared."""
FEW_ENOUGH = 5000
"""Of so many, everything is read in a minute or two where an incremental run meets a loss; of more, a sample."""
SAMPLE = 200
"""So many who are qualified tell an incremental run whether more of very many lose it than those who came by."""


class ReadExactly(NamedTuple):
    """User ids of those whose values are read whatever the signals say: of all of them the grade, what they completed
    of those who are not in ``by_grade``.
    """

    exactly: frozenset[int] = frozenset()
    by_grade: frozenset[int] = frozenset()


def depth_of(request: Request, checkpoint: Checkpoint | None, now: datetime, turn_nights: int, doubtful: bool) -> Depth:
    """Return the depth at which a run begins: one of the night, or any other, which makes up for a night that lacks.

    What is ``doubtful`` only everything settles; a run about one participant reads no more of the others. Where nobody
    knows when everything was last read, a night reads it. A reading that says it was made in the future tells nothing
    of its age.
    """
    if request.nip is not None:
        return Depth.INCREMENTAL
    if request.full or doubtful:
        return Depth.FULL
    if checkpoint is None:
        return Depth.FULL if request.night else Depth.INCREMENTAL
    last = max(checkpoint.full_at, checkpoint.night_at or LONG_AGO)
    if not request.night and now - DEEP_AT_LEAST_EVERY <= last <= now:
        return Depth.INCREMENTAL
    lately = now - EVERYTHING_EVERY + SLACK < checkpoint.full_at <= now
    return Depth.NIGHT if turn_nights > 1 and lately else Depth.FULL


def read_exactly(
    request: Request,
    depth: Depth,
    records: Mapping[int, Record],
    entries: Mapping[str, Entry],
    threshold: Threshold | None,
    turn_nights: int,
    source_groups: Mapping[str, str | None],
    moved: Mapping[str, str],
) -> ReadExactly:
    """Return those whose values are read whatever the signals say, where not everybody's are.

    ``source_groups`` are those of the angkatan in the source, None where no group tells who belongs to one;
    ``moved`` is where people were moved to, by internal id.
    """
    read = ReadExactly()
    if request.nip is not None or depth is Depth.FULL:
        return read
    if depth is Depth.NIGHT:
        read = exact_tonight(records, entries, threshold, turn_nights)
    if request.angkatan is not None:
        theirs = of_angkatan(records, entries, request.angkatan, source_groups[request.angkatan], moved)
        read = ReadExactly(read.exactly | theirs, read.by_grade - theirs)
    return read


def exact_tonight(
    records: Mapping[int, Record], entries: Mapping[str, Entry], threshold: Threshold | None, turn_nights: int
) -> ReadExactly:
    """Return those whose values a night reads whatever the signals say.

    That is whoever waits, is near the limit or cannot be judged, and of the others those not read for the longest. Of
    somebody confirmed who is only near the limit the grade tells all that may have changed unseen, until it is their
    turn.
    """
    here = [(number, each) for number, each in records.items() if not _has_left(each)]
    must = {number for number, each in here if may_change_unseen(each, entries, threshold)}
    near = {number for number, each in here if number not in must and is_near(each, threshold)}
    others = ((read_exactly_at(each), number) for number, each in here if number not in must)
    in_turn = {number for _at, number in nsmallest(ceil(len(here) / turn_nights), others)}
    return ReadExactly(frozenset(must | near | in_turn), frozenset(near - in_turn))


def may_change_unseen(record: Record, entries: Mapping[str, Entry], threshold: Threshold | None) -> bool:
    """Say whether a miss of a day in any value of somebody would matter: waiting, or not to be judged."""
    decision = record.decision
    if decision is None or record.evidence.grade.status not in (GradeStatus.GRADED, GradeStatus.NO_GRADE):
        return True
    if is_confirmed(record, entries):
        return False
    admits = threshold is not None and decision.score is not None and decision.score > threshold.value
    return decision.outcome in (Outcome.QUALIFIED, Outcome.UNDETERMINED) or admits or is_near(record, threshold)


def is_near(record: Record, threshold: Threshold | None) -> bool:
    """Say whether somebody's score is so near to the limit that a change of it may show nowhere but in the grade."""
    score = record.decision.score if record.decision else None
    return threshold is not None and score is not None and abs(score - threshold.value) <= NEAR


def read_exactly_at(record: Record) -> datetime:
    """Return when the oldest value of somebody was read; what never was, or cannot be, makes nobody older."""
    materials = record.materials_as_of if record.evidence.materials else None
    return oldest(record.grade_as_of, materials) or LONG_AGO


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
    qualified = sorted(number for number, each in known.items() if is_qualified(each) and not _has_left(each))
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


def of_angkatan(
    records: Mapping[int, Record],
    entries: Mapping[str, Entry],
    angkatan: str,
    source_group: str | None,
    moved: Mapping[str, str],
) -> frozenset[int]:
    """Return the user ids of those who belong to an angkatan: by their place on the roster, a move, or their group.

    The place of an account that was merged is that of the account that counts.
    """
    return frozenset(
        number for number, each in records.items() if _belongs(each, entries, angkatan, source_group, moved)
    )


def _belongs(
    record: Record, entries: Mapping[str, Entry], angkatan: str, source_group: str | None, moved: Mapping[str, str]
) -> bool:
    who = record.participant.merged_into or record.participant.id
    entry = entries.get(who)
    if entry is not None and entry.angkatan is not None:
        return entry.angkatan == angkatan
    if who in moved:
        return moved[who] == angkatan
    return source_group is not None and source_group in record.participant.person.groups


def _has_left(record: Record) -> bool:
    return record.participant.person.enrolment is Enrolment.ENDED
