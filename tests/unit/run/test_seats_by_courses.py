"""Who is sent by what the in-class courses show, each course held against the roster whole (rules 5 and 11)."""

from builders import GROUP_I, Candidate, angkatan, candidate, classroom, placement, seen
from entries import CONFIRMED, MEMBERSHIP, WITHDRAWN

from latsar_sync.domain.entry import REMOVED, Entry, Origin
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead
from latsar_sync.run.in_class_courses import InClassCourses
from latsar_sync.run.roster import Roster
from latsar_sync.run.seats_by_courses import SeatsGiven, give_seats_by_courses


def given(people: tuple[Candidate, ...], entries: tuple[Entry, ...], there: CourseAsRead, one: Angkatan) -> SeatsGiven:
    """Return the seats by a course that one angkatan fills."""
    standings = {each.participant_id: each.standing for each in people}
    roster = Roster((one,), placement(), standings, {each.participant_id: each for each in entries}, ())
    courses = InClassCourses({("kelas", "KLS"): [one]}, {("kelas", "KLS"): there})
    return give_seats_by_courses(roster, courses, roster.seat_changes(), frozenset())


def test_whom_a_manager_put_back_into_the_course_alone_comes_into_the_group_where_a_seat_is_left() -> None:
    """Another person has the seat meanwhile: the service fills no group beyond its seats (rule 11)."""
    was_sent = {"origin": Origin.PUSHED, "site": "kelas", "course_id": 9}
    ani = Entry("ani", WITHDRAWN, "I", reason=REMOVED, target_user_id=501, **was_sent)
    budi = Entry("budi", CONFIRMED, "I", target_user_id=502, group_id=GROUP_I, **was_sent)
    accounts = {"ani": (AccountInClass(501),), "budi": (AccountInClass(502),)}
    there = classroom(seen(501, groups=()), seen(502), accounts=accounts)
    people = candidate("ani", 1), candidate("budi", 2)

    one_seat, two_seats = (given(people, (ani, budi), there, angkatan("I", seats)) for seats in (1, 2))

    assert one_seat.entrants == ()
    assert one_seat.entries["ani"].reason == "over_capacity"
    [back] = two_seats.entrants
    assert (back.entry.participant_id, back.next_write) == ("ani", MEMBERSHIP)
