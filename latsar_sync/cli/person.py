"""The commands about one person's data: person export, erase, resume, erasures (rule 16; UU 27/2022)."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from latsar_sync.actions.texts import named
from latsar_sync.cli.context import Json, login_name, note_view, now, open_database
from latsar_sync.cli.lookup import number_or_id
from latsar_sync.cli.screens import privacy
from latsar_sync.cli.screens.console import output, print_json, write_json, write_text
from latsar_sync.domain.entry import HOLDS_A_SEAT, EntryState
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.participant import Enrolment
from latsar_sync.domain.records import Erasure, ErasureKind
from latsar_sync.files.opening import read_office_file
from latsar_sync.settings import Settings
from latsar_sync.shapes import person_export
from latsar_sync.shapes.person_export_text import dossier_text
from latsar_sync.store import erasure, traces
from latsar_sync.store.database import Database
from latsar_sync.store.erasure import FoundPerson
from latsar_sync.store.leases import Lease

app = typer.Typer(
    help="One person's data: everything held, erasure, and its register.", no_args_is_help=True, add_completion=False
)
Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]
Why = Annotated[str, typer.Option(help="The reason; it stands on record for good, so no name and no NIP in it.")]
By = Annotated[str, typer.Option(metavar="NAME", help="Who decides.")]
Apply = Annotated[bool, typer.Option("--apply", help="Do it; without it the command only says what would happen.")]
File = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file, readable for its owner only.")]


@app.command()
def export(context: typer.Context, nip: Who, file: File = None, as_json: Json = False) -> None:
    """Show or write down everything held about one person, with the trail of its processing."""
    settings = context.obj.settings()
    database = open_database(settings)
    with database.reading() as connection:
        people = _people(settings, connection, nip)
    _note(database, "person export", people)
    with database.reading() as connection:
        shape = person_export.dossier_json(connection, settings, people, login_name(), now())
    if as_json:
        write_json(file, shape, overwrite=True)
    else:
        write_text(file, dossier_text(shape), overwrite=True)


@app.command()
def erase(context: typer.Context, nip: Who, reason: Why, by: By, apply: Apply = False, as_json: Json = False) -> None:
    """Destroy a person's name and NIP for good, in all programmes; the numbers stay under the internal id."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    with database.reading() as connection:
        people = [person for person in _people(settings, connection, nip) if not _is_erased(connection, person)]
    if not people:
        raise UsageError(_("This person was erased already."), _("See latsar-sync person erasures."))
    _require_nameless(reason, people)
    if not apply:
        _note(database, "person erase preview", people)
    with database.reading() as connection:
        shape = _consequences(connection, settings, people)
    if apply:
        with _held(database, people) as connection:
            touched, _left = erasure.take_out_texts(connection, people)
            erasure.erase(connection, people, reason, by, now())
        _note(database, "person erase", people)
        shape["file_clean"] = database.forget_deleted({"identities", "run_requests", *touched})
    shape["applied"] = apply
    if as_json:
        print_json(shape)
    else:
        privacy.show_erasure(output, shape)


