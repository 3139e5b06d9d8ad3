"""Confirming pushes by reading the course again: not an answer of Moodle proves them, but who is there (rule 7)."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from latsar_sync.domain.in_class import PushKind, PushState, TargetCourse
from latsar_sync.rules.confirming import can_tell
from latsar_sync.store.pushes import Push, open_pushes, settle


def settle_by_reading(
    connection: Connection, programme: str, courses: Iterable[TargetCourse], now: datetime, run_id: int | None = None
) -> None:
    """Given courses just read, record of every open push into them whether what it sent is there.

    What the run ``run_id`` itself sent and is not there stays open: Moodle may still be at it. A later run tells.
    """
    read = {(course.site, course.course_id): course for course in courses}
    there: list[int] = []
    absent: list[int] = []
    for each in open_pushes(connection, programme):
        course = read.get((each.push.site, each.push.course_id))
        if course is None or not can_tell(course, each.push.target_user_id):
            continue
        if _arrived(each.push, course):
            there.append(each.id)
        elif each.run_id != run_id:
            absent.append(each.id)
    settle(connection, there, PushState.CONFIRMED, now)
    settle(connection, absent, PushState.ABSENT, now)


def _arrived(push: Push, course: TargetCourse) -> bool:
    if push.kind is PushKind.GROUP:
        return push.subject in course.groups
    person = course.enrolled.get(push.target_user_id or 0)
    return person is not None and (push.kind is PushKind.ENROL or push.group_id in person.group_ids)
