"""Certificates as evidence: read, matched, and taken over or refused by a person who looked at the document.

Ranked after a score of the MOOC and of a file: where a file tells a score of that person, a certificate adds none.
"""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from typing import Any

from sqlalchemy import Connection

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.evidence import Imported
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.files.cells import CellRefused, read_moment, read_nip, read_score
from latsar_sync.files.certificates import REJECTIONS, facts_in, is_certificate
from latsar_sync.files.importing import score_range
from latsar_sync.files.opening import MAX_UNPACKED_BYTES, PDF, UNREADABLE
from latsar_sync.files.printed_tables import Unprinted, read_texts
from latsar_sync.files.receiving import plain_name
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import certificates, imports, participants
from latsar_sync.store.certificates import CertificateState
from latsar_sync.store.database import Database
from latsar_sync.store.leases import Lease

MOST_IN_A_ZIP = 500


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person takes over of a certificate, as typed; None: as it was read."""

    nip: str | None = None
    score: str | None = None
    date: str | None = None
    number: str | None = None


def documents_in(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """Return the PDFs that a file is or holds: one, or a ZIP of many. Raise UsageError if it is neither, or damaged.

    A ZIP is read to its end before anything of it is used: it counts whole or not at all.
    """
    if content.startswith(PDF):
        return [(plain_name(name), content)]
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [each for each in archive.infolist() if each.filename.casefold().endswith(".pdf")]
            if len(members) > MOST_IN_A_ZIP or sum(each.file_size for each in members) > MAX_UNPACKED_BYTES:
                raise UsageError(_("{file} holds too much.").format(file=name), _("Send it in parts."))
            return [(plain_name(each.filename), archive.read(each)) for each in members]
    except (*UNREADABLE, RuntimeError):  # zipfile's word for one that wants a password
        raise UsageError(
            _("{file} is neither a PDF nor a ZIP of PDFs.").format(file=name), _("Save the certificate as PDF.")
        ) from None


def hand_in(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    name: str,
    content: bytes,
    by: str,
    clock: Callable[[], datetime],
) -> list[int]:
    """Write down the certificates that a received file is or holds, a ZIP of PDFs or a PDF that calls itself one.

    Return their numbers; none if it is something else, or a ZIP that cannot be read.
    """
    is_zip = name.casefold().endswith(".zip") and content.startswith(b"PK")
    if programme.method == "classical" or not (is_zip or content.startswith(PDF)):
        return []
    if not is_zip:
        try:
            if not is_certificate("\n".join(read_texts(content))):
                return []
        except Unprinted:
            return []
    try:
        documents = documents_in(name, content)
    except UsageError:
        return []
    return [add_certificate(settings, database, programme, each, part, by, clock)[0] for each, part in documents]


def add_certificate(
    settings: Settings,
    database: Database,
    programme: ProgrammeSettings,
    name: str,
    content: bytes,
    by: str,
    clock: Callable[[], datetime],
) -> tuple[int, bool]:
    """Read a certificate, match it to a person by its NIP, and write it down; return its number and whether it is new.

    One that cannot be read as text is written down too: a person reads it. Raise UsageError where no MOOC is judged.
    """
    if programme.method == "classical":
        raise UsageError(
            _("Programme {programme} judges nobody by a score.").format(programme=programme.id),
            _('Its method is "classical": there is no MOOC gate.'),
        )
    try:
        facts = facts_in("\n".join(read_texts(content)))
    except Unprinted:
        facts = {}
    with database.writing() as connection:
        person = _person(connection, programme, facts.get("nip", ""), settings, clock())
        who = person.participant.id if person else None
        digest = sha256(content).hexdigest()
        return certificates.add(connection, programme.id, digest, name, content, facts, who, by, clock())


def confirm_certificate(
    settings: Settings,
    database: Database,
    number: int,
    facts: Facts,
    by: str,
    clock: Callable[[], datetime],
) -> int:
    """Take over what a certificate says, as a person corrected it; return the number of the import that it became.

    Its score waits for a second person, unless ``certificates.second_person`` is off. Raise UsageError if a fact is
    missing or none, nobody is meant, or a file tells that person's score already.
    """
    found = _open(settings, database, number)
    programme, now = settings.programme(found["programme"]), clock()
    read = found["facts"]
    score = _taken(read_score, facts.score if facts.score is not None else read.get("score"), _("score"))
    zone = settings.zone_of(programme)
    date = facts.date if facts.date is not None else read.get("date")
    at = _taken(lambda cell: read_moment(cell, zone, now), date, _("date"))
    with Lease(database, programme.id, clock) as lease, lease.writing() as connection:
        nip = facts.nip if facts.nip is not None else read.get("nip", "")
        person = _person(connection, programme, nip, settings, now)
        if person is None:
            raise UsageError(
                _("Nobody in the programme has the NIP of this certificate."), _("Give it with --nip, or refuse it.")
            )
        minimum, maximum = score_range(connection, programme)
        if not minimum <= score <= maximum:
            raise UsageError(
                _("The score lies outside {minimum} to {maximum}.").format(minimum=minimum, maximum=maximum)
            )
        who = person.participant.id
        standing = imports.standings(connection, programme.id).get(who)
        if standing is not None and standing.newest.source != "certificate":
            _refuse_outranked(standing.newest.raw, score)
        version = standing.newest.version + 1 if standing else 1
        counts = {"new": 1, "changed": 0, "unchanged": 0}
        import_id = imports.record_import(
            connection, programme.id, imports.CERTIFICATES, found["name"], found["digest"], counts, by, now
        )
        taken = Imported(version, import_id, score, minimum, maximum, at, 1, 1, source="certificate")
        imports.add_scores(connection, {who: taken})
        if not programme.certificates.second_person:
            imports.confirm(connection, import_id, by, now)
        kept = {
            "score": f"{score:f}",
            "date": at.isoformat() if at else "",
            "number": facts.number or read.get("number", ""),
        }
        if not certificates.decide(connection, number, CertificateState.CONFIRMED, by, now, who, kept, None, import_id):
            raise _decided(number)
    return import_id


def reject_certificate(
    settings: Settings, database: Database, number: int, reason: str, by: str, clock: Callable[[], datetime]
) -> None:
    """Refuse a certificate for one of the reasons; its document is destroyed. Raise UsageError if it was decided."""
    if reason not in REJECTIONS:
        raise UsageError(
            _('"{reason}" is no reason.').format(reason=reason),
            _("There are: {known}.").format(known=", ".join(REJECTIONS)),
        )
    _open(settings, database, number)
    with database.writing() as connection:
        if not certificates.decide(connection, number, CertificateState.REJECTED, by, clock(), reason=reason):
            raise _decided(number)


def _open(settings: Settings, database: Database, number: int) -> Any:
    with database.reading() as connection:
        found = certificates.get(connection, number)
    if found is None or found["programme"] not in {each.id for each in settings.programmes}:
        raise UsageError(
            _("There is no certificate {number}.").format(number=number), _("See latsar-sync certificate list.")
        )
    if found["state"] != CertificateState.PROPOSED:
        raise _decided(number)
    return found


def _person(
    connection: Connection, programme: ProgrammeSettings, nip: str, settings: Settings, now: datetime
) -> Record | None:
    """Return the one participant with this NIP who takes part; None if there is none, or more than one."""
    try:
        wanted = read_nip(nip, settings.today(now, programme.id)).nip
    except CellRefused:
        return None
    people = participants.load_records(connection, programme.id).values() if wanted else ()
    mine = [
        each
        for each in people
        if each.participant.nip == wanted
        and each.participant.merged_into is None
        and each.participant.person.enrolment is not Enrolment.ENDED
    ]
    return mine[0] if len(mine) == 1 else None


def _taken(read: Callable[[str], Any], text: str | None, what: str) -> Any:
    """Return what a fact means; raise UsageError if it is missing or cannot be read."""
    try:
        value = read(text) if text else None
    except CellRefused:
        value = None
    if value is None:
        raise UsageError(
            _("The certificate tells no {what} that can be read.").format(what=what),
            _("Look at the document and give it; or refuse the certificate."),
        )
    return value


def _refuse_outranked(held: Decimal | None, score: Decimal) -> None:
    told = "–" if held is None else f"{held.normalize():f}"
    raise UsageError(
        _("A file tells {held} for this person, the certificate {score}: the file counts.").format(
            held=told, score=f"{score.normalize():f}"
        ),
        _("Where the certificate is right, import a corrected file; else refuse the certificate."),
    )


def _decided(number: int) -> UsageError:
    return UsageError(
        _("Certificate {number} was decided already.").format(number=number), _("See latsar-sync certificate list.")
    )
