"""Who gets which seat by the in-class courses as they were read, and which writes that needs.

It reads and writes nothing: ``rules.order_of_seats`` places, ``rules.entry_against_course`` compares one person with
the course.
"""

from collections.abc import Container, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from itertools import chain

from latsar_sync.domain import many_people
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import ACCOUNT_MISSING, HOLDS_A_SEAT, Entry, EntryState
from latsar_sync.domain.in_class import Angkatan, CourseAsRead, PushKind
from latsar_sync.domain.standings_of_one import Sought, StandingsOfOne
from latsar_sync.rules import whose_account_in_class
from latsar_sync.rules.entry_against_course import as_untold, can_tell, compare_with_course
from latsar_sync.rules.holding_back import hold_back_as_shown, may_be_sent
from latsar_sync.rules.order_of_seats import beyond_capacity
from latsar_sync.rules.removed_by_managers import Sighting, idle_and_gone, was_seen_there
from latsar_sync.rules.who_has_a_seat import (
    NOBODY_THERE,
    InTheGroups,
    Owners,
    others_there,
    seats_taken,
    who_sits_where,
)
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.roster import Roster, entries_by_angkatan
from latsar_sync.run.seats_by_managers import done_by_managers, taken_out

SEAT_IS_SURE = HOLDS_A_SEAT - {EntryState.PLANNED}
"""States whose people keep their seat whoever else is in the course: who is only planned may lose it to them."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody on the way into their in-class course: their entry, and the next write that they need there.

    ``account_key`` is by what the account was found (``Roster.account_key_of``). ``next_write`` is as the course was
    last read, None once nothing lacks: what Moodle took since is noted in the entry alone.
    """

    entry: Entry
    account_key: str
    angkatan: Angkatan
    next_write: PushKind | None


@dataclass(frozen=True, slots=True)
class SeatsGiven:
    """The roster after seats were given and compared with the courses: all entries, and for whom something is sent.

    ``gone`` are those whom some run saw where they are not now: to be enrolled there again, now or once nothing holds
    them back any more, or idle. ``others_there`` is as ``who_has_a_seat`` counts it.
    """

    entries: Mapping[str, Entry]
    entrants: tuple[Entrant, ...]
    gone: tuple[Entry, ...] = ()
    others_there: Mapping[str, int] = field(default_factory=dict)

    def but_for(self, stopped: Mapping[str, Entry]) -> "SeatsGiven":
        """Return the same with these entries, whose people are sent nothing."""
        if not stopped:
            return self
        entrants = tuple(each for each in self.entrants if each.entry.participant_id not in stopped)
        return replace(self, entries=many_people.changed(self.entries, stopped), entrants=entrants)


def give_seats_by_courses(
    roster: Roster, courses: InClassCourses, provisional_changes: Mapping[str, Entry], sightings: Container[Sighting]
) -> SeatsGiven:
    """Give seats to everybody who may have one, compare with the courses as read; return the roster, and who is sent.

    ``provisional_changes`` are the entries that giving seats changed before any course was read: they stay where the
    courses show nothing else. Whoever some run saw in a course (``sightings``) and a manager took out since is not put
    back, and their seat is free: it is given anew, until nobody more is found so.
    """
    managed = done_by_managers(roster, courses)
    given = _one_pass(roster, courses, provisional_changes, managed, sightings)
    while forgotten := taken_out(roster, given.gone, sightings):
        managed = {**forgotten, **managed}
        given = _one_pass(roster, courses, provisional_changes, managed, sightings)
    return given


