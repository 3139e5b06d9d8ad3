"""One call per person and function, as scripts with moodlepy are written; runs in an environment of its own.

Reads one JSON object from standard input (url, token, course_id, quiz_id, user_ids, workers) and prints one (seconds,
requests, unpacked bytes, library). Without moodlepy the same calls are made with requests, and ``library`` says so.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests

ENDPOINT = "/webservice/rest/server.php"
Call = Callable[..., Any]


def main() -> None:
    """Ask grades, completion and attempts of every person; one after another, or several people at once."""
    wanted = json.load(sys.stdin)
    session, call, refusal, library = connected(wanted["url"], wanted["token"])
    total = {"requests": 0, "bytes": 0}
    lock = threading.Lock()

    def count(answer: requests.Response, **_more: Any) -> None:
        with lock:
            total["requests"] += 1
            total["bytes"] += len(answer.content)

    session.hooks["response"].append(count)

    def ask(user_id: int) -> None:
        for function, arguments in (
            ("gradereport_user_get_grade_items", {"courseid": wanted["course_id"], "userid": user_id}),
            ("core_completion_get_activities_completion_status", {"courseid": wanted["course_id"], "userid": user_id}),
            ("mod_quiz_get_user_attempts", {"quizid": wanted["quiz_id"], "userid": user_id, "status": "all"}),
        ):
            with suppress(refusal):  # of one whose enrolment has ended: answered all the same
                call(function, **arguments)

    began = time.monotonic()
    if wanted["workers"] == 1:
        for user_id in wanted["user_ids"]:
            ask(user_id)
    else:
        with ThreadPoolExecutor(wanted["workers"]) as pool:
            list(pool.map(ask, wanted["user_ids"]))
    print(json.dumps({"seconds": time.monotonic() - began, "library": library, **total}))  # noqa: T201


def connected(url: str, token: str) -> tuple[requests.Session, Call, type[Exception], str]:
    """Return the session, the way to call a function, what it raises where Moodle refuses, and what makes the calls."""
    try:
        from moodle import Moodle, MoodleException, __version__
    except ImportError:
        session = requests.Session()

        def call(function: str, **arguments: Any) -> Any:
            form = {"wstoken": token, "wsfunction": function, "moodlewsrestformat": "json", **arguments}
            answer = session.post(url + ENDPOINT, data=form, timeout=120)
            return answer.json()

        return session, call, requests.JSONDecodeError, "requests (moodlepy is not there)"
    moodle = Moodle(url + ENDPOINT, token)
    return moodle.session, moodle.post, MoodleException, f"moodlepy {__version__}"


if __name__ == "__main__":
    main()
