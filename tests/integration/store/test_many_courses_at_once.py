"""Who fills which group and who was seen in a course, written for many courses at once on both databases (rule 22)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from latsar_sync.domain.in_class import CourseAsRead, Enrolled
from latsar_sync.rules.filled_courses import FilledCourse
from latsar_sync.store import sightings
from latsar_sync.store.database import Database
from latsar_sync.store.filled_courses import claim_courses, load_filled_courses, save_filled_courses

NOON = datetime(2026, 8, 17, 12, tzinfo=UTC)


def filled(number: int, address: str) -> FilledCourse:
    return FilledCourse(
        f"Angkatan {number}", "kelas", address, number, f"KLS-{number}", 70 + number, f"latsar:{number}", 0
    )


def course(number: int, *people: int) -> CourseAsRead:
    return CourseAsRead("kelas", number, f"KLS-{number}", {who: Enrolled(who, True) for who in people})


def test_of_many_groups_claimed_at_once_only_that_of_another_programme_is_refused(module_database: Database) -> None:
    mine, theirs, address = uuid4().hex, uuid4().hex, f"https://{uuid4().hex}.example"
    wanted = [filled(number, address) for number in range(1, 6)]
    with module_database.writing() as connection:
        assert claim_courses(connection, theirs, [replace(wanted[2], angkatan="Z")], NOON) == {}

        assert claim_courses(connection, mine, wanted, NOON) == {"Angkatan 3": (theirs, "Z")}

        assert load_filled_courses(connection, mine) == {
            each.angkatan: each for each in wanted if each.angkatan != "Angkatan 3"
        }


def test_groups_that_two_angkatan_exchange_and_a_new_one_are_written_together(module_database: Database) -> None:
    mine, address = uuid4().hex, f"https://{uuid4().hex}.example"
    first, second, third = (filled(number, address) for number in range(1, 4))
    exchanged = [replace(first, group_id=second.group_id, course_id=2), replace(second, group_id=71, course_id=1)]
    with module_database.writing() as connection:
        save_filled_courses(connection, mine, [first, second], NOON)
        save_filled_courses(connection, mine, [replace(each, group_id=None) for each in exchanged], NOON)

        assert claim_courses(connection, mine, [*exchanged, third], NOON) == {}

        assert load_filled_courses(connection, mine) == {each.angkatan: each for each in [*exchanged, third]}


def test_whoever_was_seen_in_one_of_many_courses_is_written_down_once(module_database: Database) -> None:
    programme, address = uuid4().hex, f"https://{uuid4().hex}.example"
    addresses = {"kelas": address}
    with module_database.writing() as connection:
        sightings.note_seen(connection, programme, addresses, [course(1, 10, 11), course(2), course(3, 10)], NOON)
        later = NOON + timedelta(days=1)
        sightings.note_seen(connection, programme, addresses, [course(1, 11, 12), course(2, 10)], later)

        assert sightings.seen_before(connection, programme, {"kelas": address}) == {
            ("kelas", 1, 10),
            ("kelas", 1, 11),
            ("kelas", 1, 12),
            ("kelas", 2, 10),
            ("kelas", 3, 10),
        }
