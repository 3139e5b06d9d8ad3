"""Accounts of the dashboard by command, the JSON API that their tokens open, and where the pages are reached from."""

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dashboard import OTHER, Dashboard
from service import PROGRAMME, Command, Service
from starlette.testclient import TestClient
from structlog.testing import capture_logs
from unattended import Clock, open_service, programme, requests_of, small_campus, urls_of, write_config

from latsar_sync.cli.unattended import warn_when_bound_wider
from latsar_sync.demo import Campus
from latsar_sync.domain import language
from latsar_sync.domain.account import Role
from latsar_sync.store import accounts, queue

PASSWORD = "empat kata yang panjang"
API = f"/api/v1/programmes/{PROGRAMME}"


@pytest.fixture(autouse=True)
def _in_english(quick_hashes: None) -> Iterator[None]:
    """Let the service speak English, as the commands of these tests do."""
    with language.speaking("en"):
        yield


@pytest.fixture(scope="module")
def campus() -> Iterator[Campus]:
    """Give a campus with one small course."""
    with small_campus(6, 1) as campus:
        yield campus


@pytest.fixture
def service(campus: Campus, tmp_path: Path) -> Iterator[Service]:
    """Give the service of two programmes, before any run."""
    both = programme(PROGRAMME, ["1"]) + programme(OTHER, ["2"])
    service = open_service(write_config(tmp_path / "latsar.toml", both, urls_of(campus)))
    yield service
    service.database.close()


@pytest.fixture
def type_password(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a way to have a password on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))


def test_an_account_is_added_listed_given_another_password_and_removed(
    service: Service, command: Command, type_password: Any
) -> None:
    type_password(PASSWORD)
    added = command(service, "user", "add", "sari", "--role", "panitia", "--programme", OTHER, "--password-stdin")
    listed = json.loads(command(service, "user", "list", "--json")[1])
    type_password("lain lagi, dan panjang")
    changed = command(service, "user", "password", "sari", "--password-stdin")
    by_password = [
        accounts.check_password(service.database, "sari", text) for text in (PASSWORD, "lain lagi, dan panjang")
    ]
    removed = command(service, "user", "remove", "sari")
    left = json.loads(command(service, "user", "list", "--json")[1])

    assert [each[0] for each in (added, changed, removed)] == [0, 0, 0]
    assert [(line["name"], line["role"], line["programmes"], line["classes"]) for line in listed] == [
        ("sari", "panitia", [OTHER], None)
    ]
    assert [each is not None for each in by_password] == [False, True]
    assert left == []


def test_no_password_and_no_token_stands_in_the_database(
    service: Service, command: Command, type_password: Any, tmp_path: Path
) -> None:
    type_password(PASSWORD)
    command(service, "user", "add", "sari", "--role", "panitia", "--password-stdin")
    token = command(service, "user", "token", "sari")[1].strip()
    service.database.close()
    content = b"".join(file.read_bytes() for file in tmp_path.glob("latsar.db*"))

    assert token.startswith("latsar_")
    assert PASSWORD.encode() not in content
    assert token.encode() not in content
    assert b"$argon2id$" in content


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "admin", "--programme", PROGRAMME], "An admin sees every programme."),
        (["--role", "panitia", "--course", "kelas/KLS-1"], "--course is for the role viewer only."),
        (["--role", "viewer", "--course", "kelas/KLS-1", "--programme", OTHER], "--course is of one in-class course"),
        (["--role", "viewer", "--course", "kelas/KLS-9"], "No angkatan has the in-class course kelas/KLS-9."),
        (["--role", "viewer", "--programme", "latsar"], "latsar"),
        (["--role", "admin", "schedule"], "is what the timetable is called"),
    ],
)
def test_bounds_that_mean_nothing_are_refused(
    service: Service, command: Command, type_password: Any, words: list[str], said: str
) -> None:
    type_password(PASSWORD)
    who = [] if "schedule" in words else ["sari"]
    code, _, errors = command(service, "user", "add", *who, *words, "--password-stdin")

    assert code == 2
    assert said in errors
    assert service.count("accounts") == 0


def test_a_short_password_and_a_name_that_is_taken_are_refused(
    service: Service, command: Command, type_password: Any
) -> None:
    type_password("pendek")
    short = command(service, "user", "add", "sari", "--role", "admin", "--password-stdin")
    for _ in range(2):
        type_password(PASSWORD)
        again = command(service, "user", "add", "sari", "--role", "admin", "--password-stdin")

    type_password("korrekt-kuda-baterai\udcff")
    odd = command(service, "user", "add", "joni", "--role", "admin", "--password-stdin")

    assert (short[0], again[0], odd[0]) == (2, 2, 2)
    assert "shorter than 12 characters" in short[2]
    assert "cannot be printed" in odd[2]
    assert "There is an account sari already." in again[2]


@pytest.mark.parametrize("words", [("remove",), ("password", "--password-stdin"), ("token",)])
def test_what_is_asked_of_an_account_that_is_not_there_says_so(
    service: Service, command: Command, words: tuple[str, ...]
) -> None:
    code, _, errors = command(service, "user", words[0], "nobody", *words[1:])

    assert code == 2
    assert "There is no account nobody." in errors