@app.command()
def resume(
    context: typer.Context,
    internal_id: Annotated[str, typer.Argument(metavar="ID", help="The internal id that person erasures shows.")],
    reason: Why,
    by: By,
    as_json: Json = False,
) -> None:
    """Take an erased person in again: the next run reads, judges and places them anew."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    with database.reading() as connection:
        people = [person for person in _people(settings, connection, internal_id) if not person.identity]
    if not people:
        raise UsageError(_("Nobody with this internal id was erased."), _("See latsar-sync person erasures."))
    [person] = people
    if any(each.by_files for each in settings.programmes if each.id == person.programme):
        raise UsageError(
            _("Programme {programme} takes its people from files.").format(programme=person.programme),
            _("Import a list that holds the person: they come back as a new participant."),
        )
    with _held(database, people) as connection:
        erasure.resume(connection, person, reason, by, now())
    _note(database, "person resume", people)
    if as_json:
        print_json({"participant_id": person.participant_id, "programme": person.programme, "resumed": True})
    else:
        output.print(_("Recorded. The next run over everybody collects the person again."))


@app.command()
def erasures(context: typer.Context, file: File = None, as_json: Json = False) -> None:
    """Show the register of erasures, by internal id; db restore takes it with --erasures."""
    settings = context.obj.settings()
    with open_database(settings).reading() as connection:
        lines = [person_export.erasure_json(each, settings.zone) for each in erasure.register(connection)]
    if as_json or file is not None:
        write_json(file, lines, overwrite=True)
    else:
        privacy.show_erasures(output, lines)


def load_register(file: Path) -> list[Erasure]:
    """Read a register that ``person erasures`` wrote; raise UsageError if it is none."""
    try:
        lines = json.loads(file.read_text(encoding="utf-8"))
        found = [
            Erasure(
                line["participant_id"],
                line["version"],
                ErasureKind(line["kind"]),
                line["reason"],
                line["by"],
                datetime.fromisoformat(line["at"]),
            )
            for line in lines
        ]
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(
            _("{file} is no register of erasures.").format(file=file),
            _("Write it with latsar-sync person erasures -o FILE."),
        ) from None
    return sorted(found, key=lambda line: (line.participant_id, line.version))


def _people(settings: Settings, connection: Connection, nip: str) -> list[FoundPerson]:
    """Return the records of one person; raise UsageError if there are none, or two in one programme."""
    people = erasure.find_people(connection, number_or_id(settings, nip))
    if not people:
        raise UsageError(
            _("No participant has this NIP or id."), _("Run sync first, or look in latsar-sync participants.")
        )
    programmes = [person.programme for person in people]
    if len(set(programmes)) < len(programmes):
        ids = ", ".join(person.participant_id for person in people)
        raise UsageError(
            _("Two accounts of one programme carry this NIP, perhaps of two people."),
            _("Name one by its internal id: {ids}.").format(ids=ids),
        )
    return people


def _is_erased(connection: Connection, person: FoundPerson) -> bool:
    return not person.identity and bool(erasure.register(connection, person.participant_id))


def _note(database: Database, action: str, people: Sequence[FoundPerson]) -> None:
    for person in people:
        note_view(database, action, [person.programme], person.participant_id)


def _require_nameless(reason: str, people: Sequence[FoundPerson]) -> None:
    if erasure.names_somebody(reason, people):
        raise UsageError(
            _("The reason holds the person's name or NIP, and would stand on record for good."),
            _("Say it without them, for example by the number of a letter."),
        )


@contextmanager
def _held(database: Database, people: Sequence[FoundPerson]) -> Iterator[Connection]:
    """Open one transaction under the leases of all their programmes, so that no run works on what goes."""
    with ExitStack() as stack:
        names = sorted({person.programme for person in people})
        leases = [stack.enter_context(Lease(database, name, now)) for name in names]
        yield stack.enter_context(leases[0].writing())


def _consequences(connection: Connection, settings: Settings, people: Sequence[FoundPerson]) -> dict[str, Any]:
    """Say what goes, what stays and why, and what the next run does; nothing is changed."""
    ids = [person.participant_id for person in people]
    seats = [each for each in people if each.roster_state in (EntryState.WAITLISTED, *map(str, HOLDS_A_SEAT))]
    return {
        "people": [
            {
                "participant_id": person.participant_id,
                "programme": person.programme,
                "nip": person.nip,
                "name": person.name,
                "enrolment": person.enrolment,
                "roster_state": person.roster_state,
            }
            for person in people
        ],
        "goes": {
            "identities": sum(bool(person.identity) for person in people),
            "requests": len(erasure.waiting_requests(connection, people)),
        },
        "stays": erasure.what_stays(connection, ids),
        "texts": [
            {"table": each.table, "column": each.column, "key": each.key}
            for each in erasure.traces_in_free_texts(connection, people)
        ],
        "notes": [*_next_run(people), *_in_class(seats), *_elsewhere(settings, people)],
    }


def _next_run(people: Sequence[FoundPerson]) -> list[str]:
    if all(person.enrolment == str(Enrolment.ENDED) for person in people):
        return [_("The enrolment in the MOOC has ended: the next run meets nobody.")]
    return [
        _(
            "The MOOC still lists the person: every run passes the account over, neither judges nor enrols it, and "
            "says so until the enrolment there is ended."
        )
    ]


def _in_class(people: Sequence[FoundPerson]) -> list[str]:
    if not people:
        return []
    return [_("Whoever sits in the in-class course stays; a seat or a place in line that is only planned is given up.")]


def _elsewhere(settings: Settings, people: Sequence[FoundPerson]) -> list[str]:
    """Name the places that this command does not reach."""
    found = [
        _("Not reached: Moodle itself, files that were exported, and backups; see docs/privacy.md."),
    ]
    pattern = traces.pattern_of([], [number for person in people for number in person.numbers])
    for programme in settings.programmes:
        file = programme.placement_file
        if pattern and file is not None and pattern.search(_texts_in(file)):
            found.append(_("{file} names the NIP: delete that line by hand.").format(file=file))
    return found


def _texts_in(file: Path) -> str:
    """Return what stands in a file of an office, a workbook or text, a cell a line; as text where it cannot be read."""
    try:
        tables = read_office_file(file).tables
    except UsageError:
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    return "\n".join(str(cell) for table in tables for row in table.rows for cell in row.cells)
