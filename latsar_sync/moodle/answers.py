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

from latsar_sync.errors import ConfigurationError, LatsarError, SiteRefuses, SiteUnavailable
from latsar_sync.language import _
from latsar_sync.moodle.payloads import Shape
from latsar_sync.moodle.remedies import CAPABILITIES, COMES_BACK, MISSING_ROWS, RULES, UNLISTED, WRONG_ADDRESS, allow

T = TypeVar("T")


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
        raise SiteUnavailable(_("{where}: the answer is empty.").format(where=where), _(COMES_BACK))
    if start.startswith((b"{", b"[", b"null")):
        return answer.body
    said = _excerpt(answer.body)
    if start.startswith(b"<?xml"):
        raise SiteRefuses(
            _('{where}: the answer is XML instead of JSON: "{said}".').format(where=where, said=said),
            _("The parameters were lost on the way: check the site's PHP post_max_size and max_input_vars."),
        )
    if start.startswith(b"<"):
        raise ConfigurationError(
            _('{where}: the answer is a web page instead of JSON: "{said}".').format(where=where, said=said),
            _(WRONG_ADDRESS),
        )
    raise SiteRefuses(
        _('{where}: the answer is text instead of JSON: "{said}".').format(where=where, said=said),
        _("Check the IP blocker (Site administration > General > Security > IP blocker) and any firewall."),
    )


def proves_refusal(answer: Answer) -> bool:
    """Whether a failed answer proves that nothing was done: Moodle's own exception, or a 3xx or 4xx status."""
    return 300 <= answer.status < 500 or _exception_in(answer.body) is not None


def refusal(where: str, exception: Mapping[str, object]) -> LatsarError:
    """Given Moodle's exception object (``errorcode`` and ``message`` may be missing), produce our error."""
    code = re.sub(r"\W.*", "", str(exception.get("errorcode") or ""))
    said = _one_line(str(exception.get("message") or exception.get("error") or _("access refused")))
    kind, remedy = RULES.get(code, UNLISTED)
    if code == "nopermissions":
        remedy = next((allow(name) for text, name in CAPABILITIES.items() if f"({text})" in said), remedy)
    if code == "invalidrecord" and (table := re.search(r"table (\w+)", said)) and table[1] in MISSING_ROWS:
        kind, remedy = SiteRefuses, MISSING_ROWS[table[1]]

    message = _('{where}: Moodle answers "{said}" ({code}).').format(
        where=where, said=said, code=code or _("no error code")
    )
    return kind(message, str(remedy), errorcode=code)


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
            place = ".".join(map(str, first["loc"])) or _("the whole")
            raise SiteRefuses(
                _("{where}: the answer has an unexpected shape: {place}: {reason}.").format(
                    where=where, place=place, reason=first["msg"]
                ),
                _("A plugin of the site may change this function, or its Moodle is newer than this service knows."),
            ) from None
    except ValueError:
        pass  # not JSON to its end; said below, outside the handler, where no value of people hangs on
    raise SiteUnavailable(_("{where}: the answer breaks off or is not JSON.").format(where=where), _(COMES_BACK))


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
        to = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else _("another page")
    except ValueError:
        to = _("an unreadable address")
    return ConfigurationError(_("{where}: the site redirects to {to}.").format(where=where, to=to), _(WRONG_ADDRESS))


def _by_status(where: str, answer: Answer) -> LatsarError:
    status, said = answer.status, _excerpt(answer.body)
    message = f"{where}: HTTP {status}" + (f', "{said}".' if said else ".")
    if status in (404, 405, 410):
        return ConfigurationError(message, _(WRONG_ADDRESS))
    if status in (408, 425, 429) or status >= 500:
        remedy = _("The site asks for fewer calls.") if status == 429 else _(COMES_BACK)
        return SiteUnavailable(message, remedy, retry_after=_retry_after(answer.headers))
    if status == 403 and not said:
        return SiteRefuses(
            message,
            _(
                "Web services or the REST protocol are off: Site administration > General > Advanced "
                "features > Enable web services; Site administration > Server > Web services > Manage "
                "protocols."
            ),
        )
    return SiteRefuses(
        message, _("A web server, firewall or proxy before Moodle refuses POST /webservice/rest/server.php.")
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
