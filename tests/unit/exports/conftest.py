"""Documents in these tests speak English where a test asks for nothing else."""

from collections.abc import Iterator

import pytest

from latsar_sync.domain import language


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield
