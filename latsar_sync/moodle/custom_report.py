"""A custom report of the MOOC, and whoever it shows or hides unlike before: those are read as the course shows them."""

from collections.abc import Collection, Sequence

from latsar_sync.domain.errors import RecordRejected, SiteRefuses
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import number_form
from latsar_sync.moodle import payloads
from latsar_sync.moodle.accounts_by_nip import VALUES_A_CALL, carried_in
from latsar_sync.moodle.calls_together import chunks
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_people import CoursePeople
from latsar_sync.moodle.course_profiles import participants_of, read_profiles
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.rules.report_rows import Cells

ROWS = 100_000
"""Rows of one page: no limit was met; a report of more people is not read."""
NEEDED = (Function.USERS_BY_FIELD, Function.COURSE_USER_PROFILES)
"""What the service must hold besides, so that a report can stand in for the list of people."""


def report_call(report_id: int, page: int = 0, rows: int = ROWS) -> Arguments:
    """Return the arguments that ask for a page of a report, or for all its rows."""
    return {"reportid": report_id, "page": page, "perpage": rows}


def read_report(client: MoodleClient, report_id: int) -> payloads.ReportRows:
    """Return the rows of a report, all of them. Raise SiteRefuses with the way to mend it where that cannot be."""
    found = read_page(client, report_id)
    if found.totalrowcount > len(found.rows):
        raise SiteRefuses(
            _("{name}: the report {number} shows {rows} of its {total} rows.").format(
                name=client.name, number=report_id, rows=len(found.rows), total=found.totalrowcount
            ),
            _("Narrow its conditions to the participants of one course."),
        )
    return found


def read_page(client: MoodleClient, report_id: int, page: int = 0, rows: int = ROWS) -> payloads.ReportRows:
    """Return a page of so many rows, counted from 0. Raise SiteRefuses as ``read_report``."""
    try:
        return client.read(Function.RETRIEVE_REPORT, payloads.REPORT, report_call(report_id, page, rows)).data
    except (RecordRejected, SiteRefuses) as error:
        if error.errorcode == "errorreportview":
            raise SiteRefuses(
                _("{name}: the account may not see the report {number}.").format(name=client.name, number=report_id),
                _(
                    "Put the service account into the report's audience, and see that custom reports are on (Site "
                    "administration > General > Advanced features)."
                ),
                error.errorcode,
            ) from None
        if isinstance(error, SiteRefuses):
            raise
        raise SiteRefuses(
            _("{name}: there is no report {number}.").format(name=client.name, number=report_id),
            _("Take its number from the address of the report's page (docs/moodle-setup.md)."),
            error.errorcode,
        ) from None


def cells_of(found: payloads.ReportRows) -> list[Cells]:
    """Return the rows of a report as cells."""
    return [row.columns for row in found.rows]


def look_up(
    client: MoodleClient,
    course_id: int,
    key: str,
    roles: Collection[str],
    strange: Sequence[str],
    user_ids: Collection[int],
) -> CoursePeople:
    """Return those of ``user_ids``, and of the accounts that carry one of ``strange`` in their field ``key``, who hold
    one of the roles in the course. ``spoiled`` says of whom that could not be read.
    """
    wanted, accounts = {number_form(each) for each in strange}, set(user_ids)
    for values in chunks(list(strange), VALUES_A_CALL):
        arguments: Arguments = {"field": key, "values": list(values)}
        found = client.read(Function.USERS_BY_FIELD, payloads.USERS, arguments)
        accounts |= {user.id for user in found if carried_in(user, key) in wanted}
    profiles, unread = read_profiles(client, course_id, accounts)
    people = CoursePeople()
    people.update(participants_of(profiles, roles))
    people.spoiled.update(unread)
    return people
