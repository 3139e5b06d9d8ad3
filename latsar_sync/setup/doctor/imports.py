"""The files of a programme that takes its people from an office: is there a list, and do scores wait."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment
from latsar_sync.setup.checks import Page
from latsar_sync.store import imports, participants, scores_of_files


@dataclass(frozen=True, slots=True)
class Files:
    """What was imported: the name of the newest list (None: none), how many scores wait, and the NIPs by angkatan."""

    name: str | None
    waiting: int
    people: Mapping[str, tuple[str, ...]]


def read_files(connection: Connection, programme: str) -> Files:
    """Return what was imported for a programme."""
    people = [record.participant for record in participants.load_records(connection, programme).values()]
    return Files(
        imports.last_list(connection, programme),
        len({who for who, _score in scores_of_files.scores_that_wait(connection, programme)}),
        {
            each.nip: each.person.groups
            for each in people
            if each.nip is not None and each.person.enrolment is Enrolment.ACTIVE
        },
    )


def examine_files(page: Page, programme: str, files: Files) -> None:
    """Examine list and scores; nothing of it needs a site."""
    if files.name is None:
        page.fail(
            "import_participants",
            _("No list of participants was imported yet."),
            _("Import the list: latsar-sync import participants FILE --programme {programme} --apply").format(
                programme=programme
            ),
        )
    else:
        page.ok(
            "import_participants",
            _("{count} people are on the list, last changed by {file}.").format(
                count=len(files.people), file=files.name
            ),
        )
    if files.waiting:
        page.warn(
            "import_confirm",
            _("{count} imported scores wait for a second person and admit nobody until then.").format(
                count=files.waiting
            ),
            _("See latsar-sync import list; another person confirms: latsar-sync import confirm ID --by NAME"),
        )
    else:
        page.ok("import_confirm", _("No imported score waits for a second person."))
