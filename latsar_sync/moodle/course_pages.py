"""The pages of a list of people of a course, as they were read so far (rules 4 and 20)."""

from collections.abc import Mapping
from contextlib import suppress

from latsar_sync.domain.errors import LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.answers import UNREADABLE
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.parsing import Listing
from latsar_sync.moodle.spoiled_records import spoils_a_list

MOST_ASIDE = 20
"""People who spoil every list that they are in: beyond that it is the site."""


def listing_call(course_id: int, options: Mapping[str, str | int]) -> Arguments:
    """Return the arguments that ask for people of a course by these options."""
    return {"courseid": course_id, "options": [{"name": name, "value": value} for name, value in options.items()]}


class ListPages:
    """Reads pages of one list; one that somebody spoils is halved until that person stands alone."""

    def __init__(
        self,
        client: MoodleClient,
        course_id: int,
        fields: str,
        options: Mapping[str, str | int],
        nameless: list[str],
    ) -> None:
        self._client = client
        self._course_id = course_id
        self._fields = fields
        self._options = options
        self._aside = 0
        self._nameless = nameless

    def page(self, offset: int, size: int) -> Listing[payloads.EnrolledUser]:
        """Return a page. Raise the site's error if it is not that of a few people."""
        try:
            return self._ask(offset, size, self._fields, patient=True)
        except (RecordRejected, SiteRefuses, SiteUnavailable) as error:
            if not spoils_a_list(error):
                raise
            try:
                self._ask(offset, 1, self._fields, patient=False)
            except (RecordRejected, SiteRefuses, SiteUnavailable):
                # the first may be the one; if the next fails too it is the site
                self._ask(offset + 1, 1, self._fields, patient=False)
            return self._halved(offset, size, error)

    def _halved(
        self, offset: int, size: int, error: RecordRejected | SiteRefuses | SiteUnavailable
    ) -> Listing[payloads.EnrolledUser]:
        if size == 1:
            return self._alone(offset, error)
        found: Listing[payloads.EnrolledUser] = Listing()
        for start, count in ((offset, size // 2), (offset + size // 2, size - size // 2)):
            try:
                part = self._ask(start, count, self._fields, patient=count == 1)
            except (RecordRejected, SiteRefuses, SiteUnavailable) as problem:
                if not spoils_a_list(problem):
                    raise
                part = self._halved(start, count, problem)
            found.extend(part)
            found.spoiled |= part.spoiled
            found.lost += part.lost
            if not part and not part.lost:
                break  # the list ends here
        return found

    def _alone(
        self, offset: int, error: RecordRejected | SiteRefuses | SiteUnavailable
    ) -> Listing[payloads.EnrolledUser]:
        """Ask for less about the person who spoils every list; who cannot be told from others is lost."""
        self._aside += 1
        if self._aside > MOST_ASIDE:
            raise error
        found: Listing[payloads.EnrolledUser] = Listing()
        try:
            found = self._ask(offset, 1, "id", patient=False)
        except (RecordRejected, SiteRefuses, SiteUnavailable):
            found.lost = 1
            place = _("the first one")
            with suppress(LatsarError):
                before = self._ask(offset - 1, 1, "id", patient=False) if offset else ()
                place = _("behind the account {user_id}").format(user_id=before[0].id) if before else place
            self._nameless.append(f"{place}: {error.errorcode or UNREADABLE}")
        for user in found:
            found.spoiled.setdefault(user.id, error.errorcode or UNREADABLE)
        return found

    def _ask(self, offset: int, size: int, fields: str, *, patient: bool) -> Listing[payloads.EnrolledUser]:
        options = {"userfields": fields, "limitfrom": offset, "limitnumber": size, "sortby": "id", **self._options}
        arguments = listing_call(self._course_id, options)
        once = {} if patient else {"patient": False}
        page = self._client.read(Function.ENROLLED_USERS, payloads.ENROLLED_USERS, arguments, **once)
        return page if isinstance(page, Listing) else Listing(page)
