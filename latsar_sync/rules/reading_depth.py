"""The depth of a run, and whose values it reads exactly whatever the site's signals say. Pure (rule 10).

A night reads the course itself whole, exactly whoever waits or is near the limit, and of the others those who were not
read for the longest: each comes within so many nights. Once a week, and when somebody asks, everything is read.
When what was read of a part costs somebody something, ``reading_once_more`` says who else is read.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import nsmallest
from math import ceil
from typing import NamedTuple

from latsar_sync.domain.decision import Outcome, Threshold
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Checkpoint, Record, oldest
from latsar_sync.domain.request import Depth, Request
from latsar_sync.rules.signals import LONG_AGO
from latsar_sync.rules.whom_to_ask_again import is_confirmed

EVERYTHING_EVERY = timedelta(days=7)
SLACK = timedelta(hours=12)
"""A night may begin some hours earlier than that of a week ago."""
DEEP_AT_LEAST_EVERY = timedelta(hours=36)
"""A day and a half: a night that failed once is made up for, one that was never scheduled too."""
NEAR = Decimal("0.01")
"""So near to the limit a change of the score shows nowhere but in the grade itself."""


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
    here = [(number, each) for number, each in records.items() if not has_left(each)]
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


def has_left(record: Record) -> bool:
    """Say whether somebody's enrolment in the MOOC has ended."""
    return record.participant.person.enrolment is Enrolment.ENDED
