"""Where ``init`` takes a token from: a file, a variable, or the keyboard unseen; never from the command line."""

import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from latsar_sync.cli.init_questions import Interview
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.settings import environment_folders, find_variable
from latsar_sync.settings.values import ENVIRONMENT_NAME


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """What the options say about a token; ``usual`` is the variable that it goes into otherwise."""

    option: str
    usual: str
    env: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and where the configuration will say it is: a variable or a file. ``typed`` ones go into .env."""

    value: SecretStr
    variable: str | None = None
    file: Path | None = None
    typed: bool = False


def token_of(interview: Interview, config: Path, place: TokenPlace, question: str, may_be_same: bool) -> Token | None:
    """Return the token; None if it is the other site's account, which may be said where both are one address.

    Raise UsageError if the place that was named holds none, or if it would have to be typed and nobody may be asked.
    """
    if place.env is not None and place.file is not None:
        raise UsageError(
            _("--{option}-token-env and --{option}-token-file exclude each other.").format(option=place.option),
            _("Give one of them."),
        )
    if place.file is not None:
        return _from_file(place.file, f"--{place.option}-token-file")
    if place.env is not None and not ENVIRONMENT_NAME.fullmatch(place.env):
        # what was given may be the token itself, so it is not repeated
        raise UsageError(
            _("--{option}-token-env takes the name of a variable in capitals.").format(option=place.option),
            _("A token must not stand on the command line: revoke it if it did."),
        )
    name = place.env or place.usual
    found = find_variable(name, os.environ, environment_folders(config))
    if found:
        interview.say("  " + _("The token is taken from {variable}.").format(variable=name))
        return Token(SecretStr(found), variable=name)
    if place.env is not None:
        raise UsageError(
            _("--{option}-token-env: the variable {name} is not set.").format(option=place.option, name=name),
            _("Set it in the environment or in .env."),
        )
    if interview.silent:
        if may_be_same:
            return None
        raise UsageError(
            _("There is no token for this site in {name}, and --yes does not ask.").format(name=name),
            _("Set {name}, or give --{option}-token-env or --{option}-token-file.").format(
                name=name, option=place.option
            ),
        )
    if may_be_same:
        typed = interview.secret(
            _("{question} (unseen; Enter: the same account)").format(question=question), may_lack=True
        )
        if not typed.get_secret_value():
            return None
    else:
        typed = interview.secret(_("{question} (unseen)").format(question=question))
    return Token(typed, variable=name, typed=True)


def _from_file(file: Path, option: str) -> Token:
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        text = ""
    if not text:
        raise UsageError(
            _("{option}: {file} holds no token or cannot be read.").format(option=option, file=file),
            _("Put the token into it, on one line."),
        )
    return Token(SecretStr(text), file=file.resolve())
