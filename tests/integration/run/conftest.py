"""What tests of runs share: the campus, as of one fixed moment where what is seen in it is compared."""

from collections.abc import Iterator

import pytest
from few_people import seed_few
from judged_people import Judged, fixed_campus, ordinary
from service import KnownCampus, ServiceFactory

COMPARED = ("test_source_reading.py", "test_sources_that_hide_something.py")
"""The files whose tests compare what they see with what an ordinary run does."""


@pytest.fixture
def campus(request: pytest.FixtureRequest) -> Iterator[KnownCampus]:
    """Give the bundled campus, up and freshly seeded with few people."""
    with fixed_campus() if request.path.name in COMPARED else KnownCampus(seed=seed_few) as campus:
        yield campus


@pytest.fixture
def plain(make_service: ServiceFactory, sqlite_url: str, campus: KnownCampus) -> Judged:
    """Give what an ordinary first run sees and decides, by user id in the MOOC."""
    return ordinary(make_service, f"{sqlite_url}.plain", campus)
