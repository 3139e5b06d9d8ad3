"""The JSON API answers as its description says, whatever it is asked; schemathesis makes up what, always the same."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from acting_office import Office, Post
from hypothesis import HealthCheck, Phase, given, settings
from limits import RateLimitItemPerMinute
from programs import Program
from schemathesis.generation import GenerationMode
from service import PROGRAMME

from latsar_sync.service import chase_mail
from latsar_sync.web import api

FEW = settings(
    max_examples=2,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
ONE = settings(FEW, max_examples=1)
PATIENCE = 60.0
"""Seconds that an answer may take on a busy machine; schemathesis would wait for ten."""


@pytest.fixture(scope="module")
def office(one_run: Path, tmp_path_factory: pytest.TempPathFactory, cheap_hashes: None) -> Iterator[Office]:
    """Give an office with something to act upon for each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chase_mail.smtplib, "SMTP", Post)
        office = Office(one_run, tmp_path_factory.mktemp("office"))
        yield office
        office.close()


@pytest.fixture(scope="module")
def token(office: Office) -> str:
    """Give the token of an account that may do everything."""
    return Program(office.dashboard, "wati").token


@pytest.fixture(scope="module", autouse=True)
def without_haste() -> Iterator[None]:
    """Let a call not wait for the next minute."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "CALLS", RateLimitItemPerMinute(1_000_000))
        patch.setattr(api, "STRANGERS", RateLimitItemPerMinute(1_000_000))
        yield


@pytest.fixture(scope="module")
def described(office: Office) -> schemathesis.BaseSchema:
    """Give the API by its description."""
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", office.dashboard.app, timeout=PATIENCE)


def ask_everything(
    described: schemathesis.BaseSchema, mode: GenerationMode, ask: Callable[[schemathesis.Case], None]
) -> None:
    """Let ``ask`` have made-up requests for each call of the API: two where there is a body to make up, else one."""
    for each in described.get_all_operations():
        call = each.ok()
        (FEW if call.body else ONE)(given(case=call.as_strategy(generation_mode=mode))(ask))()


def answer_of(case: schemathesis.Case, token: str) -> Any:
    """Return the answer to a request, which is as described."""
    return case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)


def test_every_answer_to_what_does_not_fit_is_as_described(described: schemathesis.BaseSchema, token: str) -> None:
    def ask(case: schemathesis.Case) -> None:
        answer_of(case, token)

    ask_everything(described, GenerationMode.NEGATIVE, ask)


def test_every_answer_to_what_fits_is_as_described_of_what_is_there_and_of_what_is_not(
    described: schemathesis.BaseSchema, token: str, office: Office
) -> None:
    known = {
        "programme": PROGRAMME,
        "participant_id": office.people["missed"],
        "request_id": 1,
        "number": 1,
    }
    answers, there = Counter[int](), set[str]()

    def ask(case: schemathesis.Case) -> None:
        answer_of(case, token)
        call = f"{case.method} {case.path}"
        if call in there:
            return
        there.add(call)
        case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
        for name in ("if-match", "Idempotency-Key"):  # of what nobody has seen, of another call: test_api_actions.py
            case.headers.pop(name, None)
        answers[answer_of(case, token).status_code] += 1

    ask_everything(described, GenerationMode.POSITIVE, ask)
    assert answers[200] > answers[404]
    assert answers[202] > 0


def test_every_list_is_told_a_page_at_a_time_in_the_same_way(described: schemathesis.BaseSchema) -> None:
    calls = [each.ok() for each in described.get_all_operations()]
    lists = [each.definition.raw for each in calls if each.method == "get" and is_list(each.definition.raw)]
    told = [{part["name"] for part in each.get("parameters", ())} for each in lists]

    assert len(lists) > 10
    assert all(each >= {"offset", "limit"} for each in told)
    assert all({"Total-Count", "Link"} <= each["responses"]["200"]["headers"].keys() for each in lists)


def is_list(described: Mapping[str, Any]) -> bool:
    """Say whether a call answers with a list."""
    schema = described["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
    return bool(schema.get("type") == "array")
