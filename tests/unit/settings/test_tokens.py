"""Tokens are found where the documentation says, and never appear in anything that is shown."""

import json
import logging
import traceback
from pathlib import Path

import pytest

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import Settings, load_settings
from latsar_sync.settings.tokens import environment_folders, find_variable

SECRET = "5ec4e7" * 5 + "ab"
FILE = """
[sites.mooc]
url = "https://mooc.example.go.id"
{token}
[[programmes]]
id = "p"
title = "Latsar"
method = "classical"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC"
[[programmes.angkatan]]
id = "I"
source_group = "A1"
"""
BY_NAME = 'token_env = "MOOC_TOKEN"'


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for the configuration in a project, and a working directory elsewhere."""
    (tmp_path / "work").mkdir()
    (tmp_path / "project" / "config").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "project" / "config" / "latsar.toml"


def load(config_file: Path, token: str = BY_NAME, environ: dict[str, str] | None = None) -> Settings:
    config_file.write_text(FILE.format(token=token), encoding="utf-8")
    return load_settings(config_file, environ or {})


def refusal(config_file: Path, token: str = BY_NAME, environ: dict[str, str] | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(config_file, token, environ)
    return caught.value


def token_of(settings: Settings) -> str:
    return settings.sites["mooc"].token.get_secret_value()


def test_the_environment_comes_before_every_env_file(config_file: Path) -> None:
    Path(".env").write_text("MOOC_TOKEN=from-file\n", encoding="utf-8")

    assert token_of(load(config_file, environ={"MOOC_TOKEN": "from-environment"})) == "from-environment"


def test_env_files_are_asked_from_the_working_directory_outwards(config_file: Path) -> None:
    folders = [config_file.parent.parent, config_file.parent, Path()]
    for number, folder in enumerate(folders):
        (folder / ".env").write_text(f"MOOC_TOKEN=token-{number}\n", encoding="utf-8")

        assert token_of(load(config_file)) == f"token-{number}"


def test_an_empty_value_counts_as_not_set(config_file: Path) -> None:
    Path(".env").write_text("MOOC_TOKEN=\n", encoding="utf-8")
    (config_file.parent / ".env").write_text("MOOC_TOKEN='to$ken'\n", encoding="utf-8-sig")

    assert token_of(load(config_file, environ={"MOOC_TOKEN": " "})) == "to$ken"


def test_a_token_that_is_nowhere_names_the_variable_and_the_places(config_file: Path) -> None:
    error = refusal(config_file)

    (line,) = error.details
    assert line.startswith("sites.mooc.token_env: the variable MOOC_TOKEN is not set. Set it in the environment")
    assert str(config_file.parent / ".env") in line


def test_an_env_file_that_cannot_be_read_is_told(config_file: Path) -> None:
    Path(".env").write_bytes(b"MOOC_TOKEN=\xff\xfe\n")

    assert f"{Path.cwd() / '.env'} cannot be read (not UTF-8)" in refusal(config_file).details[0]


def test_a_folder_at_which_nobody_may_look_holds_no_env_file(config_file: Path) -> None:
    """A command that an admin types for the service's account in root's own folder finds its tokens all the same."""
    (config_file.parent / ".env").write_text("MOOC_TOKEN=found", encoding="utf-8")

    assert find_variable("MOOC_TOKEN", {}, (Path("x" * 300), config_file.parent)) == "found"


def test_a_secret_file_starts_from_the_folder_of_the_configuration(config_file: Path) -> None:
    (config_file.parent / "mooc.token").write_text(f"{SECRET}\n", encoding="utf-8")

    settings = load(config_file, 'token_file = "mooc.token"')

    assert token_of(settings) == SECRET
    assert settings.sites["mooc"].token_file == config_file.parent / "mooc.token"


@pytest.mark.parametrize(
    ("content", "line"),
    [(None, "there is no such secret file"), (b" \n", "is empty"), (b"\xff", "cannot be read")],
)
def test_a_secret_file_without_a_token_is_told(config_file: Path, content: bytes | None, line: str) -> None:
    if content is not None:
        (config_file.parent / "mooc.token").write_bytes(content)

    (problem,) = refusal(config_file, 'token_file = "mooc.token"').details

    assert problem.startswith("sites.mooc.token_file: the")
    assert line in problem


@pytest.mark.parametrize(
    ("token", "line"),
    [
        ("", "sites.mooc: has no token. Give exactly one of token_env"),
        (BY_NAME + '\ntoken_file = "x"', "sites.mooc: has both token_env and token_file. Give exactly one"),
        ('token_env = "mooc_token"', "sites.mooc.token_env: is not the name of an environment variable."),
        ("token_env = 3", "sites.mooc.token_env: must be a text."),
        ("token_file = 3", "sites.mooc.token_file: must be a path."),
        ('token_file = ""', "sites.mooc.token_file: must not be empty."),
    ],
)
def test_a_site_names_its_token_in_exactly_one_way(config_file: Path, token: str, line: str) -> None:
    (problem,) = refusal(config_file, token).details

    assert problem.startswith(line)


@pytest.mark.parametrize(
    "token",
    [
        f'token_env = "{SECRET}"',
        f'token_env = "{SECRET.upper()}"',
        f'token_file = "{SECRET}"',
        f'token = "{SECRET}"',
        f'{BY_NAME}\ntoken = "{SECRET}"',
        f'{BY_NAME}\ntokn = "{SECRET}"',
        f'{BY_NAME}\nproxy = "https://me:{SECRET}@"',
        f'{BY_NAME}\nmax_parallel = 0\ntoken = {{ value = "{SECRET}" }}',
        f"token = {SECRET}",
        f'{BY_NAME}\n[odd]\ntoken = "{SECRET}"',
    ],
)
def test_a_token_pasted_into_the_file_is_refused_and_not_repeated(config_file: Path, token: str) -> None:
    error = refusal(config_file, token, {"MOOC_TOKEN": "another"})

    assert SECRET not in everything_shown(error).lower()


def test_a_token_in_use_appears_in_no_error_no_log_and_no_dump(
    config_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    environ = {"MOOC_TOKEN": SECRET}
    settings = load(config_file, environ=environ)
    error = refusal(config_file, BY_NAME + "\nmax_parallel = 0\nunknown = 1", environ)

    assert token_of(settings) == SECRET
    assert SECRET not in everything_shown(error) + caplog.text
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json() + str(settings.model_dump())
    assert json.loads(settings.model_dump_json())["sites"]["mooc"]["token"] == "**********"


@pytest.mark.parametrize("around", ["{0} {0}", '"{0}"', "'{0}'", "“{0}”", "<{0}>", "https://x/server.php?wstoken={0}"])
def test_a_token_with_more_than_itself_is_told_without_showing_it(config_file: Path, around: str) -> None:
    error = refusal(config_file, environ={"MOOC_TOKEN": around.format(SECRET)})

    assert "the token found holds a space or an odd character. Copy the token alone" in error.details[0]
    assert SECRET not in everything_shown(error)


def test_a_line_of_env_that_sets_nothing_is_named_and_nothing_else_is_printed(
    config_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (config_file.parent / ".env").write_text(f"# Tokens\nMOOC_TOKEN: {SECRET}\n")

    error = refusal(config_file, BY_NAME)

    assert f"In {config_file.parent / '.env'} this is not written NAME=value: line 2." in error.details[0]
    assert SECRET not in everything_shown(error)
    assert capfd.readouterr().err == ""


def everything_shown(error: ConfigurationError) -> str:
    chain = "".join(traceback.format_exception(error))
    return "\n".join([str(error), repr(error), *error.details, chain])


def test_a_working_directory_that_was_deleted_is_none_to_look_into(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (config_file.parent / ".env").write_text("MOOC_TOKEN=ada\n", encoding="utf-8")
    gone = config_file.parent / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    assert find_variable("MOOC_TOKEN", {}, environment_folders(config_file)) == "ada"
