"""What an HTTP status means where Moodle says nothing itself: which answers pass, and are asked again after which wait.

Those are of ``SiteUnavailable``; how often and within which time they are repeated is in ``transport``. Pure.
"""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from latsar_sync.domain.errors import LatsarError, NoMoodleThere, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _, mark
from latsar_sync.moodle import body_kinds
from latsar_sync.moodle.error_codes import COMES_BACK, WRONG_ADDRESS

LONGEST_WAIT = 86_400.0
"""Seconds that a site may ask to be left alone: a day (``store/site_health.py`` leaves none alone for longer)."""
NETWORK_SIGN_IN = 511
"""The status of a network that lets nobody through before they sign in (RFC 6585): the site was not asked."""
FATAL = "http500"
"""Our own code, none of Moodle's: the site broke off."""
SIGN_IN = mark(
    "Something before Moodle wants somebody to sign in (the portal of a network, a sign-on proxy), or `url` leads to "
    "Moodle's login page. Opened from this machine, `url` with /webservice/rest/server.php behind it must answer with "
    "an error of Moodle."
)
LET_THROUGH = mark(
    "A web server, firewall or proxy before Moodle refuses POST /webservice/rest/server.php: its admin must let this "
    "machine through to that address."
)
CLOSED = mark(
    "The site says that it is closed for a while, as Moodle does in maintenance mode and during an upgrade; the next "
    "run tries again."
)


def by_status(where: str, status: int, headers: Mapping[str, str], body: bytes) -> LatsarError:
    """Given an answer of another status than 200 or 3xx, without an exception of Moodle's, produce the error for it."""
    kind = body_kinds.kind_of(body)
    message = f"{where}: HTTP {status}."
    if sentence := body_kinds.sentence_of(body):
        message = f'{where}: HTTP {status}, "{sentence}".'
    elif kind != "nothing":
        message = _("{where}: HTTP {status} with {kind}.").format(
            where=where, status=status, kind=body_kinds.kind_words(kind)
        )
    if status in (404, 405, 410):
        return NoMoodleThere(message, _(SIGN_IN) if kind == "sign_in" else _(WRONG_ADDRESS))
    if status == NETWORK_SIGN_IN:
        return NoMoodleThere(message, _(SIGN_IN))
    if status in (408, 425, 429) or status >= 500:
        remedy = _("The site asks for fewer calls.") if status == 429 else _(COMES_BACK)
        code, wait = FATAL if status == 500 else "", _retry_after(headers)
        if kind == "closed" or (status == 503 and wait is not None):
            remedy = _(CLOSED)
        return SiteUnavailable(message, remedy, retry_after=wait, errorcode=code)
    if kind == "sign_in":
        return NoMoodleThere(message, _(SIGN_IN))
    if status == 403 and kind == "nothing":
        return SiteRefuses(
            message,
            _(
                "Web services or the REST protocol are off: Site administration > General > Advanced "
                "features > Enable web services; Site administration > Server > Web services > Manage "
                "protocols."
            ),
        )
    return SiteRefuses(message, _(LET_THROUGH))


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by ``Retry-After``, None where it says nothing sensible: RFC 9110 knows whole seconds and a date.

    The date form is measured from the answer's own ``Date``. More than ``LONGEST_WAIT`` is no wait but a mistake.
    """
    asked = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", asked):
        seconds = float(asked)
    else:
        try:
            until, since = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("Date", ""))
            seconds = max(0.0, (until - since).total_seconds())
        except (TypeError, ValueError, OverflowError):
            return None
    return seconds if seconds <= LONGEST_WAIT else None
