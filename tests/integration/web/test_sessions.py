"""Sessions are in the database: what ends one ends it everywhere, at once; and who may try how often."""

import json
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from threading import Event, Lock
from time import monotonic
from urllib.parse import urlencode

import pytest
from argon2.exceptions import VerifyMismatchError
from dashboard import HOME, MISSED, PASSED, PASSWORD, Browser, Dashboard
from fastapi import FastAPI, Request, Response
from service import Command
from sqlalchemy import text
from starlette.testclient import TestClient
from unattended import wait_for

from latsar_sync.store import accounts, web_sessions
from latsar_sync.web import server
from latsar_sync.web.server import BoundedProtocol, WebServer
from latsar_sync.web.stream_limits import MOST_A_SESSION, Streams


def copied(browser: Browser, dashboard: Dashboard) -> Browser:
    """Return another browser with the same cookies."""
    other = dashboard.browser()
    other.client.cookies.update(dict(browser.client.cookies))
    return other


def test_signing_out_ends_the_session_of_a_copied_cookie(dashboard: Dashboard, sari: Browser) -> None:
    thief = copied(sari, dashboard)
    before = thief.get(HOME)

    sari.get(HOME)
    sari.post("/sign-out")

    assert "Kata sandi" not in before
    assert "Kata sandi" in thief.get(HOME)
    assert dashboard.service.count("web_sessions") == 0


def test_a_page_that_ends_after_signing_out_signs_nobody_in_again(dashboard: Dashboard, sari: Browser) -> None:
    slow = sari.client.get(HOME)
    sari.get(HOME)
    sari.post("/sign-out")

    assert "set-cookie" not in slow.headers
    assert "Kata sandi" in sari.get(HOME)


def test_a_new_password_and_an_administrators_command_end_every_session(dashboard: Dashboard, command: Command) -> None:
    first, second = dashboard.browser("sari"), dashboard.browser("sari")
    with dashboard.service.database.writing() as connection:
        accounts.change_password(connection, "sari", PASSWORD)
    after_password = [each.get(HOME) for each in (first, second)]
    third = dashboard.browser("sari")

    code, said, _ = command(dashboard.service, "user", "sign-out", "sari")

    assert all("Kata sandi" in each for each in (*after_password, third.get(HOME)))
    assert code == 0
    assert "1" in said


def test_the_database_holds_nothing_that_signs_anybody_in(dashboard: Dashboard, sari: Browser) -> None:
    cookie = sari.client.cookies["latsar_session"]
    with dashboard.service.database.reading() as connection:
        [row] = connection.execute(text("SELECT * FROM web_sessions")).all()
        [session] = web_sessions.sessions_of(connection, "sari", dashboard.clock())

    assert cookie not in str(row)
    assert session.account == "sari"


def test_a_deep_link_is_where_one_lands_after_signing_in(dashboard: Dashboard) -> None:
    stranger = dashboard.browser()
    asked = f"/people/{dashboard.id_of(PASSED)}?back=1"

    stranger.get(asked)
    form = stranger.hidden("/sign-in")
    stranger.page = stranger.client.post("/sign-in", data={**form, "name": "sari", "password": PASSWORD})

    assert str(stranger.page.url).endswith(asked)


@pytest.mark.parametrize("to", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1"])
def test_signing_in_leads_to_pages_of_ours_alone(dashboard: Dashboard, to: str) -> None:
    stranger = dashboard.browser()

    stranger.get(f"/sign-in?{urlencode({'to': to})}")
    answer = stranger.client.post(
        "/sign-in", data={"name": "sari", "password": PASSWORD, "to": to}, follow_redirects=False
    )

    assert answer.headers["location"] == "/"


def test_what_was_typed_when_a_session_ended_stands_in_the_form_after_signing_in(dashboard: Dashboard) -> None:
    sari = dashboard.browser("sari").in_english()
    person = f"/people/{dashboard.id_of(MISSED)}"
    sari.get(person)
    dashboard.clock.go_on(hours=3)

    over = sari.post(f"{person}/decide", kind="hold", reason="Cuti melahirkan")
    status, form = sari.page.status_code, sari.hidden("/sign-in")
    sari.page = sari.client.post("/sign-in", data={**form, "name": "sari", "password": PASSWORD})

    assert status == 401
    assert "Your session is over" in over
    assert str(sari.page.url).endswith(person)
    assert 'value="Cuti melahirkan"' in sari.page.text
    assert dashboard.service.count("overrides") == 0
    sari.post(f"{person}/decide", kind="hold", reason="Cuti melahirkan")
    assert dashboard.service.count("overrides") == 1


# tries


def test_a_password_that_was_typed_when_a_session_ended_is_kept_nowhere(dashboard: Dashboard, sari: Browser) -> None:
    sari.get("/me")
    with dashboard.service.database.writing() as connection:
        web_sessions.end_all(connection, "sari")
    sari.post("/me/password", old=PASSWORD, password="panjang sekali 2")
    carried = sari.hidden("/sign-in")

    sari.client.post("/sign-in", data={**carried, "name": "sari", "password": PASSWORD}, follow_redirects=False)

    with dashboard.service.database.reading() as connection:
        [kept] = connection.execute(text("SELECT content FROM web_sessions")).scalars()
    assert PASSWORD not in kept
    assert "panjang sekali 2" not in kept


def test_few_passwords_are_looked_at_in_one_moment_since_each_takes_much_memory(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = Counting()
    monkeypatch.setattr(accounts, "_HASHER", hasher)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: accounts.check_password(dashboard.service.database, name, "salah"), "abcdef"))

    assert hasher.most == accounts.CHECKED_AT_ONCE


