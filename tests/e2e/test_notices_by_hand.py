"""The commands about notices as a person types them, and that no address or NIP comes out of them."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from office import Office
from service import TOKENS

from latsar_sync.demo import CASES, Campus
from latsar_sync.demo.rights import KELAS_TOKEN, MESSAGE_CAPABILITIES, MESSAGE_FUNCTIONS, MOOC_TOKEN

NOTICES = '[notices]\nurls_env = "LATSAR_NOTICE_URLS"\n'
MESSAGES = """
[programmes.messages]
managers = true
digest_hour = 0
reminders = [36500]
mooc_deadline = 2099-12-31
"""
NEXT = str(CASES["score_69_99999"][0])


@pytest.fixture
def box() -> Iterator[str]:
    """Give the address of a letter box that takes everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"json://pak:rahasia@127.0.0.1:{server.server_port}/RAHASIA"
    server.shutdown()
    server.server_close()


@pytest.fixture
def office(campus: Campus, tmp_path: Path, box: str) -> Office:
    """Give an office that tells its operators and writes to people."""
    for site, token in ((campus.mooc, MOOC_TOKEN), (campus.kelas, KELAS_TOKEN)):
        site.accounts[token].functions |= MESSAGE_FUNCTIONS
        site.accounts[token].capabilities |= MESSAGE_CAPABILITIES
    office = Office(tmp_path, campus, environment={**TOKENS, "LATSAR_NOTICE_URLS": box})
    office.configure(more=MESSAGES + NOTICES)
    return office


def test_a_test_notice_says_which_address_took_it_and_which_did_not(office: Office, box: str) -> None:
    good = office.run("notices", "test")
    office.environment["LATSAR_NOTICE_URLS"] = f"{box} json://pak:rahasia@127.0.0.1:9/RAHASIA"
    part = office.run("notices", "test", "--json")
    office.environment["LATSAR_NOTICE_URLS"] = "json://pak:rahasia@127.0.0.1:9/RAHASIA"
    none = office.run("notices", "test")
    office.environment["LATSAR_NOTICE_URLS"] = "jsn://rahasia"
    wrong = office.run("notices", "test")
    office.configure()
    without = office.run("notices", "test")

    assert (good.code, part.code, none.code, wrong.code, without.code) == (0, 3, 1, 2, 2)
    assert good.out == "Taken by 1 of 1 addresses.\n"
    assert json.loads(part.out) == {"outcome": "failed", "delivered": 1, "failed": ["2 (JSON)"]}
    assert "address number 1" in wrong.err
    assert "[notices]" in without.err
    said = "".join(each.out + each.err for each in (good, part, none, wrong, without))
    assert "rahasia" not in said.lower()


def test_a_preview_shows_word_by_word_what_the_next_run_sends_and_the_list_what_was_sent(
    office: Office, campus: Campus
) -> None:
    office.run("sync", "--dry-run")
    campus.mooc.accounts[MOOC_TOKEN].functions -= MESSAGE_FUNCTIONS
    campus.kelas.accounts[KELAS_TOKEN].functions -= MESSAGE_FUNCTIONS
    office.run("sync")
    campus.mooc.accounts[MOOC_TOKEN].functions |= MESSAGE_FUNCTIONS
    campus.kelas.accounts[KELAS_TOKEN].functions |= MESSAGE_FUNCTIONS

    [preview] = json.loads(office.run("notices", "preview", "--json").out)
    shown = office.run("notices", "preview", "--programme", preview["programme"]).out
    assert campus.mooc.messages == campus.kelas.messages == []
    synced = office.run("sync")
    listed = json.loads(office.run("notices", "list", "--json", "--limit", "500").out)
    again = office.run("notices", "preview")

    sent = [("mooc", each.to_id, each.text) for each in campus.mooc.messages]
    sent += [("kelas", each.to_id, each.text) for each in campus.kelas.messages]
    assert sorted((each["site"], each["user_id"], each["text"]) for each in preview["messages"]) == sorted(sent)
    assert len(listed) == len(sent)
    assert {(each["state"], each["kind"]) for each in listed} == {("sent", "message")}
    assert {each["event"] for each in listed} == {"arrivals", "reminder"}
    assert synced.code == 0
    assert "0 messages would be sent now" in again.out
    assert f"mooc user {campus.mooc.user_id(NEXT)})" in shown
    assert NEXT not in json.dumps([preview, listed]) + shown


def test_status_says_what_did_not_go_out(office: Office, campus: Campus) -> None:
    campus.mooc.users[campus.mooc.user_id(NEXT)].rejects_messages = True
    office.run("sync")

    assert json.loads(office.run("status", "--json").out)["undelivered"] == {
        "notices": [],
        "webhooks": [],
        "messages": {"rejected": 1},
    }
    assert "1 not delivered; see latsar-sync notices list" in " ".join(office.run("status").out.split())
