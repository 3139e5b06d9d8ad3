"""People sign in by an OpenID Connect provider: whoever it proves and who has an account, nobody else."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from dashboard import ADDRESS, PASSWORD, Browser, Dashboard
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from limits import RateLimitItemPerMinute
from service import Command, Service
from sign_in_provider import SECRET, SignInProvider
from unattended import NOON, Clock

from latsar_sync.domain.account import Account, Role
from latsar_sync.settings import load_settings
from latsar_sync.store import accounts
from latsar_sync.store.database import Database
from latsar_sync.web import sign_in_limits

RINA = "rina@dinas.example.go.id"
PERSON = {"email": RINA, "email_verified": True, "preferred_username": "rina", "name": "Rina"}
CONFIGURATION = """
database_url = "{database}"
[service]
public_url = "{home}"
{oidc}
[sites.mooc]
url = "https://mooc.example.go.id"
token_env = "LATSAR_MOOC_TOKEN"
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
OIDC = """
[service.oidc]
title = "Akun Dinas"
issuer = "{issuer}"
client_id = "latsar"
client_secret_env = "LATSAR_OIDC_SECRET"
{more}
"""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('oidc') / 'latsar.db'}")
    database.upgrade()
    with database.writing() as connection:
        for name in (RINA, "rina"):
            account = Account(name, Role.PANITIA, None, None, "uji", NOON, has_password=True, has_token=False)
            assert accounts.add_account(connection, account, PASSWORD)
    yield database
    database.close()


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def running(clock: Clock) -> Iterator[SignInProvider]:
    with SignInProvider(clock) as provider:
        yield provider


@pytest.fixture
def provider(running: SignInProvider) -> SignInProvider:
    running.reset(dict(PERSON))
    return running


@pytest.fixture(scope="module")
def make_dashboard(
    database: Database, running: SignInProvider, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """Give a factory of dashboards; ``more`` is added to the table of the provider, None leaves it out."""

    def make(more: str | None = "") -> Dashboard:
        config = tmp_path_factory.mktemp("oidc") / "latsar.toml"
        oidc = "" if more is None else OIDC.format(issuer=running.issuer, more=more)
        config.write_text(CONFIGURATION.format(database=database.engine.url, home=ADDRESS, oidc=oidc), encoding="utf-8")
        secrets = {"LATSAR_MOOC_TOKEN": "abc", "LATSAR_OIDC_SECRET": SECRET}
        return Dashboard(Service(config, load_settings(config, {**os.environ, **secrets}), database), clock)

    return make


@pytest.fixture(scope="module")
def dashboard(make_dashboard: Any) -> Dashboard:
    """Give a dashboard that knows the provider already; most tests share it."""
    return make_dashboard()


@pytest.fixture
def new_dashboard(make_dashboard: Any) -> Dashboard:
    """Give one that has asked the provider nothing yet, and counted nothing."""
    return make_dashboard()


def sign_in(browser: Browser, provider: SignInProvider) -> str:
    """Press the button, sign in at the provider, and come back; return the text of the page that is shown then."""
    return come_back(browser, provider.authorize(begin(browser)))


def begin(browser: Browser) -> str:
    """Press the button; return the address at the provider that it leads to."""
    browser.get("/sign-in/oidc", follow_redirects=False)
    assert browser.page.status_code == 303, browser.text
    return str(browser.page.headers["location"])


def come_back(browser: Browser, address: str) -> str:
    """Open the address that the provider sends back to, without the cookies that a browser keeps from such a visit."""
    if browser.client.cookies.get("latsar_session"):
        browser.client.cookies.delete("latsar_session")  # it is SameSite=Strict
    return browser.get(address)


def is_signed_in(browser: Browser) -> bool:
    """Say whether the pages open."""
    return "Sign out" in browser.get("/programmes")


def attributes(browser: Browser, name: str) -> set[str]:
    """Return what the browser was told about a cookie, besides its value."""
    [line] = [each for each in browser.page.headers.get_list("set-cookie") if each.startswith(f"{name}=")]
    return set(line.lower().split("; ")[1:])


def test_who_has_an_account_signs_in_and_their_session_is_like_any_other(
    dashboard: Dashboard, provider: SignInProvider, clock: Clock, events: list[Mapping[str, Any]]
) -> None:
    browser = dashboard.browser()
    assert "Sign in with Akun Dinas" in browser.get("/sign-in")

    assert f"You are {RINA}" in sign_in(browser, provider)

    by_provider = attributes(browser, "latsar_session")
    other = dashboard.browser()
    other.page = other.client.post("/sign-in", data={"name": "rina", "password": PASSWORD}, follow_redirects=False)
    assert by_provider == attributes(other, "latsar_session")
    assert is_signed_in(browser)
    signed_in = [(event["account"], event["by"]) for event in events if event["event"] == "signed in"]
    assert signed_in == [(RINA, "oidc"), ("rina", "password")]
    assert_nothing_leaks(provider, browser, events)
    clock.go_on(hours=3)
    assert not is_signed_in(browser)


def test_the_way_to_the_provider_carries_no_secret_and_its_cookie_is_short_lived(
    dashboard: Dashboard, provider: SignInProvider
) -> None:
    browser = dashboard.browser()

    way = begin(browser)

    assert way.startswith(f"{provider.root}/authorize?")
    assert SECRET not in way
    assert "code_verifier" not in way
    assert attributes(browser, "latsar_oidc") == {"httponly", "max-age=600", "path=/sign-in/oidc", "samesite=lax"}


def expire(claims: dict[str, Any]) -> None:
    claims["exp"] -= 3600
    claims["iat"] -= 3600


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda claims: claims.update(nonce="lain"), "nonce"),
        (lambda claims: claims.pop("nonce"), "nonce"),
        (lambda claims: claims.update(aud="lain"), "aud"),
        (lambda claims: claims.update(aud=["latsar", "lain"], azp="lain"), "azp"),
        (lambda claims: claims.update(iss="https://lain.example"), "iss"),
        (expire, "expired"),
        (lambda claims: claims.update(iat=claims["iat"] + 3600), "issued in the future"),
        (lambda claims: claims.update(at_hash="AAAA"), "at_hash"),
        (lambda claims: claims.pop("email"), 'does not tell your "email"'),
        (lambda claims: claims.update(email="rina\x00"), 'does not tell your "email"'),
        (lambda claims: claims.update(email_verified=False), "has not verified your e-mail address"),
        (lambda claims: claims.update(email_verified="true"), "has not verified your e-mail address"),
        (lambda claims: claims.pop("email_verified"), "has not verified your e-mail address"),
    ],
)
def test_a_token_that_does_not_prove_who_somebody_is_lets_nobody_in(
    dashboard: Dashboard, provider: SignInProvider, wrong: Any, told: str, events: list[Mapping[str, Any]]
) -> None:
    provider.spoil = wrong
    browser = dashboard.browser()

    said = sign_in(browser, provider)

    assert browser.page.status_code == 403
    assert told in said
    assert not is_signed_in(browser)
    assert [event["event"] for event in events if event.get("reason")] == ["sign-in refused"]
    assert_nothing_leaks(provider, browser, events)


