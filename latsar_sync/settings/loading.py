"""Reading the configuration: the file, the tokens beside it, and every mistake at once, each told with its place.

What must be there stands in the models (``whole``, ``programmes``, ``sites``), how a mistake is worded in ``problems``.
"""

import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import ValidationError

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _, counted, language_of
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.settings.contradictions import find_contradictions
from latsar_sync.settings.database_address import default_database_url, default_mark_file
from latsar_sync.settings.files_changed import digests
from latsar_sync.settings.problems import Problem, from_validation_error
from latsar_sync.settings.secret_keys import secret_files, with_secrets
from latsar_sync.settings.syntax import syntax_problem
from latsar_sync.settings.tokens import environment_folders
from latsar_sync.settings.whole import Settings


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the TOML file at ``path``, add the tokens and check everything in one pass.

    Tokens come from ``environ``, else from the ``.env`` of the working directory, of the file's folder or
    of that folder's parent (the first that has the variable), or from the site's ``token_file``. Relative
    paths of files, that of the database included, start from the file's folder. A file that names no ``language``
    gets that of ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``, else Indonesian.

    Raise ConfigurationError with every mistake in ``problems``, one line each: key path, value (never a
    secret), reason, remedy. A syntax error hides the rest and names its line and column.
    """
    as_read = digests([path.absolute()])
    document = _read_document(path)
    folder = path.resolve().parent
    folders = environment_folders(path)
    secrets = secret_files(document, folders, folder)
    as_read |= digests(secrets)
    prepared, problems = with_secrets(document, environ, folders, folder)
    prepared.setdefault("language", language_of(environ))
    prepared.setdefault("database_url", default_database_url(folder))
    prepared.setdefault("mark_file", default_mark_file(folder, prepared["database_url"]))

    settings: Settings | None = None
    try:
        settings = Settings.model_validate(
            prepared, context={"folder": folder, "secret_files": secrets, "as_read": as_read}
        )
    except ValidationError as error:
        problems += from_validation_error(error, Settings)

    refused = frozenset(problem.location for problem in problems)
    problems += find_contradictions(document, refused)
    if settings is None or problems:
        # Outside the except block: pydantic's error knows the token and must not travel along as context.
        raise _refusal(path, problems)
    return settings


def _read_document(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            _("{path} is not written in UTF-8 (byte {start}).").format(path=path, start=error.start),
            _("Save it as UTF-8 in your editor."),
        ) from None
    except OSError as error:
        raise ConfigurationError(
            _("The configuration {path} cannot be read: {strerror}.").format(path=path, strerror=reason_of(error)),
            _("Make one with latsar-sync init, or name another file with --config.")
            if isinstance(error, FileNotFoundError)
            else _("Check its rights, or name another file with --config."),
        ) from None
    try:
        return tomllib.loads(text, parse_float=_exact_decimal)
    except ValueError as error:
        problem, remedy = syntax_problem(text, str(error))
    except RecursionError:
        problem, remedy = _("brackets within brackets, more than anything here has"), _("Correct or remove that line.")
    told = _("{path} is not valid TOML: {problem}.").format(path=path, problem=problem)
    raise ConfigurationError(told, remedy, (problem,))


def _exact_decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _refusal(path: Path, problems: list[Problem]) -> ConfigurationError:
    def place(problem: Problem) -> list[tuple[bool, int, str]]:
        return [(True, step, "") if isinstance(step, int) else (False, 0, step) for step in problem.location]

    lines = tuple(problem.line for problem in sorted(problems, key=place))
    return ConfigurationError(
        counted("{path} has 1 mistake.", "{path} has {number} mistakes.", len(lines)).format(
            path=path, number=len(lines)
        ),
        _("Correct every line listed and run the command again."),
        lines,
    )
