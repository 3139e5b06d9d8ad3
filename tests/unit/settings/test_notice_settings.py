"""Who is told what: where the addresses come from, that they show nowhere, and what messages to people need."""

from pathlib import Path

import pytest

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import Settings, load_settings

ADDRESSES = "mailto://pak:rahasia@example.go.id tgram://12345:RAHASIA/99"
BASE = """
{notices}
[sites.mooc]
url = "https://mooc.example.go.id/"
token_env = "MOOC_TOKEN"
[[programmes]]
id = "latsar-2026"
title = "Latsar 2026"
method = "{method}"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC"
[programmes.evaluation]
item = "EVAL"
[programmes.messages]
{messages}
[[programmes.angkatan]]
id = "I"
source_group = "Angkatan I"
{angkatan}
"""


def load(
    folder: Path, notices: str = "", messages: str = "", angkatan: str = "", method: str = "blended", **environ: str
) -> Settings:
    """Load a configuration with these parts."""
    path = folder / "latsar.toml"
    path.write_text(BASE.format(notices=notices, messages=messages, angkatan=angkatan, method=method), encoding="utf-8")
    return load_settings(path, {"MOOC_TOKEN": "0123456789abcdef", **environ})


def problems(folder: Path, *parts: str, **more: str) -> str:
    """Return what is wrong with a configuration."""
    with pytest.raises(ConfigurationError) as caught:
        load(folder, *parts, **more)
    return "\n".join(caught.value.details)


def addresses(settings: Settings) -> list[str]:
    """Return the addresses as they were written."""
    assert settings.notices is not None
    return [each.get_secret_value() for each in settings.notices.urls]


def test_addresses_come_from_a_variable_and_show_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, '[notices]\nurls_env = "WHERE"', WHERE=ADDRESSES)

    assert addresses(settings) == ADDRESSES.split()
    assert "rahasia" not in repr(settings).lower()
    assert "rahasia" not in settings.model_dump_json().lower()


def test_addresses_come_from_a_file_with_remarks(tmp_path: Path) -> None:
    (tmp_path / "where").write_text("# surat\nmailto://a:b@c.go.id\n\n # obrolan\ntgram://1:2/3\n", encoding="utf-8")

    assert addresses(load(tmp_path, '[notices]\nurls_file = "where"')) == ["mailto://a:b@c.go.id", "tgram://1:2/3"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("json://a.id/eins,json://a.id/zwei", ["json://a.id/eins", "json://a.id/zwei"]),
        (" json://a.id , tgram://1:2/3;json://b.id ,", ["json://a.id", "tgram://1:2/3", "json://b.id"]),
        ("json://a.id/x|json://b.id | tgram://1:2/3", ["json://a.id/x", "json://b.id", "tgram://1:2/3"]),
        ('"json://a.id/x","json://b.id"', ["json://a.id/x", "json://b.id"]),
        ("json://a.id/x\uff0cjson://b.id\u200b", ["json://a.id/x", "json://b.id"]),
        ("mailto://u:p@c.id?to=x@c.id,y@c.id,json://b.id", ["mailto://u:p@c.id?to=x@c.id,y@c.id", "json://b.id"]),
    ],
)
def test_addresses_with_a_comma_between_them_are_several_and_a_comma_within_one_stays(
    tmp_path: Path, written: str, meant: list[str]
) -> None:
    assert addresses(load(tmp_path, '[notices]\nurls_env = "WHERE"', WHERE=written)) == meant


def test_without_the_table_nobody_is_told(tmp_path: Path) -> None:
    assert load(tmp_path).notices is None


@pytest.mark.parametrize(
    ("notices", "told"),
    [
        ("[notices]", "notices: has no urls"),
        ('[notices]\nurls_env = "WHERE"\nurls_file = "where"', "has both urls_env and urls_file"),
        ('[notices]\nurls_env = "ELSEWHERE"', "the variable ELSEWHERE is not set"),
        ('[notices]\nurls_file = "nowhere"', "there is no such secret file"),
        ('[notices]\nurls_env = "WORDS"', "no usable address was found"),
        ('[notices]\nurls_env = "WHERE"\nurls = ["tgram://RAHASIA/9"]', "must not stand in this file"),
        ('[notices]\nurls_env = "tgram://RAHASIA/9"', "is not the name of an environment variable"),
        ('[notices]\nurls_env = "WHERE"\nevents = ["guard"]', "notices.events[0]"),
        ('[notices]\nurls_env = "WHERE"\nevents = []', "notices.events"),
        ('[notices]\nurls_env = "WHERE"\nweekly_hour = 24', "notices.weekly_hour = 24"),
        ('[notices]\nurls_env = "WHERE"\nweekly_day = "monday"', "notices.weekly_day"),
    ],
)
def test_what_is_wrong_with_the_notices_is_told_without_repeating_an_address(
    tmp_path: Path, notices: str, told: str
) -> None:
    said = problems(tmp_path, notices, WHERE=ADDRESSES, WORDS="rahasia sekali")

    assert told in said
    assert "rahasia" not in said.lower()


def test_reminders_need_a_deadline_here_or_in_every_angkatan(tmp_path: Path) -> None:
    assert "programmes[0].messages.mooc_deadline: is missing" in problems(tmp_path, "", "reminders = [7]")

    load(tmp_path, "", "reminders = [7]\nmooc_deadline = 2026-11-30")
    by_angkatan = load(tmp_path, "", "reminders = [7]", "mooc_deadline = 2026-11-28")
    [programme] = by_angkatan.programmes
    assert str(programme.deadline_of(programme.angkatan[0])) == "2026-11-28"
    assert programme.deadline_of(None) is None


def test_a_classical_programme_has_no_mooc_to_remind_of(tmp_path: Path) -> None:
    said = problems(tmp_path, "", "reminders = [7]\nmooc_deadline = 2026-11-30", method="classical")

    assert "has no meaning" in said
