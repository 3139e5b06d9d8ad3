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
    assert len(webhook.key) == 24
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
