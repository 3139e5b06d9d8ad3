"""Understanding an answer: the body of a success, or an error sorted by what somebody must do about it.

Pure: status, headers and body in, body or error out. Moodle answers nearly every failure with HTTP 200, so the
body decides (trap 41); its ``errorcode`` is the stable part, class names and messages move (trap 45). What an answer
holds is never quoted: ``body_kinds`` says what kind of thing came. What another HTTP status means, and so what is asked
again, stands in ``answers_by_status``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from latsar_sync.domain.errors import LatsarError, NoMoodleThere, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _, mark
from latsar_sync.moodle import body_kinds
from latsar_sync.moodle.answers_by_status import CLOSED, LET_THROUGH, SIGN_IN, by_status
from latsar_sync.moodle.error_codes import (
    COMES_BACK,
    MISSING_ROWS,
    NOT_AS_HTTP,
    RULES,
    UNLISTED,
    WRONG_ADDRESS,
    allow,
)
from latsar_sync.moodle.parsing import Shape, loaded, mismatch
from latsar_sync.moodle.rights import CAPABILITIES

T = TypeVar("T")

_TELL_OF_VALUES, _CONTENT_BEGINS = frozenset({"codingerror", "invalidparameter"}), r"[{\[<:(]"
"""Codes of Moodle whose sentence goes on with what a programmer was told, names and numbers of people among it."""

LAST_YEAR = 2200
"""What lies beyond is no time of a site's clock, and cannot be reckoned with at the end of the calendar."""
PHP_MESSAGE, UNREADABLE = "phpmessage", "unreadable"
"""Our own codes, none of Moodle's: PHP or a plugin printed into an answer; it is none that can be read."""
DISPLAY_ERRORS = mark(
    "On the site set display_errors = Off in PHP's settings and Debug messages to NONE (Site administration > "
    "Development > Debugging); the file names the plugin whose author should hear of it."
)


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP, and in how many seconds. ``headers`` are looked up without regard to case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


def understand(where: str, answer: Answer) -> bytes:
    """Given an answer to ``where`` (site and function, for messages), produce the JSON text of a success.

    Raise SiteUnavailable for what passes, SiteRefuses for what the site's admin must change, RecordRejected for
    what concerns one record, NoMoodleThere for a wrong address.
    """
    if 300 <= answer.status < 400:
        raise _redirected(where, answer.headers.get("Location", ""))
    body = body_kinds.without_marks(answer.body)
    exception = _exception_in(body)
    if exception is not None:
        raise refusal(where, exception)
    if answer.status != 200:
        raise by_status(where, answer.status, answer.headers, answer.body)
    if re.fullmatch(r"0*[1-9][0-9]*", answer.headers.get("Age", "").strip()):  # RFC 9111: only a kept answer has one
        raise SiteRefuses(
            _("{where}: the answer is an old one that a proxy kept.").format(where=where),
            _("Let no proxy before Moodle keep answers to POST /webservice/rest/server.php."),
        )

    kind = body_kinds.kind_of(body, answer.headers)
    if kind == "json":
        return body
    raise _by_kind(where, kind, body)


def proves_refusal(answer: Answer) -> bool:
    """Whether a failed answer proves that nothing was done: Moodle's own exception, or a 3xx or 4xx status."""
    return 300 <= answer.status < 500 or _exception_in(body_kinds.without_marks(answer.body)) is not None


def refusal(where: str, exception: Mapping[str, object]) -> LatsarError:
    """Given Moodle's exception object (``errorcode`` and ``message`` may be missing), produce our error."""
    code = re.sub(r"\W.*", "", str(exception.get("errorcode") or ""))
    # the sentence of a code that is not listed may be about a person: its class name and code are shown to the admin
    said = exception.get("message") or exception.get("error") if code in RULES or not code else None
    said = (
        re.split(_CONTENT_BEGINS if code in _TELL_OF_VALUES else r"[{\[<]", str(said or ""))[0]
        if said
        else re.sub(r"[^\w\\].*", "", str(exception.get("exception") or "")).rpartition("\\")[2]
    )
    said = body_kinds.plain(said)
    kind, remedy = RULES.get(code, UNLISTED)
    if code == "nopermissions":
        remedy = next((allow(name) for text, name in CAPABILITIES.items() if f"({text})" in said), remedy)
    if code == "invalidrecord" and (table := re.search(r"table (\w+)", said)) and table[1] in MISSING_ROWS:
        kind, remedy = SiteRefuses, MISSING_ROWS[table[1]]

    # of a call in a batch Moodle tells nothing but the code, unless the site shows debugging messages
    told, bare = _('{where}: Moodle answers "{said}" ({code}).'), _("{where}: Moodle answers with an error ({code}).")
    message = (told if said else bare).format(where=where, said=said, code=code or _("no error code"))
    return kind(message, str(remedy), errorcode=code)


