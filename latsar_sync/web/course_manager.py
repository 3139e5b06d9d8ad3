"""The read-only pages of course managers: who was sent into their in-class course, when and why."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Response

from latsar_sync.domain.account import Account
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings
from latsar_sync.shapes.with_actions import with_actions
from latsar_sync.store import ledger, listings
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Page, PageNumber, SignedIn
from latsar_sync.web.rosters import course_address

ROWS = 100
"""In-class courses on one page."""

router = APIRouter()


@router.get("/classes")
def list_courses(
    context: Context,
    page: Page,
    account: SignedIn,
    course: Annotated[str, Query(max_length=100)] = "",
    number: PageNumber = 1,
) -> Response:
    """List the in-class courses of an account, a page at a time; ``course`` is a part of what they are called."""
    courses = courses_of(context, account)
    sought = course.strip().casefold()
    found = [each for each in courses if sought in f"{each[1].course} {each[1].id} {each[0].title}".casefold()]
    last = max(1, -(-len(found) // ROWS))
    number = min(number, last)
    return page.show(
        "courses.html",
        account,
        courses=found[(number - 1) * ROWS : number * ROWS],
        many=len(courses) > ROWS,
        sought=course,
        query=urlencode({"course": course} if course else {}),
        number=number,
        last=last,
    )


@router.get("/classes/{name}/{angkatan}")
def show_course(context: Context, page: Page, account: SignedIn, name: str, angkatan: str) -> Response:
    """Show who was sent into one in-class course."""
    for programme, one_angkatan in courses_of(context, account):
        if (programme.id, one_angkatan.id) == (name, angkatan):
            break
    else:
        raise HTTPException(404)
    with context.database.reading() as connection:
        known = listings.roster_rows(connection, [name], angkatan)
        rows = with_actions(connection, known, context.settings.zone)
        arrivals = ledger.arrivals(connection, name, angkatan)
    context.note(account, "class", name, len(rows))
    return page.show(
        "course.html",
        account,
        programme=programme,
        angkatan=one_angkatan,
        rows=rows,
        arrivals=arrivals,
        course_address=course_address(context.settings, rows),
    )


def courses_of(context: PageContext, account: Account) -> list[tuple[ProgrammeSettings, AngkatanSettings]]:
    """Return the in-class courses that an account may see, each by its programme and angkatan."""
    return [
        (programme, one_angkatan)
        for programme in context.programmes(account)
        for one_angkatan in programme.angkatan
        if one_angkatan.course is not None and (account.courses is None or course_name(one_angkatan) in account.courses)
    ]


def course_name(angkatan: AngkatanSettings) -> str:
    """Return the name by which an account is bound to an in-class course: ``site/course``."""
    return f"{angkatan.site}/{angkatan.course}"
