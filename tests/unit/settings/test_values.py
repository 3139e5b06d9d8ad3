"""Addresses, schedules, time zones and database addresses are refused where they would mislead or leak."""

import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from apscheduler.triggers.cron import CronTrigger

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import Settings, load_settings
from latsar_sync.settings.cron import cron_expression, cron_trigger
from latsar_sync.settings.files_needed import files_not_there, open_to_everybody
from latsar_sync.store.database import Database

FILE = """
{top}
[sites.mooc]
token_env = "A_TOKEN"
{site}
[[programmes]]
id = "p"
title = "Latsar"
method = "classical"
{programme}
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC"
[[programmes.angkatan]]
id = "I"
source_group = "A1"
"""
URL = 'url = "https://mooc.example.go.id"'


def load(folder: Path, top: str = "", site: str = URL, programme: str = "") -> Settings:
    path = folder / "latsar.toml"
    path.write_text(FILE.format(top=top, site=site, programme=programme), encoding="utf-8")
    return load_settings(path, {"A_TOKEN": "x"})


def problem(folder: Path, top: str = "", site: str = URL, programme: str = "") -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, top, site, programme)
    (line,) = caught.value.details
    return line


@pytest.mark.parametrize(
    "url",
    ["https://lms.example.go.id:8443/moodle", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"],
)
def test_https_and_this_machine_are_taken(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, site=f'url = "{url}/"').sites["mooc"].url == url


@pytest.mark.parametrize(
    ("url", "line"),
    [
        (
            "http://lms.example.go.id",
            'sites.mooc.url = "http://lms.example.go.id": sends the token unencrypted',
        ),
        ("http://localhost.example.go.id", "sends the token unencrypted. Use https://"),
        ("http://10.0.0.5", "sends the token unencrypted"),
        ("http://127.0.0.1.example.go.id", "sends the token unencrypted"),
        ("https://lms.example.go.id/?lang=id", 'sites.mooc.url = "https://lms.example.go.id": holds a query'),
        ("https://lms.example.go.id/#top", "holds a query or fragment"),
        ("https://lms.example.go.id/login/index.php", "is the address of one page"),
        ("lms.example.go.id", "sites.mooc.url: is not a web address. Write it as in https://"),
        ("ftp://lms.example.go.id", "is not a web address"),
        ("https://", "is not a web address"),
        ("https://[::1", "sites.mooc.url: is not a web address"),
        ("https://lms.example.go.id:99999", "is not a web address"),
        ("https://lms..example.go.id", "is not a web address"),
        ("https://*.example.go.id", "is not a web address"),
        (f"https://{'l' * 64}.go.id", "is not a web address"),
        ("https://lms.example.go.id ", "holds a space"),
        ("https://lms.example.go.id\u200b", "holds a space or a character that no address has"),
        ("https://lms.example.go.id\\nx", "holds a space"),
    ],
)
def test_an_address_that_misses_or_leaks_is_refused(tmp_path: Path, url: str, line: str) -> None:
    assert line in problem(tmp_path, site=f'url = "{url}"')


@pytest.mark.parametrize(
    "url",
    [
        "https://admin:hunter2@lms.example.go.id",
        "https://lms.example.go.id/?wstoken=hunter2",
        "https://lms.example.go.id/#hunter2",
        "http://lms.example.go.id/hunter2",
        "ftp://admin:hunter2@lms.example.go.id",
        "https:/admin:hunter2@lms.example.go.id",
        "https://admin:hun/ter2@lms.example.go.id",
    ],
)
def test_a_password_in_an_address_is_not_repeated(tmp_path: Path, url: str) -> None:
    line = problem(tmp_path, site=f'url = "{url}"')

    assert line.startswith("sites.mooc.url")
    assert "ter2" not in line


@pytest.mark.parametrize("url", ["sqlite:////srv/latsar.db", "sqlite:///:memory:", "postgresql+psycopg://latsar@db/l"])
def test_a_database_address_that_needs_no_folder_is_kept_as_written(tmp_path: Path, url: str) -> None:
    assert load(tmp_path, top=f'database_url = "{url}"').database_url == url


@pytest.mark.parametrize(
    ("written", "place"), [("data/latsar.db", "data/latsar.db"), ("../l.db?timeout=5", "../l.db?timeout=5")]
)
def test_the_path_of_the_database_starts_from_the_configurations_folder_wherever_the_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, place: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    url = load(tmp_path, top=f'database_url = "sqlite:///{written}"').database_url

    assert url == "sqlite:///" + os.path.normpath(tmp_path / place)


@pytest.mark.parametrize("folder", ["a b", "a%20b", "50% siap?", "Ünï–#'&+"])
def test_the_folder_of_the_configuration_may_be_called_anything(tmp_path: Path, folder: str) -> None:
    there = tmp_path / folder
    there.mkdir()

    settings = load(there, top='database_url = "sqlite:///data/a%20b.db"')
    database = Database(settings.database_url)
    database.engine.dispose()

    place = there / "data" / "a b.db"
    assert (database.file, database.name, settings.mark_file) == (place, f"sqlite:///{place}", Path(f"{place}.mark"))
    assert [each.name for each in tmp_path.iterdir()] == [folder]


@pytest.mark.parametrize(("folder", "place"), [("config", "data/latsar.db"), ("etc", "etc/data/latsar.db")])
def test_without_a_word_of_it_the_database_lies_in_data_beside_the_configuration_or_its_folder(
    tmp_path: Path, folder: str, place: str
) -> None:
    (tmp_path / folder).mkdir()

    settings = load(tmp_path / folder)

    assert settings.database_url == f"sqlite:///{tmp_path / place}"
    assert str(settings.mark_file) == f"{tmp_path / place}.mark"


def test_a_database_that_earlier_versions_found_by_the_working_directory_is_not_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "elsewhere" / "data" / "latsar.db"
    old.parent.mkdir(parents=True)
    old.touch()
    monkeypatch.chdir(tmp_path / "elsewhere")

    line = problem(tmp_path, top='database_url = "sqlite:///data/latsar.db"')

    assert line.startswith(f"database_url: names a file that is not there, beside the configuration: {tmp_path}/data")
    assert f"where there is one: {old}. Move it there" in line


@pytest.mark.parametrize(
    "url",
    ["postgres://u:hunter2@h/d", "postgresql://u:hunter2@h/d", "mysql://h/d", "sqlite:///", "data/latsar.db"],
)
def test_another_database_is_refused_without_its_password(tmp_path: Path, url: str) -> None:
    line = problem(tmp_path, top=f'database_url = "{url}"')

    assert line.startswith("database_url: is not a database address that can be used. Use")
    assert "hunter2" not in line


@pytest.mark.parametrize(
    "user", ["latsar:p@hunter2", "latsar:p@hun/ter2", "latsar:p@hun?ter2", "latsar:p@hun:ter2", "la:tsar@hunter2"]
)
def test_a_password_that_would_be_taken_for_a_host_and_shown_is_refused_with_the_way_to_write_it(
    tmp_path: Path, user: str
) -> None:
    line = problem(tmp_path, top=f'database_url = "postgresql+psycopg://{user}@db.example.go.id:5432/latsar"')

    assert line.startswith(
        "database_url: has a password, host or port that cannot be told apart. In the password write @"
    )
    assert "ter2" not in line


@pytest.mark.parametrize(
    "rest",
    [
        "latsar:p%40ss%25@db:5432/latsar",
        "latsar:pa/ss:w?rd@[::1]:5432/latsar?connect_timeout=30&options=-c%20a",
        "/latsar?host=/run/postgresql",
        "latsar@db",
        "latsar@db/latsar?password=a@b",
    ],
)
def test_the_address_of_a_server_whose_parts_can_be_told_apart_is_kept_as_written(tmp_path: Path, rest: str) -> None:
    url = f"postgresql+psycopg://{rest}"

    assert load(tmp_path, top=f'database_url = "{url}"').database_url == url


def test_passwords_of_database_and_proxy_stay_out_of_repr_and_json(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        top='database_url = "postgresql+psycopg://latsar:hun%40ter2@db/latsar?password=hunter2"',
        site=URL + '\nproxy = "http://me:hunter2@proxy.example.go.id:8080"',
    )

    assert "ter2" not in repr(settings) + settings.model_dump_json()
    assert settings.sites["mooc"].proxy == "http://me:hunter2@proxy.example.go.id:8080"


def test_a_certificate_file_starts_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "own.pem").touch()

    there, missing = (load(tmp_path, site=f'{URL}\nca_bundle = "{name}.pem"') for name in ("own", "no"))

    assert there.sites["mooc"].ca_bundle == tmp_path / "own.pem"
    assert files_not_there(there) == {}
    assert files_not_there(missing) == {"sites.mooc.ca_bundle": tmp_path / "no.pem"}


