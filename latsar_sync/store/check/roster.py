"""Are roster, history and pushes as they can be?"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, and_, func, or_, select

from latsar_sync.domain.entry import HOLDS_A_SEAT, Admission, EntryState
from latsar_sync.domain.in_class import PushState
from latsar_sync.domain.language import _
from latsar_sync.store.check.contradiction import RUN_FULL, Contradiction
from latsar_sync.store.tables import identities, leases, pushes, roster_entries, roster_events

SEATED = [str(state) for state in HOLDS_A_SEAT]


def entries_are_whole(connection: Connection) -> Iterator[Contradiction]:
    """Whoever arrived has a place."""
    arrived = [str(EntryState.PUSHED), str(EntryState.CONFIRMED)]
    entry = roster_entries.c
    rows = connection.execute(
        select(entry.participant_id, entry.state)
        .where(entry.state.in_([*arrived, str(EntryState.PLANNED)]))
        .where(
            or_(
                entry.angkatan.is_(None),
                and_(entry.state.in_(arrived), or_(entry.target_user_id.is_(None), entry.course_id.is_(None))),
                and_(entry.state == str(EntryState.CONFIRMED), or_(entry.group_id.is_(None), entry.origin.is_(None))),
            )
        )
    )
    for row in rows:
        yield Contradiction(
            "entry_incomplete",
            _("The roster entry of {participant_id} is {state} without its place.").format(
                participant_id=row.participant_id, state=row.state
            ),
            _(RUN_FULL),
        )


def history_agrees(connection: Connection) -> Iterator[Contradiction]:
    """The last event of an entry says what the entry says."""
    rows = connection.execute(
        select(roster_entries.c.participant_id, roster_entries.c.state, roster_events.c.state.label("told"))
        .outerjoin(
            roster_events,
            and_(
                roster_events.c.participant_id == roster_entries.c.participant_id,
                roster_events.c.version == roster_entries.c.version,
            ),
        )
        .where(or_(roster_events.c.state.is_(None), roster_events.c.state != roster_entries.c.state))
    )
    for row in rows:
        yield Contradiction(
            "history_differs",
            _("The roster entry of {participant_id} is {state}, its history ends with {told}.").format(
                participant_id=row.participant_id, state=row.state, told=row.told or "–"
            ),
            "Somebody changed the table by hand? The history tells the truth; " + _(RUN_FULL),
        )


def one_seat_a_person(connection: Connection) -> Iterator[Contradiction]:
    """No two entries of a programme point to one account."""
    entry = roster_entries.c
    rows = connection.execute(
        # people of two programmes may meet in one course: each has its own group there
        select(entry.site, entry.course_id, entry.target_user_id, func.count().label("times"))
        .join(identities, identities.c.participant_id == entry.participant_id)
        # whoever is in review may sit there by an account that is not theirs
        .where(entry.state.in_(SEATED), entry.state != str(EntryState.REVIEW), entry.target_user_id.is_not(None))
        .group_by(entry.programme, entry.site, entry.course_id, entry.target_user_id)
        .having(func.count() > 1)
    )
    for row in rows:
        yield Contradiction(
            "seat_taken_twice",
            _("{times} roster entries point to user {target_user_id} in course {course_id} of {site}.").format(
                times=row.times, target_user_id=row.target_user_id, course_id=row.course_id, site=row.site
            ),
            _("Two MOOC accounts of one person? See latsar-sync identity merge; or a wrong NIP? identity correct."),
        )


def pushes_in_the_air(connection: Connection) -> Iterator[Contradiction]:
    """No push waits for an answer without a run that holds the lease."""
    held = select(leases.c.programme)
    rows = connection.execute(
        select(pushes.c.programme, func.count().label("times"))
        .where(pushes.c.state == str(PushState.SENDING), pushes.c.programme.not_in(held))
        .group_by(pushes.c.programme)
    )
    for row in rows:
        yield Contradiction(
            "pushes_in_the_air",
            _("{times} pushes of {programme} were sent by a run that ended without an answer.").format(
                times=row.times, programme=row.programme
            ),
            _("Nothing to mend: the next run reads the course and settles them."),
        )


def overfull(connection: Connection, capacities: Mapping[tuple[str, str], int]) -> Iterator[Contradiction]:
    """No angkatan has more seats taken than it has, but by those whom a person admits."""
    entry = roster_entries.c
    by_the_rule = func.count().filter(entry.admission != str(Admission.OVERRIDE))
    rows = connection.execute(
        select(entry.programme, entry.angkatan, func.count().label("seats"), by_the_rule.label("by_the_rule"))
        # whoever was erased is counted among the strangers of the course, while they sit there
        .join(identities, identities.c.participant_id == entry.participant_id)
        .where(entry.state.in_(SEATED), entry.angkatan.is_not(None))
        .group_by(entry.programme, entry.angkatan)
    )
    for row in rows:
        capacity = capacities.get((row.programme, row.angkatan))
        if capacity is not None and row.by_the_rule > capacity:
            yield of_too_many_seats(row.programme, row.angkatan, row.seats, capacity)


def of_too_many_seats(programme: str, angkatan: str, seats: int, capacity: int) -> Contradiction:
    """Say that an angkatan has more seats taken than it has."""
    return Contradiction(
        "angkatan_overfull",
        _("Angkatan {angkatan} of {programme} has {seats} seats taken of {capacity}.").format(
            angkatan=angkatan, programme=programme, seats=seats, capacity=capacity
        ),
        _("Was the capacity lowered? Nobody loses a seat; raise it, or decide by hand."),
    )
