"""Notices to the operators: once per reason, across restarts and daemons, and never lost without a word.

Their addresses are Apprise's own ``json://`` kind, and lead to a small server of the tests.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from service import Service
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from unattended import (
    NOON,
    Clock,
    daemon_at_work,
    environment,
    let_it_look,
    programme,
    settle,
    small_campus,
    urls_of,
    wait_for,
    write_config,
)

from latsar_sync.cli.unattended import secrets_of
from latsar_sync.demo import Campus, Fault
from latsar_sync.domain import language
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.request import Request
from latsar_sync.rules.pauses import NOTICE_PAUSES
from latsar_sync.run import pipeline
from latsar_sync.service import notices as notices_module
from latsar_sync.service.channels import Channel, Delivery
from latsar_sync.service.logs import Redaction
from latsar_sync.service.notices import Notices
from latsar_sync.settings import load_settings
from latsar_sync.store import housekeeping
from latsar_sync.store import notices as store
from latsar_sync.store.database import Database
from latsar_sync.store.notices import NoticeState

PROGRAMME = "latsar-2026-iii"
EVERY_MINUTE = 'schedule = "* * * * *"'
GUARD = "[programmes.guards]\nmax_push_share = 1.0"

Events = list[Mapping[str, Any]]
Make = Callable[..., Service]


class Inbox:
    """An operator's letter box: what was sent to it, and how it answers."""

    def __init__(self) -> None:
        self.status = 200
        self.asked = 0
        self.got: list[dict[str, str]] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                inbox.asked += 1
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if inbox.status == 200:
                    inbox.got.append(body)
                self.send_response(inbox.status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"json://user:geheimes-wort@127.0.0.1:{self._server.server_port}/hook"

    def titles(self) -> list[str]:
        """Return the titles that arrived, in order."""
        return [each["title"] for each in self.got]

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
def inbox() -> Iterator[Inbox]:
    """Give a letter box."""
    box = Inbox()
    yield box
    box.close()


@pytest.fixture
def campus() -> Iterator[Campus]:
    """Give a campus with one small course."""
    with small_campus(6, 1) as campus:
        yield campus


@pytest.fixture
def make(campus: Campus, inbox: Inbox, database_url: str, tmp_path: Path) -> Iterator[Make]:
    """Give a factory of services on the campus that tell the letter box what happens."""
    made: list[Service] = []

    def new(notices: str = "", text: str = "", addresses: str = "", **more: str) -> Service:
        table = f'[notices]\nurls_env = "LATSAR_NOTICE_URLS"\n{notices}'
        whole = f"{table}\n{text or programme(PROGRAMME, ['1'], EVERY_MINUTE)}"
        config = write_config(tmp_path / f"l{len(made)}.toml", whole, urls_of(campus), database_url, **more)
        settings = load_settings(config, environment(LATSAR_NOTICE_URLS=addresses or inbox.address))
        database = Database(settings.database_url)
        database.upgrade()
        made.append(Service(config, settings, database))
        return made[-1]

    yield new
    for service in made:
        service.database.close()


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def tight(service_make: Make) -> Service:
    """Return a service whose guard lets nobody through."""
    text = programme(PROGRAMME, ["1"], EVERY_MINUTE).replace("max_push_share = 1.0", "max_push = 0")
    return service_make(text=text)


def told(service: Service) -> list[tuple[str, str, str]]:
    """Return event, subject and state of everything that was written down, oldest first."""
    with service.database.reading() as connection:
        return [(each.event, each.subject, str(each.state)) for each in reversed(store.newest(connection, limit=99))]


def run(service: Service, notices: Notices, clock: Clock, **wanted: Any) -> None:
    """Run once as the daemon does, and let the notices take note of it."""
    result = pipeline.run(service.settings, service.database, Request("run", **wanted), clock, lambda *_: None)
    notices.run_ended(result.programmes[0], site_failed=any(result.sites.values()))
    clock.go_on(minutes=1)


@pytest.mark.usefixtures("look_often")
@on_sqlite
def test_a_guard_is_told_once_over_runs_and_a_restart_and_its_end_is_told(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock
) -> None:
    service = tight(make)
    for _ in range(2):
        with daemon_at_work(service, clock) as daemon:
            for _ in range(3):
                settle(daemon, clock, service.database, minutes=1)
            wait_for(lambda: inbox.got, "the notice")
            settle(daemon, clock, service.database, minutes=1)
    free = make()
    with daemon_at_work(free, clock) as daemon:
        settle(daemon, clock, free.database, minutes=1)
        settle(daemon, clock, free.database, minutes=1)
        wait_for(lambda: len(inbox.got) == 2, "the good news")

    assert inbox.titles() == [
        f"latsar-sync: a guard holds {PROGRAMME}",
        f"latsar-sync: {PROGRAMME} is good again",
    ]
    assert "4 people would be enrolled at once; the limit is 0." in inbox.got[0]["message"]
    assert f"latsar-sync sync --programme {PROGRAMME} --accept --by NAME" in inbox.got[0]["message"]


@pytest.mark.usefixtures("look_often")
@on_sqlite
def test_a_site_that_fails_is_told_once_for_all_its_programmes_and_so_is_its_healing(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock, events: Events
) -> None:
    other = programme("latsar-2026-ii", ["1"], EVERY_MINUTE)
    other = other.replace('course = "KLS-1"\nrole_id = 5', 'course = "KLS-1"\nrole_id = 5\ngroup = "Lain"')
    service = make(text=programme(PROGRAMME, ["1"], EVERY_MINUTE) + other)
    fault = campus.faults.add(Fault("bad_gateway", site="mooc"))
    with daemon_at_work(service, clock) as daemon:
        for _ in range(4):
            settle(daemon, clock, service.database, minutes=2)
        wait_for(lambda: inbox.got, "the notice")
        campus.faults.remove(fault)
        for _ in range(4):
            settle(daemon, clock, service.database, minutes=30)
        wait_for(lambda: len(inbox.got) >= 2, "the good news")

    assert inbox.titles() == ["latsar-sync: site mooc fails", "latsar-sync: mooc is good again"]
    assert "latsar-2026-ii" in inbox.got[0]["message"]
    assert PROGRAMME in inbox.got[0]["message"]
    assert "geheimes-wort" not in str(events)


@on_sqlite
def test_another_reason_is_told_anew_and_a_run_that_goes_through_ends_both(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock
) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    notices.run_failed(PROGRAMME, "The threshold is missing.")
    clock.go_on(minutes=1)
    notices.run_failed(PROGRAMME, "The threshold is missing.")
    notices.run_failed(PROGRAMME, "The course is gone.")
    clock.go_on(minutes=1)
    run(service, notices, clock)
    notices.sending.send()
    notices.close()

    failed, good = f"latsar-sync: a run of {PROGRAMME} failed", f"latsar-sync: {PROGRAMME} is good again"
    assert inbox.titles() == [failed, failed, good]
    assert "The course is gone." in inbox.got[1]["message"]


@on_sqlite
def test_a_course_that_cannot_be_filled_is_told_with_what_to_do(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock
) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    campus.kelas.set_manual_enrolment("KLS-1", enabled=False)
    campus.kelas.enrol("KLS-1", campus.kelas.add_user("Tamu", "Lama", "199001012024062001").id)
    for _ in range(2):
        run(service, notices, clock)
        notices.sending.send()
    notices.close()

    assert len(inbox.got) == 1
    assert "manual enrolment" in inbox.got[0]["message"]


def test_several_daemons_on_one_database_tell_it_once(inbox: Inbox, make: Make, clock: Clock) -> None:
    services = [make(), make()]
    daemons = [Notices(each.settings, each.database, clock) for each in services]
    for each in daemons:
        each.site_failed("mooc", "no answer")
    for each in daemons:
        each.sending.send()
    for each in daemons:
        each.site_healed("mooc")
        each.sending.send()
        each.close()

    assert inbox.titles() == ["latsar-sync: site mooc fails", "latsar-sync: mooc is good again"]


def test_a_notice_that_does_not_go_out_is_tried_again_with_bounds_and_shown(
    inbox: Inbox, make: Make, clock: Clock, events: Events
) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    notices.site_failed("mooc", "no answer")
    inbox.status = 500
    notices.sending.send()
    notices.sending.send()
    tried_at_once = inbox.asked
    for _ in range(20):
        clock.go_on(hours=6)
        notices.sending.send()
    with service.database.reading() as connection:
        [shown] = store.unsent(connection, clock() - timedelta(days=7))
    notices.close()

    assert tried_at_once == 1
    assert inbox.asked == len(NOTICE_PAUSES) + 1
    assert (shown.state, shown.error) == (NoticeState.GIVEN_UP, "not taken by: 1 (JSON)")
    assert [each["event"] for each in events][-1] == "notice given up"
    assert "geheimes-wort" not in str(events)


@on_sqlite
def test_an_address_that_took_a_notice_is_not_asked_again_for_the_sake_of_another(
    inbox: Inbox, make: Make, clock: Clock
) -> None:
    other = Inbox()
    other.status = 503
    service = make(addresses=f"{inbox.address} {other.address}")
    notices = Notices(service.settings, service.database, clock)
    notices.site_failed("mooc", "no answer")
    notices.sending.send()
    other.status = 200
    clock.go_on(minutes=2)
    notices.sending.send()
    notices.close()
    other.close()

    assert (len(inbox.got), len(other.got), other.asked) == (1, 1, 2)
    assert told(service) == [("failed", "site:mooc", "sent")]


def test_a_notice_whose_sender_was_killed_goes_out_after_all(inbox: Inbox, make: Make, clock: Clock) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    notices.site_failed("mooc", "no answer")
    with service.database.writing() as connection:
        [notice] = store.waiting(connection, clock())
        assert store.claim(connection, notice, clock())
        assert not store.claim(connection, notice, clock())

    notices.sending.send()
    before = len(inbox.got)
    clock.go_on(minutes=6)
    notices.sending.send()
    notices.close()

    assert (before, len(inbox.got)) == (0, 1)


@on_sqlite
def test_who_ends_sends_the_notice_in_hand_and_calls_it_no_fault_that_the_database_is_closed(
    inbox: Inbox, make: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    for site in ("mooc", "kelas"):
        notices.site_failed(site, "no answer")
    real = Channel.send

    def send_while_it_ends(channel: Channel, title: str, body: str, delivered: Collection[str] = ()) -> Delivery:
        notices.close()
        monkeypatch.setattr(service.database, "writing", closed)
        return real(channel, title, body, delivered)

    def closed() -> None:
        raise OperationalError("", {}, Exception("closed"))

    monkeypatch.setattr(Channel, "send", send_while_it_ends)
    with capture_logs() as said:
        notices.sending.send()

    assert len(inbox.got) == 1
    assert [each for each in said if "database" in each["event"]] == []


@on_sqlite
def test_a_programme_without_a_good_run_is_told_as_stale_once(inbox: Inbox, make: Make, clock: Clock) -> None:
    service = make("events = ['stale', 'healed']", service="stale_after = 2")
    notices = Notices(service.settings, service.database, clock)
    for _ in range(6):
        notices.look()
        clock.go_on(hours=1)
    run(service, notices, clock)
    notices.sending.send()
    notices.close()

    assert inbox.titles() == [
        f"latsar-sync: no good run of {PROGRAMME} for 2 hours",
        f"latsar-sync: {PROGRAMME} is good again",
    ]


@on_sqlite
def test_a_daemon_back_after_a_long_absence_has_time_for_a_run_before_anything_is_stale(
    inbox: Inbox, make: Make, clock: Clock
) -> None:
    service = make()
    first = Notices(service.settings, service.database, clock)
    run(service, first, clock)
    clock.go_on(days=3)
    back = Notices(service.settings, service.database, clock)
    back.look()
    early = told(service)
    clock.go_on(minutes=16)
    back.look()
    for each in (first, back):
        each.close()

    assert [event for event, _, _ in early if event == "stale"] == []
    assert [event for event, _, _ in told(service) if event == "stale"] == ["stale"]


def test_a_sign_of_life_comes_once_a_week_and_says_how_things_stand(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock
) -> None:
    service = make('weekly_day = "tue"\nweekly_hour = 7')
    notices = Notices(service.settings, service.database, clock)
    notices.look()
    run(service, notices, clock)
    for _ in range(7 * 8):  # from Monday noon on
        clock.go_on(hours=3)
        notices.look()
    again = Notices(service.settings, service.database, clock)
    again.look()
    notices.sending.send()
    for each in (notices, again):
        each.close()

    weekly = [each for each in inbox.got if each["title"] == "latsar-sync: the week, all is alive"]
    assert len(weekly) == 1
    with service.database.reading() as connection:
        [noted] = [each for each in store.newest(connection, 9) if each.event == "weekly"]
    assert noted.since.astimezone(service.settings.zone).isoformat() == "2026-08-18T07:00:00+07:00"
    assert "- 6 participants: " in weekly[0]["message"]
    assert "newly this week: " in weekly[0]["message"]
    assert "- runs this week: 1 ok" in weekly[0]["message"]


@on_sqlite
@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param((0, -400), {("stale", date(2026, 8, 17)), ("weekly", date(2026, 8, 18))}, id="at its start"),
        pytest.param((0, 7, -407), {("weekly", date(2026, 8, 18))}, id="for a week, in which both were told"),
    ],
)
def test_a_clock_that_was_ahead_silences_neither_the_sign_of_life_nor_what_is_stale(
    make: Make, clock: Clock, days: Sequence[int], expected: Collection[tuple[str, date]]
) -> None:
    service = make('weekly_day = "tue"', service="stale_after = 2")
    clock.go_on(days=400)
    notices = Notices(service.settings, service.database, clock)
    for jump in days:
        clock.go_on(days=jump)
        notices.look()
    for _ in range(8):  # from Monday noon on
        clock.go_on(hours=6)
        notices.look()
    notices.close()

    with service.database.reading() as connection:
        found = {(each.event, each.since.date()) for each in store.newest(connection, limit=9) if each.since <= clock()}
    assert found == expected


