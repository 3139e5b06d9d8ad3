"""Whose an account is on the in-class site, and who leaves it that two are to be seen by. Pure (rule 19).

Whether the account that an entry follows is that person's, and what becomes of them where it is not, stands in
``facts_in_class`` (``followed_is_theirs``) and ``entry_against_course``.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from types import MappingProxyType

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Standing
from latsar_sync.domain.entry import MERGED, Entry, EntryState

SITS = frozenset({EntryState.PUSHED, EntryState.CONFIRMED})
_HOLDS_AN_ACCOUNT = SITS | {EntryState.PLANNED}
_CHOSEN = "#"


def owners(
    everybody: Iterable[Standing],
    found: MutableMapping[str, str] | None = None,
    entries: Mapping[str, Entry] = MappingProxyType({}),
) -> MutableMapping[str, str]:
    """Return whose a NIP is, by internal id: of several that carry it, who holds a seat by ``entries`` comes before
    the others, then somebody enrolled.

    ``found`` is what takes them in, where they are too many for a dictionary.
    """
    found = {} if found is None else found

    def comes_before(each: Standing, other: str) -> bool:
        seated, other_seated = (_has_a_seat(entries.get(who)) for who in (each.participant_id, other))
        return each.enrolled if seated == other_seated else seated

    for each in everybody:
        if each.nip is None or each.merged:
            continue
        if (other := found.get(each.nip)) is None or comes_before(each, other):
            found[each.nip] = each.participant_id
    return found


def _has_a_seat(entry: Entry | None) -> bool:
    return entry is not None and entry.seat_in is not None


def key_of_account(site: str, user_id: int) -> str:
    """Return the account key where a person chose the account (else it is the NIP): it comes before each NIP."""
    return f"{_CHOSEN}{user_id}@{site}"


def is_chosen(account_key: str) -> bool:
    """Say whether an account key stands for an account that a person chose, whatever NIP it carries."""
    return account_key.startswith(_CHOSEN)


def taken_twice(
    entries: Iterable[Entry], before: Mapping[str, Entry], chosen: Mapping[str, tuple[str, int]]
) -> list[str]:
    """Return who must leave an account that two participants are to be seen by: never are two confirmed on one.

    It stays with whom it was ``chosen`` for by hand (site and user id, by internal id), else with whoever sat there
    before, else with the first in line.
    """
    twice = many_people.twice(map(hash, filter(None, map(_held_account, entries))))
    holders: dict[tuple[str | None, int], list[Entry]] = {}
    for entry in entries if twice else ():
        at = _held_account(entry)
        if at is not None and hash(at) in twice:
            holders.setdefault(at, []).append(entry)

    def order(entry: Entry) -> tuple[bool, bool, int]:
        was = before.get(entry.participant_id)
        sat = was is not None and was.state in SITS and was.target_user_id == entry.target_user_id
        theirs = chosen.get(entry.participant_id) == (entry.site, entry.target_user_id)
        return not theirs, not sat, entry.source_user_id

    return [each.participant_id for those in holders.values() for each in sorted(those, key=order)[1:]]


def _held_account(entry: Entry) -> tuple[str | None, int] | None:
    if entry.target_user_id is None or entry.state not in _HOLDS_AN_ACCOUNT:
        return None
    return entry.site, entry.target_user_id


def leaves_an_account(before: Entry, after: Entry) -> bool:
    """Say whether somebody was in a course by an account, and is not followed by it any more."""
    was_in_class = before.origin is not None and before.target_user_id is not None
    if not was_in_class or before.state is EntryState.WITHDRAWN or before.angkatan != after.angkatan:
        return False
    return after.reason == MERGED or after.target_user_id != before.target_user_id


def found_by_another(before: Entry, after: Entry) -> bool:
    """Say whether a run found somebody in the same course by another account than before."""
    same_course = (before.site, before.course_id) == (after.site, after.course_id)
    return same_course and after.target_user_id is not None and leaves_an_account(before, after)
