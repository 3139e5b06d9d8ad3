"""A call of the campus: who calls, with which parameters, and what it answers."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from latsar_sync.demo import (
    failures,
)
from latsar_sync.demo.answers import php_json
from latsar_sync.demo.failures import MoodleError
from latsar_sync.demo.functions import (
    BATCH,
    BATCH_PARAMETERS,
    FUNCTIONS,
    NO_PASSWORD_PAGE,
    SITE_INFO,
    CallHook,
    WriteHook,
)
from latsar_sync.demo.records import ServiceAccount
from latsar_sync.demo.versions import has_function
from latsar_sync.demo.world import Site

ANSWERED_ALL_THE_SAME = (SITE_INFO, BATCH, "core_course_get_courses_by_field")
"""What Moodle answers an account that must change its password, a course as the catalogue shows it (4.3, 5.1)."""


class Caller:
    """Runs functions for one request, with the hooks around writes."""

    def __init__(
        self,
        before_write: WriteHook | None = None,
        after_write: WriteHook | None = None,
        called: CallHook | None = None,
    ) -> None:
        """Take the hooks; each is called with the function name, outside the lock.

        Those around writes get the checked parameters too, ``called`` gets the answer of every call.
        """
        self._before_write = before_write
        self._after_write = after_write
        self._called = called

    def call(self, site: Site, account: ServiceAccount, name: str, arguments: object) -> object:
        """Run a function that the account's service holds; raises MoodleError as Moodle would answer.

        ``arguments`` are variables, or JSON as in a batch.
        """
        if account.must_change_password and name not in ANSWERED_ALL_THE_SAME:
            code = "forcepasswordchangenotice" if account.has_password_page else "nopasswordchangeforced"
            said = f"error/{code}" if account.has_password_page else NO_PASSWORD_PAGE
            raise failures.moodle_error(code, said)
        if name == BATCH:
            wanted = _decoded(arguments) if isinstance(arguments, str) else arguments
            return self._call_batch(site, account, BATCH_PARAMETERS.checked(wanted))
        function = FUNCTIONS[name]
        params = (
            _read_parameters(name, arguments) if isinstance(arguments, str) else function.parameters.checked(arguments)
        )
        if function.writes and self._before_write:
            self._before_write(name, params)
        with site.lock:
            answer = function.run(site, account, params)
        if self._called:
            self._called(name, answer)
        if function.writes and self._after_write:
            self._after_write(name, params)
        return answer

    def _call_batch(self, site: Site, account: ServiceAccount, params: dict[str, Any]) -> object:
        """admin/tool/mobile/classes/external.php: stops at the first inner failure, so the answer may be shorter."""
        responses: list[dict[str, object]] = []
        for request in params["requests"]:
            name = request["function"]
            if name not in account.functions or not has_function(site.moodle, name):
                refused = {"errorcode": "accessexception", "module": "webservice"}
                responses.append({"error": True, "exception": php_json(refused)})
                break
            try:
                answer = self.call(site, account, name, request["arguments"])
            except MoodleError as failure:
                told = _inner_failure(site, failure.as_told_by(site.moodle))
                responses.append({"error": True, "exception": php_json(told)})
                break
            done: dict[str, object] = {"error": False}
            if answer is not None:
                done["data"] = php_json(answer, site.moodle.prints_short_numbers)
            responses.append(done)
        return {"responses": responses}


@lru_cache(8192)  # no function changes what it is given, and each run asks the same of the same people
def _read_parameters(name: str, arguments: str) -> dict[str, Any]:
    return FUNCTIONS[name].parameters.checked(_decoded(arguments))


def _decoded(arguments: str) -> object:
    # Arguments that are no JSON object count as none, as in Moodle.
    try:
        decoded = json.loads(arguments)
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}


def _inner_failure(site: Site, failure: MoodleError) -> dict[str, object]:
    return {
        "message": failure.message,
        "errorcode": failure.errorcode,
        "link": f"{site.url}/",
        "moreinfourl": f"https://docs.moodle.org/{site.moodle.manual}/en/error/{failure.module}/{failure.errorcode}",
    }
