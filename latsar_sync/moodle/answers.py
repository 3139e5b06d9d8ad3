"""Understanding an answer: the body of a success, or an error sorted by what somebody must do about it.

Pure: status, headers and body in, body or error out. Moodle answers nearly every failure with HTTP 200, so the
body decides (trap 41); its ``errorcode`` is the stable part, class names and messages move (trap 45).
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from latsar_sync.errors import ConfigurationError, LatsarError, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.moodle.payloads import Shape

T = TypeVar("T")

WRONG_ADDRESS = (
    "`url` must be the site's exact wwwroot (scheme, host, port and path, as in its config.php); if it is, a firewall, "
    "proxy or login page answers in the site's place."
)
_COMES_BACK = "Nothing to do if it passes; if it stays, the site's web server and PHP logs tell why."
_ROLE = "(Site administration > Users > Permissions > Define roles; the role must be assigned in that course)"
_SERVICES = "Site administration > Server > Web services > External services"
_TOKENS = "Site administration > Server > Web services > Manage tokens"
_ACCOUNT = "Mend the service account (Site administration > Users > Accounts > Browse list of users): "


def _allow(*capabilities: str) -> str:
    return f"Allow {' and '.join(capabilities)} in the service account's role {_ROLE}."


ErrorKind = type[SiteUnavailable] | type[SiteRefuses] | type[RecordRejected]

RULES: Mapping[str, tuple[ErrorKind, str]] = {
    # it passes by itself
    "sitemaintenance": (SiteUnavailable, "The site is in maintenance mode; the next run tries again."),
    "upgraderunning": (SiteUnavailable, "The site is being upgraded; the next run tries again."),
    "dbconnectionfailed": (SiteUnavailable, "The site has lost its database; its admin should look if it stays."),
    "dmlreadexception": (SiteUnavailable, _COMES_BACK),
    "dmlwriteexception": (SiteUnavailable, "Two grade calculations met; it passes. " + _COMES_BACK),
    "dmltransactionexception": (SiteUnavailable, _COMES_BACK),
    "locktimeout": (SiteUnavailable, _COMES_BACK),
    "gradesneedregrading": (SiteUnavailable, "The gradebook is being calculated; the next run tries again."),
    # token and service
    "invalidtoken": (
        SiteRefuses,
        "The token is mistyped, was deleted, or expired (Moodle deletes an expired token at its next use): make a new "
        f"one at {_TOKENS}. If the token is right, the request was larger than the site's PHP post_max_size.",
    ),
    "accessexception": (
        SiteRefuses,
        "Moodle says the same for each of these: the token expired or is bound to another IP address "
        f"({_TOKENS}); the service is disabled, lacks this function, does not list the account as authorised user, "
        "or lists it with a `valid until` in the future, which Moodle reads the wrong way round: leave it empty "
        f"({_SERVICES}); the account lacks webservice/rest:use at system level.",
    ),
    "restrictedcontextexception": (SiteRefuses, f"Make the token in the system context ({_TOKENS})."),
    # the service account
    "wsaccessusersuspended": (SiteRefuses, _ACCOUNT + "it is suspended."),
    "wsaccessuserdeleted": (SiteRefuses, _ACCOUNT + "it was deleted."),
    "wsaccessuserunconfirmed": (SiteRefuses, _ACCOUNT + "it is not confirmed."),
    "wsaccessusernologin": (SiteRefuses, _ACCOUNT + "its authentication method is `nologin`."),
    "wsaccessuserexpired": (SiteRefuses, _ACCOUNT + "its password has expired."),
    "forcepasswordchangenotice": (SiteRefuses, _ACCOUNT + "it must change its password; take that mark away."),
    "nopasswordchangeforced": (SiteRefuses, _ACCOUNT + "it must change its password; take that mark away."),
    "usernotfullysetup": (SiteRefuses, _ACCOUNT + "its profile lacks required fields."),
    "sitepolicynotagreed": (
        SiteRefuses,
        _ACCOUNT + "it has not agreed to the site policy; authentication method `webservice` is exempt from it.",
    ),
    # its rights
    "nopermissions": (SiteRefuses, f"Allow the right that the message names in the service account's role {_ROLE}."),
    "requireloginerror": (
        SiteRefuses,
        _allow("moodle/course:view", "moodle/course:viewhiddencourses", "mod/quiz:view"),
    ),
    "errorcoursecontextnotvalid": (
        SiteRefuses,
        "The course does not exist, or: " + _allow("moodle/course:view", "moodle/course:viewhiddencourses"),
    ),
    "notingroup": (SiteRefuses, _allow("moodle/site:accessallgroups")),
    "accessdenied": (SiteRefuses, _allow("moodle/site:accessallgroups")),
    "nopermissiontoviewgrades": (SiteRefuses, _allow("moodle/grade:viewall")),
    "cannotviewreport": (
        SiteRefuses,
        _allow("report/completion:view") + " The same is said where the course has completion tracking off.",
    ),
    "wsusercannotassign": (
        SiteRefuses,
        "Check `role_id`; let the service account's role assign that role (Site administration > Users > Permissions "
        "> Define roles > Allow role assignments) and allow it moodle/role:assign.",
    ),
    # settings of the course or the site
    "nocriteriaset": (SiteRefuses, "Set conditions at Course > More > Course completion, or do not read it."),
    "wsnoinstance": (SiteRefuses, "Add or enable Manual enrolments at Course > Participants > Enrolment methods."),
    "disabled": (
        SiteRefuses,
        "Enable messaging (Site administration > General > Advanced features), or switch the messages off here.",
    ),
    "manualpluginnotinstalled": (
        SiteRefuses,
        "Enable Manual enrolments at Site administration > Plugins > Enrolments.",
    ),
    # one record
    "invaliduser": (RecordRejected, "No such account; look the person up again."),
    "userdeleted": (RecordRejected, "The account was deleted; look the person up again."),
    "usernotconfirmed": (RecordRejected, "The account is not confirmed; confirm it in the list of users."),
    "usernotenroled": (RecordRejected, "The person has no active enrolment with a tracked role in the course."),
    "invalidrecord": (RecordRejected, "The row that the message names does not exist any more."),
    "invalidrecordunknown": (RecordRejected, "What the call names does not exist any more."),
    "codingerror": (RecordRejected, "The call names an account that does not exist or is deleted, or a bad field."),
    "invalidparameter": (
        RecordRejected,
        "A value of the call does not suit Moodle, which names neither value nor reason: among others a name already "
        "taken, or a person who is not enrolled.",
    ),
    "invalidresponse": (
        RecordRejected,
        "A value stored in the site breaks the whole answer, for instance a `<` in a name: ask for fewer rows.",
    ),
    "idnumbertaken": (RecordRejected, "Another group or course has this idnumber; look it up."),
}
"""errorcode → who must act, and how, in the words of an LMS admin. Unlisted codes reject the record."""

_UNLISTED = (RecordRejected, "An error this service does not know: show this line to the site's admin.")

_CAPABILITIES = {
    "Access all groups": "moodle/site:accessallgroups",
    "Enrol users": "enrol/manual:enrol",
    "Manage groups": "moodle/course:managegroups",
    "Send messages to any user": "moodle/site:sendmessage",
    "Review course enrolments": "moodle/course:enrolreview",
    "View activity completion reports": "report/progress:view",
    "View grades of other users": "moodle/grade:viewall",
    "View participants": "moodle/course:viewparticipants",
    "View quiz reports": "mod/quiz:viewreports",
    "View user report": "gradereport/user:view",
}
"""English name in the message of ``nopermissions`` → the capability to allow."""

_MISSING_ROWS = {
    "external_functions": "The Moodle version of this site does not have the function.",
    "course": "The configured course does not exist on this site any more: check `course`.",
    "quiz": "The configured evaluation does not exist any more: check `evaluation`.",
}
"""Table named by ``invalidrecord`` → remedy, where the missing row spoils the call for everybody."""


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP. ``headers`` are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def understand(where: str, answer: Answer) -> bytes:
    """Given an answer to ``where`` (site and function, for messages), produce the JSON text of a success.

    Raise SiteUnavailable for what passes, SiteRefuses for what the site's admin must change, RecordRejected for
    what concerns one record, ConfigurationError for a wrong address.
    """
    if 300 <= answer.status < 400:
        raise _redirected(where, answer.headers.get("Location", ""))
    exception = _exception_in(answer.body)
    if exception is not None:
        raise refusal(where, exception)
    if answer.status != 200:
        raise _by_status(where, answer)

    start = answer.body[:1000].lstrip()
    if not start:
        raise SiteUnavailable(f"{where}: the answer is empty.", _COMES_BACK)
    if start.startswith((b"{", b"[", b"null")):
        return answer.body
    said = _excerpt(answer.body)
    if start.startswith(b"<?xml"):
        raise SiteRefuses(
            f'{where}: the answer is XML instead of JSON: "{said}".',
            "The parameters were lost on the way: check the site's PHP post_max_size and max_input_vars.",
        )
    if start.startswith(b"<"):
        raise ConfigurationError(f'{where}: the answer is a web page instead of JSON: "{said}".', WRONG_ADDRESS)
    raise SiteRefuses(
        f'{where}: the answer is text instead of JSON: "{said}".',
        "Check the IP blocker (Site administration > General > Security > IP blocker) and any firewall.",
    )


def proves_refusal(answer: Answer) -> bool:
    """Whether a failed answer proves that nothing was done: Moodle's own exception, or a 3xx or 4xx status."""
    return 300 <= answer.status < 500 or _exception_in(answer.body) is not None


