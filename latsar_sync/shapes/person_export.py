"""Everything held about one person: the shape of ``person export``."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from typing_extensions import TypedDict

from latsar_sync.domain.decision import Reason, Scale
from latsar_sync.domain.language import _, in_use
from latsar_sync.domain.reason_sentences import sentence
from latsar_sync.settings import Settings
from latsar_sync.shapes import evidence, explain, explain_shape, with_actions
from latsar_sync.shapes.actions import AngkatanMoveShape, ClearanceShape, DecreeShape, LeftBehindShape, OverrideShape
from latsar_sync.shapes.fields import Moment, Plain, moment, told
from latsar_sync.shapes.identity import WhoShape
from latsar_sync.shapes.imports import ScoreShape
from latsar_sync.shapes.registers import AccessShape, ErasureShape, access_json, erasure_json
from latsar_sync.store import access, erasure, histories, listings, person_export
from latsar_sync.store.erasable_people import FoundPerson
from latsar_sync.store.listings import Row


class _AsRead(TypedDict):
    key_as_read: str | None
    email: str | None
    nip_problem: str | None


class DossierAccountShape(explain_shape.AccountShape, _AsRead):
    """The participant, with the NIP field as it was read and what is wrong with it."""


class _ByBasis(TypedDict):
    scale: Scale | None
    legal_basis: str | None


class DossierDecisionShape(explain_shape.DecisionShape, _ByBasis):
    """One decision, with the scale and the legal basis of its threshold."""


class WaitingRequestShape(TypedDict):
    """A request for a run about the person that waits or is under way."""

    request_id: int
    programme: str
    scope: str
    state: str
    requested_by: str
    requested_at: Moment


class ChangingRunShape(TypedDict):
    """A run that decided, placed or sent something about the person."""

    run_id: int
    started_at: Moment
    command: str
    changed: list[str]


class ReadingRunsShape(TypedDict):
    """How many runs read the person's data, the first and the last."""

    count: int
    first: Moment | None
    last: Moment | None


class DossierRecordShape(TypedDict):
    """Everything held about the person in one programme; ``other`` has the rows of further tables by table."""

    programme: str
    title: str | None
    participant: DossierAccountShape
    evidence: list[evidence.SeenShape]
    decisions: list[DossierDecisionShape]
    roster: explain_shape.PlaceShape | None
    pushes: list[explain_shape.PushShape]
    overrides: list[OverrideShape]
    waiting_requests: list[WaitingRequestShape]
    erasures: list[ErasureShape]
    runs_that_changed: list[ChangingRunShape]
    runs_that_read: ReadingRunsShape
    accesses: list[AccessShape]
    other: dict[str, list[dict[str, Plain]]]
    imports: list[ScoreShape]
    listed: explain_shape.ListedShape | None
    identity: WhoShape
    clearances: list[ClearanceShape]
    moves: list[AngkatanMoveShape]
    finalised: DecreeShape | None
    left_behind: list[LeftBehindShape]


class DossierShape(TypedDict):
    """``person export --json``: one record for each programme in which the person is known."""

    made_at: Moment
    made_by: str
    about: str
    records: list[DossierRecordShape]
    not_held_here: list[str]


def dossier_json(
    connection: Connection, settings: Settings, people: Sequence[FoundPerson], made_by: str, made_at: datetime
) -> DossierShape:
    """Return everything held about one person, in words."""
    return {
        "made_at": told(made_at, settings.zone),
        "made_by": made_by,
        "about": _(
            "Everything that latsar-sync holds about one person, with the trail of its processing "
            "(UU 27/2022, articles 7, 31 and 32)."
        ),
        "records": [_record(connection, settings, each, settings.today(made_at, each.programme)) for each in people],
        "not_held_here": [
            _("Moodle itself: account, attempts and logs are kept by the sites that the records name."),
            _("Backups of this database, and files that were exported from it."),
            _("Runs that changed nothing are forgotten after {days} days.").format(days=settings.service.keep_runs),
        ],
    }


