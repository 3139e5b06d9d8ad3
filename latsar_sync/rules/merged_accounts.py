"""What named persons decided about one account of somebody binds the account that counts for them. Pure (rules 15, 19).

Two accounts are merged into one person: what was said of the account that does not count any more goes on for the other
one, until something else is said of that. A merge that is undone leaves each with its own words again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple, TypeVar

from latsar_sync.domain.actions import Clearance, Override, OverrideKind, stands

T = TypeVar("T")


class Merge(NamedTuple):
    """A merge that binds: ``account`` is the same person as ``into``, both internal ids, as was said ``at``."""

    account: str
    into: str
    at: datetime


def of_whoever_has_it(overrides: Mapping[str, Override], handed_over: Mapping[str, datetime]) -> dict[str, Override]:
    """Return the overrides, by internal id, without admissions of whoever had an account before.

    A hold stays: it lets nobody in.
    """
    return {
        who: each
        for who, each in overrides.items()
        if each.kind is OverrideKind.HOLD or stands(each.at, who, handed_over)
    }


def overrides_in_force(
    newest: Mapping[str, Override], merges: Iterable[Merge], now: datetime, handed_over: Mapping[str, datetime]
) -> dict[str, Override]:
    """Return the override that binds each account; ``newest`` is the newest of each, by internal id.

    A hold of either account binds the person, until something is said of the person after the merge. Accounts that were
    ``handed_over`` are admitted by what was decided since alone.
    """
    newest = of_whoever_has_it(newest, handed_over)
    found = {who: each for who, each in newest.items() if each.in_force(now)}
    for merge in merges:
        theirs, own = found.get(merge.account), newest.get(merge.into)
        if theirs is None or (own is not None and own.at >= merge.at):
            continue
        if merge.into not in found or theirs.kind is OverrideKind.HOLD:
            found[merge.into] = replace(theirs, participant_id=merge.into)
    return found


def carried_on(said: Mapping[str, T], merges: Iterable[Merge]) -> dict[str, T]:
    """Return what was said of each account, by internal id: of whom nothing was, what was said of their other one."""
    found = dict(said)
    for merge in merges:
        if merge.account in said:
            found.setdefault(merge.into, said[merge.account])
    return found


def papers_of_both(papers: Iterable[Clearance], merges: Collection[Merge]) -> tuple[Clearance, ...]:
    """Return papers, those of an account that was merged once more as papers of the one that it was merged into.

    So which of a person's papers is good is asked of all of them together, by where the account that counts belongs.
    """
    papers, found = tuple(papers), list[Clearance]()
    for merge in merges:
        found += [replace(each, participant_id=merge.into) for each in papers if each.participant_id == merge.account]
    return (*papers, *found)


def all_of_them(people: Collection[str], merges: Iterable[Merge]) -> frozenset[str]:
    """Return people, by internal id, with the accounts that their other ones are merged into."""
    return frozenset(people).union(merge.into for merge in merges if merge.account in people)
