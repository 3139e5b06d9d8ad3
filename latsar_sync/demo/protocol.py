"""Moodle's REST protocol: from the variables of a request to an answer (webservice/rest/locallib.php)."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote_plus

from latsar_sync.demo import failures
from latsar_sync.demo.answers import moodle_xml, php_json
from latsar_sync.demo.calling import Caller
from latsar_sync.demo.failures import MoodleError
from latsar_sync.demo.functions import BATCH, FUNCTIONS, KNOWN_ELSEWHERE
from latsar_sync.demo.records import ServiceAccount
from latsar_sync.demo.versions import MoodleVersion, has_function
from latsar_sync.demo.world import Site

MAX_INPUT_VARS: Final = 5000
POST_MAX_SIZE: Final = 8 * 1024 * 1024
REST_PATH: Final = "/webservice/rest/server.php"
FORM: Final = "application/x-www-form-urlencoded"

_SETTINGS: Final = frozenset(f"moodlewssetting{name}" for name in ("raw", "fileurl", "filter", "lang", "timezone"))
_SUBSCRIPT: Final = re.compile(r"\[([^\]]*)\]")


@dataclass
class Answer:
    """One HTTP answer before it is sent."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)
    errorcode: str | None = None

    def packed(self, accepts: str) -> Answer:
        """The same answer, compressed when the client accepts gzip and it is worth it."""
        if "gzip" not in accepts or len(self.body) < 500:
            return self
        headers = {**self.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Answer(self.status, gzip.compress(self.body, 1), self.content_type, headers, self.errorcode)


@dataclass
class CampusRequest:
    """The variables of one REST call, split as Moodle splits them."""

    token: str
    function: str
    json_wanted: bool
    arguments: dict[str, Any]
    variables: int

    def functions(self) -> list[str]:
        """The called function and, for a batch, the functions inside it."""
        names = [self.function]
        if self.function == BATCH and isinstance(requests := self.arguments.get("requests"), dict):
            names += [str(r.get("function", "")) for r in requests.values() if isinstance(r, dict)]
        return names


def parse_request(query: str, body: bytes, content_type: str) -> CampusRequest:
    """Read query and form body as PHP does: the body wins, and what exceeds PHP's limits is dropped in silence."""
    pairs = _pairs(query)[:MAX_INPUT_VARS]
    if len(body) <= POST_MAX_SIZE and content_type.split(";")[0].strip().lower() == FORM:
        posted = _pairs(body.decode("utf-8", "replace"))
        count = len(posted)
        pairs += posted[:MAX_INPUT_VARS]
    else:
        count = len(pairs)
    variables = php_variables(pairs)
    token = _text(variables.pop("wstoken", ""))
    function = _text(variables.pop("wsfunction", ""))
    wanted = _text(variables.pop("moodlewsrestformat", "xml"))
    arguments = {name: value for name, value in variables.items() if name not in _SETTINGS}
    return CampusRequest(token, function, wanted == "json", arguments, count)


def _pairs(form: str) -> list[tuple[str, str]]:
    found = [each.partition("=") for each in form.split("&") if each]
    return [(_unquoted(name), _unquoted(value)) for name, _, value in found]


@lru_cache(8192)  # thousands of the same names come with each run
def _unquoted(text: str) -> str:
    return unquote_plus(text)


@lru_cache(8192)
def _keys(name: str) -> tuple[str, ...]:
    first, _, rest = name.partition("[")
    return (first, *_SUBSCRIPT.findall("[" + rest)) if rest else (name,)


def php_variables(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """PHP's reading of `a[0][b]=c`: nested dicts with text keys; `a[]=c` appends; a later value replaces."""
    result: dict[str, Any] = {}
    for key, value in pairs:
        *above, last = _keys(key)
        place = result
        for part in above:
            part = part or str(len(place))
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place[last or str(len(place))] = value
    return result


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def answer_call(site: Site, request: CampusRequest, caller: Caller) -> Answer:
    """Authenticate and run one call; every failure but a switched-off service is an HTTP 200, as recorded."""
    if not site.web_services_enabled or not site.rest_enabled:
        return Answer(403, b"", "text/html; charset=utf-8")
    try:
        account = _authenticated(site, request.token)
        _check_function(site, request.function, account)
        result = caller.call(site, account, request.function, request.arguments)
    except MoodleError as failure:
        return failure_answer(failure, request.json_wanted, site.moodle)
    return _answer(result, request.json_wanted, site.moodle)


def failure_answer(failure: MoodleError, json_wanted: bool, moodle: MoodleVersion) -> Answer:
    """A failure as this Moodle sends it: HTTP 200 with exception, errorcode and message."""
    failure = failure.as_told_by(moodle)
    answer = _answer(failure.answer() if json_wanted else failure, json_wanted, moodle)
    answer.errorcode = failure.errorcode
    return answer


def _answer(result: object, json_wanted: bool, moodle: MoodleVersion) -> Answer:
    headers = {
        "Cache-Control": "private, must-revalidate, pre-check=0, post-check=0, max-age=0",
        "Access-Control-Allow-Origin": "*",
    }
    if json_wanted:
        return Answer(200, php_json(result, moodle.prints_short_numbers).encode("ascii"), "application/json", headers)
    return Answer(200, moodle_xml(result).encode(), "application/xml; charset=utf-8", headers)


def _authenticated(site: Site, token: str) -> ServiceAccount:
    """The account of the token, by the checks of webservice/lib.php in their order."""
    account = site.accounts.get(token)
    if account is None:
        raise failures.moodle_error("invalidtoken", "Invalid token - token not found")
    if account.expired:
        # Moodle deletes the row, so only the first call names the true reason.
        del site.accounts[token]
        raise failures.access_exception()
    if account.ip_restricted:
        raise failures.access_exception()
    user = site.users[account.user_id]
    if not user.confirmed:
        message = f"Refused web service access for unconfirmed username: {user.username}"
        raise failures.moodle_error("wsaccessuserunconfirmed", message)
    if user.suspended:
        message = f"Refused web service access for suspended username: {user.username}"
        raise failures.moodle_error("wsaccessusersuspended", message)
    return account


def _check_function(site: Site, name: str, account: ServiceAccount) -> None:
    if not name:
        raise failures.invalid_parameter()
    known = name in FUNCTIONS or name in KNOWN_ELSEWHERE or name == BATCH
    if not known or not has_function(site.moodle, name):
        raise failures.missing_record("external_functions")
    allowed = account.service_enabled and "webservice/rest:use" in account.capabilities
    if not allowed or name not in account.functions or name in KNOWN_ELSEWHERE:
        raise failures.access_exception()
