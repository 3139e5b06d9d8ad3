"""A small client for the tests of the campus: form fields in, parsed JSON out, one connection kept open."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

from latsar_sync.demo import Site


class Asking:
    """Asks a site with its own token."""

    def __init__(self, site: Site) -> None:
        self.site = site
        target = urlsplit(site.url)
        self.path = f"{target.path}/webservice/rest/server.php"
        self.connection = HTTPConnection(str(target.hostname), target.port, timeout=10)

    def raw(self, fields: dict[str, object], headers: dict[str, str] | None = None) -> tuple[HTTPResponse, bytes]:
        """Post form fields; returns the answer and its body."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", self.path, urlencode(fields), kind | (headers or {}))
        answer = self.connection.getresponse()
        return answer, answer.read()

    def __call__(self, function: str, **fields: object) -> Any:
        """Call a function and read its JSON answer."""
        return self.with_fields(function, fields)

    def with_fields(self, function: str, fields: dict[str, object]) -> Any:
        """Call a function with form fields such as `values[0]` and read its JSON answer."""
        head = {"wstoken": self.site.token, "wsfunction": function, "moodlewsrestformat": "json"}
        return json.loads(self.raw(head | fields)[1])


def fetch(address: str, method: str = "GET", body: object = None) -> tuple[int, str]:
    """Ask any address of the campus; returns status and text."""
    target = urlsplit(address)
    connection = HTTPConnection(str(target.hostname), target.port, timeout=5)
    try:
        path = f"{target.path or '/'}?{target.query}"
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
