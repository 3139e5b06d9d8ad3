"""Nobody but its owner ever knows a password: an invitation is good once and for days; rights change at once."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from dashboard import ADDRESS, HOME, OTHER, PASSWORD, Browser, Dashboard
from service import PROGRAMME, Command

from latsar_sync.store import accounts


def link_on(browser: Browser) -> str:
    """Return where the link leads that stands on the page."""
    [link] = re.findall(rf">{re.escape(ADDRESS)}(/invitation/[\w-]+)<", browser.page.text)
    return str(link)


def choose(browser: Browser, link: str, password: str, again: str | None = None) -> int:
    """Choose a password by a link, and return the status of the answer."""
    browser.page = browser.client.post(link, data={"password": password, "again": again or password})
    return browser.page.status_code


def test_whoever_is_invited_chooses_a_password_once(dashboard: Dashboard) -> None:
    rina = dashboard.browser("rina").in_english()
    rina.get("/accounts")
    rina.post("/accounts", name="wati", role="panitia", bound=[f"programme:{PROGRAMME}"])
    link = link_on(rina)
    wati = dashboard.browser().in_english()

    assert "This link is for wati" in wati.get(link)
    assert [choose(wati, link, "pendek"), choose(wati, link, "panjang sekali 1", "panjang sekali 2")] == [409, 409]
    assert choose(wati, link, "panjang sekali 1") == 200
    assert choose(wati, link, "panjang sekali 3") == 404
    assert "wati" in wati.sign_in("wati", "panjang sekali 1")
    assert wati.get(HOME)
    assert wati.client.get(f"/programmes/{OTHER}").status_code == 404
    with dashboard.service.database.reading() as connection:
        stored = str(connection.exec_driver_sql("SELECT * FROM accounts").all())
    assert link.rpartition("/")[2] not in stored


@pytest.mark.parametrize(("name", "said"), [("schedule", "is what the timetable is called"), ("w" * 65, "64")])
def test_nobody_is_invited_under_a_name_that_the_command_refuses(dashboard: Dashboard, name: str, said: str) -> None:
    rina = dashboard.browser("rina").in_english()
    rina.get("/accounts")

    assert said in rina.post("/accounts", name=name, role="viewer")
    with dashboard.service.database.reading() as connection:
        assert name not in {each.name for each in accounts.all_accounts(connection)}


def test_a_link_ends_by_a_new_one_and_after_some_days(dashboard: Dashboard) -> None:
    rina = dashboard.browser("rina").in_english()
    rina.get("/accounts")
    rina.post("/accounts/invite", name="sari")
    first = link_on(rina)
    rina.get("/accounts")
    rina.post("/accounts/invite", name="sari")
    second = link_on(rina)
    anybody = dashboard.browser()

    assert choose(anybody, first, "panjang sekali 1") == 404
    dashboard.clock.now += timedelta(days=3, seconds=1)
    assert choose(anybody, second, "panjang sekali 1") == 404
    old = accounts.check_password(dashboard.service.database, "sari", PASSWORD)
    assert old, "the old one counts until another is chosen"
    dashboard.clock.now -= timedelta(days=3)
    statuses = [anybody.client.get(f"/invitation/{'x' * 40}").status_code for _ in range(25)]
    assert statuses[-1] == 429


def test_a_link_ends_where_its_owner_has_another_password_meanwhile(dashboard: Dashboard) -> None:
    rina = dashboard.browser("rina").in_english()
    rina.get("/accounts")
    rina.post("/accounts/invite", name="sari")
    link, sari = link_on(rina), dashboard.browser("sari")
    sari.get("/me")
    sari.post("/me/password", old=PASSWORD, password="panjang sekali 2")

    assert choose(dashboard.browser(), link, "panjang sekali 1") == 404
    assert "sari" in sari.sign_in("sari", "panjang sekali 2")


def test_rights_that_change_end_the_sessions_and_a_stale_form_changes_nothing(dashboard: Dashboard) -> None:
    rina, sari = dashboard.browser("rina").in_english(), dashboard.browser("sari")
    assert sari.client.get(HOME).status_code == 200
    rina.get("/accounts")
    form = re.search(
        r'<form method="post" action="/accounts/rights"(?:(?!</form>).)*value="sari".*?</form>',
        rina.page.text,
        re.DOTALL,
    )
    assert form is not None
    seen = re.findall(r'name="seen" value="([^"]*)"', form[0])[0]

    said = rina.post("/accounts/rights", name="sari", role="viewer", bound=[f"programme:{OTHER}"], seen=[seen])
    stale = rina.post("/accounts/rights", name="sari", role="admin", seen=[seen])
    own = rina.post("/accounts/rights", name="rina", role="viewer")

    assert "Its sessions have ended" in said
    assert f"The rights of sari are now: looks only, {dashboard.service.settings.programme(OTHER).title}." in stale
    assert "Nobody changes their own rights" in own
    assert sari.client.get(HOME, follow_redirects=False).status_code == 303
    sari.sign_in("sari")
    assert sari.client.get(HOME).status_code == 404
    with dashboard.service.database.reading() as connection:
        found = accounts.find_account(connection, "sari")
    assert found is not None
    assert (found.role, found.programmes) == ("viewer", (OTHER,))


def test_whoever_gives_rights_a_link_or_a_token_stands_in_the_access_log(
    dashboard: Dashboard, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once nothing told an auditor who had made the token by which scores were confirmed in another's name."""
    rina = dashboard.browser("rina").in_english()

    def sent(part: str, **fields: object) -> None:
        rina.get("/accounts")
        rina.post(f"/accounts{part}", **fields)

    sent("", name="wati", role="panitia", bound=[f"programme:{PROGRAMME}"])
    choose(dashboard.browser(), link_on(rina), "panjang sekali 1")
    sent("/rights", name="wati", role="viewer")
    for part in ("/invite", "/token", "/token/end", "/sign-out", "/remove"):
        sent(part, name="wati")
    own = dashboard.browser("sari")
    own.get("/me")
    own.post("/me/password", old=PASSWORD, password="panjang sekali 2")
    monkeypatch.setattr("sys.stdin", io.StringIO("panjang sekali 3\n"))
    command(dashboard.service, "user", "add", "joni", "--role", "admin", "--password-stdin")
    for word in ("token", "sign-out", "remove"):
        command(dashboard.service, "user", word, "joni")
    told = [(each.by, each.action, each.about) for each in reversed(dashboard.accesses()) if each.action[:4] == "user"]

    assert told[:9] == [
        ("rina", "user add", f"wati: panitia, {PROGRAMME}"),
        ("wati", "user password", "wati"),
        ("rina", "user rights", "wati: viewer"),
        *(("rina", f"user {each}", "wati") for each in ("invite", "token", "token end", "sign-out", "remove")),
        ("sari", "user password", "sari"),
    ]
    assert [each[1:] for each in told[9:]] == [
        ("user add", "joni: admin"),
        *((f"user {each}", "joni") for each in ("token", "sign-out", "remove")),
    ]
    assert "gave an account other rights · wati: viewer" in rina.get("/privacy")
    assert "wati: viewer" in command(dashboard.service, "access-log")[1]


