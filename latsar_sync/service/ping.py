"""A sign of life to somebody who raises the alarm when it stays away, as healthchecks.io and its like do.

After each good run over everybody, if the last run of no other programme was bad; ``/fail`` after a bad one.
"""

from concurrent.futures import ThreadPoolExecutor

import structlog
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from latsar_sync.domain.request import RunOutcome
from latsar_sync.service.outbound import Receiver
from latsar_sync.settings import Settings
from latsar_sync.store import runs
from latsar_sync.store.database import Database

log = structlog.get_logger("latsar_sync")

ATTEMPTS = 3
SECONDS_BETWEEN = 5.0
FAIL = "/fail"
GOOD = (RunOutcome.OK, RunOutcome.PARTIAL)


class Ping:
    """The sign of life of one daemon; without the table ``[ping]`` it does nothing."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._receiver = Receiver("ping", settings.ping.url.get_secret_value()) if settings.ping else None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="ping")

    def run_ended(self, programme: str, outcome: RunOutcome) -> None:
        """Tell how a run ended, in the background: no programme's name, no figure."""
        if self._receiver is None:
            return
        if outcome not in GOOD:
            self._pool.submit(self.send, FAIL)
            return
        others = [each.id for each in self._settings.programmes if each.id != programme]
        with self._database.reading() as connection:
            last = [runs.last_of_everybody(connection, each) for each in others]
        if all(run is None or run.outcome in GOOD for run in last):
            self._pool.submit(self.send, "")

    def send(self, path: str) -> None:
        """Send, and try again a few times: what is lost then is seen by its absence."""
        if self._receiver is None:
            return
        tries = Retrying(
            retry=retry_if_result(bool),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_fixed(SECONDS_BETWEEN),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        error = tries(self._receiver.post, b"", {"Content-Type": "text/plain"}, path)
        if error:
            log.warning("the ping was not taken", reason=error.why)

    def close(self) -> None:
        """Begin nothing new; what is being sent is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)
