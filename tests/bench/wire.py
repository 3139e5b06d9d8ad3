"""What goes over the wire: every request of the service as it was sent, to be counted and sent again bare."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import requests

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Sent:
    """One request: where, its form (with the token, so it is never printed), and the unpacked answer."""

    url: str
    form: str
    answer: bytes


@contextmanager
def listening() -> Iterator[list[Sent]]:
    """Collect what the service sends while inside."""
    sent: list[Sent] = []
    original = requests.Session.post

    def post(session: requests.Session, url: str, **options: Any) -> requests.Response:
        answer = original(session, url, **options)
        sent.append(Sent(url, options["data"], answer.content))
        return answer

    requests.Session.post = post  # type: ignore[assignment,method-assign]
    try:
        yield sent
    finally:
        requests.Session.post = original  # type: ignore[method-assign]


def people_in(answers: Sequence[bytes]) -> set[int]:
    """Return the user ids of everybody of whom something stands in these answers, without the service's own account."""
    found: set[int] = set()
    for each in answers:
        _note_people(json.loads(each), found)
    return found


def _note_people(told: Any, found: set[int]) -> None:
    if isinstance(told, list):
        for each in told:
            _note_people(each, found)
    if not isinstance(told, dict) or "siteurl" in told:
        return
    if isinstance(told.get("userid"), int):
        found.add(told["userid"])
    elif "fullname" in told and "shortname" not in told:
        found.add(told["id"])
    for name, value in told.items():
        if name == "data" and isinstance(value, str) and value[:1] in ("{", "["):
            value = json.loads(value)  # an answer within the answer of a batch
        _note_people(value, found)


def send_bare(calls: Sequence[tuple[str, str]], at_once: int) -> tuple[float, int]:
    """Send requests (where, form) and read the answers, nothing else; return seconds and unpacked bytes."""
    mine = threading.local()

    def send(call: tuple[str, str]) -> int:
        url, form = call
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
        answer = mine.session.post(url, data=form, headers=FORM, timeout=300)
        return len(answer.content)

    began = time.monotonic()
    with ThreadPoolExecutor(at_once) as pool:
        received = sum(pool.map(send, calls))
    return time.monotonic() - began, received


def cpu_seconds(process_name: str) -> float | None:
    """Return what all processes of that name have used so far; None if there are none to be seen here."""
    used = []
    for process in psutil.process_iter(["name"]):
        if (process.info["name"] or "").startswith(process_name):
            try:
                times = process.cpu_times()
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            used.append(times.user + times.system)
    return sum(used) if used else None
