"""Of whom a quiet run need not look: nothing but a sign of the source could change their decision. Pure (rule 10).

A decision is made by what was read of somebody, who they are, and by what everybody is judged. Whoever was judged by
the same as this run judges by, and was fully read, is decided about alike until the source tells something else.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.evidence import GradeStatus
from latsar_sync.domain.known_people import Brief, JudgedBy
from latsar_sync.domain.nip import number_form
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.whom_to_ask_again import may_have_changed, may_still_be_there

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

    ``judged_by`` is what this run judges by. ``decided_about`` are the internal ids of those whom a named person holds
    or admits now, ``merged_into`` those of accounts that stand for others too.
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
