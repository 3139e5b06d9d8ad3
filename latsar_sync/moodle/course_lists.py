"""Reading who is in a course, of the MOOC or in class: whole, or known not to be (rules 4 and 20)."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from latsar_sync.domain.errors import RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_pages import MOST_ASIDE, ListPages, listing_call
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.parsing import Listing
from latsar_sync.moodle.spoiled_records import spoils

PAGE = 5000
"""People of one answer: four seconds on the site that was measured."""
BEHIND_A_SHORT_PAGE = 3
OVERLAP = 50
"""People whom a full page shares with the one before: so many may leave the course between two requests."""
MOST_PEOPLE = 1_000_000
"""No course has more: a list that goes on is none."""


@dataclass(frozen=True, slots=True)
class Part:
    """A list of a course's people: what is asked of them, and by which options whom it is about."""

    fields: str
    options: Mapping[str, str | int] = dataclasses.field(default_factory=dict)


def first_calls(course_id: int, parts: Iterable[Part]) -> list[Arguments]:
    """Return what is asked of each list first: its beginning, and its last person, who shows whether that was all."""
    calls = []
    for part in parts:
        beginning: dict[str, str | int] = {
            "userfields": part.fields,
            "limitfrom": 0,
            "limitnumber": PAGE,
            "sortby": "id",
        }
        last: dict[str, str | int] = {"userfields": "id", "limitnumber": 1, "sortby": "id", "sortdirection": "DESC"}
        calls += [listing_call(course_id, {**each, **part.options}) for each in (beginning, last)]
    return calls


def read_lists(client: MoodleClient, course_id: int, parts: Sequence[Part]) -> list[CoursePeople]:
    """Return the people of each list by user id, all lists in one request where the service can.

    A list whose beginning does not hold its last person goes on, or is hidden in part, and is read page by page.
    """
    if not client.supports(Function.CALL_EXTERNAL_FUNCTIONS):
        return [_read_by_pages(client, course_id, part) for part in parts]
    answers: list[Listing[payloads.EnrolledUser] | RecordRejected]
    asked = first_calls(course_id, parts)
    try:
        answers = client.read_each(Function.ENROLLED_USERS, payloads.ENROLLED_USERS, asked)
    except (SiteRefuses, SiteUnavailable) as error:
        if not spoils(error):
            raise
        answers = [RecordRejected(error.message, error.remedy, error.errorcode) for _each in asked]
    found = []
    for part, beginning, last in zip(parts, answers[::2], answers[1::2], strict=True):
        people = CoursePeople()
        if isinstance(beginning, RecordRejected):
            people = _read_by_pages(client, course_id, part)
        else:
            people.take(beginning)
            if not _came_to_its_end(people, last):
                people = _read_by_pages(client, course_id, part, beginning)
        found.append(people)
    return found


def _came_to_its_end(people: CoursePeople, last: Listing[payloads.EnrolledUser] | RecordRejected) -> bool:
    if isinstance(last, RecordRejected) or len(people) >= PAGE or not people.whole:
        return False
    return {user.id for user in last} <= people.keys() and bool(last) == bool(people)


def read_enrolled(client: MoodleClient, course_id: int, fields: str, **options: str | int) -> CoursePeople:
    """Return everybody in a course by user id, page by page."""
    return _read_by_pages(client, course_id, Part(fields, options))


def _read_by_pages(
    client: MoodleClient, course_id: int, part: Part, beginning: Listing[payloads.EnrolledUser] | None = None
) -> CoursePeople:
    """Return everybody of a list by user id, page by page; ``beginning`` is the first page, if it was read.

    Each page begins with somebody of the page before: so who leaves the course meanwhile hides nobody else. A short
    page may be a capped one, or one from which people were dropped whom the account may not see (Moodle
    ``enrol/externallib.php``): the list has ended when a page shows nobody but its last person. Where pages bring
    nobody new and yet do not end, or do not join, the reading is not ``whole``.
    """
    found = CoursePeople()
    read = ListPages(client, course_id, part.fields, part.options, found.nameless)
    size = max(2, PAGE)
    overlap = min(OVERLAP, size // 2)
    offset, back, wanted = 0, overlap, size
    while True:
        page, beginning = beginning or read.page(offset, wanted), None
        joined = offset == 0 or not page or any(user.id in found for user in page)
        if not joined:  # more people left than pages overlap: look for the seam further back
            back *= 8
            if back > 8 * size:
                found.whole = False
            else:
                offset = max(0, offset - back)
                continue
        last = max(found, default=None)
        if found.take(page) and len(found) < MOST_PEOPLE:
            back = overlap
            rows = len(page) + page.lost
            full = rows >= wanted
            offset += rows - (overlap if full else 1)
            wanted = size if full else BEHIND_A_SHORT_PAGE * size  # one look behind whoever may be hidden
            continue
        # people before the seam are hidden from the account; or the site answers the same for every page
        if page and (len(page) > 1 or page[0].id != last) and not _ends(read, found, offset):
            found.whole = False
        if len(found) == 1 and page and found.take(read.page(1, size)):
            found.whole = False  # one person a page: none shows what the one before did, so nothing joins
        return found


def _ends(read: "ListPages", found: CoursePeople, offset: int) -> bool:
    """Say whether nobody comes behind a window in which nobody was new; whoever does is taken."""
    while len(found) < MOST_PEOPLE:
        offset += PAGE
        page = read.page(offset, PAGE)
        if not page and not page.lost:
            return True
        if not found.take(page):
            return False
    return False


def read_again(
    client: MoodleClient,
    course_id: int,
    fields: str,
    user_ids: Collection[int],
    groups: Collection[int],
    **options: int,
) -> dict[int, payloads.EnrolledUser]:
    """Look for people who were not in a list in those of their groups, before they are believed gone (rule 4).

    Asked of so few and so few groups only that they are none of those cases for which there are guards.
    """
    found: dict[int, payloads.EnrolledUser] = {}
    if not user_ids or len(user_ids) > MOST_ASIDE:
        return found
    parts = [Part(fields, {"groupid": group, **options}) for group in sorted(groups)[:MOST_ASIDE]]
    # without the right to ask by group the list itself is all there is
    with suppress(SiteRefuses, RecordRejected):
        for members in read_lists(client, course_id, parts):
            found |= {user_id: members[user_id] for user_id in user_ids if user_id in members}
    return found


def look_for(
    client: MoodleClient, course_id: int, fields: str, enrolled: CoursePeople, expected: Mapping[int, tuple[str, ...]]
) -> None:
    """Add to the list whoever was expected in it and shows in a group only."""
    missing = expected.keys() - enrolled.keys()
    if missing and enrolled:
        names = {name for user_id in missing for name in expected[user_id]}
        groups = {group.id for user in enrolled.values() for group in user.groups if group.name in names}
        enrolled.update(read_again(client, course_id, fields, missing, groups))
