"""One writer per programme: a lease with a heartbeat (rule 9). When its holder counts as dead: ``holders``."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from uuid import uuid4

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError, SQLAlchemyError

from latsar_sync.domain.errors import LeaseHeld, LeaseLost
from latsar_sync.domain.language import _, for_admins
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.store import database_mark, shared_clock, waiting_changes, waiting_orders
from latsar_sync.store.database import Database
from latsar_sync.store.engines import was_given_up
from latsar_sync.store.holders import EXPIRES_AFTER, Holder
from latsar_sync.store.kept_writes import KeptWrites, Recording
from latsar_sync.store.processes import this_process
from latsar_sync.store.tables import leases
from latsar_sync.store.tables.columns import OF_PROGRAMME

BEAT_EVERY_SECONDS = 15.0
LOOK_AGAIN_SECONDS = 0.05


_MINE = leases.c.programme == OF_PROGRAMME, leases.c.holder == bindparam("of_holder")
IN_FORCE = select(leases).where(leases.c.programme == OF_PROGRAMME)
WAIT_FOR_IT = select(leases.c.holder).where(leases.c.programme == OF_PROGRAMME).with_for_update()
BEAT = update(leases).where(*_MINE).values(beat_at=bindparam("now"))
RENEW = BEAT.where(leases.c.beat_at >= bindparam("alive"))
GIVE_BACK = delete(leases).where(*_MINE)


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
        self._mark(counted)
        if gone:
            self._database.forget_deleted(gone)

    def _mark(self, counted: database_mark.Counted) -> None:
        """Write down outside the database how far it has come, after it has; no run fails if that cannot be done."""
        if self._database.mark is None:
            return
        if counted.older is not None:
            self.remarks.append(_older(self._database.name, counted.older))
        try:
            database_mark.save_mark(self._database.mark, counted)
        except OSError as error:
            self.remarks.append(_not_marked(self._database.mark, error))

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
            with self.writing() as connection:
                yield Recording(connection, lambda: nullcontext(connection))
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
        self._mark(counted)
        if gone:
            self._database.forget_deleted(gone)

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
    minutes = int((now - holder.taken_at).total_seconds() // 60)
    return LeaseHeld(
        _("Programme {programme} is held by another run ({process}) since {taken_at}, {minutes} minutes.").format(
            programme=holder.programme, process=holder.named, taken_at=holder.taken_at, minutes=minutes
        ),
        _("Wait for it to end; a dead run's lease is taken over by itself."),
    )


def _older(database: str, as_of: datetime) -> str:
    said = _(
        "The database {database} is older than the last run that this service made: an older copy was put back. It "
        "knows nothing of what happened after {as_of}; whom it would send or write to is held. "
        "Record again what is lost, put a hold on whom a manager removed since, and release the rest with sync "
        "--accept --by NAME."
    ).format(database=database, as_of=as_of)
    others = _("An older copy of the database was put back; whom it would send or write to is held.")
    return for_admins(said, others)


def _not_marked(mark: Path, error: OSError) -> str:
    said = _(
        "The mark {mark}, by which an older copy of the database is noticed, cannot be written ({reason}). "
        "Set mark_file to a file that this account may write."
    ).format(mark=mark, reason=reason_of(error))
    return for_admins(said, "")


def catch_up(connection: Connection, programme: str, now: datetime) -> set[str]:
    """Carry out what waited for the end of a run; return the tables of which something was deleted."""
    waiting_changes.catch_up(connection, programme, now)
    return waiting_orders.catch_up(connection, programme, now)