def _record(connection: Connection, settings: Settings, known: FoundPerson, made_on: date) -> DossierRecordShape:
    name, zone, key = known.programme, settings.zone, known.participant_id
    [row] = listings.participant_rows(connection, [name], participant_id=key, erased=True)
    identity = person_export.identity_of(connection, key)
    names = person_export.activity_names(connection, name)
    ruled = explain.explanation(connection, row, None, zone, in_use())
    decided = with_actions.explained(connection, row, made_on, zone)
    judged_by = histories.decision_history(connection, key)
    seen = (row["first_seen_at"], row["last_seen_at"])
    return {
        "programme": name,
        "title": next((each.title for each in settings.programmes if each.id == name), None),
        "participant": {
            **ruled["participant"],
            "key_as_read": identity.get("raw_key"),
            "email": identity.get("email"),
            "nip_problem": _nip_problem(identity),
        },
        "evidence": [_evidence(each, names, zone) for each in person_export.evidence_history(connection, key)],
        "decisions": [
            {**shape, "scale": stored["scale"], "legal_basis": stored["legal_basis"]}
            for shape, stored in zip(ruled["decisions"], judged_by, strict=True)
        ],
        "roster": ruled["roster"],
        "pushes": ruled["pushes"],
        "overrides": ruled["overrides"],
        "waiting_requests": [_request(each, zone) for each in person_export.requests_about(connection, known.numbers)],
        "erasures": [erasure_json(each, zone) for each in erasure.register(connection, key)],
        "runs_that_changed": [
            {
                "run_id": each["run_id"],
                "started_at": told(each["started_at"], zone),
                "command": each["command"],
                "changed": each["changed"],
            }
            for each in person_export.runs_that_changed(connection, key)
        ],
        "runs_that_read": _reading(person_export.runs_that_read(connection, name, *seen), zone),
        "accesses": [access_json(each, zone) for each in access.accesses_to(connection, key, name, seen[0])],
        "other": _plain(person_export.other_rows(connection, key), zone),
        "imports": ruled["imports"],
        "listed": ruled["listed"],
        **decided,
    }


def _evidence(stored: Row, names: Mapping[int, str], zone: ZoneInfo) -> evidence.SeenShape:
    """One reading; materials by the names of the activities."""
    shape = evidence.seen_json(stored, zone)
    materials = stored["evidence"].materials
    if shape["materials"] is not None:
        shape["materials"]["open"] = _named(materials.open, names)
        shape["materials"]["failed"] = _named(materials.failed, names)
        shape["materials"]["unknown"] = _named(materials.unknown, names)
    return shape


def _named(cmids: Sequence[int], names: Mapping[int, str]) -> list[str]:
    return [names.get(cmid, f"cmid {cmid}") for cmid in cmids]


def _nip_problem(identity: Row) -> str | None:
    if not identity.get("nip_reason"):
        return None
    return sentence(Reason(identity["nip_reason"], {"detail": identity["nip_detail"] or ""}), in_use())


def _request(row: Row, zone: ZoneInfo) -> WaitingRequestShape:
    return {
        "request_id": row["id"],
        "programme": row["programme"],
        "scope": row["scope"],
        "state": row["state"],
        "requested_by": row["requested_by"],
        "requested_at": told(row["requested_at"], zone),
    }


def _reading(row: Row, zone: ZoneInfo) -> ReadingRunsShape:
    return {"count": row["count"], "first": moment(row["first"], zone), "last": moment(row["last"], zone)}


def _plain(value: Any, zone: ZoneInfo) -> Any:
    """Return a stored value in the kinds that JSON has; of a document how long it is: it is handed out by itself."""
    if isinstance(value, Mapping):
        return {key: _plain(item, zone) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, zone) for item in value]
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, Decimal | date):
        return str(value)
    return _("{number} bytes").format(number=len(value)) if isinstance(value, bytes) else value