def unexpected_shape(where: str, mismatch: str) -> SiteRefuses:
    """Return the error of an answer that has another shape than Moodle's: a plugin changed it, or a newer Moodle."""
    return SiteRefuses(
        _("{where}: the answer has an unexpected shape: {mismatch}.").format(where=where, mismatch=mismatch),
        _(
            "Show this line to the site's admin: a plugin that changes this function must be mended or taken out. "
            "If there is none, Moodle is newer than this service knows: update latsar-sync."
        ),
        errorcode=UNREADABLE,
    )


def parse(where: str, shape: Shape[T], body: bytes | str) -> T:
    """Given the JSON text of a success, produce the objects it stands for.

    Raise SiteRefuses, naming the first mismatch without its value, if it has another shape; SiteUnavailable if
    the text breaks off.
    """
    try:
        return shape.parse(body)
    except ValidationError as error:
        if body_kinds.is_of_a_gateway(loaded(body)):
            raise SiteRefuses(
                _("{where}: something before Moodle answers in its stead.").format(where=where), _(LET_THROUGH)
            ) from None
        raise unexpected_shape(where, mismatch(error)) from None
    except ValueError:
        pass  # not JSON to its end; said below, outside the handler, where no value of people hangs on
    whole = body.encode() if isinstance(body, str) else body
    if said := body_kinds.php_message(whole):
        raise _spoiled_by_php(where, said)
    if body_kinds.has_more_than_json(whole):
        raise _spoiled_by_others(where)
    raise SiteUnavailable(
        _("{where}: the answer breaks off or is not JSON.").format(where=where), _(COMES_BACK), errorcode=UNREADABLE
    )


def told_at(headers: Mapping[str, str]) -> datetime | None:
    """Given an answer's headers, produce the moment by the site's own clock; None without a readable ``Date``."""
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo and moment.year <= LAST_YEAR else None


def _exception_in(body: bytes) -> dict[str, object] | None:
    # Only a suspicious head is parsed here, so that a grade report of megabytes is parsed once, by its shape.
    head = body[:1000]
    if b'"exception"' not in head and b'"errorcode"' not in head:
        return None
    try:
        fields = loaded(body)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) and ("exception" in fields or "errorcode" in fields) else None


def _redirected(where: str, location: str) -> NoMoodleThere:
    try:
        target = urlsplit(location)
        to = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else _("another page")
    except ValueError:
        to = _("an unreadable address")
    return NoMoodleThere(_("{where}: the site redirects to {to}.").format(where=where, to=to), _(WRONG_ADDRESS))


def _by_kind(where: str, kind: str, body: bytes) -> LatsarError:
    """Given the body of a success that is no JSON, produce the error that says what came instead."""
    if kind == "nothing":
        # so ends an answer that holds bytes which are no UTF-8 (trap 59)
        said = _("{where}: the answer is empty.").format(where=where)
        return SiteUnavailable(said, _(COMES_BACK), errorcode=UNREADABLE)
    said = body_kinds.kind_words(kind)
    message = _("{where}: the answer is {kind} instead of JSON.").format(where=where, kind=said)
    if kind == "php":
        return _spoiled_by_php(where, body_kinds.php_message(body))
    if kind == "closed":
        return SiteUnavailable(message, _(CLOSED))
    if kind == "packed":
        return SiteRefuses(message, _(NOT_AS_HTTP))
    if body_kinds.has_more_than_json(body):
        return _spoiled_by_others(where)
    if kind == "xml":
        remedy = _("The parameters were lost on the way: check the site's PHP post_max_size and max_input_vars.")
        return SiteRefuses(message, remedy)
    if kind in ("sign_in", "portal"):
        return NoMoodleThere(message, _(SIGN_IN))
    if kind == "page":
        return NoMoodleThere(message, _(WRONG_ADDRESS))
    if sentence := body_kinds.sentence_of(body):
        message = _('{where}: the answer is text instead of JSON: "{said}".').format(where=where, said=sentence)
    return SiteRefuses(
        message, _("Check the IP blocker (Site administration > General > Security > IP blocker) and any firewall.")
    )


def _spoiled_by_php(where: str, said: body_kinds.PhpMessage | None) -> SiteRefuses:
    return SiteRefuses(
        _("{where}: PHP prints a message into the answer ({said}).").format(where=where, said=said or "PHP"),
        _(DISPLAY_ERRORS),
        errorcode=PHP_MESSAGE,
    )


def _spoiled_by_others(where: str) -> SiteRefuses:
    return SiteRefuses(
        _("{where}: something else is printed into the answer, beside what Moodle answers.").format(where=where),
        _(
            "A plugin or theme of the site that prints into the answers of web services must be mended or taken out, "
            "or a proxy that adds to them must leave them alone: show this line to the site's admin."
        ),
        errorcode=PHP_MESSAGE,
    )
