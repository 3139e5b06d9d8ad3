"""Sending what the notices say: whatever waits, by the channel that it is for; none waits for another's mail server."""

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.language import _
from latsar_sync.service.channels import Channel
from latsar_sync.store import notices as store
from latsar_sync.store.database import Database
from latsar_sync.store.notices import Notice, NoticeState

log = structlog.get_logger("latsar_sync")

CHANNELS_AT_ONCE = 8


class NoticeSending:
    """Sends the notices of one daemon, each channel in a thread of its own.

    ``channel_of`` says by which channel a notice goes, None for one that goes nowhere.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], channel_of: Callable[[Notice], Channel | None]
    ) -> None:
        self._database = database
        self._clock = clock
        self._channel_of = channel_of
        self._pool = ThreadPoolExecutor(CHANNELS_AT_ONCE, thread_name_prefix="notices")
        self._under_way: dict[Channel, Future[None]] = {}
        self._ends = threading.Event()

    def begin(self, now: datetime) -> None:
        """Begin to send what waits, in the background."""
        with self._database.reading() as connection:
            waited_for = {self._channel_of(notice) for notice in store.waiting(connection, now)}
        for channel in waited_for:
            if channel is None:
                continue
            if channel not in self._under_way or self._under_way[channel].done():
                self._under_way[channel] = self._pool.submit(self.send, channel)

    def under_way(self) -> Collection[Future[None]]:
        """Return what is being sent, or was."""
        return self._under_way.values()

    def send(self, only: Channel | None = None) -> None:
        """Send what waits, to one channel only or to all: no committee waits for the mail server of another.

        A notice that does not go out is tried again later, said in the log, and then given up.
        """
        try:
            with self._database.reading() as connection:
                waiting = store.waiting(connection, self._clock())
            for notice in waiting:
                channel = self._channel_of(notice)
                if self._ends.is_set():
                    return
                if channel is None or only not in (None, channel):
                    continue
                with self._database.writing() as connection:
                    mine = store.claim(connection, notice, self._clock())
                if not mine:
                    continue
                delivery = channel.send(notice.title, notice.body, notice.delivered)
                error = _("not taken by: {services}").format(services=", ".join(delivery.failed))
                with self._database.writing() as connection:
                    state = store.settle(
                        connection, notice, delivery.delivered, error if delivery.failed else None, self._clock()
                    )
                if delivery.failed:
                    told = "notice given up" if state is NoticeState.GIVEN_UP else "notice not sent; trying again"
                    log.warning(told, notice=notice.id, notice_event=notice.event, services=delivery.failed)
                else:
                    log.info("notice sent", notice=notice.id, notice_event=notice.event, about=notice.subject)
        except SQLAlchemyError as error:
            if not self._ends.is_set():  # else it is closed, and the next daemon goes on
                log.warning("the database failed while notices were sent", reason=type(error).__name__)

    def close(self) -> None:
        """Begin nothing new; the notice in hand is not waited for."""
        self._ends.set()
        self._pool.shutdown(wait=False, cancel_futures=True)