class Counting:
    """A hasher that knows how many passwords it looked at in one moment."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = Lock()

    def hash(self, _password: str) -> str:
        return ""

    def verify(self, _hash: str, _password: str) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        Event().wait(0.02)
        with self._lock:
            self._now -= 1
        raise VerifyMismatchError


def test_many_wrong_passwords_at_once_are_told_to_wait(dashboard: Dashboard) -> None:
    client = dashboard.browser().client

    def try_one(_number: int) -> int:
        return client.post("/sign-in", data={"name": "rina", "password": "salah sekali"}).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(try_one, range(40)))

    assert answers == {401: 5, 429: 35}


def test_nobody_locks_out_who_signed_in_before_in_this_browser(dashboard: Dashboard) -> None:
    rina, stranger = dashboard.browser("rina"), dashboard.browser()
    for _ in range(60):
        stranger.sign_in("rina", "salah sekali")
    rina.get(HOME)
    rina.post("/sign-out")

    assert "Kata sandi" not in rina.sign_in("rina")


def test_a_whole_office_signs_in_from_one_address(dashboard: Dashboard) -> None:
    for number in range(60):
        dashboard.browser().sign_in(f"rekan {number}", "salah sekali")

    assert "Kata sandi" not in dashboard.browser().sign_in("sari")


# what a server waits for


def address_seen_by(proxies: tuple[str, ...]) -> str:
    """Return from where a server believes that a request comes which claims to come from elsewhere."""
    app = FastAPI()

    @app.get("/")
    def whence(request: Request) -> str:
        return request.client.host if request.client else ""

    with WebServer(app, "127.0.0.1", 0, proxies) as served, closing(connected(served)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(4096), b"")).decode()
    return str(json.loads(answer.rpartition("\r\n\r\n")[2]))


def connected(served: WebServer) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", served.port))
    line.settimeout(10)
    return line


def test_only_a_configured_proxy_is_believed(dashboard: Dashboard) -> None:
    assert address_seen_by(()) == "127.0.0.1"
    assert address_seen_by(("127.0.0.1",)) == "203.0.113.7"


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHos", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nna"]
)
def test_who_sends_a_request_drop_by_drop_is_cut_off(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    monkeypatch.setattr(server, "HEADERS_WITHIN_SECONDS", 0.2)
    monkeypatch.setattr(server, "BODY_WITHIN_SECONDS", 0.2)
    with WebServer(FastAPI(), "127.0.0.1", 0) as served, closing(connected(served)) as line:
        line.sendall(sent)
        began = monotonic()
        with suppress(ConnectionResetError):
            while line.recv(4096):
                pass

    assert monotonic() - began < 5


def test_one_address_cannot_take_all_connections_by_sending_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_UNSENT", 3)
    app = FastAPI()
    app.get("/")(lambda: "there")

    def is_cut_off(line: socket.socket) -> bool:
        line.settimeout(0.2)
        try:
            return line.recv(1) == b""
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True

    with WebServer(app, "127.0.0.1", 0) as served:
        with ExitStack() as idle:
            lines = [idle.enter_context(closing(connected(served))) for _ in range(5)]
            cut_off = [is_cut_off(each) for each in lines]
        wait_for(lambda: not BoundedProtocol._unsent, "the connections that were closed")
        with closing(connected(served)) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = line.recv(4096)

    assert cut_off == [False, False, False, True, True]
    assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("bound", "public", "answers"),
    [
        (
            "127.0.0.1",
            None,
            {"localhost": 303, "127.0.0.1:8750": 303, "[::1]:8750": 303, "evil.example.com": 421, "[::1": 400},
        ),
        (
            "0.0.0.0",
            "https://latsar.example.go.id/latsar",
            {
                "LATSAR.example.go.id.": 303,
                "latsar-sync:8750": 303,
                "evil.example.com": 421,
                "10.0.0.7": 303,
                "x@y.z": 421,
            },
        ),
        ("0.0.0.0", None, {"latsar.kantor.go.id": 303, "[::1": 400}),
    ],
)
def test_no_page_elsewhere_reaches_the_dashboard_by_letting_its_name_lead_here(
    dashboard: Dashboard, bound: str, public: str | None, answers: dict[str, int]
) -> None:
    service = dashboard.service.settings.service.model_copy(update={"host": bound, "public_url": public})
    settings = dashboard.service.settings.model_copy(update={"service": service})
    app = Dashboard(replace(dashboard.service, settings=settings), dashboard.clock).app
    client = TestClient(app, base_url="http://x", follow_redirects=False)

    assert {host: client.get("/", headers={"Host": host}).status_code for host in answers} == answers
    refused = client.get("/sign-in", headers={"Host": "evil.example.com"})
    assert refused.status_code == 200 or (public or "service.public_url") in refused.text


def test_a_file_of_somebody_who_is_not_signed_in_is_not_even_read(dashboard: Dashboard, sari: Browser) -> None:
    known = f"Cookie: latsar_session={sari.client.cookies['latsar_session']}"

    def answer_before_the_body(address: str, *heads: str) -> str:
        lines = [f"POST {address} HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=b", *heads]
        with WebServer(dashboard.app, "127.0.0.1", 0) as served, closing(connected(served)) as line:
            line.settimeout(0.5)
            line.sendall("\r\n".join([*lines, "Content-Length: 9000000", "", ""]).encode())
            with suppress(TimeoutError):
                return line.recv(4096).decode().partition("\r\n")[0]
        return "waits for the body"

    assert answer_before_the_body(f"{HOME}/imports") == "HTTP/1.1 303 See Other"
    assert answer_before_the_body(f"/api/v1{HOME}/files") == "HTTP/1.1 401 Unauthorized"
    assert answer_before_the_body(f"{HOME}/imports", known) == "waits for the body"


def test_who_does_not_read_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once such an answer stood in memory for as long as they liked."""
    monkeypatch.setattr(server, "UNREAD_WITHIN_SECONDS", 0.2)
    app, gone, lost = FastAPI(), Event(), BoundedProtocol.connection_lost

    def connection_lost(self: BoundedProtocol, error: Exception | None) -> None:
        lost(self, error)
        gone.set()

    monkeypatch.setattr(BoundedProtocol, "connection_lost", connection_lost)
    app.get("/")(lambda: Response(b"-" * 20_000_000))
    with WebServer(app, "127.0.0.1", 0) as served, closing(connected(served)) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")

        assert gone.wait(5)


