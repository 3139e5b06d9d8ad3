"""The secrets of the configuration: to which table each belongs, and what is made of it. None stands in the file.

Each comes by its key with ``_env`` or ``_file`` behind it: the name of a variable, or the path of a secret file.
"""

import os
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple, cast

from pydantic import SecretStr

from latsar_sync.domain.language import _, mark
from latsar_sync.domain.spelling import seen
from latsar_sync.settings.addresses import webhook_address
from latsar_sync.settings.problems import Location, Problem
from latsar_sync.settings.tokens import find_secret
from latsar_sync.settings.webhooks import keys_of

EACH_NAME, EACH_ROW = "[NAME]", "[[]]"
"""Steps of a way: every table by its name, as in ``[sites.NAME]``; every row, as in ``[[programmes]]``."""
NOTHING = SecretStr("")
"""Stands where there is no secret, so that everything else is checked as well."""

_MARKS = ",;|\"'\uff0c\uff1b\u3001"
_PARTS = rf"[\s{_MARKS}]*"
_BETWEEN_ADDRESSES = re.compile(
    rf"{_PARTS}[{_MARKS}]{_PARTS}(?=[a-zA-Z][\w+.-]*://)|{_PARTS}\s{_PARTS}|[{_MARKS}]+$",
)
_PRINTABLE_WORD = re.compile(r"[!-~]+")
_MOODLE_TOKEN = re.compile(r"[!#-%(-.0-9;@-~]+")
"""Without quotes and the signs of an address, which come along where more than the token was copied."""

_ALONE = mark("Copy the token alone from Moodle, without quotes or an address around it.")


def _password(text: str, location: Location) -> SecretStr:
    return SecretStr(text)


def _token(again: str, looks: re.Pattern[str] = _PRINTABLE_WORD) -> Callable[[str, Location], SecretStr | Problem]:
    """Return what reads a token; ``again`` is the remedy where it was copied badly, ``looks`` what it is made of."""

    def read(text: str, location: Location) -> SecretStr | Problem:
        if not looks.fullmatch(text):
            return Problem(location, _("the token found holds a space or an odd character"), _(again))
        return SecretStr(text)

    return read


def _signing_secret(text: str, location: Location) -> SecretStr | Problem:
    if keys_of(text) is None:
        remedy = _('Make one: whsec_ followed by what "openssl rand -base64 32" prints.')
        return Problem(location, _("the secret found is not Base64 of 24 bytes or more"), remedy)
    return SecretStr(text)


def _web_address(text: str, location: Location) -> SecretStr | Problem:
    try:
        return SecretStr(webhook_address(text))
    except ValueError as error:  # its reason names nothing of the address
        context = getattr(error, "context", None) or {}
        return Problem(location, context.get("reason", _("is not a web address")), context.get("remedy", ""))


def _addresses(text: str, location: Location) -> tuple[SecretStr, ...] | Problem:
    """Return Apprise addresses, on lines of their own, or with spaces, commas, semicolons or strokes between them.

    Apprise takes them so, or a list in quotes is meant; a comma within an address separates its recipients. A line that
    begins with # is a remark.
    """
    lines = [seen(line) for line in text.splitlines() if not line.lstrip().startswith("#")]
    found = tuple(SecretStr(word) for line in lines for word in _BETWEEN_ADDRESSES.split(line) if word)
    if not found or not all("://" in each.get_secret_value() for each in found):
        remedy = _("Write Apprise addresses like mailto://… or tgram://…, with spaces or line ends between them.")
        return Problem(location, _("no usable address was found"), remedy)
    return found


class SecretKey(NamedTuple):
    """One secret: the ``way`` to its table, its ``key``, what reads it, and what stands there if there is ``none``.

    It is asked for in every such table, or where one of the keys ``wanted_with`` stands in it.
    """

    way: tuple[str, ...]
    key: str
    read: Callable[[str, Location], object]
    none: object = NOTHING
    wanted_with: frozenset[str] = frozenset()


