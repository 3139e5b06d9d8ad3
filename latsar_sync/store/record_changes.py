"""What becomes of participants, written in bulk, and only where something differs from what was known (rule 8)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from latsar_sync.domain.decision import Decision
from latsar_sync.domain.records import Record
from latsar_sync.store.bulk import Writer, add_rows, change_rows, set_rows
from latsar_sync.store.participants import IMPORTED
from latsar_sync.store.rows_of_records import (
    Times,
    changed_row,
    decision_row,
    evidence_row,
    identity_row,
    judged_row,
    listed_row,
    named_row,
    nip_row,
    participant_row,
    renamed_row,
    respelled_row,
)
from latsar_sync.store.tables import decisions, evidence, identities, participants


def save_records(
    rows: Writer,
    programme: str,
    site: str,
    pairs: Iterable[tuple[Record | None, Record]],
    run_id: int,
    now: datetime,
) -> None:
    """Write what differs between two records of each participant: what was known (None: nobody) and what is now.

    A record's ``evidence_version`` and ``decision_version`` must already count up where evidence or decision differ.
    What a list of an office tells is left as it is: a newer one may have come meanwhile (``save_list``).
    """
    found, listed = _Differences.of(pairs), site == IMPORTED
    change_rows(rows, participants, "id", map(judged_row if listed else changed_row, found.changed))
    change_rows(rows, identities, "participant_id", map(nip_row if listed else renamed_row, found.renumbered))
    change_rows(rows, identities, "participant_id", () if listed else map(respelled_row, found.respelled))
    _add_new(rows, programme, site, found, now)
    add_rows(rows, decisions, (decision_row(*each, run_id, now) for each in found.with_new_decision))
    if not listed:
        set_rows(rows, identities, "participant_id", found.with_another_nip, {"nip_since": now})
    for times, ids in found.only_seen_again.items():
        set_rows(rows, participants, "id", ids, times._asdict())


def save_list(rows: Writer, programme: str, pairs: Iterable[tuple[Record | None, Record]], now: datetime) -> None:
    """Write what a list of an office tells of people: whoever is new, and of those known what it tells otherwise.

    No column that a run writes of them is among it (``save_records``): neither undoes what the other wrote.
    """
    found = _Differences.of(pairs)
    change_rows(rows, participants, "id", map(listed_row, found.changed))
    change_rows(rows, identities, "participant_id", map(named_row, (*found.renumbered, *found.respelled)))
    _add_new(rows, programme, IMPORTED, found, now)


def _add_new(rows: Writer, programme: str, site: str, found: "_Differences", now: datetime) -> None:
    owner = programme if site == IMPORTED else None
    add_rows(rows, participants, (participant_row(each, programme, site, first_seen=now) for each in found.new))
    add_rows(rows, identities, ({**identity_row(each), "import_programme": owner} for each in found.new))
    add_rows(rows, evidence, (evidence_row(each, now) for each in found.with_new_evidence))


@dataclass(frozen=True, slots=True)
class _Differences:
    """How records differ from those known: ``new`` are people of whom nothing was, ``changed`` those of whom more than
    the times of reading differs, ``renumbered`` whose NIP is told otherwise, or whose account it is, ``respelled`` of
    whom only something else of the identity is, those ``with_another_nip`` by their internal ids. Of the rest only the
    times differ: ``only_seen_again`` has their internal ids by the times now.
    """

    new: list[Record] = field(default_factory=list)
    changed: list[Record] = field(default_factory=list)
    renumbered: list[Record] = field(default_factory=list)
    respelled: list[Record] = field(default_factory=list)
    with_another_nip: list[str] = field(default_factory=list)
    with_new_evidence: list[Record] = field(default_factory=list)
    with_new_decision: list[tuple[Record, Decision]] = field(default_factory=list)
    only_seen_again: dict[Times, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Record | None, Record]]) -> "_Differences":
        """Compare each pair once."""
        found = cls()
        for before, after in pairs:
            if before is None:
                found.new.append(after)
            elif _stands(before) != _stands(after):
                found.changed.append(after)
            elif (times := Times.of(after)) != Times.of(before):
                found.only_seen_again.setdefault(times, []).append(after.participant.id)
            if before is not None and before.participant != after.participant:
                is_alike = _whose(before) == _whose(after)
                (found.respelled if is_alike else found.renumbered).append(after)
                if after.participant.has_another_nip_than(before.participant):
                    found.with_another_nip.append(after.participant.id)
            if before is None or before.evidence_version != after.evidence_version:
                found.with_new_evidence.append(after)
            if after.decision and (before is None or before.decision_version != after.decision_version):
                found.with_new_decision.append((after, after.decision))
        return found


def _stands(record: Record) -> tuple[Any, ...]:
    """Return what a participant's row holds beside the times of reading."""
    person = record.participant.person
    return person.groups, person.enrolment, record.evidence_version, record.decision_version, record.report_row


def _whose(record: Record) -> tuple[Any, ...]:
    """Return what is found out of whose an account is, beside the time."""
    known = record.participant
    return known.nip, known.nip_reason, known.nip_detail, known.owner, known.handed_over_at
