"""The HTTP side of the campus: routes requests to the sites, the pages and the controls, and plays faults."""

from __future__ import annotations

import json
import socket
import sys
import time
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

from latsar_sync.demo import failures, pages, protocol
from latsar_sync.demo.calling import Caller
from latsar_sync.demo.faults import Fault, fault_from
from latsar_sync.demo.protocol import Answer
from latsar_sync.demo.world import Site

if TYPE_CHECKING:
    from latsar_sync.demo.campus import Campus

Connection = socket.socket | tuple[bytes, socket.socket]

_HTML: Final = "text/html; charset=utf-8"
_MAX_BODY: Final = 64 * 1024 * 1024


class CampusServer(ThreadingHTTPServer):
    """A threading server on loopback that can close its open connections."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, campus: Campus) -> None:
        """Bind to the campus's port on 127.0.0.1."""
        super().__init__(("127.0.0.1", campus.port), CampusHandler)
        self.campus = campus
        self._open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection and remember it."""
        connection, address = super().get_request()
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Connection) -> None:
        """Close a connection and forget it."""
        if isinstance(request, socket.socket):
            self._open.discard(request)
            super().shutdown_request(request)

    def handle_error(self, request: Connection, client_address: object) -> None:
        """Say nothing about clients that went away; anything else is a mistake of the campus and is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        """Stop serving; whoever waits on a connection sees it end."""
        self.shutdown()
        self.server_close()
        self.hang_up_on_everybody()

    def hang_up_on_everybody(self) -> None:
        """End the connections that are open."""
        for connection in list(self._open):
            hang_up(connection)


