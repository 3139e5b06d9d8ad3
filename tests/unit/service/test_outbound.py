"""What is told of an address outside that does not take something, or answers without end."""

import gzip
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from socket import create_server, socket
from threading import Event, Thread
from typing import Any

import pytest
import requests

from latsar_sync.service import outbound
from latsar_sync.service.outbound import BoundedAdapter, NotTaken, Receiver, TooLarge

BOMB = gzip.compress(b"{" + b" " * 3_000_000 + b"}", 9)


def refused(code: int) -> requests.exceptions.SSLError:
    """Return the error of requests for a certificate that OpenSSL refuses."""
    cause = ssl.SSLCertVerificationError("https://hook.example.go.id/rahasia")
    cause.verify_code = code
    return requests.exceptions.SSLError(cause)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (10, "its TLS certificate has expired, or the clock of this machine is wrong"),
        (19, "its TLS certificate is from an authority of its own: name its file in ca_bundle"),
        (62, "its TLS certificate is for another name"),
        (999, "its TLS certificate cannot be verified"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told_without_the_address(
    monkeypatch: pytest.MonkeyPatch, code: int, why: str
) -> None:
    def refuse(*_asked: Any, **_options: Any) -> None:
        raise refused(code)

    monkeypatch.setattr(requests.Session, "post", refuse)
    receiver = Receiver("webhooks.x", "https://hook.example.go.id/rahasia")

    assert receiver.post(b"{}", {}) == NotTaken(why)
    receiver.close()


Server = Callable[[bytes, float], str]


@pytest.fixture
def answering() -> Iterator[Server]:
    """Give what answers one request with these bytes: at once, or one by one with so many seconds between them."""
    over, threads = Event(), list[Thread]()

    def serve(listening: socket, answer: bytes, seconds: float) -> None:
        with closing(listening), closing(listening.accept()[0]) as caller:
            caller.recv(65_536)
            try:
                for piece in [answer] if not seconds else [bytes([each]) for each in answer]:
                    caller.sendall(piece)
                    if seconds and over.wait(seconds):
                        return
            except OSError:
                return

    def answer(text: bytes, seconds: float) -> str:
        listening = create_server(("127.0.0.1", 0))
        threads.append(Thread(target=serve, args=(listening, text, seconds)))
        threads[-1].start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield answer
    over.set()
    for thread in threads:
        thread.join()


def asked(url: str) -> requests.Response:
    """Ask as a library does that reads the whole answer itself."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", BoundedAdapter())
        return session.get(url, timeout=(5, 5))


def test_what_another_library_reads_is_whole_and_within_bounds(answering: Server) -> None:
    well = asked(answering(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"a": 1}', 0))
    head = f"HTTP/1.1 302 Found\r\nContent-Encoding: gzip\r\nContent-Length: {len(BOMB)}\r\n".encode()

    assert well.json() == {"a": 1}
    for location in (b"Location: /elsewhere\r\n", b""):
        with pytest.raises(TooLarge):
            asked(answering(head + location + b"\r\n" + BOMB, 0))


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_what_another_library_reads_is_given_up_when_its_time_is_over(
    answering: Server, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(outbound, "ANSWER_SECONDS", 0.2)

    with pytest.raises(requests.RequestException):
        asked(answering(head + b"{" * 400, 0.05))


@pytest.mark.parametrize("location", ["https://[hook", "https://hook.go.id/b\xe9da"])
def test_a_redirect_to_what_is_no_address_is_told_as_one(answering: Server, location: str) -> None:
    head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
    receiver = Receiver("webhooks.x", answering(head, 0))

    assert receiver.post(b"{}", {}) == NotTaken("it leads elsewhere (HTTP 302), which is not followed")
    receiver.close()
