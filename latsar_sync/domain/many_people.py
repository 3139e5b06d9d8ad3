"""What a run holds of each person: as plain values while they are few, packed from ``MANY`` people on.

Whoever follows one person may take each of these for the dict or tuple that it is for few: nothing is decided here.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from latsar_sync.domain import packed
from latsar_sync.domain.decision import Standing
from latsar_sync.domain.entries_of_one import EntriesOfOne
from latsar_sync.domain.entry import Entry
from latsar_sync.domain.evidence import Grade, Materials
from latsar_sync.domain.in_class import AccountInClass
from latsar_sync.domain.packed import Layout, PackedRows
from latsar_sync.domain.packed_by_id import ById, PackedGroup, Some
from latsar_sync.domain.packed_by_number import ByNumber, PackedSequence
from latsar_sync.domain.packed_ids import NIPS, IdByText, IdList, Ids
from latsar_sync.domain.packs import InOrder
from latsar_sync.domain.participant import Person

T = TypeVar("T")
Value = TypeVar("Value", Entry, Standing)

HALF = 2**63
"""Makes a number of 64 bits one that is not below 0, and sorts alike."""
PARTS = 16
"""In so many parts numbers are compared with each other."""

Several = Collection[T] | PackedGroup[T]
"""Some values, to be counted and gone through."""

_GRADE = Layout(
    Grade,
    alike=[("status", "minimum", "maximum", "overridden"), ("raw",)],
    moments=["graded_at"],
    fields=["status", "raw", "minimum", "maximum", "overridden", "graded_at"],
)
_MATERIALS: Layout[Materials | None] = Layout(lambda each: each, alike=[()])
_STANDING = Layout(
    Standing,
    alike=[("groups",), ("enrolled", "merged", "outcome", "unmet"), ("score",)],
    numbers=["source_user_id"],
    moments=["reached_at"],
    digits=("nip",),
    own=("name",),
    fields=Standing._fields[1:],
)
_ENTRY = Layout(
    Entry,
    alike=[
        ("angkatan", "site", "course_id", "course", "group_id", "group"),
        ("state", "admission", "reason", "origin", "approved_by", "late", "lifted_from", "sat_there_before"),
    ],
    numbers=["source_user_id", "target_user_id"],
    moments=["reached_at"],
    fields=Entry._fields[1:],
)


class _Carrying(NamedTuple):
    """The accounts that carry one NIP: nobody has more than one but by mistake."""

    user_id: int | None
    suspended: bool
    account_confirmed: bool
    others: tuple[AccountInClass, ...]


def _carrying(accounts: tuple[AccountInClass, ...]) -> _Carrying:
    if not accounts:
        return _Carrying(None, False, True, ())
    first, *others = accounts
    return _Carrying(first.user_id, first.suspended, first.account_confirmed, tuple(others))


def _accounts(_nip: str, user_id: int | None, *rest: Any) -> tuple[AccountInClass, ...]:
    *flags, others = rest
    return () if user_id is None else (AccountInClass(user_id, *flags), *others)


_ACCOUNTS = Layout(
    _accounts,
    alike=[("suspended", "account_confirmed", "others")],
    numbers=["user_id"],
    fields=_Carrying._fields,
    shown=_carrying,
)
_LAYOUTS: Mapping[type, Layout[Any]] = {Entry: _ENTRY, Standing: _STANDING}


def pack_people(people: Iterable[Person], number: int) -> Sequence[Person]:
    """Return people of whom there are about so many: packed, if these are very many."""
    if number < packed.MANY:
        return tuple(people)
    return ByNumber(InOrder(Person._make), ((person.user_id, person) for person in people)).all_values()


def by_user_id(people: Sequence[Person]) -> Mapping[int, Person]:
    """Return people by their user ids, in their order."""
    if isinstance(people, PackedSequence):
        return people.by_number
    return {person.user_id: person for person in people}


def pack_grades(grades: Iterable[tuple[int, Grade]], number: int) -> Mapping[int, Grade]:
    """Return grades by user id, of which there are about so many: packed, if these are very many."""
    return dict(grades) if number < packed.MANY else ByNumber(PackedRows(_GRADE), grades)


def pack_materials(materials: Iterable[tuple[int, Materials | None]], number: int) -> Mapping[int, Materials | None]:
    """Return what people have done by user id, about so many of them: packed, if these are very many."""
    return dict(materials) if number < packed.MANY else ByNumber(PackedRows(_MATERIALS), materials)


def ids_of(number: int) -> dict[str, str] | Ids:
    """Return what about so many internal ids are put into, each by itself, so that it is held once."""
    return {} if number < packed.MANY else Ids()


def by_id(kind: type[Value], ids: Mapping[str, str] | Ids, number: int = 0) -> MutableMapping[str, Value]:
    """Return what holds entries or standings of about so many people by internal id: packed where the ids are."""
    if isinstance(ids, Ids):
        return ById(_LAYOUTS[kind], ids)
    return ById(_LAYOUTS[kind], Ids(ids)) if number >= packed.MANY else {}


def accounts_like(stored: Mapping[str, Any]) -> MutableMapping[str, tuple[AccountInClass, ...]]:
    """Return what holds the accounts of the same people by the NIP that they carry."""
    return ById(_ACCOUNTS, Ids(spelling=NIPS)) if isinstance(stored, ById) else {}


def some_of(stored: Mapping[str, T], ids: Iterable[str]) -> MutableMapping[str, T]:
    """Return the values of some ids, each of which has one, in a mapping that may be changed by itself."""
    return Some(stored, ids) if isinstance(stored, ById) else {who: stored[who] for who in ids}


def no_ids_yet(stored: Mapping[str, Any]) -> list[str] | IdList:
    """Return an empty list for ids of the same people."""
    return IdList(stored.ids) if isinstance(stored, ById) else []


def in_order(ids: Sequence[str] | IdList, rank_of: Callable[[str], Sequence[int]]) -> Iterator[str]:
    """Go through ids by their ranks, the lower first, equal ones as they stand. A rank is some numbers of 64 bits, the
    first of them not below 0.

    It is held as one number, with the position of its id behind it: of a million people tuples would be a burden.
    """
    for number in sorted(_one_number(*rank_of(who)) << 32 | at for at, who in enumerate(ids)):
        yield ids[number & 0xFFFFFFFF]


def _one_number(number: int, *others: int) -> int:
    for other in others:
        number = number << 64 | other + HALF
    return number


def none_yet(stored: Mapping[str, T]) -> MutableMapping[str, T]:
    """Return an empty mapping that holds its values as this one does."""
    return stored.empty() if isinstance(stored, ById) else {}


def changed(stored: Mapping[str, T], others: Mapping[str, T]) -> MutableMapping[str, T]:
    """Return a mapping in which some have other values; neither of the two is changed."""
    if isinstance(stored, EntriesOfOne):
        return stored.changed(others)  # type: ignore[arg-type, return-value]  # entries are by id here
    return stored.changed(others) if isinstance(stored, ById) else {**stored, **others}


def among(entries: Mapping[str, Entry], **told: Collection[Any]) -> Mapping[str, Entry]:
    """Return entries among which all are that have one of these values in one of these fields: in a run about one
    person those that were read, else all entries.
    """
    return entries.among(told) if isinstance(entries, EntriesOfOne) else entries


def a_few(entries: Mapping[str, Entry], number: int, **told: Any) -> Iterator[Entry]:
    """Yield entries that have these values: of a run about one person, which has not all at hand, so many."""
    if isinstance(entries, EntriesOfOne):
        yield from entries.a_few(number, **told)
    else:
        yield from (each for each in entries.values() if all(getattr(each, name) == told[name] for name in told))


def packed_like(stored: Mapping[str, Any], values: Mapping[str, Value], kind: type[Value]) -> Mapping[str, Value]:
    """Return values by internal id as those of the same people are stored."""
    if isinstance(stored, ById) and not isinstance(values, ById):
        return changed(by_id(kind, stored.ids), values)
    return values


def ids_like(stored: Mapping[str, Any]) -> MutableMapping[str, str]:
    """Return what takes the internal ids of the same people by other texts, such as their NIPs."""
    return IdByText(stored.ids) if isinstance(stored, ById) else {}


def field_of(stored: Mapping[str, Any], who: str, field: str) -> Any:
    """Return one field of somebody's value: one that many share, or a text."""
    return stored.field_of(who, field) if type(stored) is ById else getattr(stored[who], field)


def fields(stored: Mapping[str, Any], *names: str) -> Iterator[tuple[Any, ...]]:
    """Go through some fields of everybody's value, two or more that many share."""
    return stored.fields(*names) if isinstance(stored, ById) else map(attrgetter(*names), stored.values())


def twice(numbers: Iterable[int]) -> set[int]:
    """Return the numbers that come more than once; those of a million people are held in eight bytes each."""
    parts = [array("q") for _ in range(PARTS)]
    for number in numbers:
        parts[number % PARTS].append(number)
    # part by part, so that only one is in hand as whole numbers
    return {one for some in parts for one, next_one in pairwise(sorted(some)) if one == next_one}


def differing(before: Mapping[str, Value], now: Mapping[str, Value]) -> Iterator[tuple[Value | None, Value]]:
    """Yield, of the same people, the values that are others now or new, each with what it was before."""
    if isinstance(now, ById) and isinstance(before, ById) and now.ids is before.ids:
        return now.differing(before)
    if isinstance(now, EntriesOfOne) and isinstance(before, EntriesOfOne):
        return now.differing(before)
    pairs = ((before.get(who), value) for who, value in now.items())
    return ((old, new) for old, new in pairs if old is not new and old != new)
