"""Everything held about one person as a text that reads from top to bottom."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from latsar_sync.domain import figures
from latsar_sync.domain.language import _, in_use, mark
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.reason_labels import LABELS as REASON_LABELS
from latsar_sync.domain.reason_sentences import CLEARANCE_KINDS
from latsar_sync.domain.state_words import (
    ADMISSION_TEXTS,
    ENROLMENT_TEXTS,
    ORIGIN_TEXTS,
    OUTCOME_TEXTS,
    OVERRIDE_TEXTS,
    PUSH_KIND_TEXTS,
    PUSH_STATE_TEXTS,
    REQUEST_STATE_TEXTS,
    SCALE_TEXTS,
    STATE_TEXTS,
    word,
)

LABELS: Mapping[str, str] = {
    "made_at": mark("Made at"),
    "made_by": mark("Made by"),
    "about": mark("About this document"),
    "records": mark("Records"),
    "programme": mark("Programme"),
    "title": mark("Title"),
    "participant": mark("Person and account"),
    "participant_id": mark("Internal id"),
    "nip": mark("NIP"),
    "name": mark("Name"),
    "key_as_read": mark("NIP field as read"),
    "email": mark("E-mail"),
    "nip_problem": mark("What is wrong with the NIP"),
    "institution": mark("Institution"),
    "source_site": mark("MOOC site"),
    "source_user_id": mark("User id in the MOOC"),
    "groups": mark("Groups"),
    "enrolment": mark("Enrolment in the MOOC"),
    "first_seen_at": mark("First seen"),
    "last_seen_at": mark("Last seen"),
    "evidence": mark("What was seen in the MOOC"),
    "decisions": mark("Decisions"),
    "roster": mark("In-class roster"),
    "pushes": mark("Writes to the LMS"),
    "overrides": mark("Decisions by named persons"),
    "clearances": mark("Checked documents"),
    "imports": mark("Scores from files"),
    "listed": mark("On the imported list"),
    "moves": mark("Moves to another angkatan"),
    "identity": mark("Who this person is"),
    "acts": mark("By the word of named persons"),
    "undo": mark("Taken back"),
    "nip_corrected": mark("NIP corrected here"),
    "merged_into": mark("Counts with account"),
    "other_accounts": mark("Other MOOC accounts of this person"),
    "wrong_account": mark("By an account not theirs"),
    "finalised": mark("Decree that took the person in"),
    "left_behind": mark("Left and still enrolled in"),
    "waiting_requests": mark("Requests for a run that wait"),
    "erasures": mark("Register of erasures"),
    "runs_that_changed": mark("Runs that changed something"),
    "runs_that_read": mark("Runs that read the data"),
    "accesses": mark("Who looked or acted"),
    "other": mark("Further records"),
    "not_held_here": mark("What this document cannot show"),
    "version": mark("Number"),
    "seen_at": mark("Seen at"),
    "source": mark("Source"),
    "grade": mark("Grade"),
    "grade_status": mark("State of the grade"),
    "grade_min": mark("Lowest possible grade"),
    "grade_max": mark("Highest possible grade"),
    "overridden": mark("Set by a teacher"),
    "graded_at": mark("Graded at"),
    "materials": mark("Materials"),
    "done": mark("Done"),
    "total": mark("Required"),
    "open": mark("Open"),
    "failed": mark("Done but failed"),
    "unknown": mark("Not visible"),
    "attempts": mark("Attempts"),
    "finished": mark("Finished"),
    "ungraded": mark("Not marked yet"),
    "best": mark("Best"),
    "reached_at": mark("Limit reached at"),
    "decision": mark("Decision"),
    "reasons": mark("Reason codes"),
    "sentences": mark("Reasons"),
    "score": mark("Score"),
    "threshold": mark("Threshold"),
    "threshold_version": mark("Number of the threshold"),
    "scale": mark("Scale"),
    "legal_basis": mark("Legal basis"),
    "materials_done": mark("Materials done"),
    "materials_total": mark("Materials required"),
    "decided_at": mark("Decided at"),
    "rule_version": mark("Version of the rules"),
    "judged_by": mark("Judged by"),
    "method": mark("Method"),
    "basis": mark("Basis of the score"),
    "materials_mode": mark("Materials by"),
    "participant_key": mark("NIP from"),
    "required_version": mark("Number of the required set"),
    "evidence_version": mark("By which reading"),
    "run_id": mark("Run"),
    "state": mark("State"),
    "angkatan": mark("Angkatan"),
    "admission": mark("Admitted by"),
    "origin": mark("Origin"),
    "site": mark("Site"),
    "course": mark("Course"),
    "course_id": mark("Course id"),
    "group": mark("Group"),
    "group_id": mark("Group id"),
    "reason": mark("Reason"),
    "sentence": mark("In words"),
    "target_user_id": mark("User id in the in-class LMS"),
    "approved_by": mark("Approved by"),
    "history": mark("History"),
    "by": mark("By"),
    "at": mark("At"),
    "until": mark("Until"),
    "kind": mark("Kind"),
    "attempt": mark("Attempt"),
    "error": mark("Error"),
    "sent_at": mark("Sent at"),
    "settled_at": mark("Settled at"),
    "request_id": mark("Request"),
    "scope": mark("Scope"),
    "requested_by": mark("Asked by"),
    "requested_at": mark("Asked at"),
    "started_at": mark("Started at"),
    "command": mark("Command"),
    "changed": mark("Changed"),
    "count": mark("How many"),
    "first": mark("First"),
    "last": mark("Last"),
    "via": mark("Via"),
    "action": mark("Action"),
    "people": mark("People shown"),
    "late": mark("Late comer"),
    "no": mark("Number of the record"),
    "number": mark("Document number"),
    "issuer": mark("Issued by"),
    "date": mark("Date"),
    "valid_until": mark("Valid until"),
    "revoked_by": mark("Revoked by"),
    "revoked_at": mark("Revoked at"),
    "revoked_reason": mark("Why revoked"),
    "from": mark("From angkatan"),
    "to": mark("To angkatan"),
    "amendment": mark("Amendment"),
    "sk": mark("Number of the decree"),
    "import_id": mark("Import"),
    "file": mark("File"),
    "score_max": mark("Highest possible score"),
    "confirmed_by": mark("Confirmed by"),
    "confirmed_at": mark("Confirmed at"),
}
"""What each key is called in the text to read."""


CODES: Mapping[str, Mapping[str, str]] = {
    "decision": OUTCOME_TEXTS,
    "enrolment": ENROLMENT_TEXTS,
    "grade_status": {**REASON_LABELS, "graded": mark("graded")},
    "admission": ADMISSION_TEXTS,
    "origin": ORIGIN_TEXTS,
    "scale": SCALE_TEXTS,
    "kind": {**PUSH_KIND_TEXTS, **OVERRIDE_TEXTS, **CLEARANCE_KINDS},
    "state": {**PUSH_STATE_TEXTS, **REQUEST_STATE_TEXTS, **STATE_TEXTS},
}
"""Which values are codes, by their key, and the words for them."""

TIMES = frozenset(
    {"at", "until", "first", "last", "date", "valid_until", *(key for key in LABELS if key.endswith("_at"))}
)
"""Which values are moments or days; what people typed stays as they typed it, though it may look like one."""
NUMBERS = frozenset({"grade", "grade_min", "grade_max", "best", "score", "score_max", "threshold"})
"""Which values are plain decimals."""


def dossier_text(shape: Mapping[str, Any], zone: tzinfo) -> str:
    """Return the export as a text that reads from top to bottom, its moments in ``zone``; what is empty is said so."""
    return "\n".join(_lines(shape, zone, 0)) + "\n"


def _lines(value: Mapping[str, Any], zone: tzinfo, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, item in value.items():
        label = _(LABELS[key]) if key in LABELS else key.replace("_", " ")
        if isinstance(item, Mapping) and item:
            yield f"{indent}{label}:"
            yield from _lines(item, zone, depth + 1)
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            yield f"{indent}{label} ({len(item)}):"
            for position, each in enumerate(item, start=1):
                yield f"{indent}  {position}."
                yield from _lines(each, zone, depth + 2)
        elif isinstance(item, list) and item and key in ("sentences", "not_held_here"):
            yield f"{indent}{label}:"
            yield from (f"{indent}  - {each}" for each in item)
        else:
            yield f"{indent}{label}: {_said(key, item, zone)}"
        if depth == 0:
            yield ""


def _said(key: str, value: Any, zone: tzinfo) -> str:
    """Return one value in words."""
    if value is None or value == [] or value == {} or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(_said(key, each, zone) for each in value)
    if not isinstance(value, str):
        return str(value)
    if key == "nip":
        return format_nip(value)
    if value in CODES.get(key, ()):
        return word(CODES[key], value, in_use())
    try:
        if key in TIMES:
            moment = datetime.fromisoformat(value)
            return figures.moment(moment.astimezone(zone)) if moment.tzinfo else figures.day(moment.date())
        return figures.number(value) if key in NUMBERS else value
    except (ValueError, ArithmeticError):  # a further table may call something else so
        return value
