"""Numbers, days, texts and paths beyond what can be meant are refused on loading, not where a run reckons with them."""

import tomllib
from pathlib import Path

import pytest

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import speaking
from latsar_sync.settings import load_settings

FILE = """
{top}
[service]
{service}
[sites.mooc]
url = "https://mooc.example.go.id"
token_env = "A_TOKEN"
{site}
[retention]
legal_basis = "JRA"
{retention}
[[programmes]]
id = "p"
title = "Latsar"
{programme}
[programmes.source]
kind = "import"
[programmes.evaluation]
{evaluation}
[programmes.messages]
{messages}
[[programmes.angkatan]]
id = "I"
{angkatan}
"""
PLACES = ("top", "service", "site", "retention", "programme", "evaluation", "messages", "angkatan")
HUGE = 10**30


def problems(folder: Path, **lines: str) -> str:
    text = FILE.format(**{place: lines.get(place, "") for place in PLACES})
    tomllib.loads(text)
    (folder / "latsar.toml").write_text(text, encoding="utf-8")
    with speaking("en"), pytest.raises(ConfigurationError) as caught:
        load_settings(folder / "latsar.toml", {"A_TOKEN": "x"})
    return "\n".join(caught.value.details)


@pytest.mark.parametrize(
    ("place", "line", "said"),
    [
        ("service", f"stop_within = {HUGE}", "service.stop_within"),
        ("service", f"stale_after = {HUGE}", "service.stale_after"),
        ("service", "keep_runs = 800000", "service.keep_runs"),
        ("service", "keep_runs = 800000", "at most 36500"),
        ("service", 'host = "127.0.0.1\u200b"', "service.host"),
        ("service", 'host = "latsar..go.id"', "is no name or number of a host"),
        ("site", f"read_timeout = {HUGE}", "sites.mooc.read_timeout"),
        ("site", f"retry_budget = {HUGE}", "sites.mooc.retry_budget"),
        ("retention", f"identities = {HUGE}", "retention.identities"),
        ("programme", f"look_again_after = {HUGE}", "look_again_after"),
        ("programme", f"full_turn_nights = {HUGE}", "full_turn_nights"),
        ("evaluation", f"maximum = {HUGE}", "evaluation.maximum"),
        ("evaluation", f'threshold = {{ value = {HUGE}, scale = "points", legal_basis = "SK" }}', "threshold.value"),
        ("evaluation", 'threshold = { value = 70, scale = "points", legal_basis = "S\\u0007K" }', "legal_basis"),
        ("messages", f"reminders = [{HUGE}]\nmooc_deadline = 2026-12-01", "reminders"),
        ("angkatan", f"capacity = {HUGE}", "capacity"),
        ("angkatan", f"capacity = {HUGE}", "at most 2147483647"),
        ("angkatan", f"capacity = 0x{'f' * 5000}", "capacity: must be at most 2147483647"),
        ("angkatan", "starts = 0001-01-01", "a day between 1970-01-01 and 2999-12-31"),
        ("angkatan", "mooc_deadline = 9999-12-31", "mooc_deadline"),
        ("angkatan", f'venue = "{"x" * 1_001}"', "at most 1000 characters"),
        ("top", '[notices]\nurls_file = " "', "notices.urls_file"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_key(tmp_path: Path, place: str, line: str, said: str) -> None:
    assert said in problems(tmp_path, **{place: line})
