"""What becomes of participants, written in bulk, and only where something differs from what was known (rule 8)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from latsar_sync.domain.decision import RULE_VERSION, Decision
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import search_form, sort_form
from latsar_sync.store.bulk import Writer, add_rows, change_rows, set_rows
from latsar_sync.store.participants import IMPORTED
from latsar_sync.store.tables import decisions, evidence, identities, participants

BY_NIP = ("nip", "nip_reason", "nip_detail")
"""What is found out of somebody's NIP, beside what they are called."""
WHOSE = (*BY_NIP, "owner_name", "owner_nip", "handed_over_at")
"""What is found out of whose an account is; a person may say so meanwhile."""


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
    change_rows(rows, participants, "id", map(_judged_row if listed else _changed_row, found.changed))
    change_rows(rows, identities, "participant_id", map(_nip_row if listed else _renamed_row, found.renumbered))
    change_rows(rows, identities, "participant_id", () if listed else map(_respelled_row, found.respelled))
    _add_new(rows, programme, site, found, now)
    add_rows(rows, decisions, (_decision_row(*each, run_id, now) for each in found.with_new_decision))
    if not listed:
        set_rows(rows, identities, "participant_id", found.with_another_nip, {"nip_since": now})
    for times, ids in found.only_seen_again.items():
        set_rows(rows, participants, "id", ids, times._asdict())


def save_list(rows: Writer, programme: str, pairs: Iterable[tuple[Record | None, Record]], now: datetime) -> None:
    """Write what a list of an office tells of people: whoever is new, and of those known what it tells otherwise.

    No column that a run writes of them is among it (``save_records``): neither undoes what the other wrote.
    """
    found = _Differences.of(pairs)
    change_rows(rows, participants, "id", map(_listed_row, found.changed))
    change_rows(rows, identities, "participant_id", map(_named_row, (*found.renumbered, *found.respelled)))
    _add_new(rows, programme, IMPORTED, found, now)


def _add_new(rows: Writer, programme: str, site: str, found: "_Differences", now: datetime) -> None:
    owner = programme if site == IMPORTED else None
    add_rows(rows, participants, (_participant_row(each, programme, site, first_seen=now) for each in found.new))
    add_rows(rows, identities, ({**_identity_row(each), "import_programme": owner} for each in found.new))
    add_rows(rows, evidence, (_evidence_row(each, now) for each in found.with_new_evidence))


class _Times(NamedTuple):
    """What differs when a reading brings nothing new: of a whole programme mostly nothing else, and alike."""

    last_seen_at: datetime
    grade_as_of: datetime | None
    materials_as_of: datetime | None
    attempts_as_of: datetime | None

    @classmethod
    def of(cls, record: Record) -> "_Times":
        return cls(record.last_seen_at, record.grade_as_of, record.materials_as_of, record.attempts_as_of)


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
    only_seen_again: dict[_Times, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Iterable[tuple[Record | None, Record]]) -> "_Differences":
        """Compare each pair once."""
        found = cls()
        for before, after in pairs:
            if before is None:
                found.new.append(after)
            elif _stands(before) != _stands(after):
                found.changed.append(after)
            elif (times := _Times.of(after)) != _Times.of(before):
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


def _participant_row(record: Record, programme: str, site: str, first_seen: datetime) -> dict[str, Any]:
    return {
        **_changed_row(record),
        "programme": programme,
        "site": site,
        "source_user_id": record.participant.person.user_id,
        "first_seen_at": first_seen,
    }


def _changed_row(record: Record) -> dict[str, Any]:
    person = record.participant.person
    return {
        "id": record.participant.id,
        **_Times.of(record)._asdict(),
        "groups": person.groups,
        "enrolment": str(person.enrolment),
        "report_row": record.report_row,
        "evidence_version": record.evidence_version,
        "decision_version": record.decision_version,
        "reason_codes": codes_of(reason.code for reason in record.decision.reasons) if record.decision else "",
        "outcome": str(record.decision.outcome) if record.decision else None,
    }


