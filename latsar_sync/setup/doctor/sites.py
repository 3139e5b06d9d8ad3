"""One site as a whole: does it answer, under which address, to whom, with which functions, by which clock."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from latsar_sync.domain.errors import LatsarError, SiteRefuses
from latsar_sync.domain.language import _, joined
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.error_codes import WRONG_ADDRESS
from latsar_sync.moodle.functions import Function
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.messages import sites_written_on
from latsar_sync.setup.doctor.moodle_marks import functions_of
from latsar_sync.setup.rights import IN_CLASS

CLOCKS_MAY_DIFFER = timedelta(seconds=30)
ATTEMPTS = frozenset({Function.USER_ATTEMPTS, Function.USER_QUIZ_ATTEMPTS})


@dataclass(frozen=True, slots=True)
class Needs:
    """What a site's service must hold for the configured programmes, and what it had better hold."""

    functions: frozenset[Function]
    useful: frozenset[Function] = frozenset()


def needs_of(site: str, programmes: Iterable[ProgrammeSettings]) -> Needs:
    """Return the functions that these programmes call on the site (docs/moodle-setup.md lists the same)."""
    needed, useful = {Function.SITE_INFO}, set[Function]()
    for programme in programmes:
        if programme.source.site == site:
            needed |= {Function.COURSES_BY_FIELD, Function.ENROLLED_USERS}
            if programme.method != "classical":
                needed |= _evidence_functions(programme)
                useful |= {Function.BEST_GRADE, Function.CALL_EXTERNAL_FUNCTIONS}
                useful |= {Function.UPDATES_SINCE, Function.USER_ATTEMPTS}
                if programme.materials.mode == "activities":
                    useful.add(Function.CHECK_UPDATES)
        if any(angkatan.site == site for angkatan in programme.angkatan):
            needed |= {*IN_CLASS.functions} - {Function.CALL_EXTERNAL_FUNCTIONS}
            needed |= functions_of(programme)
            useful.add(Function.CALL_EXTERNAL_FUNCTIONS)
            if programme.accounts.create:
                needed.add(Function.CREATE_USERS)
        if programme.source.site == site and programme.accounts.create:
            useful.add(Function.COURSE_USER_PROFILES)
        if site in sites_written_on(programme):
            needed.add(Function.SEND_MESSAGES)
    return Needs(frozenset(needed), frozenset(useful))


def _evidence_functions(programme: ProgrammeSettings) -> set[Function]:
    needed = {Function.GRADE_ITEMS}
    if programme.materials.mode == "activities":
        needed |= {Function.COURSE_CONTENTS, Function.ACTIVITIES_COMPLETION_STATUS}
    if programme.materials.mode == "course":
        needed.add(Function.COURSE_COMPLETION_STATUS)
    if programme.evaluation is not None and programme.evaluation.basis == "best_attempt":
        needed |= {Function.QUIZZES_BY_COURSES, Function.USER_ATTEMPTS}
    return needed


def examine_site(client: MoodleClient, needs: Needs, clock: Callable[[], datetime]) -> tuple[Page, bool]:
    """Examine a site; the second part says whether it answers, so that its courses can be examined."""
    page = Page(_("site {name} ({url})").format(name=client.name, url=client.url))
    try:
        info = client.site_info()
    except SiteRefuses as error:
        return page, _refused(page, client, error)
    except LatsarError as error:
        page.fail("answers", error.message, error.remedy)
        return page, False
    page.ok("answers", _("Moodle {release} answers; web services and REST are on.").format(release=info.release or "?"))
    _examine_clock(page, client, clock())
    _examine_address(page, client, info)
    page.ok("token", _("The token is accepted; it belongs to {username}.").format(username=info.username))
    if info.userissiteadmin:
        page.warn(
            "account",
            _("{username} is a site administrator: the token may do everything.").format(username=info.username),
            _("Use an account of its own with the role that docs/moodle-setup.md describes."),
        )
    else:
        page.ok("account", _("{username} is not a site administrator.").format(username=info.username))
    _examine_functions(page, client, needs)
    return page, True


def _refused(page: Page, client: MoodleClient, error: SiteRefuses) -> bool:
    """Tell a token that is not let in from a service that only lacks site_info; return whether it is the latter."""
    if error.errorcode == "accessexception":
        try:
            client.read(Function.COURSES_BY_FIELD, payloads.COURSES, {"field": "id", "value": "1"})
        except LatsarError:
            pass  # the first refusal says it all
        else:
            page.fail("functions", _missing(Function.SITE_INFO), _where_to_add())
            return False
    page.fail("token", error.message, error.remedy)
    return False


def _examine_clock(page: Page, client: MoodleClient, now: datetime) -> None:
    if client.site_time is None:
        page.warn(
            "clock",
            _("The site does not tell its time."),
            _("Compare its clock with this computer's by hand; the web server left out the Date header."),
        )
        return
    apart = abs(client.site_time - now)
    seconds = round(apart.total_seconds())
    if apart > CLOCKS_MAY_DIFFER:
        page.warn(
            "clock",
            _("The clocks of the site and of this computer are {seconds} seconds apart.").format(seconds=seconds),
            _("Set both by NTP: admission dates and thresholds are judged by this computer's clock."),
        )
    else:
        page.ok("clock", _("The clocks agree."))


def _examine_address(page: Page, client: MoodleClient, info: payloads.SiteInfo) -> None:
    if info.siteurl.rstrip("/") == client.url:
        page.ok("address", _("The address is the site's own."))
    else:
        page.warn(
            "address",
            _("The site calls itself {siteurl}, the configuration {url}.").format(siteurl=info.siteurl, url=client.url),
            joined(_("Write the site's own address as url."), _(WRONG_ADDRESS)),
        )


def _examine_functions(page: Page, client: MoodleClient, needs: Needs) -> None:
    # either of the two functions that read attempts will do; which one the site has depends on its version
    there = {function for function in needs.functions | ATTEMPTS if client.supports(function)}
    lacking = sorted(
        function for function in needs.functions - there if not (function in ATTEMPTS and there & ATTEMPTS)
    )
    for function in lacking:
        page.fail("functions", _missing(function), _where_to_add())
    if not lacking:
        page.ok(
            "functions", _("The service has all {count} functions that are needed.").format(count=len(needs.functions))
        )
    texts = {
        Function.BEST_GRADE: _("without it the grade to pass cannot be compared with the threshold"),
        Function.CALL_EXTERNAL_FUNCTIONS: _("without it every person costs a request of their own"),
        Function.UPDATES_SINCE: _("without it every run asks again about everybody who is not confirmed"),
        Function.CHECK_UPDATES: _("without it an activity that the account may not view can go unnoticed"),
        Function.COURSE_USER_PROFILES: _("without it the addresses of those who need an account are not known"),
        Function.USER_ATTEMPTS: _("without it every run asks again about everybody who is not confirmed"),
    }
    for function in sorted(needs.useful - needs.functions):
        if not client.supports(function) and not (function in ATTEMPTS and there & ATTEMPTS):
            page.warn("functions", f"{_missing(function)[:-1]}: {texts[function]}.", _where_to_add())


def _missing(function: Function) -> str:
    return _("The service lacks the function {function}.").format(function=function)


def _where_to_add() -> str:
    return _("Add it: Site administration > Server > Web services > External services > Functions > Add functions.")
