"""The JSON API answers as its description says, whatever it is asked; schemathesis makes up what, always the same."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from limits import RateLimitItemPerMinute
from schemathesis.generation import GenerationMode
from service import PROGRAMME, Service
from unattended import open_service, programme, small_campus, urls_of, write_config

from latsar_sync.domain.account import Account, Role
from latsar_sync.store import accounts
from latsar_sync.web import api
from latsar_sync.web.app import add_dashboard
from latsar_sync.web.context import PageContext
from latsar_sync.web.health import bare_app

EXAMPLES = 3
FEW = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service after one run on a small campus."""
    folder = tmp_path_factory.mktemp("api")
    with small_campus() as campus:
        service = open_service(write_config(folder / "latsar.toml", programme(PROGRAMME), urls_of(campus)))
        service.run()
    yield service
    service.database.close()


@pytest.fixture(scope="module")
def token(service: Service) -> str:
    """Give the token of an account that may do everything."""
    account = Account("ratna", Role.ADMIN, None, None, "uji", datetime.now(UTC), has_password=True, has_token=False)
    with service.database.writing() as connection:
        assert accounts.add_account(connection, account, "kuda laut biru")
        made = accounts.new_token(connection, "ratna")
    assert made is not None
    return made


@pytest.fixture(scope="module", autouse=True)
def without_haste() -> Iterator[None]:
    """Let a call not wait for the next minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "CALLS", RateLimitItemPerMinute(1_000_000))
        patch.setattr(api, "STRANGERS", RateLimitItemPerMinute(1_000_000))
        yield


@pytest.fixture(scope="module")
def described(service: Service) -> schemathesis.BaseSchema:
    """Give the API by its description."""

    def clock() -> datetime:
        return datetime.now(UTC)

    app = add_dashboard(
        bare_app(service.settings, service.database, clock), PageContext(service.settings, service.database, clock)
    )
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)


def ask_everything(
    described: schemathesis.BaseSchema, mode: GenerationMode, ask: Callable[[schemathesis.Case], None]
) -> None:
    """Let ``ask`` have made-up requests for each call of the API."""
    for call in described.get_all_operations():
        FEW(given(case=call.ok().as_strategy(generation_mode=mode))(ask))()


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
def test_every_answer_is_as_described(described: schemathesis.BaseSchema, token: str, mode: GenerationMode) -> None:
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    ask_everything(described, mode, ask)


def test_what_is_there_is_answered_as_described(
    described: schemathesis.BaseSchema, token: str, service: Service
) -> None:
    known = {
        "programme": PROGRAMME,
        "participant_id": next(iter(service.participants().values()))["participant_id"],
        "request_id": 1,
        "number": 1,
    }
    answers = Counter[int]()

    def ask(case: schemathesis.Case) -> None:
        case.path_parameters = {name: known[name] for name in case.path_parameters}
        for name in ("if-match", "Idempotency-Key"):  # of what nobody has seen, of another call: test_api_actions.py
            case.headers.pop(name, None)
        answers[case.call_and_validate(headers={"Authorization": f"Bearer {token}"}).status_code] += 1

    ask_everything(described, GenerationMode.POSITIVE, ask)
    assert answers[200] > answers[404]
    assert answers[202] > 0
