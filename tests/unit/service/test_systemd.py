"""The words to the service manager arrive as sd_notify(3) has them, and never hold the work up."""

import errno
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from latsar_sync.service import systemd


@pytest.fixture(autouse=True)
def _no_service_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test as if no service manager had started the process."""
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """Give the socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        yield manager


def send_without_end(channel: socket.socket, address: str) -> None:
    """Send until nothing more is taken."""
    while True:
        channel.sendto(b"STATUS=others", address)


def test_each_word_goes_on_a_line_of_its_own_in_one_message(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())

    systemd.tell("READY=1", "STATUS=waiting — né")
    systemd.tell("STOPPING=1")

    assert manager.recv(4096).decode() == "READY=1\nSTATUS=waiting — né"
    assert manager.recv(4096).decode() == "STOPPING=1"


def test_an_abstract_socket_is_written_with_an_at_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0latsar-test-{os.getpid()}")
        manager.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@latsar-test-{os.getpid()}")

        systemd.tell("READY=1")

        assert manager.recv(4096) == b"READY=1"


def test_a_process_that_may_open_nothing_more_goes_on_without_a_word(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker says it is free before it lets go of the programme: an error there would hold that for good."""

    def no_more(*_: object) -> socket.socket:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setattr(socket, "socket", no_more)

    systemd.tell("READY=1")


@pytest.mark.parametrize("address", ["", "/nowhere/at/all", "@nobody-listens-here", "no-path"])
def test_without_a_manager_that_listens_the_words_go_nowhere(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)

    systemd.tell("READY=1")


def test_a_manager_that_has_stopped_reading_does_not_stop_the_work(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as others:
        others.setblocking(False)
        with pytest.raises(BlockingIOError):
            send_without_end(others, manager.getsockname())

    speaker = Thread(target=systemd.tell, args=("WATCHDOG=1",), daemon=True)
    speaker.start()
    speaker.join(30)

    assert not speaker.is_alive()


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, 30),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "ours"}, 1.5),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
    ],
)
def test_the_watchdog_is_told_twice_as_often_as_it_waits_and_only_if_it_is_ours(
    environment: dict[str, str], seconds: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, str(os.getpid()) if value == "ours" else value)

    assert systemd.watchdog_seconds() == seconds