def _one_pass(
    as_known: Roster,
    courses: InClassCourses,
    provisional_changes: Mapping[str, Entry],
    managed: Mapping[str, Entry],
    sightings: Container[Sighting],
) -> SeatsGiven:
    """Give seats by the courses as read: each entry is held against its course, who is too many in a group waits.

    ``provisional_changes`` are the entries that giving seats changed before the courses were read.

    What managers did there (``managed``) comes before it: whom one put back comes before anybody new, and a seat that
    one made free is given in the same run.
    """
    # give seats again if somebody sits in the groups of whom no entry tells it
    roster = as_known.with_entries(managed)
    in_the_groups = _in_the_groups(roster, courses)
    shown_otherwise = bool(managed) or _shows_otherwise(in_the_groups, roster, provisional_changes)
    seat_changes = roster.seat_changes(in_the_groups) if shown_otherwise else provisional_changes
    roster = replace(roster, entries=_with_seats(roster.entries, seat_changes, courses))

    # then let the courses tell where everybody truly stands, and leave out who cannot be sent after all
    given = _as_courses_show(roster, courses, as_known.entries, sightings)
    given = _one_account_each(roster, given, as_known.entries)
    given = replace(given, others_there=others_there(given.entries, in_the_groups))
    return _within_capacity(roster, courses, given, in_the_groups)


def _in_the_groups(roster: Roster, courses: InClassCourses) -> InTheGroups:
    """Return who sits in the group of each angkatan: who of ours, and how many others."""
    read = courses.each_angkatan()
    if not any(course.enrolled for _, course in read):
        return NOBODY_THERE
    standings = roster.standings
    if isinstance(standings, StandingsOfOne):
        numbers = frozenset(chain.from_iterable(map(_numbers_in, courses.read.values())))
        standings = standings.sought(Sought(numbers=numbers))
        roster.preload(standings)
    by_account_key = whose_account_in_class.owners(standings.values(), many_people.ids_like(standings), roster.entries)
    by_account_key.update(
        {whose_account_in_class.key_of_account(*chosen): who for who, chosen in roster.actions.accounts.items()}
    )
    owners = Owners(by_account_key)
    unknown = owners.strangers(read)
    for each in roster.actions.left_behind:
        owners.note_left_behind(each.site, each.course_id, each.target_user_id, each.participant_id)
    on_them = many_people.among(roster.entries, target_user_id={user_id for _site, user_id in unknown})
    for who, entry in on_them.items():
        if (entry.site, entry.target_user_id) in unknown:
            owners.note_placed(entry.site, entry.target_user_id, who)
    return who_sits_where(read, roster.entries, owners)


def _numbers_in(course: CourseAsRead) -> Iterator[str]:
    """Yield the numbers by which accounts in a course are told."""
    yield from course.accounts
    for by_account in course.nip_by_account.values():
        yield from by_account.values()


def _shows_otherwise(in_the_groups: InTheGroups, roster: Roster, provisional_changes: Mapping[str, Entry]) -> bool:
    """Say whether seats may be given otherwise than before the courses were read: somebody sits there of whom no entry
    told it, be it a single stranger in any of the groups.

    Whoever is planned there, and kept that seat as it is (``provisional_changes`` has nothing of them), takes no other;
    of a run about one participant these tell that of nobody else.
    """

    def has_that_seat(who: str, angkatan: str) -> bool:
        entry = roster.entries.get(who)
        if entry is None or entry.state in SEAT_IS_SURE:
            return entry is not None
        return entry.seat_in == angkatan and roster.only is None and who not in provisional_changes

    sitting_in = in_the_groups.sitting_in.items()
    return any(in_the_groups.taken_besides.values()) or not all(has_that_seat(*each) for each in sitting_in)


def _with_seats(
    before: Mapping[str, Entry], seat_changes: Mapping[str, Entry], courses: InClassCourses
) -> MutableMapping[str, Entry]:
    """Return all entries, with ``seat_changes`` among them: nobody newly in a course that was not read."""
    entries = many_people.changed(before, seat_changes)
    read = {angkatan.id for angkatan, _ in courses.each_angkatan()}
    for who, entry in seat_changes.items():
        if entry.angkatan in read or entry.state is not EntryState.PLANNED:
            continue
        was = before.get(who)
        if was is None:
            del entries[who]
        elif (was.state, was.angkatan) != (entry.state, entry.angkatan):
            entries[who] = was
    return entries


