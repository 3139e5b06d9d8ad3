"""What tests of setting up share: a diagnosis that asks about few ids."""

import pytest

from latsar_sync.moodle import visibility


@pytest.fixture(autouse=True)
def few_ids_of_a_diagnosis(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a diagnosis ask about the ids that two requests take: those of twenty were a fifth of what it costs."""
    if "every_id_of_a_diagnosis" not in request.fixturenames:
        monkeypatch.setattr(visibility, "IDS_OF_A_DIAGNOSIS", 2 * visibility.IDS_AT_ONCE)


@pytest.fixture
def every_id_of_a_diagnosis() -> None:
    """Let this one ask about all of them."""
