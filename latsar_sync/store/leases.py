"""One writer per programme: a lease with a heartbeat; who holds it, and when that one counts as dead (rule 9)."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Thread
from types import TracebackType
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError

from latsar_sync.domain.errors import LeaseHeld, LeaseLost
from latsar_sync.domain.language import _
from latsar_sync.store import database_mark, shared_clock, waiting_changes, waiting_orders
from latsar_sync.store.database import Database
from latsar_sync.store.engines import was_given_up
from latsar_sync.store.forgetting import rewrite_what_is_owed
from latsar_sync.store.kept_writes import KeptWrites, Recording
from latsar_sync.store.processes import process_started, this_host, this_process
from latsar_sync.store.tables import leases
from latsar_sync.store.tables.columns import OF_PROGRAMME
from latsar_sync.store.writes_beside import WritesBeside

BEAT_EVERY_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.05


_MINE = leases.c.programme == OF_PROGRAMME, leases.c.holder == bindparam("of_holder")
IN_FORCE = select(leases).where(leases.c.programme == OF_PROGRAMME)
WAIT_FOR_IT = select(leases.c.holder).where(leases.c.programme == OF_PROGRAMME).with_for_update()
BEAT = update(leases).where(*_MINE).values(beat_at=bindparam("now"))
RENEW = BEAT.where(leases.c.beat_at >= bindparam("alive"))
GIVE_BACK = delete(leases).where(*_MINE)


EXPIRES_AFTER = timedelta(seconds=60)
"""Without a heartbeat for so long, a lease is a dead process's."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a programme, since when, and when it last gave a sign of life, by this host's clock."""

    programme: str
    holder: str
    host: str
    pid: int
    process_started: str
    taken_at: datetime
    beat_at: datetime

    @classmethod
    def of(cls, row: Row[Any], ahead: timedelta) -> "Holder":
        """Return a lease as it is written down, its times by this host's clock (``shared_clock``)."""
        written = cls(**row._mapping)
        return replace(written, taken_at=written.taken_at - ahead, beat_at=written.beat_at - ahead)

    def is_dead(self, now: datetime) -> bool:
        """Say whether the lease has expired, or its process is gone from this host.

        Of this host its process tells, however far ahead a beat lies. Of another host a beat that lies as far ahead as
        an expired one lies behind is no sign of life: a clock ran ahead when it was written, that host's or ours.
        """
        if now - self.beat_at > EXPIRES_AFTER:
            return True
        if self.host == this_host():
            return process_started(self.pid) != self.process_started
        return self.beat_at - now > EXPIRES_AFTER

    @property
    def named(self) -> str:
        """The host and the number of the process, for messages."""
        return _("host {host}, process {pid}").format(host=self.host.split(" ", maxsplit=1)[0], pid=self.pid)


