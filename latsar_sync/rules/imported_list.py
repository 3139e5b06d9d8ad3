"""Whom an imported list names no more, and who on it may be one of them under another NIP. Pure (rules 5 and 19).

A list knows people by their NIP alone: one that corrects a NIP ends one participant and begins another. Whether who is
off it keeps a seat stands in ``kept_or_lost_seats``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from latsar_sync.domain.entry import REMOVED, Entry, EntryState
from latsar_sync.domain.nip import may_be_mistyped
from latsar_sync.domain.participant import Enrolment, Participant
from latsar_sync.domain.spelling import bare_name, may_be_one_person


class OffTheList(NamedTuple):
    """Internal ids: ``left`` are off the list, ``anew`` may be one of those of them who had a seat or are held.

    Or they stand on it twice: of one name with nearly one NIP the later is ``anew``.
    """

    left: frozenset[str] = frozenset()
    anew: frozenset[str] = frozenset()


def off_the_list(people: Iterable[Participant], entries: Mapping[str, Entry], held: Collection[str]) -> OffTheList:
    """Given everybody of an imported list, the roster and whom persons hold, return who is off it, or may be."""
    gone, listed = list[Participant](), list[Participant]()
    for each in people:
        if each.merged_into is None:
            (gone if each.person.enrolment is Enrolment.ENDED else listed).append(each)
    had_a_seat = [each for each in gone if each.id in held or _had_a_seat(entries.get(each.id))]
    anew = chain(under_another_nip(had_a_seat, listed), _twice(listed))
    return OffTheList(frozenset(each.id for each in gone), frozenset(each.id for each, _ in anew))


def _twice(listed: Iterable[Participant]) -> Iterator[tuple[Participant, Participant]]:
    """Yield whoever of a list has the name, and nearly the NIP, of somebody who came to it before, with whom."""
    names: dict[str, list[Participant]] = {}
    for each in sorted(listed, key=lambda one: one.person.user_id):
        before = names.setdefault(_name_of(each), [])
        yield from ((each, other) for other in before if each.nip and other.nip and _mistyped(each, other))
        before.append(each)


def under_another_nip(
    gone: Iterable[Participant], listed: Iterable[Participant]
) -> Iterator[tuple[Participant, Participant]]:
    """Yield whoever may be one of those who are ``gone``, with whom: of the same name, or of nearly the same NIP, and
    further down in the list, where whoever is new to it comes.
    """
    names, halves = dict[str, Participant](), dict[str, list[Participant]]()
    for each in gone:
        names[_name_of(each)] = each
        for half in _halves(each):
            halves.setdefault(half, []).append(each)
    for each in listed if names else ():
        near = (other for half in _halves(each) for other in halves.get(half, ()) if _mistyped(each, other))
        other = names.get(_name_of(each)) or next(near, None)
        if other is not None and each.person.user_id > other.person.user_id:
            yield each, other


def _had_a_seat(entry: Entry | None) -> bool:
    if entry is None:
        return False
    return entry.seat_in is not None or (entry.state is EntryState.WITHDRAWN and entry.reason == REMOVED)


def _name_of(participant: Participant) -> str:
    return bare_name(participant.person.name)


def _halves(participant: Participant) -> tuple[str, ...]:
    """Return both halves of a NIP: one of them is right where few digits are wrong."""
    nip = participant.nip
    return () if nip is None else (f"{nip[:9]}…", f"…{nip[9:]}")


def _mistyped(one: Participant, other: Participant) -> bool:
    near = may_be_mistyped(one.nip or "", other.nip or "")
    return near and may_be_one_person(one.person.name, other.person.name)
