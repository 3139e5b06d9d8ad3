"""What tests of setting up share: English, a service, and a diagnosis that asks about few ids."""

from collections.abc import Iterator

import pytest
from service import Service, ServiceFactory

from latsar_sync.domain import language
from latsar_sync.moodle import visibility


@pytest.fixture(autouse=True)
def few_ids_of_a_diagnosis(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a diagnosis ask about the ids that two requests take: those of twenty were a fifth of what it costs."""
    if "every_id_of_a_diagnosis" not in request.fixturenames:
        monkeypatch.setattr(visibility, "IDS_OF_A_DIAGNOSIS", 2 * visibility.IDS_AT_ONCE)


@pytest.fixture
def every_id_of_a_diagnosis() -> None:
    """Let this one ask about all of them."""


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield


@pytest.fixture
def service(make_service: ServiceFactory, sqlite_url: str) -> Service:
    return make_service(sqlite_url)