def refusal(where: str, exception: Mapping[str, object]) -> LatsarError:
    """Given Moodle's exception object (``errorcode`` and ``message`` may be missing), produce our error."""
    code = re.sub(r"\W.*", "", str(exception.get("errorcode") or ""))
    said = _one_line(str(exception.get("message") or exception.get("error") or "access refused"))
    kind, remedy = RULES.get(code, _UNLISTED)
    if code == "nopermissions":
        remedy = next((_allow(name) for text, name in _CAPABILITIES.items() if f"({text})" in said), remedy)
    if code == "invalidrecord" and (table := re.search(r"table (\w+)", said)) and table[1] in _MISSING_ROWS:
        kind, remedy = SiteRefuses, _MISSING_ROWS[table[1]]

    message = f'{where}: Moodle answers "{said}" ({code or "no error code"}).'
    return kind(message, remedy, errorcode=code)


def parse(where: str, shape: Shape[T], body: bytes | str) -> T:
    """Given the JSON text of a success, produce the objects it stands for.

    Raise SiteRefuses, naming the first mismatch without its value, if it has another shape; SiteUnavailable if
    the text breaks off.
    """
    try:
        return shape.parse(body)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] != "json_invalid":
            place = ".".join(map(str, first["loc"])) or "the whole"
            raise SiteRefuses(
                f"{where}: the answer has an unexpected shape: {place}: {first['msg']}.",
                "A plugin of the site may change this function, or its Moodle is newer than this service knows.",
            ) from None
    except ValueError:
        pass  # not JSON to its end; said below, outside the handler, where no value of people hangs on
    raise SiteUnavailable(f"{where}: the answer breaks off or is not JSON.", _COMES_BACK)


