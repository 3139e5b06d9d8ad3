"""Tokens, passwords and whole NIPs never reach a stream, an exception, a log, a web address or the ledger."""

import logging
import re
from collections.abc import Iterable, Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from office import Office
from pydantic import SecretStr
from service import Service, ServiceFactory
from sqlalchemy import select
from typed import Ended

from latsar_sync.demo import CASES, KINDS, Campus, Fault, Site
from latsar_sync.domain.errors import LatsarError
from latsar_sync.domain.site_limits import SiteLimits
from latsar_sync.moodle.accounts_by_nip import read_accounts
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.settings import load_settings
from latsar_sync.store.tables import metadata

pytestmark = pytest.mark.wire

MOOC_SECRET = "RahasiaMooc" + "7" * 21
KELAS_SECRET = "RahasiaKelas" + "9" * 20
SECRETS = {"LATSAR_MOOC_TOKEN": MOOC_SECRET, "LATSAR_KELAS_TOKEN": KELAS_SECRET}
TRACES = (MOOC_SECRET, KELAS_SECRET, "RahasiaMooc", "RahasiaKelas")

WHOLE_NIP = re.compile(r"(?<![0-9])[0-9]{8} ?[0-9]{6} ?[12] ?[0-9]{3}(?![0-9])")


@pytest.fixture
def office(campus: Campus, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a configured office whose tokens can be recognised wherever they turn up."""
    change_token(campus.mooc, MOOC_SECRET)
    change_token(campus.kelas, KELAS_SECRET)
    office = Office(tmp_path_factory.mktemp("office"), campus, environment=dict(SECRETS))
    office.configure()
    return office


def change_token(site: Site, token: str) -> None:
    """Give the site's service account another token."""
    account = site.accounts.pop(site.token)
    account.token = site.token = token
    site.accounts[token] = account


def assert_no_token(*texts: str) -> None:
    """Check that no text holds a token or a recognisable part of one."""
    for text in texts:
        assert [trace for trace in TRACES if trace in text] == []


def streams(endings: Iterable[Ended]) -> list[str]:
    """Return both streams of every command."""
    return [text for ended in endings for text in (ended.out, ended.err)]


def files_of(office: Office) -> str:
    """Return the bytes of everything that the service has written to disk."""
    written = [file.read_bytes() for file in (office.folder / "data").rglob("*") if file.is_file()]
    assert written
    return b"".join(written).decode("latin-1")


# Tokens


def test_no_fault_of_a_site_brings_a_token_to_light(office: Office) -> None:
    endings = []
    faults = [Fault(kind, site="mooc") for kind in sorted(set(KINDS) - {"slow"})]
    faults += [Fault(kind, site="kelas") for kind in ("drop_after_commit", "bad_gateway", "html", "redirect")]
    for fault in faults:
        office.campus.faults.add(fault)
        endings.append(office.run("sync", *(["--json"] if fault.site == "kelas" else [])))
        office.campus.faults.remove(fault)
    endings += [office.run("sync"), office.run("status"), office.run("runs", "--json")]

    assert all(ended.code != 0 for ended in endings[: len(faults)])
    assert_no_token(*streams(endings), files_of(office))
    assert not any(entry.token_in_url for entry in office.campus.log)
    assert not any(MOOC_SECRET in str(entry) for entry in office.campus.log)


def test_an_ordinary_run_and_its_listings_show_no_token(office: Office) -> None:
    commands = (
        ["sync"],
        ["sync", "--json"],
        ["plan"],
        ["roster", "--json"],
        ["participants"],
        ["explain", str(CASES["passed"][0])],
        ["threshold", "show", "--json"],
        ["runs"],
        ["status", "--json"],
        ["db", "upgrade"],
    )

    endings = [office.run(*command) for command in commands]

    assert [ended.code for ended in endings] == [0] * len(endings)
    assert_no_token(*streams(endings), files_of(office))


def test_a_token_written_into_the_configuration_is_refused_without_being_repeated(office: Office) -> None:
    text = office.config.read_text(encoding="utf-8")
    wrong = text.replace("[sites.kelas]", f'[sites.kelas]\ntoken = "{KELAS_SECRET}"').replace(
        'token_env = "LATSAR_MOOC_TOKEN"', f'token_env = "{MOOC_SECRET}"'
    )
    office.config.write_text(wrong.replace("requests_per_second = 1000", "requests_per_second = -1"), "utf-8")

    endings = [office.run("sync", "--json"), office.run("sync")]

    assert [ended.code for ended in endings] == [2, 2]
    assert "sites.kelas.token" in endings[0].out
    assert_no_token(*(text.replace(MOOC_SECRET, "the name that was written") for text in streams(endings)))
    assert KELAS_SECRET not in "".join(streams(endings))


def test_a_token_with_an_odd_character_is_refused_without_being_repeated(office: Office) -> None:
    office.environment["LATSAR_MOOC_TOKEN"] = MOOC_SECRET + " x"

    endings = [office.run("sync", "--json"), office.run("sync")]

    assert [ended.code for ended in endings] == [2, 2]
    assert_no_token(*streams(endings))


def chain(error: BaseException | None, seen: set[int] | None = None) -> Iterator[BaseException]:
    """Yield an exception with everything that hangs on it."""
    seen = set() if seen is None else seen
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    yield error
    for other in (error.__cause__, error.__context__, *error.args):
        if isinstance(other, BaseException):
            yield from chain(other, seen)


def described(value: object) -> list[str]:
    """Return an object as texts, by every way in which it may be printed."""
    return [str(value), repr(value), repr(getattr(value, "__dict__", "")), repr(getattr(value, "args", ""))]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"slow"}))
