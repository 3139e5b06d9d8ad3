"""The way to the configuration: ``load_settings`` reads and checks it, the models are importable from here.

A program asks this once, at its start; nothing else reads the file or the environment.
"""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import SecretStr, ValidationError

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _, counted, language_of
from latsar_sync.settings.committee import CommitteeSettings, PingSettings, with_committees
from latsar_sync.settings.contradictions import find_contradictions
from latsar_sync.settings.models import Settings
from latsar_sync.settings.problems import Location, Problem, from_validation_error
from latsar_sync.settings.programmes import (
    AngkatanSettings,
    ClearanceSettings,
    EvaluationSettings,
    GuardSettings,
    MarkSettings,
    MaterialsSettings,
    MessageSettings,
    PersonKey,
    ProgrammeSettings,
    SourceSettings,
    ThresholdSeed,
)
from latsar_sync.settings.service import (
    NoticeEvent,
    NoticeSettings,
    OfficeSettings,
    OidcSettings,
    RetentionSettings,
    ServiceSettings,
)
from latsar_sync.settings.sites import SiteSettings
from latsar_sync.settings.tokens import (
    environment_folders,
    find_addresses,
    find_client_secret,
    find_mailbox_password,
    find_token,
    find_variable,
)
from latsar_sync.settings.values import default_database_url, default_mark_file
from latsar_sync.settings.webhooks import WebhookEvent, WebhookSettings, with_webhook_secrets

__all__ = [
    "AngkatanSettings",
    "ClearanceSettings",
    "CommitteeSettings",
    "EvaluationSettings",
    "GuardSettings",
    "MarkSettings",
    "MaterialsSettings",
    "MessageSettings",
    "NoticeEvent",
    "NoticeSettings",
    "OfficeSettings",
    "OidcSettings",
    "PersonKey",
    "PingSettings",
    "ProgrammeSettings",
    "RetentionSettings",
    "ServiceSettings",
    "Settings",
    "SiteSettings",
    "SourceSettings",
    "ThresholdSeed",
    "WebhookEvent",
    "WebhookSettings",
    "default_database_url",
    "environment_folders",
    "find_variable",
    "load_settings",
]

_NO_TOKEN = SecretStr("")


