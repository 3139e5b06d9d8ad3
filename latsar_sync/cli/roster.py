"""The commands about the in-class roster: list it, approve it, move people; ``roster_finalise`` fixes it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryFile
from typing import Annotated

import typer
from rich.console import Console

from latsar_sync.actions import moves, overrides
from latsar_sync.actions.action_transaction import Sent, about
from latsar_sync.actions.typed_text import named
from latsar_sync.cli.context import (
    AngkatanOption,
    Json,
    MadeByOption,
    OutputOption,
    OverwriteOption,
    ProgrammeOption,
    known_programmes,
    local_today,
    note_action,
    note_view,
    now,
    one_programme,
    open_database,
    require_known_angkatan,
)
from latsar_sync.cli.documents import export, form_of
from latsar_sync.cli.lookup import find_participant
from latsar_sync.cli.proof import proven_account
from latsar_sync.cli.roster_finalise import amend, finalise, finalised
from latsar_sync.cli.roster_place import place
from latsar_sync.cli.screens import people
from latsar_sync.cli.screens.actions import left_in, show_left_behind
from latsar_sync.cli.screens.console import errors, output, print_json, write_json_list, write_lines
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.exports import Form, Paper
from latsar_sync.exports.roster_csv import roster_csv
from latsar_sync.settings import Settings
from latsar_sync.shapes import actions, with_actions
from latsar_sync.shapes.priority import priority_json
from latsar_sync.store import searches, unconfigured
from latsar_sync.store.filled_courses import others_there

app = typer.Typer(
    help="List the in-class roster in all its states; approve it, move people, finalise it.",
    invoke_without_command=True,
    add_completion=False,
)
Who = Annotated[str, typer.Argument(metavar="NIP", help="The NIP, or the participant's internal id.")]


class RosterForm(StrEnum):
    """How the roster is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    XLSX = Form.XLSX
    PDF = Form.PDF


@app.callback()
def list_roster(
    context: typer.Context,
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    form: Annotated[
        RosterForm | None,
        typer.Option("--format", help="How to print it [default: what the file's ending says, else a table]."),
    ] = None,
    file: OutputOption = None,
    overwrite: OverwriteOption = False,
    by: MadeByOption = None,
    as_json: Json = False,
) -> None:
    """List the roster in all its states."""
    if context.invoked_subcommand is not None:
        if any((programme, angkatan, form, file, overwrite, by, as_json)):
            raise UsageError(
                _("What stands before {command} would not count there.").format(command=context.invoked_subcommand),
                _("Put it behind: latsar-sync roster {command} …").format(command=context.invoked_subcommand),
            )
        return
    if as_json and form not in (None, RosterForm.JSON):
        raise UsageError(
            _("--json and --format {form} do not go together.").format(form=form), _("Leave one of them out.")
        )
    chosen_form = form_of(RosterForm, RosterForm.JSON if as_json else form, file) or _table_in(file)
    settings = context.obj.settings()
    if chosen_form in (RosterForm.XLSX, RosterForm.PDF):
        export(settings, Paper.ROSTER, Form(chosen_form), file, overwrite, by, programme, angkatan)
        return
    database = open_database(settings)
    names = known_programmes(settings, programme)
    with database.reading() as connection:
        loose = unconfigured.find(connection, settings.ids())
        numbers, gone, lines = with_actions.each_roster_line(connection, names, angkatan, settings.zone)
        left = left_in(gone, angkatan)
        if not numbers and not left:
            require_known_angkatan(settings, names, angkatan)
        for each in loose:
            errors.print(each.text, markup=False, highlight=False)
        note_view(database, "roster", [*numbers.elements(), *(line["programme"] for line, where in left)])
        if chosen_form is RosterForm.JSON:
            write_json_list(file, lines, overwrite)
        elif chosen_form is RosterForm.CSV:
            write_lines(file, roster_csv(lines), overwrite)
        elif file is not None:
            with TemporaryFile("w+", encoding="utf-8", newline="") as paper:
                people.show_roster(Console(file=paper, width=100), lines, settings.language)
                show_left_behind(Console(file=paper, width=100), left)
                paper.seek(0)
                write_lines(file, paper, overwrite)
        else:
            people.show_roster(output, lines, settings.language)
            show_left_behind(output, left)


