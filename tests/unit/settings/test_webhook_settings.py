"""Webhooks in the configuration: what they are signed with comes from elsewhere and shows nowhere; TLS only."""

from pathlib import Path

import pytest
from test_notice_settings import load, problems

GOOD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = '[webhooks.sinilai]\nurl = "https://sinilai.example.go.id/hook.php"\nsecret_env = "HOW"'


@pytest.mark.parametrize("secret", [GOOD, GOOD.removeprefix("whsec_")])
def test_a_webhook_is_signed_with_what_the_variable_holds(tmp_path: Path, secret: str) -> None:
    settings = load(tmp_path, HOOK, HOW=secret)

    webhook = settings.webhooks["sinilai"]
    assert [len(each) for each in webhook.keys] == [24]
    assert webhook.events == ("admitted", "withdrawn", "review", "held_run")
    assert GOOD[6:] not in repr(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (HOOK.replace("https", "http"), "sends the token unencrypted"),
        (HOOK.replace("hook.php", "hook?key=1"), "holds a query or fragment"),
        (HOOK.replace('"HOW"', '"ELSE"'), "the variable ELSE is not set"),
        (HOOK.replace('"HOW"', '"SHORT"'), "is not Base64 of 24 bytes"),
        (HOOK + f'\nsecret = "{GOOD}"', "a secret must not stand in this file"),
        (HOOK + '\nevents = ["all"]', "webhooks.sinilai.events[0]"),
        (HOOK.replace("sinilai]", '"Si Nilai"]'), "is not a usable id"),
    ],
)
def test_what_is_wrong_with_a_webhook_is_told_without_its_secret(tmp_path: Path, written: str, told: str) -> None:
    said = problems(tmp_path, written, HOW=GOOD, SHORT="cGVuZGVr")

    assert told in said
    assert GOOD[6:] not in said
    assert "cGVuZGVr" not in said


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ('[ping]\nurl_env = "NONE"', "the variable NONE is not set"),
        ('[ping]\nurl_env = "PLAIN"', "sends the token unencrypted"),
        ('[ping]\nurl_env = "HOW"\nurl = "https://hc.example/geheim"', "must not stand in this file"),
    ],
)
def test_what_is_wrong_with_the_ping_is_told_without_its_address(tmp_path: Path, written: str, told: str) -> None:
    said = problems(tmp_path, written, HOW="https://hc.example/geheim", PLAIN="http://hc.example/geheim")

    assert told in said
    assert "geheim" not in said


def test_a_committee_and_the_ping_have_addresses_that_show_nowhere(tmp_path: Path) -> None:
    committee = '\n[programmes.committee]\nurls_env = "WHO"'
    where = {"HOW": "https://hc.example/geheim", "WHO": "json://a.example/geheim"}
    settings = load(tmp_path, '[ping]\nurl_env = "HOW"', messages=committee, **where)

    assert settings.ping is not None
    assert settings.programmes[0].committee is not None
    assert settings.ping.url.get_secret_value().endswith("geheim")
    assert [each.get_secret_value() for each in settings.programmes[0].committee.urls] == ["json://a.example/geheim"]
    assert "geheim" not in repr(settings) + settings.model_dump_json()
    assert "has no urls" in problems(tmp_path, "", messages="\n[programmes.committee]")
