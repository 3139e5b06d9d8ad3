"""Shared ground of the tests of commands: offices before and after a first run."""

from collections.abc import Iterator

import pytest
from office import Office
from service import KnownCampus

from latsar_sync.demo import Campus
from latsar_sync.demo.campus import Seed
from latsar_sync.demo.seed import seed_programme


def seed_of(request: pytest.FixtureRequest) -> Seed:
    """Return what the campus of a file begins with: its ``SEED``, or everybody."""
    return getattr(request.module, "SEED", seed_programme)


@pytest.fixture
def campus(request: pytest.FixtureRequest) -> Iterator[KnownCampus]:
    """Give the bundled campus, up and freshly seeded."""
    with KnownCampus(seed=seed_of(request)) as campus:
        yield campus


@pytest.fixture
def office(campus: Campus, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a configured office in which nothing has been run."""
    office = Office(tmp_path_factory.mktemp("office"), campus)
    office.configure()
    return office


@pytest.fixture(scope="module")
def settled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an office after a first run with all rights, for tests that only look."""
    with Campus(seed=seed_of(request)) as campus:
        office = Office(tmp_path_factory.mktemp("settled"), campus)
        office.configure()
        assert office.run("sync", "--json").code == 0
        yield office
