"""The sign-in provider in the configuration: where the secret comes from, that it shows nowhere, what is needed."""

from pathlib import Path

import pytest

from latsar_sync.cli.unattended import secrets_of
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import OidcSettings, Settings, load_settings

SECRET = "rahasia-klien"
BASE = """
[service]
{service}
[service.oidc]
{oidc}
[sites.mooc]
url = "https://mooc.example.go.id/"
token_env = "MOOC_TOKEN"
[[programmes]]
id = "latsar-2026"
title = "Latsar 2026"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC"
[programmes.evaluation]
item = "EVAL"
[[programmes.angkatan]]
id = "I"
source_group = "Angkatan I"
"""
HOME = 'public_url = "https://latsar.example.go.id"'
CLIENT = 'issuer = "https://sso.example.go.id/realms/dinas/"\nclient_id = "latsar"\n'


def load(folder: Path, oidc: str, service: str = HOME) -> Settings:
    """Load a configuration with these lines in the table of the provider."""
    path = folder / "latsar.toml"
    path.write_text(BASE.format(service=service, oidc=oidc), encoding="utf-8")
    return load_settings(path, {"MOOC_TOKEN": "0123456789abcdef", "OIDC": SECRET, "WORDS": "rahasia sekali"})


def loaded(folder: Path, oidc: str) -> OidcSettings:
    """Return what was read of that table."""
    found = load(folder, oidc).service.oidc
    assert found is not None
    return found


def test_the_secret_comes_from_a_variable_and_shows_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, CLIENT + 'client_secret_env = "OIDC"')

    assert settings.service.oidc is not None
    assert settings.service.oidc.client_secret.get_secret_value() == SECRET
    assert SECRET not in repr(settings)
    assert SECRET not in settings.model_dump_json()
    assert SECRET in secrets_of(settings)


def test_the_secret_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="utf-8")

    found = loaded(tmp_path, CLIENT + 'client_secret_file = "secret"')

    assert found.client_secret.get_secret_value() == SECRET


def test_an_issuer_keeps_its_closing_slash_and_its_host_is_the_name_of_a_provider_without_title(tmp_path: Path) -> None:
    found = loaded(tmp_path, CLIENT + 'client_secret_env = "OIDC"')

    assert found.issuer == "https://sso.example.go.id/realms/dinas/"
    assert found.name == "sso.example.go.id"
    assert found.claim == "email"


def test_a_password_of_the_proxy_is_a_secret_of_the_log(tmp_path: Path) -> None:
    settings = load(tmp_path, CLIENT + 'client_secret_env = "OIDC"\nproxy = "http://a:kunci-proxy@proxy.example:3128"')

    assert "kunci-proxy" in secrets_of(settings)
    assert "kunci-proxy" not in repr(settings)
    assert "kunci-proxy" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("oidc", "service", "told"),
    [
        (CLIENT, HOME, "service.oidc: has no client_secret"),
        (CLIENT + 'client_secret_env = "OIDC"\nclient_secret_file = "a"', HOME, "has both client_secret_env and"),
        (CLIENT + 'client_secret_env = "ELSEWHERE"', HOME, "the variable ELSEWHERE is not set"),
        (CLIENT + 'client_secret_env = "WORDS"', HOME, "Copy it again from the provider"),
        (CLIENT + f'client_secret_env = "{SECRET}"', HOME, "is not the name of an environment variable"),
        (CLIENT + f'client_secret_env = "OIDC"\nclient_secret = "{SECRET}"', HOME, "must not stand in this file"),
        (CLIENT + 'client_secret_env = "OIDC"', "", "service.public_url: is missing, oidc needs it"),
        (CLIENT + 'client_secret_env = "OIDC"\nclient = "x"', HOME, 'Did you mean "client_id"?'),
        (
            'issuer = "http://sso.example.go.id"\nclient_id = "latsar"\nclient_secret_env = "OIDC"',
            HOME,
            'service.oidc.issuer = "http://sso.example.go.id": sends the token unencrypted',
        ),
        ('client_secret_env = "OIDC"', HOME, "service.oidc.issuer: is missing"),
    ],
)
def test_what_is_wrong_is_told_without_repeating_the_secret(tmp_path: Path, oidc: str, service: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path, oidc, service)

    said = "\n".join(caught.value.details)
    assert told in said
    assert "rahasia" not in said
