"""People about whom the source refused to answer: remembered, so that they are not asked in every run. Pure (rule 10).

A refused call ends the request that it travels in, whoever is behind it. So these people are asked last, and again only
when something about them changed, once an hour, by night, or on demand.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from latsar_sync.domain.participant import Person
from latsar_sync.domain.records import Record
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.signals import may_have_changed

REST = timedelta(hours=1)
"""How long nobody asks again about somebody of whom nothing tells a change."""


def resting(
    people: Iterable[Person],
    known: Mapping[int, Record],
    unanswered: Mapping[int, int],
    told: Signals,
    exactly: Collection[int],
    now: datetime,
) -> frozenset[int]:
    """Return the user ids of those who were refused an answer lately and of whom nothing tells a change since.

    ``unanswered`` says when each was asked in vain (our clock, seconds since 1970); ``exactly`` are asked whatever is
    told.
    """
    return frozenset(
        person.user_id
        for person in people
        if person.user_id in unanswered
        and person.user_id not in exactly
        and _is_as_known(person, known.get(person.user_id))
        and _rests(person.user_id, datetime.fromtimestamp(unanswered[person.user_id], UTC), told, now)
    )


def remembered(
    unanswered: Mapping[int, int],
    here: Collection[int],
    answered: Collection[int],
    refused: Collection[int],
    now: datetime,
) -> tuple[tuple[int, int], ...]:
    """Return about whom an answer was refused, and when, after a run in which everybody of ``here`` was seen.

    Given are user ids: those of whom all that was asked was ``answered``, and those of whom something was ``refused``.
    """
    kept = {user_id: at for user_id, at in unanswered.items() if user_id in here and user_id not in answered}
    return tuple(sorted({**kept, **dict.fromkeys(refused, int(now.timestamp()))}.items()))


def unanswered_last(people: Iterable[Person], unanswered: Collection[int]) -> list[Person]:
    """Return people in their order, those who were refused an answer behind all others."""
    return sorted(people, key=lambda person: person.user_id in unanswered)


def _is_as_known(person: Person, record: Record | None) -> bool:
    """Say whether somebody reads as before; whether the enrolment is active is not told in every run."""
    before = record.participant.person if record else None
    return before is not None and person._replace(enrolment=before.enrolment) == before


def _rests(user_id: int, asked_at: datetime, told: Signals, now: datetime) -> bool:
    seen = user_id in told.visits and may_have_changed(told, user_id, asked_at)
    return not seen and timedelta(0) <= now - asked_at < REST