def test_a_live_line_that_is_open_ends_with_the_service(
    dashboard: Dashboard, sari: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    """Once it was cancelled after two seconds, with a traceback in the log."""
    cookies = "; ".join(f"{name}={value}" for name, value in sari.client.cookies.items())
    with ExitStack() as until_the_end, WebServer(dashboard.app, "127.0.0.1", 0) as served:
        line = until_the_end.enter_context(closing(connected(served)))
        line.sendall(f"GET {HOME}/progress HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n".encode())
        received = b""
        while b"data: " not in received:
            received += line.recv(4096)

    assert b"200 OK" in received
    assert [each.getMessage() for each in caplog.records if each.name.startswith("uvicorn")] == []


def test_few_streams_are_open_in_one_session_and_not_too_many_in_all() -> None:
    streams, most = Streams(), 0
    assert [streams.take("sari") for _ in range(MOST_A_SESSION + 1)] == [True] * MOST_A_SESSION + [False]
    streams.give_back("sari")
    assert streams.take("sari")

    while streams.take(f"other {most}"):
        most += 1

    assert most == 100 - MOST_A_SESSION


def test_a_stream_too_many_is_refused(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(HOME)
    with dashboard.service.database.reading() as connection:
        [session] = web_sessions.sessions_of(connection, "sari", dashboard.clock())
    streams = dashboard.app.state.context.streams
    for _ in range(MOST_A_SESSION):
        assert streams.take(session.id_hash)

    sari.get(f"{HOME}/progress")

    assert sari.page.status_code == 429