@on_sqlite
def test_what_nobody_asked_for_is_not_told(inbox: Inbox, make: Make, clock: Clock) -> None:
    service = make("events = ['weekly']")
    notices = Notices(service.settings, service.database, clock)
    notices.site_failed("mooc", "no answer")
    notices.site_healed("mooc")
    notices.sending.send()
    notices.close()

    assert inbox.got == []
    assert {state for _, _, state in told(service)} == {"quiet"}


@on_sqlite
def test_a_run_that_was_told_to_stop_or_is_about_one_participant_is_no_news(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock
) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    campus.faults.add(Fault("redirect", site="kelas"))
    nip = next(user.idnumber for user in campus.mooc.users.values() if user.idnumber)
    run(service, notices, clock, nip=nip)
    notices.close()

    assert told(service) == []


@on_sqlite
def test_an_address_that_apprise_does_not_know_is_named_by_its_number_only(make: Make, inbox: Inbox) -> None:
    service = make(addresses=f"{inbox.address} bogus://rahasia-sekali@host")

    with pytest.raises(ConfigurationError, match="address number 2") as caught:
        Notices(service.settings, service.database, lambda: NOON)

    assert "rahasia" not in str(caught.value)


@pytest.mark.usefixtures("look_often")
@on_sqlite
def test_an_address_that_does_not_answer_holds_up_neither_runs_nor_stopping(
    campus: Campus, inbox: Inbox, make: Make, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = tight(make)
    asked, answer = Event(), Event()

    def wait(*_: object) -> Any:
        asked.set()
        answer.wait(30)
        return notices_module.Channel.__new__(notices_module.Channel)

    monkeypatch.setattr(notices_module.Channel, "send", wait)
    with daemon_at_work(service, clock) as daemon:
        settle(daemon, clock, service.database, minutes=1)
        settle(daemon, clock, service.database, minutes=1)
        wait_for(asked.is_set, "the letter box")
        let_it_look(daemon, clock)
    stopped = not answer.is_set()
    answer.set()

    assert stopped


def test_notices_of_what_is_long_over_are_tidied_away_and_those_that_hold_stay(make: Make, clock: Clock) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    notices.site_failed("mooc", "no answer")
    notices.site_failed("kelas", "no answer")
    clock.go_on(days=1)
    notices.site_healed("mooc")
    notices.close()

    housekeeping.tidy(service.database, clock() + timedelta(hours=1))

    assert told(service) == [("failed", "site:kelas", "due")]


@on_sqlite
def test_nothing_holds_any_more_of_a_site_or_programme_that_the_configuration_names_no_more(
    make: Make, clock: Clock
) -> None:
    service = make()
    notices = Notices(service.settings, service.database, clock)
    for site in ("mooc", "lama"):
        notices.site_failed(site, "no answer")
    notices.run_failed("latsar-2025", "no answer")

    notices.look()
    notices.close()

    with service.database.reading() as connection:
        assert [each.subject for each in store.lasting(connection)] == ["site:mooc"]


@on_sqlite
def test_the_log_hides_an_address_and_every_part_of_it_that_may_be_a_secret(make: Make) -> None:
    service = make(addresses="tgram://123456789:AbCdEfGhIjKl/99 mailto://pak:kata-sandi-nya@example.go.id")

    redact = Redaction(secrets_of(service.settings))
    line = redact(None, "info", {"event": "POST /bot123456789:AbCdEfGhIjKl/send pw=kata-sandi-nya"})

    assert line == {"event": "POST /bot[secret]:[secret]/send pw=[secret]"}
