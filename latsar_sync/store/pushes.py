"""Pushes: each attempted write to an LMS, written down before it is sent (rule 7)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from latsar_sync.domain.in_class import PushKind, PushState
from latsar_sync.domain.language import _
from latsar_sync.domain.request import Depth, RunOutcome
from latsar_sync.store.bulk import batches
from latsar_sync.store.tables import pushes, run_programmes
from latsar_sync.store.tables.columns import OF_PROGRAMME

OPEN = frozenset({PushState.UNKNOWN, PushState.ACKNOWLEDGED})
"""States of a push that a reading has to settle."""


@dataclass(frozen=True, slots=True)
class Push:
    """One attempted write. ``subject`` is a participant id, or an angkatan id where a group is made."""

    kind: PushKind
    subject: str
    site: str
    course_id: int
    target_user_id: int | None = None
    group_id: int | None = None
    role_id: int | None = None


def write_ahead(connection: Connection, programme: str, batch: Sequence[Push], run_id: int, now: datetime) -> list[int]:
    """Write down a batch before it is sent, state ``sending``, and return the row ids in the same order."""
    attempts = _attempts(connection, programme, batch[0].kind, [push.subject for push in batch])
    rows = [
        {
            "programme": programme,
            "kind": str(push.kind),
            "subject": push.subject,
            "attempt": attempts.get(push.subject, 0) + 1,
            "state": str(PushState.SENDING),
            "site": push.site,
            "course_id": push.course_id,
            "target_user_id": push.target_user_id,
            "group_id": push.group_id,
            "role_id": push.role_id,
            "run_id": run_id,
            "sent_at": now,
        }
        for push in batch
    ]
    returned = connection.execute(insert(pushes).returning(pushes.c.id, sort_by_parameter_order=True), rows)
    return [row.id for row in returned]


SETTLE = update(pushes).where(pushes.c.id == bindparam("the_id"))


def settle(
    connection: Connection, push_ids: Sequence[int], state: PushState, now: datetime, error: str | None = None
) -> None:
    """Record what became of pushes; what was once said of an error stays with the row."""
    if push_ids:
        values = {"state": str(state), "settled_at": now} | ({"error": error} if error is not None else {})
        connection.execute(SETTLE, [{"the_id": each, **values} for each in push_ids])


_SENDING = pushes.c.programme == OF_PROGRAMME, pushes.c.state == str(PushState.SENDING)
FORGET = (
    update(pushes)
    .where(*_SENDING)
    .values(state=str(PushState.UNKNOWN), settled_at=bindparam("now"), error=bindparam("why"))
)

IN_THE_AIR = select(pushes.c.id).where(*_SENDING).limit(1)


def left_in_the_air(connection: Connection, programme: str) -> bool:
    """Say whether a dead run left anything in ``sending``; asked under the lease."""
    return connection.execute(IN_THE_AIR, {"of_programme": programme}).first() is not None


def forget_the_dead(connection: Connection, programme: str, now: datetime) -> None:
    """Turn what a dead run left in ``sending`` into ``unknown``; call it under the lease, before anything else."""
    told = {"of_programme": programme, "now": now, "why": _("the run ended before an answer came")}
    connection.execute(FORGET, told)


@dataclass(frozen=True, slots=True)
class OpenPush:
    """A push that was sent and not yet seen, or found missing, in the LMS."""

    id: int
    push: Push
    run_id: int


NOT_SETTLED = select(pushes).where(
    pushes.c.programme == OF_PROGRAMME,
    pushes.c.kind != str(PushKind.ACCOUNT),
    pushes.c.state.in_([str(each) for each in OPEN]),
)


INTO_COURSES = NOT_SETTLED.where(pushes.c.course_id.in_(bindparam("of_courses", expanding=True)))


def open_pushes(connection: Connection, programme: str) -> list[OpenPush]:
    """Return the pushes of a programme into courses whose outcome no reading has settled."""
    return [_open_push(row) for row in connection.execute(NOT_SETTLED, {"of_programme": programme})]


def open_pushes_into(connection: Connection, programme: str, course_ids: Collection[int]) -> list[OpenPush]:
    """Return those of them into the courses of these ids, on whatever site."""
    told = ({"of_programme": programme, "of_courses": some} for some in batches(course_ids))
    return [_open_push(row) for each in told for row in connection.execute(INTO_COURSES, each)]


def _open_push(row: Any) -> OpenPush:
    push = Push(PushKind(row.kind), row.subject, row.site, row.course_id, row.target_user_id, row.group_id, row.role_id)
    return OpenPush(row.id, push, row.run_id)


@dataclass(frozen=True, slots=True)
class SentAccount:
    """The last account that was sent for a participant (``subject``), and what is known of it."""

    id: int
    subject: str
    site: str
    state: PushState

    @property
    def is_open(self) -> bool:
        """Whether no reading has settled it."""
        return self.state in OPEN

    @property
    def is_rejected(self) -> bool:
        """Whether Moodle refused it."""
        return self.state is PushState.REJECTED


def accounts_sent(connection: Connection, programme: str) -> list[SentAccount]:
    """Return of everybody for whom an account was sent the last of these writes."""
    rows = connection.execute(
        select(pushes.c.id, pushes.c.subject, pushes.c.site, pushes.c.state)
        .where(pushes.c.programme == programme, pushes.c.kind == str(PushKind.ACCOUNT))
        .order_by(pushes.c.attempt)
    )
    newest = {row.subject: SentAccount(row.id, row.subject, row.site, PushState(row.state)) for row in rows}
    return list(newest.values())


def ever_sent(connection: Connection, programme: str) -> bool:
    """Say whether a programme ever tried to enrol anybody."""
    statement = select(pushes.c.id).where(pushes.c.programme == programme, pushes.c.kind == str(PushKind.ENROL))
    return connection.execute(statement.limit(1)).first() is not None


def sent_times(connection: Connection, programme: str) -> dict[str, datetime]:
    """Return, by participant id, when somebody was sent into a course by an enrolment that Moodle took."""
    taken = [str(PushState.ACKNOWLEDGED), str(PushState.CONFIRMED)]
    statement = select(pushes.c.subject, func.max(pushes.c.sent_at).label("at")).group_by(pushes.c.subject)
    statement = statement.where(
        pushes.c.programme == programme, pushes.c.kind == str(PushKind.ENROL), pushes.c.state.in_(taken)
    )
    return {row.subject: row.at for row in connection.execute(statement)}


def roles_given(connection: Connection, programme: str) -> frozenset[tuple[str, int, int]]:
    """Return where an enrolment of the programme was taken by Moodle: site, course id and role id."""
    taken = [str(PushState.ACKNOWLEDGED), str(PushState.CONFIRMED)]
    statement = select(pushes.c.site, pushes.c.course_id, pushes.c.role_id).distinct()
    statement = statement.where(
        pushes.c.programme == programme,
        pushes.c.kind == str(PushKind.ENROL),
        pushes.c.state.in_(taken),
        pushes.c.role_id.is_not(None),
    )
    return frozenset((row.site, row.course_id, row.role_id) for row in connection.execute(statement))


_FIRST_TAKEN = select(func.min(pushes.c.run_id)).where(
    pushes.c.programme == OF_PROGRAMME,
    pushes.c.kind == str(PushKind.ENROL),
    pushes.c.state.in_([str(PushState.ACKNOWLEDGED), str(PushState.CONFIRMED)]),
)
_FILLED_ALL_OR_ONE = or_(
    run_programmes.c.outcome == str(RunOutcome.OK),
    and_(run_programmes.c.outcome == str(RunOutcome.PARTIAL), run_programmes.c.push_ended),
)
FIRST_IS_OVER = (
    select(run_programmes.c.run_id)
    .where(run_programmes.c.programme == OF_PROGRAMME, _FILLED_ALL_OR_ONE, run_programmes.c.kind.in_(list(Depth)))
    .where(run_programmes.c.run_id >= _FIRST_TAKEN.scalar_subquery())
    .limit(1)
)


def first_push_done(connection: Connection, programme: str) -> bool:
    """Say whether the first push is over: a run over everybody that filled at least one course, whatever another did.

    Or one that found all of it done, after the first enrolment that Moodle took: the first push was cut short.
    """
    return connection.execute(FIRST_IS_OVER, {"of_programme": programme}).first() is not None


def _attempts(connection: Connection, programme: str, kind: PushKind, subjects: Sequence[str]) -> dict[str, int]:
    rows = connection.execute(
        select(pushes.c.subject, func.max(pushes.c.attempt).label("attempt"))
        .where(pushes.c.programme == programme, pushes.c.kind == str(kind), pushes.c.subject.in_(subjects))
        .group_by(pushes.c.subject)
    )
    return {row.subject: row.attempt for row in rows}
