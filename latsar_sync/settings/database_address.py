"""The address of the database in the configuration, and where it and its mark lie unless told."""

import os
import re
from pathlib import Path
from urllib.parse import unquote

from pydantic import ValidationInfo

from latsar_sync.domain.language import _
from latsar_sync.settings.refusals import refusal

SQLITE = "sqlite:///"


def default_database_url(folder: Path) -> str:
    """Return where the database lies unless the configuration in this folder says so: in ``data`` beside the file.

    For a file in a folder ``config`` it is beside that folder.
    """
    return f"{SQLITE}../data/latsar.db" if folder.name == "config" else f"{SQLITE}data/latsar.db"


def default_mark_file(folder: Path, database_url: object) -> str | None:
    """Return where the mark of the database lies unless the configuration in this folder says so.

    That of a SQLite file lies beside it, that of a server where the file of ``default_database_url`` would be.
    """
    url = str(database_url)
    if url.startswith("postgresql"):
        url = default_database_url(folder)
    file = unquote(url.removeprefix(SQLITE).partition("?")[0])
    return f"{file}.mark" if url.startswith(SQLITE) and file not in ("", ":memory:") else None


_SERVER = re.compile(
    r"postgresql\+psycopg://(?:[^:/@]*(?::[^@]*)?@)?(?:\[[^]]*]|[^/:@?]*)(?::\d{1,5})?(?:/[^@?]*)?(?:\?[^=@]+=.*)?",
    re.DOTALL,
)
"""The address of a server whose parts can be told apart: what stands behind an @ of a password is taken for a host."""


def checked_database_url(url: str, info: ValidationInfo) -> str:
    """Make the relative path of a SQLite file start from the folder of the configuration file, when that is known."""
    if not any(url.startswith(scheme) and url != scheme for scheme in ("sqlite:///", "postgresql+psycopg://")):
        raise refusal(
            _("is not a database address that can be used"),
            _('Use "sqlite:///data/latsar.db" or "postgresql+psycopg://user@host/database".'),
        )
    if not url.startswith(SQLITE) and not _SERVER.fullmatch(url):
        raise refusal(
            _("has a password, host or port that cannot be told apart"),
            _("In the password write @ as %40, / as %2F, ? as %3F and % as %25."),
        )
    written, query, options = url.removeprefix(SQLITE).partition("?")
    file = unquote(written)
    if not url.startswith(SQLITE) or file == ":memory:" or Path(file).is_absolute() or not info.context:
        return url
    place = Path(os.path.normpath(info.context["folder"] / file))
    if not os.path.exists(place) and os.path.isfile(file):
        raise refusal(
            _("names a file that is not there, beside the configuration: {place}").format(place=place),
            _(
                "Earlier versions looked from the working directory, where there is one: {old}. Move it there, or "
                "write its whole path."
            ).format(old=Path(file).resolve()),
        )
    return SQLITE + str(place).replace("%", "%25").replace("?", "%3F") + query + options
