"""Telling other programs of changes: signed as Standard Webhooks says, sent by a daemon, tried again by the database.

The run neither waits for it nor fails by it. Only internal ids go out, no name and no NIP (rule 16).
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.service.outbound import NotTaken, Receiver
from latsar_sync.settings import Settings
from latsar_sync.store import webhook_sending as sending
from latsar_sync.store import webhooks as store
from latsar_sync.store.database import Database
from latsar_sync.store.webhooks import DeliveryState, WebhookDelivery

log = structlog.get_logger("latsar_sync")

VERSION = 1
"""Of what is sent: another one where a key goes or means something else; keys that are new make none."""
AT_ONCE = 20
"""Events that one program is told in one go, before the others are looked at again."""
RECEIVERS_AT_ONCE = 4


def json_body(delivery: WebhookDelivery) -> bytes:
    """Return what is sent of an event: the same bytes at each attempt."""
    told = {
        "version": VERSION,
        "type": delivery.event,
        "timestamp": delivery.at.isoformat(timespec="seconds"),
        "data": {"programme": delivery.programme, **delivery.data},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def signed(keys: Sequence[bytes], message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers by which a receiver knows that a body is ours, and new (Standard Webhooks 1.0).

    Of several keys each signs, so that a receiver may go on with either while the secret is changed.
    """
    timestamp = str(int(now.timestamp()))
    content = b".".join([message_id.encode(), timestamp.encode(), body])
    signatures = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
    }


class Webhooks:
    """The webhooks of one daemon."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._wanted: Mapping[str, tuple[str, ...]] = {name: each.events for name, each in settings.webhooks.items()}
        self._keys = {name: each.keys for name, each in settings.webhooks.items()}
        self._settings = settings.webhooks
        self._receivers: dict[str, Receiver] = {}
        self._pool = ThreadPoolExecutor(RECEIVERS_AT_ONCE, thread_name_prefix="webhooks")
        self._sending: dict[str, Future[None]] = {}
        self._ends = threading.Event()

    def look(self) -> None:
        """Write down who is to be told of what happened, and tell it in the background; nobody waits for another."""
        now = self._clock()
        with self._database.reading() as connection:
            new = store.is_something_new(connection)
        if new:
            with self._database.writing() as connection:
                store.spread(connection, self._wanted, now)
        for name in self._wanted:
            if name in self._sending and not self._sending[name].done():
                continue
            with self._database.reading() as connection:
                waits = bool(sending.waiting(connection, name, now, 1))
            if waits:
                self._sending[name] = self._pool.submit(self.send, name)

    def send(self, name: str) -> None:
        """Tell one program what waits for it. After an attempt that failed it is left alone until the next look."""
        try:
            with self._database.reading() as connection:
                waiting = sending.waiting(connection, name, self._clock(), AT_ONCE)
            for delivery in waiting:
                if self._ends.is_set():
                    return
                with self._database.writing() as connection:
                    mine = sending.claim(connection, delivery, self._clock())
                if mine and not self._deliver(name, delivery):
                    break
        except SQLAlchemyError as error:
            if not self._ends.is_set():  # else it is closed, and the next daemon goes on
                log.warning("the database failed while a webhook was sent", reason=type(error).__name__)

    def tidy(self) -> None:
        """Forget what was settled long ago."""
        with self._database.writing() as connection:
            store.forget(connection, self._wanted, self._clock())

    def close(self) -> None:
        """Begin nothing new; the event in hand is not waited for."""
        self._ends.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _deliver(self, name: str, delivery: WebhookDelivery) -> bool:
        body = json_body(delivery)
        headers = signed(self._keys[name], delivery.message_id, body, self._clock())
        error = self._post(name, body, headers)
        with self._database.writing() as connection:
            why, for_good = (None, False) if error is None else error
            state = sending.settle(connection, delivery, why, self._clock(), for_good)
        if error is not None:
            said = "webhook given up" if state is DeliveryState.GIVEN_UP else "webhook not taken; trying again"
            log.warning(said, webhook=name, about=delivery.event, message=delivery.message_id, reason=why)
        return error is None

    def _post(self, name: str, body: bytes, headers: Mapping[str, str]) -> NotTaken | None:
        """Send a body as ``Receiver.post`` does; certificates that cannot be read stop this webhook alone."""
        each = self._settings[name]
        try:
            if name not in self._receivers:
                self._receivers[name] = Receiver(f"webhooks.{name}", each.url, each.ca_bundle, each.proxy)
        except ConfigurationError as error:
            return NotTaken(error.message)
        return self._receivers[name].post(body, headers)
