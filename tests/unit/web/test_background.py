"""What a page tells of work that goes on beside it."""

from datetime import UTC, datetime
from threading import Event

from latsar_sync.web.background import Background

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)


def test_work_that_ends_while_a_page_is_made_is_shown_as_going_on_and_the_page_looks_again() -> None:
    background, may_end = Background(), Event()
    background.start("backup", lambda: may_end.wait() and "latsar.db", "ratna", NOW)

    shown = background.last("backup")
    may_end.set()
    background._pool.shutdown(wait=True)
    later = background.last("backup")

    assert shown is not None
    assert later is not None
    assert (shown.is_done, shown.result) == (False, None)
    assert (later.is_done, later.result, later.by) == (True, "latsar.db", "ratna")