# the API


@pytest.fixture
def dashboard(service: Service) -> Dashboard:
    """Give the pages over a service that has run."""
    service.run(programmes=(PROGRAMME,))
    return Dashboard(service, Clock(datetime.now(UTC)))


def caller(dashboard: Dashboard, name: str, role: Role, **bounds: tuple[str, ...]) -> TestClient:
    """Return somebody who calls the API with the token of a new account."""
    dashboard.add(name, role, **bounds)
    with dashboard.service.database.writing() as connection:
        token = accounts.new_token(connection, name, "uji", datetime.now(UTC))
    client = TestClient(dashboard.app, base_url="http://127.0.0.1:8750")
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def test_the_api_tells_what_the_pages_show_and_writes_down_who_looked(dashboard: Dashboard) -> None:
    sari = caller(dashboard, "sari", Role.PANITIA)
    [nip, row] = next((nip, row) for nip, row in dashboard.service.roster().items())

    [whole, _] = sari.get("/api/v1/programmes").json()
    found = sari.post(f"{API}/participants/search", json={"text": nip}).json()
    person = sari.get(f"/api/v1/participants/{row['participant_id']}").json()
    roster = sari.get(f"{API}/roster").json()
    [run] = sari.get(f"{API}/runs").json()
    [threshold] = sari.get(f"{API}/thresholds").json()

    assert whole["whole"]["people"]["enrolled"] == 6
    assert (found["total"], [each["nip"] for each in found["people"]]) == (1, [nip])
    assert {"participant", "evidence", "decisions", "threshold", "roster", "pushes", "clearances"} <= person.keys()
    assert {each["nip"] for each in roster} == dashboard.service.roster().keys()
    assert run["outcome"] == "ok"
    assert threshold["value"] == "70.00000"
    noted = [(each.via, each.action, each.by) for each in reversed(dashboard.accesses())]
    assert noted == [("api", "people", "sari"), ("api", "person", "sari"), ("api", "roster", "sari")]


def test_sync_now_by_the_api_is_followed_by_its_number(dashboard: Dashboard) -> None:
    sari = caller(dashboard, "sari", Role.PANITIA)
    row = next(iter(dashboard.service.roster().values()))

    asked = sari.post(f"{API}/sync", json={"scope": "participant", "participant_id": row["participant_id"]})
    followed = sari.get(f"{API}/sync/{asked.json()['request_id']}").json()
    [waiting] = requests_of(dashboard.service.database, queue.QUEUED)

    assert asked.status_code == 202
    assert followed["state"] == "queued"
    assert (waiting.scope, waiting.subject, waiting.requested_by) == ("participant", row["nip"], "sari")


def test_the_api_asks_for_a_token_and_keeps_to_the_accounts_role_and_bounds(dashboard: Dashboard) -> None:
    budi = caller(dashboard, "budi", Role.VIEWER)
    wati = caller(dashboard, "wati", Role.PANITIA, programmes=(OTHER,))
    guru = caller(dashboard, "guru", Role.VIEWER, courses=("kelas/KLS-1",))
    stranger = TestClient(dashboard.app, base_url="http://127.0.0.1:8750")
    person = f"/api/v1/participants/{next(iter(dashboard.service.roster().values()))['participant_id']}"

    assert [stranger.get("/api/v1/programmes").status_code, budi.post(f"{API}/sync", json={}).status_code] == [401, 403]
    assert [wati.get(f"{API}/roster").status_code, wati.get(person).status_code] == [404, 404]
    assert [each["id"] for each in wati.get("/api/v1/programmes").json()] == [OTHER]
    assert guru.get("/api/v1/programmes").status_code == 403
    assert requests_of(dashboard.service.database) == []


def test_a_new_token_ends_the_old_one_and_a_session_opens_nothing_of_the_api(dashboard: Dashboard) -> None:
    sari = caller(dashboard, "sari", Role.ADMIN)
    with dashboard.service.database.writing() as connection:
        accounts.new_token(connection, "sari", "uji", datetime.now(UTC))
    dashboard.add("rina")
    rina = dashboard.browser("rina")

    assert sari.get("/api/v1/programmes").status_code == 401
    assert rina.client.get("/api/v1/programmes").status_code == 401


# where the pages are reached from


@pytest.mark.parametrize(
    ("change", "loud"),
    [
        ({}, False),
        ({"host": "0.0.0.0"}, True),
        ({"host": "::"}, True),
        ({"host": "0.0.0.0", "public_url": "https://latsar.example.go.id"}, False),
        ({"host": "0.0.0.0", "public_url": "http://latsar.example.go.id"}, True),
    ],
)
def test_a_service_bound_wider_without_tls_says_so_loudly(
    service: Service, change: Mapping[str, str], loud: bool
) -> None:
    served = service.settings.service.model_copy(update=dict(change))
    with capture_logs() as logged:
        warn_when_bound_wider(service.settings.model_copy(update={"service": served}))

    assert [each["log_level"] for each in logged] == ["warning"] * loud
