"""The commands about clearances: add, revoke, list, import (rule 12)."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from latsar_sync.actions.action_transaction import about
from latsar_sync.actions.clearances import is_required, record_documents, revoke_document
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    ProgrammeOption,
    known_programmes,
    local_today,
    note_action,
    note_view,
    now,
    one_programme,
    open_database,
    require_known_angkatan,
    typed_day,
)
from latsar_sync.cli.lookup import find_participant
from latsar_sync.cli.screens.actions import show_clearances
from latsar_sync.cli.screens.console import output, print_json, print_json_list
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.domain.reason_sentences import clearance_name
from latsar_sync.files.clearances import NewClearance, Register, kinds_of, read_documents
from latsar_sync.settings import ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import require_angkatan
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes import actions
from latsar_sync.store import clearances, listings
from latsar_sync.store.database import Database

app = typer.Typer(
    help="Checked admission documents of participants and of angkatan.", no_args_is_help=True, add_completion=False
)
CheckedBy = Annotated[str, typer.Option(metavar="NAME", help="Who has checked it.")]


@app.command()
def add(
    context: typer.Context,
    kind: Annotated[str, typer.Option(help="The kind of document, such as surat_sehat.")],
    number: Annotated[str, typer.Option(help="Its number.")],
    issuer: Annotated[str, typer.Option(help="Who issued it.")],
    issued: Annotated[str, typer.Option("--date", metavar="DATE", help="Its date, such as 2026-12-01.")],
    valid_until: Annotated[str, typer.Option(metavar="DATE", help="The last day on which it is valid.")],
    by: CheckedBy,
    nip: Annotated[str | None, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")] = None,
    angkatan: Annotated[
        str | None, typer.Option(help="The angkatan, for a document of the whole in-class course.")
    ] = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Record that a document of a participant, or of a whole angkatan, was seen and checked; it is not stored."""
    settings = context.obj.settings()
    if (nip is None) == (angkatan is None):
        raise UsageError(
            _("A clearance is of one participant or of a whole angkatan."), _("Give a NIP, or --angkatan.")
        )
    database = open_database(settings)
    row = None
    if nip is not None:
        row = find_participant(settings, database, known_programmes(settings, programme), nip)
        wanted = settings.programme(row["programme"])
    else:
        wanted = one_programme(settings, programme)
    one_angkatan = require_angkatan(wanted, angkatan).id if angkatan is not None else None
    days = typed_day("--date", issued), typed_day("--valid-until", valid_until)
    texts = named("--kind", kind), named("--number", number), named("--issuer", issuer)
    document = NewClearance(row["participant_id"] if row else None, one_angkatan, *texts, *days)
    problem = _register(settings, wanted, {}).problem_with(document.kind, document.issued, document.valid_until)
    if problem is not None:
        raise UsageError(_("The clearance was not recorded: {problem}").format(problem=problem))
    added, _known = record_documents(
        database, now, wanted.id, [document], named("--by", by), sent=about([row] if row else [])
    )
    if not added:
        raise UsageError(_("This very document is on record already."), _("See latsar-sync clearance list."))
    if row is not None:
        note_view(database, "clearance add", [wanted.id], row["participant_id"])
    else:
        note_action(database, "clearance add", wanted.id)
    if as_json:
        print_json(_line(database, settings, wanted.id, added[0].version))
        return
    owner = row["name"] if row else _("angkatan {angkatan}").format(angkatan=one_angkatan)
    output.print(
        _("Recorded for {owner} as no. {no}: {kind}. The next run judges by it.").format(
            owner=owner, no=added[0].version, kind=clearance_name(document.kind, settings.language)
        ),
        markup=False,
    )
    if not is_required(wanted, document):
        output.print(
            _("Programme {programme} does not require it; see [programmes.clearances].").format(programme=wanted.id),
            markup=False,
        )


