"""The rows in which participants, their evidence and their decisions are stored."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from latsar_sync.domain.decision import RULE_VERSION, Decision
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import search_form, sort_form

BY_NIP = ("nip", "nip_reason", "nip_detail")
"""What is found out of somebody's NIP, beside what they are called."""


WHOSE = (*BY_NIP, "owner_name", "owner_nip", "handed_over_at")
"""What is found out of whose an account is; a person may say so meanwhile."""


class Times(NamedTuple):
    """What differs when a reading brings nothing new: of a whole programme mostly nothing else, and alike."""

    last_seen_at: datetime
    grade_as_of: datetime | None
    materials_as_of: datetime | None
    attempts_as_of: datetime | None

    @classmethod
    def of(cls, record: Record) -> "Times":
        return cls(record.last_seen_at, record.grade_as_of, record.materials_as_of, record.attempts_as_of)


def participant_row(record: Record, programme: str, site: str, first_seen: datetime) -> dict[str, Any]:
    return {
        **changed_row(record),
        "programme": programme,
        "site": site,
        "source_user_id": record.participant.person.user_id,
        "first_seen_at": first_seen,
    }


def changed_row(record: Record) -> dict[str, Any]:
    person = record.participant.person
    return {
        "id": record.participant.id,
        "last_seen_at": record.last_seen_at,
        "grade_as_of": record.grade_as_of,
        "materials_as_of": record.materials_as_of,
        "attempts_as_of": record.attempts_as_of,
        "groups": person.groups,
        "enrolment": str(person.enrolment),
        "report_row": record.report_row,
        "evidence_version": record.evidence_version,
        "decision_version": record.decision_version,
        "reason_codes": codes_of(reason.code for reason in record.decision.reasons) if record.decision else "",
        "outcome": str(record.decision.outcome) if record.decision else None,
    }


def listed_row(record: Record) -> dict[str, Any]:
    """Return the columns of somebody known that a list tells."""
    person = record.participant.person
    return {"id": record.participant.id, "groups": person.groups, "enrolment": str(person.enrolment)}


def judged_row(record: Record) -> dict[str, Any]:
    """Return the columns of somebody on a list that a run tells."""
    return {name: value for name, value in changed_row(record).items() if name not in ("groups", "enrolment")}


def codes_of(codes: Iterable[str]) -> str:
    """Return reason codes as a participant's row keeps them: each between blanks."""
    return "".join(f" {code}" for code in codes) + " "


def renamed_row(record: Record) -> dict[str, Any]:
    """Return what a run writes anew of somebody; a NIP that a person gave meanwhile is not the run's to change."""
    return {name: value for name, value in identity_row(record).items() if name != "corrected_nip"}


def respelled_row(record: Record) -> dict[str, Any]:
    """Return the same of whom the run found nothing else out: whose account it is may have been said meanwhile."""
    return {name: value for name, value in renamed_row(record).items() if name not in WHOSE}


def named_row(record: Record) -> dict[str, Any]:
    """Return what a list tells of who somebody is."""
    return {name: value for name, value in renamed_row(record).items() if name not in BY_NIP}


def nip_row(record: Record) -> dict[str, Any]:
    """Return what a run finds out of the NIP of somebody on a list."""
    row = identity_row(record)
    return {name: row[name] for name in ("participant_id", *BY_NIP)}


def identity_row(record: Record) -> dict[str, Any]:
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
        "search_words": f"{search_form(participant.person.name)} {search_form(participant.person.institution)}".strip(),
        "sort_name": sort_form(participant.person.name),
        "email": participant.person.email or None,
        "place": participant.person.place or None,
    }


def evidence_row(record: Record, now: datetime) -> dict[str, Any]:
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


def decision_row(record: Record, decision: Decision, run_id: int, now: datetime) -> dict[str, Any]:
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