SECRETS = (
    SecretKey(
        ("sites", EACH_NAME),
        "token",
        _token(_ALONE, _MOODLE_TOKEN),
    ),
    SecretKey(("service", "oidc"), "client_secret", _token(mark("Copy it again from the provider."))),
    SecretKey(("notices",), "urls", _addresses, none=()),
    SecretKey(("programmes", EACH_ROW, "committee"), "urls", _addresses, none=()),
    SecretKey(("programmes", EACH_ROW, "intake", "mailbox"), "password", _password),
    SecretKey(
        ("mail",), "password", _password, wanted_with=frozenset({"user", "password", "password_env", "password_file"})
    ),
    SecretKey(("ping",), "url", _web_address),
    SecretKey(("webhooks", EACH_NAME), "secret", _signing_secret),
)


def with_secrets(
    document: dict[str, object], environ: Mapping[str, str], folders: tuple[Path, ...], folder: Path
) -> tuple[dict[str, object], list[Problem]]:
    """Return a copy of the file's tables with their secrets, and what is wrong with these.

    ``environ`` and the ``.env`` of ``folders`` hold the variables; relative paths of secret files start from
    ``folder``. A table that is none is left as it is, for the check of the models.
    """
    problems: list[Problem] = []
    prepared: object = document
    for secret in SECRETS:
        prepared = _filled(prepared, secret, secret.way, (), partial(_value, environ, folders, folder, problems))
    return cast(dict[str, object], prepared), problems


def secret_files(document: dict[str, object], folders: tuple[Path, ...], folder: Path) -> tuple[Path, ...]:
    """Return the files that are there for secrets: the ``.env`` of ``folders``, and those that keys name."""
    files = [each / ".env" for each in folders]

    def note(secret: SecretKey, table: Mapping[str, object], _location: Location) -> object:
        named = table.get(f"{secret.key}_file")
        files.extend([folder / named] if isinstance(named, str) else [])
        return NOTHING

    for secret in SECRETS:
        _filled(document, secret, secret.way, (), note)
    return tuple(each for each in files if os.path.isfile(each))


def _filled(
    table: object,
    secret: SecretKey,
    way: tuple[str, ...],
    location: Location,
    value: Callable[[SecretKey, Mapping[str, object], Location], object],
) -> object:
    """Return a copy of what stands in the file in which each table at the end of the way has its secret."""
    if not way:
        if not isinstance(table, dict) or (secret.wanted_with and secret.wanted_with.isdisjoint(table)):
            return table
        return table | {secret.key: value(secret, table, location)}
    step, rest = way[0], way[1:]
    if step == EACH_ROW:
        if not isinstance(table, list):
            return table
        return [_filled(row, secret, rest, (*location, number), value) for number, row in enumerate(table)]
    if not isinstance(table, dict):
        return table
    names = list(table) if step == EACH_NAME else [step] if step in table else []
    return table | {name: _filled(table[name], secret, rest, (*location, name), value) for name in names}


def _value(
    environ: Mapping[str, str],
    folders: tuple[Path, ...],
    folder: Path,
    problems: list[Problem],
    secret: SecretKey,
    table: Mapping[str, object],
    location: Location,
) -> object:
    """Return a secret, else what stands where there is none; add what is wrong to ``problems``."""
    if secret.key in table:
        reason = _("a secret must not stand in this file")
        remedy = _("Remove it from the file, and make a new one if others could read it; use {key}_env or {key}_file.")
        problems.append(Problem((*location, secret.key), reason, remedy.format(key=secret.key)))
    found: object = find_secret(table, secret.key, location, environ, folders, folder)
    if isinstance(found, tuple):
        found = secret.read(*found)
    if isinstance(found, Problem):
        problems.append(found)
        return secret.none
    return secret.none if found is None else found
