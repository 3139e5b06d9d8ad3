"""The commands about certificates as evidence: add, list, show, confirm, reject."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from latsar_sync.actions import certificates as actions
from latsar_sync.actions import received_certificates
from latsar_sync.actions.rejecting_certificates import REJECTIONS, reject_certificate
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    Json,
    OutputOption,
    OverwriteOption,
    ProgrammeOption,
    known_programmes,
    note_action,
    note_view,
    now,
    one_programme,
    open_database,
    require_ending,
)
from latsar_sync.cli.screens.console import output, print_json
from latsar_sync.cli.screens.frames import nip as shown_nip
from latsar_sync.cli.screens.frames import say
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, in_use, mark, translate
from latsar_sync.exports.files import write_file
from latsar_sync.settings.values import GREATEST_NUMBER
from latsar_sync.shapes.certificates import CertificateShape, certificate_json
from latsar_sync.store import certificates as store
from latsar_sync.store.certificates import CertificateState
from latsar_sync.store.database import Database
from latsar_sync.store.imports import find_import

app = typer.Typer(
    help="Certificates as evidence: read, matched, confirmed by people.", no_args_is_help=True, add_completion=False
)
STATES = {"proposed": mark("to be looked at"), "confirmed": mark("taken over"), "rejected": mark("refused")}
Number = Annotated[int, typer.Argument(metavar="ID", max=GREATEST_NUMBER, help="The number of the certificate.")]
Decider = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]


@app.command()
def add(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="PDF", help="PDFs, or ZIPs of PDFs.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who hands them in.")],
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Read certificates and match each to a person by its NIP; what they say waits for a person to look."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    database = open_database(settings, make=True)
    who, numbers = named("--by", by), set[int]()
    for path in files:
        _documents_of(path)  # what is none is refused before anything is recorded
    for name, content in chain.from_iterable(map(_documents_of, files)):
        number, _new = received_certificates.add_certificate(settings, database, wanted, name, content, who, now)
        numbers.add(number)
    note_view(database, "certificate add", [wanted.id] * len(numbers))
    with database.reading() as connection:
        rows = [row for row in store.listed(connection, wanted.id) if row["id"] in numbers]
    _show([certificate_json(row, settings.zone) for row in rows], as_json)


@app.command("list")
def list_certificates(
    context: typer.Context,
    programme: ProgrammeOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that were decided.")] = False,
    as_json: Json = False,
) -> None:
    """List the certificates that wait for a person to look at them, with what was read in each."""
    settings = context.obj.settings()
    database = open_database(settings)
    lines: list[CertificateShape] = []
    with database.reading() as connection:
        for name in known_programmes(settings, programme):
            rows = store.listed(connection, name, None if every else CertificateState.PROPOSED)
            lines += [certificate_json(row, settings.zone) for row in rows]
    note_view(database, "certificate list", [line["programme"] for line in lines])
    _show(lines, as_json)


@app.command()
def show(
    context: typer.Context,
    number: Number,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    as_json: Json = False,
) -> None:
    """Write the document of a certificate to a file, to be looked at beside what was read in it."""
    settings = context.obj.settings()
    require_ending(file, ".pdf")
    database = open_database(settings)
    with database.reading() as connection:
        found = store.get(connection, number)
    if found is None or found["content"] is None:
        raise UsageError(
            _("There is no document of certificate {number} any more.").format(number=number),
            _("It is kept until a person has decided; see latsar-sync certificate list --all."),
        )
    if file is None:
        raise UsageError(_("The document goes to a file."), _("Name it with -o, as in -o certificate.pdf."))
    note_view(database, "certificate show", [found["programme"]], found["participant_id"])
    size = write_file(file, lambda made: made.write(found["content"]), overwrite)
    if as_json:
        print_json({"file": str(file), "format": "pdf", "bytes": size})
    else:
        say(output, _("{file}: {size} bytes.").format(file=file, size=figures.count(size)))


@app.command()
def confirm(
    context: typer.Context,
    number: Number,
    by: Decider,
    nip: Annotated[str | None, typer.Option(help="The NIP, where it was not read or not rightly.")] = None,
    score: Annotated[str | None, typer.Option(help="The score, where it was not read or not rightly.")] = None,
    date: Annotated[str | None, typer.Option(help="The date, where it was not read or not rightly.")] = None,
    certificate_number: Annotated[
        str | None, typer.Option("--number", help="The number of the certificate, where it was not read rightly.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take over what a certificate says, having looked at it; the score then waits for a second person."""
    settings = context.obj.settings()
    database = open_database(settings)
    number_read = None if certificate_number is None else named("--number", certificate_number)
    facts = actions.Facts(nip, score, date, number_read)
    import_id = actions.confirm_certificate(settings, database, number, facts, named("--by", by), now)
    _note_of(database, "certificate confirm", number)
    if as_json:
        print_json({"certificate": number, "import_id": import_id})
        return
    say(output, _("Certificate {number} is import {id} now.").format(number=number, id=import_id))
    with database.reading() as connection:
        row = find_import(connection, import_id)
    if settings.programme(row["programme"]).certificates.second_person:
        say(output, _("It admits nobody until somebody else has confirmed it:"))
        _say_how_to_confirm(import_id)


