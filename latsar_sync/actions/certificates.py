"""Certificates as evidence: taken over by a person who looked at the document (refused: ``rejecting_certificates``).

Ranked after a score of the MOOC and of a file: where a file tells a score of that person, a certificate adds none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import BY_COMMAND, Sent, acting
from latsar_sync.actions.received_certificates import person_of
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.evidence import Imported
from latsar_sync.domain.language import _, in_use, joined, see
from latsar_sync.domain.records import Record
from latsar_sync.domain.spelling import names_differ
from latsar_sync.files.cells import CellRefused, read_score
from latsar_sync.files.checking import Remark
from latsar_sync.files.dates import read_moment
from latsar_sync.files.importing import earliest_score, score_range
from latsar_sync.rules.scores_of_files import ImportedScores
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import certificates, imports, scores_of_files
from latsar_sync.store.certificates import CertificateState
from latsar_sync.store.database import Database


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person takes over of a certificate, as typed; None: as it was read."""

    nip: str | None = None
    score: str | None = None
    date: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be taken over: whose certificate it is, and its facts as they are understood.

    ``names_another`` says that the document was read to name somebody else.
    """

    person: Record
    score: Decimal
    at: datetime | None
    number: str
    minimum: Decimal
    maximum: Decimal
    names_another: bool


def of_certificate(found: certificates.Row, standing: ImportedScores | None) -> dict[str, str]:
    """Return what is shown of a certificate and of the score that stands for its person, for a fingerprint."""
    newest = "" if standing is None else f"{standing.newest.version} {standing.newest.source}"
    return {"certificate": f"{found['state']} {found['digest']}", "score": newest}


def propose(
    connection: Connection,
    settings: Settings,
    programme: ProgrammeSettings,
    found: certificates.Row,
    facts: Facts,
    now: datetime,
) -> Proposal:
    """Return what would be taken over of a certificate, as a person corrected it.

    Raise UsageError if a fact is missing or none, nobody is meant, or a file tells that person's score already.
    """
    read = found["facts"]
    zone = settings.zone_of(programme)
    score = _taken(read_score, facts.score if facts.score is not None else read.get("score"), _("score"))
    date = facts.date if facts.date is not None else read.get("date")
    earliest = earliest_score(programme, settings.today(now, programme.id))
    at = _taken(lambda cell: read_moment(cell, zone, now, earliest), date, _("date"))
    nip = facts.nip if facts.nip is not None else read.get("nip", "")
    person = person_of(connection, programme, nip, settings, now)
    if person is None:
        raise UsageError(
            _("Nobody in the programme has the NIP of this certificate."), _("Correct the NIP, or refuse it.")
        )
    minimum, maximum = score_range(connection, programme)
    if not minimum <= score <= maximum:
        raise UsageError(_("The score lies outside {minimum} to {maximum}.").format(minimum=minimum, maximum=maximum))
    standing = scores_of_files.scores_of_one(connection, programme.id, person.participant.id)
    # a file in which somebody has no score yet tells none
    if standing is not None and standing.newest.source != "certificate" and standing.newest.raw is not None:
        _refuse_outranked(standing.newest.raw, score)
    is_of_another = names_differ(read.get("name", ""), person.participant.person.name)
    return Proposal(person, score, at, facts.number or read.get("number", ""), minimum, maximum, is_of_another)


def confirm_certificate(
    settings: Settings,
    database: Database,
    number: int,
    facts: Facts,
    by: str,
    clock: Callable[[], datetime],
    sent: Sent = BY_COMMAND,
) -> int:
    """Take over what a certificate says, as a person corrected it; return the number of the import that it became.

    Its score waits for a second person, unless ``certificates.second_person`` is off. Raise UsageError as ``propose``
    does, and where the document names somebody else and nobody said by a NIP whose it is; SeenChanged if certificate
    or score are others than were shown.
    """
    found = _open(settings, database, number)
    programme = settings.programme(found["programme"])
    with acting(database, programme.id, clock, by, sent) as action:
        connection, now = action.connection, action.now
        taken = propose(connection, settings, programme, found, facts, now)
        if taken.names_another and facts.nip is None:
            raise UsageError(
                _("The certificate names somebody else than the person with its NIP."),
                _("Look at the document. Whose it is, say by the NIP; or refuse it as somebody else's."),
            )
        who = taken.person.participant.id
        standing = scores_of_files.scores_of_one(connection, programme.id, who)
        action.require_unchanged(of_certificate(found, standing), _tell)
        version = standing.newest.version + 1 if standing else 1
        counts = {"new": 1, "changed": 0, "unchanged": 0}
        import_id = imports.record_certificate(connection, found, counts, by, now, sent.token_of)
        score = Imported(
            version, import_id, taken.score, taken.minimum, taken.maximum, taken.at, 1, 1, source="certificate"
        )
        scores_of_files.add_scores(connection, {who: score})
        if not programme.certificates.second_person:
            imports.confirm(connection, import_id, by, now)
        date = taken.at.isoformat() if taken.at else ""
        kept = {"score": f"{taken.score:f}", "date": date, "number": taken.number}
        if not certificates.decide(connection, number, CertificateState.CONFIRMED, by, now, who, kept, None, import_id):
            raise already_decided(connection, number)
    return import_id


def _tell(part: str) -> str:
    if part == "score":
        return _("Another score of this person came in meanwhile.")
    return _("Somebody decided about this certificate meanwhile.")


def _open(settings: Settings, database: Database, number: int) -> certificates.Row:
    found = known_certificate(settings, database, number)
    if found["state"] != CertificateState.PROPOSED:
        with database.reading() as connection:
            raise already_decided(connection, number)
    return found


def known_certificate(settings: Settings, database: Database, number: int) -> certificates.Row:
    with database.reading() as connection:
        found = certificates.get(connection, number)
    if found is None or found["programme"] not in {each.id for each in settings.programmes}:
        raise UsageError(_("There is no certificate {number}.").format(number=number), see("certificate list"))
    return found


def _taken(read: Callable[[str], Any], text: str | None, what: str) -> Any:
    """Return what a fact means; raise UsageError, with the reason, if it is missing or cannot be taken."""
    value, why = None, ""
    try:
        value = read(text) if text else None
    except CellRefused as refused:
        why = Remark(0, "", refused.code, refused.values).said(in_use())
    if value is None:
        raise UsageError(
            joined(_("The certificate tells no {what} that can be read.").format(what=what), why),
            _("Look at the document and give it; or refuse the certificate."),
        )
    return value


def _refuse_outranked(held: Decimal, score: Decimal) -> None:
    raise UsageError(
        _("A file tells {held} for this person, the certificate {score}: the file counts.").format(
            held=figures.number(held), score=figures.number(score)
        ),
        _("Where the certificate is right, import a corrected file; else refuse the certificate."),
    )


def already_decided(connection: Connection, number: int) -> UsageError:
    """Return the refusal to decide about a certificate that somebody has decided about, with who did and how."""
    found = certificates.get(connection, number)
    text = _("Certificate {number} was decided already.")
    if found and found["state"] == CertificateState.CONFIRMED:
        text = _("Certificate {number} was decided already: {name} has taken it over.")
    elif found and found["decided_by"]:
        text = _("Certificate {number} was decided already: {name} has refused it.")
    return UsageError(
        text.format(number=number, name=found["decided_by"] if found else ""),
        joined(see("certificate list --all"), _("One that was taken over can be refused all the same.")),
    )