def _exception_in(body: bytes) -> dict[str, object] | None:
    # Only a suspicious head is parsed here, so that a grade report of megabytes is parsed once, by its shape.
    head = body[:1000]
    if b'"exception"' not in head and b'"errorcode"' not in head:
        return None
    try:
        fields = json.loads(body)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and ("exception" in fields or "errorcode" in fields) else None


def _redirected(where: str, location: str) -> ConfigurationError:
    try:
        target = urlsplit(location)
        to = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else "another page"
    except ValueError:
        to = "an unreadable address"
    return ConfigurationError(f"{where}: the site redirects to {to}.", WRONG_ADDRESS)


def _by_status(where: str, answer: Answer) -> LatsarError:
    status, said = answer.status, _excerpt(answer.body)
    message = f"{where}: HTTP {status}" + (f', "{said}".' if said else ".")
    if status in (404, 405, 410):
        return ConfigurationError(message, WRONG_ADDRESS)
    if status in (408, 425, 429) or status >= 500:
        remedy = "The site asks for fewer calls." if status == 429 else _COMES_BACK
        return SiteUnavailable(message, remedy, retry_after=_retry_after(answer.headers))
    if status == 403 and not said:
        return SiteRefuses(
            message,
            "Web services or the REST protocol are off: Site administration > General > Advanced features > Enable "
            "web services; Site administration > Server > Web services > Manage protocols.",
        )
    return SiteRefuses(
        message, "A web server, firewall or proxy before Moodle refuses POST /webservice/rest/server.php."
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by ``Retry-After``; its date form is measured from the answer's own ``Date``."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until, since = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - since).total_seconds())
    except (TypeError, ValueError):
        return None


def _excerpt(body: bytes) -> str:
    text = body[:4000].decode("utf-8", errors="replace")
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    return _one_line(title[1] if title else text)


def _one_line(text: str) -> str:
    """At most 200 characters without tags, and no NIP in full (18 digits)."""
    words = html.unescape(re.sub(r"<[^>]*>", " ", text)).split()
    return re.sub(r"(?<!\d)(\d{4})\d{10}(\d{4})(?!\d)", r"\1**********\2", " ".join(words))[:200]
