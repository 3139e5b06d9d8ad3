"""Write the configuration and the tokens: checked first, all or nothing, and never over what is there unasked."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import set_key
from pydantic import SecretStr

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import _
from latsar_sync.domain.system_errors import reason_of
from latsar_sync.settings import Settings, load_settings
from latsar_sync.settings.tokens import read_env_file


def secrets_file(config: Path) -> Path:
    """Return the .env beside the configuration: it is found from every working directory."""
    return config.resolve().parent / ".env"


def would_replace(config: Path, tokens: Mapping[str, SecretStr]) -> list[str]:
    """Name what is there already and would be lost: the configuration, and variables of .env with another value."""
    lost = [str(config)] if os.path.exists(config) else []
    file = secrets_file(config)
    there = read_env_file(file)[0] if os.path.isfile(file) else {}
    return lost + [
        _("{variable} in {file}").format(variable=name, file=file)
        for name, token in tokens.items()
        if there.get(name) and there[name] != token.get_secret_value()
    ]


def write(config: Path, toml: str, tokens: Mapping[str, SecretStr], environ: Mapping[str, str]) -> Settings:
    """Write the configuration, and ``tokens`` by variable into its .env (mode 600), and return it loaded.

    Raise ConfigurationError, and write nothing, if it would not load or a file cannot be written.
    """
    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        trial = config.with_name(f".{config.name}.new")
        trial.write_text(toml, encoding="utf-8")
        try:
            load_settings(trial, {**environ, **{name: token.get_secret_value() for name, token in tokens.items()}})
            if tokens:
                _keep(secrets_file(config), tokens)
            os.replace(trial, config)
        finally:
            trial.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            _("{file} cannot be written: {reason}.").format(file=error.filename or config, reason=reason_of(error)),
            _("Choose another file with --config, before the command's name."),
        ) from None
    return load_settings(config, environ)


def _keep(file: Path, tokens: Mapping[str, SecretStr]) -> None:
    """Set variables in .env; its other lines stay as they are."""
    if not file.exists():
        _write_privately(file, _secrets_head())
    file.chmod(0o600)
    for name, token in tokens.items():
        set_key(file, name, token.get_secret_value(), quote_mode="auto", encoding="utf-8")
    file.chmod(0o600)


def _secrets_head() -> str:
    return "# Tokens of the Moodle sites. Readable for the service's account only; never commit this file.\n"


def _write_privately(file: Path, text: str) -> None:
    """Write a file that nobody else may read at any moment."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
