"""Find the tokens: in the environment, in a ``.env`` file or in a secret file. They never reach a message."""

import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from latsar_sync.language import _
from latsar_sync.settings.problems import Location, Problem
from latsar_sync.settings.values import ENVIRONMENT_NAME

_PRINTABLE_WORD = re.compile(r"[!-~]+")


def environment_folders(config_file: Path) -> tuple[Path, ...]:
    """Return where a ``.env`` is looked for: working directory, configuration file's folder, its parent."""
    folder = config_file.resolve().parent
    return tuple(dict.fromkeys((Path.cwd(), folder, folder.parent)))


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
        if file.is_file():
            value = (dotenv_values(file, interpolate=False, encoding="utf-8-sig").get(name) or "").strip()
    return value


def find_token(
    site: Mapping[str, object],
    location: Location,
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
) -> SecretStr | Problem | None:
    """Given a ``[sites.NAME]`` table as written, return its token or why there is none.

    ``folder`` is where a relative ``token_file`` starts. None means that the key itself is malformed, which
    the model's own check reports. A world-readable secret file is taken as it is: container secrets are
    mounted so.
    """
    if ("token_env" in site) == ("token_file" in site):
        reason = _("has both token_env and token_file") if "token_env" in site else _("has no token")
        return Problem(
            location, reason, _("Give exactly one of token_env (a variable's name) and token_file (a path).")
        )

    key = "token_env" if "token_env" in site else "token_file"
    written = site[key]
    if not isinstance(written, str) or not written.strip():
        return None
    if key == "token_env":
        if not ENVIRONMENT_NAME.fullmatch(written):
            return None
        return _from_environment(written, (*location, key), environ, folders)
    return _from_file(folder / written, (*location, key))


def _from_environment(
    name: str, location: Location, environ: Mapping[str, str], folders: tuple[Path, ...]
) -> SecretStr | Problem:
    places = ", ".join(str(folder / ".env") for folder in folders)
    try:
        token = find_variable(name, environ, folders)
    except (OSError, UnicodeDecodeError):
        return Problem(
            location,
            _("a .env file cannot be read"),
            _("Make it readable, in UTF-8. Looked in: {places}.").format(places=places),
        )
    if not token:
        reason = _("the variable {name} is not set").format(name=name)
        return Problem(location, reason, _("Set it in the environment or in one of: {places}.").format(places=places))
    return _as_token(token, location)


def _from_file(path: Path, location: Location) -> SecretStr | Problem:
    try:
        token = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        remedy = _("Create it, readable for this user; a relative path starts from the configuration file's folder.")
        return Problem(location, _("the secret file is missing or cannot be read"), remedy)
    if not token:
        return Problem(location, _("the secret file is empty"), _("Put the token into it, on one line."))
    return _as_token(token, location)


def _as_token(token: str, location: Location) -> SecretStr | Problem:
    if not _PRINTABLE_WORD.fullmatch(token):
        return Problem(
            location, _("the token found holds a space or an odd character"), _("Copy it again from Moodle.")
        )
    return SecretStr(token)
