"""Shared ground of the tests of whole runs: a campus with as few people as show every case."""

from collections.abc import Iterator

import few_people
import pytest
import service
from service import KnownCampus
from timed_office import Time


@pytest.fixture(autouse=True)
def few_seats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody wait for a seat here too."""
    monkeypatch.setattr(service, "SEATS", few_people.SEATS)


@pytest.fixture
def campus() -> Iterator[KnownCampus]:
    """Give the bundled campus with fewer people, up and freshly seeded."""
    with KnownCampus(seed=few_people.seed_few) as campus:
        yield campus


@pytest.fixture
def timed_campus(time: Time) -> Iterator[KnownCampus]:
    """Give that campus with sites that show the time of the test."""
    with KnownCampus(time.seconds(), few_people.seed_few) as campus:
        campus.mooc.clock = campus.kelas.clock = time.seconds
        yield campus
