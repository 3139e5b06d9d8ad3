"""The people of a large course in short: names, numbers and last visits, in large pages of which some are read at once.

Roles and groups are two thirds of what a list costs a site. Who reads otherwise in the short one than before is looked
up; where it cannot be shown to be whole, nothing of it counts.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from itertools import pairwise
from math import ceil

from latsar_sync.domain.errors import RecordRejected
from latsar_sync.moodle import payloads
from latsar_sync.moodle.calls_together import in_parallel
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_lists import OVERLAP
from latsar_sync.moodle.course_pages import listing_call
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.parsing import Listing

FEWEST = 1000
"""People of a course from whom on it is worth leaving roles and groups out of an incremental run."""
PAGE = 15_000
"""Most people of one answer: two seconds of a real site."""
MOST_AT_ONCE = 4
"""Most pages that are asked for at once: their answers are kept, one and a half megabytes each."""

Page = Listing[payloads.EnrolledUser]


def read_short_list(client: MoodleClient, course_id: int, key: str, expected: int) -> CoursePeople | None:
    """Return everybody in a course, of whom ``expected`` people are known; None where that is not shown to be all.

    Pages share people, so who leaves meanwhile hides nobody; the last person by user id stands on the last page.
    """
    work, at_once = partial(_read, client), min(client.at_once, MOST_AT_ONCE)
    pages: list[Page] = []
    for answers in in_parallel(work, list(_calls(course_id, key, expected, at_once)), at_once):
        for answer in answers:
            if isinstance(answer, RecordRejected) or answer.lost or answer.spoiled or not answer.whole:
                return None
            pages.append(answer)
    last = {user.id for user in pages.pop()}
    joined = all({user.id for user in one} & {user.id for user in other} for one, other in pairwise(pages))
    found = CoursePeople()
    for page in pages:
        found.take(page)
    return found if joined and last and last <= found.keys() else None


def mark_of(user_id: int) -> str:
    """Return the fingerprint of an account that is none of ours: whose it is says nothing to anybody."""
    return sha256(f"account {user_id}".encode()).hexdigest()[:12]


def _calls(course_id: int, key: str, expected: int, at_once: int) -> Iterator[list[Arguments]]:
    """Yield what each request asks: a page, and with the last one the last person.

    Where one page is not enough they are alike, and so many that none of those that go out together waits for another.
    """
    overlap = min(OVERLAP, PAGE // 2)
    number = ceil(max(expected, 1) / (PAGE - overlap))
    step = ceil(max(expected, 1) / (number if number == 1 else at_once * ceil(number / at_once)))
    offsets = range(0, max(expected, 1), step)
    last: dict[str, str | int] = {"userfields": "id", "limitnumber": 1, "sortby": "id", "sortdirection": "DESC"}
    for offset in offsets:
        is_last = offset == offsets[-1]
        options: dict[str, str | int] = {
            "userfields": f"id,{key},lastcourseaccess",
            "limitfrom": offset,
            "limitnumber": PAGE if is_last else step + overlap,  # whoever is new stands on the last
            "sortby": "id",
        }
        page = listing_call(course_id, options)
        yield [page, listing_call(course_id, last)] if is_last else [page]


def _read(client: MoodleClient, calls: Sequence[Arguments]) -> list[Page | RecordRejected]:
    return client.read_each(Function.ENROLLED_USERS, payloads.ENROLLED_USERS, calls)