def test_no_exception_carries_a_token(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = with_secrets(make_service(sqlite_url), campus)
    campus.faults.add(Fault(kind, site="mooc"))
    caplog.set_level(logging.DEBUG)

    result = service.run()

    assert result.error is not None
    for error in chain(result.error):
        assert_no_token(*described(error))
    assert_no_token(caplog.text, repr(result), repr(service.settings), service.settings.model_dump_json())


def with_secrets(service: Service, campus: Campus) -> Service:
    """Give the service and the campus the recognisable tokens."""
    change_token(campus.mooc, MOOC_SECRET)
    change_token(campus.kelas, KELAS_SECRET)
    service.settings = load_settings(service.config, SECRETS)
    return service


@pytest.mark.parametrize("function", ["enrol_manual_enrol_users", "core_group_add_group_members"])
def test_no_exception_of_a_write_without_an_answer_carries_a_token(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, function: str
) -> None:
    service = with_secrets(make_service(sqlite_url), campus)
    campus.faults.add(Fault("drop_after_commit", site="kelas", function=function))

    result = service.run()

    assert result.run.messages
    assert_no_token(*described(result), *result.run.messages)


# A stranger that answers in the site's place and repeats what it was sent


class Echo(BaseHTTPRequestHandler):
    """Answers every request with what was sent, in the form that the path names."""

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def do_POST(self) -> None:
        """Repeat the body."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = self.path.strip("/").split("/")[0]
        status, kind, text = {
            "page": (200, "text/html", f"<html><title>{escape(body)}</title></html>"),
            "wordy": (200, "text/html", f"<html><title>{'firewall ' * 20}{escape(body)}</title></html>"),
            "text": (200, "text/plain", f"denied: {body}"),
            "exception": (200, "application/json", f'{{"exception": "x", "errorcode": "e", "message": "{body}"}}'),
            "debug": (
                200,
                "application/json",
                f'{{"errorcode": "invalidtoken", "debuginfo": "{body}", "message": ""}}',
            ),
            "xml": (200, "application/xml", f"<?xml version='1.0'?><a>{escape(body)}</a>"),
            "shape": (200, "application/json", f'{{"functions": "{body}"}}'),
            "broken": (200, "application/json", f'{{"functions": ["{body}'),
            "refused": (403, "text/html", body),
            "failed": (500, "text/html", body),
            "moved": (302, "text/html", ""),
        }[form]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if form == "moved":
            self.send_header("Location", f"https://login.example.go.id/?{body}")
        data = text.encode()
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture(scope="module")
def echo() -> Iterator[str]:
    """Give the address of a server that repeats what it is sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    "form", ["page", "wordy", "text", "exception", "debug", "xml", "shape", "broken", "refused", "failed", "moved"]
)
def test_a_stranger_that_repeats_the_request_brings_no_token_to_light(office: Office, echo: str, form: str) -> None:
    office.configure(urls={"mooc": f"{echo}/{form}"})

    endings = [office.run("sync", "--json"), office.run("sync"), office.run("runs", "--json")]

    assert [ended.code for ended in endings] == [1, 1, 0]
    assert "mooc: " in endings[0].json["programmes"][0]["error"]
    assert_no_token(*streams(endings), files_of(office))


@pytest.mark.parametrize(
    ("form", "before"),
    [
        ("page", ""),
        ("text", ""),
        ("exception", ""),
        ("refused", ""),
        ("failed", ""),
        ("page", "user_"),
        ("text", "NIP"),
    ],
)
def test_a_stranger_that_repeats_the_numbers_asked_for_brings_no_nip_to_light(
    echo: str, form: str, before: str
) -> None:
    asked = [f"{before}19950817202504200{number}" for number in range(1, 4)]
    client = MoodleClient("kelas", f"{echo}/{form}", SecretStr(KELAS_SECRET), limits=SiteLimits(retry_budget=0))

    with pytest.raises(LatsarError) as refused:
        read_accounts(client, "idnumber", asked)
    client.close()

    assert "kelas: " in str(refused.value)
    assert re.findall(r"[0-9]{18}", str(refused.value)) == []
    assert_no_token(str(refused.value))


