"""A run is asked for by scope, and as little of the LMS as the scope takes."""

from datetime import UTC, datetime

import pytest
from dashboard import HOME, MISSED, PASSED, Browser, Dashboard
from service import PROGRAMME, Service

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.resyncing import Scope, ask, runs_for
from latsar_sync.domain.errors import AlreadyDone, UsageError
from latsar_sync.store import queue

MANY = tuple(f"19950817202504200{number}" for number in range(4))


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (Scope(), [("incremental", "")]),
        (Scope(full=True), [("full", "")]),
        (Scope(angkatan="II"), [("angkatan", "II")]),
        (Scope(nips=(PASSED, MISSED, PASSED)), [("participant", PASSED), ("participant", MISSED)]),
        (Scope(nips=MANY), [("full", "")]),
    ],
)
def test_each_scope_takes_the_runs_that_ask_least(
    after_one_run: Service, scope: Scope, wanted: list[tuple[str, str]]
) -> None:
    assert runs_for(after_one_run.settings, PROGRAMME, scope) == wanted


@pytest.mark.parametrize("scope", [Scope(angkatan="IX"), Scope(full=True, nips=(PASSED,))])
def test_what_does_not_fit_is_refused(after_one_run: Service, scope: Scope) -> None:
    with pytest.raises(UsageError):
        runs_for(after_one_run.settings, PROGRAMME, scope)


def test_a_page_asks_for_those_who_were_ticked(dashboard: Dashboard, sari: Browser) -> None:
    sari.get(f"{HOME}/runs")
    sari.post(f"{HOME}/sync", who=[dashboard.id_of(PASSED), dashboard.id_of(MISSED)])
    with dashboard.service.database.reading() as connection:
        asked = queue.open_requests(connection, PROGRAMME)

    assert {(each.scope, each.subject) for each in asked} == {("participant", PASSED), ("participant", MISSED)}


def test_a_form_that_broke_off_before_its_runs_were_asked_for_can_be_sent_again(
    after_one_run: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def kill(*_arguments: object) -> None:
        raise Killed

    def send() -> list[int]:
        scope, now = Scope(nips=(PASSED, MISSED)), datetime.now(UTC)
        settings, database = after_one_run.settings, after_one_run.database
        return ask(settings, database, lambda: now, PROGRAMME, scope, "Sari", Sent(key="one form"))

    with monkeypatch.context() as patch:
        patch.setattr(queue, "_insert", kill)
        with pytest.raises(Killed):
            send()
    asked = send()
    with pytest.raises(AlreadyDone):
        send()

    with after_one_run.database.reading() as connection:
        assert [each.id for each in queue.open_requests(connection, PROGRAMME)] == asked
    assert len(asked) == 2