@app.command()
def reject(
    context: typer.Context,
    number: Number,
    by: Decider,
    reason: Annotated[
        str, typer.Option(metavar="CODE", help="Why, such as unreadable (the documentation lists them).")
    ],
    as_json: Json = False,
) -> None:
    """Refuse a certificate, also one that was taken over; its document is destroyed."""
    settings = context.obj.settings()
    database = open_database(settings)
    import_id = reject_certificate(settings, database, number, reason, named("--by", by), now)
    _note_of(database, "certificate reject", number)
    if as_json:
        print_json({"certificate": number, "reason": reason, "import_id": import_id})
        return
    said = translate(REJECTIONS[reason], in_use())
    say(output, _("Certificate {number} is refused: {reason}").format(number=number, reason=said))
    if import_id is None:
        return
    with database.reading() as connection:
        row = find_import(connection, import_id)
    if settings.programme(row["programme"]).certificates.second_person:
        say(output, _("It counts until somebody else has confirmed that; override hold keeps the person out:"))
        _say_how_to_confirm(import_id)


def _documents_of(path: Path) -> list[tuple[str, bytes]]:
    try:
        read = received_certificates.bytes_of(path)
    except OSError:
        raise UsageError(_("{file} is no file.").format(file=path), _("Check the name and the rights.")) from None
    return received_certificates.documents_in(path.name, read)


def _note_of(database: Database, action: str, number: int) -> None:
    with database.reading() as connection:
        found = store.get(connection, number)
    note_action(database, action, found["programme"] if found else "")


def _say_how_to_confirm(import_id: int) -> None:
    say(output, f"  latsar-sync import show {import_id}")
    say(output, f"  latsar-sync import confirm {import_id} --by NAME")


def _show(lines: list[CertificateShape], as_json: bool) -> None:
    if as_json:
        print_json(lines)
        return
    if not lines:
        say(output, _("No certificate waits."))
    for line in lines:
        person = f"{line['person']} · {shown_nip(line['nip'])}" if line["nip"] else _("matches nobody")
        say(output, f"{line['id']}  {line['file']} · {person} · {translate(STATES[line['state']], in_use())}")
        facts = line["facts"] or line["confirmed"]
        if facts:
            say(output, "   " + " · ".join(f"{field}: {value}" for field, value in facts.items() if value))
        if line["names_another"]:
            say(output, "   " + _("The document names somebody else: look at both."))
        if line["reason"]:
            say(output, "   " + translate(REJECTIONS[line["reason"]], in_use()))
