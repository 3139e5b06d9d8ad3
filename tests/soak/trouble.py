"""What goes wrong during a soak, drawn at random: at the LMS, in the process, in the clock, the disk, the database."""

from __future__ import annotations

import os
import random
import resource
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from crew import Daemon
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from latsar_sync.demo import KINDS, Campus, Fault

READS = {
    "mooc": (
        None,
        "core_course_get_contents",
        "core_enrol_get_enrolled_users",
        "gradereport_user_get_grade_items",
        "core_completion_get_activities_completion_status",
    ),
    "kelas": (None, "core_enrol_get_enrolled_users", "core_group_get_course_groups", "core_user_get_users_by_field"),
}
WRITES = ("core_group_create_groups", "enrol_manual_enrol_users", "core_group_add_group_members")
JUMPS = (45.0, 600.0, 7200.0, -45.0, -3600.0)
SMALL_DISK = 256 * 1024 * 1024
"""A file system of this size or less is taken to be the soak's own, and filled to the last byte."""


class Trouble:
    """Plays faults on a campus, two daemons and their database. ``ahead`` is how far the clock of all is ahead.

    ``give_work`` lets something happen on the campus that a run has to write.
    """

    def __init__(
        self,
        campus: Campus,
        steady: Daemon,
        restless: Daemon,
        database_url: str,
        chance: random.Random,
        give_work: Callable[[], None],
    ) -> None:
        self._campus = campus
        self._give_work = give_work
        self._steady, self._restless = steady, restless
        self._address = make_url(database_url)
        self._chance = chance
        self._under_way: list[Thread] = []
        self._jump_ends = 0
        self.ahead = 0.0
        self.done: Counter[str] = Counter()
        self.bad_stops = 0
        kinds: list[tuple[int, Callable[[], None]]] = [
            (2, self.a_daemon_is_killed_while_it_writes),
            (1, self.a_daemon_is_killed),
            (1, self.a_daemon_is_stopped_and_started),
            (1, self.a_daemon_is_frozen),
            (1, self.the_clock_jumps),
            (1, self.the_database_is_locked),
            (1, self.the_lms_is_restarted),
        ]
        if self._address.get_backend_name() == "sqlite":
            kinds.append((2, self.the_disk_is_full))
        self._kinds = kinds

    def at_the_lms(self, times: int) -> None:
        """Switch on so many faults of the LMS; a third of them strike a write."""
        for _ in range(times):
            kind = self._chance.choice(KINDS)
            site = self._chance.choice(("mooc", "kelas"))
            function = self._chance.choice(READS[site])
            if self._chance.random() < 0.35:
                site, function = "kelas", self._chance.choice(WRITES)
            skip = 0 if function in WRITES else self._chance.randint(0, 12)
            count, seconds = self._chance.randint(1, 3), self._chance.uniform(0.1, 1.8)
            self._campus.faults.add(Fault(kind, site, function, count, skip, seconds=seconds))

    def lms_is_mended(self) -> None:
        """Switch the faults of the LMS off and count which of them struck."""
        for fault in self._campus.faults.described():
            if fault["hits"]:
                self.done[f"LMS: {fault['kind']}"] += int(str(fault["hits"]))
        self._campus.faults.clear()
        self._campus.before_write = self._campus.after_write = None

    def around_the_service(self) -> None:
        """Play one fault of process, clock, disk or database; it goes on in the background."""
        weights = [weight for weight, _ in self._kinds]
        [(_, action)] = self._chance.choices(self._kinds, weights)
        action()
        self.done[action.__name__.replace("_", " ")] += 1

    def wait_until_over(self) -> None:
        """Wait until what was begun is over: locks given back, ballast thrown off, daemons up."""
        for thread in self._under_way:
            thread.join()
        self._under_way.clear()

    def let_time_pass(self, at_once: bool) -> None:
        """Set the clock right again when its jump has lasted long enough, or at once."""
        self._jump_ends -= 1
        if self.ahead and (at_once or self._jump_ends <= 0):
            self._set_clock(0.0)

    def a_daemon_is_killed(self) -> None:
        """Kill the restless daemon after a moment, and start it again."""
        self._later(self._chance.uniform(0.0, 1.5), self._kill)

    def a_daemon_is_killed_while_it_writes(self) -> None:
        """Kill the restless daemon before or after a write of its own has arrived; the steady one is kept away."""
        wake, struck = Event(), Event()

        def strike(name: str, parameters: object) -> None:
            if not struck.is_set():
                struck.set()
                os.kill(self._restless.pid, 9)
                wake.set()

        before = self._chance.random() < 0.5
        self._steady.freeze()
        self._give_work()
        if before:
            self._campus.before_write = strike
        else:
            self._campus.after_write = strike

        def go_on() -> None:
            wake.wait(4)
            self._campus.before_write = self._campus.after_write = None
            self._steady.thaw()
            self._kill()
            if struck.is_set():
                self.done[f"killed {'before' if before else 'after'} its write arrived"] += 1

        self._later(0.0, go_on)

    def a_daemon_is_stopped_and_started(self) -> None:
        """Ask the restless daemon to stop; it must do so with exit code 0."""

        def stop() -> None:
            self.bad_stops += self._restless.terminate() != 0
            self._restless.start(self.ahead)

        self._later(self._chance.uniform(0.0, 1.0), stop)

    def a_daemon_is_frozen(self) -> None:
        """Freeze the restless daemon in whatever it does for a few seconds."""

        seconds = self._chance.uniform(0.5, 3.0)

        def freeze() -> None:
            self._restless.freeze()
            Event().wait(seconds)
            self._restless.thaw()

        self._later(self._chance.uniform(0.0, 0.8), freeze)

    def the_clock_jumps(self) -> None:
        """Set the clock of the whole machine on or back, for this cycle and a few more."""
        self._jump_ends = self._chance.randint(1, 3)
        self._set_clock(self._chance.choice(JUMPS))

    def the_database_is_locked(self) -> None:
        """Let another program hold the database's write lock for a while."""
        seconds = self._chance.uniform(0.2, 4.0)
        self._later(self._chance.uniform(0.0, 0.6), lambda: self._lock(seconds))

    def the_disk_is_full(self) -> None:
        """Leave no room on the disk for a while; on a disk that is not our own, limit how long files may become."""
        seconds = self._chance.uniform(0.3, 3.0)
        self._later(self._chance.uniform(0.0, 0.6), lambda: self._fill(seconds))

    def the_lms_is_restarted(self) -> None:
        """Take both sites down for a moment."""

        seconds = self._chance.uniform(0.1, 1.0)

        def restart() -> None:
            self._campus.stop()
            Event().wait(seconds)
            self._campus.start()

        self._later(self._chance.uniform(0.0, 0.6), restart)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        def wait_and_do() -> None:
            Event().wait(seconds)
            action()

        self._under_way.append(Thread(target=wait_and_do, name="trouble"))
        self._under_way[-1].start()

    def _kill(self) -> None:
        self._restless.kill()
        self._restless.start(self.ahead)

    def _set_clock(self, ahead: float) -> None:
        for daemon in (self._steady, self._restless):
            daemon.shift(ahead - self.ahead)
        self.ahead = ahead

    def _lock(self, seconds: float) -> None:
        if self._address.get_backend_name() == "sqlite":
            other = sqlite3.connect(self._address.database or "", timeout=20, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            Event().wait(seconds)
            other.close()
            return
        engine = create_engine(self._address)
        # all of them or none: who holds one and waits for the next ends in a deadlock with a run
        for attempt in Retrying(
            retry=retry_if_exception_type(OperationalError), wait=wait_fixed(0.05), stop=stop_after_delay(20)
        ):
            with attempt, engine.begin() as connection:
                connection.execute(
                    text("LOCK TABLE runs, leases, run_requests, pushes IN ACCESS EXCLUSIVE MODE NOWAIT")
                )
                Event().wait(seconds)
        engine.dispose()

    def _fill(self, seconds: float) -> None:
        file = Path(self._address.database or "")
        # a log that was long once has room left in it, and would hide that the disk has none
        other = sqlite3.connect(file, timeout=20)
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        module = os.statvfs(file.parent)
        if module.f_blocks * module.f_frsize <= SMALL_DISK:
            with (file.parent / "ballast").open("wb", buffering=0) as ballast:
                for size in (65536, 4096, 1):
                    _write_until_full(ballast.fileno(), b"\0" * size)
                Event().wait(seconds)
            (file.parent / "ballast").unlink()
            return
        # a limit that is reached at once: whatever makes a file of the process longer than this fails
        for daemon in (self._steady, self._restless):
            limit_files(daemon, 4096)
        Event().wait(seconds)
        for daemon in (self._steady, self._restless):
            limit_files(daemon, resource.RLIM_INFINITY)


def limit_files(daemon: Daemon, size: int) -> None:
    """Let no file that the daemon writes become longer than ``size``; a daemon that is gone is left alone."""
    try:
        _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (size, hard))
    except (ProcessLookupError, PermissionError):
        return


def _write_until_full(handle: int, piece: bytes) -> None:
    try:
        while True:
            os.write(handle, piece)
    except OSError:
        return
