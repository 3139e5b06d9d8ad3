"""What every command shares: the options, the configuration, the database, the clock, who is at the keyboard."""

import getpass
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from sqlalchemy.exc import DatabaseError

from latsar_sync.cli.closing import at_the_end
from latsar_sync.cli.screens.console import errors
from latsar_sync.domain import language
from latsar_sync.domain.errors import NoDatabase, NotReady, UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import ProgrammeSettings, Settings, load_settings
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.database import Database
from latsar_sync.store.database_errors import says_only_reading

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
ProgrammeOption = Annotated[str | None, typer.Option("--programme", help="Only this programme (its id).")]
TheProgrammeOption = Annotated[
    str | None, typer.Option("--programme", help="The programme (its id) [default: the only one].")
]
AngkatanOption = Annotated[str | None, typer.Option("--angkatan", help="Only this angkatan (its id).")]
ExactAngkatanOption = Annotated[
    str | None,
    typer.Option("--angkatan", help="Read everybody of this angkatan (its id) exactly, of others what has changed."),
]
ParticipantsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--participant",
        metavar="NIP",
        help="Only this participant; may be given again. Of more than three everybody is read.",
    ),
]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]
MadeByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who makes it, as the document says [default: the login name]."),
]


@dataclass(frozen=True)
class CommandContext:
    """What the options before the command say: where the configuration is."""

    config: Path

    def settings(self) -> Settings:
        """Load the configuration, whose language and zone hold from here on.

        Raise ConfigurationError with every mistake.
        """
        settings = load_settings(self.config, os.environ)
        language.choose(settings.language)
        language.choose_zone(settings.zone)
        return settings


def now() -> datetime:
    """The clock of the service, in UTC."""
    return datetime.now(UTC)


def open_database(settings: Settings, make: bool = False) -> Database:
    """Open the database and bring its tables up to date; ``at_the_end`` gives its connections back.

    Only what begins something new may ``make`` one: an empty database in the wrong place looks like one without people.
    """
    database = Database(settings.database_url, errors.print, make, settings.mark_file)
    at_the_end.callback(database.close)
    database.upgrade()
    return database


def open_for_a_plan(settings: Settings) -> Database:
    """Open the database, or where there is none an empty one that is gone after the command; say so."""
    try:
        return open_database(settings)
    except NoDatabase as error:
        said = _("{message} This plan begins from nothing.").format(message=error.message)
        errors.print(said, markup=False, highlight=False, soft_wrap=True)
    folder = at_the_end.enter_context(TemporaryDirectory())
    database = Database.of_file(Path(folder) / "latsar.db")
    at_the_end.callback(database.close)
    database.upgrade()
    return database


def chosen(programme: str | None) -> tuple[str, ...]:
    return () if programme is None else (programme,)


def known_programmes(settings: Settings, programme: str | None) -> Sequence[str]:
    """Return the ids of the chosen programme or of all; raise UsageError for an unknown one."""
    if programme is not None:
        return [settings.programme(programme).id]
    return [each.id for each in settings.programmes]


def require_known_angkatan(settings: Settings, programmes: Iterable[str], angkatan: str | None) -> None:
    """Raise UsageError for an angkatan of none of these programmes, of whom nobody is recorded either."""
    from latsar_sync.settings.for_the_rules import require_some_angkatan

    require_some_angkatan([settings.programme(each) for each in programmes], angkatan)


def one_programme(settings: Settings, programme: str | None) -> ProgrammeSettings:
    """Return the chosen programme, or the only one; raise UsageError where it must be said which."""
    if programme is None and len(settings.programmes) > 1:
        known = ", ".join(each.id for each in settings.programmes)
        raise UsageError(
            _("There are {number} programmes.").format(number=len(settings.programmes)),
            _("Say which with --programme: {known}.").format(known=known),
        )
    return settings.programme(settings.programmes[0].id if programme is None else programme)


def local_today(settings: Settings, programme: ProgrammeSettings) -> date:
    """Return the date in a programme's time zone."""
    return settings.today(now(), programme.id)


def login_name() -> str:
    """Return who is at the keyboard; in a container the account often has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def note_view(
    database: Database,
    action: str,
    programmes: Iterable[str] | Mapping[str, int],
    participant_id: str | None = None,
) -> None:
    """Write down, before anything is shown, whose data the account at the keyboard is about to see.

    ``programmes`` has the programme of each person shown, or how many people of each; ``participant_id`` is given where
    it is one person. Raise NotReady where the database lets nobody write: nobody sees people's data without a note of
    it (rule 16).
    """
    _note(database, action, Counter(programmes), participant_id)


def note_action(database: Database, action: str, programme: str, about: str | None = None) -> None:
    """Write down beside the typed name which account at the keyboard did something that shows nobody (rule 21).

    ``about`` is the account of the dashboard that was added, changed or removed.
    """
    _note(database, action, {programme: 0}, None, about)


def _note(
    database: Database, action: str, people: Mapping[str, int], participant_id: str | None, about: str | None = None
) -> None:
    if not people:
        return
    noted = [
        Access(now(), login_name(), "cli", action, programme, number, participant_id, about)
        for programme, number in sorted(people.items())
    ]
    try:
        with database.writing() as connection:
            note_accesses(connection, noted)
    except DatabaseError as error:
        if not says_only_reading(error):
            raise
        raise NotReady(
            _("Who looks at people's data is written down first, and this account may only read the database."),
            _("Run it as the account that the service runs under, or give this one the right to write."),
        ) from None


def leave_with(code: int) -> None:
    if code:
        raise typer.Exit(code)


def require_ending(file: Path | None, ending: str) -> None:
    """Raise UsageError for a file whose ending says that it holds something else than what is written into it."""
    if file is not None and file.suffix.lower() not in ("", ending):
        raise UsageError(
            _("{file} does not end in {ending}, and nothing else is written.").format(file=file, ending=ending),
            _("Give a file that ends in {ending}, as in -o list{ending}.").format(ending=ending),
        )


def typed_day(option: str, text: str) -> date:
    """Read a day as an office writes it, day before month.

    Raise UsageError naming the ``option`` if it is none, or one that cannot be meant.
    """
    from latsar_sync.actions.typed_text import sensible
    from latsar_sync.files.dates import day_of

    day = day_of(text)
    if day is None:
        raise _no_date(option, text)
    return sensible(day)


def typed_moment(option: str, text: str, zone: tzinfo) -> datetime:
    """Read a day, with a time where one is meant, as ``typed_day`` does; a day alone is its first moment."""
    from latsar_sync.files.dates import moment_of

    moment = moment_of(text, zone)
    if moment is None:
        raise _no_date(option, text)
    return moment


def _no_date(option: str, text: str) -> UsageError:
    return UsageError(
        _('{option}: "{text}" is no date.').format(option=option, text=text), _("Write it like 2026-12-07.")
    )