def _listed_row(record: Record) -> dict[str, Any]:
    """Return the columns of somebody known that a list tells."""
    person = record.participant.person
    return {"id": record.participant.id, "groups": person.groups, "enrolment": str(person.enrolment)}


def _judged_row(record: Record) -> dict[str, Any]:
    """Return the columns of somebody on a list that a run tells."""
    return {name: value for name, value in _changed_row(record).items() if name not in ("groups", "enrolment")}


def codes_of(codes: Iterable[str]) -> str:
    """Return reason codes as a participant's row keeps them: each between blanks."""
    return "".join(f" {code}" for code in codes) + " "


def _renamed_row(record: Record) -> dict[str, Any]:
    """Return what a run writes anew of somebody; a NIP that a person gave meanwhile is not the run's to change."""
    return {name: value for name, value in _identity_row(record).items() if name != "corrected_nip"}


def _respelled_row(record: Record) -> dict[str, Any]:
    """Return the same of whom the run found nothing else out: whose account it is may have been said meanwhile."""
    return {name: value for name, value in _renamed_row(record).items() if name not in WHOSE}


def _named_row(record: Record) -> dict[str, Any]:
    """Return what a list tells of who somebody is."""
    return {name: value for name, value in _renamed_row(record).items() if name not in BY_NIP}


def _nip_row(record: Record) -> dict[str, Any]:
    """Return what a run finds out of the NIP of somebody on a list."""
    row = _identity_row(record)
    return {name: row[name] for name in ("participant_id", *BY_NIP)}


def _identity_row(record: Record) -> dict[str, Any]:
    participant, owner = record.participant, record.participant.owner
    return {
        "participant_id": participant.id,
        "raw_key": participant.person.raw_key,
        "nip": participant.nip,
        "nip_reason": participant.nip_reason,
        "nip_detail": participant.nip_detail,
        "corrected_nip": participant.corrected,
        "owner_name": owner.name if owner else None,
        "owner_nip": owner.nip if owner else None,
        "handed_over_at": participant.handed_over_at,
        "name": participant.person.name,
        "institution": participant.person.institution,
        "search_words": search_form(f"{participant.person.name} {participant.person.institution}"),
        "sort_name": sort_form(participant.person.name),
        "email": participant.person.email or None,
        "place": participant.person.place or None,
    }


def _evidence_row(record: Record, now: datetime) -> dict[str, Any]:
    seen, materials, attempts = record.evidence, record.evidence.materials, record.evidence.attempts
    return {
        "participant_id": record.participant.id,
        "version": record.evidence_version,
        "source": seen.source,
        "enrolment": str(seen.enrolment),
        "grade_status": str(seen.grade.status),
        "raw": seen.grade.raw,
        "minimum": seen.grade.minimum,
        "maximum": seen.grade.maximum,
        "overridden": seen.grade.overridden,
        "graded_at": seen.grade.graded_at,
        "materials_total": materials.total if materials else None,
        "materials_open": materials.open if materials else None,
        "materials_failed": materials.failed if materials else None,
        "materials_unknown": materials.unknown if materials else None,
        "attempts_finished": attempts.finished if attempts else None,
        "attempts_ungraded": attempts.ungraded if attempts else None,
        "attempts_best": attempts.best if attempts else None,
        "attempts_maximum": attempts.maximum if attempts else None,
        "attempts_reached_at": attempts.reached_at if attempts else None,
        "seen_at": now,
        "imported_version": seen.imported.version if seen.imported else None,
    }


def _decision_row(record: Record, decision: Decision, run_id: int, now: datetime) -> dict[str, Any]:
    return {
        "participant_id": record.participant.id,
        "version": record.decision_version,
        "outcome": str(decision.outcome),
        "reasons": [[reason.code, dict(reason.values)] for reason in decision.reasons],
        "score": decision.score,
        "reached_at": decision.reached_at,
        "materials_done": decision.materials_done,
        "materials_total": decision.materials_total,
        "threshold_version": record.threshold_version,
        "required_version": record.required_version,
        "evidence_version": record.evidence_version,
        "rule_version": RULE_VERSION,
        "decided_at": now,
        "run_id": run_id,
        "terms_version": record.terms_version,
    }