@app.command()
def revoke(
    context: typer.Context,
    no: Annotated[int, typer.Argument(max=GREATEST_NUMBER, help="Its number in latsar-sync clearance list.")],
    reason: Annotated[str, typer.Option(help="The reason; it stands on record for good.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who revokes it.")],
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Revoke a clearance: from the next run on it counts no more."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    revoke_document(database, now, wanted.id, no, reason, by)
    line = _line(database, settings, wanted.id, no)
    if line["participant_id"] is not None:
        note_view(database, "clearance revoke", [wanted.id], line["participant_id"])
    else:
        note_action(database, "clearance revoke", wanted.id)
    if as_json:
        print_json(line)
    else:
        output.print(_("Revoked: no. {no}. The next run judges without it.").format(no=no), markup=False)


@app.command("list")
def list_clearances(
    context: typer.Context, programme: ProgrammeOption = None, angkatan: AngkatanOption = None, as_json: Json = False
) -> None:
    """List every clearance, oldest first, and whether it is valid today; revoked ones too."""
    settings = context.obj.settings()
    database = open_database(settings)
    names = known_programmes(settings, programme)
    with database.reading() as connection:
        numbers = {name: clearances.count_with_owner(connection, name, angkatan) for name in names}
        if not any(number for number, _of_people in numbers.values()):
            require_known_angkatan(settings, names, angkatan)
        # those of a whole angkatan are nobody's
        note_view(
            database, "clearance list", Counter({name: each for name, (_all, each) in numbers.items()}).elements()
        )
        lines = (line for name in names for line in _lines(connection, settings, name, angkatan))
        if as_json:
            print_json_list(lines)
        else:
            show_clearances(output, list(lines), settings.language)


@app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX file with a heading.")],
    by: CheckedBy,
    programme: ProgrammeOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Record it; without this it is only tried.")] = False,
    as_json: Json = False,
) -> None:
    """Record the checked documents of a CSV or XLSX file, all of them or none."""
    settings = context.obj.settings()
    wanted, by = one_programme(settings, programme), named("--by", by)
    database = open_database(settings)
    people: dict[str, list[str]] = {}
    with database.reading() as connection:
        rows = listings.participant_rows(connection, [wanted.id])
    for row in (each for each in rows if each["merged_into"] is None):
        people.setdefault(row["nip"] or "", []).append(row["participant_id"])
    people.pop("", None)
    documents = read_documents(file, _register(settings, wanted, people))
    whose = {each.participant_id for each in documents}
    sent = about(row for row in rows if row["participant_id"] in whose)
    added, known = record_documents(database, now, wanted.id, documents, by, apply, sent)
    if apply:
        note_action(database, "clearance import", wanted.id)
    shape = {
        "programme": wanted.id,
        "file": str(file),
        "applied": apply,
        "new": len(added),
        "already_recorded": known,
        "by": by,
    }
    if as_json:
        print_json(shape)
        return
    told = counted("{number} new document", "{number} new documents", len(added)).format(number=len(added))
    there = _("{number} on record already").format(number=known)
    output.print(f"{file}: {told}, {there}.", markup=False, soft_wrap=True)
    done = _("Recorded. The next run judges by it.") if apply else _("Nothing was recorded; --apply records it.")
    output.print(done, markup=False)


def _register(settings: Settings, programme: ProgrammeSettings, people: dict[str, list[str]]) -> Register:
    all_angkatan = [angkatan.id for angkatan in programme.angkatan]
    return Register(people, all_angkatan, set(kinds_of(programme)), local_today(settings, programme))


def _lines(
    connection: Connection, settings: Settings, programme: str, angkatan: str | None = None, no: int | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the clearances of a programme as JSON shapes, with whose they are."""
    today: date = local_today(settings, settings.programme(programme))
    for row in clearances.each_with_owner(connection, programme, angkatan, no):
        whose = {"nip": row.nip, "name": row.name, "roster_angkatan": row.roster_angkatan}
        yield actions.clearance_json(row, today, settings.zone) | whose


def _line(database: Database, settings: Settings, programme: str, no: int) -> dict[str, Any]:
    with database.reading() as connection:
        return next(_lines(connection, settings, programme, no=no))