def with_another_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "satu"}, claims, RSAKey.generate_key(2048))


def with_an_unknown_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "dua"}, claims, RSAKey.generate_key(2048))


def with_the_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET + SECRET), algorithms=["HS256"])


def with_nothing(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x"), algorithms=["none"])


@pytest.mark.parametrize("sign", [with_another_key, with_an_unknown_key, with_the_secret, with_nothing])
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_signature_that_is_not_the_providers_lets_nobody_in(
    dashboard: Dashboard, provider: SignInProvider, sign: Any, events: list[Mapping[str, Any]]
) -> None:
    provider.sign = sign
    browser = dashboard.browser()

    assert "does not prove who you are" in sign_in(browser, provider)

    assert not is_signed_in(browser)
    assert_nothing_leaks(provider, browser, events)


def assert_nothing_leaks(provider: SignInProvider, browser: Browser, events: list[Mapping[str, Any]]) -> None:
    """Neither code nor token nor secret stands on the page or in the log."""
    for secret in (SECRET, *provider.given):
        assert secret not in browser.page.text
        assert secret not in str(events)


def test_an_identity_without_an_account_is_told_so_and_stays_outside(
    dashboard: Dashboard, provider: SignInProvider, events: list[Mapping[str, Any]]
) -> None:
    provider.person |= {"email": "orang.lain@dinas.example.go.id"}
    browser = dashboard.browser()

    said = sign_in(browser, provider)

    assert browser.page.status_code == 403
    assert "knows you as orang.lain@dinas.example.go.id, but there is no account of that name here" in said
    assert not is_signed_in(browser)
    assert [event["reason"] for event in events if "reason" in event] == ["no account"]


def test_an_address_from_which_many_try_in_vain_must_wait(
    new_dashboard: Dashboard, provider: SignInProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in_limits, "TRIES_FROM", RateLimitItemPerMinute(2, 5))
    provider.person |= {"email": "orang.lain@dinas.example.go.id"}
    for _ in range(2):
        sign_in(new_dashboard.browser(), provider)
    browser = new_dashboard.browser()

    browser.get("/sign-in/oidc", follow_redirects=False)

    assert browser.page.status_code == 429
    assert "Too many tries from your address" in browser.text


def test_a_return_is_good_once_in_the_browser_that_began_and_for_ten_minutes(
    dashboard: Dashboard, provider: SignInProvider, clock: Clock
) -> None:
    browser, other = dashboard.browser(), dashboard.browser()
    back = provider.authorize(begin(browser))
    sealed = browser.client.cookies.get("latsar_oidc")

    begin(other)
    assert "was not begun in this browser" in come_back(other, back)
    assert "was not begun in this browser" in come_back(dashboard.browser(), back)

    come_back(browser, back)
    assert is_signed_in(browser)
    replay = dashboard.browser()
    replay.client.cookies.set("latsar_oidc", sealed)
    tokens = provider.seen.count("token")
    assert "was not begun in this browser" in come_back(replay, back)
    assert not is_signed_in(replay)
    assert provider.seen.count("token") == tokens

    late = dashboard.browser()
    back = provider.authorize(begin(late))
    clock.go_on(minutes=11)
    assert "it is over" in come_back(late, back)
    assert not is_signed_in(late)


def test_a_provider_that_is_down_is_told_and_passwords_still_work(
    new_dashboard: Dashboard, provider: SignInProvider, clock: Clock, events: list[Mapping[str, Any]]
) -> None:
    provider.down = True
    browser = new_dashboard.browser()

    for _ in range(2):
        browser.get("/sign-in/oidc", follow_redirects=False)
        assert browser.page.status_code == 503
        assert "Akun Dinas does not answer as it should (HTTP 503)" in browser.text
    assert provider.seen == ["discovery"]  # nobody waits again at once

    browser.sign_in("rina")
    assert is_signed_in(browser)

    provider.down = False
    clock.go_on(seconds=11)
    begun = new_dashboard.browser()
    back = provider.authorize(begin(begun))
    provider.token_status = 502
    assert "Akun Dinas does not answer as it should (HTTP 502)" in come_back(begun, back)
    assert begun.page.status_code == 503
    assert_nothing_leaks(provider, begun, events)


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        ({"issuer": "https://lain.example.go.id"}, "calls itself by another address than service.oidc.issuer"),
        ({"token_endpoint": "http://lain.example.go.id/token"}, "names no safe address as its token_endpoint"),
        ({"jwks_uri": None}, "names no safe address as its jwks_uri"),
    ],
)
def test_a_provider_that_is_not_the_configured_one_is_not_used(
    new_dashboard: Dashboard, provider: SignInProvider, metadata: dict[str, Any], told: str
) -> None:
    provider.metadata = metadata
    browser = new_dashboard.browser()

    browser.get("/sign-in/oidc", follow_redirects=False)

    assert browser.page.status_code == 503
    assert told in browser.text