def _as_courses_show(
    roster: Roster, courses: InClassCourses, known_entries: Mapping[str, Entry], sightings: Container[Sighting]
) -> SeatsGiven:
    """Return all entries as the courses show them, for whom something is to be sent and may be, and who is gone.

    Gone from where some run saw them, by ``sightings`` or the entry that was known of them.
    """
    changed = many_people.none_yet(roster.entries)
    entrants, gone = list[Entrant](), list[Entry]()
    by_angkatan, unsettled = entries_by_angkatan(roster.entries, roster.only), roster.enrolment_unsettled
    for angkatan, course in courses.each_angkatan():
        for entry in by_angkatan.get(angkatan.id, ()):
            who, account_key = entry.participant_id, roster.account_key_of(entry.participant_id, course.site)
            outcome = roster.outcome_of(who)
            if outcome is Outcome.UNDETERMINED and entry.origin is None and who not in unsettled:
                continue  # who cannot be told for sure is not looked for
            if not can_tell(course, entry.target_user_id, account_key):
                # nobody is sent, or believed gone, for a record that cannot be read
                if who not in unsettled and (untold := as_untold(entry, account_key, course)) != entry:
                    changed[who] = untold
                continue
            shown, next_write = compare_with_course(entry, account_key, angkatan, course, who in unsettled)
            shown = hold_back_as_shown(shown, next_write, angkatan, roster.placement, outcome)
            if shown != entry:
                changed[who] = shown
            if next_write is not None and account_key is not None and may_be_sent(shown, outcome):
                entrants.append(Entrant(shown, account_key, angkatan, next_write))
            if next_write is PushKind.ENROL and was_seen_there(shown, known_entries.get(who), sightings):
                gone.append(shown)
            elif who not in unsettled and (idle := idle_and_gone(shown, account_key, course, sightings)):
                gone.append(idle)
    return SeatsGiven(many_people.changed(roster.entries, changed), tuple(entrants), tuple(gone))


def _one_account_each(roster: Roster, given: SeatsGiven, known_entries: Mapping[str, Entry]) -> SeatsGiven:
    """Let one of two people who would be seen by one account go to review: never are two confirmed on it."""
    perhaps = given.entries
    if roster.only is not None:  # among these everybody is who holds the same account
        mine = given.entries.get(roster.only)
        held = [mine.target_user_id] if mine is not None and mine.target_user_id is not None else []
        perhaps = many_people.among(given.entries, target_user_id=held)
    twice = whose_account_in_class.taken_twice(perhaps.values(), known_entries, roster.actions.accounts)
    return given.but_for(
        {who: given.entries[who].having(state=EntryState.REVIEW, reason="target_account_taken") for who in twice}
    )


def _within_capacity(
    roster: Roster, courses: InClassCourses, given: SeatsGiven, in_the_groups: InTheGroups
) -> SeatsGiven:
    """Hold back what would put more people into a group than it has seats, however that came about.

    Whoever waits for an account that would be made to be sent is about to be sent too.
    """
    # whoever sits in a group was looked up for that, and is among them
    there = many_people.among(given.entries, angkatan=[angkatan.id for angkatan, _ in courses.each_angkatan()])
    taken, waiting = seats_taken(there, in_the_groups), dict[str, Entry]()
    by_angkatan = entries_by_angkatan(given.entries, roster.only) if roster.placement.makes_accounts else {}
    planned_in: dict[str, list[Entry]] = {}
    for each in given.entrants:
        if each.entry.state is EntryState.PLANNED:
            planned_in.setdefault(each.angkatan.id, []).append(each.entry)
    for angkatan, _course in courses.each_angkatan():
        without = (each for each in by_angkatan.get(angkatan.id, ()) if each.reason == ACCOUNT_MISSING)
        planned = [*planned_in.get(angkatan.id, ()), *(each.having(state=EntryState.PLANNED) for each in without)]
        ready = [(entry, roster.standings[entry.participant_id].score) for entry in planned]
        too_many = beyond_capacity(angkatan.capacity, taken[angkatan.id], ready)
        waiting |= {entry.participant_id: entry for entry in too_many}
    return given.but_for(waiting)