def load_settings(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the TOML file at ``path``, add the tokens and check everything in one pass.

    Tokens come from ``environ``, else from the ``.env`` of the working directory, of the file's folder or
    of that folder's parent (the first that has the variable), or from the site's ``token_file``. Relative
    paths of files, that of the database included, start from the file's folder. A file that names no ``language``
    gets that of ``LANGUAGE``, ``LC_ALL``, ``LC_MESSAGES`` or ``LANG``, else Indonesian.

    Raise ConfigurationError with every mistake in ``problems``, one line each: key path, value (never a
    secret), reason, remedy. A syntax error hides the rest and names its line and column.
    """
    document = _read_document(path)
    folder = path.resolve().parent
    folders = environment_folders(path)
    prepared, problems = _with_tokens(document, environ, folders, folder)
    prepared |= _with_addresses(document, environ, folders, folder, problems)
    prepared |= _with_mailbox_passwords(document, environ, folders, folder, problems)
    prepared |= with_committees({**document, **prepared}, environ, folders, folder, problems)
    prepared |= _with_mail_password(document, environ, folders, folder, problems)
    prepared |= with_webhook_secrets(document, environ, folders, folder, problems)
    prepared |= _with_client_secret(document, environ, folders, folder, problems)
    prepared.setdefault("language", language_of(environ))
    prepared.setdefault("database_url", default_database_url(folder))
    prepared.setdefault("mark_file", default_mark_file(folder, prepared["database_url"]))

    settings: Settings | None = None
    try:
        settings = Settings.model_validate(prepared, context={"folder": folder})
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
            _("The configuration {path} cannot be read: {strerror}.").format(path=path, strerror=error.strerror),
            _("Copy config/latsar.example.toml there and fill it in, or name another file with --config."),
        ) from None
    try:
        return tomllib.loads(text, parse_float=_exact_decimal)
    except ValueError as error:
        problem = _syntax_problem(str(error))
    raise ConfigurationError(
        _("{path} is not valid TOML: {problem}.").format(path=path, problem=problem),
        _("Correct it; texts stand in quotes, lists in [ ]."),
        (problem,),
    )


def _exact_decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _syntax_problem(message: str) -> str:
    """Given tomllib's text, return ``line 3, column 7: …``, or the text itself where it names no place."""
    match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", message, re.DOTALL)
    if match is None:
        return message
    return _("line {line}, column {column}: {message}").format(line=match[2], column=match[3], message=match[1])


def _with_tokens(
    document: dict[str, object], environ: Mapping[str, str], folders: tuple[Path, ...], folder: Path
) -> tuple[dict[str, object], list[Problem]]:
    """Return a copy of the file's tables with a token in every site, and what was wrong with the tokens."""
    problems: list[Problem] = []
    sites = document.get("sites")
    if not isinstance(sites, dict):
        return document, problems

    prepared = dict(sites)
    for name, site in sites.items():
        if not isinstance(site, dict):
            continue
        location: Location = ("sites", name)
        if "token" in site:
            remedy = _("Remove it from the file, and revoke it if others could read it; use token_env or token_file.")
            problems.append(Problem((*location, "token"), _("a token must not stand in this file"), remedy))
        found = find_token(site, location, environ, folders, folder)
        if isinstance(found, Problem):
            problems.append(found)
        prepared[name] = site | {"token": found if isinstance(found, SecretStr) else _NO_TOKEN}
    return document | {"sites": prepared}, problems


def _with_addresses(
    document: dict[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> dict[str, object]:
    """Return the table ``[notices]`` with its addresses, if there is one; add what is wrong with them."""
    notices = document.get("notices")
    if not isinstance(notices, dict):
        return {}
    if "urls" in notices:
        reason = _("addresses hold secrets and must not stand in this file")
        problems.append(
            Problem(("notices", "urls"), reason, _("Remove them from the file; use urls_env or urls_file."))
        )
    found = find_addresses(notices, ("notices",), environ, folders, folder)
    if isinstance(found, Problem):
        problems.append(found)
    return {"notices": notices | {"urls": found if isinstance(found, tuple) else ()}}


def _with_client_secret(
    document: dict[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> dict[str, object]:
    """Return the table ``[service]`` with the secret of its OpenID Connect client, if it has one; add what is wrong."""
    service = document.get("service")
    oidc = service.get("oidc") if isinstance(service, dict) else None
    if not isinstance(service, dict) or not isinstance(oidc, dict):
        return {}
    location: Location = ("service", "oidc")
    if "client_secret" in oidc:
        remedy = _("Remove it from the file, and make a new one; use client_secret_env or client_secret_file.")
        problems.append(Problem((*location, "client_secret"), _("a secret must not stand in this file"), remedy))
    found = find_client_secret(oidc, location, environ, folders, folder)
    if isinstance(found, Problem):
        problems.append(found)
    secret = found if isinstance(found, SecretStr) else _NO_TOKEN
    return {"service": service | {"oidc": oidc | {"client_secret": secret}}}


def _with_mailbox_passwords(
    document: dict[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> dict[str, object]:
    """Return the programmes with the passwords of their mailboxes, if any has one; add what is wrong with them."""
    programmes = document.get("programmes")
    if not isinstance(programmes, list):
        return {}
    prepared: list[object] = []
    for number, programme in enumerate(programmes):
        intake = programme.get("intake") if isinstance(programme, dict) else None
        mailbox = intake.get("mailbox") if isinstance(intake, dict) else None
        if not (isinstance(programme, dict) and isinstance(intake, dict) and isinstance(mailbox, dict)):
            prepared.append(programme)
            continue
        location: Location = ("programmes", number, "intake", "mailbox")
        if "password" in mailbox:
            remedy = _("Remove it from the file, and make a new one; use password_env or password_file.")
            reason = _("a secret must not stand in this file")
            problems.append(Problem((*location, "password"), reason, remedy))
        found = find_mailbox_password(mailbox, location, environ, folders, folder)
        if isinstance(found, Problem):
            problems.append(found)
        secret = found if isinstance(found, SecretStr) else _NO_TOKEN
        prepared.append(programme | {"intake": intake | {"mailbox": mailbox | {"password": secret}}})
    return {"programmes": prepared}


def _with_mail_password(
    document: dict[str, object],
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
) -> dict[str, object]:
    """Return the table ``[mail]`` with its password, if it has a user; add what is wrong with it."""
    mail = document.get("mail")
    if not isinstance(mail, dict) or not ({"user", "password", "password_env", "password_file"} & mail.keys()):
        return {}
    if "password" in mail:
        remedy = _("Remove it from the file, and make a new one; use password_env or password_file.")
        problems.append(Problem(("mail", "password"), _("a secret must not stand in this file"), remedy))
    found = find_mailbox_password(mail, ("mail",), environ, folders, folder)
    if isinstance(found, Problem):
        problems.append(found)
    return {"mail": mail | {"password": found if isinstance(found, SecretStr) else _NO_TOKEN}}


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