# NIPs


def test_no_error_and_no_progress_shows_a_whole_nip(office: Office) -> None:
    stranger = "199508172025042003"
    spoken = f"{stranger[:8]} {stranger[8:14]} {stranger[14]} {stranger[15:]}"
    kelas = office.campus.kelas
    rejected = kelas.user_id(str(CASES["passed"][0]))

    def delete_meanwhile(function: str, _parameters: dict[str, Any]) -> None:
        if function == "enrol_manual_enrol_users" and not kelas.users[rejected].deleted:
            kelas.delete_user(rejected)

    office.campus.before_write = delete_meanwhile
    endings = [
        office.run("sync"),
        office.run("sync", "--participant", stranger),
        office.run("sync", "--participant", stranger[:-1]),
        office.run("explain", stranger),
        office.run("explain", spoken),
        office.run("explain", f"'{stranger}"),
        office.run("explain", stranger.replace("2025", "2025-", 1)),
    ]

    assert endings[0].code == 3
    assert [ended.code for ended in endings[1:]] == [1, *[2] * 5]
    assert [WHOLE_NIP.findall(ended.err + ended.out) for ended in endings] == [[]] * len(endings)
    assert not any(stranger[:-1] in ended.err + ended.out for ended in endings)


def test_a_placement_list_with_mistakes_is_refused_without_its_nips(office: Office) -> None:
    nip = str(CASES["passed"][0])
    office.configure(programme='placement = "list"\nplacement_file = "list.csv"')
    (office.config.parent / "list.csv").write_text(f"angkatan,nip\n{nip},I\nI,{nip}\nI,{nip}\n", encoding="utf-8")

    endings = [office.run("sync", "--json"), office.run("sync")]

    assert [ended.code for ended in endings] == [1, 1]
    assert [WHOLE_NIP.findall(text) for text in streams(endings)] == [[]] * 4


def test_the_ledger_and_the_runs_hold_neither_names_nor_nips(office: Office) -> None:
    office.campus.kelas.set_manual_enrolment("KLS-II", enabled=False)
    office.run("sync")
    office.run("sync", "--participant", str(CASES["passed"][0]))
    database = office.database()
    with database.reading() as connection:
        tables = {
            name: " ".join(str(tuple(row)) for row in connection.execute(select(table)))
            for name, table in metadata.tables.items()
        }
    database.close()

    assert WHOLE_NIP.search(tables.pop("identities"))
    names = [user.fullname for user in office.campus.mooc.users.values() if user.idnumber]
    for name, content in tables.items():
        assert WHOLE_NIP.search(content) is None, name
        assert [person for person in names if person in content] == [], name


def test_the_database_file_is_readable_by_its_owner_only(office: Office) -> None:
    office.run("sync")

    files = [file for file in (office.folder / "data").iterdir() if file.is_file()]
    assert files
    assert [oct(file.stat().st_mode & 0o077) for file in files] == ["0o0"] * len(files)


# Other secrets


def test_the_password_of_the_database_is_never_shown(office: Office) -> None:
    text = office.config.read_text(encoding="utf-8")
    address = 'database_url = "postgresql+psycopg://latsar:tirai-bambu@127.0.0.1:1/latsar"\n'
    office.config.write_text(address + text, encoding="utf-8")
    unreachable = [office.run("status", "--json"), office.run("sync")]
    office.config.write_text(address + text.replace("requests_per_second = 1000", "requests_per_second = 0"), "utf-8")
    mistaken = [office.run("status", "--json"), office.run("sync")]
    office.config.write_text(address.replace("+psycopg", "") + text, encoding="utf-8")
    unusable = [office.run("status", "--json"), office.run("sync")]

    endings = unreachable + mistaken + unusable
    assert [ended.code for ended in endings] == [2] * 6
    assert "tirai-bambu" not in "".join(streams(endings))
    assert "Traceback" not in "".join(streams(endings))


def test_tokens_may_come_from_a_secret_file_and_stay_there(office: Office) -> None:
    folder = office.config.parent
    (folder / "mooc.token").write_text(MOOC_SECRET + "\n", encoding="utf-8")
    text = office.config.read_text(encoding="utf-8")
    office.config.write_text(text.replace('token_env = "LATSAR_MOOC_TOKEN"', 'token_file = "mooc.token"'), "utf-8")
    (Path(office.folder) / ".env").write_text(f"LATSAR_KELAS_TOKEN={KELAS_SECRET}\n", encoding="utf-8")
    office.environment.clear()

    ended = office.run("sync", "--json")

    assert ended.code == 0
    assert_no_token(ended.out, ended.err, files_of(office))
