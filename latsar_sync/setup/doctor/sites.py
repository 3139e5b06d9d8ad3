"""One site as a whole: does it answer, under which address, to whom, by which clock; with which ``functions``."""

from collections.abc import Callable
from datetime import datetime, timedelta

from latsar_sync.domain.errors import LatsarError, SiteRefuses
from latsar_sync.domain.language import _, joined
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.error_codes import WRONG_ADDRESS
from latsar_sync.moodle.functions import Function
from latsar_sync.setup.checks import Page
from latsar_sync.setup.doctor.functions import Needs, examine_functions, missing, where_to_add

CLOCKS_MAY_DIFFER = timedelta(seconds=30)


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
    examine_functions(page, client, needs)
    return page, True


def _refused(page: Page, client: MoodleClient, error: SiteRefuses) -> bool:
    """Tell a token that is not let in from a service that only lacks site_info; return whether it is the latter."""
    if error.errorcode == "accessexception":
        try:
            client.read(Function.COURSES_BY_FIELD, payloads.COURSES, {"field": "id", "value": "1"})
        except LatsarError:
            pass  # the first refusal says it all
        else:
            page.fail("functions", missing(Function.SITE_INFO), where_to_add())
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