def _table_in(file: Path | None) -> RosterForm:
    """Return the form where nothing else is meant; raise UsageError for a file that another program is to open."""
    if file is not None and file.suffix.lower() not in ("", ".txt"):
        raise UsageError(
            _("Neither --format nor the file's ending says what to write."),
            _("Give a file that ends in .xlsx, .pdf, .csv, .json or .txt, as in -o list.xlsx."),
        )
    return RosterForm.TABLE


@app.command()
def approve(
    context: typer.Context,
    by: Annotated[str, typer.Option(metavar="NAME", help="Who approves.")],
    programme: ProgrammeOption = None,
    angkatan: AngkatanOption = None,
    as_json: Json = False,
) -> None:
    """Approve the planned entries of programmes with push = "confirmed"; the next run sends them."""
    name_of_person, token_of = named("--by", by), None
    settings = context.obj.settings()
    database = open_database(settings)
    names = _with_angkatan(settings, known_programmes(settings, programme), angkatan)
    if any(settings.programme(name).second_person for name in names):
        account = proven_account(database, name_of_person)
        name_of_person, token_of = account.name, account.by_token_of
    done = [
        overrides.approve(settings, database, now, name, angkatan, name_of_person, sent=Sent(token_of=token_of))
        for name in names
    ]
    for name, each in zip(names, done, strict=True):
        if each.number:
            note_view(database, "roster approve", [name] * each.number)
        else:
            note_action(database, "roster approve", name)
    approved, passed = sum(each.number for each in done), sum(len(each.passed_over) for each in done)
    if as_json:
        print_json({"approved": approved, "passed_over": passed, "by": by})
    else:
        if passed:
            text = counted(
                "{number} person was passed over: the same account admitted them.",
                "{number} people were passed over: the same account admitted them.",
                passed,
            )
            output.print(text.format(number=passed))
        if approved:
            text = counted(
                "{number} person is approved by {by}; the next run enrols them.",
                "{number} people are approved by {by}; the next run enrols them.",
                approved,
            )
            output.print(text.format(number=approved, by=by), markup=False)
        elif not passed:
            output.print(_("Nobody waits for approval."))


def _with_angkatan(settings: Settings, programmes: Sequence[str], angkatan: str | None) -> Sequence[str]:
    """Return which of the programmes are meant; of an angkatan the one that has it.

    Raise UsageError where none has it, or several do: whose people are approved has to be said.
    """
    if angkatan is None:
        return programmes
    require_known_angkatan(settings, programmes, angkatan)
    having = [name for name in programmes if angkatan in settings.programme(name).angkatan_by_id]
    if len(having) > 1:
        raise UsageError(
            _("{number} programmes have an angkatan {angkatan}.").format(number=len(having), angkatan=angkatan),
            _("Say which with --programme: {known}.").format(known=", ".join(having)),
        )
    return having


@app.command()
def move(
    context: typer.Context,
    nip: Who,
    to: Annotated[str, typer.Option(help="The angkatan's id.")],
    reason: Annotated[str, typer.Option(help="The reason; it stands on record for good.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")],
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Move somebody to another angkatan, with evidence and decision; nothing is undone in the old in-class course."""
    settings = context.obj.settings()
    reason, by = named("--reason", reason), named("--by", by)
    database = open_database(settings)
    row = find_participant(settings, database, known_programmes(settings, programme), nip)
    moved = moves.move(settings, database, now, row, to, reason, by, about([row]))
    note_view(database, "roster move", [row["programme"]], row["participant_id"])
    shape, stays = actions.angkatan_move_json(moved.move, settings.zone), moved.stays_in
    if as_json:
        print_json(
            {"nip": row["nip"], "name": row["name"], "programme": row["programme"], **shape, "left_behind": stays}
        )
        return
    output.print(
        _("Recorded: {name} moves from angkatan {before} to {after}. The next run acts on it.").format(
            name=row["name"], before=moved.move.before or "–", after=to
        ),
        markup=False,
    )
    if stays:
        output.print(
            _("Nothing is undone in {course}: take them out there by hand.").format(course=stays), markup=False
        )


@app.command()
def priority(context: typer.Context, programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Show who is preferred (diutamakan), and who fills what is left and from when."""
    settings = context.obj.settings()
    wanted = one_programme(settings, programme)
    with open_database(settings).reading() as connection:
        standing, others = searches.standing(connection, wanted.id), others_there(connection, wanted.id)
    shape = priority_json(wanted, standing, others, local_today(settings, wanted))
    if as_json:
        print_json(shape)
    else:
        people.show_priority(output, shape)


for each in (finalise, amend, finalised, place):
    app.command()(each)
