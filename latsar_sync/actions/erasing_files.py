"""Files that wait and name somebody who is to be erased: taken later, they would bring the person back (rule 16)."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from latsar_sync.domain.errors import NotReady
from latsar_sync.domain.language import _, counted
from latsar_sync.files.mentions import whole_text
from latsar_sync.store import certificates, received
from latsar_sync.store.database import Database
from latsar_sync.store.erasable_people import FoundPerson
from latsar_sync.store.erasure import pattern_of
from latsar_sync.store.received import ReceivedFile, ReceivedState


def files_that_name(
    connection: Connection,
    people: Sequence[FoundPerson],
    state: ReceivedState = ReceivedState.WAITING,
    but: Collection[int] = (),
) -> list[ReceivedFile]:
    """Return the files of a state that are kept, of any programme, and hold a number or the name of one of them.

    Those of the numbers ``but`` are not looked into.
    """
    pattern = pattern_of(people)
    if pattern is None:
        return []
    found = []
    for each in received.kept_anywhere(connection, state):
        content = received.content_of(connection, each.id) if each.id not in but else None
        if content is not None and pattern.search(f"{each.name}\n{whole_text(each.name, content)}"):
            found.append(each)
    return found


def looked_into(database: Database, people: Sequence[FoundPerson]) -> frozenset[int]:
    """Return the numbers of the files that wait, having looked into all; raise NotReady if one names these people.

    It is not set aside with them: others stand in it, too, whose office may have no copy.
    """
    with database.reading() as connection:
        require_named_in_no_file(connection, people)
        return frozenset(each.id for each in received.kept_anywhere(connection, ReceivedState.WAITING))


def require_named_in_no_file(connection: Connection, people: Sequence[FoundPerson], but: Collection[int] = ()) -> None:
    """Raise NotReady while a file waits that names one of these people; those of ``but`` were looked into before."""
    waiting = files_that_name(connection, people, but=but)
    if waiting:
        numbers = ", ".join(str(each.id) for each in waiting)
        raise NotReady(
            _("Files wait that name the person: {numbers}. Taken later, they would bring the person back.").format(
                numbers=numbers
            ),
            _("Decide about them first: import take, or import dismiss; then erase."),
        )


def let_go_of_refused(connection: Connection, people: Sequence[FoundPerson]) -> None:
    """Let go of what is kept of refused files that name one of these people: whoever sent them has them."""
    for each in files_that_name(connection, people, ReceivedState.REJECTED):
        received.let_go(connection, each.id)


class FilesOfErased:
    """What becomes of files that came back with an older copy of the database: kept of refused files goes with whoever
    is erased again, and ``waiting`` are the numbers of those that wait and name them, for a person to decide about.
    """

    def __init__(self) -> None:
        self.waiting: set[int] = set()

    def look(self, connection: Connection, people: Sequence[FoundPerson]) -> None:
        """Look into every file before people are erased."""
        let_go_of_refused(connection, people)
        self.waiting |= {each.id for each in files_that_name(connection, people, but=self.waiting)}


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