def test_files_with_secrets_that_every_account_of_the_computer_may_read_are_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # not below the folder of the tests, which pytest keeps to itself
    with TemporaryDirectory(dir="/tmp") as made:
        folder = Path(made).resolve() / "config"
        folder.mkdir()
        monkeypatch.chdir(folder)
        secret, env = folder / "ping", folder / ".env"
        secret.write_text("https://ping.example.go.id/x")
        env.write_text("SANDI=1")
        secret.chmod(0o640)
        env.chmod(0o644)
        folder.chmod(0o755)
        folder.parent.chmod(0o711)
        settings = load(folder, site=f'{URL}\n[ping]\nurl_file = "ping"')

        assert settings.secret_files == (env, secret)
        assert open_to_everybody(settings) == [env]

        folder.parent.chmod(0o700)

        assert open_to_everybody(settings) == []  # nobody else comes to what lies in such a folder
        monkeypatch.undo()


@pytest.mark.parametrize("name", ["Asia/Jakata", "WIB", "", "../etc/passwd", "Asia"])
def test_an_unknown_time_zone_is_answered_with_the_indonesian_ones(tmp_path: Path, name: str) -> None:
    line = problem(tmp_path, top=f'timezone = "{name}"')

    assert line.startswith(f'timezone = "{name}": is not a known time zone. Use Asia/Jakarta (WIB)')


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("*/15 6-21 * * *", "*/15 6-21 * * *"),
        ("0  6 * * mon-fri", "0 6 * * mon-fri"),
        ("0 6 * * 1-5", "0 6 * * mon,tue,wed,thu,fri"),
        ("0 6 * * 0", "0 6 * * sun"),
        ("0 6 * * 5-7,sat", "0 6 * * fri,sat,sun,sat"),
        ("0 6 * * */2", "0 6 * * sun,tue,thu,sat"),
        ("0 6 * * 1/2", "0 6 * * mon,wed,fri"),
        ("0 6 29 2 *", "0 6 29 2 *"),
    ],
)
def test_numbered_weekdays_mean_what_cron_means_by_them(tmp_path: Path, written: str, understood: str) -> None:
    schedule = load(tmp_path, programme=f'schedule = "{written}"').programmes[0].schedule

    assert schedule == understood
    CronTrigger.from_crontab(understood)


