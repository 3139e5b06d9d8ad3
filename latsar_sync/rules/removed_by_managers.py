"""Whom a manager took out of a course though no entry tells it: they are not put back (rule 5). Pure.

A *sighting* is what some run saw there; who is *gone* was seen there, and is not any more. Where their entry tells it,
``entry_against_course`` makes it withdrawn and ``kept_or_lost_seats`` keeps it so.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import datetime

from latsar_sync.domain.actions import Override, OverrideKind
from latsar_sync.domain.entry import MENDABLE, REMOVED, Entry, EntryState, Origin
from latsar_sync.domain.in_class import CourseAsRead
from latsar_sync.domain.records import Finding
from latsar_sync.rules.admissions import admit_again

Sighting = tuple[str, int, int]
"""Somebody seen in a course: the site, the course there, the account."""


SHOW_THEM_GONE = frozenset({"target_emptied", "target_dropped", "target_lost", "target_method_off"})
"""Findings that name whom accepting them withdraws, unless a named person admitted them since they were shown."""


def shown_as_gone_since(held: Iterable[tuple[datetime, Iterable[Finding]]]) -> dict[str, datetime]:
    """Return since when each of those is shown as gone whom the last of these runs names so.

    ``held`` is when each run ended that a guard holds, one after the other, and what it found; the first one first.
    """
    since: dict[str, datetime] = {}
    for ended, findings in held:
        since = {who: since.get(who, ended) for who in _gone_by(findings)}
    return since


def sent_again_by_word(
    released: Iterable[Finding],
    entries: Mapping[str, Entry],
    overrides: Mapping[str, Override],
    shown: Mapping[str, datetime],
) -> dict[str, Entry]:
    """Return, lifted out of the withdrawal that accepting would be, whom a named person admitted though they were shown
    as gone: the site was put back from a backup, and no manager took them out.

    ``released`` are the findings that a person releases, ``shown`` is since when they name each. An admission from
    before that knew nothing of it.
    """
    words = {who: overrides[who] for who in _gone_by(released) & overrides.keys() & entries.keys() & shown.keys()}
    return {
        who: admit_again(entries[who].having(state=EntryState.WITHDRAWN, reason=REMOVED))
        for who, word in words.items()
        if word.kind is OverrideKind.ADMIT and word.at >= shown[who]
    }


def _gone_by(findings: Iterable[Finding]) -> set[str]:
    return {who for each in findings if each.code in SHOW_THEM_GONE for who in each.people}


def was_seen_there(entry: Entry, was: Entry | None, sightings: Container[Sighting]) -> bool:
    """Say whether some run saw the account of an entry in its course: by what it ``was``, or by ``sightings``."""
    here = (entry.site, entry.course_id, entry.target_user_id)
    return here in sightings or (
        was is not None and was.origin is not None and (was.site, was.course_id, was.target_user_id) == here
    )


def idle_and_gone(
    entry: Entry, account_key: str | None, course: CourseAsRead, sightings: Container[Sighting]
) -> Entry | None:
    """Return the entry, followed by the account by which some run saw them in this course, of whoever is not sent there
    now, and in it no more: who waits, or holds a seat in a review that only a person ends. None for anybody else.

    Their entry does not tell that they were there: an admission that is over lifted it out of what did, or it is newer.
    """
    idle = entry.state is EntryState.WAITLISTED or (entry.state is EntryState.REVIEW and entry.reason not in MENDABLE)
    accounts = course.accounts.get(account_key or "", ())
    if not idle or entry.origin is not None or len(accounts) != 1:
        return None
    account = accounts[0].user_id
    if account in course.enrolled or (course.site, course.course_id, account) not in sightings:
        return None
    return entry.having(site=course.site, course_id=course.course_id, course=course.shortname, target_user_id=account)


def removed_unbeknown(
    gone: Iterable[Entry], before: Mapping[str, Entry], sightings: Container[Sighting], spoken_for: Collection[str]
) -> dict[str, Entry]:
    """Return, withdrawn, whoever is about to be enrolled again, or idle, and ``gone`` from a course in which some run
    saw their account.

    However that was forgotten (nobody was judged then, another account or entry stood for them): a manager took them
    out. ``before`` is the roster before placing, ``sightings`` of whom no entry follows any more; ``spoken_for`` are
    those whom a named person admitted, or moved to where they are now.
    """
    found = {}
    for entry in gone:
        there = was_seen_there(entry, before.get(entry.participant_id), sightings)
        if there and not entry.lifted and entry.participant_id not in spoken_for:
            found[entry.participant_id] = entry.having(state=EntryState.WITHDRAWN, reason=REMOVED, origin=Origin.FOUND)
    return found
