"""Find the secrets: in the environment, in a ``.env`` file or in a secret file. They never reach a message.

Secrets are tokens of sites, addresses that notices go to, passwords, what webhooks are signed with.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.settings.problems import Location, Problem
from latsar_sync.settings.values import ENVIRONMENT_NAME


def environment_folders(config_file: Path) -> tuple[Path, ...]:
    """Return where a ``.env`` is looked for: working directory, configuration file's folder, its parent."""
    folder = config_file.resolve().parent
    found = [folder, folder.parent]
    with suppress(FileNotFoundError):  # a working directory that was deleted meanwhile holds none
        found.insert(0, Path.cwd())
    return tuple(dict.fromkeys(found))


def find_variable(name: str, environ: Mapping[str, str], folders: tuple[Path, ...]) -> str:
    """Return a variable's value from ``environ``, else from the first ``.env`` in ``folders`` that has one.

    An empty value counts as not set; empty text if there is none. Raise OSError or UnicodeDecodeError if a
    ``.env`` cannot be read.
    """
    value = environ.get(name, "").strip()
    for folder in folders:
        if value:
            break
        file = folder / ".env"
        if os.path.isfile(file):  # a folder that this account may not enter, as root's home, holds none for it
            value = read_env_file(file)[0].get(name, "").strip()
    return value


def read_env_file(file: Path) -> tuple[dict[str, str], list[int]]:
    """Return the variables of a ``.env``, and the numbers of its lines that are not written ``NAME=value``.

    Raise OSError or UnicodeDecodeError if it cannot be read.
    """
    from dotenv.parser import parse_stream

    with file.open(encoding="utf-8-sig") as stream:
        bindings = list(parse_stream(stream))
    return (
        {each.key: each.value or "" for each in bindings if each.key is not None},
        [each.original.line for each in bindings if each.error],
    )


def find_secret(
    table: Mapping[str, object],
    word: str,
    location: Location,
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
) -> tuple[str, Location] | Problem | None:
    """Return what ``word_env`` or ``word_file`` of a table leads to, with the way to that key; else why there is none.

    ``folder`` is where a relative path starts. None means that the key itself is malformed, which the model's own check
    reports. A world-readable secret file is taken as it is: container secrets are mounted so.
    """
    by_name, by_path = f"{word}_env", f"{word}_file"
    if (by_name in table) == (by_path in table):
        reason = _("has both {name} and {path}") if by_name in table else _("has no {word}")
        remedy = _("Give exactly one of {name} (a variable's name) and {path} (a path).")
        written_as = {"name": by_name, "path": by_path, "word": word}
        return Problem(location, reason.format(**written_as), remedy.format(**written_as))
    key = by_name if by_name in table else by_path
    written = table[key]
    if not isinstance(written, str) or not written.strip():
        return None
    if key == by_path:
        return _from_file(folder, written, (*location, key))
    if not ENVIRONMENT_NAME.fullmatch(written):
        return None
    return _from_environment(written, (*location, key), environ, folders)


def _from_environment(
    name: str, location: Location, environ: Mapping[str, str], folders: tuple[Path, ...]
) -> tuple[str, Location] | Problem:
    places = ", ".join(str(folder / ".env") for folder in folders)
    try:
        token = find_variable(name, environ, folders)
    except (OSError, UnicodeDecodeError):
        reason = " ".join(_unreadable(folders))
        return Problem(location, reason, _("Make it a file of UTF-8 text that the account of this service may read."))
    if not token:
        reason = _("the variable {name} is not set").format(name=name)
        remedy = _("Set it in the environment or in one of: {places}.").format(places=places)
        return Problem(location, reason, " ".join([remedy, *_odd_lines(folders)]))
    return token, location


def _unreadable(folders: tuple[Path, ...]) -> Iterator[str]:
    """Yield for each ``.env`` that cannot be read which it is, and why."""
    for file in (folder / ".env" for folder in folders if os.path.isfile(folder / ".env")):
        said = _("{file} cannot be read ({reason})")
        try:
            read_env_file(file)
        except OSError as error:
            yield said.format(file=file, reason=reason_of(error))
        except UnicodeDecodeError:
            yield said.format(file=file, reason=_("not UTF-8"))


def _odd_lines(folders: tuple[Path, ...]) -> Iterator[str]:
    """Yield for each ``.env`` which of its lines say nothing, for it may be that which is looked for."""
    for file in (folder / ".env" for folder in folders):
        odd = read_env_file(file)[1] if os.path.isfile(file) else []
        if odd:
            numbers = ", ".join(map(str, odd))
            yield _("In {file} this is not written NAME=value: line {lines}.").format(file=file, lines=numbers)


def _from_file(folder: Path, written: str, location: Location) -> tuple[str, Location] | Problem:
    try:
        token = (folder / written).read_text(encoding="utf-8-sig").strip()
    except FileNotFoundError:
        remedy = _("Create it, or correct the path; a relative one starts from {folder}.").format(folder=folder)
        return Problem(location, _("there is no such secret file"), remedy)
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else _("not UTF-8")
        remedy = _("Make it a file of UTF-8 text that the account of this service may read.")
        return Problem(location, _("the secret file cannot be read ({reason})").format(reason=reason), remedy)
    if not token:
        return Problem(location, _("the secret file is empty"), _("Put the secret into it."))
    return token, location