@pytest.mark.parametrize(
    ("written", "first"),
    [
        ("0 6 1,15 * 1", datetime(2026, 11, 30, 6, tzinfo=UTC)),  # the next Monday
        ("0 6 1,15 * */2", datetime(2026, 12, 1, 6, tzinfo=UTC)),  # a first that is a Tuesday
        ("0 6 */2 * 1", datetime(2026, 12, 7, 6, tzinfo=UTC)),  # a Monday that is an odd day
    ],
)
def test_a_day_and_a_weekday_mean_either_unless_one_begins_with_a_star(written: str, first: datetime) -> None:
    trigger = cron_trigger(cron_expression(written), UTC)

    assert trigger.get_next_fire_time(None, datetime(2026, 11, 28, 12, tzinfo=UTC)) == first


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("* * * *", "has 4 fields instead of 5. The order is: minute, hour, day, month, weekday."),
        ("* * * * * *", "has 6 fields instead of 5"),
        ("0 25 * * *", "is not a cron expression; look at: hour. Every quarter"),
        ("a b c d e", "is not a cron expression; look at: minute, hour, day, month, weekday."),
        ("0 6 31 2 *", "names a day that never comes"),
        ("0 6 * * 8", "has a weekday that cannot be read. Use names"),
        ("0 6 * * mon-fri/2", "has a weekday that cannot be read"),
        ("0 6 * * 5-1", "has weekdays in the wrong order"),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused(tmp_path: Path, written: str, line: str) -> None:
    found = problem(tmp_path, programme=f'full_schedule = "{written}"')

    assert found.startswith(f'programmes[0].full_schedule = "{written}": {line}')


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("https://sdm.example.go.id/api", "has a path that the dashboard itself has. Choose another"),
        ("https://sdm.example.go.id/people/latsar", "has a path that the dashboard itself has"),
        ("https://sdm.example.go.id/lat%20sar", "has a path that cannot be used"),
        ("https://sdm.example.go.id/a/../b", "has a path that cannot be used"),
        ("https://sdm.example.go.id//latsar", "has a path that cannot be used"),
    ],
)
def test_a_path_of_the_dashboard_that_would_lead_astray_is_refused(tmp_path: Path, url: str, line: str) -> None:
    assert f'service.public_url = "{url}": {line}' in problem(tmp_path, top=f'[service]\npublic_url = "{url}"')


@pytest.mark.parametrize(
    ("url", "path"),
    [("https://a.id", ""), ("https://a.id/", ""), ("https://a.id/latsar/", "/latsar"), ("https://a.id/x/y", "/x/y")],
)
def test_the_dashboard_may_live_below_a_path(tmp_path: Path, url: str, path: str) -> None:
    assert load(tmp_path, top=f'[service]\npublic_url = "{url}"').service.public_path == path


def test_a_title_is_one_line_whatever_a_file_makes_of_it(tmp_path: Path) -> None:
    """Once a line break in it was a fault of the program where a chase list was mailed."""
    path = tmp_path / "latsar.toml"
    text = FILE.format(top="", site=URL, programme="")
    path.write_text(text.replace('"Latsar"', r'"Latsar\nBcc: siapa@lain.example"'), encoding="utf-8")

    [programme] = load_settings(path, {"A_TOKEN": "x"}).programmes

    assert programme.title == "Latsar Bcc: siapa@lain.example"
