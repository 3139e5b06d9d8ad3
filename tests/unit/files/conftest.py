"""What tests of files share: texts in English."""

from collections.abc import Iterator

import pytest

from latsar_sync.domain import language


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with language.speaking("en"):
        yield
