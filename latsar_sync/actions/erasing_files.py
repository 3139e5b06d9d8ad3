"""Files that wait and name somebody who is to be erased: taken later, they would bring the person back (rule 16)."""

from collections.abc import Sequence

from sqlalchemy import Connection

from latsar_sync.domain.errors import NotReady
from latsar_sync.domain.language import _, counted
from latsar_sync.files.mentions import whole_text
from latsar_sync.store import certificates, received
from latsar_sync.store.database import Database
from latsar_sync.store.erasure import FoundPerson, pattern_of
from latsar_sync.store.received import ReceivedFile


def files_that_name(connection: Connection, people: Sequence[FoundPerson]) -> list[ReceivedFile]:
    """Return the files that wait, of any programme, and hold a number or the name of one of these people."""
    pattern = pattern_of(people)
    if pattern is None:
        return []
    found = []
    for each in received.waiting_anywhere(connection):
        content = received.content_of(connection, each.id)
        if content is not None and pattern.search(f"{each.name}\n{whole_text(each.name, content)}"):
            found.append(each)
    return found


def require_named_in_no_file(database: Database, people: Sequence[FoundPerson]) -> None:
    """Raise NotReady while a file waits that names one of these people.

    It is not set aside with them: others stand in it, too, whose office may have no copy.
    """
    with database.reading() as connection:
        waiting = files_that_name(connection, people)
    if waiting:
        numbers = ", ".join(str(each.id) for each in waiting)
        raise NotReady(
            _("Files wait that name the person: {numbers}. Taken later, they would bring the person back.").format(
                numbers=numbers
            ),
            _("Decide about them first: import take, or import dismiss; then erase."),
        )


def notes_on_files(connection: Connection, people: Sequence[FoundPerson]) -> list[str]:
    """Say which files stand against an erasure, and which certificates nobody could match to anybody."""
    told = [
        _("File {number} waits and names the person: decide about it first, else nothing is erased.").format(
            number=each.id
        )
        for each in files_that_name(connection, people)
    ]
    programmes = sorted({person.programme for person in people})
    unread = sum(
        not each["facts"].get("nip") and each["participant_id"] is None
        for programme in programmes
        for each in certificates.listed(connection, programme, certificates.CertificateState.PROPOSED)
    )
    if unread:
        text = counted(
            "{number} certificate waits in which no NIP could be read: look whether it is the person's.",
            "{number} certificates wait in which no NIP could be read: look whether one is the person's.",
            unread,
        )
        told.append(text.format(number=unread))
    return told
