"""What befell the source since it was last believed: findings about it, each stops every push. Pure (rule 6).

What befell an in-class course stands in ``course_guards``, how many are too many in ``guard_limits``.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from latsar_sync.domain.evidence import NOBODY, Activity, Evaluation, OpenTo
from latsar_sync.domain.participant import Participant, Person
from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules.guard_limits import GuardLimits, people_findings

RENAMED = "programme_renamed"
CORRECTIONS = 3
"""Fewer accounts with another NIP than before are taken for corrections, whatever their share."""


def source_findings(
    baseline: Baseline | None,
    course: str,
    people: int,
    evaluation: Evaluation | None,
    required: Sequence[Activity],
    limits: GuardLimits,
) -> list[Finding]:
    """Compare the MOOC course as read with the last good full read; no baseline, no finding.

    ``evaluation`` without a grade-to-pass is compared without it, since not every run can read it.
    """
    if baseline is None:
        return []
    findings = people_findings("source", course, baseline.people, people, limits)
    # neither evaluation nor required set is told while nobody is there, or of a programme without a gate
    if people and baseline.evaluation is not None and evaluation is not None:
        findings += evaluation_findings(baseline, course, evaluation)
        if sorted(baseline.required) != sorted(required):
            findings.append(Finding("required_changed", course, *_difference(baseline.required, required)))
    return findings


def access_findings(
    baseline: Baseline | None, course: str, required: Sequence[Activity], open_to: Mapping[int, OpenTo] | None
) -> list[Finding]:
    """Return a finding for each required activity that is open to others than before: of them alone it is asked.

    ``open_to`` tells the groups by which that is settled, None if not everybody's are known. Who comes into a group or
    leaves it is no finding; that a group shows nobody any more is one.
    """
    if baseline is None or baseline.open_to is None or open_to is None:
        return []
    both = [each for each in required if each in baseline.required]
    return [
        Finding("required_changed", course, _with_groups(each, baseline.open_to), _with_groups(each, open_to))
        for each in both
        if not _are_the_same(baseline.open_to.get(each.cmid), open_to.get(each.cmid))
    ]


def _are_the_same(before: OpenTo | None, now: OpenTo | None) -> bool:
    """Say whether the same groups are let in; one in which nobody was may have people by now."""
    if before is None or now is None:
        return before is now
    anybody = re.escape(before.ids).replace(NOBODY, rf"({NOBODY}|\d+)")
    return re.fullmatch(anybody, now.ids) is not None


def _with_groups(activity: Activity, open_to: Mapping[int, OpenTo]) -> str:
    groups = open_to.get(activity.cmid)
    name = f"{activity.name} ({activity.modname}, cmid {activity.cmid})"
    return name if groups is None else f"{name} [{groups.shown}]"


def criteria_findings(baseline: Baseline | None, course: str, criteria: tuple[str, ...] | None) -> list[Finding]:
    """Return the finding that a course is completed by other criteria than before, where that is the requirement."""
    before = baseline.criteria if baseline is not None else None
    if before is None or criteria is None or before == criteria:
        return []
    gone, come = sorted(set(before) - set(criteria)), sorted(set(criteria) - set(before))
    told = f"{len(before)} [{', '.join(gone)}]", f"{len(criteria)} [{', '.join(come)}]"
    return [Finding("required_changed", course, *told)]


def marks_findings(baseline: Baseline | None, course: str, marks: Decimal | None) -> list[Finding]:
    """Return the finding that the marks of all questions together changed: each attempt counts by them (rule 1)."""
    before = baseline.evaluation.marks if baseline is not None and baseline.evaluation is not None else None
    if before is None or marks is None:
        return []
    return _that_differ(course, [("marks {}", _number(before), _number(marks))])


def accounts_of_others(
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
        if before is None or not before.person.raw_key or not person.raw_key:
            continue
        compared += 1
        if before.person.raw_key != person.raw_key:
            then, now = nip_of(before.person.raw_key), nip_of(person.raw_key)
            if then and now and then != now:
                others.append(before.id)
    if (len(others) >= CORRECTIONS and len(others) * 2 > compared) or (len(others) > max(most, share * compared)):
        return [Finding("source_replaced", course, str(compared), str(len(others)), tuple(sorted(others)))]
    return []


def renamed_findings(programme: str, seen: Iterable[Person], lost: Mapping[str, frozenset[int]]) -> list[Finding]:
    """Return a finding if most people of a new programme are those of one that is no longer configured.

    ``lost`` gives the user ids in the same MOOC by programme.
    """
    accounts = {person.user_id for person in seen} if lost else set[int]()
    return [
        Finding(RENAMED, programme, name, str(len(accounts & people)))
        for name, people in sorted(lost.items())
        if len(accounts & people) * 2 > len(accounts)
    ]


def group_findings(
    course: str, names: Collection[str], people: Collection[Person], participant: Callable[[int], Participant | None]
) -> list[Finding]:
    """Return each group of an angkatan, of these ``names``, that lost everybody though not everybody left for another.

    ``people`` are those of the whole MOOC course as read, ``participant`` tells who is known by a user id there.
    """
    gone = set(names).difference(*{person.groups for person in people}) if names else set[str]()
    had: dict[str, list[str]] = {name: [] for name in gone}
    homeless = set()
    for person in people if gone else ():
        known = participant(person.user_id)
        if known is None:
            continue
        for name in gone.intersection(known.person.groups):
            had[name].append(known.id)
            if not set(names).intersection(person.groups):
                homeless.add(name)
    return [
        Finding("source_group_gone", name, str(len(had[name])), course, tuple(sorted(had[name])))
        for name in sorted(homeless)
    ]


def unseen_findings(baseline: Baseline | None, course: str, unseen: Sequence[Activity]) -> list[Finding]:
    """Return the finding that other answers name activities which the contents of the course do not show.

    Those that a named person released before are in the baseline, and are not found again.
    """
    new = [activity for activity in unseen if baseline is None or activity.cmid not in baseline.unseen]
    named = (f"{each.name} ({each.modname}, cmid {each.cmid})" if each.name else f"cmid {each.cmid}" for each in new)
    return [Finding("activities_unseen", course, "", ", ".join(named))] if new else []


def evaluation_findings(baseline: Baseline | None, course: str, now: Evaluation | None) -> list[Finding]:
    """Return a finding for each thing of the evaluation that changed since it was last believed.

    A grade to pass that either side could not read is left out.
    """
    before = baseline.evaluation if baseline is not None else None
    if before is None or now is None:
        return []
    told = [
        ("cmid {}", before.cmid, now.cmid),
        ("least grade {}", _number(before.grade_min), _number(now.grade_min)),
        ("greatest grade {}", _number(before.grade_max), _number(now.grade_max)),
    ]
    if before.grade_to_pass is not None and now.grade_to_pass is not None:
        told.append(("grade to pass {}", _number(before.grade_to_pass), _number(now.grade_to_pass)))
    return _that_differ(course, told)


def _that_differ(course: str, told: Iterable[tuple[str, object, object]]) -> list[Finding]:
    return [
        Finding("evaluation_changed", course, text.format(old), text.format(new))
        for text, old, new in told
        if old != new
    ]


def _number(value: Decimal | None) -> str:
    return "?" if value is None else f"{value:.5f}"


def _difference(before: Sequence[Activity], now: Sequence[Activity]) -> tuple[str, str]:
    """Name what went and what came; a renamed activity is shown on both sides."""
    gone = sorted(set(before) - set(now))
    come = sorted(set(now) - set(before))
    return _names(gone, len(before)), _names(come, len(now))


def _names(activities: Sequence[Activity], total: int) -> str:
    listed = ", ".join(f"{activity.name} ({activity.modname}, cmid {activity.cmid})" for activity in activities)
    return f"{total} [{listed}]"


def next_baseline(
    known: Baseline | None,
    people: int,
    evaluation: Evaluation | None,
    required: tuple[Activity, ...],
    unseen: Sequence[Activity] = (),
    full: bool = True,
    open_to: Mapping[int, OpenTo] | None = None,
    criteria: tuple[str, ...] | None = None,
) -> Baseline:
    """Return what an unguarded reading of everybody in the MOOC leaves to be compared with; the rest stays as known.

    Where nobody is there any more, and that was accepted, what the evaluation was is not forgotten. Where not
    everybody's values were read (not ``full``), nor is what was released of activities that they name.
    """
    seen = replace(known, people=people) if known is not None else Baseline(people, None, (), {})
    if evaluation is None and known is not None:
        return seen
    if evaluation is not None and evaluation.marks is None and known is not None and known.evaluation is not None:
        evaluation = replace(evaluation, marks=known.evaluation.marks)
    named = frozenset(each.cmid for each in unseen)
    if known is not None and not full:
        named |= known.unseen
    return replace(
        seen,
        evaluation=evaluation,
        required=required,
        unseen=named,
        open_to=seen.open_to if open_to is None else open_to,
        criteria=criteria or seen.criteria,
    )
