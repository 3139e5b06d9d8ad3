"""Everything held about one person, in words: the shape of ``person export``, and the same as a text to read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from latsar_sync.domain.language import _, in_use, mark
from latsar_sync.domain.nip import format_nip
from latsar_sync.domain.reasons import OUTCOME_TEXTS, STATE_TEXTS, Reason, sentence, word
from latsar_sync.settings import Settings
from latsar_sync.shapes import actions, listings
from latsar_sync.shapes.imports import score_json
from latsar_sync.store import access, dossier, erasing, imports, overrides, reports
from latsar_sync.store.erasing import Known
from latsar_sync.store.reports import Row

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
    "nip_problem": mark("What is wrong with the NIP"),
    "institution": mark("Agency"),
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
    "threshold": mark("Pass limit"),
    "threshold_version": mark("Number of the pass limit"),
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


def dossier_json(
    connection: Connection, settings: Settings, people: Sequence[Known], made_by: str, made_at: datetime
) -> dict[str, Any]:
    """Shape of ``person export --json``: one record for each programme in which the person is known."""
    return {
        "made_at": listings.moment(made_at, settings.zone),
        "made_by": made_by,
        "about": _(
            "Everything that latsar-sync holds about one person, with the trail of its processing "
            "(UU 27/2022, articles 7, 31 and 32)."
        ),
        "records": [
            _record(connection, settings, person, settings.today(made_at, person.programme)) for person in people
        ],
        "not_held_here": [
            _("Moodle itself: account, attempts and logs are kept by the sites that the records name."),
            _("Backups of this database, and files that were exported from it."),
            _("Runs that changed nothing are forgotten after {days} days.").format(days=settings.service.keep_runs),
        ],
    }


def _record(connection: Connection, settings: Settings, person: Known, made_on: date) -> dict[str, Any]:
    name, zone, key = person.programme, settings.zone, person.participant_id
    [row] = reports.participant_rows(connection, [name], participant_id=key, erased=True)
    decisions = reports.decision_history(connection, key)
    identity = dossier.identity_of(connection, key)
    names = dossier.activity_names(connection, name)
    explained = listings.explanation_json(
        row,
        None,
        decisions,
        reports.roster_history(connection, key),
        reports.push_history(connection, key),
        overrides.override_history(connection, name, key),
        zone,
        in_use(),
        [score_json(each, zone) for each in imports.scores_of(connection, None, key)],
    ) | actions.explained(connection, row, made_on, zone)
    for shape, stored in zip(explained["decisions"], decisions, strict=True):
        shape.update({"scale": stored["scale"], "legal_basis": stored["legal_basis"]})
    title = next((each.title for each in settings.programmes if each.id == name), None)
    seen = (row["first_seen_at"], row["last_seen_at"])
    return {
        "programme": name,
        "title": title,
        "participant": {
            **explained["participant"],
            "key_as_read": identity.get("raw_key"),
            "nip_problem": _nip_problem(identity),
        },
        "evidence": [_evidence(each, names, zone) for each in dossier.evidence_history(connection, key)],
        **{part: explained[part] for part in ("decisions", "roster", "pushes", "overrides")},
        "waiting_requests": [_request(each, zone) for each in dossier.requests_about(connection, person.numbers)],
        "erasures": [erasure_json(each, zone) for each in erasing.register(connection, key)],
        "runs_that_changed": [
            {**each, "started_at": listings.moment(each["started_at"], zone)}
            for each in dossier.runs_that_changed(connection, key)
        ],
        "runs_that_read": _plain(dossier.runs_that_read(connection, name, *seen), zone),
        "accesses": [access_json(each, zone) for each in access.accesses_to(connection, key, name, seen[0])],
        "other": _plain(dossier.other_rows(connection, key), zone),
        **{part: value for part, value in explained.items() if part not in EXPLAINED},
    }


EXPLAINED = frozenset({"participant", "evidence", "threshold", "decisions", "roster", "pushes", "overrides"})
"""What is taken from the shape of ``explain``; whatever else that has is shown as well."""


def erasure_json(erasure: Any, zone: ZoneInfo) -> dict[str, Any]:
    """One line of the register of erasures; the time to the microsecond, since a restore writes it back."""
    return {**asdict(erasure), "kind": str(erasure.kind), "at": erasure.at.astimezone(zone).isoformat()}


def access_json(one: access.Access, zone: ZoneInfo) -> dict[str, Any]:
    """One line of the access log."""
    return {**asdict(one), "at": listings.moment(one.at, zone)}


def _evidence(stored: Row, names: Mapping[int, str], zone: ZoneInfo) -> dict[str, Any]:
    """One reading; materials by the names of the activities."""
    shape = listings.seen_json(stored, zone)
    for part in ("open", "failed", "unknown") if shape["materials"] else ():
        shape["materials"][part] = [names.get(cmid, f"cmid {cmid}") for cmid in shape["materials"][part]]
    return shape


def _nip_problem(identity: Row) -> str | None:
    if not identity.get("nip_reason"):
        return None
    return sentence(Reason(identity["nip_reason"], {"detail": identity["nip_detail"] or ""}), in_use())


def _request(row: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "request_id": row["id"],
        "programme": row["programme"],
        "scope": row["scope"],
        "state": row["state"],
        "requested_by": row["requested_by"],
        "requested_at": listings.moment(row["requested_at"], zone),
    }


def _plain(value: Any, zone: ZoneInfo) -> Any:
    """Return a stored value in the kinds that JSON has."""
    if isinstance(value, Mapping):
        return {key: _plain(item, zone) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, zone) for item in value]
    if isinstance(value, datetime):
        return listings.moment(value, zone)
    if isinstance(value, Decimal | date):
        return str(value)
    return value


def dossier_text(shape: Mapping[str, Any]) -> str:
    """Return the export as a text that reads from top to bottom; what is empty is said to be empty."""
    return "\n".join(_lines(shape, 0)) + "\n"


def _lines(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, item in value.items():
        label = _(LABELS[key]) if key in LABELS else key.replace("_", " ")
        if isinstance(item, Mapping) and item:
            yield f"{indent}{label}:"
            yield from _lines(item, depth + 1)
        elif isinstance(item, list) and item and isinstance(item[0], Mapping):
            yield f"{indent}{label} ({len(item)}):"
            for position, each in enumerate(item, start=1):
                yield f"{indent}  {position}."
                yield from _lines(each, depth + 2)
        elif isinstance(item, list) and item and key in ("sentences", "not_held_here"):
            yield f"{indent}{label}:"
            yield from (f"{indent}  - {each}" for each in item)
        else:
            yield f"{indent}{label}: {_said(key, item)}"
        if depth == 0:
            yield ""


def _said(key: str, value: Any) -> str:
    """Return one value in words."""
    if value is None or value == [] or value == {} or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if key == "nip":
        return format_nip(value)
    for texts in (OUTCOME_TEXTS, STATE_TEXTS):
        if key in ("decision", "state") and value in texts:
            return word(texts, value, in_use())
    return str(value)
