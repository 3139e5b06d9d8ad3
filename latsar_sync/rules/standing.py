"""Where each participant stands once judged: what places, pushes and plans go by, and nothing else. Pure.

Evidence, reasons and names are on record; of a large programme they would be most of what a run holds in memory.
"""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from latsar_sync.domain.decision import Gate, Outcome
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.rules.admission import gates_lacking

NO_GATES = frozenset[Gate]()


class Standing(NamedTuple):
    """One participant as judged. ``order_id`` is the user id in the source; ``outcome`` None: not judged yet.

    ``enrolled``: their enrolment in the MOOC has not ended. ``merged``: another account counts for this person.
    ``lacks`` are the gates that a ``not_yet`` is about. ``name`` is empty where nobody is told it.
    """

    participant_id: str
    order_id: int
    nip: str | None
    groups: tuple[str, ...] = ()
    enrolled: bool = True
    merged: bool = False
    outcome: Outcome | None = None
    reached_at: datetime | None = None
    score: Decimal | None = None
    lacks: frozenset[Gate] = NO_GATES
    name: str = ""


def standing_of(record: Record, participant_id: str | None = None, named: bool = False) -> Standing:
    """Return where somebody stands by their record; with their name only if ``named``.

    ``participant_id`` is their internal id where it is at hand: it is then held once.
    """
    participant, decision = record.participant, record.decision
    person = participant.person
    return Standing(
        participant_id or participant.id,
        person.user_id,
        participant.nip,
        person.groups,
        person.enrolment is not Enrolment.ENDED,
        participant.merged_into is not None,
        decision.outcome if decision else None,
        decision.reached_at if decision else None,
        decision.score if decision else None,
        gates_lacking(decision) if decision and decision.outcome is Outcome.NOT_YET else NO_GATES,
        person.name if named else "",
    )