def hang_up(connection: socket.socket) -> None:
    """End a connection without an answer."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        # The other side was faster.
        return


class CampusHandler(BaseHTTPRequestHandler):
    """One connection. Answers are written in one piece, which keeps small answers fast."""

    protocol_version = "HTTP/1.1"
    server_version = "latsar-campus"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    server: CampusServer

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet: the campus keeps its own log."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date header: web server and Moodle of the campus share one clock."""
        return super().date_time_string(self.server.campus.mooc.clock() if timestamp is None else timestamp)

    def do_GET(self) -> None:
        """Answer GET."""
        self._serve(b"")

    def do_POST(self) -> None:
        """Answer POST."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_BODY:
            self.close_connection = True
            self._send(Answer(413, b"", _HTML))
            return
        self._serve(self.rfile.read(length))

    def do_DELETE(self) -> None:
        """Answer DELETE."""
        self._serve(b"")

    def _serve(self, body: bytes) -> None:
        target = urlsplit(self.path)
        first, _, rest = target.path.lstrip("/").partition("/")
        site = self.server.campus.sites.get(first)
        if first == "_campus":
            self._send(_control(self.server.campus, self.command, rest, body))
        elif site is not None and f"/{rest}" == protocol.REST_PATH:
            self._serve_function(site, target.query, body)
        else:
            self._send(_page(self.server.campus, site, rest, target.path, target.query))

    def _serve_function(self, site: Site, query: str, body: bytes) -> None:
        campus, began = self.server.campus, time.monotonic()
        if self.headers.get("Host") != f"127.0.0.1:{campus.port}":
            text = f"This site is {site.url}: ask for it under exactly that address."
            self._send(_html(200, pages.message(site.title, text)))
            return
        request = protocol.parse_request(query, body, self.headers.get("Content-Type") or "")
        striking = campus.faults.striking(site.name, request.functions())
        entry = campus.entry(site.name, request.function, request.functions()[1:], request.variables)
        entry.token_in_url = bool(query) and "wstoken" in parse_qs(query)
        entry.faults = [fault.kind for fault in striking]
        answer = _answer_or_fault(campus, site, request, striking)
        if answer is None:
            self.close_connection = True
            hang_up(self.connection)
        else:
            entry.status, entry.errorcode = answer.status, answer.errorcode
            self._send(answer.packed(self.headers.get("Accept-Encoding") or ""))
        entry.seconds = round(time.monotonic() - began, 4)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))} | answer.headers
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


def _answer_or_fault(
    campus: Campus, site: Site, request: protocol.CampusRequest, striking: list[Fault]
) -> Answer | None:
    """The answer to a call, or what the first fault makes of it; None means: close without an answer."""
    for fault in striking:
        if fault.kind == "slow":
            time.sleep(fault.seconds)  # the fault is the time itself: clients must run into their timeouts
    fault_kind = next((fault.kind for fault in striking if fault.kind != "slow"), None)
    if fault_kind == "drop_before":
        return None
    if fault_kind not in (None, "drop_after_commit"):
        return _fault_answer(str(fault_kind), site, request.json_wanted)
    latency = campus.latency
    caller = Caller(campus.before_write, campus.after_write, latency.called if latency else None)
    with latency.request() if latency else nullcontext():
        answer = protocol.answer_call(site, request, caller)
    return None if fault_kind == "drop_after_commit" else answer


def _fault_answer(kind: str, site: Site, json_wanted: bool) -> Answer:
    database_text = (
        "<p>Error: Database connection failed</p>\n<p>It is possible that the database is overloaded or otherwise "
        "not running properly.</p>\n<p>The site administrator should also check that the database details have been "
        "correctly specified in config.php</p>"
    )
    known_failures = {
        "maintenance": failures.moodle_error(
            "sitemaintenance", "The site is undergoing maintenance and is currently not available"
        ),
        "upgrade": failures.moodle_error("upgraderunning", "Site is being upgraded, please retry later."),
        # What a second bulk grade read gets while the first one is regrading.
        "database_conflict": failures.write_failed(),
        "database_down": failures.MoodleError("dml_connection_exception", "dbconnectionfailed", database_text),
    }
    if kind in known_failures:
        return protocol.failure_answer(known_failures[kind], json_wanted, site.moodle)
    if kind == "maintenance_503":
        answer = _html(503, pages.maintenance(site))
        answer.headers = {"Retry-After": "300"}
        return answer
    if kind == "too_many_requests":
        answer = _html(429, pages.message("429 Too Many Requests", "Please slow down."))
        answer.headers = {"Retry-After": "1"}
        return answer
    if kind == "redirect":
        return Answer(301, b"", _HTML, {"Location": f"{site.url}/"})
    if kind == "bad_gateway":
        return Answer(502, pages.BAD_GATEWAY.encode(), "text/html")
    if kind == "empty_body":
        return Answer(200, b"", "application/json")
    return _html(200, pages.login(site))


def _html(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), _HTML)


def _page(campus: Campus, site: Site | None, rest: str, path: str, query: str) -> Answer:
    if path == "/":
        return _html(200, pages.home(campus.sites.values(), campus.url))
    if site is not None and rest == "":
        return _html(200, pages.site_home(site))
    if site is not None and rest == "user/index.php":
        asked = parse_qs(query).get("id", [""])[0]
        course = site.courses.get(int(asked)) if asked.isdecimal() else None
        if course is not None:
            return _html(200, pages.participants(site, course))
    return _html(404, pages.message("404 Not Found", "There is nothing at this address."))


def _control(campus: Campus, method: str, what: str, body: bytes) -> Answer:
    """The controls: faults on and off, the request log, the state of both sites."""
    if (method, what) == ("GET", "log"):
        return _plain_json(200, campus.described_log())
    if (method, what) == ("GET", "state"):
        return _plain_json(200, campus.state())
    if (method, what) == ("GET", "faults"):
        return _plain_json(200, campus.faults.described())
    if (method, what) == ("DELETE", "faults"):
        campus.faults.clear()
        return _plain_json(200, [])
    if (method, what) == ("DELETE", "log"):
        campus.log.clear()
        return _plain_json(200, [])
    if (method, what) == ("POST", "faults"):
        try:
            campus.faults.add(fault_from(json.loads(body)))
        except (ValueError, TypeError) as problem:
            return _plain_json(400, {"error": str(problem)})
        return _plain_json(201, campus.faults.described())
    return _plain_json(404, {"error": "known: GET log, GET state, GET/POST/DELETE faults, DELETE log"})


def _plain_json(status: int, value: object) -> Answer:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return Answer(status, text.encode(), "application/json; charset=utf-8")
