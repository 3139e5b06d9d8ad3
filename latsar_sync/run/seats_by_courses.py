"""Who gets which seat by the in-class courses as they were read, and which writes that needs.

It reads and writes nothing: ``rules.order_of_seats`` places, ``rules.entry_against_course`` compares one person with
the course.
"""

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from itertools import chain

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Entry, EntryState
from latsar_sync.domain.in_class import Angkatan, CourseAsRead, PushKind
from latsar_sync.domain.known_people import Sought, StandingsOfOne
from latsar_sync.rules import account_in_class, who_has_a_seat
from latsar_sync.rules.entry_against_course import can_tell, compare_with_course
from latsar_sync.rules.order_of_seats import beyond_capacity
from latsar_sync.rules.removed_unbeknown import Sighting, was_there
from latsar_sync.rules.why_not_sent import NOT_SENT, UNCLEAR_WHO, say_why_not_sent
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.roster import Roster, entries_by_angkatan
from latsar_sync.run.seats_by_managers import done_by_managers, taken_out

MISSING = "target_account_missing"
NOT_TO_BE_SENT = frozenset({Outcome.UNDETERMINED, Outcome.HELD})
"""Of whom this was decided nothing more is sent, also where Moodle has taken the enrolment and the group lacks yet."""
SETTLED = frozenset({EntryState.PUSHED, EntryState.CONFIRMED, EntryState.REVIEW})
"""States whose people keep their seat whoever else is in the course."""


@dataclass(frozen=True, slots=True)
class NeededPush:
    """One write that an entry needs, with what it takes to make it.

    ``account_key`` is by what the account was found (``Roster.account_key_of``). While it is pushed, ``lacks`` is what
    lacked when the course was last read: None once nothing does any more.
    """

    entry: Entry
    account_key: str
    angkatan: Angkatan
    lacks: PushKind | None


@dataclass(frozen=True, slots=True)
class Placed:
    """The roster after placement and comparison with the courses: all entries, and the writes that they need.

    ``seen_before`` are to be enrolled where they were seen before, now or once nothing holds them back any more.
    """

    entries: Mapping[str, Entry]
    needed: tuple[NeededPush, ...]
    seen_before: tuple[Entry, ...] = ()


def place_by_courses(
    roster: Roster, courses: InClassCourses, provisional: Mapping[str, Entry], sightings: Collection[Sighting]
) -> Placed:
    """Place everybody who may be placed, compare with the courses as read, and return the roster and the writes.

    ``provisional`` are the entries that placing changed before any course was read: they stay where the courses show
    nothing else. Whoever some run saw in a course (``sightings``) and a manager took out since is not put back, and
    their seat is free: it is given anew, until nobody more is found so.
    """
    managed = done_by_managers(roster, courses)
    placed = _place_once(roster, courses, provisional, managed, sightings)
    while forgotten := taken_out(roster, placed.seen_before, sightings):
        managed = {**forgotten, **managed}
        placed = _place_once(roster, courses, provisional, managed, sightings)
    return placed


def _place_once(
    roster: Roster,
    courses: InClassCourses,
    provisional: Mapping[str, Entry],
    managed: Mapping[str, Entry],
    sightings: Collection[Sighting],
) -> Placed:
    """Place by the courses as read, after what managers did there (``managed``).

    Whom a manager put back comes before anybody new, and a seat that one made free is given in the same run.
    """
    roster_now = roster.with_entries(managed)  # in ``roster`` entries stay as they were recorded
    before = roster_now.entries
    taken_by_others, seated = _in_the_groups(roster, courses, before)
    newly_seated = any(who not in before or before[who].state not in SETTLED for who in seated)
    shown_otherwise = managed or newly_seated or any(taken_by_others.values())
    changed = roster_now.place_everybody(taken_by_others, seated) if shown_otherwise else provisional
    entries = many_people.changed(before, changed)
    # nobody is newly placed in a course that was not read
    read = {angkatan.id for angkatan, _ in courses.each_angkatan()}
    for who, entry in changed.items():
        if entry.angkatan in read or entry.state is not EntryState.PLANNED:
            continue
        was = before.get(who)
        if was is None:
            del entries[who]
        elif (was.state, was.angkatan) != (entry.state, entry.angkatan):
            entries[who] = was
    # who of them is in the course already, and what the others need to get there
    needed, seen_before = _compare_with_courses(roster, courses, entries, sightings)
    for who in account_in_class.taken_twice(entries.values(), roster.entries, roster.actions.accounts):
        entries[who] = entries[who].having(state=EntryState.REVIEW, reason="target_account_taken")
        needed = [each for each in needed if each.entry.participant_id != who]
    taken = who_has_a_seat.seats_taken(entries, taken_by_others, seated)
    return _within_capacity(roster, courses, Placed(entries, tuple(needed), tuple(seen_before)), taken)


