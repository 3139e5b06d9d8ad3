"""Erasures and destructions: done at once, or when the run has ended that has those people in its memory (rule 16).

A run would write back what was taken from under it. So what is ordered meanwhile is written down, and whoever gives the
lease back, or takes it next, does it in the same transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from latsar_sync.domain.errors import LatsarError, NotReady
from latsar_sync.domain.language import _
from latsar_sync.rules.retention import DataClass, Keeping
from latsar_sync.store import erasable_people, erasure, received, retention
from latsar_sync.store.forgetting import owe_rewriting
from latsar_sync.store.received import ReceivedState
from latsar_sync.store.tables import waiting_orders
from latsar_sync.store.tables.columns import OF_PROGRAMME


class OrderKind(StrEnum):
    """What is ordered."""

    ERASE = "erase"
    RESUME = "resume"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody ordered about a programme; ``content`` says the rest, by internal ids."""

    programme: str
    kind: OrderKind
    content: Mapping[str, Any]
    by: str

    @property
    def what(self) -> Any:
        """About whom, or which data, it is; not why."""
        return self.content.get("participant_id") or self.content.get("data_class")

    @classmethod
    def to_erase(cls, programme: str, participant_id: str, reason: str, by: str) -> "Order":
        """Destroy the identity of somebody."""
        return cls(programme, OrderKind.ERASE, {"participant_id": participant_id, "reason": reason}, by)

    @classmethod
    def to_resume(cls, programme: str, participant_id: str, reason: str, by: str) -> "Order":
        """Take an erased person in again."""
        return cls(programme, OrderKind.RESUME, {"participant_id": participant_id, "reason": reason}, by)

    @classmethod
    def to_destroy(cls, keeping: Keeping, legal_basis: str, by: str) -> "Order":
        """Destroy a data class that is due."""
        ended_on = keeping.ended_on.isoformat() if keeping.ended_on else None
        what = {"data_class": str(keeping.data_class), "ended_on": ended_on, "months": keeping.months}
        return cls(keeping.programme, OrderKind.DESTROY, {**what, "legal_basis": legal_basis}, by)


FILES = "files"
"""Where an order keeps the numbers of the received files that it waits for, too."""


def put_off(connection: Connection, order: Order, now: datetime) -> None:
    """Write down an order that waits until the run under way has ended; the same one once.

    Raise NotReady if somebody else, or for another reason, has ordered it already.
    """
    for before in map(_as_given, waiting(connection, order.programme)):
        if order == before:
            return
        if (order.kind, order.what) == (before.kind, before.what):
            text = _("{name} has ordered this already: it is done when the run that is under way has ended.")
            raise NotReady(text.format(name=before.by))
    values = {"programme": order.programme, "kind": str(order.kind), "content": dict(order.content), "by": order.by}
    connection.execute(insert(waiting_orders).values(**values, at=now))


def _as_given(order: Order) -> Order:
    return replace(order, content={name: value for name, value in order.content.items() if name != FILES})


def waiting(connection: Connection, programme: str | None = None) -> list[Order]:
    """Return the orders that wait, of one programme or of all, in the order in which they were given."""
    statement = select(waiting_orders).order_by(waiting_orders.c.id)
    if programme is not None:
        statement = statement.where(waiting_orders.c.programme == programme)
    return [Order(row.programme, OrderKind(row.kind), row.content, row.by) for row in connection.execute(statement)]


def erasures_that_wait(connection: Connection) -> list[tuple[int, Order]]:
    """Return the erasures that wait, of all programmes, each with its number."""
    statement = select(waiting_orders).where(waiting_orders.c.kind == OrderKind.ERASE).order_by(waiting_orders.c.id)
    return [
        (row.id, Order(row.programme, OrderKind.ERASE, row.content, row.by)) for row in connection.execute(statement)
    ]


def let_wait_for_file(connection: Connection, number: int, order: Order, file: int) -> None:
    """Let an erasure that waits go on waiting until somebody decided about a received file, which names the person."""
    files = sorted({*order.content.get(FILES, ()), file})
    changed = update(waiting_orders).where(waiting_orders.c.id == number)
    connection.execute(changed.values(content={**order.content, FILES: files}))


WAITING = select(waiting_orders).where(waiting_orders.c.programme == OF_PROGRAMME).order_by(waiting_orders.c.id)


def catch_up(connection: Connection, programme: str, now: datetime) -> set[str]:
    """Carry out what waits, and return the tables of which something was deleted.

    What cannot be done as things stand goes on waiting.
    """
    touched: set[str] = set()
    rows = connection.execute(WAITING, {"of_programme": programme}).all()
    for row in rows:
        try:
            with connection.begin_nested():
                connection.execute(delete(waiting_orders).where(waiting_orders.c.id == row.id))
                touched |= carry_out(connection, Order(programme, OrderKind(row.kind), row.content, row.by), now)
        except LatsarError:
            continue
    return touched


def carry_out(connection: Connection, order: Order, now: datetime) -> set[str]:
    """Do what was ordered, which is nothing where it was done already; return the tables of which something went.

    That these are to be written anew is written down (``forgetting``). Call it while nobody works on the programme.
    Raise LatsarError, with nothing done, if a destruction cannot be, or a file waits that names the person.
    """
    touched = _done(connection, order, now)
    owe_rewriting(connection, touched)
    return touched


def _done(connection: Connection, order: Order, now: datetime) -> set[str]:
    if order.kind is OrderKind.DESTROY:
        return _destroy(connection, order, now)
    files = order.content.get(FILES, ())
    if any(each.id in files for each in received.kept_anywhere(connection, ReceivedState.WAITING)):
        raise NotReady(_("A file waits that names the person: decide about it first."))
    found = erasable_people.find_people(connection, order.content["participant_id"])
    reason = order.content["reason"]
    if order.kind is OrderKind.RESUME:
        for person in found:
            if not person.identity:
                erasure.resume(connection, person, reason, order.by, now)
        return set()
    people = [each for each in found if each.identity or not erasure.register(connection, each.participant_id)]
    if not people:
        return set()
    touched = erasure.erase(connection, people, reason, order.by, now)
    texts, _left = erasure.take_out_texts(connection, people)
    return {*touched, *texts}


def _destroy(connection: Connection, order: Order, now: datetime) -> set[str]:
    what = order.content
    ended_on = date.fromisoformat(what["ended_on"]) if what["ended_on"] else None
    keeping = Keeping(order.programme, DataClass(what["data_class"]), ended_on, what["months"])
    if not retention.count_rows(connection, keeping.programme, keeping.data_class):
        return set()
    return {*retention.destroy(connection, keeping, what["legal_basis"], order.by, now).counts}
