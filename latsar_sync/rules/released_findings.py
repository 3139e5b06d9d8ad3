"""What a person released: these, what stays true once released, the same about fewer people. Pure (rule 6)."""

from collections.abc import Collection, Mapping, Sequence

from latsar_sync.domain.records import Baseline, Finding
from latsar_sync.rules.guard_limits import PUSHES
from latsar_sync.rules.source_guards import RENAMED

STAY_TRUE = frozenset({"target_unreadable", "angkatan_unconfigured", "class_unconfigured", "programme_unconfigured"})
"""Findings that stay true after they were accepted."""

TOLD_BY_THE_CONFIGURATION = frozenset({"angkatan_unconfigured", "class_unconfigured"})
"""Findings of which every run tells whether they are still true, whatever it reads."""

OF_THE_COURSE = frozenset({"evaluation_changed", "required_changed"})
"""Findings that are shown with those whom they would move: everybody is judged for that, and nothing of it recorded."""

FOR_FEWER: Mapping[str, tuple[str, ...]] = {
    PUSHES: (),  # its limit moves with the number of participants
    "memory_restored": ("before",),
    "memory_new": ("before",),
    "memory_behind": ("before",),
    "placement_changed": ("before", "now"),
    "effect_changed": ("before", "now"),
    "push_changed": ("before", "now"),
}
"""Findings that only concern the people whom they name: released for them, it is for fewer too, for the same cause.

With each what tells the cause; what it has besides counts the people.
"""


def unreleased(
    findings: Sequence[Finding], accepted: Collection[Finding], baseline: Baseline | None = None
) -> list[Finding]:
    """Return the findings that no person accepted: these now, or before if they stay true (``stay_true``) or something
    else held that run.
    """
    before = baseline.released if baseline is not None else frozenset[str]()
    keys = {each.key for each in accepted}
    return [
        each
        for each in findings
        if each.key not in keys
        and each.key not in before
        and not stay_true([each]) & before
        and not any(_is_about_no_others(each, shown) for shown in accepted)
    ]


def _is_about_no_others(found: Finding, shown: Finding) -> bool:
    """Say whether a finding is about some of the people whom an accepted one showed, for the same cause."""
    if found.code not in FOR_FEWER or (found.code, found.subject) != (shown.code, shown.subject):
        return False
    same_cause = all(getattr(found, part) == getattr(shown, part) for part in FOR_FEWER[found.code])
    return same_cause and set(found.people) <= set(shown.people)


def stay_true(findings: Sequence[Finding]) -> frozenset[str]:
    """Return what is to be remembered of accepted findings that each run meets again until somebody mends the world.

    Nothing becomes of them meanwhile, so they are not asked about again; who exactly is concerned may change. Whoever
    accepted that a new programme is another one than that of its people has looked at that one too.
    """
    also = [Finding("programme_unconfigured", each.before, "", "") for each in findings if each.code == RENAMED]
    return frozenset(f"{each.code}|{each.subject}" for each in [*findings, *also] if each.code in STAY_TRUE)


def not_mended(released: frozenset[str], findings: Sequence[Finding], read: Collection[str]) -> frozenset[str]:
    """Return what is to be remembered still, after a run that read a part, of what stays true: found again, or not
    to be told by it. ``read`` are the in-class courses that it read, by ``site/course``.
    """
    found = stay_true(findings)

    def is_mended(each: str) -> bool:
        code, subject = each.split("|", maxsplit=1)
        told = code in TOLD_BY_THE_CONFIGURATION or (code == "target_unreadable" and subject in read)
        return told and each not in found

    return frozenset(each for each in released if not is_mended(each))