class Lease:
    """Holds a programme for the length of a ``with`` block and beats in the background.

    Raise LeaseHeld on entering if somebody living holds it, for all the ``patience`` (seconds) that there is. What the
    holder records it records by ``writing``; before each write to the LMS it calls ``check``. Both raise LeaseLost when
    the lease is no longer ours. After entering, ``remarks`` say what a person must know of the database's mark.
    """

    def __init__(
        self, database: Database, programme: str, clock: Callable[[], datetime], patience: float = 0.0
    ) -> None:
        self._database = database
        self._programme = programme
        self._clock = clock
        self._patience = patience
        self._holder = uuid4().hex
        self.remarks: list[str] = []
        self._stop = Event()
        self._thread = Thread(target=self._beat, name=f"lease {programme}", daemon=True)

    def __enter__(self) -> "Lease":
        enough = time.monotonic() + self._patience
        while True:
            try:
                self._take()
                break
            except LeaseHeld:
                if time.monotonic() >= enough:
                    raise
                Event().wait(LOOK_AGAIN_SECONDS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        try:
            self._give_back()
        except SQLAlchemyError:
            # a full disk or a locked file: nobody should have to wait until the lease runs out
            Thread(target=self._give_back_later, name=f"lease {self._programme}", daemon=True).start()

    def _give_back(self) -> None:
        known = database_mark.load_mark(self._database.mark)
        with self._database.writing() as connection:
            if connection.execute(GIVE_BACK, self._mine).rowcount == 0:
                return
            gone = catch_up(connection, self._programme, self._clock())
            counted = database_mark.count_on(connection, known, self._clock())
        self.remarks += database_mark.keep_in_step(self._database.name, self._database.mark, counted)
        if gone:
            rewrite_what_is_owed(self._database)

    def _give_back_later(self) -> None:
        for _second in range(int(EXPIRES_AFTER.total_seconds())):
            Event().wait(1)
            try:
                return self._give_back()
            except SQLAlchemyError:
                continue
        return None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that only the holder gets, and in the middle of which nobody can take the lease.

        Raise LeaseLost, with nothing written, if the lease expired or somebody else has taken it.
        """
        try:
            with self._database.writing() as connection:
                if not self._renew(connection):
                    raise self._lost()
                yield connection
                # however long that took: it was ours throughout, and the beats in the background had to wait
                connection.execute(BEAT, {**self._mine, "now": self._clock() + shared_clock.ahead(connection)})
        except DatabaseError as error:
            if was_given_up(error):
                raise self._lost() from None
            raise

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """Open what a long record is written to; on SQLite others write until it is whole."""
        if not self._database.one_writer:
            with self.writing() as connection, WritesBeside.on(connection) as writes:
                yield Recording(writes, lambda: nullcontext(writes.settled()))
            return
        with KeptWrites.beside(self._database.engine.dialect, self._database.file) as kept:
            yield Recording(kept, lambda: self._at_once(kept))

    @contextmanager
    def _at_once(self, kept: KeptWrites) -> Iterator[Connection]:
        with self.writing() as connection:
            kept.write_to(connection)
            yield connection

    def check(self) -> None:
        """Beat once more; raise LeaseLost if the lease expired or somebody else has taken it."""
        with self.writing():
            pass

    def _lost(self) -> LeaseLost:
        return LeaseLost(
            _("The lease of programme {programme} was lost while the run was under way.").format(
                programme=self._programme
            ),
            _("Nothing more was written; the next run settles what was sent. Was the machine paused?"),
        )

    def _take(self) -> None:
        now = self._clock()
        known = database_mark.load_mark(self._database.mark)
        try:
            with self._database.writing() as connection:
                taken = self._taken(connection, now)
                gone = catch_up(connection, self._programme, now) if taken else set()
                counted = database_mark.count_on(connection, known, now) if taken else None
        except IntegrityError:
            counted, gone = None, set()  # somebody was first by a hair: now it can be told who
        if counted is None:
            self._take()
            return
        self.remarks += database_mark.keep_in_step(self._database.name, self._database.mark, counted)
        if gone:
            rewrite_what_is_owed(self._database)

    def _taken(self, connection: Connection, now: datetime) -> bool:
        """Write down that the lease is ours; say whether it is. Raise LeaseHeld if somebody living holds it."""
        ahead = shared_clock.ahead(connection)
        mine = {"holder": self._holder, **this_process(), "taken_at": now + ahead, "beat_at": now + ahead}
        row = connection.execute(IN_FORCE, {"of_programme": self._programme}).first()
        if row is None:
            connection.execute(insert(leases).values(programme=self._programme, **mine))
            return True
        present = Holder.of(row, ahead)
        if not present.is_dead(now):
            raise _held(present, now)
        taken = connection.execute(
            update(leases)
            .where(leases.c.programme == self._programme, leases.c.holder == present.holder)
            .where(leases.c.beat_at == row.beat_at)
            .values(**mine)
        )
        return taken.rowcount == 1

    def _renew(self, connection: Connection) -> bool:
        # a beat may wait here for a long transaction of ours; the time of before would set the lease back
        if not self._database.one_writer:
            connection.execute(WAIT_FOR_IT, {"of_programme": self._programme})
        now = self._clock() + shared_clock.ahead(connection)
        renewed = connection.execute(RENEW, {**self._mine, "now": now, "alive": now - EXPIRES_AFTER})
        return renewed.rowcount == 1

    @property
    def _mine(self) -> dict[str, object]:
        return {"of_programme": self._programme, "of_holder": self._holder}

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_EVERY_SECONDS):
            try:
                with self._database.writing() as connection:
                    self._renew(connection)
            except SQLAlchemyError:
                # a busy database may cost one beat; ``check`` decides before each write
                continue


def _held(holder: Holder, now: datetime) -> LeaseHeld:
    minutes = max(0, int((now - holder.taken_at).total_seconds() // 60))  # it may have been taken since
    return LeaseHeld(
        _("Programme {programme} is held by another run ({process}) since {taken_at}, {minutes} minutes.").format(
            programme=holder.programme, process=holder.named, taken_at=holder.taken_at, minutes=minutes
        ),
        _("Wait for it to end; a dead run's lease is taken over by itself."),
    )


def catch_up(connection: Connection, programme: str, now: datetime) -> set[str]:
    """Carry out what waited for the end of a run; return the tables of which something was deleted."""
    waiting_changes.catch_up(connection, programme, now)
    return waiting_orders.catch_up(connection, programme, now)


def holders(database: Database) -> list[Holder]:
    """Return every lease that is written down, dead ones too."""
    with database.reading() as connection:
        ahead = shared_clock.ahead(connection)
        return [Holder.of(row, ahead) for row in connection.execute(select(leases))]


def is_held(database: Database, programme: str, now: datetime) -> bool:
    """Say whether a living run holds a programme."""
    return any(each.programme == programme and not each.is_dead(now) for each in holders(database))
