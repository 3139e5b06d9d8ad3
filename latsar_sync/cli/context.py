"""What every command shares: the options, the configuration, the database, the two consoles, the ways to print."""

import getpass
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from latsar_sync.domain import language
from latsar_sync.domain.errors import NoDatabase, UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.nip import check_nip, mask_nip
from latsar_sync.domain.reasons import NIP_DETAILS, word
from latsar_sync.domain.spelling import plain
from latsar_sync.exports import write_file
from latsar_sync.settings import ProgrammeSettings, Settings, load_settings
from latsar_sync.store.access import Access, note_accesses
from latsar_sync.store.database import Database


class SafeConsole(Console):
    """A console on which nobody's name or message commands the terminal: what is not printable is left out."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render as ever; only rich's own colours and cursor movements stay."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=without_commands(segment.text))


def without_commands(text: str) -> str:
    """Return a text of lines without control characters, directions of writing and halves of characters."""
    if text.isprintable():
        return text
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\r\t\u00a0\u3000\u2007\u202f")


output, errors = SafeConsole(), SafeConsole(stderr=True)
opened: list[Database] = []
passing: list[TemporaryDirectory[str]] = []

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
ProgrammeOption = Annotated[str | None, typer.Option("--programme", help="Only this programme (its id).")]
AngkatanOption = Annotated[str | None, typer.Option("--angkatan", help="Only this angkatan (its id).")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")]
MadeByOption = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who makes it, as the document says [default: the login name]."),
]


@dataclass(frozen=True)
class Desk:
    """What the options before the command say: where the configuration is."""

    config: Path

    def settings(self) -> Settings:
        """Load the configuration, and speak its language from here on; raise ConfigurationError with every mistake."""
        settings = load_settings(self.config, os.environ)
        language.choose(settings.language)
        return settings


def now() -> datetime:
    """The clock of the service, in UTC."""
    return datetime.now(UTC)


def open_database(settings: Settings, make: bool = False) -> Database:
    """Open the database and bring its tables up to date; ``close_databases`` gives its connections back.

    Only what begins something new may ``make`` one: an empty database in the wrong place looks like one without people.
    """
    database = Database(settings.database_url, errors.print, make, settings.mark_file)
    opened.append(database)
    database.upgrade()
    return database


def open_for_a_plan(settings: Settings) -> Database:
    """Open the database, or where there is none an empty one that is gone after the command; say so."""
    try:
        return open_database(settings)
    except NoDatabase as error:
        said = _("{message} This plan begins from nothing.").format(message=error.message)
        errors.print(said, markup=False, highlight=False, soft_wrap=True)
    passing.append(TemporaryDirectory())
    database = Database(f"sqlite:///{passing[-1].name}/latsar.db")
    opened.append(database)
    database.upgrade()
    return database


def close_databases() -> None:
    """Close what the command opened, and remove what was for it alone."""
    while opened:
        opened.pop().close()
    while passing:
        passing.pop().cleanup()


def chosen(programme: str | None) -> tuple[str, ...]:
    return () if programme is None else (programme,)


def known_programmes(settings: Settings, programme: str | None) -> Sequence[str]:
    """Return the ids of the chosen programme or of all; raise UsageError for an unknown one."""
    if programme is not None:
        return [settings.programme(programme).id]
    return [each.id for each in settings.programmes]


def one_programme(settings: Settings, programme: str | None) -> ProgrammeSettings:
    """Return the chosen programme, or the only one; raise UsageError where it must be said which."""
    if programme is None and len(settings.programmes) > 1:
        known = ", ".join(each.id for each in settings.programmes)
        raise UsageError(
            _("There are {number} programmes.").format(number=len(settings.programmes)),
            _("Say which with --programme: {known}.").format(known=known),
        )
    return settings.programme(programme or settings.programmes[0].id)


def local_today(settings: Settings, programme: ProgrammeSettings) -> date:
    """Return the date in a programme's time zone."""
    return settings.today(now(), programme.id)


def login_name() -> str:
    """Return who is at the keyboard; in a container the account often has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def note_view(database: Database, action: str, programmes: Iterable[str], participant_id: str | None = None) -> None:
    """Write down, before anything is shown, whose data the account at the keyboard is about to see.

    ``programmes`` has the programme of each person shown; ``participant_id`` is given where it is one person.
    """
    counts = Counter(programmes)
    if counts:
        noted = [
            Access(now(), login_name(), "cli", action, programme, people, participant_id)
            for programme, people in sorted(counts.items())
        ]
        with database.writing() as connection:
            note_accesses(connection, noted)


def number_or_id(settings: Settings, text: str) -> str:
    """Return the NIP that somebody typed, however it is spaced, else the internal id as it stands there."""
    return check_nip(text, settings.today(now())).nip or plain(text)


def valid_nip(settings: Settings, text: str) -> str:
    check = check_nip(text, settings.today(now()))
    if check.nip is None:
        why = word(NIP_DETAILS, check.detail, language.in_use()) if check.detail else _("it is empty")
        raise UsageError(_("{nip} is no valid NIP ({why}).").format(nip=mask_nip(text), why=why), _("Give 18 digits."))
    return check.nip


def as_text(value: Any, ascii_only: bool = False) -> str:
    """Return JSON in which characters stand as they are, but for those that a terminal or a file cannot take."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=2) + "\n"
    return re.sub(r"[\x7f-\x9f\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def print_json(value: Any) -> None:
    text = as_text(value)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = as_text(value, ascii_only=True)  # what the encoding lacks comes escaped, not as another letter
    sys.stdout.write(text)
    sys.stdout.flush()


def write_text(file: Path | None, text: str, overwrite: bool = False) -> None:
    """Print a text, or write it to a file that only its owner may read."""
    if file is None:
        sys.stdout.write(without_commands(text))
    else:
        write_file(file, lambda made: made.write(text.encode()), overwrite)


def write_json(file: Path | None, value: Any, overwrite: bool = False) -> None:
    """Print a value as JSON, or write it to a file that only its owner may read."""
    if file is None:
        print_json(value)
    else:
        write_text(file, as_text(value), overwrite)


def leave_with(code: int) -> None:
    if code:
        raise typer.Exit(code)
