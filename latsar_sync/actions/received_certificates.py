"""Certificates that come in: read, matched to a person by their NIP, and written down; nothing counts by that."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from sqlalchemy import Connection

from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Record
from latsar_sync.files.archives import MAX_UNPACKED_BYTES, unpack_to_too_much, unpacked
from latsar_sync.files.cells import CellRefused, read_nip
from latsar_sync.files.certificate_facts import facts_proposed, is_certificate
from latsar_sync.files.office_file import plain_name
from latsar_sync.files.opening import PDF, UNREADABLE
from latsar_sync.files.reading_pdf import Unprinted, read_texts
from latsar_sync.files.receiving import GoesOn
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.store import certificates, participants, retention
from latsar_sync.store.database import Database

MOST_IN_A_ZIP = 500


def bytes_of(path: Path) -> bytes:
    """Return what a file holds. Raise UsageError if that is more than any handful of certificates, OSError as ever."""
    with path.open("rb") as file:
        content = file.read(MAX_UNPACKED_BYTES + 1)
    if len(content) > MAX_UNPACKED_BYTES:
        raise UsageError(_("{file} holds too much.").format(file=path.name), _("Send it in parts."))
    return content


def documents_in(name: str, content: bytes) -> list[tuple[str, bytes]]:
    """Return the PDFs that a file is or holds: one, or a ZIP of many. Raise UsageError if it is neither, or damaged.

    A ZIP is read to its end before anything of it is used: it counts whole or not at all.
    """
    if content.startswith(PDF):
        return [(plain_name(name), content)]
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [each for each in archive.infolist() if each.filename.casefold().endswith(".pdf")]
            if len(members) > MOST_IN_A_ZIP or unpack_to_too_much(members):
                raise UsageError(_("{file} holds too much.").format(file=name), _("Send it in parts."))
            return [(plain_name(each.filename), unpacked(archive, each)) for each in members]
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
    is_over: Callable[[], bool] = lambda: False,
) -> list[int]:
    """Write down the certificates that a received file is or holds, a ZIP of PDFs or a PDF that calls itself one.

    Return their numbers; none if it is something else, or a ZIP that cannot be read. Raise GoesOn if ``is_over`` says
    so after one that is new and others are left: those of a ZIP may take hours, and what is known is not read again.
    """
    with database.reading() as connection:
        if retention.is_destroyed(connection, programme.id):
            return []
    is_zip = name.casefold().endswith(".zip") and content.startswith(b"PK")
    if programme.method == "classical" or not (is_zip or content.startswith(PDF)):
        return []
    if not is_zip:
        try:
            read = read_texts(content)
            if not is_certificate(f"{read.seen}\n{read.recognised}"):
                return []
        except Unprinted:
            return []
    try:
        documents = documents_in(name, content)
    except UsageError:
        return []
    numbers: list[int] = []
    for each, part in documents:
        number, is_new = add_certificate(settings, database, programme, each, part, by, clock)
        numbers.append(number)
        if is_new and len(numbers) < len(documents) and is_over():
            raise GoesOn
    return numbers


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

    One that cannot be read as text is written down too: a person reads it. Raise UsageError where no MOOC is judged, or
    the people of the programme were destroyed.
    """
    if programme.method == "classical":
        raise UsageError(
            _("Programme {programme} judges nobody by a score.").format(programme=programme.id),
            _('Its method is "classical": there is no MOOC gate.'),
        )
    digest = sha256(content).hexdigest()
    with database.reading() as connection:
        retention.require_not_destroyed(connection, programme.id)
        known = certificates.number_of(connection, programme.id, digest)
    if known is not None:
        return known, False
    try:
        read = read_texts(content)
        facts = facts_proposed(read.seen, read.recognised)
    except Unprinted:
        facts = {}
    with database.writing() as connection:
        person = person_of(connection, programme, facts.get("nip", ""), settings, clock())
        who = person.participant.id if person else None
        return certificates.add(connection, programme.id, digest, name, content, facts, who, by, clock())


def person_of(
    connection: Connection, programme: ProgrammeSettings, nip: str, settings: Settings, now: datetime
) -> Record | None:
    """Return the one participant with this NIP who takes part; None if there is none, or more than one."""
    try:
        wanted = read_nip(nip, settings.today(now, programme.id)).nip
    except CellRefused:
        return None
    people = participants.records_with_nip(connection, programme.id, wanted) if wanted else ()
    mine = [
        each
        for each in people
        if each.participant.merged_into is None and each.participant.person.enrolment is not Enrolment.ENDED
    ]
    return mine[0] if len(mine) == 1 else None