def _in_the_groups(
    roster: Roster, courses: InClassCourses, entries: Mapping[str, Entry]
) -> tuple[dict[str, int], dict[str, str]]:
    """Count who takes a seat in each angkatan's group besides those placed there; return which participants are in."""
    read = courses.each_angkatan()
    if not any(course.enrolled for _, course in read):
        return {}, {}
    standings = roster.standings
    if isinstance(standings, StandingsOfOne):
        numbers = frozenset(chain.from_iterable(map(_numbers_in, courses.read.values())))
        standings = standings.sought(Sought(numbers=numbers))
    by_key = account_in_class.owners(standings.values(), many_people.ids_like(standings))
    chosen = roster.actions.accounts
    by_key.update({account_in_class.key_of_account(user_id): who for who, (_site, user_id) in chosen.items()})
    owners = who_has_a_seat.Owners(by_key)
    unknown = owners.strangers(read)
    for each in roster.actions.left_behind:
        owners.note_left(each.site, each.course_id, each.target_user_id, each.participant_id)
    for who, entry in entries.items():
        if (entry.site, entry.target_user_id) in unknown:
            owners.note_placed(entry.site, entry.target_user_id, who)
    return who_has_a_seat.who_sits_where(read, entries, owners)


def _numbers_in(course: CourseAsRead) -> Iterator[str]:
    """Yield the numbers by which accounts in a course are told."""
    yield from course.accounts
    for by_account in course.carried.values():
        yield from by_account.values()


def _compare_with_courses(
    roster: Roster,
    courses: InClassCourses,
    entries: MutableMapping[str, Entry],
    sightings: Collection[Sighting],
) -> tuple[list[NeededPush], list[Entry]]:
    """Let ``entries`` tell where everybody truly stands; return the writes that are needed and allowed.

    With them whoever is to be enrolled, allowed or not yet, where some run saw them (``sightings``).
    """
    by_angkatan, needed, seen_before = entries_by_angkatan(entries, roster.only), list[NeededPush](), list[Entry]()
    sent = roster.enrolment_sent
    for angkatan, course in courses.each_angkatan():
        for entry in by_angkatan.get(angkatan.id, ()):
            who, key = entry.participant_id, roster.account_key_of(entry.participant_id)
            outcome = roster.outcome_of(who)
            if outcome is Outcome.UNDETERMINED and entry.origin is None and who not in sent:
                continue  # who cannot be told for sure is not looked for
            if not can_tell(course, entry.target_user_id, key):
                continue  # nobody is sent, or believed gone, for a record that cannot be read
            compared, lacks = compare_with_course(entry, key, angkatan, course, who in sent)
            if compared.state is EntryState.PLANNED:
                compared = say_why_not_sent(compared, angkatan, roster.placement, outcome)
            elif compared.reason == MISSING:
                # an account is made for whom it would be used: who would not be sent yet waits for that first
                held = say_why_not_sent(
                    compared.having(state=EntryState.PLANNED, reason=None), angkatan, roster.placement, outcome
                )
                waits = held.reason in (NOT_SENT if roster.placement.makes_accounts else UNCLEAR_WHO)
                compared = held if waits else compared
            if compared != entry:
                entries[who] = compared
            if lacks is PushKind.ENROL and was_there(compared, roster.entries.get(who), sightings):
                seen_before.append(compared)
            may_be_sent = outcome not in NOT_TO_BE_SENT and compared.reason not in NOT_SENT
            if lacks is not None and key is not None and may_be_sent:
                needed.append(NeededPush(compared, key, angkatan, lacks))
    return needed, seen_before


def _within_capacity(roster: Roster, courses: InClassCourses, placed: Placed, taken: Mapping[str, int]) -> Placed:
    """Hold back what would put more people into a group than it has seats, however that came about.

    Whoever waits for an account that would be made to be sent is about to be sent too.
    """
    waiting: dict[str, Entry] = {}
    by_angkatan = entries_by_angkatan(placed.entries, roster.only) if roster.placement.makes_accounts else {}
    planned_in: dict[str, list[Entry]] = {}
    for each in placed.needed:
        if each.entry.state is EntryState.PLANNED:
            planned_in.setdefault(each.angkatan.id, []).append(each.entry)
    for angkatan, _course in courses.each_angkatan():
        planned = planned_in.get(angkatan.id, [])
        without = (each for each in by_angkatan.get(angkatan.id, ()) if each.reason == MISSING)
        planned += [each.having(state=EntryState.PLANNED) for each in without]
        ready = [(entry, roster.standings[entry.participant_id].score) for entry in planned]
        held = beyond_capacity(angkatan.capacity, taken[angkatan.id], ready)
        waiting |= {entry.participant_id: entry for entry in held}
    if not waiting:
        return placed
    left = tuple(each for each in placed.needed if each.entry.participant_id not in waiting)
    return Placed(many_people.changed(placed.entries, waiting), left, placed.seen_before)