def test_a_token_that_somebody_else_made_is_told_to_its_owner_who_may_end_it(dashboard: Dashboard) -> None:
    rina, sari = (dashboard.browser(each).in_english() for each in ("rina", "sari"))
    rina.get("/accounts")
    shown = rina.post("/accounts/token", name="sari")
    own = sari.get("/me")
    ended = sari.post("/me/token/end")
    sari.post("/me/token/end")

    assert "Whoever has it works as sari" in shown
    assert "rina made it" in own
    assert "End the token" not in ended
    with dashboard.service.database.reading() as connection:
        [found] = [each for each in accounts.all_accounts(connection) if each.name == "sari"]
    assert (found.has_token, found.token) == (False, None)
    told = [(each.by, each.action, each.about) for each in dashboard.accesses() if each.action.startswith("user")]
    assert sorted(told) == [("rina", "user token", "sari"), ("sari", "user token end", "sari")]


def test_what_an_account_sees_is_told_by_titles(dashboard: Dashboard) -> None:
    rina = dashboard.browser("rina").in_english()
    title = dashboard.service.settings.programme(PROGRAMME).title

    rina.get("/accounts")
    table = rina.page.text.partition("<tbody>")[2]

    assert f'data-label="Sees">{title}</td>' in table
    assert f">{PROGRAMME}</td>" not in table


def test_a_token_can_be_ended(dashboard: Dashboard) -> None:
    with dashboard.service.database.writing() as connection:
        token = accounts.new_token(connection, "sari", "uji", datetime.now(UTC))
    rina = dashboard.browser("rina").in_english()
    rina.get("/accounts")

    rina.post("/accounts/token/end", name="sari")

    assert rina.client.get("/api/v1/programmes", headers={"Authorization": f"Bearer {token}"}).status_code == 401
