"""Certificates that a person refuses, for one of the reasons, or takes back after they were taken over."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from latsar_sync.actions.action_transaction import BY_COMMAND, Action, Sent, acting
from latsar_sync.actions.certificates import already_decided, known_certificate, of_certificate
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, mark
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import certificates, imports, scores_of_files
from latsar_sync.store.certificates import CertificateState
from latsar_sync.store.database import Database

REJECTIONS: Mapping[str, str] = {
    "not_this_course": mark("It is about another training."),
    "unreadable": mark("It cannot be read."),
    "other_person": mark("It is somebody else's."),
    "no_score": mark("It has no score."),
    "no_number": mark("It has no number."),
    "no_date": mark("It has no date, or one that cannot be."),
    "too_old": mark("It is too old."),
    "not_signed": mark("It is not signed."),
}
"""Why a certificate is refused: the reasons that offices use for documents."""


def reject_certificate(
    settings: Settings,
    database: Database,
    number: int,
    reason: str,
    by: str,
    clock: Callable[[], datetime],
    sent: Sent = BY_COMMAND,
) -> int | None:
    """Refuse a certificate for one of the reasons; its document is destroyed. Raise UsageError if it was refused.

    One that was taken over is taken back: return the number of the import that says so, None for any other. That one
    waits for a second person as every import does; until then the certificate counts, if it was confirmed. Raise
    SeenChanged if somebody decided about it since it was shown.
    """
    if reason not in REJECTIONS:
        raise UsageError(
            _('"{reason}" is no reason.').format(reason=reason),
            _("There are: {known}.").format(known=", ".join(REJECTIONS)),
        )
    found = known_certificate(settings, database, number)
    programme = settings.programme(found["programme"])
    with acting(database, programme.id, clock, by, sent) as action:
        found = certificates.get(action.connection, number) or found
        told = already_decided(action.connection, number).message
        action.require_unchanged(of_certificate(found, None), lambda _part: told, ("certificate",))
        if found["state"] == CertificateState.CONFIRMED:
            return _take_back(action, programme, found, reason)
        decided = certificates.decide(
            action.connection, number, CertificateState.REJECTED, by, action.now, reason=reason
        )
        if not decided:
            raise already_decided(action.connection, number)
    return None


def _take_back(action: Action, programme: ProgrammeSettings, found: certificates.Row, reason: str) -> int | None:
    """Add to the scores of whose a certificate is that it is none, where it counts or may count (again)."""
    connection, by, now = action.connection, action.by, action.now
    number, who = found["id"], found["participant_id"]
    taken = scores_of_files.may_count(connection, programme.id, who, found["import_id"])
    import_id = None
    if taken is not None:
        counts = {"new": 0, "changed": 1, "unchanged": 0}
        import_id = imports.record_certificate(connection, found, counts, by, now, action.sent.token_of)
        none = replace(taken, import_id=import_id, raw=None, at=None, materials_done=None, materials_total=None)
        scores_of_files.add_scores(connection, {who: none})
        if not programme.certificates.second_person:
            imports.confirm(connection, import_id, by, now)
    if not certificates.take_back(connection, number, by, now, reason, import_id):
        raise already_decided(connection, number)
    return import_id