def test_no_redirect_is_followed(dashboard: Dashboard, provider: SignInProvider) -> None:
    browser = dashboard.browser()
    back = provider.authorize(begin(browser))
    provider.moved = True

    assert "Akun Dinas does not answer as it should (TooManyRedirects)" in come_back(browser, back)
    assert not is_signed_in(browser)


def test_a_proxy_of_the_environment_is_not_used(
    new_dashboard: Dashboard, provider: SignInProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert f"You are {RINA}" in sign_in(new_dashboard.browser(), provider)


def test_an_account_can_do_without_a_password(
    dashboard: Dashboard, provider: SignInProvider, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LATSAR_OIDC_SECRET", SECRET)
    name = "budi@dinas.example.go.id"
    assert command(dashboard.service, "user", "add", name, "--role", "viewer", "--no-password")[0] == 0
    browser = dashboard.browser()
    provider.person |= {"email": name}

    for password in ("", "None", PASSWORD):
        browser.sign_in(name, password)
        assert not is_signed_in(browser)

    assert f"You are {name}" in sign_in(browser, provider)

    code, _, said = command(
        dashboard.service, "user", "add", "siti", "--role", "viewer", "--no-password", "--password-stdin"
    )
    assert (code, "do not go together" in " ".join(said.split())) == (2, True)
    code, _, said = command(dashboard.service, "user", "add", "s" * 65, "--role", "viewer", "--no-password")
    assert (code, "longer than 64 characters" in " ".join(said.split())) == (2, True)


def test_who_turns_back_at_the_provider_is_told_in_the_language_that_they_chose(
    dashboard: Dashboard, provider: SignInProvider
) -> None:
    browser = dashboard.browser()
    browser.get("/sign-in")
    browser.post("/look", language="id", theme="dark")
    back = provider.authorize(begin(browser))
    state = back.partition("state=")[2]

    said = come_back(browser, f"/sign-in/oidc/return?error=access_denied&state={state}")

    assert "Akun Dinas tidak mengizinkan Anda masuk (access_denied)" in said
    assert 'data-bs-theme="dark"' in browser.page.text


def test_another_claim_can_name_the_account(make_dashboard: Any, provider: SignInProvider) -> None:
    browser = make_dashboard('claim = "preferred_username"').browser()
    provider.person |= {"email_verified": False}

    assert "You are rina." in sign_in(browser, provider)
    assert is_signed_in(browser)


def test_who_signs_out_hears_of_the_session_at_the_provider(dashboard: Dashboard, provider: SignInProvider) -> None:
    browser = dashboard.browser()
    sign_in(browser, provider)
    browser.get("/programmes")

    said = browser.post("/sign-out")

    assert "At Akun Dinas you may be signed in still" in said
    assert browser.links("/logout") == [f"{provider.root}/logout?client_id=latsar"]
    assert not is_signed_in(browser)


def test_without_a_provider_there_is_neither_button_nor_page(make_dashboard: Any) -> None:
    browser = make_dashboard(None).browser()

    assert "Sign in with" not in browser.get("/sign-in")
    browser.get("/sign-in/oidc")
    assert browser.page.status_code == 404
