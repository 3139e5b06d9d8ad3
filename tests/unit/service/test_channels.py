"""A notice goes to its addresses beside each other: one that never answers keeps nobody else waiting."""

from collections.abc import Iterator
from threading import Event, Timer
from typing import Any, cast

import pytest
from pydantic import SecretStr

from latsar_sync.service import channels
from latsar_sync.service.channels import Channel


class Sender:
    """A service that answers when it is let."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = Event()

    def notify(self, body: str, **_more: Any) -> bool:
        """Take a text."""
        self.asked.append(body)
        return self.answers.wait(10)


@pytest.fixture
def senders(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Sender]]:
    """Give a service that hangs and one that takes everything; nobody is waited for."""
    monkeypatch.setattr(channels, "WITHIN_SECONDS", 0.2)
    both = [Sender(), Sender()]
    both[1].answers.set()
    yield both
    both[0].answers.set()


def test_a_notice_that_is_too_long_for_a_service_comes_in_parts_unless_its_address_says_otherwise() -> None:
    telegram = "tgram://123456789:abcdefg_hijklmnop/12315544/"

    channel = Channel([SecretStr(telegram), SecretStr(f"{telegram}?overflow=truncate")])

    assert [server.overflow_mode.value for each in channel._addresses for server in each.sender] == [
        "split",
        "truncate",
    ]


def test_an_address_that_hangs_keeps_no_other_waiting_and_is_not_asked_again_meanwhile(senders: list[Sender]) -> None:
    channel = Channel([SecretStr("json://localhost/1"), SecretStr("json://localhost/2")])
    for address, sender in zip(channel._addresses, senders, strict=True):
        address.sender = cast(Any, sender)

    sent = [channel.send("title", text) for text in ("one", "two")]

    assert [each.failed for each in sent] == [("1 (JSON)",)] * 2
    assert [len(each.delivered) for each in sent] == [1, 1]
    assert [each.asked for each in senders] == [["one"], ["one", "two"]]


def test_what_is_taken_late_is_no_other_notice_that_came_meanwhile(senders: list[Sender]) -> None:
    """A mail server that needs minutes: of the second notice, which it was never given, it says nothing."""
    channel = Channel([SecretStr("json://localhost/1")])
    [address], slow = channel._addresses, senders[0]
    address.sender = cast(Any, slow)

    first = channel.send("title", "one")
    Timer(0.05, slow.answers.set).start()
    second = channel.send("title", "two")
    slow.answers.wait(10)
    assert address.asked is not None
    address.asked.join(10)
    third = channel.send("title", "three")

    assert [bool(each.delivered) for each in (first, second, third)] == [False, False, True]
    assert slow.asked == ["one", "three"]
