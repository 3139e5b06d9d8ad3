"""Other programs are told of changes: signed, at least once, again until they take it, and of nobody by name."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from dashboard import Dashboard
from pydantic import SecretStr
from service import PROGRAMME, Service
from unattended import Clock

from latsar_sync.domain import language
from latsar_sync.rules.pauses import WEBHOOK_PAUSES
from latsar_sync.service import webhooks as webhooks_module
from latsar_sync.service.webhooks import Webhooks
from latsar_sync.settings import WebhookSettings
from latsar_sync.store import webhook_sending as sending
from latsar_sync.store import webhooks as store
from latsar_sync.store.webhooks import DeliveryState

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class Receiver:
    """A program that is told; ``status`` is how it answers."""

    def __init__(self) -> None:
        self.status = 204
        self.got: list[tuple[Mapping[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((dict(self.headers.items()), body))
                self.send_response(receiver.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def told(self) -> list[dict[str, Any]]:
        """Return what arrived."""
        return [json.loads(body) for _headers, body in self.got]

    def close(self) -> None:
        """Take no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = language.in_use()
    language.choose("en")
    yield
    language.choose(before)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a program that is told."""
    one = Receiver()
    yield one
    one.close()


def with_webhook(service: Service, url: str, **more: Any) -> Service:
    """Return the service with a webhook ``sinilai``."""
    wanted = {"sinilai": WebhookSettings(url=url, secret=SecretStr(SECRET), **more)}
    return Service(
        service.config, service.settings.model_copy(update={"webhooks": wanted}), service.database, service.campus
    )


def look(webhooks: Webhooks) -> None:
    """Let a daemon look, and wait for what it sends."""
    webhooks.look()
    for each in webhooks._sending.values():
        each.result()


def standing(service: Service) -> sending.WebhookStanding:
    with service.database.reading() as connection:
        return sending.standings(connection, ["sinilai"])[0]


@pytest.fixture
def service(after_one_run: Service, receiver: Receiver) -> Service:
    """Give a service after its first run, with a program that is to be told."""
    return with_webhook(after_one_run, receiver.url)


def test_whoever_is_seen_in_class_is_told_signed_and_without_a_name(service: Service, receiver: Receiver) -> None:
    clock = Clock()
    look(Webhooks(service.settings, service.database, clock))

    confirmed = {row["participant_id"] for row in service.roster().values() if row["state"] == "confirmed"}
    admitted = [each for each in receiver.told() if each["type"] == "admitted"]
    assert {one["participant_id"] for each in admitted for one in each["data"]["people"]} == confirmed
    assert all(each["data"]["programme"] == PROGRAMME and each["data"]["run_id"] for each in receiver.told())
    everything = b"".join(body for _headers, body in receiver.got).decode()
    people = service.participants().values()
    assert not any(str(row[what]) in everything for row in people for what in ("nip", "name") if row[what])
    for headers, body in receiver.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{right}"
        assert int(headers["webhook-timestamp"]) == int(clock().timestamp())
    assert standing(service).waiting == 0


def test_what_is_not_taken_is_tried_again_with_the_same_id_then_given_up_and_can_be_sent_again(
    service: Service, receiver: Receiver
) -> None:
    clock = Clock()
    with service.database.writing() as connection:
        store.spread(connection, {}, clock())  # what the first run did, nobody is to be told of
        store.note_held_run(connection, PROGRAMME, 1, ["mass_loss", "mass_loss"], clock())
    webhooks = Webhooks(service.settings, service.database, clock)

    for number, pause in enumerate(WEBHOOK_PAUSES, start=1):
        receiver.status = 503 if number > 1 else 302
        look(webhooks)
        look(webhooks)  # it is not asked before its time
        assert len(receiver.got) == number
        clock.now += pause
    look(webhooks)

    assert len({headers["webhook-id"] for headers, _body in receiver.got}) == 1
    assert len({body for _headers, body in receiver.got}) == 1
    given_up = standing(service)
    assert (given_up.waiting, given_up.given_up, given_up.error) == (0, 1, "it answered HTTP 503")

    receiver.status = 200
    clock.go_on(days=1)
    look(webhooks)
    assert len(receiver.got) == len(WEBHOOK_PAUSES) + 1
    with service.database.writing() as connection:
        assert sending.send_again(connection, "sinilai", clock()) == 1
    look(webhooks)
    assert receiver.told()[-1]["data"] == {"programme": PROGRAMME, "run_id": 1, "findings": ["mass_loss"]}
    assert (standing(service).given_up, standing(service).error) == (0, None)


def test_a_daemon_that_dies_between_sending_and_writing_it_down_loses_nothing(
    service: Service, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    def die(*_arguments: object) -> DeliveryState:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(webhooks_module.sending, "settle", die)
        webhooks = Webhooks(service.settings, service.database, clock)
        with pytest.raises(KeyboardInterrupt):
            look(webhooks)
    [(first, _body)] = receiver.got

    other = Webhooks(service.settings, service.database, clock)
    look(other)
    assert first["webhook-id"] not in {headers["webhook-id"] for headers, _body in receiver.got[1:]}
    clock.now += store.CLAIM_LASTS
    look(other)

    assert [headers["webhook-id"] for headers, _body in receiver.got].count(first["webhook-id"]) == 2
    assert standing(service).waiting == 0


def test_what_is_taken_back_is_not_told_and_what_nobody_wants_is_not_kept(
    after_one_run: Service, receiver: Receiver
) -> None:
    service = with_webhook(after_one_run, receiver.url, events=("withdrawn",))
    before = service.count("webhook_events")
    with service.database.writing() as connection:
        store.note_held_run(connection, PROGRAMME, 1, ["mass_loss"], Clock()())
        connection.rollback()
    assert service.count("webhook_events") == before > 0

    look(Webhooks(service.settings, service.database, Clock()))
    assert receiver.got == []
    assert service.count("webhook_events") == 0


def test_one_that_never_answers_is_no_reason_for_an_exception(service: Service) -> None:
    silent = with_webhook(service, "http://127.0.0.1:9/hook")

    look(Webhooks(silent.settings, silent.database, Clock()))

    assert standing(silent).error == "no connection, or it was broken off"


@pytest.mark.usefixtures("quick_hashes")
def test_the_page_shows_what_waits_and_tries_the_way(service: Service, receiver: Receiver) -> None:
    pages = Dashboard(service, Clock())
    pages.add("admin")
    browser = pages.browser("admin").in_english()
    with service.database.writing() as connection:
        store.spread(connection, {}, pages.clock())

    browser.get("/setup")
    browser.post("/setup/webhooks/test", name="sinilai")
    look(Webhooks(service.settings, service.database, pages.clock))

    assert [each["type"] for each in receiver.told()] == ["test"]
    assert "sinilai just now" in browser.get("/setup").replace("  ", " ")
    browser.post("/setup/webhooks/test", name="nobody")
    assert browser.page.status_code == 404


def test_old_ones_and_those_of_a_webhook_that_is_configured_no_more_are_forgotten(service: Service) -> None:
    clock = Clock()
    with service.database.writing() as connection:
        store.spread(connection, {"gone": ["admitted"]}, clock())
    assert service.count("webhook_deliveries") > 0

    Webhooks(service.settings, service.database, clock).tidy()

    assert service.count("webhook_deliveries") == service.count("webhook_events") == 0


def test_a_program_that_says_it_is_gone_is_not_asked_for_days_and_the_page_says_what_was_not_taken(
    service: Service, receiver: Receiver, quick_hashes: None
) -> None:
    pages = Dashboard(service, Clock())
    pages.add("admin")
    with service.database.writing() as connection:
        store.spread(connection, {}, pages.clock())
        store.note_held_run(connection, PROGRAMME, 1, ["mass_loss"], pages.clock())
    webhooks = Webhooks(service.settings, service.database, pages.clock)
    receiver.status = 410

    look(webhooks)
    pages.clock.go_on(days=3)
    look(webhooks)

    assert (len(receiver.got), standing(service).given_up) == (1, 1)
    shown = pages.browser("admin").in_english().get("/setup")
    assert "it answered HTTP 410" in shown
    assert f"held_run {PROGRAMME}" in shown
    assert receiver.got[0][0]["webhook-id"] in shown


def test_while_a_secret_is_changed_both_sign_and_what_is_sent_says_its_version(
    service: Service, receiver: Receiver
) -> None:
    other = "whsec_" + base64.b64encode(KEY[::-1]).decode()
    both = {"sinilai": WebhookSettings(url=receiver.url, secret=SecretStr(f"{other} {SECRET}"))}
    changed = Service(service.config, service.settings.model_copy(update={"webhooks": both}), service.database)

    look(Webhooks(changed.settings, changed.database, Clock()))

    headers, body = receiver.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    right = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in (KEY[::-1], KEY)]
    assert headers["webhook-signature"] == " ".join(f"v1,{each}" for each in right)
    assert {each["version"] for each in receiver.told()} == {1}


def test_of_two_daemons_the_second_sends_nothing_past_what_the_first_is_sending(service: Service) -> None:
    clock = Clock()
    with service.database.writing() as connection:
        store.spread(connection, {}, clock())
        for number in (1, 2):
            store.note_held_run(connection, PROGRAMME, number, ["mass_loss"], clock())
        store.spread(connection, {"sinilai": ["held_run"]}, clock())
        first, second = sending.waiting(connection, "sinilai", clock(), 5)

        taken = [sending.claim(connection, each, clock()) for each in (first, second)]
        clock.now += store.CLAIM_LASTS
        later = sending.claim(connection, second, clock())

    assert taken == [True, False]
    assert later
