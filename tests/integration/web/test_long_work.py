"""What takes long is done off the request, one piece at a time, and fetched when it is there."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from dashboard import HOME, Browser, Dashboard
from unattended import wait_for

from latsar_sync.web import context
from latsar_sync.web.long_work import KEPT, MOST_WAITING, LongWork, TooMuchWork, Waiting

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_one_piece_is_made_at_a_time_and_how_far_the_others_are_is_told() -> None:
    work, go_on, at_work = LongWork(), Event(), []

    def make() -> bytes:
        at_work.append(1)
        go_on.wait(10)
        at_work.pop()
        return b"made"

    first, second = work.get("first", make, NOON), work.get("second", make, NOON + timedelta(seconds=1))
    again = work.get("first", make, NOON + timedelta(seconds=2))
    wait_for(lambda: bool(at_work), "the first piece")
    together = len(at_work)
    go_on.set()
    wait_for(lambda: work.get("second", make, NOON) == b"made", "the second piece")

    assert (first, again) == (Waiting(NOON, 0), Waiting(NOON, 0))
    assert second == Waiting(NOON + timedelta(seconds=1), 1)
    assert together == 1
    assert work.get("first", make, NOON) == b"made"


def test_what_nobody_fetches_is_forgotten_and_what_fails_says_so() -> None:
    work, made = LongWork(), []

    def make() -> bytes:
        made.append(1)
        if len(made) == 2:
            raise ValueError("no paper")
        return b"made"

    work.get("it", make, NOON)
    wait_for(lambda: len(made) == 1, "the first")
    wait_for(lambda: work._pieces["it"].is_done, "the first to be there")
    anew = work.get("it", make, NOON + KEPT)
    wait_for(lambda: work._pieces["it"].is_done, "the second to fail")

    assert isinstance(anew, Waiting)
    with pytest.raises(ValueError, match="no paper"):
        work.get("it", make, NOON + KEPT)


def test_not_more_than_some_pieces_wait() -> None:
    work, go_on = LongWork(), Event()

    def make() -> bytes:
        go_on.wait(10)
        return b""

    for number in range(MOST_WAITING):
        work.get(str(number), make, NOON)
    with pytest.raises(TooMuchWork):
        work.get("one more", make, NOON)
    go_on.set()


def test_a_document_about_very_many_people_is_made_off_the_request(
    dashboard: Dashboard, sari: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "MADE_AT_ONCE", 0)
    address = f"{HOME}/documents/chase.xlsx"

    said, status, refresh = sari.get(address), sari.page.status_code, sari.page.headers.get("refresh")
    wait_for(lambda: sari.client.get(address).content.startswith(b"PK"), "the document")

    assert (status, refresh) == (202, "3")
    assert "Dokumen sedang dibuat" in said
    assert [each.action for each in dashboard.accesses()] == ["export chase xlsx"]
