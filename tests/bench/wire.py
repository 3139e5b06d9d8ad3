"""What goes over the wire: every request of the service as it was sent, to be counted and sent again bare."""

from __future__ import annotations

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
    """One request: where, its form (with the token, so it is never printed), and the bytes of the unpacked answer."""

    url: str
    form: str
    received: int


@contextmanager
def listening() -> Iterator[list[Sent]]:
    """Collect what the service sends while inside."""
    sent: list[Sent] = []
    original = requests.Session.post

    def post(session: requests.Session, url: str, **options: Any) -> requests.Response:
        answer = original(session, url, **options)
        sent.append(Sent(url, options["data"], len(answer.content)))
        return answer

    requests.Session.post = post  # type: ignore[assignment,method-assign]
    try:
        yield sent
    finally:
        requests.Session.post = original  # type: ignore[method-assign]


def send_bare(calls: Sequence[Sent], at_once: int) -> tuple[float, int]:
    """Send the same requests and read the answers, nothing else; return seconds and unpacked bytes."""
    mine = threading.local()

    def send(call: Sent) -> int:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
            mine.session.trust_env = False
        answer = mine.session.post(call.url, data=call.form, headers=FORM, timeout=300)
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
